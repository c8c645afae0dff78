"""The card of published times: beside one's own, never mixed; what travels is the ratio."""

import statistics
from collections.abc import Sequence
from functools import partial

import streamlit as st

from effnet.app.kit import jobs, live, sheet
from effnet.app.pages.latency.measured_card import is_here
from effnet.app.pages.latency.stopwatch import KEEP, Chosen
from effnet.base import Column, factor, giga, in_a_row, mark, millions, milliseconds, say
from effnet.figures import COUNTS, published_times, ratios_beside
from effnet.jobs import Job
from effnet.network import display_name, get_variant
from effnet.papers import Printed, printed_times
from effnet.timing import Options, Row, log_r2, plans, reading

BOX_S = 60.0
WHAT = "published"


def card(chosen: Chosen) -> None:
    """Choose a table, see its times, measure the same networks here, compare the ratios."""
    benches = printed_times.benches()
    bench = st.selectbox(
        say("Printed for"),
        benches,
        format_func=say,
        index=benches.index(FIRST) if FIRST in benches else 0,
        key="bench",
        persist_state=KEEP,
        help=say(
            "Hardware, precision and batch size. Times of two different choices can't be compared"
        ),
    )
    rows = printed_times.on(bench)
    live.figure(
        "published",
        published_times(rows, printed_times.surprise(bench)),
        alt=say("Published times against multiply-adds"),
    )
    st.caption(say("Published: {bench}. {fits}", bench=say(bench), fits=_follows(rows)))
    key = "published_here"
    jobs.card(
        key,
        say("Measure these networks here"),
        say(
            "Up to {seconds:.0f} s, the cheapest first, with {how}, batch {batch}.",
            seconds=BOX_S,
            how=chosen.options.words,
            batch=chosen.options.batch_size,
        ),
        None,
        say("published networks"),
        partial(_measure, rows, chosen.options),
    )
    if not jobs.running(key):
        _beside(rows, bench, chosen)


FIRST = "V100 GPU, FP16, batch 16 (V2 Table 7)"


def _follows(rows: Sequence[Printed]) -> str:
    """How well the published times follow each count."""
    times = [row.ms_per_image for row in rows]
    told = []
    for name, title in COUNTS.items():
        fit = log_r2([getattr(row, name) for row in rows], times)
        if fit is not None:
            told.append(f"{say(title)} {fit:.2f}")
    return say("r² of log time with log {fits}.", fits=in_a_row(told)) if told else ""


def _measure(rows: Sequence[Printed], options: Options, job: Job) -> list[Row]:
    from effnet.timing.measure import sweep

    found, variants = list[Row](), [row.variant for row in rows]
    job.report(0.0, say("Warming up"), found)
    return sweep(
        WHAT,
        [plans.point(display_name(x), 0, get_variant(x), options) for x in variants],
        budget_s=BOX_S,
        into=found,
        progress=lambda share, label, _: job.report(share, label),
    )


def _own(names: Sequence[str], chosen: Chosen) -> dict[str, Row]:
    """The newest measurement on this machine of each network, run as the controls say."""
    found = {}
    for row in reading.kept():
        one = row.latency
        alike = one.options == one.environment.settled(chosen.options, one.resolution)
        if one.name not in names or not one.samples_ms or not alike or not is_here(row):
            continue
        if one.resolution == get_variant(one.name).resolution:
            found[one.name] = row
    return found


def _beside(rows: Sequence[Printed], bench: str, chosen: Chosen) -> None:
    """Ratios to the cheapest network that both have."""
    own = _own([row.variant for row in rows], chosen)
    both = [row for row in rows if row.variant in own]
    if len(both) > 1:
        first = both[0]
        mine = [own[row.variant].latency.median_ms for row in both]
        live.figure(
            "ratios",
            ratios_beside(
                [display_name(row.variant).removeprefix("EfficientNet").lstrip("-")
                 for row in both],
                [value / mine[0] for value in mine],
                {bench: [row.ms_per_image / first.ms_per_image for row in both]},
                against=display_name(first.variant)),
            alt=say("Times as multiples of one network, measured here and published"),
        )  # fmt: skip
        off = [
            (value / mine[0]) / (row.ms_per_image / first.ms_per_image)
            for row, value in zip(both[1:], mine[1:], strict=True)
        ]
        st.caption(
            say(
                "Half of the measured ratios are above {factor} the published ones.",
                factor=factor(statistics.median(off)),
            )
        )
    else:
        st.caption(
            say(
                "Fewer than two of these networks were measured here with these options. "
                "Measure them to see whether the published ratios hold on this machine."
            )
        )
    rate = rows[0].latency_ms is None
    sheet.show(
        rows,
        Column(mark("network"), "model"),
        Column(mark("published images/s"), "images_per_s")
        if rate
        else Column(mark("published (ms)"), "latency_ms"),
        Column(
            mark("measured here"),
            lambda row: own[row.variant].latency.median_ms if row.variant in own else None,
            milliseconds,
        ),
        Column("MACs", "macs", giga),
        Column(mark("parameters"), "params", millions),
        "source",
        Column(mark("note"), "note"),
        key="published_table",
        placeholder="-",
        alt=say("Published times with their sources, and your own"),
    )
