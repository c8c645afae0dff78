"""Reading the clock: synchronised samples, warm-up until steady, rounds of several in turn."""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import torch

T = TypeVar("T")

Step = Callable[[], object]
Clock = Callable[[], float]

Progress = Callable[[float, list[float]], None]

WARM_UP = 0.5  # of the budget for samples, spent before them at the most
LEAST = 5  # samples, whatever the budget
STEADY = 0.95  # a window of passes this much faster than the best before goes on with warming up
WINDOW = 3


class Timer(Protocol):
    """Times a pass, and the parts of one, on a device."""

    def sample(self, step: Step) -> float:
        """Milliseconds of one pass, the device idle before and after it."""
        return self.parts([step])[0]

    def parts(self, steps: Sequence[Step]) -> list[float]:
        """Milliseconds of each of several steps that run one after another."""


class HostTimer(Timer):
    """Reads the processor's clock, with the device synchronised before each reading."""

    def __init__(
        self, synchronise: Callable[[], None] = lambda: None, clock: Clock = time.perf_counter
    ) -> None:
        self.synchronise = synchronise
        self.clock = clock

    def parts(self, steps: Sequence[Step]) -> list[float]:
        self.synchronise()
        readings = [self.clock()]
        for step in steps:
            step()
            self.synchronise()
            readings.append(self.clock())
        return [(b - a) * 1000 for a, b in itertools.pairwise(readings)]


class EventTimer(Timer):
    """CUDA's own events, which the device stamps as it passes them.

    The device is synchronised before the first event and after the last one. Between parts it is
    not: waiting there would add the time that launching takes.
    """

    def __init__(
        self, synchronise: Callable[[], None], event: Callable[[], "torch.cuda.Event"]
    ) -> None:
        self.synchronise = synchronise
        self.event = event

    def parts(self, steps: Sequence[Step]) -> list[float]:
        events = [self.event() for _ in range(len(steps) + 1)]
        self.synchronise()
        events[0].record()
        for step, event in zip(steps, events[1:], strict=True):
            step()
            event.record()
        self.synchronise()
        return [a.elapsed_time(b) for a, b in itertools.pairwise(events)]


def timer(device: torch.device) -> Timer:
    """The timer of a device."""
    if device.type == "cuda":
        return EventTimer(
            lambda: torch.cuda.synchronize(device),
            lambda: torch.cuda.Event(enable_timing=True),  # type: ignore[no-untyped-call]
        )
    if device.type == "mps":
        return HostTimer(torch.mps.synchronize)
    return HostTimer()


def timed_passes(
    sample: Callable[[], T],
    budget_s: float,
    *,
    clock: Clock = time.perf_counter,
    least: int = LEAST,
) -> Iterator[T]:
    """Samples until the budget is spent, at least `least` of them, each as soon as it is taken."""
    end, done = clock() + budget_s, 0
    while True:
        yield sample()
        done += 1
        if done >= least and clock() >= end:
            return


def take(
    sample: Callable[[], T],
    budget_s: float,
    heard: Callable[[float, list[T]], None],
    *,
    into: list[T] | None = None,
    least: int = LEAST,
) -> list[T]:
    """Samples until the budget is spent: the one way that all times are taken.

    Args:
        sample: Takes a sample, in milliseconds, or one of each of several.
        budget_s: Seconds.
        heard: Called after each with the share of the budget spent and the samples so far; it may
            raise to stop.
        into: A list for the samples, which is also given back; whoever stops has them there.
        least: So many at least, whatever the budget.
    """
    samples: list[T] = [] if into is None else into
    start = time.perf_counter()
    for value in timed_passes(sample, budget_s, least=least):
        samples.append(value)
        heard(min(1.0, (time.perf_counter() - start) / budget_s), samples)
    return samples


def warm_up(
    sample: Callable[[], float],
    budget_s: float,
    *,
    clock: Clock = time.perf_counter,
    heard: Callable[[], None] = lambda: None,
) -> None:
    """Passes until the fastest of three stops falling by more than 5 %, or the budget is spent.

    Args:
        sample: Takes a sample.
        budget_s: Seconds at most, but never fewer than three passes.
        clock: What tells the seconds.
        heard: Called after each pass; it may raise to stop.
    """
    passes = timed_passes(sample, budget_s, clock=clock, least=WINDOW)
    best = float("inf")
    while True:
        window = []
        for value in itertools.islice(passes, WINDOW):
            window.append(value)
            heard()
        if not window or min(window) > STEADY * best:
            return
        best = min(best, *window)


def in_turn(samplers: Mapping[str, Callable[[], float]]) -> Callable[[], dict[str, float]]:
    """A round in which each takes one sample, forwards and backwards in turn (A B, B A, ...).

    A busy spell or a change of the processor's pace so hits all alike.
    """
    orders = itertools.cycle((list(samplers), list(samplers)[::-1]))

    def one_round() -> dict[str, float]:
        found = {name: samplers[name]() for name in next(orders)}
        return {name: found[name] for name in samplers}

    return one_round
