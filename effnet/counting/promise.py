"""From the formula's promise to the real cost, step by step: why phi = 1 is 2.57 x and not 1.92 x.

The formula says that multiply-adds grow with depth * width**2 * resolution**2. Real networks
differ in a few nameable ways; each step switches one of them on, so the steps lead to the exact
count. No torch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from effnet.base import say
from effnet.counting.cost import cost_curve, layer_counts
from effnet.network import Layer, Spec, out_size, round_repeats, walk
from effnet.scaling import takes_network


@dataclass(frozen=True, slots=True)
class Step:
    """One reason, by a short label and in words, and the multiply-adds once it is counted in."""

    label: str
    reason: str
    macs: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A stage as its first block and the block that repeats; or stem, head or classifier."""

    first: tuple[Layer, ...]
    other: tuple[Layer, ...]
    repeats: int
    deepens: bool


@dataclass(frozen=True, slots=True)
class _Rules:
    """The multipliers, and which layers follow their own rule instead of the formula's."""

    depth: float
    width: float
    size: float
    own_width: bool = False
    own_size: bool = False

    def macs(self, layers: Iterable[Layer]) -> float:
        return sum(self._factor(layer) * layer_counts(layer)[1] for layer in layers)

    def _factor(self, layer: Layer) -> float:
        linear = layer.kind in ("depthwise", "stem", "classifier")
        fixed = layer.kind in ("squeeze-and-excitation", "classifier")
        width = self.width if self.own_width and linear else self.width**2
        return width * (1.0 if self.own_size and fixed else self.size**2)


@takes_network
def steps_from_promise(
    base: Spec, *, depth: float, width: float, resolution: int
) -> tuple[Step, ...]:
    """The multiply-adds of a scaled network, from the promise to the exact count.

    Args:
        base: The network that is scaled.
        depth: Multiplies the repeats, as in `scaling.scale`.
        width: Multiplies the channels.
        resolution: Side of the scaled network's input in pixels.

    Returns:
        The first step is the promise, depth * width**2 * (resolution / base resolution)**2 times
        the base's count; the last equals `count` of the scaled network.
    """
    parts, size = _parts(base), resolution / base.resolution
    plain = _Rules(depth, width, size)
    wide = replace(plain, own_width=True)
    true = replace(wide, own_size=True)
    scaled = base.scaled(depth=depth, width=width, resolution=resolution)
    promise = depth * width**2 * size**2 * cost_curve(base).at(base.resolution).macs
    real = float(cost_curve(scaled).at(resolution).macs)
    reasons = (
        (say("promise"), say("The formula's promise"), promise),
        (
            say("stem, head"),
            say("Stem and head get no deeper"),
            _by_average(parts, plain),
        ),
        (
            say("depthwise"),
            say("Depthwise layers, stem and classifier grow with width, not its square"),
            _by_average(parts, wide),
        ),
        (
            say("gates, classifier"),
            say("Squeeze-and-excitation and classifier don't grow with resolution"),
            _by_average(parts, true),
        ),
        (
            say("added blocks"),
            say("Added blocks cost other than a stage's first"),
            _by_block(parts, true, rounded=False),
        ),
        (
            say("blocks round up"),
            say("Blocks round up"),
            _by_block(parts, true, rounded=True),
        ),
        (
            say("channels round"),
            say("Channels round to multiples of 8"),
            _with_channels(scaled, base, size),
        ),
        (say("real"), say("Map sizes round up at every stride: the real cost"), real),
    )
    return tuple(Step(*reason) for reason in reasons)


@lru_cache(maxsize=64)
def _parts(base: Spec) -> tuple[_Part, ...]:
    probe = replace(base, stages=tuple(replace(stage, repeats=2) for stage in base.stages))
    blocks = list(walk(probe))
    ends = ("stem", "head", "classifier")
    parts = [_Part(block.layers, (), 1, False) for block in blocks if block.operator in ends]
    for number, stage in enumerate(base.stages, start=1):
        first, other = (
            b.layers for b in blocks if b.stage == number and b.operator == stage.operator
        )
        parts.append(_Part(first, other, stage.repeats, stage.scales_depth))
    return tuple(parts)


def _by_average(parts: Iterable[_Part], rules: _Rules) -> float:
    """Every stage times depth, as if its blocks were all alike."""
    return sum(
        (rules.depth if part.deepens else 1.0)
        * (rules.macs(part.first) + (part.repeats - 1) * rules.macs(part.other))
        for part in parts
    )


def _by_block(parts: Iterable[_Part], rules: _Rules, *, rounded: bool) -> float:
    """A stage's first block once, the repeated one as often as depth says."""
    macs = 0.0
    for part in parts:
        blocks = part.repeats * (rules.depth if part.deepens else 1.0)
        blocks = round_repeats(blocks) if rounded else blocks
        macs += rules.macs(part.first) + (blocks - 1) * rules.macs(part.other)
    return macs


def _with_channels(scaled: Spec, base: Spec, size: float) -> float:
    """The scaled network's real layers on maps that are the base's times `size`, unrounded."""
    curve = cost_curve(scaled)
    return curve.fixed_macs + sum(
        weights * (out_size(base.resolution, step) * size) ** 2 for step, weights, _ in curve.levels
    )
