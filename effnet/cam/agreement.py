"""How alike two maps are, and how much of a map lies where a person says the object is. Numpy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effnet.base import EffnetError
from effnet.cam.explanation import Box, Explanation
from effnet.cam.methods import Array

Places = NDArray[np.float64]

SAMPLES = 48  # places a side at which two maps are compared


def ranks(values: Array) -> Places:
    """Ranks from 1, ties sharing the mean of theirs; same shape as `values`, flattened."""
    flat = np.asarray(values).ravel()
    _, places, counts = np.unique(flat, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], dtype=np.float64)


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's: 1 for the same order, 0 for none, -1 turned over; 0 where one of them is flat."""
    first, second = ranks(a), ranks(b)
    if first.shape != second.shape:
        raise EffnetError(
            "maps of {a} and {b}; expected equal shapes", a=np.shape(a), b=np.shape(b)
        )
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum() / size) if size else 0.0


def agreement(a: Explanation, b: Explanation) -> float:
    """Rank correlation of two maps of one picture, over what both networks saw of it.

    The maps may have different grids and crops; both are read at the same places of the picture.
    """
    if a.picture.size != b.picture.size:
        b = b.on(a.image)
    left, top = max(a.box[0], b.box[0]), max(a.box[1], b.box[1])
    right, bottom = min(a.box[2], b.box[2]), min(a.box[3], b.box[3])
    xs = left + (np.arange(SAMPLES) + 0.5) / SAMPLES * (right - left)
    ys = top + (np.arange(SAMPLES) + 0.5) / SAMPLES * (bottom - top)
    return rank_correlation(read_at(a, xs, ys), read_at(b, xs, ys))


def read_at(explanation: Explanation, xs: Places, ys: Places) -> Array:
    """The map's values at a grid of places, bilinear: `(len(ys), len(xs))`.

    Args:
        explanation: The map.
        xs: Places across, in the picture's pixels.
        ys: Places down.
    """
    left, top, right, bottom = explanation.box
    rows, columns = explanation.native.shape
    across = (xs - left) / (right - left) * columns - 0.5
    down = (ys - top) / (bottom - top) * rows - 0.5
    wide = np.array([np.interp(across, np.arange(columns), row) for row in explanation.native])
    return np.array([np.interp(down, np.arange(rows), column) for column in wide.T]).T


@dataclass(frozen=True, slots=True)
class BoxShare:
    """How much of a map lies in a box, and how much would by chance.

    Attributes:
        mass: Share of the map's sum that lies in the box.
        area: Share of what the network saw that lies in the box: what an even map would give.
        seen: Share of the box that the network saw.
    """

    mass: float
    area: float
    seen: float

    @property
    def gain(self) -> float:
        """Mass over area: 1 is chance."""
        return self.mass / self.area if self.area else 0.0


def share_in_box(explanation: Explanation, box: Box) -> BoxShare:
    """How much of a map lies in a box of its picture.

    Args:
        explanation: The map.
        box: Left, top, right, bottom in the picture's pixels.
    """
    left, top, right, bottom = box
    if not (left < right and top < bottom):
        raise EffnetError("box {box}; expected left below right and top below bottom", box=box)
    small = explanation.fitted(400)
    (width, height), (whole_width, whole_height) = small.picture.size, explanation.picture.size
    across, down = width / whole_width, height / whole_height
    inside = _covered(small.map.shape, (left * across, top * down, right * across, bottom * down))
    seen = np.zeros(small.map.shape)
    x0, y0, x1, y1 = small.window
    seen[y0:y1, x0:x1] = 1
    total = float(small.map.sum())
    return BoxShare(
        mass=float((small.map * inside).sum()) / total if total else 0.0,
        area=float((seen * inside).sum() / seen.sum()),
        seen=float((seen * inside).sum() / max(inside.sum(), 1e-9)),
    )


def _covered(shape: Sequence[int], box: Box) -> Places:
    """How much of each pixel a box covers, 0 to 1: `(H, W)`."""
    left, top, right, bottom = box

    def along(count: int, low: float, high: float) -> Places:
        edges = np.arange(count)
        return np.asarray(np.clip(np.minimum(edges + 1, high) - np.maximum(edges, low), 0, 1))

    return np.outer(along(shape[0], top, bottom), along(shape[1], left, right))


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """One network of a ladder, or one stage of a film strip.

    Attributes:
        explanation: Its map.
        agreement: Rank correlation with the map before it; None for the first, or where one of the
            two is blank.
        share: How much of the map lies in the box; None without a box.
    """

    explanation: Explanation
    agreement: float | None
    share: BoxShare | None


def rungs(explanations: Sequence[Explanation], *, box: Box | None = None) -> list[Rung]:
    """Maps of one picture in order, each held against the one before it and against a box.

    The paper's Figure 7 beside each other: one photo through ever larger networks.

    Args:
        explanations: Of one picture, for one class, in order.
        box: Where the object is, in the first one's pixels.
    """
    found: list[Rung] = []
    for number, explanation in enumerate(explanations):
        before = explanations[number - 1] if number else None
        alike = None
        if before is not None and not (before.blank or explanation.blank):
            alike = agreement(before, explanation)
        share = None
        if box is not None and not explanation.blank:
            share = share_in_box(explanation.on(explanations[0].image), box)
        found.append(Rung(explanation, alike, share))
    return found
