"""The first card of the Latency page: measure the design, see every sample and where time goes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from effnet.app.kit import cards, jobs, live, open_tab, sheet
from effnet.app.pages.latency.measured_card import Measured, from_disk, link, work
from effnet.app.pages.latency.stopwatch import Chosen
from effnet.app.pages.latency.versus_card import KEY, Raced
from effnet.base import (
    Column,
    factor,
    in_a_row,
    mark,
    mebibytes,
    milliseconds,
    plural,
    say,
    shipped,
    significant,
)
from effnet.counting import Cost
from effnet.counting.memory import weights
from effnet.figures import latency_samples, published_times, stage_mirror
from effnet.network import Spec
from effnet.papers import printed_times
from effnet.scaling import Design
from effnet.timing import (
    Comparison,
    Latency,
    Options,
    StageProfile,
    computed_stages,
    conditions,
    in_words,
    measurement_store,
    predicted_ms,
    reading,
)

SHIPPED = shipped("assets", "benchmarks")
FIRST_SEEN = "V100 GPU, FP16, batch 16 (V2 Table 7)"
FIGURE_HEIGHT = 340  # px, of the samples
TOTALS = (
    (
        mark("Median"),
        mark(
            "Half of the passes are faster than this. Below it: the range in which four of five lie"
        ),
    ),
    (
        mark("Spread"),
        mark(
            "The distance from p10 to p90, as a share of the median. Above 25 % the number is "
            "called unstable"
        ),
    ),
    (mark("Throughput"), mark("Images a second at this batch size, from the median")),
    (
        mark("Peak memory"),
        mark("Most memory that tensors took in a pass, weights included; measured"),
    ),
)


def measure(design: Design, spec: Spec, chosen: Chosen) -> Measured | None:
    """The button, the running measurement, and the last one of this design if there is one."""
    seconds = 2.2 * chosen.budget_s + 1
    expected = predicted_ms(spec) if chosen.options == Options() else None
    guess = say(" Predicted: {time}.", time=milliseconds(expected.ms)) if expected else ""
    note = say("About {seconds:.0f} s.{guess}", seconds=seconds, guess=guess)
    kept = from_disk(spec, chosen.options)

    def shown(found: Measured | None) -> None:
        if jobs.running("measure"):
            _so_far(found)
        else:
            _samples(found if found and found.latency else kept)

    if kept and kept.recorded and kept.latency:
        where = kept.latency.environment
        example = say(
            "**An example from another machine** ({processor}, {cores} {cores:core|cores}). "
            "Measure puts this machine's own times in its place.",
            processor=where.processor,
            cores=where.cores or "?",
        )
        note = f"{example} {note}"
    result = jobs.card(
        "measure",
        say("Measure"),
        note,
        (spec, chosen.options),
        design.title,
        partial(work, spec, chosen, link(design)),
        draw=shown,
        main=True,
        help=say(
            "The network runs again and again, and every pass is timed. How it runs: {how}. Its "
            "weights are random, as trained ones take the same time",
            how=chosen.options.words,
        ),
    )
    if result is not None and isinstance(result.value, Measured) and result.value.latency:
        return result.value
    return kept


def _so_far(found: Measured | None) -> None:
    """The totals and the samples of the measurement that runs, in their final places."""
    samples = tuple(found.samples) if found else ()
    so_far = Latency(found.spec.name, samples, found.options) if found and samples else None
    totals(so_far, found.spec if found else None)
    if so_far:
        alt = say("Every pass so far, with median and spread")
        live.figure("samples", latency_samples(so_far), alt=alt)
    else:
        st.container(key="no_samples").skeleton(height=FIGURE_HEIGHT)
    _below(say("A dot is a pass. When the passes are done, each stage is timed by itself."))


# --- what is shown ----------------------------------------------------------------------------


def totals(latency: Latency | None, spec: Spec | None) -> None:
    """Median, spread, throughput and memory; dashes before there is a measurement.

    Args:
        latency: The measurement, whole or so far.
        spec: What was measured.
    """
    unknown = ("-", say("not measured"))
    entries = _entries(latency, spec) if latency and spec else [unknown] * len(TOTALS)
    cards.row(
        (say(label), text, below, say(note))
        for (label, note), (text, below) in zip(TOTALS, entries, strict=True)
    )


def _entries(latency: Latency, spec: Spec) -> list[tuple[str, str]]:
    low, high, middle = latency.p10_ms, latency.p90_ms, latency.median_ms
    peak, batch = latency.peak_memory_bytes, latency.batch_size
    return [
        (
            milliseconds(middle),
            say("{low} to {high}", low=significant(low), high=milliseconds(high)),
        ),
        (
            f"{100 * (high - low) / middle:.0f} %",
            say("of {n} {n:pass|passes}", n=len(latency.samples_ms)),
        ),
        (
            f"{significant(latency.images_per_s)} /s",
            plural(batch, "{n} image a pass", "{n} images a pass"),
        ),
        (
            mebibytes(peak) if peak else "?",
            say("weights {size}", size=mebibytes(weights(spec).bytes(4)))
            if peak
            else say("not known yet"),
        ),
    ]


def _samples(found: Measured | None) -> None:
    """Totals and every sample; before there are any, what the papers measured elsewhere."""
    latency = found.latency if found else None
    totals(latency, found.spec if found else None)
    if latency is None:
        rows, told = printed_times.on(FIRST_SEEN), printed_times.surprise(FIRST_SEEN)
        drawn = published_times(rows, told)
        drawn.layout.height, drawn.layout.showlegend = FIGURE_HEIGHT, False  # each dot has a name
        live.figure("published_first", drawn, alt=say("Published times against multiply-adds"))
        _below(
            say(
                "Published: {bench}. Multiply-adds alone don't tell the time. How long does it "
                "take on this machine? Measure it.",
                bench=say(FIRST_SEEN),
            )
        )
        return
    alt = say("Every measured pass with median and spread")
    live.figure("samples", _marked(latency_samples(latency), found), alt=alt)
    doubts = in_words(latency)
    steady = say("A dot is a pass. Their times agree, so they can be compared with other times.")
    _below(f":material/warning: **{doubts}**" if doubts else steady)


def _marked(drawn: go.Figure, found: Measured | None) -> go.Figure:
    """The figure; its title says so where another machine was measured."""
    if found and found.recorded:
        title = drawn.layout.title
        title.text = say("Another machine: {what}", what=title.text)
    return drawn


def _below(text: str) -> None:
    """What is said under the figure, in a room that another design's words don't change."""
    with st.container(key="below_samples"):
        st.caption(text)


def mirror(found: Measured | None, spec: Spec) -> None:
    """Shares of multiply-adds, time and activations by stage."""
    measured = bool(found and found.stages)
    shown: Sequence[StageProfile] = found.stages if found and measured else computed_stages(spec)
    drawn = _marked(stage_mirror(shown, measured=measured), found if measured else None)
    alt = say("Shares of multiply-adds, time and activations by stage")
    computed = say("Shares of multiply-adds and activations by stage")
    live.figure("mirror", drawn, alt=alt if measured else computed)
    table = partial(_stage_table, shown, measured=measured)
    open_tab.fold(say("The stages as a table"), table, key="stage_times")
    if elsewhere := reading.mirrors(reading.kept(SHIPPED), spec):
        open_tab.fold(say("On other machines"), partial(_elsewhere, elsewhere), key="mirrors")


def _elsewhere(found: Iterable[tuple[Latency, Sequence[StageProfile]]]) -> None:
    """Mirrors of this network that other machines measured, one at a time."""
    names = {
        in_a_row(
            [
                where.environment.processor,
                replace(where.options, threads=None).words,
                plural(where.batch_size, "{n} image a pass", "{n} images a pass"),
                where.environment.date[:10],
            ]
        ): stages
        for where, stages in found
    }
    chosen = st.selectbox(say("Show"), list(names), key="mirror_shown")
    stages = names[chosen or next(iter(names))]
    alt = say("Shares of multiply-adds, time and activations by stage")
    live.figure("mirror_shipped", stage_mirror(stages), alt=alt)
    _stage_table(stages, measured=True)


def _stage_table(shown: Sequence[StageProfile], *, measured: bool) -> None:
    timed = (
        Column(mark("time (ms)"), "median_ms", "%.3f", note=mark("Measured")),
        "time_share",
        Column("GMAC/s", "macs_per_s", "%.2f", 1e9, note=mark("Measured")),
    )
    sheet.show(
        shown,
        "stage",
        *(timed if measured else ()),
        "macs_share",
        "activations_share",
        Column(
            mark("MACs per byte"),
            "macs_per_byte",
            "%.2f",
            note=mark(
                "Multiply-adds for every byte that operators read and write, each operator "
                "by itself"
            ),
        ),
        "macs",
        Column(mark("bytes"), "bytes", ","),
        "params",
        "activations",
        alt=say("Time beside computed costs for every stage"),
    )


def take_away(found: Measured | None, spec: Spec) -> None:
    """How it was measured, and where that was here, all of it as CSV and JSON."""
    if found is None or found.latency is None:
        return
    latency, rows = found.latency, found.rows
    st.caption(conditions(latency))
    if found.recorded:
        return
    name = f"latency-{spec.name}-{latency.environment.date[:10]}".replace(" ", "-")
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            say("Samples as CSV"),
            lambda: measurement_store.as_csv(rows),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            key="samples_csv",
        )
        st.download_button(
            say("All of it as JSON"),
            lambda: json.dumps(latency.as_dict(), indent=2),
            file_name=f"{name}.json",
            mime="application/json",
            on_click="ignore",
            key="samples_json",
        )


def claimed(design: Design, cost: Cost, found: Measured | None) -> str:
    """The page's sentence; a measurement of another machine does not answer it."""
    from effnet.report import latency_claim

    if found and found.recorded:
        found = None

    versus = jobs.results().get(KEY)
    sentence = ""
    if versus and found and versus.subject[:2] == (found.spec, found.options):
        told = versus.value.comparison if isinstance(versus.value, Raced) else None
        sentence = _beside(told, say(versus.subject[2])) if told else ""
    expected = predicted_ms(design.spec())
    return latency_claim(design, cost, found.latency if found else None, expected, sentence)


def _beside(told: Comparison, other: str) -> str:
    """A race's verdict as it goes on in the page's sentence."""
    if told.faster == "can't tell":
        return say("it can't be told from {other}", other=other)
    if told.faster == "first":
        return say("it is {ratio} as fast as {other}", ratio=factor(told.ratio), other=other)
    return say("{other} is {ratio} as fast", other=other, ratio=factor(told.gain))
