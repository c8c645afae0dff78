"""What a step on Latency or Train shows where no server is: what was measured before, drawn once.

A chart is a table whose numbers are also marks, as in all figures: bars are computed, dots
measured, hollow diamonds published. What would answer the question is `revealed` after it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from effnet.base import giga, mark, milliseconds, percent, say, shipped, significant
from effnet.counting import count
from effnet.network import display_name, get_variant
from effnet.papers import printed_times
from effnet.report import Question, Step, lessons
from effnet.scaling import Design
from effnet.timing import (
    Latency,
    Options,
    StageProfile,
    conditions,
    in_words,
    reading,
    stage_names,
)
from effnet.train import (
    Progressive,
    Summary,
    claim,
    read_rows,
    stage_costs,
    summaries,
    trained_where,
)

SHIPPED = shipped("assets", "benchmarks")
ROUNDS = 10
MACS = mark("multiply-adds (computed)")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as text, and where its mark stands: parts of the column's whole."""

    text: str
    at: float
    spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Chart:
    """A table of marks.

    Attributes:
        title: What there is to see.
        head: Of the first column, which names the rows.
        columns: Title and origin of the others.
        rows: A name and its cells.
        note: Where the numbers come from.
    """

    title: str
    head: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Samples:
    """Every pass of a measurement as a dot; places are parts of the drawing, from its left top.

    Attributes:
        title, note: What there is to see, and where it was measured.
        dots: Across and down.
        band: The top of p90 and the foot of p10.
        median: The line's height.
        most: The time at the top.
    """

    title: str
    note: str
    dots: tuple[tuple[float, float], ...]
    band: tuple[float, float]
    median: float
    most: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a step shows at once, and what it adds after a prediction."""

    samples: Samples | None = None
    charts: tuple[Chart, ...] = ()
    revealed: tuple[Chart, ...] = ()


def shown_by(step: Step) -> Shown:
    """The charts of a step, from its question; none where it has none, or nothing is shipped."""
    question = step.question
    if question.kind == "faster":
        return Shown(charts=(_fastest(question, timed=False),), revealed=(_fastest(question),))
    if question.kind == "saved":
        network, schedule = lessons.schedule_of(question.preset)
        told = _schedule(network, schedule), _schedule(network, schedule, priced=True)
        return Shown(charts=told[:1], revealed=(*told[1:], *_experiment()))
    if step.page != "pages/latency.py":
        return Shown()
    if question.quantity == "intensity":
        return Shown(revealed=_stages())
    recorded = _recorded()
    samples = _samples(recorded[0]) if recorded else None
    return Shown(samples=samples, revealed=(_chances(question),))


# --- published and counted ----------------------------------------------------------------------


Column = tuple[str, str, Iterable[Cell]]  # title, origin, and what stands in it


def _chart(title: str, head: str, names: Iterable[str], *columns: Column, note: str = "") -> Chart:
    """A chart of columns beside the names of the rows."""
    cells = zip(*(column for _, _, column in columns), strict=True)
    titles = tuple((name, origin) for name, origin, _ in columns)
    return Chart(title, head, titles, tuple(zip(names, cells, strict=True)), note)


def _cells(write: Callable[[Any], str], values: Sequence[float], most: float = 0) -> list[Cell]:
    """Values whose marks stand at their parts of the most, which is the largest if not given."""
    return [Cell(write(value), value / (most or max(values))) for value in values]


def _fastest(question: Question, *, timed: bool = True) -> Chart:
    """Multiply-adds of networks, and the times that were printed of them."""
    printed = {row.variant: row.ms_per_image for row in printed_times.on(question.bench)}
    macs = [count(get_variant(name)).macs for name in question.options]
    names, work = map(display_name, question.options), (say(MACS), "computed", _cells(giga, macs))
    if not timed:
        return _chart(say("Multiply-adds of each network"), say("network"), names, work)
    times = _cells(milliseconds, [printed[name] for name in question.options])
    return _chart(
        say("Multiply-adds beside printed times"),
        say("network"),
        names,
        work,
        (say("time for an image (published)"), "printed", times),
        note=say("Published: {bench}.", bench=say(question.bench)),
    )


def _chances(question: Question) -> Chart:
    """How often one of two equals wins all of the rounds, for few and for many."""
    rounds = range(1, ROUNDS + 1)
    chances = [question.sides * float(question.of) ** n for n in rounds]
    won = say("one of two equals wins all (computed)")
    return _chart(
        say("How often chance alone names a winner"),
        say("rounds"),
        map(str, rounds),
        (won, "computed", _cells(percent, chances, 1)),
    )


def _schedule(network: str, schedule: Progressive, *, priced: bool = False) -> Chart:
    """The stages of a schedule: their sizes, and what each costs of training at the last one."""
    costs = stage_costs(schedule, get_variant(network))
    (whole,) = stage_costs(schedule.fixed(), get_variant(network))
    stages = [one.stage for one in costs]
    epochs = (f"{s.first_epoch:g}\u2013{s.first_epoch + s.epochs:g}" for s in stages)
    sizes = _cells(lambda size: f"{size} px", [stage.size for stage in stages], stages[-1].size)
    sides = (say("side of the pictures"), "computed", sizes)
    if not priced:
        return _chart(say("Pictures that grow in four stages"), say("epochs"), epochs, sides)
    shares = _cells(percent, [one.macs * len(costs) / whole.macs for one in costs], 1)
    cost = (say("multiply-adds, of the last size's (computed)"), "computed", shares)
    return _chart(say("What each of the stages costs"), say("epochs"), epochs, sides, cost)


# --- measured before ----------------------------------------------------------------------------


def _experiment() -> tuple[Chart, ...]:
    """The trainings that are shipped: sizes that grow, against one size throughout."""
    rows = read_rows(claim.SHIPPED / "progressive.csv")
    if not rows:
        return ()
    found = summaries(rows, "arm")
    seconds = _cells(significant, [one.cpu_seconds for one in found])
    return (
        _chart(
            say("Tried out: fixed sizes against growing ones, on small pictures"),
            say("schedule"),
            (say(one.name) for one in found),
            (say("processor time (s)"), "measured", seconds),
            (
                say("held-out accuracy (%)"),
                "measured",
                [Cell(_accuracy(one), one.mean, one.spread) for one in found],
            ),
            note=trained_where(rows),
        ),
    )


def _accuracy(found: Summary) -> str:
    """The mean over seeds with its interval, which one seed has not."""
    mean, half = (f"{100 * value:.1f}" for value in (found.mean, found.spread))
    return f"{mean} \u00b1 {half}" if len(found.top1) > 1 else mean


@lru_cache(maxsize=1)
def _recorded() -> tuple[Latency, tuple[StageProfile, ...]] | None:
    """The measurement that comes with the project, and where its time went."""
    spec = Design().spec()
    row = reading.newest(reading.kept(SHIPPED), spec.name, spec.resolution, Options())
    if row is None:
        return None
    return row.latency, reading.stages_of(row.run, spec, SHIPPED)


def _stages() -> tuple[Chart, ...]:
    recorded = _recorded()
    if recorded is None or not recorded[1]:
        return ()
    latency, stages = recorded
    names = stage_names(stages)
    macs, times = [one.macs_share for one in stages], [one.time_share for one in stages]
    slow, most = max(range(len(stages)), key=lambda i: times[i] - macs[i]), max(*macs, *times)
    return (
        _chart(
            say(
                "{stage} does {macs} of the multiply-adds in {time} of the time",
                stage=names[slow].capitalize(),
                macs=percent(macs[slow]),
                time=percent(times[slow]),
            ),
            say("stage"),
            names,
            (say(MACS), "computed", _cells(percent, macs, most)),
            (say("time (measured)"), "measured", _cells(percent, times, most)),
            note=_where(latency),
        ),
    )


def _samples(latency: Latency) -> Samples:
    """Every pass, from 0 ms at the foot to the next round time above all."""
    longest, n = max(latency.samples_ms), len(latency.samples_ms)
    round_ms = 10.0 ** math.floor(math.log10(longest))
    most = round_ms * math.ceil(longest / round_ms)

    def height(time_ms: float) -> float:
        return 1 - time_ms / most

    return Samples(
        say(
            "Half of {n} {n:pass|passes} took under {median}; the band holds four in five",
            n=n,
            median=milliseconds(latency.median_ms),
        ),
        _where(latency),
        tuple(((i + 0.5) / n, height(time)) for i, time in enumerate(latency.samples_ms)),
        (height(latency.p90_ms), height(latency.p10_ms)),
        height(latency.median_ms),
        milliseconds(most),
    )


def _where(latency: Latency) -> str:
    return " ".join([f"{latency.name}:", conditions(latency), in_words(latency)]).strip()
