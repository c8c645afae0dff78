"""Costs of thousands of scaled networks without walking each: what searches over (d, w, r) need.

The blocks of a stage after its first are alike, so a network's cost is linear in its repeats, and
one walk per width gives it at every depth and resolution. Exact integers, equal to `cost.count`,
`memory.weights` and `memory.peak`. No torch.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from operator import le

from effnet.counting import CostCurve, curve_of
from effnet.counting.memory import Moment, moments
from effnet.network import MAX_RESOLUTION, Block, Spec, round_channels, round_repeats, walk

DECIMALS = 10_000  # multipliers have at most four decimals, as in the design and its link


@dataclass(frozen=True, slots=True)
class WidthCosts:
    """What a network costs at one width.

    Attributes:
        once: The network with a single block in every stage.
        more: By stage, what a further block adds.
        statistics: BatchNorm's running statistics in the one, then in the others.
    """

    once: CostCurve
    more: tuple[CostCurve, ...]
    statistics: tuple[int, ...]

    def curve(self, repeats: Sequence[int]) -> CostCurve:
        """The cost with so many blocks in each stage; the same as walking that network."""
        params, macs = self.once.params, self.once.fixed_macs
        activations = self.once.fixed_activations
        levels = {step: [weights, channels] for step, weights, channels in self.once.levels}
        for blocks, block in zip(repeats, self.more, strict=True):
            further = blocks - 1
            params += further * block.params
            macs += further * block.fixed_macs
            activations += further * block.fixed_activations
            for step, weights, channels in block.levels:
                level = levels[step]
                level[0] += further * weights
                level[1] += further * channels
        kept = tuple((step, weights, channels) for step, (weights, channels) in levels.items())
        return CostCurve(params, kept, macs, activations)

    def numbers(self, repeats: Sequence[int]) -> int:
        """How many numbers the network holds: parameters and running statistics."""
        first, *others = self.statistics
        found = self.once.params + first
        for blocks, block, statistics in zip(repeats, self.more, others, strict=True):
            found += (blocks - 1) * (block.params + statistics)
        return found


@lru_cache(maxsize=4096)
def width_costs(base: Spec, width: float) -> WidthCosts:
    """A base network's costs with its channels times `width`, from one walk."""
    scaled = base.scaled(width=width)
    probe = replace(scaled, stages=tuple(replace(stage, repeats=2) for stage in scaled.stages))
    once: list[Block] = []
    more: list[Block] = []
    seen = -1
    for block in walk(probe, resolution=MAX_RESOLUTION):
        again = block.stage == seen and block.stage <= len(base.stages)
        (more if again else once).append(block)
        seen = block.stage
    return WidthCosts(
        curve_of(once),
        tuple(curve_of([block]) for block in more),
        (_statistics(once), *(_statistics([block]) for block in more)),
    )


def _statistics(blocks: Iterable[Block]) -> int:
    return sum(2 * layer.out_channels for b in blocks for layer in b.layers if layer.norm)


def repeats_at(base: Spec, depth: float) -> tuple[int, ...]:
    """The blocks of every stage with repeats times `depth`, rounded up as `Spec.scaled` does."""
    return tuple(
        round_repeats(stage.repeats * depth) if stage.scales_depth else stage.repeats
        for stage in base.stages
    )


def channels_at(base: Spec, width: float) -> tuple[int, ...]:
    """The channels of every stage times `width`, rounded as `Spec.scaled` does, and of the ends."""
    stages = (
        round_channels(stage.channels * width, divisor=stage.divisor, limit=base.round_limit)
        for stage in base.stages
    )
    return *stages, *base.scaled_ends(width)


@lru_cache(maxsize=4096)
def scaled_costs(base: Spec, depth: float, width: float) -> CostCurve:
    """What the base's network at these multipliers costs at any resolution."""
    return width_costs(base, width).curve(repeats_at(base, depth))


@lru_cache(maxsize=256)
def depth_steps(base: Spec, low: float, high: float, step: float) -> tuple[float, ...]:
    """Multiples of `step` from `low` to `high`, one for each network that depth really gives.

    Repeats round up, so many multiples give the same network: the last of each is kept.
    """
    found: dict[tuple[int, ...], float] = {}
    for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1):
        depth = round(number * step, 4)
        found[repeats_at(base, depth)] = depth
    return tuple(found.values())


