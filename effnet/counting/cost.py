"""Parameters, multiply-adds and activations, in closed form from the walk. No torch.

Rules: `params` are trainable parameters, BatchNorm's scale and shift included, its running
statistics not. `macs` are multiply-adds of convolutions and fully connected layers,
squeeze-and-excitation included; biases, BatchNorm, activation functions and pooling are not
counted. `activations` are the elements that those layers write. What the papers and torchvision
call FLOPS are these MACs; `flops` is twice as many.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, TypeVar

from effnet.base import (
    Card,
    EffnetError,
    Rich,
    Tabular,
    brief,
    giga,
    millions,
    percent,
    rows_of,
    say,
    settle,
)
from effnet.network import (
    IMAGE_CHANNELS,
    KINDS,
    MAX_RESOLUTION,
    NUM_CLASSES,
    Block,
    Layer,
    Spec,
    check_resolution,
    walk,
)
from effnet.scaling import takes_network

Key = TypeVar("Key")
Side = int | tuple[int, int]  # of a square in pixels, or height and width


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over some layers, for one image."""

    params: int = 0
    macs: int = 0
    activations: int = 0

    @property
    def flops(self) -> int:
        """Floating-point operations: a multiply-add is two."""
        return 2 * self.macs

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.params + other.params,
            self.macs + other.macs,
            self.activations + other.activations,
        )


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One layer's shape and cost. `name` is the module's path in the built model."""

    stage: int
    name: str
    kind: str
    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    groups: int
    in_size: Side
    out_size: Side
    params: int
    macs: int
    activations: int


@dataclass(frozen=True, eq=False)
class Cost(Rich, Tabular):
    """What one image of `resolution` costs, in total and by layer, stage and kind."""

    resolution: Side
    params: int
    macs: int
    activations: int
    downwards: tuple[Block, ...] = field(repr=False)  # the network walked at the image's height,
    across: tuple[Block, ...] = field(repr=False)  # and at its width

    def __post_init__(self) -> None:
        settle(self)

    def __eq__(self, other: object) -> bool:
        """Where every layer is equal; what a block's chance to be left out is costs nothing."""
        if not isinstance(other, Cost):
            return NotImplemented
        return self.resolution == other.resolution and self.layers == other.layers

    def __hash__(self) -> int:
        return hash((self.resolution, self.params, self.macs, self.activations))

    @cached_property
    def layers(self) -> tuple[LayerCost, ...]:
        """A row a layer in order; made when first asked for, as sums need none."""
        return tuple(
            LayerCost(
                block.stage,
                block.path(layer),
                layer.kind,
                layer.in_channels,
                layer.out_channels,
                layer.kernel,
                layer.stride,
                layer.groups,
                _side(layer.in_size, other.in_size, self.resolution),
                _side(layer.out_size, other.out_size, self.resolution),
                *layer_counts(layer, layer.out_size * other.out_size),
            )
            for block, beside in zip(self.downwards, self.across, strict=True)
            for layer, other in zip(block.layers, beside.layers, strict=True)
        )

    @property
    def flops(self) -> int:
        """Floating-point operations: a multiply-add is two."""
        return 2 * self.macs

    def by_stage(self) -> dict[int, Totals]:
        """Totals by stage: 0 is the stem, the last is head and classifier."""
        return _grouped(self.downwards, self.across, lambda block, _: block.stage)

    def by_kind(self) -> dict[str, Totals]:
        """Totals by kind of layer, in the fixed order of `spec.KINDS`."""
        found = _grouped(self.downwards, self.across, lambda _, layer: layer.kind)
        return {kind: found[kind] for kind in KINDS if kind in found}

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a layer, ready for a data frame or CSV."""
        return rows_of(self.layers)

    def card(self) -> Card:
        """Totals and costs by stage, for notebooks and plain text."""
        found = self.by_stage()
        names = {0: say("stem"), max(found): say("head")}
        rows = [
            (
                names.get(stage) or say("stage {n}", n=stage),
                f"{total.params:,}",
                f"{total.macs:,}",
                f"{total.activations:,}",
                percent(total.macs / self.macs),
            )
            for stage, total in found.items()
        ]
        return Card(
            say("One image of {side} px", side=in_pixels(self.resolution)),
            (
                say("{number} parameters", number=millions(self.params)),
                say("{number} multiply-adds", number=giga(self.macs)),
                say("{number} activations", number=millions(self.activations)),
            ),
            ("", say("parameters"), "MACs", say("activations"), say("of all MACs")),
            tuple(rows),
            shares=tuple(total.macs / self.macs for total in found.values()),
        )


def _grouped(
    downwards: tuple[Block, ...], across: tuple[Block, ...], key: Callable[[Block, Layer], Key]
) -> dict[Key, Totals]:
    """Sums over the layers with the same key; equal blocks in a row are counted once."""
    sums: dict[Key, list[int]] = {}
    pairs = zip(downwards, across, strict=True)
    for _, alike in groupby(pairs, lambda pair: (pair[0].stage, pair[0].layers, pair[1].layers)):
        (block, beside), *others = alike
        for layer, other in zip(block.layers, beside.layers, strict=True):
            total = sums.setdefault(key(block, layer), [0, 0, 0])
            for i, number in enumerate(layer_counts(layer, layer.out_size * other.out_size)):
                total[i] += (1 + len(others)) * number
    return {key: Totals(*total) for key, total in sums.items()}


def in_pixels(side: Side) -> str:
    """A side as it is written: 224, or 384 x 512 for height and width."""
    return " x ".join(map(str, side)) if isinstance(side, tuple) else str(side)


def layer_counts(layer: Layer, area: int | None = None) -> tuple[int, int, int]:
    """Parameters, MACs and activations of one layer, whose map has so many places.

    Example: the depthwise 3x3 of B0's second stage, 96 channels, 112 to 56 px: weights
    3 * 3 * 96 = 864, BatchNorm 2 * 96 = 192; MACs 864 * 56 * 56 = 2,709,504.
    """
    outputs = layer.out_channels
    area = layer.out_size * layer.out_size if area is None else area
    weights = layer.kernel * layer.kernel * layer.in_channels * outputs // layer.groups
    params = weights + outputs * (2 * layer.norm + layer.bias)
    return params, weights * area, outputs * area


@takes_network
def count(
    spec: Spec,
    *,
    resolution: Side | None = None,
    in_channels: int = IMAGE_CHANNELS,
    num_classes: int = NUM_CLASSES,
) -> Cost:
    """Count a network for one `(1, in_channels, H, W)` image; exact integers, with a row a layer.

    Args:
        spec: A `Spec`, a variant's name, a link ("?phi=1"), or a spec's JSON.
        resolution: Side of a square input in pixels, or `(height, width)`; the network's own where
            not given. Of an input that is no square, the sizes in the rows are pairs too.
        in_channels: Channels of the input.
        num_classes: Outputs of the classifier.

    Raises:
        EffnetError: The name is unknown, or a size or number not a whole number above 0.
    """
    size = _checked(spec.resolution if resolution is None else resolution)
    height, width = size if isinstance(size, tuple) else (size, size)
    shape = {"in_channels": in_channels, "num_classes": num_classes}
    downwards = tuple(walk(spec, resolution=height, **shape))
    across = downwards if width == height else tuple(walk(spec, resolution=width, **shape))
    total = _grouped(downwards, across, lambda *_: None)[None]
    return Cost(size, total.params, total.macs, total.activations, downwards, across)


def _checked(resolution: Side) -> Side:
    """A usable side, or height and width; a pair of equal ones is a square."""
    if not isinstance(resolution, (tuple, list)):
        return check_resolution(resolution)
    if len(resolution) != 2:
        raise EffnetError(
            "resolution {value}; expected a side, or height and width", value=brief(resolution)
        )
    height, width = map(check_resolution, resolution)
    return height if height == width else (height, width)


def _side(down: int, across: int, image: Side) -> Side:
    return (down, across) if isinstance(image, tuple) else down


@dataclass(frozen=True, slots=True)
class CostCurve:
    """A network's cost as a function of the input size, without walking it again.

    A layer that the image reaches with one place per s pixels (s = 2, 4, ...) writes maps of side
    ceil(R / s), so the totals are a sum over s of a fixed number times that area, plus what does
    not depend on R (squeeze-and-excitation and the classifier).

    Attributes:
        params: Parameters, the same at every R.
        levels: (s, weights, channels) summed over the layers of that step.
        fixed_macs, fixed_activations: The part that does not depend on R.
    """

    params: int
    levels: tuple[tuple[int, int, int], ...]
    fixed_macs: int
    fixed_activations: int

    def at(self, resolution: int) -> Totals:
        """The totals for one `(1, 3, R, R)` image."""
        macs, activations = self.fixed_macs, self.fixed_activations
        for step, weights, channels in self.levels:
            area = (-(-resolution // step)) ** 2
            macs += weights * area
            activations += channels * area
        return Totals(self.params, macs, activations)


@takes_network
def cost_curve(spec: Spec) -> CostCurve:
    """The network's cost at any resolution, from one walk; for curves, sliders and searches."""
    return curve_of(walk(spec, resolution=MAX_RESOLUTION))


def curve_of(blocks: Iterable[Block]) -> CostCurve:
    """What some blocks cost at any resolution, walked at the largest: all its sides are whole."""
    params, fixed_macs, fixed_activations = 0, 0, 0
    sums: dict[int, list[int]] = {}
    for block in blocks:
        for layer in block.layers:
            counted, macs, activations = layer_counts(layer)
            params += counted
            if not layer.norm:  # fully connected: its map is 1x1 at every input size
                fixed_macs, fixed_activations = fixed_macs + macs, fixed_activations + activations
                continue
            area = layer.out_size * layer.out_size
            total = sums.setdefault(MAX_RESOLUTION // layer.out_size, [0, 0])
            total[0] += macs // area
            total[1] += activations // area
    levels = tuple((step, weights, channels) for step, (weights, channels) in sums.items())
    return CostCurve(params, levels, fixed_macs, fixed_activations)
