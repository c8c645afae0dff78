"""The first card of the Latency page: measure the design, see every sample and where time goes."""

import json
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from effnet.cost import Cost
from effnet.design import Design
from effnet.figures import latency_samples, published_times, stage_mirror
from effnet.memory import weights
from effnet.spec import Spec
from effnet.speed import printed, store
from effnet.speed.predicted import predicted_ms
from effnet.speed.records import Environment, Latency, Options, StageProfile
from effnet.speed.traffic import computed_stages
from effnet.speed.verdict import Comparison, in_words
from effnet.ui import live, stopwatch
from effnet.ui.cards import CARD_WIDTH
from effnet.ui.latency_measured import Measured, from_disk, link, work_on
from effnet.ui.latency_versus import KEY, Raced
from effnet.ui.stopwatch import Chosen
from effnet.units import factor, mebibytes, milliseconds, significant

FIRST_SEEN = "V100 GPU, FP16, batch 16 (V2 Table 7)"
FIGURE_HEIGHT = 340  # px, of the samples
NOWHERE = Environment("", "", 0, None, "", "", "", "")


def measure(design: Design, spec: Spec, chosen: Chosen, *, dark: bool) -> Measured | None:
    """The button, the running measurement, and the last one of this design if there is one."""
    seconds = 2.2 * chosen.budget_s + 1
    expected = predicted_ms(spec) if chosen.options == Options() else None
    guess = f" Predicted: {milliseconds(expected.ms)}." if expected else ""
    result = stopwatch.card(
        "measure",
        "Measure",
        f"About {seconds:.0f} s, {chosen.options.words}; random weights take the same time.{guess}",
        (spec, chosen.options),
        design.title,
        work_on(spec, chosen, link(design)),
        draw=lambda found: _strip(found, dark=dark),
        main=True,
    )
    if result is not None and isinstance(result.value, Measured) and result.value.latency:
        return result.value
    return from_disk(spec, chosen.options)


def _strip(found: Measured | None, *, dark: bool) -> None:
    """The totals and the samples so far."""
    samples = tuple(found.samples) if found else ()
    if found is None or not samples:
        totals(None, None)
        st.skeleton(height=FIGURE_HEIGHT)
        return
    how = found.options
    so_far = Latency(found.spec.name, samples, how.batch_size, 1, how.precision, None, NOWHERE)
    totals(so_far, found.spec, judged=False)
    drawn = latency_samples(so_far, dark=dark)
    live.figure("samples_now", drawn, alt="Every pass so far, with median and spread")


# --- what is shown ----------------------------------------------------------------------------


def totals(latency: Latency | None, spec: Spec | None, *, judged: bool = True) -> None:
    """Median, spread, throughput and memory; dashes before there is a measurement.

    Args:
        latency: The measurement, whole or so far.
        spec: What was measured.
        judged: Whether to say that it is unstable.
    """
    notes = (
        ("Median", "Half of the passes are faster; below it, between what four in five lie"),
        ("Spread", "From p10 to p90, of the median; the number is called unstable above 25 %"),
        ("Throughput", "Images a second at this batch size, from the median"),
        ("Peak memory", "Most that tensors took in a pass, weights included; measured"),
    )
    entries = _entries(latency, spec) if latency and spec else [("-", "not measured yet")] * 4
    with st.grid(len(notes), min_column_width=CARD_WIDTH):
        for (label, note), (text, below) in zip(notes, entries, strict=True):
            st.metric(
                label,
                text,
                delta=below,
                delta_color="off",
                delta_arrow="off",
                border=True,
                height=128,
                help=note,
            )
    if latency and judged and in_words(latency):
        st.warning(in_words(latency))


def _entries(latency: Latency, spec: Spec) -> list[tuple[str, str]]:
    low, high, middle = latency.p10_ms, latency.p90_ms, latency.median_ms
    peak, batch = latency.peak_memory_bytes, latency.batch_size
    return [
        (milliseconds(middle), f"{significant(low)} to {milliseconds(high)}"),
        (f"{100 * (high - low) / middle:.0f} %", f"of {len(latency.samples_ms)} passes"),
        (f"{significant(latency.images_per_s)} /s", f"{batch} image{'s' * (batch > 1)} a pass"),
        (
            mebibytes(peak) if peak else "?",
            f"{mebibytes(weights(spec).bytes(4))} of it weights" if peak else "not known yet",
        ),
    ]


