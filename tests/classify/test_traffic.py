"""Sixteen threads, three networks, two hundred mixed requests: what they would get alone."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from effnet.classify.loaded_networks import Store
from effnet.pixels.preparation import open_image, to_pixels, view

NETWORKS = ("small", "smaller", "smallest")


@pytest.mark.parametrize("budget", [2**40, 1], ids=["all fit", "one fits"])
def test_mixed_requests_get_what_they_would_get_alone(chelsea, coffee, load_tiny, budget):
    images = [open_image(path).resize((150, 100)) for path in (chelsea, coffee)]
    store = Store(load_tiny, budget=budget)

    def ask(number: int) -> np.ndarray:
        classifier = store.get(NETWORKS[number % 3])
        image, kind = images[number % 2], number % 7
        if kind == 0:
            return classifier.explain(image).native
        if kind == 1:
            return np.stack([p.logits for p in classifier.predict(images)])
        if kind == 2:
            pixels = to_pixels(view(image, classifier.preprocessing), classifier.preprocessing)
            return classifier.predict_pixels(pixels[None])[0].logits
        return classifier.predict(image)[0].logits

    requests = 200 if budget > 1 else 40
    serial = {kind: ask(kind) for kind in range(42)}
    with ThreadPoolExecutor(16) as pool:
        for number, found in enumerate(pool.map(ask, range(requests))):
            np.testing.assert_allclose(found, serial[number % 42], atol=2e-5)
