"""Where the time of a pass goes: by stage, and by kind of layer within a stage."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from effnet.nn import as_built
from effnet.timing import (
    PLAIN,
    KindProfile,
    Options,
    StageProfile,
    Work,
    computed_stages,
    measurement_store,
    with_times,
    work,
)
from effnet.timing.measure import clock
from effnet.timing.measure.pass_units import Pass, units
from effnet.timing.measure.prepare import Model, Ready, inference, prepared
from effnet.timing.measure.protocol import Progress, check_budget


def profile_stages(
    model: Model,
    *,
    device: str = "auto",
    batch_size: int = 1,
    resolution: int | None = None,
    precision: str = "fp32",
    channels_last: bool = False,
    folded: bool = False,
    threads: int | None = None,
    budget_s: float = 5.0,
    progress: Progress | None = None,
) -> list[StageProfile]:
    """Time each stage of a network in place, stem to classifier, beside what it computes.

    Every pass runs the whole network, with the clock read between stages, so caches are as warm as
    in real use. Options are those of `measure_latency`; engines that join stages can't be taken
    apart.
    """
    options = Options(
        device, batch_size, resolution, precision, channels_last, folded, threads=threads
    )
    check_budget(budget_s)
    with prepared(model, options) as ready:
        return _stages(ready, budget_s, progress)


def record_stages(
    model: Model, *, options: Options = PLAIN, budget_s: float = 5.0, keep_in: Path | None = None
) -> list[StageProfile]:
    """Time each stage and keep the medians, a row a stage, where `reading.mirrors` finds them.

    Args:
        model: As `profile_stages` takes it.
        options: How it runs.
        budget_s: Seconds for the passes.
        keep_in: The folder; the user's own where not given.
    """
    check_budget(budget_s)
    with prepared(model, options) as ready:
        found = _stages(ready, budget_s, None)
        rows = measurement_store.stage_rows(measurement_store.new_run(), ready.latency([]), found)
    measurement_store.keep(rows, into=keep_in)
    return found


def _stages(ready: Ready, budget_s: float, progress: Progress | None) -> list[StageProfile]:
    groups: dict[int, list[int]] = {}
    for place, unit in enumerate(_work(ready)):
        groups.setdefault(unit.stage, []).append(place)
    return _beside_costs(ready, _medians(_timed(ready, list(groups.values()), budget_s, progress)))


def _beside_costs(ready: Ready, medians: Sequence[float]) -> list[StageProfile]:
    """The stages' times beside what they compute."""
    module = as_built(ready.module)
    options = replace(ready.options, resolution=ready.size)
    stages = computed_stages(module.spec, options, num_classes=module.num_classes)
    return list(with_times(stages, medians))


def profile_kinds(
    model: Model,
    *,
    options: Options = PLAIN,
    budget_s: float = 5.0,
    progress: Progress | None = None,
) -> list[KindProfile]:
    """Time the layers of each kind within each stage, with the operators behind them."""
    return profiles(model, options=options, budget_s=budget_s, progress=progress)[1]


def profiles(
    model: Model,
    *,
    options: Options = PLAIN,
    budget_s: float = 5.0,
    progress: Progress | None = None,
) -> tuple[list[StageProfile], list[KindProfile]]:
    """Stages, and the kinds of layer within them, from the same passes.

    The clock is read after every layer here, not only after every stage.
    """
    check_budget(budget_s)
    with prepared(model, options) as ready:
        done = _work(ready)
        times = _timed(ready, [[number] for number in range(len(done))], budget_s, progress)
    medians = _medians(times)
    sums: dict[tuple[int, str], list[float]] = {}
    stages: dict[int, float] = {}
    for unit, median in zip(done, medians, strict=True):
        stages[unit.stage] = stages.get(unit.stage, 0.0) + median
        found = sums.setdefault((unit.stage, unit.kind), [0.0, 0, 0])
        found[0] += median
        found[1] += unit.macs
        found[2] += unit.bytes
    kinds = [
        KindProfile(stage, kind, median, round(macs), round(moved))
        for (stage, kind), (median, macs, moved) in sums.items()
    ]
    return _beside_costs(ready, list(stages.values())), kinds


def unit_times(ready: Ready, passes: int, heard: Callable[[], None]) -> list[float]:
    """Median milliseconds of every unit of a prepared network, over some passes."""
    walk = Pass(units(as_built(ready.module)), ready.image)
    samples = []
    with torch.inference_mode():
        for _ in range(passes):
            samples.append(ready.timer.parts(walk.steps))
            heard()
    return [statistics.median(column) for column in zip(*samples, strict=True)]


def _work(ready: Ready) -> tuple[Work, ...]:
    return work(as_built(ready.module).spec, replace(ready.options, resolution=ready.size))


def _timed(
    ready: Ready, groups: list[list[int]], budget_s: float, progress: Progress | None
) -> list[list[float]]:
    """Samples of each group of units, every pass in one go."""
    heard: Progress = progress or (lambda _share, _samples: None)
    walk = Pass(units(as_built(ready.module)), ready.image)
    steps = [_in_turn([walk.steps[place] for place in group]) for group in groups]
    times: list[list[float]] = [[] for _ in groups]

    def sample() -> float:
        with inference(ready.place, ready.options.precision):
            found = ready.timer.parts(steps)
        for samples, value in zip(times, found, strict=True):
            samples.append(value)
        return sum(found)

    clock.warm_up(sample, budget_s * clock.WARM_UP, heard=lambda: heard(0.0, []))
    for samples in times:
        samples.clear()
    clock.take(sample, budget_s, heard)
    return times


def _medians(times: Sequence[Sequence[float]]) -> list[float]:
    """Each group's median, brought to the median of whole passes.

    A busy spell hits some part of nearly every pass, but few samples of each part: on a busy
    machine the parts' medians alone add up to less than a pass takes.
    """
    medians = [statistics.median(samples) for samples in times]
    whole = statistics.median(sum(parts) for parts in zip(*times, strict=True))
    return [value * whole / sum(medians) for value in medians]


def _in_turn(steps: list[Callable[[], object]]) -> Callable[[], object]:
    def run() -> None:
        for step in steps:
            step()

    return run
