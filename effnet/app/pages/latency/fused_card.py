"""The card of the V2 paper's three bottlenecks, each as an experiment on this machine."""

from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from effnet.app.kit import cache, jobs, live, open_tab, sheet
from effnet.app.pages.latency.stopwatch import KEEP, Chosen
from effnet.base import (
    Column,
    EffnetError,
    factor,
    giga,
    mark,
    mebibytes,
    millions,
    milliseconds,
    say,
    verbatim,
)
from effnet.counting.memory import training_bytes
from effnet.figures import fused_race, step_against_size, where_to_deepen
from effnet.jobs import Job
from effnet.network import Spec
from effnet.papers import MACS, PARAMS, THROUGHPUT, TOP1, shown
from effnet.scaling import Design
from effnet.timing import (
    Deepened,
    Fused,
    Latency,
    Options,
    StepCost,
    compared,
    fastest,
    v2_bottlenecks,
)

SIDES = (96, 128, 160, 192, 224, 256)
STEP_S = 24.0
Samples = dict[str, list[float]]


@dataclass(slots=True)
class Race:
    """Samples by name, of rounds that were run in turn; the bench fills it."""

    samples: Samples = field(default_factory=dict)

    def whole_rounds(self) -> Samples:
        """As many of each as the one with fewest has; none before the first round has ended."""
        least = min(map(len, self.samples.values()), default=0)
        return {name: values[:least] for name, values in self.samples.items()} if least else {}


def card(design: Design, spec: Spec, chosen: Chosen) -> None:
    """Fused stages, image size, and where to deepen."""
    st.markdown(
        say(
            "The EfficientNetV2 paper (arXiv:2104.00298, section 3.1) found three things that slow "
            "a network down for its multiply-adds. Do they hold on this machine?"
        )
    )
    st.markdown("##### " + say("1. Depthwise convolutions are slow in early layers"))
    try:
        _fused(design, spec, chosen)
    except EffnetError as error:
        st.info(verbatim(error))
    st.markdown("##### " + say("2. Training with large images is slow"))
    _steps(design, spec)
    st.markdown("##### " + say("3. Scaling every stage alike is not best"))
    try:
        _deepened(design, spec, chosen)
    except EffnetError as error:
        st.info(verbatim(error))


def _race(specs: dict[str, Spec], options: Options, budget_s: float, job: Job) -> Race:
    from effnet.timing.measure import race

    found = Race()
    job.report(0.0, say("Warming up"), found)

    def heard(share: float, samples: Samples) -> None:
        found.samples = samples
        job.report(share, say("{n} {n:round|rounds}", n=len(next(iter(samples.values())))))

    runners = {name: (spec, options) for name, spec in specs.items()}
    race(runners, budget_s=budget_s, progress=heard)
    return found


# --- fused stages -----------------------------------------------------------------------------


def _fused(design: Design, spec: Spec, chosen: Chosen) -> None:
    series = v2_bottlenecks.fused_series(spec)
    seconds = max(8.0, 2.0 * len(series) * chosen.budget_s)
    result = jobs.card(
        "fused",
        say("Race the fused networks"),
        say(
            "About {seconds:.0f} s: {n} {n:network|networks} in turn, {how}. A fused stage "
            "has one full 3x3 convolution in place of the 1x1 expansion and the depthwise "
            "convolution, and no squeeze-and-excitation.",
            seconds=1.5 * seconds,
            n=len(series),
            how=chosen.options.words,
        ),
        (spec, chosen.options),
        design.title,
        partial(_race, {str(one.stages): one.spec for one in series}, chosen.options, seconds),
        draw=lambda found: _fused_figure(series, found),
    )
    tables = partial(_fused_tables, series, result.value if result else None)
    open_tab.fold(say("As a table, and the paper's own"), tables, key="table3")


def _fused_figure(series: tuple[Fused, ...], found: Race | None) -> None:
    raced = found.whole_rounds() if found else {}
    tied = [int(name) for name in fastest(raced)] if raced else []
    samples = {int(name): values for name, values in raced.items()}
    live.figure(
        "fused_race",
        fused_race(series, samples, tied),
        alt=say("Multiply-adds and time against the number of fused stages"),
    )


