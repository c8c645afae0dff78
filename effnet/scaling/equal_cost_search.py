"""One dimension against compound at an equal budget, in networks that really exist. No torch.

Rounding makes networks jump, so a budget is met by searching the distinct ones, not by the smooth
formula: for each way to scale, the network whose counted multiply-adds come closest.
arXiv:1905.11946 sections 3.2 and 5.3, Figures 3, 4 and 8, Tables 3 and 7.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from effnet.base import Table, Tabular, check_known, check_range, mark
from effnet.counting import CostCurve
from effnet.network import Spec
from effnet.scaling.compound import ALPHA, BETA, GAMMA, scale
from effnet.scaling.shapes import (
    DECIMALS,
    depth_steps,
    largest_resolution,
    last,
    repeats_at,
    scaled_costs,
    simplest,
    width_costs,
)
from effnet.scaling.spec_sources import spec_of, takes_network, text_of

Way = Literal["depth", "width", "resolution", "compound"]

WAYS: dict[Way, str] = {
    "depth": mark("Depth only"),
    "width": mark("Width only"),
    "resolution": mark("Resolution only"),
    "compound": mark("Compound"),
}
COMPARED = ("b0", "mobilenet_v1", "mobilenet_v2", "resnet50", "v2_s", "lite0")

# where a search begins and ends, in ten-thousandths, pixels, and ten-thousandths of phi
_ENDS: dict[Way, tuple[int, int]] = {
    "depth": (DECIMALS // 20, 40 * DECIMALS),
    "width": (DECIMALS // 20, 12 * DECIMALS),
    "resolution": (16, 8192),
    "compound": (-10 * DECIMALS, 16 * DECIMALS),
}


@dataclass(frozen=True, slots=True)
class Scaled:
    """A real network that one way of scaling a base gives, and what it costs; all exact counts.

    Attributes:
        way: What was scaled.
        base: The base network's name; its JSON where it has none.
        depth, width, resolution: The multipliers, and the input side in pixels.
        phi: Where on the compound line it lies; None for one dimension.
        blocks, params, macs, activations: Counted.
        target: The MACs that were asked for.
    """

    way: Way
    base: str
    depth: float
    width: float
    resolution: int
    phi: float | None
    blocks: int
    params: int
    macs: int
    activations: int
    target: int

    @property
    def off(self) -> float:
        """How far the MACs lie from the target, as a share of it: -0.02 is 2 % under."""
        return self.macs / self.target - 1

    def spec(self) -> Spec:
        """The network itself."""
        return scale(self.base, depth=self.depth, width=self.width, resolution=self.resolution)


@dataclass(frozen=True, slots=True)
class _Place:
    """A position of one slider: multipliers, input side, and the cost there."""

    depth: float
    width: float
    resolution: int
    curve: CostCurve

    @property
    def macs(self) -> int:
        return self.curve.at(self.resolution).macs


def _place(base: Spec, depth: float, width: float, resolution: int) -> _Place:
    return _Place(depth, width, resolution, scaled_costs(base, depth, width))


def _along(way: Way, base: Spec, number: int) -> _Place:
    """The network at one position along a way: ten-thousandths, or pixels."""
    size = base.resolution
    if way == "resolution":
        return _place(base, 1.0, 1.0, number)
    if way == "depth":
        return _place(base, number / DECIMALS, 1.0, size)
    if way == "width":
        return _place(base, 1.0, number / DECIMALS, size)
    phi = number / DECIMALS
    depth, width = (max(1e-4, round(c**phi, 4)) for c in (ALPHA, BETA))
    return _place(base, depth, width, max(1, round(size * GAMMA**phi)))


@takes_network
@lru_cache(maxsize=1024)
def nearest(base: Spec, way: Way, target: int) -> Scaled:
    """The network along one way of scaling whose counted MACs come closest to a target.

    Every position of at most four decimals is considered (costs never fall along a way, so the
    search bisects). Among the positions of the found network the one with the fewest decimals is
    given; among input sides of equal cost, the largest.

    Raises:
        EffnetError: The target is not above 0, or the way or the base unknown.
    """
    check_known("way to scale", way, WAYS)
    check_range("budget (MACs)", target, 0, above=True)

    @lru_cache(maxsize=256)
    def at(number: int) -> _Place:
        return _along(way, base, number)

    low, high = _ENDS[way]
    under = last(lambda n: at(n).macs <= target, low, high)
    over = min(under + 1, high)
    near = min((over, under), key=lambda n: abs(at(n).macs - target))
    first, end = _same_cost(at, near, low, high)
    number = end
    if way == "resolution":
        phi = None
    else:
        found = at(end)
        # the same cost at several input sides: keep to the largest
        start = last(lambda n: at(n).resolution < found.resolution, first - 1, end) + 1
        value = simplest(start, end)
        number, phi = round(value * DECIMALS), value if way == "compound" else None
    place = at(number)
    totals = place.curve.at(place.resolution)
    return Scaled(
        way,
        text_of(base),
        place.depth,
        place.width,
        place.resolution,
        phi,
        sum(repeats_at(base, place.depth)),
        totals.params,
        totals.macs,
        totals.activations,
        target,
    )


def _same_cost(at: Callable[[int], _Place], near: int, low: int, high: int) -> tuple[int, int]:
    """The first and the last position that cost the same as one of them."""
    macs = at(near).macs
    first = low if at(low).macs >= macs else last(lambda n: at(n).macs < macs, low, near) + 1
    return first, last(lambda n: at(n).macs <= macs, near, high)


@takes_network
def at_budget(base: Spec, factor: float) -> Table[Scaled]:
    """The four networks whose counted MACs come closest to `factor` times the base's.

    Depth only, width only, resolution only, compound, in this order.
    """
    check_range("budget (times the base)", factor, 0, above=True)
    target = round(factor * scaled_costs(base, 1.0, 1.0).at(base.resolution).macs)
    return Table(nearest(base, way, target) for way in WAYS)


# --- all networks of one cost -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EqualCost(Tabular):
    """Networks of nearly one cost: for each depth and width the input side that comes closest.

    Attributes:
        base: The base network's name; its JSON where it has none.
        target: The MACs that all of them should have.
        depths, widths: The axes; every depth is a step that gives another network.
        cells: `[depth][width]`: input side, MACs and activations; None where the side would lie
            outside of what is shown.
    """

    base: str
    target: int
    depths: tuple[float, ...]
    widths: tuple[float, ...]
    cells: tuple[tuple[tuple[int, int, int] | None, ...], ...]

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a network of the surface."""
        names = ("depth", "width", "resolution", "macs", "activations")
        once = {"base": spec_of(self.base).name, "target_macs": self.target}
        return [once | dict(zip(names, row, strict=True)) for row in self.networks()]

    def networks(self) -> tuple[tuple[float, float, int, int, int], ...]:
        """Depth, width, resolution, MACs and activations of every network, row by row."""
        return tuple(
            (depth, width, *cell)
            for depth, row in zip(self.depths, self.cells, strict=True)
            for width, cell in zip(self.widths, row, strict=True)
            if cell
        )


