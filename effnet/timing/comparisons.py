"""What samples allow to say: which of two is faster, where a curve bends, what goes with time.

An interval of the ratio comes from pairs that were measured in turn, by order statistics: it
assumes nothing about how the times are distributed.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from effnet.base import in_a_row, mark, say, significant
from effnet.timing.measurements import Latency

CONFIDENCE = 0.99
MARGIN = 0.01  # two builds of one network differ by as much: where their weights lie in memory
KNEE = 0.9  # of the best throughput

Verdict = Literal["first", "second", "can't tell"]

# what a verdict says of the second
FASTER = {"first": mark("slower"), "second": mark("faster"), "can't tell": mark("can't tell")}


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Bounds that hold the true median with at least this confidence, by order statistics.

    The k-th smallest of n values lies above the median with the probability that fewer than k of
    n fair coins show heads. Where n is too small for the confidence, the bounds are infinite.

    Example: of 20 values at 99 %, the 4th and the 17th.
    """
    n = len(values)
    tail, rank = 0.0, 0
    while rank < n:
        ways = math.lgamma(n + 1) - math.lgamma(rank + 1) - math.lgamma(n - rank + 1)
        tail += math.exp(ways - n * math.log(2))
        if tail > (1 - confidence) / 2:
            break
        rank += 1
    if rank == 0:
        return -math.inf, math.inf
    ordered = sorted(values)
    return ordered[rank - 1], ordered[n - rank]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways or networks, measured in turn.

    Attributes:
        first, second: Both with all their samples; those of one place were taken side by side.
        ratio: Median of second / first over the pairs.
        low, high: Its interval at `CONFIDENCE`.
    """

    first: Latency
    second: Latency
    ratio: float
    low: float
    high: float

    @property
    def faster(self) -> Verdict:
        """Which one, or that it can't be told.

        It can't where the interval, widened by `MARGIN` on both sides, covers 1.
        """
        if self.low > 1 + MARGIN:
            return "first"
        if self.high < 1 - MARGIN:
            return "second"
        return "can't tell"

    @property
    def gain(self) -> float:
        """How many times as fast the second is."""
        return 1 / self.ratio

    def sentence(self, first: str = "", second: str = "") -> str:
        """The verdict in words, with the interval."""
        first, second = first or self.first.name, second or self.second.name
        if math.isinf(self.high):
            return say(
                "can't tell {first} and {second} apart: {n} {n:round is|rounds are} too few",
                first=first,
                second=second,
                n=len(self.first.samples_ms),
            )
        if self.faster == "can't tell":
            return say(
                "can't tell {first} and {second} apart: the ratio of times is {low} to {high}",
                first=first,
                second=second,
                low=significant(self.low),
                high=significant(self.high),
            )
        fast, slow = (first, second) if self.faster == "first" else (second, first)
        times = [self.ratio, self.low, self.high]
        if self.faster == "second":
            times = [1 / self.ratio, 1 / self.high, 1 / self.low]
        ratio, low, high = map(significant, times)
        return say(
            "{fast} is {ratio} x as fast as {slow} ({sure:.0f} % interval {low} to {high})",
            fast=fast,
            ratio=ratio,
            slow=slow,
            sure=100 * CONFIDENCE,
            low=low,
            high=high,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "first": self.first.as_dict(),
            "second": self.second.as_dict(),
            "ratio": self.ratio,
            "low": self.low,
            "high": self.high,
            "faster": self.faster,
        }


def compared(first: Latency, second: Latency) -> Comparison:
    """Judge two measurements whose samples were taken in turn, pair by pair."""
    pairs = list(zip(first.samples_ms, second.samples_ms, strict=True))
    ratios = [b / a for a, b in pairs]
    low, high = median_interval(ratios)
    return Comparison(first, second, statistics.median(ratios), low, high)


def fastest(raced: Mapping[str, Sequence[float]]) -> list[str]:
    """The name with the least median, and those that can't be told from it, fastest first.

    Args:
        raced: Samples by name, taken round after round.
    """
    order = sorted(raced, key=lambda name: statistics.median(raced[name]))
    best = order[0]
    tied = [best]
    for name in order[1:]:
        ratios = [b / a for a, b in zip(raced[best], raced[name], strict=True)]
        if median_interval(ratios)[0] <= 1 + MARGIN:
            tied.append(name)
    return tied


def knee(throughputs: Mapping[int, float]) -> int | None:
    """The smallest batch size that reaches nine tenths of the best throughput."""
    if not throughputs:
        return None
    most = max(throughputs.values())
    return min(batch for batch, value in throughputs.items() if value >= KNEE * most)


def log_r2(x: Sequence[float], y: Sequence[float]) -> float | None:
    """How well y follows a power of x: the square of the correlation of their logarithms.

    None for fewer than three points, or where x or y does not vary.
    """
    if len(x) < 3:
        return None
    logs = [math.log(value) for value in x], [math.log(value) for value in y]
    try:
        return statistics.correlation(*logs) ** 2
    except statistics.StatisticsError:
        return None


def in_words(latency: Latency) -> str:
    """Why a measurement should not be compared, as one sentence; "" where it is stable."""
    if latency.stable:
        return ""
    text, *more = latency.doubts
    for doubt in more:
        text = say("{doubt}, and {another}", doubt=text, another=doubt)
    return say("Unstable: {doubts}. Don't compare this number.", doubts=text)


def conditions(latency: Latency) -> str:
    """Where and how a measurement was made, in a sentence."""
    where = latency.environment
    engine = f", {where.engine_version}" if where.engine_version else ""
    busy = load = ""
    if where.load_before is not None:
        load = say(", load {load:.1f} before", load=where.load_before)
    if where.other_cores is not None:
        cores = significant(where.other_cores, 2)
        busy = say(", other programs took {cores} {cores:core|cores}", cores=cores)
    driver = where.driver.replace("driver ", f"{say('driver')} ")
    device = in_a_row([where.device.replace("cpu", "CPU"), *([driver] if driver else [])])
    return say(
        "Measured {when} UTC: {n} {n:pass|passes} with batch size {batch} at {side} "
        "px, {how}; {processor} ({device}), {threads} of {cores} {cores:core|cores}, "
        "PyTorch {torch}{engine}{load}{busy}.",
        when=where.date.replace("T", " ")[:16],
        n=len(latency.samples_ms),
        batch=latency.batch_size,
        side=latency.resolution,
        how=replace(latency.options, threads=None).words,
        processor=where.processor,
        device=device,
        threads=where.threads,
        cores=where.cores or "?",
        torch=where.torch,
        engine=engine,
        load=load,
        busy=busy,
    )