def _fused_tables(series: tuple[Fused, ...], found: Race | None) -> None:
    raced = found.whole_rounds() if found else {}

    def told(stages: int) -> str:
        values = raced.get(str(stages))
        return milliseconds(Latency("", tuple(values)).median_ms) if values else "-"

    sheet.show(
        series,
        Column(mark("fused stages"), "stages"),
        Column(mark("time (measured)"), lambda one: one.stages, told),
        Column("MACs", "macs", giga),
        Column(mark("parameters"), "params", millions),
        Column(mark("activations"), "activations", millions),
        alt=say("Time and costs by number of fused stages"),
    )
    st.caption(say(v2_bottlenecks.TABLE_3))
    rows = v2_bottlenecks.table_3()

    def rate(title: str) -> Column:
        return Column(shown(title), lambda row: row[0].number(title))

    sheet.show(
        rows,
        Column(mark("fused stages"), lambda row: shown(row[0].name)),
        Column(mark("parameters printed (M)"), lambda row: row[0].number(PARAMS)),
        Column(mark("counted, 3x3"), lambda row: row[1].params, millions),
        Column(
            mark("counted, own kernels (M)"), lambda row: row[0].beside(PARAMS).computed, "%.1f"
        ),
        Column(mark("FLOPs printed (G)"), lambda row: row[0].number(MACS)),
        Column(mark("MACs counted, 3x3"), lambda row: row[1].macs, giga),
        Column(mark("top-1 (%)"), lambda row: row[0].number(TOP1)),
        *map(rate, (title for title in rows[0][0].values if THROUGHPUT in title)),
        alt=say("The V2 paper's Table 3 beside what is counted"),
    )


# --- image size -------------------------------------------------------------------------------


def _steps(design: Design, spec: Spec) -> None:
    batch = st.select_slider(
        say("Images in a step"),
        (2, 4, 8, 16, 32),
        value=4,
        key="step_batch",
        persist_state=KEEP,
        width=260,
    )
    key = "steps"
    result = jobs.card(
        key,
        say("Time training steps"),
        say(
            "About {seconds:.0f} s: forward pass, loss and backward pass of {n} "
            "{n:image|images} at {sizes} {sizes:size|sizes}.",
            seconds=2 * STEP_S,
            n=batch,
            sizes=len(SIDES),
        ),
        (spec, batch),
        design.title,
        partial(_time_steps, spec, batch),
        draw=_steps_figure,
    )
    if jobs.running(key) or (result and result.value):
        return
    first = cache.counted(spec, resolution=SIDES[0]).macs
    st.caption(say("Computed, before it is measured:"))
    sheet.show(
        SIDES,
        Column(mark("image side (px)"), int),
        Column(
            mark("MACs a step"),
            lambda side: cache.counted(spec, resolution=side).macs / first,
            factor,
        ),
        Column(
            mark("kept for the backward pass"),
            lambda side: training_bytes(spec, batch=batch, resolution=side),
            mebibytes,
        ),
        key="steps_plan",
        alt=say("Multiply-adds and kept memory by image size"),
    )


def _time_steps(spec: Spec, batch: int, job: Job) -> list[StepCost]:
    from effnet.timing.measure import step_costs

    def heard(share: float, found: list[StepCost]) -> None:
        job.report(share, say("{n} {n:size|sizes}", n=len(found)), list(found))

    return step_costs(spec, SIDES, batch_size=batch, budget_s=STEP_S, progress=heard)


def _steps_figure(found: list[StepCost] | None) -> None:
    if found:
        live.figure(
            "steps",
            step_against_size(found),
            alt=say("Time and memory of a training step against image size"),
        )


# --- where to deepen --------------------------------------------------------------------------


def _deepened(design: Design, spec: Spec, chosen: Chosen) -> None:
    two = v2_bottlenecks.deepened(spec)
    seconds = max(6.0, 3.0 * chosen.budget_s)
    jobs.card(
        "deepened",
        say("Race both ways to deepen"),
        say(
            "About {seconds:.0f} s: the depth of every stage times 1.6, or only the last two "
            "stages deeper, at the same multiply-adds ({alike} and {late}).",
            seconds=1.5 * seconds,
            alike=giga(two.alike_macs),
            late=giga(two.late_macs),
        ),
        (spec, chosen.options),
        design.title,
        partial(_race, {"alike": two.alike, "late": two.late}, chosen.options, seconds),
        draw=lambda found: _deepened_figure(two, found),
    )
    alike, late = (cache.counted_cost(one) for one in (two.alike, two.late))
    st.caption(
        say(
            "Where only the late stages are deepened, the network has {params} the "
            "parameters and {activations} the activations of one whose stages are deepened "
            "alike. Only time is measured here. To compare accuracy, both would have to be "
            "trained.",
            params=factor(late.params / alike.params),
            activations=factor(late.activations / alike.activations),
        )
    )


def _deepened_figure(two: Deepened, found: Race | None) -> None:
    raced = found.whole_rounds() if found else {}
    verdict = ""
    if raced:
        first, second = (
            Latency(name, tuple(raced[key]))
            for key, name in (
                ("alike", say("all stages deeper")),
                ("late", say("only late stages deeper")),
            )
        )
        told = compared(first, second).sentence()
        verdict = told[0].upper() + told[1:]
    live.figure(
        "deepened",
        where_to_deepen(two, raced, verdict),
        alt=say("Blocks of each stage in both ways to deepen, with their times"),
    )
