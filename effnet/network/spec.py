"""What a network is made of, as plain data: a paper's rows plus the rules its family follows.

Sources: arXiv:1905.11946 (Table 1), arXiv:2104.00298 (Table 4) and the released code of both.
Standard library only.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Self

from effnet.base import (
    Card,
    EffnetError,
    Rich,
    brief,
    check_known,
    check_range,
    is_finite,
    is_whole,
    mark,
    plain,
    say,
    settle,
)

Operator = Literal["mbconv", "fused_mbconv", "inverted_residual", "separable", "bottleneck"]
Layout = Literal["staged", "flat", "resnet"]
HeadScaling = Literal["width", "fixed", "widen_only"]

OPERATORS: dict[str, str] = {
    "mbconv": "MBConv",
    "fused_mbconv": "Fused-MBConv",
    "inverted_residual": mark("Inverted residual"),
    "separable": mark("Depthwise separable"),
    "bottleneck": mark("Bottleneck"),
}
__all__ = ["EffnetError", "brief", "is_finite", "is_whole"]  # from base, for those who look here

CHOICES = {
    "activation": ("silu", "relu6", "relu"),
    "padding": ("symmetric", "same"),
    "layout": ("staged", "flat", "resnet"),
    "head_scaling": ("width", "fixed", "widen_only"),
}
LIMITS = {  # of what no message of its own speaks of
    "divisor": (1, 1024),
    "exact_channels": (0, 1e12),
    "exact_repeats": (0, 1e12),
    "stem_kernel": (1, 31),
    "norm_momentum": (0, 1),
    "round_limit": (0, 1),
    "depth": (math.ulp(0.0), 1e300),
    "width": (math.ulp(0.0), 1e300),
}
# a stage's rules that came later: unwritten where they are as before, so keys of old trainings stay
ONCE_FIXED = {("skip", True), ("expands_output", False)}
MAX_BLOCKS = 10_000
MAX_CHANNELS = 10_000_000
MAX_RESOLUTION = 2**20


def round_channels(exact: float, *, divisor: int = 8, limit: float = 0.9) -> int:
    """Round a channel count to the nearest multiple of `divisor`, as the released code does.

    Halves go up, the result is at least `divisor`, and one `divisor` is added where the result
    would lie under `limit` times the exact value. `limit=0` switches that last rule off (V2-B).

    Example: B3's first stage, 16 * 1.2 = 19.2, rounds to 16; 16 < 0.9 * 19.2, so it becomes 24.
    """
    rounded = max(divisor, int(exact + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < limit * exact else rounded


def round_repeats(exact: float) -> int:
    """Round a stage's block count up: every one-block stage doubles as soon as depth exceeds 1."""
    return math.ceil(exact)


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of an architecture table: `repeats` blocks of one kind; the first has the stride.

    Attributes:
        operator: One of `OPERATORS`.
        channels: Output channels of every block.
        repeats: Number of blocks.
        kernel: Side of the spatial convolution, odd.
        stride: Stride of the first block, 1 or 2.
        expand_ratio: Hidden channels over input channels; for a bottleneck, output over hidden.
        se_ratio: Squeeze channels over the block's *input* channels; 0 for none.
        scales_depth: False where the family leaves this stage's depth alone (Lite's outer stages).
        divisor: Channels round to multiples of this.
        skip: False where no block has a skip, whatever its shapes (EdgeTPU's first stage).
        expands_output: True where hidden channels are counted from the output's (as there).
        exact_channels, exact_repeats: What scaling asked for before rounding; not part of equality.
    """

    operator: Operator
    channels: int
    repeats: int
    kernel: int = 3
    stride: int = 1
    expand_ratio: float = 1
    se_ratio: float = 0.0
    scales_depth: bool = True
    divisor: int = 8
    skip: bool = True
    expands_output: bool = False
    exact_channels: float = field(default=0.0, compare=False)
    exact_repeats: float = field(default=0.0, compare=False)

    def __post_init__(self) -> None:
        settle(self, LIMITS)
        check_known("operator", self.operator, OPERATORS)
        if not (is_whole(self.kernel, 1, 11) and self.kernel % 2):
            raise EffnetError(
                "kernel {kernel!r} is not an odd size from 1 to 11", kernel=self.kernel
            )
        check_range("stride", self.stride, 1, 2, whole=True)
        check_range("channels", self.channels, 1, MAX_CHANNELS, whole=True)
        check_range("blocks in a stage", self.repeats, 1, MAX_BLOCKS, whole=True)
        check_range("expansion", self.expand_ratio, 0, 64, above=True)
        check_range("squeeze ratio", self.se_ratio, 0, 1)
        if not self.exact_channels:
            object.__setattr__(self, "exact_channels", float(self.channels))
        if not self.exact_repeats:
            object.__setattr__(self, "exact_repeats", float(self.repeats))


@dataclass(frozen=True, slots=True)
class Spec(Rich):
    """A whole network as data: its stages and the rules of its family.

    Attributes:
        name, family: What it is called, and the family whose rules it follows.
        stages: The block stages between stem and head.
        stem_channels, head_channels: Outputs of the first and last convolution; the head is 0
            where a network has none (MobileNetV1, ResNet).
        resolution: Side of the square input in pixels.
        dropout: Rate before the classifier.
        stochastic_depth: Drop rate that a block after the last one would have; block i of N drops
            with `stochastic_depth * i / N` (released code).
        activation: "silu", "relu6" or "relu".
        norm_eps, norm_momentum: BatchNorm, momentum in PyTorch's convention.
        padding: "symmetric" (torchvision) or "same" (TensorFlow: the odd pixel goes below right).
        layout: How module paths are written: "staged" `features.<stage>.<i>`, "flat"
            `features.<i>`, "resnet" `layer<stage>.<i>`.
        stem_kernel, stem_pool: Side of the stem convolution; True adds a stride-2 max pooling.
        stem_scales, head_scaling: What width scaling does to stem and head.
        round_limit: The 90 % rule of `round_channels`; 0 where the family has none.
        depth, width: Multipliers that made this network from its base; not part of equality.
    """

    name: str
    family: str
    stages: tuple[Stage, ...]
    stem_channels: int
    head_channels: int
    resolution: int
    dropout: float = 0.2
    stochastic_depth: float = 0.0
    activation: Literal["silu", "relu6", "relu"] = "silu"
    norm_eps: float = 1e-5
    norm_momentum: float = 0.1
    padding: Literal["symmetric", "same"] = "symmetric"
    layout: Layout = "staged"
    stem_kernel: int = 3
    stem_pool: bool = False
    stem_scales: bool = True
    head_scaling: HeadScaling = "width"
    round_limit: float = 0.9
    depth: float = field(default=1.0, compare=False)
    width: float = field(default=1.0, compare=False)

    def __post_init__(self) -> None:
        settle(self, LIMITS)
        if not (isinstance(self.stages, tuple) and self.stages):
            raise EffnetError("{name!r} has no stages; expected at least one", name=self.name)
        for stage in self.stages:
            if not isinstance(stage, Stage):
                raise EffnetError("{stage} is no stage", stage=brief(stage))
        object.__setattr__(self, "resolution", check_resolution(self.resolution))
        for label, allowed in CHOICES.items():
            check_known(label, getattr(self, label), allowed)
        check_range("stem channels", self.stem_channels, 1, MAX_CHANNELS, whole=True)
        check_range("head channels", self.head_channels, 0, MAX_CHANNELS, whole=True)
        check_range("BatchNorm eps", self.norm_eps, 0, above=True)
        rates = self.dropout, self.stochastic_depth
        if not all(is_finite(rate) and 0 <= rate < 1 for rate in rates):
            raise EffnetError(
                "dropout {dropout!r}, stochastic depth {drop!r}; expected rates from 0 to under 1",
                dropout=self.dropout,
                drop=self.stochastic_depth,
            )
        if self.blocks > MAX_BLOCKS:
            raise EffnetError(
                "{name!r} has {blocks:,} blocks; the limit is {most:,}",
                name=self.name,
                blocks=self.blocks,
                most=MAX_BLOCKS,
            )

    @property
    def blocks(self) -> int:
        """Number of blocks in all stages (16 in B0); stem and head are not counted."""
        return sum(stage.repeats for stage in self.stages)

    def scaled(
        self,
        *,
        depth: float = 1.0,
        width: float = 1.0,
        resolution: int | None = None,
        **changes: Any,
    ) -> Self:
        """This network with repeats times `depth`, channels times `width`, at `resolution` pixels.

        Repeats round up, channels by `round_channels`; stem and head follow the family's rules.
        Further keyword arguments replace fields. Raises `EffnetError` for multipliers that are
        not positive and finite, or that lead past what can be shown.
        """
        check_range("depth multiplier", depth, 0, above=True)
        check_range("width multiplier", width, 0, above=True)
        depth, width = float(plain(depth)), float(plain(width))
        if max(s.repeats for s in self.stages) * depth > MAX_BLOCKS:
            raise EffnetError(
                "depth multiplier {depth:.4g} gives over {most:,} blocks; use less",
                depth=depth,
                most=MAX_BLOCKS,
            )
        if max(self.head_channels, *(s.channels for s in self.stages)) * width > MAX_CHANNELS / 10:
            raise EffnetError(
                "width multiplier {width:.4g} gives over a million channels; use less",
                width=width,
            )
        stages = tuple(_scaled_stage(s, depth, width, self.round_limit) for s in self.stages)
        stem, head = self.scaled_ends(width)
        values: dict[str, Any] = {
            "stages": stages,
            "stem_channels": stem,
            "head_channels": head,
            "resolution": self.resolution if resolution is None else resolution,
            "depth": self.depth * depth,
            "width": self.width * width,
        }
        return replace(self, **(values | changes))

    def scaled_ends(self, width: float) -> tuple[int, int]:
        """Channels of stem and head at `width`, by the family's rules; the head is 0 for none."""
        stem, head = self.stem_channels, self.head_channels
        if self.stem_scales:
            stem = round_channels(stem * width, limit=self.round_limit)
        if head and self.head_scaling != "fixed":
            by = max(1.0, width) if self.head_scaling == "widen_only" else width
            head = round_channels(head * by, limit=self.round_limit)
        return stem, head

    def to_dict(self) -> dict[str, Any]:
        """Plain values that go through JSON; `from_dict` reads them back."""
        stages = [
            {
                name: value
                for name, value in asdict(stage).items()
                if (name, value) not in ONCE_FIXED
            }
            for stage in self.stages
        ]
        return asdict(self) | {"stages": stages}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The network that `to_dict` wrote. Unknown or missing fields raise `EffnetError`."""
        try:
            stages = tuple(Stage(**stage) for stage in values["stages"])
            return cls(**{**values, "stages": stages})
        except (TypeError, KeyError, IndexError) as error:
            known = ", ".join(f.name for f in fields(cls))
            raise EffnetError(
                "not a network's fields ({error}); expected {known}", error=error, known=known
            ) from None

    def card(self) -> Card:
        """The stage table, for notebooks and plain text."""
        rows, size = [], out_size(self.resolution, 2)
        size = out_size(size, 2) if self.stem_pool else size
        for number, stage in enumerate(self.stages, start=1):
            size = out_size(size, stage.stride)
            cells = (
                f"{number} {say(operator_label(stage))}",
                f"{stage.kernel}x{stage.kernel}",
                stage.stride,
                stage.channels,
                stage.repeats,
                f"{size}x{size}",
            )
            rows.append(tuple(map(str, cells)))
        return Card(
            self.name,
            (
                say("stem {channels}", channels=self.stem_channels),
                say("{n} {n:block|blocks}", n=self.blocks),
                say("head {channels}", channels=self.head_channels or say("none")),
                f"{self.resolution} px",
            ),
            (
                say("stage"),
                say("kernel"),
                say("stride"),
                say("channels"),
                say("blocks"),
                say("output"),
            ),
            tuple(rows),
        )


def out_size(size: int, stride: int) -> int:
    """Side after a strided layer: ceil(size / stride), with both kinds of padding."""
    return -(-size // stride)


def check_resolution(resolution: int) -> int:
    """Give back `resolution` if it is a usable side of a square input, else raise `EffnetError`."""
    resolution = plain(resolution)
    if not is_whole(resolution, 1, MAX_RESOLUTION):
        raise EffnetError(
            "resolution {resolution!r}; expected whole pixels, 1 to {most:,}",
            resolution=resolution,
            most=MAX_RESOLUTION,
        )
    return resolution


def operator_label(stage: Stage) -> str:
    """The papers' way to write an operator with its expansion: `MBConv6`, `Fused-MBConv4`."""
    label = OPERATORS[stage.operator]
    return f"{label}{stage.expand_ratio:g}" if stage.operator.endswith("mbconv") else label


def _scaled_stage(stage: Stage, depth: float, width: float, limit: float) -> Stage:
    repeats = stage.repeats * depth if stage.scales_depth else float(stage.repeats)
    channels = stage.channels * width
    return replace(
        stage,
        channels=round_channels(channels, divisor=stage.divisor, limit=limit),
        repeats=round_repeats(repeats),
        exact_channels=channels,
        exact_repeats=repeats,
    )