def samples(found: Measured | None, *, dark: bool) -> None:
    """Totals and every sample; before there are any, what the papers measured elsewhere."""
    if stopwatch.running("measure"):
        return  # totals and samples so far stand above
    latency = found.latency if found else None
    totals(latency, found.spec if found else None)
    if latency is None:
        rows, told = printed.on(FIRST_SEEN), printed.surprise(FIRST_SEEN)
        drawn = published_times(rows, told, dark=dark)
        live.figure("published_first", drawn, alt="Published times against multiply-adds")
        st.caption(
            f"Published: {FIRST_SEEN}. Multiply-adds alone don't tell the time; measure this "
            "machine's own."
        )
        return
    drawn = latency_samples(latency, dark=dark)
    live.figure("samples", drawn, alt="Every measured pass with median and spread")
    st.caption(conditions(latency))


def conditions(latency: Latency) -> str:
    """Where and how a measurement was made, in a sentence."""
    where = latency.environment
    engine = f", {where.engine_version}" if where.engine_version else ""
    busy = "" if where.other_cores is None else (
        f", other programs took {significant(where.other_cores, 2)} cores"
    )  # fmt: skip
    load = "" if where.load_before is None else f", load {where.load_before:.1f} before"
    driver = f", {where.driver}" if where.driver else ""
    return (
        f"Measured {where.date.replace('T', ' ')[:16]} UTC: {len(latency.samples_ms)} passes of "
        f"batch {latency.batch_size} at {latency.resolution} px, "
        f"{replace(latency.options, threads=None).words}; {where.processor} ({where.device}"
        f"{driver}), {where.threads} of {where.cores or '?'} cores, PyTorch {where.torch}{engine}"
        f"{load}{busy}."
    )


def mirror(found: Measured | None, spec: Spec, *, dark: bool) -> None:
    """Shares of multiply-adds, time and activations by stage."""
    measured = bool(found and found.stages)
    shown: Sequence[StageProfile] = found.stages if found and measured else computed_stages(spec)
    drawn = stage_mirror(shown, measured=measured, dark=dark)
    live.figure("mirror", drawn, alt="Shares of multiply-adds, time and activations by stage")
    with st.expander("The stages as a table", on_change="rerun", key="stage_times") as opened:
        if opened.open:
            _stage_table(shown, measured=measured)


def _stage_table(shown: Sequence[StageProfile], *, measured: bool) -> None:
    number = st.column_config.NumberColumn
    rows = [
        {
            "stage": one.stage,
            "time (ms)": one.median_ms if measured else None,
            "time share": 100 * one.time_share if measured else None,
            "MACs share": 100 * one.macs_share,
            "activations share": 100 * one.activations_share,
            "GMAC/s": one.macs_per_s / 1e9 if measured else None,
            "MACs per byte": one.macs_per_byte,
            "MACs": one.macs,
            "bytes": one.bytes,
            "parameters": one.params,
            "activations": one.activations,
        }
        for one in shown
    ]
    shares = ("time share", "MACs share", "activations share")
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        column_config={name: number(format="%.1f %%") for name in shares}
        | {name: number(format="localized") for name in list(rows[0])[7:]}
        | {
            "time (ms)": number(format="%.3f", help="Measured"),
            "GMAC/s": number(format="%.2f", help="Measured"),
            "MACs per byte": number(
                format="%.2f",
                help="Multiply-adds per byte that the operators read and write, each by itself",
            ),
        },
        alt="Time beside computed costs for every stage",
    )


def take_away(found: Measured | None, spec: Spec) -> None:
    """All of a measurement as CSV and JSON."""
    if found is None or found.latency is None:
        return
    latency, rows = found.latency, found.rows
    name = f"latency-{spec.name}-{latency.environment.date[:10]}".replace(" ", "-")
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Samples as CSV",
            lambda: store.as_csv(rows),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            key="samples_csv",
        )
        st.download_button(
            "All of it as JSON",
            lambda: json.dumps(latency.as_dict(), indent=2),
            file_name=f"{name}.json",
            mime="application/json",
            on_click="ignore",
            key="samples_json",
        )


def claimed(design: Design, cost: Cost, found: Measured | None) -> str:
    """The page's sentence."""
    from effnet.claims import latency_claim

    versus = stopwatch.results().get(KEY)
    sentence = ""
    if versus and found and versus.subject[:2] == (found.spec, found.options):
        told = versus.value.comparison if isinstance(versus.value, Raced) else None
        sentence = _beside(told, versus.subject[2]) if told else ""
    expected = predicted_ms(design.spec())
    return latency_claim(design, cost, found.latency if found else None, expected, sentence)


def _beside(told: Comparison, other: str) -> str:
    """A race's verdict as it goes on in the page's sentence."""
    if told.faster == "can't tell":
        return f"it can't be told from {other}"
    if told.faster == "first":
        return f"it is {factor(told.ratio)} as fast as {other}"
    return f"{other} is {factor(told.gain)} as fast"
