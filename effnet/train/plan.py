"""Which networks an experiment trains: at equal multiply-adds, counted, before anything is trained.

The experiment of arXiv:1905.11946 section 3 in small: one base, scaled in depth only, in width
only, in resolution only, and in all three, at the same multiply-adds; and the grid search of
section 3.3 for alpha, beta and gamma at phi = 1. No torch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import EffnetError, mark
from effnet.counting import count
from effnet.network import Spec
from effnet.scaling import ALPHA, BETA, GAMMA, budget, compound_scale, scale
from effnet.train.recipe import small_base

WAYS = (mark("depth"), mark("width"), mark("resolution"), mark("compound"))
TITLES = {
    "base": mark("Base network"),
    "depth": mark("Depth only"),
    "width": mark("Width only"),
    "resolution": mark("Resolution only"),
    "compound": mark("All three"),
}
NEAR = 0.15  # a wish for a budget may be moved so far to where the four ways meet


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


def candidate(
    way: str, goal: float, base: Spec, depth: float, width: float, resolution: int, classes: int
) -> Candidate:
    """One network, counted."""
    spec = scale(base, depth=depth, width=width, resolution=resolution)
    cost = count(spec, num_classes=classes)
    return Candidate(way, goal, depth, width, resolution, spec, cost.macs, cost.params)


def _along(way: str, base: Spec, classes: int) -> Iterator[Candidate]:
    """The distinct networks that one way of scaling can give, up to about ten times the cost."""
    size = base.resolution
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
            scaled = (ALPHA**phi, BETA**phi, round(size * GAMMA**phi / 2) * 2)
        found = candidate(way, 0.0, base, *scaled, classes)
        if found.macs > 10 * count(base, num_classes=classes).macs:
            return
        if found.spec.stages != base.stages or found.resolution != size:
            key = (found.spec.stages, found.resolution, found.spec.head_channels)
            if key not in seen:
                seen.add(key)
                yield found


@lru_cache(maxsize=32)
def _networks(way: str, base: Spec, classes: int) -> tuple[Candidate, ...]:
    return tuple(_along(way, base, classes))


def _nearest(way: str, base: Spec, classes: int, target: float) -> Candidate:
    return min(_networks(way, base, classes), key=lambda found: abs(math.log(found.macs / target)))


def at_equal_macs(base: Spec, goal: float, *, classes: int) -> tuple[Candidate, ...]:
    """One network of each way, as near to one another in multiply-adds as rounding lets them be.

    Networks jump where repeats and channels round, so the wish is moved by up to 15 % to where the
    four ways meet best; the counts are given, and nothing else is adjusted.

    Args:
        base: The network that is scaled.
        goal: Multiply-adds over the base's.
        classes: Outputs of the classifier.

    Raises:
        EffnetError: The goal is not between 1.3 and 8.
    """
    if not 1.3 <= goal <= 8:
        raise EffnetError("a budget of {goal} times the base; expected 1.3 to 8", goal=repr(goal))
    start = count(base, num_classes=classes).macs
    best: tuple[float, list[Candidate]] | None = None
    for i in range(-30, 31):
        target = start * goal * (1 + NEAR * i / 30)
        rivals = [_nearest(way, base, classes, target) for way in WAYS]
        spread = max(r.macs for r in rivals) / min(r.macs for r in rivals)
        if best is None or spread < best[0]:
            best = spread, rivals
    assert best is not None
    return tuple(
        candidate(r.way, goal, base, r.depth, r.width, r.resolution, classes) for r in best[1]
    )


def scaling_plan(
    base: Spec | None = None, *, budgets: tuple[float, ...] = (2.0, 4.0), classes: int
) -> tuple[Candidate, ...]:
    """The whole experiment: the base, and the four ways at every budget."""
    start = base or small_base()
    first = candidate("base", 1.0, start, 1.0, 1.0, start.resolution, classes)
    scaled = [c for goal in budgets for c in at_equal_macs(start, goal, classes=classes)]
    return (first, *scaled)


def search_plan(
    base: Spec | None = None, *, classes: int, slack: float = 0.1
) -> tuple[tuple[float, float, float, Candidate], ...]:
    """The grid of the search at phi = 1: every (alpha, beta, gamma) near the budget of 2.

    alpha from 1 in steps of 0.2, beta and gamma in steps of 0.1 (arXiv:1905.11946 does not print
    its steps); alpha * beta**2 * gamma**2 within `slack` of 2. Candidates that round to the same
    network count once.
    """
    start = base or small_base()
    grid, seen = [], set()
    for a in range(6):
        for b in range(6):
            for c in range(6):
                alpha, beta, gamma = 1 + 0.2 * a, 1 + 0.1 * b, 1 + 0.1 * c
                if abs(budget(alpha, beta, gamma) / 2 - 1) > slack:
                    continue
                spec = compound_scale(1.0, alpha, beta, gamma, base=start)
                key = (spec.stages, spec.resolution, spec.head_channels)
                if key in seen:
                    continue
                seen.add(key)
                found = candidate("search", 2.0, start, alpha, beta, spec.resolution, classes)
                grid.append((round(alpha, 2), round(beta, 2), round(gamma, 2), found))
    return tuple(grid)
