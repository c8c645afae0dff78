"""Which names of points can be written above them without touching one another."""

import math
from collections.abc import Sequence

from effnet.papers import letters

MARK = 10  # px, a side
LETTER, LINE = 7.0, 15.0  # px: the width of one, the height of the other


def clear_labels(
    x: Sequence[float],
    y: Sequence[float],
    names: Sequence[str],
    *,
    plot: tuple[float, float],
    log: tuple[bool, bool] = (False, False),
) -> list[str]:
    """The names that stand clear of marks and of the names before them; "" for the others.

    Args:
        x: Where the points lie.
        y: Their heights.
        names: What is written above them, the most important first.
        plot: Width and height of the narrowest plot, px.
        log: Whether the axes are logarithmic.
    """

    def placed(values: Sequence[float], log: bool, size: float) -> list[float]:
        scaled = [math.log(value) if log else value for value in values]
        low, high = min(scaled), max(scaled)
        return [size * (value - low) / ((high - low) or 1.0) for value in scaled]

    points = list(zip(placed(x, log[0], plot[0]), placed(y, log[1], plot[1]), strict=True))
    boxes = [(across, MARK / 2, up) for across, up in points]
    kept = []
    for (across, up), name in zip(points, names, strict=True):
        half, above = LETTER * letters(name) / 2, up + LINE
        clash = any(abs(across - a) < half + b and abs(above - c) < 0.8 * LINE for a, b, c in boxes)
        kept.append("" if clash else name)
        if name and not clash:
            boxes.append((across, half, above))
    return kept
