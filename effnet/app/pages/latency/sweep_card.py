"""The card of sweeps: many measurements in one time box, kept, shown again, sent and received."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from effnet.app.kit import jobs, live, open_tab, sheet, state
from effnet.app.pages.latency.measured_card import SHIPPED, link
from effnet.app.pages.latency.stopwatch import KEEP, Chosen
from effnet.base import (
    Column,
    EffnetError,
    factor,
    giga,
    in_a_row,
    mark,
    mebibytes,
    plural,
    say,
    verbatim,
)
from effnet.figures import batch_sweep, proxies, time_sweep
from effnet.jobs import Job
from effnet.network import Spec, display_name, get_variant
from effnet.scaling import Design
from effnet.timing import Options, Row, in_words, log_r2, measurement_store, plans, reading

BOXES = (10, 20, 40, 60, 120, 300)
MOST_SHOWN = 40  # kept series in the list
AXES = {
    "resolution": mark("image side (px)"),
    "phi": mark("phi (0 is the base)"),
    "family": mark("multiply-adds (G, log scale)"),
}
SERIES = {  # what a file's rows call the series that they belong to
    "latency": mark("latency"),
    "batch": mark("batch"),
    "resolution": mark("resolution"),
    "family": mark("family"),
    "published": mark("published"),
    measurement_store.STAGE: mark("stage"),
}


def card(design: Design, spec: Spec, chosen: Chosen) -> None:
    """Choose a sweep, run it, or look at one that was kept or sent."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            say("Sweep"),
            list(plans.SWEEPS),
            format_func=_title,
            default="batch",
            required=True,
            key="sweep_kind",
            persist_state=KEEP,
        )
        box = st.select_slider(
            say("Seconds for all of it"),
            BOXES,
            value=20,
            key="sweep_box",
            persist_state=KEEP,
            width=260,
            help=say("The cheapest points come first. The page says which ones it had no time for"),
        )
    kind = kind or "batch"
    key = f"sweep_{kind}"
    of = design.title if kind in ("batch", "resolution") else say("the networks")
    jobs.card(
        key,
        say("Sweep {what}", what=_title(kind).lower()),
        say(
            "About {seconds} s, {of} with {how}; every sample is kept on this machine.",
            seconds=box,
            of=of,
            how=chosen.options.words,
        ),
        None,
        say("{what} of {of}", what=_title(kind), of=of),
        partial(_measure, kind, spec, chosen.options, float(box), link(design)),
        draw=lambda rows: (
            _figure(kind, rows or []) if jobs.running(key) else _kept(kind, spec, chosen)
        ),
    )


def _kept(kind: str, spec: Spec, chosen: Chosen) -> None:
    """A sweep that was kept or sent, or what one would measure."""
    open_tab.fold(say("Load a file of measurements"), _load, key="load_times")
    rows = _chosen_series(kind)
    _figure(kind, rows)
    if rows:
        _table(kind, rows)
        st.download_button(
            say("These samples as CSV"),
            lambda: measurement_store.as_csv(rows),
            file_name=f"sweep-{kind}-{rows[0].latency.environment.date[:10]}.csv",
            mime="text/csv",
            on_click="ignore",
            key=f"sweep_csv_{kind}",
        )
    else:
        _planned(kind, spec, chosen)


def _title(kind: str) -> str:
    return say(plans.SWEEPS[kind])


def _measure(
    kind: str, spec: Spec, options: Options, budget_s: float, made: str, job: Job
) -> list[Row]:
    from effnet.timing.measure import sweep

    rows: list[Row] = []
    job.report(0.0, say("Warming up"), rows)
    return sweep(
        kind,
        plans.sweep(kind, spec, options),
        budget_s=budget_s,
        into=rows,
        link=made,
        progress=lambda share, label, _: job.report(share, label),
    )


# --- what is shown: the newest of its kind, or another that was kept or sent ------------------


def _load() -> None:
    """Read a file that somebody sent."""
    file = st.file_uploader(
        say("A CSV that this page or `python -m effnet bench` wrote"),
        type=["csv"],
        key="sent_times_file",
        max_upload_size=reading.MOST_BYTES // 2**20,
    )
    if file is None:
        return
    name = file.name[: measurement_store.LONGEST_TEXT]
    found = reading.read(file.getvalue(), name=name)
    st.session_state[state.SENT_TIMES] = {name: found}
    kinds = sorted({row.what for row in found.rows})
    st.caption(
        say(
            "{n} {n:measurement|measurements} ({kinds}){skipped}.",
            n=len(found.rows),
            kinds=verbatim(in_a_row([say(SERIES.get(kind, kind)) for kind in kinds])),
            skipped=say("; {n} {n:line|lines} could not be used", n=found.skipped)
            if found.skipped
            else "",
        )
    )


def _chosen_series(kind: str) -> list[Row]:
    """The measurements to show: one series of this kind."""
    found: dict[str, list[Row]] = {}
    sent: dict[str, reading.Reading] = st.session_state.get(state.SENT_TIMES, {})
    for name, one in sent.items():
        prefix = say("uploaded, {name}: ", name=name)
        found |= _labelled(one.rows, kind, prefix)
        single = [
            row for row in one.rows if row.what not in (*plans.SWEEPS, measurement_store.STAGE)
        ]
        if single and kind == "family":
            found[prefix + say("{n} single {n:measurement|measurements}", n=len(single))] = single
    found |= _labelled(reading.kept(), kind, "")
    found |= _labelled(reading.kept(SHIPPED), kind, say("shipped: "))
    if not found:
        return []
    names = list(found)[:MOST_SHOWN]
    chosen = st.selectbox(
        say("Show"), names, key=f"shown_{kind}", help=say("Kept on disk, newest first")
    )
    rows = found[chosen or names[0]]
    last = jobs.results().get(f"sweep_{kind}")
    if last and last.value and last.value[0].run == rows[0].run:
        return list(last.value)  # with the points that there was no time for
    return rows


