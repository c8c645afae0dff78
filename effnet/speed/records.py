"""What a measurement is: the options it was made with, the machine, every raw sample."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from effnet.language import DEFAULT, in_a_row, mark, plural, say, speaking
from effnet.rich import Card, Rich
from effnet.spec import EffnetError
from effnet.units import mebibytes, milliseconds, significant

Engine = Literal["eager", "compile", "onnxruntime", "openvino"]

PRECISIONS = ("fp32", "bf16", "fp16")
ENGINES: dict[str, str] = {
    "eager": mark("PyTorch, eager"),
    "compile": "torch.compile",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
}
MOST_BATCH = 4096

UNSTABLE_SPREAD = 0.25  # of the median, from p10 to p90
DRIFT = 0.10  # between the first and the last third of the samples
BUSY_CORES = 0.25  # what other programs may use, besides half of the cores that a pass leaves idle


@dataclass(frozen=True, slots=True)
class Options:
    """How a network is run while it is measured.

    Attributes:
        device: "auto" (CUDA, MPS, CPU), or one of them.
        batch_size: Images in a pass.
        resolution: Side of the input in pixels; None is the network's own.
        precision: "fp32", or "bf16" or "fp16" by autocast.
        channels_last: Whether a pixel's channels lie side by side in memory.
        folded: Whether each BatchNorm is folded into the convolution before it.
        engine: One of `ENGINES`.
        cuda_graph: Whether the pass is recorded once and replayed.
        threads: Threads of the processor; None leaves them as they are.
    """

    device: str = "auto"
    batch_size: int = 1
    resolution: int | None = None
    precision: str = "fp32"
    channels_last: bool = False
    folded: bool = False
    engine: Engine = "eager"
    cuda_graph: bool = False
    threads: int | None = None

    def check(self) -> None:
        """Raise `EffnetError` where an option is out of range or two don't go together."""
        if self.precision not in PRECISIONS:
            raise EffnetError(
                say(
                    "precision {precision}; expected one of {among}",
                    precision=repr(self.precision),
                    among=", ".join(PRECISIONS),
                )
            )
        if self.engine not in ENGINES:
            raise EffnetError(
                say(
                    "engine {engine}; expected one of {among}",
                    engine=repr(self.engine),
                    among=", ".join(ENGINES),
                )
            )
        if not (isinstance(self.batch_size, int) and 1 <= self.batch_size <= MOST_BATCH):
            raise EffnetError(
                say(
                    "batch size {batch}; expected 1 to {most:,}",
                    batch=repr(self.batch_size),
                    most=MOST_BATCH,
                )
            )
        if self.threads is not None and not 1 <= self.threads <= 1024:
            raise EffnetError(
                say("{threads} threads; expected 1 to 1,024", threads=repr(self.threads))
            )
        switched = self.precision != "fp32" or self.channels_last or self.folded or self.cuda_graph
        if self.engine in ("onnxruntime", "openvino") and switched:
            raise EffnetError(
                say(
                    "{engine} chooses memory format and folding itself and is measured in fp32 "
                    "here; leave precision, channels-last, folding and CUDA graphs off",
                    engine=ENGINES[self.engine],
                )
            )
        if self.cuda_graph and self.engine == "compile":
            raise EffnetError(
                say("CUDA graphs record an eager pass; choose them or torch.compile, not both")
            )

    @property
    def plain(self) -> "Options":
        """The same input and device, run the plain way: eager, fp32, nothing switched on."""
        return Options(self.device, self.batch_size, self.resolution)

    @property
    def words(self) -> str:
        """What differs from the plain way: "bf16, channels-last"; "plain eager, fp32" if nothing.

        Device, batch size and resolution are the input, and are told elsewhere.
        """
        said = [
            self.precision if self.precision != "fp32" else "",
            say("channels-last") if self.channels_last else "",
            say("folded BatchNorm") if self.folded else "",
            ENGINES[self.engine] if self.engine != "eager" else "",
            say("CUDA graph") if self.cuda_graph else "",
            plural(self.threads, "{n} thread", "{n} threads") if self.threads else "",
        ]
        return in_a_row([word for word in said if word]) or say("plain eager, fp32")


PLAIN = Options()  # one image of the network's own size, eager fp32, on the best device


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