MOST_DEPTHS = 26
MOST_WIDTHS = 24


@takes_network
@lru_cache(maxsize=256)
def equal_cost(base: Spec, target: int) -> EqualCost:
    """All (d, w, r) around the compound line whose counted MACs come closest to a target.

    Reaches a little past the three one-dimension networks of that cost, which are the corners.

    Args:
        base: The base network.
        target: The MACs.
    """
    corners = {way: nearest(base, way, target) for way in WAYS}
    sides = (base.resolution, corners["resolution"].resolution)
    low, high = max(32, round(min(sides) / 1.35)), min(1024, round(max(sides) * 1.35))
    depths = _thinned(
        depth_steps(base, *_window(corners["depth"].depth, 0.25, 8.0), 0.05), MOST_DEPTHS
    )
    widths = _spread(*_window(corners["width"].width, 0.25, 6.0))
    cells = tuple(
        tuple(_nearest_side(width_costs(base, w).curve(repeats), target, low, high) for w in widths)
        for repeats in (repeats_at(base, depth) for depth in depths)
    )
    return EqualCost(text_of(base), target, depths, widths, cells)


def _window(corner: float, least: float, most: float) -> tuple[float, float]:
    low, high = min(1.0, corner) / 1.35, max(1.0, corner) * 1.15
    return max(least, math.floor(low * 20) / 20), min(most, math.ceil(high * 20) / 20)


def _thinned(values: tuple[float, ...], most: int) -> tuple[float, ...]:
    """At most so many of them, the first and the last among them; 1 stays."""
    if len(values) <= most:
        return values
    step = (len(values) - 1) / (most - 1)
    kept = {values[round(i * step)] for i in range(most)}
    return tuple(v for v in values if v in kept or v == 1.0)


def _spread(low: float, high: float) -> tuple[float, ...]:
    """Widths in equal ratios, on multiples of 0.05, 1 among them."""
    ratio = (high / low) ** (1 / (MOST_WIDTHS - 1))
    found = {round(round(low * ratio**i * 20) / 20, 2) for i in range(MOST_WIDTHS)}
    return tuple(sorted(found | {1.0}))


def _nearest_side(
    curve: CostCurve, target: int, low: int, high: int
) -> tuple[int, int, int] | None:
    """Input side, MACs and activations closest to the target; None where that lies outside."""
    under = largest_resolution(curve, target, low, high)
    if under is None or under >= high:
        return None
    side = min(
        (under + 2, under), key=lambda s: abs(curve.at(s).macs - target)
    )  # odd sides cost the same
    totals = curve.at(side)
    return side, totals.macs, totals.activations