def _labelled(rows: Sequence[Row], kind: str, prefix: str) -> dict[str, list[Row]]:
    """Series of a kind, newest first, each by when, where and of what."""
    alike = [row for row in rows if row.what == kind]
    found = {}
    for run, series in reversed(reading.series(alike).items()):
        first = series[0].latency
        where = first.environment
        of = [display_name(first.name)] if kind in ("batch", "resolution") else []
        facts = [
            where.date.replace("T", " ")[:16],
            *of,
            plural(len(series), "{n} point", "{n} points"),
            replace(first.options, threads=None).words,
            where.processor,
            plural(where.threads, "{n} thread", "{n} threads"),
        ]
        found[f"{prefix}{in_a_row(facts)} ({run[:4]})"] = series
    return found


def _figure(kind: str, rows: Sequence[Row]) -> None:
    done = [row for row in rows if row.latency.samples_ms]
    if not done:
        return
    if kind == "batch":
        drawn = batch_sweep(rows)
    else:
        done = sorted(done, key=partial(_place, kind))
        drawn = time_sweep(
            done,
            [_place(kind, row) for row in done],
            [_family(row) for row in done],
            axis=AXES[kind],
        )
    alt = say("Measured time against {what}", what=_title(kind).lower())
    live.figure(f"sweep_{kind}", drawn, alt=alt)
    if kind == "family" and len(done) > 2:
        fits = {
            name: log_r2(
                [getattr(row, name) for row in done], [row.latency.median_ms for row in done]
            )
            if all(getattr(row, name) for row in done)
            else None
            for name in ("params", "macs", "activations")
        }
        drawn = proxies(done, fits)
        alt = say("Time against parameters, multiply-adds, activations")
        live.figure("proxies", drawn, alt=alt)
    edge = next((row for row in rows if row.outcome == measurement_store.MEMORY), None)
    late = [row for row in rows if row.outcome == measurement_store.REFUSED]
    if edge:
        st.caption(say("Batch {batch} does not fit into memory.", batch=edge.latency.batch_size))
    if late:
        st.caption(
            say(
                "There was no time for {n} larger {n:point|points}. Allow more seconds to "
                "measure {n:it|them}.",
                n=len(late),
            )
        )


def _place(kind: str, row: Row) -> float:
    if kind == "resolution":
        return row.latency.resolution
    if kind == "phi":
        return _phis().get(row.latency.name, 0.0)
    return max(row.macs, 1) / 1e9


def _phis() -> dict[str, float]:
    """phi by the scaled network's name."""
    spec = get_variant("b0")
    return {point.spec.name: point.x for point in plans.sweep("phi", spec, Options())}


def _family(row: Row) -> str:
    """The family that a name tells; names of scaled networks begin with their base's."""
    try:
        return get_variant(row.latency.name.split(" ")[0]).family
    except EffnetError:
        return mark("others")


def _table(kind: str, rows: Sequence[Row]) -> None:
    def timed(name: str) -> Callable[[Row], float | None]:
        return lambda row: getattr(row.latency, name) if row.latency.samples_ms else None

    sheet.show(
        rows,
        Column(mark("network"), lambda row: display_name(row.latency.name)),
        Column(mark("batch"), lambda row: row.latency.batch_size),
        Column("px", lambda row: row.latency.resolution),
        *(
            Column(title, timed(name), "%.2f")
            for title, name in (
                (mark("median (ms)"), "median_ms"),
                ("p10", "p10_ms"),
                ("p90", "p90_ms"),
                (mark("images/s"), "images_per_s"),
            )
        ),
        Column(mark("passes"), lambda row: len(row.latency.samples_ms)),
        Column("MACs", "macs", giga),
        Column(mark("peak memory"), lambda row: row.latency.peak_memory_bytes, mebibytes),
        Column(mark("note"), _note),
        key=f"sweep_table_{kind}",
        placeholder="",
        alt=say("Every point of the sweep"),
    )


def _note(row: Row) -> str:
    if not row.latency.samples_ms:
        return say(row.outcome)
    return in_words(row.latency) or say("steady")


def _planned(kind: str, spec: Spec, chosen: Chosen) -> None:
    """What the sweep would measure, as nothing of the kind was kept yet."""
    points = plans.sweep(kind, spec, chosen.options)
    batches = kind == "batch"
    st.caption(
        say(
            "Nothing of this kind has been measured here yet. Computed, for one pass:"
            if batches
            else "Nothing of this kind has been measured here yet. Computed, for one image:"
        )
    )
    images = [point.options.batch_size if batches else 1 for point in points]
    first = points[0].macs * images[0]
    sheet.show(
        [*zip(points, images, strict=True)],
        Column(_title(kind), lambda row: row[0].label, "" if kind == "family" else str),
        Column("MACs", lambda row: row[0].macs * row[1], giga),
        Column(mark("relative to the first"), lambda row: row[0].macs * row[1] / first, factor),
        Column(mark("activations"), lambda row: row[0].activations * row[1], ","),
        key=f"sweep_plan_{kind}",
        height=320,
        alt=say("The points of the sweep with their multiply-adds"),
    )
