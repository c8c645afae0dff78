"""Which networks an experiment trains: at equal multiply-adds, counted, before anything is trained.

The experiment of arXiv:1905.11946 section 3 in small: one base, scaled in depth only, in width
only, in resolution only, and in all three, at the same multiply-adds; and the grid search of
section 3.3 for alpha, beta and gamma at phi = 1. No torch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import check_range, mark
from effnet.counting import count
from effnet.network import Spec
from effnet.scaling import ALPHA, BETA, GAMMA, scale

SINGLE = (mark("depth"), mark("width"), mark("resolution"))
WAYS = (*SINGLE, mark("compound"))
Letters = tuple[float, float, float]  # alpha, beta, gamma
TITLES = {
    "base": mark("Base network"),
    "depth": mark("Depth only"),
    "width": mark("Width only"),
    "resolution": mark("Resolution only"),
    "compound": mark("Compound (the paper's coefficients)"),
    "searched": mark("Compound (coefficients found here)"),
}
DOUBLED = 1.65, 2.1  # what the search takes for twice the multiply-adds
NEAR = 0.15  # a wish for a budget may be moved so far to where the ways meet


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network of an experiment.

    Attributes:
        way: "base", or what was scaled.
        budget: Multiply-adds that were aimed at, over the base's; 1 for the base.
        depth, width, resolution: Multipliers, and the input side in pixels.
        spec: The network.
        macs, params: Counted, with the data's number of classes.
    """

    way: str
    budget: float
    depth: float
    width: float
    resolution: int
    spec: Spec
    macs: int
    params: int


Found = tuple[float, float, float, Candidate]


def candidate(
    way: str, goal: float, base: Spec, depth: float, width: float, resolution: int, classes: int
) -> Candidate:
    """One network, counted."""
    spec = scale(base, depth=depth, width=width, resolution=resolution)
    cost = count(spec, num_classes=classes)
    return Candidate(way, goal, depth, width, resolution, spec, cost.macs, cost.params)


def _along(way: str, base: Spec, classes: int, coefficients: Letters) -> Iterator[Candidate]:
    """The distinct networks that one way of scaling can give, up to about ten times the cost."""
    size, (alpha, beta, gamma) = base.resolution, coefficients
    seen = set()
    for i in range(1, 600):
        if way == "depth":
            scaled = (1 + i / 50, 1.0, size)
        elif way == "width":
            scaled = (1.0, 1 + i / 100, size)
        elif way == "resolution":
            scaled = (1.0, 1.0, size + 2 * i)
        else:
            phi = i / 100
            scaled = (alpha**phi, beta**phi, round(size * gamma**phi / 2) * 2)
        found = candidate(way, 0.0, base, *scaled, classes)
        if found.macs > 10 * count(base, num_classes=classes).macs:
            return
        if found.spec.stages != base.stages or found.resolution != size:
            key = (found.spec.stages, found.resolution, found.spec.head_channels)
            if key not in seen:
                seen.add(key)
                yield found


@lru_cache(maxsize=32)
def _networks(way: str, base: Spec, classes: int, coefficients: Letters) -> tuple[Candidate, ...]:
    return tuple(_along(way, base, classes, coefficients))


def nearest(
    way: str, base: Spec, macs: float, *, classes: int, coefficients: Letters = (ALPHA, BETA, GAMMA)
) -> Candidate:
    """The network of one way of scaling that is nearest to `macs` multiply-adds."""
    networks = _networks(way, base, classes, coefficients)
    return min(networks, key=lambda found: abs(math.log(found.macs / macs)))


def at_equal_macs(
    base: Spec, goal: float, *, classes: int, near: float = NEAR
) -> tuple[Candidate, ...]:
    """One network of each way, as near to one another in multiply-adds as rounding lets them be.

    Networks jump where repeats and channels round, so the wish is moved a little, to where the ways
    meet best; the counts are given, and nothing else is adjusted.

    Args:
        base: The network that is scaled.
        goal: Multiply-adds over the base's.
        classes: Outputs of the classifier.
        near: So far the wish may be moved, as a share of it.

    Raises:
        EffnetError: The goal is not between 1.3 and 8.
    """
    check_range("budget (times the base)", goal, 1.3, 8)
    start = count(base, num_classes=classes).macs
    best: tuple[float, list[Candidate]] | None = None
    for i in range(-30, 31):
        target = start * goal * (1 + near * i / 30)
        rivals = [nearest(way, base, target, classes=classes) for way in WAYS]
        spread = max(r.macs for r in rivals) / min(r.macs for r in rivals)
        if best is None or spread < best[0]:
            best = spread, rivals
    assert best is not None
    return tuple(
        candidate(r.way, goal, base, r.depth, r.width, r.resolution, classes) for r in best[1]
    )


def counted_grid(base: Spec, *, classes: int) -> tuple[Found, ...]:
    """The grid of the search at phi = 1 on a base so small that rounding outweighs the formula.

    Every alpha of 1, 1.2, 1.6, beta from 1 to 1.45 in twentieths and gamma in steps of two pixels
    whose counted multiply-adds are `DOUBLED` times the base's. Networks that differ in stem and
    head only count once, as the one nearest to twice.
    """
    start = count(base, num_classes=classes).macs
    found: dict[object, Found] = {}
    for alpha in (1.0, 1.2, 1.6):
        for beta in (1 + step / 20 for step in range(10)):
            for size in range(base.resolution, 2 * base.resolution, 2):
                one = candidate("search", 2.0, base, alpha, beta, size, classes)
                key = one.spec.stages, size
                rival = found.get(key)
                if DOUBLED[0] <= one.macs / start <= DOUBLED[1] and (
                    rival is None or abs(one.macs - 2 * start) < abs(rival[3].macs - 2 * start)
                ):
                    gamma = round(size / base.resolution, 3)
                    found[key] = alpha, round(beta, 2), gamma, one
    return tuple(found.values())
