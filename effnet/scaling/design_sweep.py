"""The costs of many designs at once, as a table. No torch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from effnet.base import EffnetError, Table, brief, is_finite, plain
from effnet.network import Spec, check_resolution
from effnet.scaling.compound import ALPHA, BETA, GAMMA, compound_scale
from effnet.scaling.shapes import repeats_at, scaled_costs
from effnet.scaling.spec_sources import AnyNetwork, spec_of

MOST_DESIGNS = 1_000_000

Numbers = float | Iterable[float]


@dataclass(frozen=True, slots=True)
class Swept:
    """A design and what it costs; all counted exactly.

    Attributes:
        base: The network that was scaled.
        phi, alpha, beta, gamma: The formula's; None where it was not used.
        depth, width: The multipliers, the formula's times the free ones.
        resolution: Side of the input in pixels.
        blocks, params, macs, flops, activations: Its costs for one image.
    """

    base: str
    phi: float | None
    alpha: float | None
    beta: float | None
    gamma: float | None
    depth: float
    width: float
    resolution: int
    blocks: int
    params: int
    macs: int
    flops: int
    activations: int


def sweep(
    base: AnyNetwork | Sequence[AnyNetwork] = "b0",
    *,
    phi: Numbers | None = None,
    alpha: Numbers = ALPHA,
    beta: Numbers = BETA,
    gamma: Numbers = GAMMA,
    depth: Numbers | None = None,
    width: Numbers | None = None,
    resolution: Numbers | None = None,
) -> Table[Swept]:
    """The costs of many designs: every argument a number or several, combined as a grid.

    Args:
        base: What is scaled, as `build` takes networks; or several.
        phi: For the compound formula; where not given, the formula is left out.
        alpha: The formula's coefficient of depth.
        beta: Of width.
        gamma: Of resolution.
        depth: A free multiplier, on top of the formula's where phi is given.
        width: The same for width.
        resolution: Sides in pixels; where not given, the formula's or the base's own.

    Returns:
        A row a design, the last argument running fastest; `.to_pandas()` makes it a data frame.

    Raises:
        EffnetError: A value can't be used, or the grid has over a million designs.
    """
    bases = base if isinstance(base, Sequence) and not isinstance(base, str) else [base]
    axes = [
        [spec_of(one) for one in bases],
        *(_several(name, value) for name, value in (
            ("phi", phi), ("alpha", alpha), ("beta", beta), ("gamma", gamma),
            ("depth", depth), ("width", width), ("resolution", resolution),
        )),
    ]  # fmt: skip
    if phi is None and axes[2:5] != [[ALPHA], [BETA], [GAMMA]]:
        raise EffnetError("alpha, beta and gamma need phi; give phi=1, or several")
    designs = prod(map(len, axes))
    if designs > MOST_DESIGNS:
        raise EffnetError("{n:,} designs; expected at most {most:,}", n=designs, most=MOST_DESIGNS)
    return Table(_rows(axes))


def _several(name: str, value: Any) -> list[Any]:
    """One value or several, as a list."""
    value = plain(value)
    if value is None:
        return [None]
    several = isinstance(value, Iterable) and not isinstance(value, str)
    values = [plain(one) for one in value] if several else [value]
    if not (values and all(map(is_finite, values))):
        raise EffnetError(
            "{name} {value}; expected a finite number, or several", name=name, value=brief(value)
        )
    return values


def _rows(axes: list[list[Any]]) -> Iterator[Swept]:
    for start, phi, alpha, beta, gamma, deeper, wider, side in product(*axes):
        formula: tuple[Any, Any, Any, Any] = (None, None, None, None)
        design: Spec = start
        if phi is not None:
            formula = phi, alpha, beta, gamma
            design = compound_scale(*formula, base=start)  # checks the numbers
        depth = (1.0 if deeper is None else deeper) * (1.0 if phi is None else alpha**phi)
        width = (1.0 if wider is None else wider) * (1.0 if phi is None else beta**phi)
        size = design.resolution if side is None else check_resolution(side)
        totals = scaled_costs(start, depth, width).at(size)
        yield Swept(
            start.name,
            *formula,
            depth,
            width,
            size,
            sum(repeats_at(start, depth)),
            totals.params,
            totals.macs,
            totals.flops,
            totals.activations,
        )