def quantile(samples: Sequence[float], part: float) -> float:
    """The value below which `part` of the samples lie, linear between two of them."""
    ordered = sorted(samples)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Latency(Rich):
    """A measured latency.

    Attributes:
        name: What was measured.
        samples_ms: Every raw sample in order: one forward pass of the batch, in milliseconds.
        batch_size, resolution, precision: The input, `(batch, 3, R, R)`.
        peak_memory_bytes: Largest memory that tensors took during a pass, weights included; None
            where it can't be told.
        environment: The machine.
        channels_last, folded, engine, cuda_graph: How it ran; see `Options`.
        link: The design's link, where one was given: `?phi=1`.
    """

    name: str
    samples_ms: tuple[float, ...]
    batch_size: int
    resolution: int
    precision: str
    peak_memory_bytes: int | None
    environment: Environment
    channels_last: bool = False
    folded: bool = False
    engine: str = "eager"
    cuda_graph: bool = False
    link: str = ""

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
        return tuple(self._doubts())

    def _doubts(self) -> list[str]:
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
        return found

    @property
    def stable(self) -> bool:
        """False where spread, drift or the machine's load is too high; `doubts` says which."""
        return not self._doubts()

    @property
    def options(self) -> Options:
        """The options that would measure this again."""
        return Options(
            self.environment.device,
            self.batch_size,
            self.resolution,
            self.precision,
            self.channels_last,
            self.folded,
            self.engine,  # type: ignore[arg-type]
            self.cuda_graph,
            self.environment.threads,
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values for JSON, with the derived numbers; in English."""
        with speaking(DEFAULT):
            derived = {
                name: getattr(self, name)
                for name in ("median_ms", "p10_ms", "p90_ms", "images_per_s", "stable", "doubts")
            }
        return derived | asdict(self)

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
            say("{n} passes", n=len(self.samples_ms)),
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
                    "{processor}, {device}, {threads} threads, {precision}, {engine}, torch "
                    "{torch}, {date}",
                    processor=where.processor,
                    device=where.device,
                    threads=where.threads,
                    precision=self.precision,
                    engine=say(ENGINES.get(self.engine, self.engine)),
                    torch=where.torch,
                    date=where.date,
                ),
                *(say("Don't compare this: {doubt}.", doubt=doubt) for doubt in self.doubts),
            ),
        )

    def with_samples(self, samples_ms: Sequence[float]) -> "Latency":
        """The same conditions with other samples."""
        return replace(self, samples_ms=tuple(samples_ms))


def allowed_cores(cores: int, threads: int) -> float:
    """How many cores other programs may keep busy before a measurement is in doubt.

    Example: with both of two cores in use, a quarter; with one of two, three quarters; with 8 of
    16, 4.25.
    """
    return BUSY_CORES + max(0, cores - threads) / 2


@dataclass(frozen=True, slots=True)
class StageProfile:
    """One stage's measured time beside its computed cost; shares are of the whole network.

    Attributes:
        stage: 0 is the stem, the last holds head and classifier.
        median_ms, time_share: Measured.
        macs, macs_share, params, activations: Computed, for one image.
        activations_share: Computed.
        bytes: What its operators read and write in a pass of the batch; see `traffic`.
        batch_size: Images in that pass.
    """

    stage: int
    median_ms: float
    time_share: float
    macs: int
    macs_share: float
    params: int
    activations: int
    activations_share: float = 0.0
    bytes: int = 0
    batch_size: int = 1

    @property
    def macs_per_byte(self) -> float:
        """Arithmetic intensity."""
        return self.batch_size * self.macs / self.bytes

    @property
    def macs_per_s(self) -> float:
        """Multiply-adds a second that it reached."""
        return 1000 * self.batch_size * self.macs / self.median_ms


@dataclass(frozen=True, slots=True)
class KindProfile:
    """What the layers of one kind in one stage took, with the operators behind them.

    Attributes:
        stage: Number of the stage.
        kind: One of `walk.KINDS`, or "add" for skips.
        median_ms: Measured.
        macs, bytes: Computed, for the whole batch.
    """

    stage: int
    kind: str
    median_ms: float
    macs: int
    bytes: int

    @property
    def macs_per_byte(self) -> float:
        """Arithmetic intensity."""
        return self.macs / self.bytes

    @property
    def macs_per_s(self) -> float:
        """Multiply-adds a second that it reached."""
        return 1000 * self.macs / self.median_ms


@dataclass(frozen=True, slots=True)
class Roof:
    """What a machine can do at best, by two short loops.

    Attributes:
        macs_per_s: Multiply-adds a second of a large matrix product.
        bytes_per_s: Bytes read and written a second by copying memory far larger than a cache.
        environment: The machine.
        precision: Of the matrix product.
    """

    macs_per_s: float
    bytes_per_s: float
    environment: Environment
    precision: str = "fp32"

    @property
    def ridge(self) -> float:
        """MACs a byte from which arithmetic is the limit, not memory."""
        return self.macs_per_s / self.bytes_per_s

    def at(self, macs_per_byte: float) -> float:
        """The most multiply-adds a second at this arithmetic intensity."""
        return min(self.macs_per_s, self.bytes_per_s * macs_per_byte)


@dataclass(frozen=True, slots=True)
class StepCost:
    """A training step (forward, loss, backward) at one image size.

    Attributes:
        resolution: Side of the images.
        batch_size: Images in a step.
        samples_ms: Every step.
        peak_memory_bytes: Largest memory that tensors took, weights and gradients included.
        kept_bytes: What autograd keeps by the closed form; computed.
        macs: Multiply-adds of the forward pass of the batch; computed.
    """

    resolution: int
    batch_size: int
    samples_ms: tuple[float, ...]
    peak_memory_bytes: int | None
    kept_bytes: int
    macs: int

    @property
    def median_ms(self) -> float:
        """Half of the steps are faster."""
        return statistics.median(self.samples_ms)
