"""Many measurements in one time box, kept on disk sample by sample."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from effnet.base import EffnetError, Unwritable
from effnet.nn import pick_device
from effnet.timing import Latency, Point, measurement_store
from effnet.timing.measure import clock, machine
from effnet.timing.measure.prepare import OutOfMemory, check_memory, prepared
from effnet.timing.measure.protocol import check_budget

LEAST_S = 0.4  # for the samples of one point
Heard = Callable[[float, str, "list[measurement_store.Row]"], None]


def sweep(
    what: str,
    points: Sequence[Point],
    *,
    budget_s: float = 60.0,
    into: list[measurement_store.Row] | None = None,
    keep_in: Path | None = None,
    link: str = "",
    progress: Heard | None = None,
) -> list[measurement_store.Row]:
    """Measure the points of a sweep in order, the time box shared among those that are left.

    Every sample is on disk as soon as it is taken. A point that does not fit into memory is kept
    as such and ends a sweep that only grows; what the box has no time for is kept as not measured.

    Args:
        what: The sweep's kind, kept with the rows.
        points: Cheapest first.
        budget_s: Seconds for all of them.
        into: A list for the rows, which is also given back; whoever stops the sweep has it.
        keep_in: The folder for the samples; the user's own where not given.
        link: The design's link, to be kept.
        progress: Called after each pass with the share done, the point's label and the rows so
            far; it may raise to stop.
    """
    check_budget(budget_s)
    found: list[measurement_store.Row] = [] if into is None else into
    start, series = time.perf_counter(), measurement_store.new_run()
    runs = [f"{series}.{number:02d}" for number in range(len(points))]

    def heard(label: str, *_: object) -> None:
        if progress:
            progress(min((time.perf_counter() - start) / budget_s, 1.0), label, found)

    for number, point in enumerate(points):
        left = budget_s - (time.perf_counter() - start)
        each = max(LEAST_S, left / (len(points) - number) * 0.6)
        if left <= 0 or _too_slow(found, point, left):
            late = list(zip(runs, points, strict=True))[number:]
            found += [_none(run, what, one, measurement_store.REFUSED) for run, one in late]
            break
        try:
            record(
                what,
                point,
                found,
                budget_s=each,
                run=runs[number],
                keep_in=keep_in,
                link=link,
                heard=partial(heard, point.label),
            )
        except OutOfMemory:
            found.append(_none(runs[number], what, point, measurement_store.MEMORY))
            measurement_store.keep([found[-1]], into=keep_in)
            if what != "family":  # every further point of the others needs more
                break
        except Unwritable:
            raise
        except EffnetError:
            found.append(_none(runs[number], what, point, measurement_store.REFUSED))
        heard(point.label)
    return found


def _too_slow(found: Sequence[measurement_store.Row], point: Point, left_s: float) -> bool:
    """Whether even the fewest passes of a point would take more than the time that is left.

    Judged by the last point's multiply-adds a second.
    """
    done = [row for row in found if row.latency.samples_ms]
    if not done:
        return False
    last = done[-1]
    macs = last.macs * last.latency.batch_size
    expected = last.latency.median_ms / 1000 * point.macs * point.options.batch_size / macs
    return (clock.LEAST + clock.WINDOW) * expected > 1.5 * left_s


def record(
    what: str,
    point: Point,
    into: list[measurement_store.Row],
    *,
    budget_s: float,
    run: str = "",
    keep_in: Path | None = None,
    link: str = "",
    heard: Callable[[float, list[float]], None] = lambda _share, _samples: None,
) -> None:
    """Measure one point; its row is appended to `into`, also where `heard` raises to stop.

    Args:
        what: The series that it belongs to.
        point: What is measured, and how.
        into: Where the row goes, with the samples that were taken.
        budget_s: Seconds for the samples; warming up takes up to half as long before them.
        run: Its name; a new one where not given.
        keep_in: The folder for the samples, each written before the next is taken.
        link: The design's link, to be kept.
        heard: Called after each pass, in the warm-up with no samples yet, with the share of the
            budget that is spent and the samples so far; it may raise to stop.

    Raises:
        EffnetError: It can't be measured; `OutOfMemory` where it does not fit.
    """
    size = point.options.resolution or point.spec.resolution
    check_memory(point.spec, point.options, size)
    where = measurement_store.folder() if keep_in is None else keep_in
    with prepared(point.spec, point.options) as ready:
        ready.warm_up(budget_s * clock.WARM_UP, lambda: heard(0.0, []))
        latency = ready.latency([], link=link, peak=ready.peak_bytes())
        row, samples = _row(run or measurement_store.new_run(), what, point, latency), list[float]()
        name = measurement_store.file_name(latency.environment, latency.precision)
        try:
            with measurement_store.Writer(where / name) as writer:

                def kept(share: float, taken: list[float]) -> None:
                    writer.add(row, len(taken), taken[-1])
                    heard(share, taken)

                clock.take(ready.sample, budget_s, kept, into=samples)
        finally:
            if samples:
                seen = ready.others.beside(latency.environment)
                full = replace(latency, samples_ms=tuple(samples), environment=seen)
                into.append(replace(row, latency=full))


def _row(run: str, what: str, point: Point, latency: Latency) -> measurement_store.Row:
    return measurement_store.Row(run, what, latency, point.macs, point.params, point.activations)


def _none(run: str, what: str, point: Point, outcome: str) -> measurement_store.Row:
    where = machine.environment(pick_device(point.options.device))
    ran = where.settled(point.options, point.options.resolution or point.spec.resolution)
    latency = Latency(point.spec.name, (), ran, None, where)
    return replace(_row(run, what, point, latency), outcome=outcome)
