"""What is measured on the Latency page: the record of a design's time, and the bench's work."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from effnet.app.kit import cache
from effnet.app.pages.latency.stopwatch import Chosen
from effnet.base import EffnetError, milliseconds, say, shipped
from effnet.jobs import Job
from effnet.network import Spec
from effnet.scaling import Design
from effnet.timing import (
    KindProfile,
    Latency,
    Options,
    Row,
    StageProfile,
    measurement_store,
    plans,
    processor,
    reading,
)

SHIPPED = shipped("assets", "benchmarks")


@dataclass(slots=True)
class Measured:
    """What is known of a design's time so far; the bench fills it while the page looks.

    Attributes:
        spec, options: What is measured, and how.
        samples: Of the running measurement.
        rows: The measurement, once it is whole or stopped; kept on disk as well.
        stages, kinds: Where the time goes, measured after it; empty where it can't be told.
        recorded: Whether it comes with the project, from another machine.
    """

    spec: Spec
    options: Options
    samples: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    stages: Sequence[StageProfile] = ()
    kinds: list[KindProfile] = field(default_factory=list)
    recorded: bool = False

    @property
    def latency(self) -> Latency | None:
        """The measurement; None before its end."""
        return self.rows[-1].latency if self.rows else None


def link(design: Design) -> str:
    """The design as its link says it."""
    return urlencode(design.to_query())


def work(spec: Spec, chosen: Chosen, made: str, job: Job) -> Measured:
    """What the bench runs: the samples first, then where the time goes."""
    from effnet.timing.measure import profiles, record

    options, budget_s = chosen.options, chosen.budget_s
    found = Measured(spec, options)
    whole = options.engine == "eager" and not options.cuda_graph
    part = 0.6 if whole else 1.0
    job.report(0.0, say("Warming up"), found)

    def heard(share: float, samples: list[float]) -> None:
        found.samples = samples
        last = milliseconds(samples[-1]) if samples else ""
        told = say("{n} {n:pass|passes}, {last}", n=len(samples), last=last) if samples else ""
        job.report(part * share, told)

    point = plans.point(spec.name, 0, spec, options)
    record("latency", point, found.rows, budget_s=budget_s, link=made, heard=heard)
    if whole:
        found.stages, found.kinds = profiles(
            spec,
            options=options,
            budget_s=budget_s / 2,
            progress=lambda share, _: job.report(part + 0.4 * share, say("Timing the stages")),
        )
        with suppress(EffnetError):  # it is shown though it can't be kept
            kept = found.rows[-1]
            rows = measurement_store.stage_rows(kept.run, kept.latency, found.stages)
            measurement_store.keep(rows)
    return found


def from_disk(spec: Spec, options: Options) -> Measured | None:
    """The last measurement of this network run this way: this machine's, or one that is shipped."""
    here = [row for row in reading.kept() if is_here(row)]
    if found := _newest(here, spec, options):
        return Measured(spec, options, rows=[found], stages=_stages(found, spec))
    if shown := _newest(reading.kept(SHIPPED), spec, options):
        stages = _stages(shown, spec, SHIPPED)
        return Measured(spec, options, rows=[shown], stages=stages, recorded=True)
    return None


def _stages(row: Row, spec: Spec, where: Path | None = None) -> Sequence[StageProfile]:
    """Where the time went; of a run that was stopped before that, as in the one before it."""
    alike = (
        stages
        for one, stages in reading.mirrors(reading.kept(where), spec)
        if (one.options, one.environment.processor)
        == (row.latency.options, row.latency.environment.processor)
    )
    return reading.stages_of(row.run, spec, where) or next(alike, ())


def _newest(rows: Sequence[Row], spec: Spec, options: Options) -> Row | None:
    row = reading.newest(rows, spec.name, spec.resolution, options)
    counted = cache.counted_cost(spec)
    known = row is not None and (row.macs, row.params) == (counted.macs, counted.params)
    return row if known else None


def is_here(row: Row) -> bool:
    """Whether a run was made on this machine's processor, or on a GPU that is kept here."""
    where = row.latency.environment
    return where.device != "cpu" or where.processor == processor()
