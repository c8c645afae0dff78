"""The roofline card: what this machine can do at best, and where each kind of layer stands."""

from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter

import streamlit as st

from effnet.app.kit import jobs, live, sheet
from effnet.app.pages.latency.stopwatch import Chosen
from effnet.base import Column, giga, mark, percent, say, significant
from effnet.figures import roofline
from effnet.jobs import Job
from effnet.network import Spec
from effnet.scaling import Design
from effnet.timing import KindProfile, Options, Roof, work

CALIBRATION_S = 5.0
KEY = "roof"


@dataclass(slots=True)
class Roofed:
    """The machine's roof, and the layers that were timed under it."""

    roof: Roof | None = None
    kinds: list[KindProfile] = field(default_factory=list)


def card(design: Design, spec: Spec, chosen: Chosen) -> None:
    """Calibrate, time the layers, and draw both."""
    st.markdown(
        say(
            "Two things limit how fast a layer can be: the processor's speed, and the speed at "
            "which memory delivers numbers. Multiply-adds per byte (arithmetic intensity) "
            "decide which of the two holds it back. A depthwise layer does few multiply-adds "
            "for each byte. V2 therefore has full convolutions in its first stages."
        )
    )
    options = replace(chosen.options, engine="eager", cuda_graph=False)
    seconds = CALIBRATION_S + 1.7 * chosen.budget_s + 1
    result = jobs.card(
        KEY,
        say("Calibrate and time the layers"),
        say(
            "About {seconds:.0f} s: a matrix product and a copy, then the design layer by layer.",
            seconds=seconds,
        ),
        (spec, options),
        design.title,
        partial(_measure, spec, options, chosen.budget_s),
    )
    found = result.value if result else None
    if not isinstance(found, Roofed) or found.roof is None or not found.kinds:
        st.caption(say("Computed, for one pass:"))
        _computed(spec, options)
        return
    roof = found.roof
    live.figure(
        "roofline",
        roofline(found.kinds, roof),
        alt=say("Speed against multiply-adds per byte, each kind of layer of each stage a dot"),
    )
    st.caption(
        say(
            "Measured: {macs} GMAC/s in a {precision} matrix product, and {bytes} GB/s while "
            "128 MiB are copied. Bytes are computed, for each operator by itself. A dot above "
            "the slope got its numbers from a cache.",
            macs=significant(roof.macs_per_s / 1e9),
            precision=roof.precision,
            bytes=significant(roof.bytes_per_s / 1e9),
        )
    )
    with st.expander(say("The layers as a table"), on_change="rerun", key="roof_table") as opened:
        if opened.open:
            _measured(found.kinds, roof)


def _measure(spec: Spec, options: Options, budget_s: float, job: Job) -> Roofed:
    from effnet.timing.measure import calibrate, profiles

    found = Roofed()
    job.report(0.0, say("Calibrating"), found)
    found.roof = calibrate(
        options,
        budget_s=CALIBRATION_S,
        progress=lambda share: job.report(0.6 * share, say("Calibrating")),
    )
    _, found.kinds = profiles(
        spec,
        options=options,
        budget_s=budget_s,
        progress=lambda share, _: job.report(0.6 + 0.4 * share, say("Timing the layers")),
    )
    return found


def _computed(spec: Spec, options: Options) -> None:
    """Multiply-adds, bytes and their ratio by kind of layer."""
    sums: dict[str, list[int]] = {}
    for unit in work(spec, options):
        found = sums.setdefault(unit.kind, [0, 0])
        found[0] += unit.macs
        found[1] += unit.bytes
    macs, moved = (sum(values[i] for values in sums.values()) for i in (0, 1))
    sheet.show(
        sorted((mine / itself, kind, mine, itself) for kind, (mine, itself) in sums.items()),
        Column(mark("kind of layer"), lambda row: say(row[1])),
        Column(mark("MACs per byte"), itemgetter(0), "%.2f"),
        Column(mark("share of MACs"), lambda row: row[2] / macs, percent),
        Column(mark("share of bytes"), lambda row: row[3] / moved, percent),
        Column("MACs", itemgetter(2), lambda mine: giga(mine) if mine else "0"),
        Column(mark("bytes"), itemgetter(3), ","),
        key="intensities",
        alt=say("Multiply-adds, bytes and arithmetic intensity by kind of layer"),
    )


def _measured(kinds: list[KindProfile], roof: Roof) -> None:
    def of_the_roof(one: KindProfile) -> float | None:
        return one.macs_per_s / roof.at(one.macs_per_byte) if one.macs else None

    sheet.show(
        kinds,
        "stage",
        Column(mark("kind of layer"), "kind"),
        Column(mark("time (ms)"), "median_ms", "%.3f"),
        Column(mark("MACs per byte"), "macs_per_byte", "%.2f"),
        Column("GMAC/s", "macs_per_s", "%.2f", 1e9),
        Column(mark("of the roof"), of_the_roof, "%.0f %%", 0.01),
        Column("GB/s", lambda one: one.bytes / one.median_ms, "%.2f", 1e6),
        height=320,
        alt=say("Time, speed and arithmetic intensity of every kind of layer in every stage"),
    )
