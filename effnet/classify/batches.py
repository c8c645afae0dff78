"""Pictures as a network takes them, a few at a time; the next are decoded while it runs."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from effnet.base import EffnetError
from effnet.classify.checks import check_pixels
from effnet.nn import workers
from effnet.pixels import Source, as_fed, list_samples, to_pixels
from effnet.weights import Preprocessing


def batches(
    images: Sequence[Source] | Source, preprocessing: Preprocessing, size: int
) -> Iterator[np.ndarray]:
    """Pictures as `Classifier.predict` takes them, prepared: at most `(size, side, side, 3)` each.

    Raises:
        EffnetError: A picture can't be used; says which of several.
    """
    if isinstance(images, torch.Tensor):
        yield from _of_tensor(images, size)
        return
    if isinstance(images, Iterator) and not hasattr(images, "read"):  # a file gives its lines
        images = list(images)
    if not isinstance(images, (list, tuple)):
        images = [images]
    if len(images) == 1:
        yield prepared(images[0], preprocessing)[None]
        return

    def ready(position: int) -> np.ndarray:
        try:
            return prepared(images[position], preprocessing)
        except EffnetError as error:
            raise EffnetError(
                "picture {number} of {total}: {error}",
                number=position + 1,
                total=len(images),
                error=error,
            ) from error

    rows = workers.decoded(ready, range(len(images)), ahead=2 * size)
    for start in range(0, len(images), size):
        yield np.stack([next(rows) for _ in range(min(size, len(images) - start))])


def prepared(image: Source, preprocessing: Preprocessing) -> np.ndarray:
    """One picture as the network sees it, `(crop, crop, 3)` float32; a large JPEG decoded small."""
    return to_pixels(as_fed(image, preprocessing), preprocessing)


def sample_pixels(preprocessing: Preprocessing) -> np.ndarray:
    """The sample photos that are here as the network sees them, `(N, crop, crop, 3)` float32."""
    side = preprocessing.crop
    rows = [prepared(sample.path, preprocessing)[None] for sample in list_samples()]
    return np.concatenate([np.empty((0, side, side, 3), np.float32), *rows])


def in_parts(pixels: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Prepared pictures, at most `size` at a time."""
    for start in range(0, len(pixels), size):
        yield pixels[start : start + size]


def _of_tensor(images: torch.Tensor, size: int) -> Iterator[np.ndarray]:
    if images.ndim != 4 or images.shape[1] != 3 or not images.is_floating_point():
        raise EffnetError(
            "a tensor of shape {shape} and type {type} is no prepared pictures; expected "
            "(N, 3, H, W) of floats",
            shape=tuple(images.shape),
            type=images.dtype,
        )
    floats = workers.call(images.detach().float)  # on threads that a fork may leave behind
    yield from in_parts(check_pixels(floats.cpu().permute(0, 2, 3, 1).numpy()), size)
