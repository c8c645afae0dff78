"""The order of synchronising and reading the clock, on a clock and a device of our own."""

import itertools

import pytest

from effnet.timing.measure import clock
from effnet.timing.measure.clock import EventTimer, HostTimer, in_turn, timed_passes, warm_up


class Bench:
    """A step, a device and a clock that write down who was called when."""

    def __init__(self, *durations: float) -> None:
        self.now = 100.0
        self.durations = durations
        self.passes = 0
        self.calls: list[str] = []

    def clock(self) -> float:
        self.calls.append("clock")
        return self.now

    def synchronise(self) -> None:
        self.calls.append("synchronise")

    def step(self) -> None:
        self.calls.append("pass")
        self.now += self.durations[min(self.passes, len(self.durations) - 1)]
        self.passes += 1

    def sample(self) -> float:
        return HostTimer(self.synchronise, self.clock).sample(self.step)

    def samples(self, budget_s: float, **options) -> list[float]:
        return list(timed_passes(self.sample, budget_s, clock=lambda: self.now, **options))


# --- one sample


def test_the_device_is_synchronised_before_each_reading_of_the_clock():
    bench = Bench(1.0)
    bench.samples(0, least=3)
    assert bench.calls == ["synchronise", "clock", "pass", "synchronise", "clock"] * 3


def test_a_sample_is_the_pass_alone_in_milliseconds():
    assert Bench(0.5, 0.25, 2.0).samples(2.7, least=1) == pytest.approx([500, 250, 2000])


def test_parts_are_synchronised_between_and_add_up_to_the_whole():
    bench = Bench(1.0, 0.25, 0.5)
    found = HostTimer(bench.synchronise, bench.clock).parts([bench.step] * 3)
    assert found == pytest.approx([1000, 250, 500])
    assert bench.calls == ["synchronise", "clock"] + ["pass", "synchronise", "clock"] * 3


class Device:
    """A device with a queue: launches return at once, events are stamped as it reaches them."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.now = 0.0

    def synchronise(self) -> None:
        self.calls.append("synchronise")

    def event(self) -> "Event":
        return Event(self)

    def step(self) -> None:
        self.calls.append("pass")
        self.now += 7.0  # milliseconds on the device


class Event:
    def __init__(self, device: Device) -> None:
        self.device, self.stamp = device, 0.0

    def record(self) -> None:
        self.device.calls.append("event")
        self.stamp = self.device.now

    def elapsed_time(self, later: "Event") -> float:
        assert self.device.calls[-1] == "synchronise", "an event was read before it was reached"
        return later.stamp - self.stamp


def test_cuda_is_timed_by_its_own_events_and_waited_for_around_a_sample():
    device = Device()
    timer = EventTimer(device.synchronise, device.event)
    assert timer.sample(device.step) == 7.0
    assert device.calls == ["synchronise", "event", "pass", "event", "synchronise"]


def test_cuda_does_not_wait_between_the_parts_of_a_pass():
    device = Device()
    timer = EventTimer(device.synchronise, device.event)
    assert timer.parts([device.step] * 3) == [7.0, 7.0, 7.0]
    assert device.calls == ["synchronise", "event", *["pass", "event"] * 3, "synchronise"]


# --- many samples


@pytest.mark.parametrize(
    ("budget_s", "passes"), [(0.0, 5), (4.0, 5), (10.0, 10), (10.5, 11), (100.0, 100)]
)
def test_passes_go_on_until_the_budget_is_spent_and_at_least_five(budget_s, passes):
    assert len(Bench(1.0).samples(budget_s)) == passes


def test_each_sample_is_given_as_soon_as_it_is_taken():
    bench = Bench(1.0)
    passes = timed_passes(bench.sample, 10, clock=bench.clock)
    assert bench.passes == 0
    next(passes)
    assert bench.passes == 1


@pytest.mark.parametrize(
    ("durations", "budget_s", "passes"),
    [
        pytest.param((1.0,), 100, 6, id="steady: two windows of three"),
        pytest.param((9.0, 8.0, 7.0, 3.0, 3.0, 3.0, 3.0), 100, 9, id="one window more"),
        pytest.param((9.0, 1.0), 100, 6, id="only the first pass is slow"),
        pytest.param(tuple(0.8**i for i in range(50)), 3, 5, id="still falling: budget"),
        pytest.param((1.0,), 0, 3, id="no budget: one window"),
    ],
)
def test_warming_up_ends_when_passes_stop_getting_faster(durations, budget_s, passes):
    bench = Bench(*durations)
    warm_up(bench.sample, budget_s, clock=lambda: bench.now)
    assert bench.passes == passes


def test_warming_up_can_be_stopped_after_any_pass():
    bench, heard = Bench(1.0), itertools.count(1)

    def stop() -> None:
        if next(heard) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        warm_up(bench.sample, 100, clock=lambda: bench.now, heard=stop)
    assert bench.passes == 2


def test_rounds_go_forwards_and_backwards_in_turn():
    called = []

    def sampler(name):
        return lambda: called.append(name) or float(len(called))

    ticks = itertools.count()
    one_round = in_turn({n: sampler(n) for n in "abc"})
    found = list(timed_passes(one_round, 3, clock=lambda: float(next(ticks)), least=1))
    assert "".join(called[:9]) == "abccbaabc"
    assert found[1] == {"a": 6.0, "b": 5.0, "c": 4.0}
    assert all(list(values) == ["a", "b", "c"] for values in found)


def test_there_are_at_least_five_rounds():
    assert len(list(timed_passes(in_turn({"a": lambda: 1.0}), 0))) == clock.LEAST == 5
