"""What a measurement is: the options it was made with, the machine, every raw sample."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from effnet.base import (
    DEFAULT,
    Card,
    Rich,
    Tabular,
    mebibytes,
    milliseconds,
    say,
    significant,
    speaking,
)
from effnet.timing.options import ENGINES, PLAIN, Engine, Options

UNSTABLE_SPREAD = 0.25  # of the median, from p10 to p90
DRIFT = 0.10  # between the first and the last third of the samples
BUSY_CORES = 0.25  # what other programs may use, besides half of the cores that a pass leaves idle


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a measurement was made; a time means nothing without it.

    Attributes:
        device, processor, driver: What it ran on, and the GPU's driver.
        threads, cores: Threads used, and cores that this process may use.
        load_before: The machine's load average before.
        torch, python, platform, engine_version: Versions; the last of an engine besides PyTorch.
        date: UTC, ISO 8601.
        other_cores: Cores that other programs kept busy meanwhile, on average; None if unknown.
    """

    device: str
    processor: str
    threads: int
    load_before: float | None
    torch: str
    python: str
    platform: str
    date: str
    cores: int | None = None
    driver: str = ""
    engine_version: str = ""
    other_cores: float | None = None

    def settled(self, options: Options, resolution: int) -> Options:
        """Options with nothing left open: this device, these threads, a side in pixels."""
        return replace(options, device=self.device, threads=self.threads, resolution=resolution)


UNKNOWN = Environment("", "", 0, None, "", "", "", "")  # of samples that no machine is told for


def quantile(samples: Sequence[float], part: float) -> float:
    """The value below which `part` of the samples lie, linear between two of them."""
    ordered = sorted(samples)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Latency(Rich, Tabular):
    """A measured latency.

    Attributes:
        name: What was measured.
        samples_ms: Every raw sample in order: one forward pass of the batch, in milliseconds.
        options: How it ran, with nothing left open: the device, the side of the input in pixels
            and the threads that were used.
        peak_memory_bytes: Largest memory that tensors took during a pass, weights included; None
            where it can't be told.
        environment: The machine.
        link: The design's link, where one was given: `?phi=1`.
    """

    name: str
    samples_ms: tuple[float, ...]
    options: Options = PLAIN
    peak_memory_bytes: int | None = None
    environment: Environment = UNKNOWN
    link: str = ""

    @property
    def batch_size(self) -> int:
        """Images in a pass."""
        return self.options.batch_size

    @property
    def resolution(self) -> int:
        """Side of the input in pixels."""
        return self.options.resolution or 0

    @property
    def precision(self) -> str:
        """Of the arithmetic: "fp32", "bf16" or "fp16"."""
        return self.options.precision

    @property
    def channels_last(self) -> bool:
        """Whether a pixel's channels lay side by side in memory."""
        return self.options.channels_last

    @property
    def folded(self) -> bool:
        """Whether each BatchNorm was folded into the convolution before it."""
        return self.options.folded

    @property
    def engine(self) -> Engine:
        """What ran the network: one of `ENGINES`."""
        return self.options.engine

    @property
    def cuda_graph(self) -> bool:
        """Whether the pass was recorded once and replayed."""
        return self.options.cuda_graph

    @property
    def median_ms(self) -> float:
        """Half of the samples are faster."""
        return statistics.median(self.samples_ms)

    @property
    def p10_ms(self) -> float:
        """A tenth of the samples are faster."""
        return quantile(self.samples_ms, 0.1)

    @property
    def p90_ms(self) -> float:
        """Nine tenths of the samples are faster."""
        return quantile(self.samples_ms, 0.9)

    @property
    def images_per_s(self) -> float:
        """Throughput at this batch size, from the median."""
        return 1000 * self.batch_size / self.median_ms

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the number should not be compared, in words; none where it is stable."""
        found = []
        spread = (self.p90_ms - self.p10_ms) / self.median_ms
        if spread > UNSTABLE_SPREAD:
            found.append(
                say(
                    "the passes differ by {spread:.0f} % of the median (p10 to p90; {most:.0f} % "
                    "is the limit)",
                    spread=100 * spread,
                    most=100 * UNSTABLE_SPREAD,
                )
            )
        where = self.environment
        if where.other_cores is not None:
            if where.other_cores > allowed_cores(where.cores or where.threads, where.threads):
                found.append(
                    say(
                        "other programs kept {busy} of {all} cores busy",
                        busy=significant(where.other_cores, 2),
                        all=where.cores or "?",
                    )
                )
        elif where.load_before is not None and where.load_before > (where.cores or 1e9):
            found.append(
                say("the machine's load was {load:.1f} before it began", load=where.load_before)
            )
        third = len(self.samples_ms) // 3
        if third >= 5 and not found:
            first = statistics.median(self.samples_ms[:third])
            last = statistics.median(self.samples_ms[-third:])
            if abs(last / first - 1) > DRIFT:
                found.append(
                    say(
                        "the last third of the passes is {share:.0f} % {way} than the first: the "
                        "processor changes its pace",
                        share=100 * abs(last / first - 1),
                        way=say("slower" if last > first else "faster"),
                    )
                )
        return tuple(found)

    @property
    def stable(self) -> bool:
        """False where spread, drift or the machine's load is too high; `doubts` says which."""
        return not self.doubts

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values for JSON, with the derived numbers; in English."""
        with speaking(DEFAULT):
            derived = {
                name: getattr(self, name)
                for name in ("median_ms", "p10_ms", "p90_ms", "images_per_s", "stable", "doubts")
            }
        plain = asdict(self)
        how = plain.pop("options").items()
        return derived | plain | {k: v for k, v in how if k not in plain["environment"]}

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a sample, with what was measured, and where, in every one."""
        once = asdict(self)
        samples, how, where = (once.pop(name) for name in ("samples_ms", "options", "environment"))
        once |= how | where  # device and threads stand in both, alike
        return [{"sample": i, "sample_ms": ms} | once for i, ms in enumerate(samples)]

    def card(self) -> Card:
        """Median, spread and machine, for notebooks and plain text."""
        where, peak = self.environment, self.peak_memory_bytes
        facts = [
            say("median {time}", time=milliseconds(self.median_ms)),
            say(
                "p10 to p90 {low} to {high}",
                low=significant(self.p10_ms),
                high=milliseconds(self.p90_ms),
            ),
            say("{rate} images/s", rate=significant(self.images_per_s)),
            say("{n} {n:pass|passes}", n=len(self.samples_ms)),
        ]
        if peak is not None:
            facts.append(say("tensors take at most {size}", size=mebibytes(peak)))
        return Card(
            say(
                "{network}, {batch} x {side} px, measured",
                network=self.name,
                batch=self.batch_size,
                side=self.resolution,
            ),
            tuple(facts),
            notes=(
                say(
                    "{processor}, {device}, {threads} {threads:thread|threads}, {precision}, "
                    "{engine}, torch {torch}, {date}",
                    processor=where.processor,
                    device=where.device,
                    threads=where.threads,
                    precision="fp16" if self.engine == "half" else self.precision,
                    engine=say(ENGINES[self.engine]),
                    torch=where.torch,
                    date=where.date,
                ),
                *(say("Don't compare this: {doubt}.", doubt=doubt) for doubt in self.doubts),
            ),
        )


def allowed_cores(cores: int, threads: int) -> float:
    """How many cores other programs may keep busy before a measurement is in doubt.

    Example: with both of two cores in use, a quarter; with one of two, three quarters; with 8 of
    16, 4.25.
    """
    return BUSY_CORES + max(0, cores - threads) / 2
