"""What a step on Latency or Train shows where no server is: what was measured before, drawn once.

A chart is a table whose numbers are also marks, as in all figures: bars are computed, dots
measured, hollow diamonds published. What would answer the question is `revealed` after it.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import (
    giga,
    mark,
    milliseconds,
    percent,
    say,
    shipped,
    significant,
)
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


def _fastest(question: Question, *, timed: bool = True) -> Chart:
    """Multiply-adds of networks, and the times that were printed of them."""
    printed = {row.variant: row.ms_per_image for row in printed_times.on(question.bench)}
    macs = {name: count(get_variant(name)).macs for name in question.options}
    times = {name: printed[name] for name in question.options}
    rows = []
    for name in question.options:
        cells = [Cell(giga(macs[name]), macs[name] / max(macs.values()))]
        if timed:
            cells.append(Cell(milliseconds(times[name]), times[name] / max(times.values())))
        rows.append((display_name(name), tuple(cells)))
    time = (say("time for an image (published)"), "printed")
    return Chart(
        say("Multiply-adds beside printed times")
        if timed
        else say("Multiply-adds of each network"),
        say("network"),
        ((say(MACS), "computed"), *([time] if timed else [])),
        tuple(rows),
        say("Published: {bench}.", bench=say(question.bench)) if timed else "",
    )


def _chances(question: Question) -> Chart:
    """How often one of two equals wins all of the rounds, for few and for many."""
    part = float(question.of)
    chances = {n: question.sides * part**n for n in range(1, ROUNDS + 1)}
    return Chart(
        say("How often chance alone names a winner"),
        say("rounds"),
        ((say("one of two equals wins all (computed)"), "computed"),),
        tuple((str(n), (Cell(percent(one), one),)) for n, one in chances.items()),
    )


def _schedule(network: str, schedule: Progressive, *, priced: bool = False) -> Chart:
    """The stages of a schedule: their sizes, and what each costs of training at the last one."""
    costs = stage_costs(schedule, get_variant(network))
    (whole,) = stage_costs(schedule.fixed(), get_variant(network))
    rows = []
    for one in costs:
        first = one.stage.first_epoch
        cells = [Cell(f"{one.stage.size} px", one.stage.size / costs[-1].stage.size)]
        if priced:
            share = one.macs * len(costs) / whole.macs
            cells.append(Cell(percent(share), share))
        rows.append((f"{first:g}\u2013{first + one.stage.epochs:g}", tuple(cells)))
    cost = (say("multiply-adds, of the last size's (computed)"), "computed")
    return Chart(
        say("What each of the stages costs")
        if priced
        else say("Pictures that grow in four stages"),
        say("epochs"),
        ((say("side of the pictures"), "computed"), *([cost] if priced else [])),
        tuple(rows),
    )


# --- measured before ----------------------------------------------------------------------------


def _experiment() -> tuple[Chart, ...]:
    """The trainings that are shipped: sizes that grow, against one size throughout."""
    rows = read_rows(claim.SHIPPED / "progressive.csv")
    if not rows:
        return ()
    found = summaries(rows, "arm")
    longest = max(one.cpu_seconds for one in found)
    return (
        Chart(
            say("Tried out: fixed sizes against growing ones, on small pictures"),
            say("schedule"),
            (
                (say("processor time (s)"), "measured"),
                (say("held-out accuracy (%)"), "measured"),
            ),
            tuple(
                (
                    say(one.name),
                    (
                        Cell(significant(one.cpu_seconds), one.cpu_seconds / longest),
                        Cell(_accuracy(one), one.mean, one.spread),
                    ),
                )
                for one in found
            ),
            trained_where(rows),
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
    names, most = stage_names(stages), max(max(p.macs_share, p.time_share) for p in stages)
    slow = max(range(len(stages)), key=lambda i: stages[i].time_share - stages[i].macs_share)
    return (
        Chart(
            say(
                "{stage} does {macs} of the multiply-adds in {time} of the time",
                stage=names[slow].capitalize(),
                macs=percent(stages[slow].macs_share),
                time=percent(stages[slow].time_share),
            ),
            say("stage"),
            ((say(MACS), "computed"), (say("time (measured)"), "measured")),
            tuple(
                (
                    name,
                    (
                        Cell(percent(one.macs_share), one.macs_share / most),
                        Cell(percent(one.time_share), one.time_share / most),
                    ),
                )
                for name, one in zip(names, stages, strict=True)
            ),
            _where(latency),
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