# --- memory -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PeakCurve:
    """The most that is alive during an inference, as a function of the input size.

    Attributes:
        moments: What may be the largest moment: bytes that do not depend on the size, and maps as
            (step, bytes for one place, extra pixels). A map's side is ceil(R / step); extra pixels
            are those of a padded copy where that side is even: an odd one gets one more.
    """

    moments: tuple[tuple[int, tuple[tuple[int, int, int], ...]], ...]

    def at(self, resolution: int) -> int:
        """Bytes for one `(1, 3, R, R)` image; equal to `memory.peak(...).live`."""
        most = 0
        for fixed, maps in self.moments:
            live = fixed
            for step, size, extra in maps:
                side = -(-resolution // step)
                if extra:
                    side += extra + side % 2
                live += size * side * side
            most = max(most, live)
        return most

    def largest(self, most: int, low: int, high: int) -> int | None:
        """The largest input side from `low` to `high` with at most so many bytes; None for none."""
        if self.at(low) > most:
            return None
        return last(lambda side: self.at(side) <= most, low, high)


@lru_cache(maxsize=4096)
def peak_curve(base: Spec, width: float, deepened: tuple[bool, ...]) -> PeakCurve:
    """The peak of a network at one width; of its depth only matters which stages repeat a block.

    Args:
        base: The network that is scaled.
        width: Multiplies its channels.
        deepened: By stage, whether it has more than one block.
    """
    scaled = base.scaled(width=width)
    stages = zip(scaled.stages, deepened, strict=True)
    probe = replace(scaled, stages=tuple(replace(s, repeats=1 + more) for s, more in stages))
    found = {_moment(moment) for moment in moments(probe, resolution=MAX_RESOLUTION)}
    steps = sorted({step for _, maps in found for step, *_ in maps})
    running = {one: _running(one, steps) for one in found}
    kept: list[_Moment] = []
    for one in sorted(found, key=lambda one: running[one][0], reverse=True):
        if not any(_under(running[one], running[other]) for other in kept):
            kept.append(one)
    return PeakCurve(tuple(kept))


_Moment = tuple[int, tuple[tuple[int, int, int], ...]]


def _moment(moment: Moment) -> _Moment:
    fixed = 0
    sizes: dict[tuple[int, int], int] = {}
    for tensor in moment.tensors:
        channels, *sides = tensor.shape
        if not sides:
            fixed += tensor.bytes
            continue
        whole = 1 << (sides[0].bit_length() - 1)  # all sides are powers of two, but padded ones
        place = MAX_RESOLUTION // whole, sides[0] - whole
        sizes[place] = sizes.get(place, 0) + channels * tensor.itemsize
    return fixed, tuple((step, size, extra) for (step, extra), size in sorted(sizes.items()))


def _running(
    one: _Moment, steps: Sequence[int]
) -> tuple[tuple[int, ...], dict[tuple[int, int], int]]:
    """Bytes for one place, summed from the finest maps to the coarsest and what has no size."""
    fixed, maps = one
    sizes = {step: size for step, size, extra in maps if not extra}
    running = accumulate([*(sizes.get(step, 0) for step in steps), fixed])
    return tuple(running), {(step, extra): size for step, size, extra in maps if extra}


def _under(
    one: tuple[tuple[int, ...], dict[tuple[int, int], int]],
    other: tuple[tuple[int, ...], dict[tuple[int, int], int]],
) -> bool:
    """Whether the other moment is at least as large at every input size.

    Finer maps have no fewer places, so it is if its sums from the finest down are all as large.
    """
    sums, padded = one
    larger, more = other
    return all(map(le, sums, larger)) and all(
        size <= more.get(place, 0) for place, size in padded.items()
    )


# --- steps and searches -----------------------------------------------------------------------


def largest_resolution(curve: CostCurve, macs: float, low: int, high: int) -> int | None:
    """The largest input side from `low` to `high` with at most so many MACs; None for none.

    Odd sides cost what the next even one does, so the answer is even or `high`.
    """
    if curve.at(low).macs > macs:
        return None
    fixed = curve.fixed_macs
    weight = sum(weights / step**2 for step, weights, _ in curve.levels)
    bound = math.isqrt(max(0, int((macs - fixed) / weight)))  # maps round up: none above
    upper = min(high, max(low, bound) + 1)
    most = curve.at(upper).macs
    if most <= macs:
        return upper
    side = max(low, math.floor(upper * math.sqrt((macs - fixed) / (most - fixed)))) // 2 * 2
    while curve.at(side).macs > macs:
        side -= 2
    while side + 2 <= upper and curve.at(side + 2).macs <= macs:
        side += 2
    return max(side, low)


def last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The last whole number from `low` to `high` where something holds that never comes back.

    It is taken to hold at `low`.
    """
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def simplest(low: int, high: int) -> float:
    """The multiplier with the fewest decimals between two ten-thousandths; the largest of those."""
    for unit in (10_000, 1_000, 100, 10):
        found = high // unit * unit
        if found >= low:
            return found / DECIMALS
    return high / DECIMALS
