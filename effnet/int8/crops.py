"""Parts of pictures, seeded: as many as are asked for, of few pictures or of many."""

from collections.abc import Iterator, Sequence

import numpy as np

from effnet.pixels import Source, open_image, to_pixels, view
from effnet.weights import Preprocessing

LEAST_AREA = 0.3  # of the largest square in the picture
BATCH = 8


def crops(
    pictures: Sequence[Source], preprocessing: Preprocessing, number: int, *, seed: int
) -> Iterator[np.ndarray]:
    """Square crops of the pictures in turn, at random places, as the network takes them.

    Yields:
        At most `BATCH` of them, `(n, 3, side, side)` float32.

    Raises:
        EffnetError: A picture can't be read.
    """
    dice, few = np.random.default_rng(seed), []
    for position, picture in enumerate(pictures):
        # shares of the number that differ by one at most; of many pictures some have none
        share = (position + 1) * number // len(pictures) - position * number // len(pictures)
        image = open_image(picture) if share else None
        for _ in range(share):
            assert image is not None
            side = round(min(image.size) * dice.uniform(LEAST_AREA, 1) ** 0.5)
            left, top = (int(dice.integers(0, whole - side + 1)) for whole in image.size)
            part = image.crop((left, top, left + side, top + side))
            few.append(to_pixels(view(part, preprocessing), preprocessing).transpose(2, 0, 1))
            if len(few) == BATCH:
                yield np.stack(few)
                few = []
    if few:
        yield np.stack(few)
