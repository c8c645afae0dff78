"""What a classifier refuses: pixels and logits that are none, and weights that are not finite."""

import numpy as np
import torch
from torch import nn

from effnet.base import EffnetError, brief, check_range, plain


def check_top(top: object) -> int:
    """How many labels are wanted, if it is a number of labels; else `EffnetError`."""
    check_range("top", top, 1, whole=True)
    return int(plain(top))


def check_pixels(pixels: object) -> np.ndarray:
    """Prepared pictures as float32 `(N, side, side, 3)`.

    Raises:
        EffnetError: They have another shape or kind, or hold NaN or infinite numbers.
    """
    if isinstance(pixels, np.ndarray) and pixels.dtype.kind == "f":
        side = pixels.shape[1] if pixels.ndim == 4 else 0
        if side and pixels.shape[2:] == (side, 3) and np.isfinite(pixels).all():
            return pixels.astype(np.float32, copy=False)
    raise EffnetError(
        "pixels {given}; expected finite float32 numbers (N, side, side, 3), as to_pixels "
        "gives them",
        given=_given(pixels),
    )


def check_logits(logits: object, classes: int) -> np.ndarray:
    """Logits, if they are one number for each class, finite or not; else `EffnetError`."""
    values = np.asarray(logits)
    if values.shape != (classes,) or values.dtype.kind not in "fiu":
        raise EffnetError(
            "logits {given}; expected {n:,} numbers, one for each class",
            given=_given(values),
            n=classes,
        )
    return values


def check_finite(logits: np.ndarray, model: nn.Module, name: str) -> None:
    """`EffnetError` where an answer is no number, which says whether the weights are to blame."""
    if np.isfinite(logits).all():
        return
    for where, value in model.state_dict().items():
        if not bool(torch.isfinite(value).all()):
            raise EffnetError(
                "the weights of {name} hold NaN or infinite numbers, first in {where}: the "
                "file is damaged, or its training went wrong",
                name=name,
                where=where,
            )
    raise EffnetError("{name} answers with NaN or infinite numbers", name=name)


def _given(value: object) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else brief(value)
