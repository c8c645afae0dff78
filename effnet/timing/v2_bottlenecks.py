"""The V2 paper's three bottlenecks as experiments: networks to time, with what they cost.

arXiv:2104.00298 section 3.1: large images are slow to train on, depthwise convolutions are slow in
early layers, and scaling every stage alike is not best. Here is the arithmetic; `latency` measures.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from effnet.base import EffnetError, mark
from effnet.counting import Cost, count
from effnet.network import Spec
from effnet.papers import FUSED_STAGES, Line, lines
from effnet.scaling import FUSED_KERNEL, fused, takes_network, width_costs


@dataclass(frozen=True, slots=True)
class Fused:
    """A network with its first stages fused.

    Attributes:
        stages: How many of them, counted from the first.
        spec: The network.
        params, macs, activations: Computed, for one image.
    """

    stages: int
    spec: Spec
    params: int
    macs: int
    activations: int


@takes_network
@lru_cache(maxsize=32)
def fused_series(spec: Spec, *, kernel: int | None = FUSED_KERNEL) -> tuple[Fused, ...]:
    """No stage fused, the first, the first two, ... all; counted.

    What is fused in the network itself counts as fused, so equal networks come once.
    """
    found: list[Fused] = []
    for stages in range(len(spec.stages) + 1):
        network = fused(spec, stages, kernel=kernel)
        if found and network == found[-1].spec:
            found.pop()
        cost = count(network)
        found.append(Fused(stages, network, cost.params, cost.macs, cost.activations))
    return tuple(found)


TABLE_3 = mark(
    "Printed: training of EfficientNet-B4 on a V100 and on a TPU core (arXiv:2104.00298, Table "
    "3). The printed numbers of parameters follow no single rule. With stages 1 to 3 fused, "
    "20.0 M is what 3x3 kernels give. With more stages fused, 43.4 M and 132 M are what each "
    "stage's own kernels give."
)


@lru_cache(maxsize=1)
def table_3() -> tuple[tuple[Line, Cost], ...]:
    """The lines of the V2 paper's Table 3, each with what B4 counts with fused stages of 3x3."""
    pairs = zip(lines("v2-table-3"), FUSED_STAGES, strict=True)
    return tuple((line, count(fused("b4", stages))) for line, stages in pairs)


# --- deeper late, or alike --------------------------------------------------------------------

LATE = 2  # the last stages, which the paper deepens most ("stage 5 and 6" of V2-S)


@dataclass(frozen=True, slots=True)
class Deepened:
    """Two ways to spend the same multiply-adds on depth.

    Attributes:
        alike: Every stage deeper by one factor.
        late: Only the last stages deeper.
        alike_macs, late_macs: Computed; within 2 % of each other where that can be had.
    """

    alike: Spec
    late: Spec
    alike_macs: int
    late_macs: int


@takes_network
@lru_cache(maxsize=32)
def deepened(spec: Spec, depth: float = 1.6) -> Deepened:
    """Deepen all stages alike, or the last two until the multiply-adds are the same.

    Blocks are added to the last two stages in about equal proportion.

    Raises:
        EffnetError: The factor is not above 1, or there are fewer than three stages.
    """
    if not depth > 1 or len(spec.stages) <= LATE:
        raise EffnetError(
            "depth {depth} of {n} stages; expected a factor above 1 and at least {least} stages",
            depth=repr(depth),
            n=len(spec.stages),
            least=LATE + 1,
        )
    alike = replace(spec.scaled(depth=depth), name=f"{spec.name}, all stages deeper")
    goal = count(alike).macs
    ends = spec.stages[-LATE:]
    costs = [block.at(spec.resolution).macs for block in width_costs(spec, 1.0).more[-LATE:]]
    missing = goal - count(spec).macs
    choices = product(*(range(missing // cost + 2) for cost in costs))

    def merit(extra: tuple[int, ...]) -> tuple[float, float]:
        off = abs(sum(n * c for n, c in zip(extra, costs, strict=True)) - missing) / goal
        shares = [n / stage.repeats for n, stage in zip(extra, ends, strict=True)]
        return (0.0 if off < 0.01 else off), max(shares) - min(shares)

    best = min(choices, key=merit)
    added = tuple(
        replace(stage, repeats=stage.repeats + n, exact_repeats=float(stage.repeats + n))
        for stage, n in zip(ends, best, strict=True)
    )
    late = replace(
        spec, stages=(*spec.stages[:-LATE], *added), name=f"{spec.name}, last stages deeper"
    )
    return Deepened(alike, late, goal, count(late).macs)
