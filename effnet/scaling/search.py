"""The searches behind compound scaling: the paper's step 1, and the best network for a budget.

arXiv:1905.11946 section 3.3: with phi = 1, a small grid search over (alpha, beta, gamma) under
alpha * beta**2 * gamma**2 close to 2 chose 1.2, 1.1, 1.15 by accuracy. Here the candidates are
replayed and counted; nobody's accuracy is measured. No torch.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

from effnet.base import EffnetError, Table, Tabular, check_range, rows_of, settle
from effnet.counting import CostCurve, count
from effnet.counting.memory import FLOAT_BYTES, peak, weights
from effnet.network import Spec, get_variant, list_variants
from effnet.scaling.compound import ALPHA, BETA, BUDGET, GAMMA, budget
from effnet.scaling.shapes import (
    PeakCurve,
    largest_resolution,
    peak_curve,
    repeats_at,
    scaled_costs,
    width_costs,
)
from effnet.scaling.spec_sources import takes_network

GRID_STEP = 0.05


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the coefficients are looked for: lowest and highest of each, in steps of 0.05."""

    alpha: tuple[float, float] = (1.0, 2.0)
    beta: tuple[float, float] = (1.0, 1.5)
    gamma: tuple[float, float] = (1.0, 1.5)

    def __post_init__(self) -> None:
        settle(self)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One choice of coefficients near the budget, and the network that it gives at phi = 1.

    Attributes:
        alpha, beta, gamma: The coefficients.
        product: alpha * beta**2 * gamma**2.
        network: Numbers the distinct networks, from 1; several choices may round to one.
        resolution, blocks, params, macs, activations: Of that network, counted.
        ratio: Its MACs over the base's: what one step of phi really costs.
        published: Whether it is the paper's choice.
    """

    alpha: float
    beta: float
    gamma: float
    product: float
    network: int
    resolution: int
    blocks: int
    params: int
    macs: int
    activations: int
    ratio: float
    published: bool


PUBLISHED_GAP = BUDGET - budget()  # 0.0797: how far the paper's own choice lies off 2


@takes_network
@lru_cache(maxsize=128)
def step_one(base: Spec, tolerance: float, grid: Grid = Grid()) -> Table[Candidate]:
    """All choices on a grid whose product lies within a tolerance of 2, closest first.

    The paper prints neither its grid nor its tolerance.

    Args:
        base: The network that is scaled.
        tolerance: The largest distance from 2.
        grid: Where to look.

    Raises:
        EffnetError: The tolerance or an end of the grid is not a usable number.
    """
    check_range("tolerance", tolerance, 0)
    start = scaled_costs(base, 1.0, 1.0).at(base.resolution)
    axes = [_ticks(name, getattr(grid, name)) for name in ("alpha", "beta", "gamma")]
    chosen = [
        (alpha, beta, gamma)
        for alpha, beta, gamma in product(*axes)
        if abs(budget(alpha, beta, gamma) - BUDGET) <= tolerance + 1e-9
    ]
    chosen.sort(key=lambda c: (round(abs(budget(*c) - BUDGET), 9), c))
    numbers: dict[tuple[CostCurve, int], int] = {}
    found = []
    for alpha, beta, gamma in chosen:
        curve = scaled_costs(base, alpha, beta)
        side = max(1, round(base.resolution * gamma))
        totals = curve.at(side)
        found.append(
            Candidate(
                alpha,
                beta,
                gamma,
                budget(alpha, beta, gamma),
                numbers.setdefault((curve, side), len(numbers) + 1),
                side,
                sum(repeats_at(base, alpha)),
                totals.params,
                totals.macs,
                totals.activations,
                totals.macs / start.macs,
                (alpha, beta, gamma) == (ALPHA, BETA, GAMMA),
            )
        )
    return Table(found)


def _ticks(name: str, ends: tuple[float, float]) -> list[float]:
    low, high = ends
    if not (0 < low <= high <= 8):
        raise EffnetError(
            "{name} from {low!r} to {high!r}; expected low to high, above 0 to 8",
            name=name,
            low=low,
            high=high,
        )
    first, final = math.ceil(low / GRID_STEP - 1e-9), math.floor(high / GRID_STEP + 1e-9)
    return [round(i * GRID_STEP, 2) for i in range(first, final + 1)]


# --- a network for a budget -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limits:
    """What a network may cost; None is no limit.

    Attributes:
        macs, params: Multiply-adds and parameters.
        weights_bytes: Weights with BatchNorm's running statistics, at `itemsize` bytes a number.
        itemsize: Bytes of a number in a weight file: 4, 2 or 1.
        peak_bytes: The most that is alive during an inference of one image, in 32-bit floats.
        resolution: The least input side in pixels.
    """

    macs: int | None = None
    params: int | None = None
    weights_bytes: int | None = None
    itemsize: int = FLOAT_BYTES
    peak_bytes: int | None = None
    resolution: int = 32

    def __post_init__(self) -> None:
        settle(self)


@dataclass(frozen=True, slots=True)
class Fit:
    """A scaled network that keeps within limits, at the largest input that does.

    Attributes:
        depth, width, resolution: The multipliers and the input side.
        spread: The largest minus the smallest phi that depth, width and resolution stand for: 0
            lies on the paper's compound line, one dimension alone far off it.
        blocks, params, macs, activations, weights_bytes, peak_bytes: Its costs; the last is None
            off the front, unless it was limited.
    """

    depth: float
    width: float
    resolution: int
    spread: float
    blocks: int
    params: int
    macs: int
    activations: int
    weights_bytes: int
    peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class Solution(Tabular):
    """What fits into a budget.

    Attributes:
        looked_at: How many distinct shapes (depth and width) were tried.
        fits: All that fit, most MACs first.
        front: Those that no other beats in both MACs and balance, most MACs first.
        best: The choice: see `solve`.
    """

    looked_at: int
    fits: tuple[Fit, ...]
    front: tuple[Fit, ...]
    best: Fit | None

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a network that fits, most MACs first; says the front and the choice."""
        measured = {(one.depth, one.width): one for one in self.front}
        chosen = self.best and (self.best.depth, self.best.width)
        rows = []
        for fit in self.fits:
            place = fit.depth, fit.width
            (row,) = rows_of([measured.get(place, fit)])  # on the front the peak was worked out
            rows.append(row | {"on_front": place in measured, "best": place == chosen})
        return rows


