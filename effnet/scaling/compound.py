"""Compound and free scaling, the budget that ties the coefficients, and what phi really gives.

arXiv:1905.11946 section 3.3: depth = alpha**phi, width = beta**phi, resolution = gamma**phi with
alpha * beta**2 * gamma**2 close to 2, so that phi = 1 about doubles the multiply-adds. No torch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from effnet.base import EffnetError, brief, check_known, check_range, is_finite, plain
from effnet.counting import CostCurve
from effnet.network import Spec, check_resolution
from effnet.scaling.shapes import channels_at, repeats_at, scaled_costs
from effnet.scaling.spec_sources import AnyNetwork, spec_of

# found by grid search at phi = 1, arXiv:1905.11946 section 3.3
ALPHA: float = 1.2
BETA: float = 1.1
GAMMA: float = 1.15
BUDGET = 2.0

Coefficient = Literal["alpha", "beta", "gamma"]
SOLVABLE: tuple[Coefficient, ...] = ("alpha", "beta", "gamma")


def compound_scale(
    phi: float,
    alpha: float = ALPHA,
    beta: float = BETA,
    gamma: float = GAMMA,
    *,
    base: AnyNetwork = "b0",
) -> Spec:
    """Scale all three dimensions by the paper's formula (arXiv:1905.11946, equation 3).

    Depth is `alpha**phi`, width `beta**phi`, resolution `round(base resolution * gamma**phi)`.
    Any real phi, negative too. phi = 1 from B0 gives the released B2's widths and depths, not
    B1's: the released networks do not lie on the formula.

    Raises:
        EffnetError: A value is not finite, a coefficient not above 0, or the network past what
            can be shown.
    """
    network = spec_of(base)
    depth = _power("alpha", alpha, phi)
    width = _power("beta", beta, phi)
    factor = _power("gamma", gamma, phi)
    return scale(network, depth=depth, width=width, resolution=_sized(network, factor))


def scale(
    base: AnyNetwork,
    *,
    depth: float = 1.0,
    width: float = 1.0,
    resolution: int | None = None,
) -> Spec:
    """Scale a network by free multipliers; one-dimension scaling leaves two of them alone.

    Args:
        base: A `Spec`, a variant's name, a link ("?phi=1"), or a spec's JSON.
        depth: Multiplies every stage's repeats, rounded up.
        width: Multiplies every channel count, rounded to multiples of 8.
        resolution: Side of the input in pixels; the base's own where not given.
    """
    network = spec_of(base)
    depth, width = plain(depth), plain(width)
    size = network.resolution if resolution is None else check_resolution(resolution)
    if (
        is_finite(depth)
        and is_finite(width)
        and (depth, width, size) == (1.0, 1.0, network.resolution)
    ):
        return network
    scaled = network.scaled(depth=depth, width=width, resolution=size)
    return replace(scaled, name=f"{network.name} d{depth:.4g} w{width:.4g} r{size}")


def _power(name: str, coefficient: float, phi: float) -> float:
    if not is_finite(phi):
        raise EffnetError("phi {phi}; expected a finite number", phi=brief(phi))
    phi, coefficient = plain(phi), plain(coefficient)
    _check_positive(**{name: coefficient})
    try:
        return float(coefficient**phi)
    except OverflowError:
        raise EffnetError(
            "{name}**phi = {coefficient:g}**{phi:g} is too large; use less",
            name=name,
            coefficient=coefficient,
            phi=phi,
        ) from None


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        check_range(name, value, 0, above=True)


def _sized(network: Spec, factor: float) -> int:
    exact = network.resolution * factor
    if not math.isfinite(exact):
        raise EffnetError("a resolution factor of {factor:g} is too large; use less", factor=factor)
    return check_resolution(max(1, round(exact)))


# --- the budget -------------------------------------------------------------------------------


def budget(alpha: float = ALPHA, beta: float = BETA, gamma: float = GAMMA) -> float:
    """alpha * beta**2 * gamma**2: what one step of phi should multiply the multiply-adds by.

    The published coefficients give 1.9203, which the paper calls close to 2.
    """
    return alpha * beta**2 * gamma**2


def solve_budget(
    coefficient: Coefficient, alpha: float, beta: float, gamma: float, *, target: float = BUDGET
) -> float:
    """The value of one coefficient that puts the other two on the budget."""
    values = {"alpha": alpha, "beta": beta, "gamma": gamma}
    check_known("coefficient", coefficient, values)
    del values[coefficient]
    _check_positive(**values, target=target)
    others = {
        "alpha": beta**2 * gamma**2,
        "beta": alpha * gamma**2,
        "gamma": alpha * beta**2,
    }
    ratio = target / others[coefficient]
    return ratio if coefficient == "alpha" else math.sqrt(ratio)


def project_to_budget(
    alpha: float, beta: float, gamma: float, *, target: float = BUDGET
) -> tuple[float, float, float]:
    """The coefficients on the budget that keep the balance between depth, width and resolution.

    All three are raised to the same power, which is what moving phi does. Where they lie at or
    under 1, or are no numbers, no power reaches the target: the published balance is used.
    """
    _check_positive(target=target)
    value = budget(alpha, beta, gamma)
    if not (math.isfinite(value) and value > 1 and alpha > 0 and beta > 0 and gamma > 0):
        alpha, beta, gamma = ALPHA, BETA, GAMMA
        value = budget()
    power = math.log(target) / math.log(value)
    return alpha**power, beta**power, gamma**power


# --- what phi really gives --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImpliedPhi:
    """The phi that each axis of a network stands for; they differ, so no single phi exists."""

    depth: float
    width: float
    resolution: float


def implied_phi(
    spec: AnyNetwork,
    base: AnyNetwork = "b0",
    *,
    alpha: float = ALPHA,
    beta: float = BETA,
    gamma: float = GAMMA,
) -> ImpliedPhi:
    """Solve a scaled network's depth, width and resolution for phi, each on its own.

    Example: the released B4 has depth 1.8, width 1.4 and 380 px: phi 3.22, 3.53 and 3.78.
    """
    network, spec = spec_of(base), spec_of(spec)
    _check_positive(alpha=alpha, beta=beta, gamma=gamma)

    def solved(factor: float, coefficient: float) -> float:
        return math.log(factor) / math.log(coefficient) if coefficient != 1 else math.nan

    return ImpliedPhi(
        solved(spec.depth / network.depth, alpha),
        solved(spec.width / network.width, beta),
        solved(spec.resolution / network.resolution, gamma),
    )


@dataclass(frozen=True, slots=True)
class PhiPoint:
    """One position of the phi slider: the network that rounding gives, and its cost."""

    phi: float
    network: int
    resolution: int
    params: int
    macs: int
    activations: int


def phi_curve(
    phis: Sequence[float],
    alpha: float = ALPHA,
    beta: float = BETA,
    gamma: float = GAMMA,
    *,
    base: AnyNetwork = "b0",
) -> tuple[PhiPoint, ...]:
    """What the compound formula gives along phi, counted.

    `network` numbers the distinct networks in order of appearance, resolution aside: many
    positions of phi round to the same one. Each distinct network is counted once.
    """
    start = spec_of(base)
    seen: dict[tuple[tuple[int, ...], ...], tuple[int, CostCurve]] = {}
    points = []
    for phi in phis:
        depth, width = _power("alpha", alpha, phi), _power("beta", beta, phi)
        shape = repeats_at(start, depth), channels_at(start, width)
        if shape not in seen:
            seen[shape] = len(seen), scaled_costs(start, depth, width)
        number, curve = seen[shape]
        size = _sized(start, _power("gamma", gamma, phi))
        totals = curve.at(size)
        points.append(PhiPoint(phi, number, size, totals.params, totals.macs, totals.activations))
    return tuple(points)
