"""Measured times beside computed costs: of stages, of kinds of layers, of training steps."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from effnet.base import say
from effnet.timing.measurements import Environment


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


def stage_names(profile: Sequence[StageProfile]) -> list[str]:
    """Stem, stage 1 ..., head."""
    last = len(profile) - 1
    return [
        say("stem")
        if p.stage == 0
        else say("head")
        if p.stage == last
        else say("stage {number}", number=p.stage)
        for p in profile
    ]


def with_times(
    stages: Sequence[StageProfile], medians: Sequence[float]
) -> tuple[StageProfile, ...]:
    """The stages with the milliseconds that each took, and its share of all."""
    whole = sum(medians)
    return tuple(
        replace(one, median_ms=median, time_share=median / whole)
        for one, median in zip(stages, medians, strict=True)
    )


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
