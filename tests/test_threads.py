"""One classifier, many threads: everybody gets what they would have got alone."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from effnet.nn import workers

THREADS, CALLS = 8, 48
TARGETS = (None, 285, 967, 13, 701)
METHODS = ("gradcam", "cam", "layercam", "eigencam", "gradcam++", "hirescam")


def pictures(number: int) -> list[np.ndarray]:
    """Seeded pictures that differ from each other, in several shapes."""
    found = []
    for i in range(number):
        source = np.random.default_rng(i)
        coarse = source.integers(0, 256, (6 + i % 3, 7 + i % 4, 3), dtype=np.uint8)
        found.append(coarse.repeat(40, axis=0).repeat(40, axis=1))
    return found


def one_call(classifier, images, number):
    """Call `number`: in turn a prediction, a batch, and maps by every method."""
    image, target = images[number], TARGETS[number % len(TARGETS)]
    kind = number % 4
    if kind == 0:
        return [p.logits for p in classifier.predict(image)]
    if kind == 1:
        return [p.logits for p in classifier.predict([image, images[number - 1]])]
    method = METHODS[number // 4 % len(METHODS)]
    layer = "features.4" if kind == 3 and method != "cam" else None
    explanation = classifier.explain(image, method=method, target=target, layer=layer)
    return [explanation.map, explanation.native, np.array(explanation.target)]


def test_eight_threads_get_exactly_the_single_thread_results(lite0):
    images = pictures(CALLS)
    alone = [one_call(lite0, images, number) for number in range(CALLS)]
    for a, b in itertools.combinations(alone, 2):
        assert not np.array_equal(a[0], b[0]), "results that are alike would hide a mix-up"
    start = threading.Barrier(THREADS)

    def visitor(first: int):
        start.wait()
        return {n: one_call(lite0, images, n) for n in range(first, CALLS, THREADS)}

    with ThreadPoolExecutor(THREADS) as pool:
        visits = list(pool.map(visitor, range(THREADS)))
    together = {number: found for visit in visits for number, found in visit.items()}
    assert sorted(together) == list(range(CALLS))
    for number, wanted in enumerate(alone):
        for a, b in zip(together[number], wanted, strict=True):
            assert np.array_equal(a, b), number


def test_threads_leave_nothing_on_the_model(lite0):
    images = pictures(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda n: one_call(lite0, images, n), range(THREADS)))
    for module in lite0.model.modules():
        assert not module.training
        assert not module._forward_hooks
        assert not module._backward_hooks
    assert all(p.grad is None and not p.requires_grad for p in lite0.model.parameters())


def test_an_error_in_one_thread_does_not_disturb_the_others(lite0):
    images = pictures(16)
    wanted = [lite0.predict(image)[0].logits for image in images]

    def visitor(number):
        if number % 4 == 3:
            with pytest.raises(ValueError, match="expected 0 to 999"):
                lite0.explain(images[number], target=5000)
            return None
        return lite0.predict(images[number])[0].logits

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(visitor, range(16)))
    for number, logits in enumerate(found):
        assert logits is None or np.array_equal(logits, wanted[number])


def test_no_more_passes_run_at_once_than_there_are_workers():
    running, most, lock = 0, 0, threading.Lock()
    names = set()

    def work():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            names.add(threading.current_thread().name)
        torch.randn(200, 200).matmul(torch.randn(200, 200))
        with lock:
            running -= 1

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: workers.call(work), range(64)))
    assert 1 <= most <= workers._pool()._max_workers
    assert all(name.startswith("effnet-worker") for name in names)
