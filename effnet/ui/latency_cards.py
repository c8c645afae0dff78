"""The first card of the Latency page: measure the design, see every sample and where time goes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import streamlit as st

from effnet.cost import Cost
from effnet.design import Design
from effnet.figures import latency_samples, published_times, stage_mirror
from effnet.spec import Spec
from effnet.speed import printed, reading, store
from effnet.speed.hardware import processor
from effnet.speed.plans import Point
from effnet.speed.predicted import predicted_ms
from effnet.speed.records import Environment, KindProfile, Latency, Options, StageProfile
from effnet.speed.store import Row
from effnet.speed.traffic import computed_stages
from effnet.speed.turns import Job
from effnet.speed.verdict import in_words
from effnet.ui import cache, live, stopwatch
from effnet.ui.cards import CARD_WIDTH
from effnet.ui.stopwatch import Chosen
from effnet.units import mebibytes, milliseconds, significant

FIRST_SEEN = "V100 GPU, FP16, batch 16 (V2 Table 7)"
NOWHERE = Environment("", "", 0, None, "", "", "", "")


@dataclass(slots=True)
class Measured:
    """What is known of a design's time so far; the bench fills it while the page looks.

    Attributes:
        spec, options: What is measured, and how.
        samples: Of the running measurement.
        rows: The measurement, once it is whole or stopped; kept on disk as well.
        stages, kinds: Where the time goes, measured after it; empty where it can't be told.
    """

    spec: Spec
    options: Options
    samples: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    stages: list[StageProfile] = field(default_factory=list)
    kinds: list[KindProfile] = field(default_factory=list)

    @property
    def latency(self) -> Latency | None:
        """The measurement; None before its end."""
        return self.rows[-1].latency if self.rows else None


def point(spec: Spec, options: Options) -> Point:
    """A network and its options as something to measure."""
    cost = cache.counted_cost(spec)
    counted = cost.macs, cost.params, cost.activations
    return Point(spec.name, 0, spec, options, *counted)


def link(design: Design) -> str:
    """The design as its link says it."""
    return urlencode(design.to_query())


def _measure(spec: Spec, chosen: Chosen, made: str) -> "stopwatch.Work":
    """What the bench runs: the samples first, then where the time goes."""

    def work(job: Job) -> Measured:
        job.report(0.0, "Loading PyTorch")
        from effnet.latency.stages import profiles
        from effnet.latency.sweep import record

        found = Measured(spec, chosen.options)
        whole = chosen.options.engine == "eager" and not chosen.options.cuda_graph
        part = 0.6 if whole else 1.0
        job.report(0.0, "Warming up", found)

        def heard(share: float, samples: list[float]) -> None:
            found.samples = samples
            said = f"{len(samples)} passes, {milliseconds(samples[-1])}" if samples else ""
            job.report(part * share, said)

        record(
            "latency",
            point(spec, chosen.options),
            found.rows,
            budget_s=chosen.budget_s,
            link=made,
            heard=heard,
        )
        if whole:
            found.stages, found.kinds = profiles(
                spec,
                options=chosen.options,
                budget_s=chosen.budget_s / 2,
                progress=lambda share, _: job.report(part + 0.4 * share, "Timing the stages"),
            )
        return found

    return work


def measure(design: Design, spec: Spec, chosen: Chosen, *, dark: bool) -> Measured | None:
    """The button, the running measurement, and the last one of this design if there is one."""
    seconds = 2.2 * chosen.budget_s + 1
    expected = predicted_ms(spec) if chosen.options == Options() else None
    guess = f" Expected: {expected.words}." if expected else ""
    result = stopwatch.card(
        "measure",
        "Measure",
        f"About {seconds:.0f} s, with {chosen.options.words}; random weights, which take the same "
        f"time.{guess}",
        (spec, chosen.options),
        design.title,
        _measure(spec, chosen, link(design)),
        draw=lambda found: _strip(found, dark=dark),
        main=True,
    )
    if result is not None and isinstance(result.value, Measured) and result.value.latency:
        return result.value
    return _from_disk(spec, chosen.options)


def _strip(found: Measured, *, dark: bool) -> None:
    """The samples so far."""
    samples = tuple(found.samples)
    if samples:
        so_far = Latency(found.spec.name, samples, 1, 1, "fp32", None, NOWHERE)
        drawn = latency_samples(so_far, dark=dark)
        live.figure("samples_now", drawn, alt="Every pass so far, with median and spread")


def _from_disk(spec: Spec, options: Options) -> Measured | None:
    """The last measurement on this machine that was kept, of this network run this way."""
    mine = tuple(row for row in reading.kept() if _here(row))
    row = reading.newest(mine, spec.name, spec.resolution, options)
    if row is None or row.macs != cache.counted_cost(spec).macs:
        return None
    return Measured(spec, options, rows=[row])


def _here(row: Row) -> bool:
    where = row.latency.environment
    return where.device != "cpu" or where.processor == processor()


# --- what is shown ----------------------------------------------------------------------------


def totals(latency: Latency | None) -> None:
    """Median, spread, throughput and memory; dashes before there is a measurement."""
    if latency is None:
        texts = ["-"] * 4
    else:
        peak = latency.peak_memory_bytes
        texts = [
            milliseconds(latency.median_ms),
            f"{significant(latency.p10_ms)} to {milliseconds(latency.p90_ms)}",
            f"{significant(latency.images_per_s)} /s",
            mebibytes(peak) if peak else "not known",
        ]
        doubt = in_words(latency)
        if doubt:
            st.warning(doubt)
    labels = (
        ("Median", "Half of the passes are faster"),
        ("Spread", "Four passes in five lie between (p10 to p90)"),
        ("Images", "Images a second at this batch size, from the median"),
        ("Peak memory", "Most that tensors took in a pass, weights included; measured"),
    )
    with st.grid(len(labels), min_column_width=CARD_WIDTH):
        for (label, note), text in zip(labels, texts, strict=True):
            st.metric(label, text, border=True, help=note)


def samples(found: Measured | None, *, dark: bool) -> None:
    """Every sample; before there are any, what the papers measured elsewhere."""
    if stopwatch.running("measure"):
        return  # the samples so far stand above
    latency = found.latency if found else None
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

    versus = stopwatch.results().get("versus")
    told = (
        versus.value
        if versus and found and versus.subject[:2] == (found.spec, found.options)
        else None
    )
    sentence = told.sentence(design.title, versus.subject[2]) if told and versus else ""
    expected = predicted_ms(design.spec())
    return latency_claim(design, cost, found.latency if found else None, expected, sentence)
