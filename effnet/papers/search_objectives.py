"""What the two architecture searches optimised, with movable exponents, on published networks.

arXiv:1905.11946 section 4: ACC * (FLOPS / T)**w with w = -0.07 and T = 400 M multiply-adds.
arXiv:2104.00298 section 3.3: A * S**w * P**v with w = -0.07 and v = -0.05, S the normalised step
time of training, P the parameters. Exponents are negative: cost lowers the reward. No torch.
"""

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

from effnet.base import EffnetError, check_known, mark
from effnet.papers.comparison import Rival, counted_rival, rivals
from effnet.papers.printed_rows import rows

V1_W, V1_TARGET = -0.07, 400e6
V2_W, V2_V = -0.07, -0.05

StepTime = Literal["macs", "hours", "latency"]

# what stands for S, and what that is
STEP_TIMES: dict[StepTime, str] = {
    "macs": mark("Multiply-adds (stand-in)"),
    "hours": mark("Training hours (printed)"),
    "latency": mark("V100 latency (printed)"),
}


@dataclass(frozen=True, slots=True)
class Rated(Rival):
    """A published network and its reward.

    Attributes:
        reward: In percent, like the accuracy.
        step: S as it entered, 1 for the first network; None in the first paper's objective.
    """

    reward: float
    step: float | None = None


def _checked(**values: float) -> None:
    for name, value in values.items():
        if not math.isfinite(value) or (name == "target" and value <= 0):
            raise EffnetError(
                "{name} {value!r}; expected a finite number, the target above 0",
                name=name,
                value=value,
            )


@lru_cache(maxsize=128)
def rated_by_first(
    *, w: float = V1_W, target: float = V1_TARGET, others: bool = False
) -> tuple[Rated, ...]:
    """Published networks by ACC * (FLOPS / T)**w, highest first.

    T multiplies every reward by the same number, so it never changes the order.

    Args:
        w: The exponent.
        target: T in MACs.
        others: With the networks of other people that Table 2 compares with.
    """
    _checked(w=w, target=target)
    rated = [
        Rated(**asdict(one), reward=one.top1 * (one.macs / target) ** w)
        for one in rivals()
        if one.macs and (one.computed or others)
    ]
    return tuple(sorted(rated, key=lambda one: -one.reward))


@lru_cache(maxsize=128)
def rated_by_second(
    *, w: float = V2_W, v: float = V2_V, step: StepTime = "macs", others: bool = False
) -> tuple[Rated, ...]:
    """Published networks by A * S**w * P**v, highest first.

    S and P are taken against the first network with known values (B0, or B3 where only the second
    paper's times are printed), whose reward is its accuracy; that does not change the order.

    Args:
        w: The exponent of S.
        v: The exponent of P.
        step: What stands for S: printed times exist for few networks. With a printed time comes
            the accuracy printed beside it.
        others: With other people's networks, and those pretrained on ImageNet-21k.
    """
    _checked(w=w, v=v)
    found = [pair for pair in _timed(step) if others or _plain(pair[0])]
    if not found:
        raise EffnetError("no network has a printed {step!r}", step=step)
    first, unit = next(pair for pair in found if pair[0].computed)
    rated = [
        Rated(
            **asdict(one),
            reward=one.top1 * (time / unit) ** w * (one.params / first.params) ** v,
            step=time / unit,
        )
        for one, time in found
    ]
    return tuple(sorted(rated, key=lambda one: -one.reward))


MORE_DATA = " (21k)"  # how Table 7 marks a network pretrained on ImageNet-21k


def _plain(one: Rival) -> bool:
    """Whether it is one of this project's networks, trained on ImageNet alone."""
    return one.computed and not one.name.endswith(MORE_DATA)


@lru_cache(maxsize=4)
def _timed(step: StepTime) -> tuple[tuple[Rival, float], ...]:
    """Networks with the time that stands for S."""
    if step == "macs":
        return tuple((one, one.macs) for one in rivals() if one.macs)
    check_known("step time", step, STEP_TIMES)
    column = {"hours": "train_hours_32_tpu_cores", "latency": "latency_ms"}[step]
    found = []
    for row in rows("inference_latency", paper="V2", table="Table 7"):
        if not row[column]:
            continue
        name, top1, source = row["model"], row.number("top1_percent"), mark("2104.00298v3 Table 7")
        if row.network:
            one = counted_rival(row.network, top1, source, name=name)
        else:
            costs = row.number("params_M"), row.maybe("flops_B"), None
            one = Rival(name, "other", *costs, top1, False, source)
        found.append((one, row.number(column)))
    return tuple(found)