USED = 0.95  # a choice spends at least this share of the most MACs that fit
MOST_SIDE = 1024
MOST_DEPTH, MOST_WIDTH = 8.0, 6.0


@takes_network
@lru_cache(maxsize=64)
def solve(base: Spec, limits: Limits) -> Solution:
    """The networks of a base's (d, w, r) that fit into limits, and the choice among them.

    Every shape is taken at the largest input that fits, up to 1024 px. Multipliers go in steps of
    0.05 up to 2 and of 0.1 up to a depth of 8 and a width of 6. The choice is the most balanced
    of the networks that spend at least 95 % of the most multiply-adds that fit.

    Raises:
        EffnetError: A limit is not above 0.
    """
    _check(limits)
    depths = _grouped(base)
    looked_at, fits = 0, list[Fit]()
    for width in _steps(MOST_WIDTH):
        costs = width_costs(base, width)
        for repeats, multiples in depths.items():
            looked_at += 1
            numbers = costs.numbers(repeats)
            if _over(limits.weights_bytes, numbers * limits.itemsize):
                break  # deeper is heavier
            curve = costs.curve(repeats)
            if _over(limits.params, curve.params):
                break
            side = _largest_side(base, width, repeats, curve, limits)
            if side is None:
                break  # deeper costs more
            fits.append(_fit(base, multiples, width, repeats, curve, side, numbers, limits))
    fits.sort(key=lambda fit: (-fit.macs, fit.spread))
    front = [
        replace(
            fit,
            peak_bytes=_peaks(base, fit.width, repeats_at(base, fit.depth)).at(fit.resolution),
        )
        for fit in _front(fits)
    ]
    enough = [fit for fit in front if fit.macs >= USED * front[0].macs]
    best = min(enough, key=lambda fit: fit.spread, default=None)
    return Solution(looked_at, tuple(fits), tuple(front), best)


