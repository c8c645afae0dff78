"""Where a slider changes the network, and where rounding keeps it still. No torch.

Repeats round up and channels to multiples of 8, so most positions of a slider give the network of
the position beside it; only the resolution moves all the time.
"""

import math
from functools import lru_cache

from effnet.network import Spec
from effnet.scaling.spec_sources import AnyNetwork, spec_of


@lru_cache(maxsize=256)
def depth_changes(base: Spec, low: float, high: float) -> tuple[float, ...]:
    """The depth multipliers between `low` and `high` past which some stage gets another block."""
    repeats = {stage.repeats for stage in base.stages if stage.scales_depth}
    found = {
        blocks / repeat
        for repeat in repeats
        for blocks in range(math.floor(low * repeat), math.ceil(high * repeat) + 1)
    }
    return tuple(sorted(value for value in found if low <= value <= high))


@lru_cache(maxsize=256)
def width_changes(base: Spec, low: float, high: float) -> tuple[float, ...]:
    """The width multipliers between `low` and `high` past which some stage's channels change."""
    found = {
        edge / stage.channels
        for stage in base.stages
        for edge in _channel_edges(high * stage.channels, stage.divisor, base.round_limit)
    }
    return tuple(sorted(value for value in found if low <= value <= high))


def _channel_edges(highest: float, divisor: int, limit: float) -> list[float]:
    """Exact channel counts past which `round_channels` gives the next multiple.

    Between two multiples it is the middle, or earlier where the lower one would lie under `limit`
    times the exact value (the 90 % rule: 16 lasts until 17.8, not until 20).
    """
    edges = []
    for multiple in range(divisor, math.ceil(highest) + divisor, divisor):
        middle = multiple + divisor / 2
        edges.append(min(middle, multiple / limit) if limit else middle)
    return edges


def changes_along(
    name: str,
    base: AnyNetwork,
    *,
    phi: float,
    alpha: float,
    beta: float,
    low: float,
    high: float,
) -> tuple[float, ...]:
    """Positions of one slider between `low` and `high` where the network's stages change.

    Args:
        name: "phi", "alpha", "beta", "depth" or "width"; others change the input size only.
        base: The network that is scaled.
        phi: What the phi slider says.
        alpha: What the alpha slider says.
        beta: What the beta slider says.
        low: Where the slider begins.
        high: Where it ends.
    """
    base = spec_of(base)
    if name == "depth":
        return depth_changes(base, low, high)
    if name == "width":
        return width_changes(base, low, high)
    if name == "phi":
        found = set[float]()
        for coefficient, changes in ((alpha, depth_changes), (beta, width_changes)):
            if coefficient > 1:
                factors = changes(base, coefficient**low, coefficient**high)
                found |= {math.log(factor) / math.log(coefficient) for factor in factors}
        return tuple(sorted(found))
    if name in ("alpha", "beta") and phi != 0:
        changes = depth_changes if name == "alpha" else width_changes
        ends = sorted((low**phi, high**phi))
        factors = changes(base, ends[0], min(ends[1], 64.0))
        return tuple(sorted(factor ** (1 / phi) for factor in factors))
    return ()