def _check(limits: Limits) -> None:
    for name in ("macs", "params", "weights_bytes", "peak_bytes", "itemsize"):
        value = getattr(limits, name)
        if value is not None:
            check_range(name, value, 0, above=True)
    check_range("resolution", limits.resolution, 1, MOST_SIDE)


def _over(limit: int | None, value: int) -> bool:
    return limit is not None and value > limit


def _steps(most: float) -> list[float]:
    fine = [i / 20 for i in range(5, 41)]
    return fine + [i / 10 for i in range(21, round(most * 10) + 1)]


@lru_cache(maxsize=64)
def _grouped(base: Spec) -> dict[tuple[int, ...], list[float]]:
    """The depth multiples that round to the same network, shallow to deep."""
    groups: dict[tuple[int, ...], list[float]] = {}
    for depth in _steps(MOST_DEPTH):
        groups.setdefault(repeats_at(base, depth), []).append(depth)
    return groups


def _largest_side(
    base: Spec, width: float, repeats: Sequence[int], curve: CostCurve, limits: Limits
) -> int | None:
    low = limits.resolution
    side: int | None = MOST_SIDE
    if limits.macs is not None:
        side = largest_resolution(curve, limits.macs, low, MOST_SIDE)
    if side is None or limits.peak_bytes is None:
        return side
    return _peaks(base, width, repeats).largest(limits.peak_bytes, low, side)


def _peaks(base: Spec, width: float, repeats: Sequence[int]) -> PeakCurve:
    return peak_curve(base, width, tuple(blocks > 1 for blocks in repeats))


def _fit(
    base: Spec,
    multiples: Sequence[float],
    width: float,
    repeats: Sequence[int],
    curve: CostCurve,
    side: int,
    numbers: int,
    limits: Limits,
) -> Fit:
    totals = curve.at(side)
    along = math.log(side / base.resolution) / math.log(GAMMA)
    # of the multipliers that give this network, the one nearest to the compound line
    depth = min(multiples, key=lambda d: abs(math.log(d) / math.log(ALPHA) - along))
    return Fit(
        depth,
        width,
        side,
        spread(depth, width, side / base.resolution),
        sum(repeats),
        totals.params,
        totals.macs,
        totals.activations,
        numbers * limits.itemsize,
        None if limits.peak_bytes is None else _peaks(base, width, repeats).at(side),
    )


def spread(depth: float, width: float, size: float) -> float:
    """The largest minus the smallest phi that three multipliers stand for; 0 is compound."""
    phis = [
        math.log(factor) / math.log(coefficient)
        for factor, coefficient in ((depth, ALPHA), (width, BETA), (size, GAMMA))
    ]
    return max(phis) - min(phis)


def _front(fits: Iterable[Fit]) -> list[Fit]:
    """Those that none beats: no other has as many MACs and is more balanced."""
    front: list[Fit] = []
    for fit in fits:  # most MACs first, then most balanced
        if not front or fit.spread < front[-1].spread:
            front.append(fit)
    return front


@dataclass(frozen=True, slots=True)
class Released:
    """A published network with its costs, and whether it keeps within limits."""

    name: str
    resolution: int
    blocks: int
    params: int
    macs: int
    activations: int
    weights_bytes: int
    peak_bytes: int
    fits: bool


@lru_cache(maxsize=64)
def released(limits: Limits) -> tuple[Released, ...]:
    """All published networks at their own resolution against limits, most MACs first."""
    _check(limits)
    found = []
    for name in list_variants():
        resolution, blocks, params, macs, activations, numbers, live = _released(name)
        held = numbers * limits.itemsize
        over = (
            _over(limits.macs, macs)
            or _over(limits.params, params)
            or _over(limits.weights_bytes, held)
            or _over(limits.peak_bytes, live)
            or resolution < limits.resolution
        )
        found.append(
            Released(name, resolution, blocks, params, macs, activations, held, live, not over)
        )
    return tuple(sorted(found, key=lambda one: -one.macs))


@lru_cache(maxsize=64)
def _released(name: str) -> tuple[int, ...]:
    spec = get_variant(name)
    cost, held = count(spec), weights(spec)
    sizes = (cost.params, cost.macs, cost.activations, held.params + held.statistics)
    return spec.resolution, spec.blocks, *sizes, peak(spec).live
