"""Bytes that the operators of a pass read and write, in closed form from the walk.

The rule: an eager pass runs operators one after another; each reads its inputs and weights once and
writes its output once. Convolution, BatchNorm, activation function, squeeze-and-excitation's mean,
its two layers, sigmoid and product, a skip's addition, pooling: each counts by itself, in place or
not. What a cache holds in between is not taken off, so a measured rate may lie above the memory's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import mark
from effnet.counting import count, layer_counts
from effnet.network import NUM_CLASSES, Block, Layer, Spec, padded_side, walk
from effnet.scaling import takes_network
from effnet.timing.options import PLAIN, Options
from effnet.timing.profiles import StageProfile

ITEMSIZE = {"fp32": 4, "bf16": 2, "fp16": 2}  # bytes of a number
STATISTICS = 4  # BatchNorm's scale, shift, mean and variance


@dataclass(frozen=True, slots=True)
class Work:
    """What one unit of a pass does: a layer with all that follows it, or a skip's addition.

    Attributes:
        stage, block: Where it is.
        kind: The layer's kind; "squeeze-and-excitation" for both its layers, "add" for a skip.
        macs: Multiply-adds, for the batch.
        bytes: Read and written, for the batch.
        operators: How many operators it runs.
    """

    stage: int
    block: str
    kind: str
    macs: int
    bytes: int
    operators: int


@takes_network
@lru_cache(maxsize=256)
def work(spec: Spec, options: Options = PLAIN) -> tuple[Work, ...]:
    """The units of a pass that runs this way, in order."""
    found: list[Work] = []
    side = 0
    for block in walk(spec, resolution=options.resolution):
        found += block_work(spec, block, side, options)
        side = block.layers[-1].out_size
    return tuple(found)


def by_stage(units: tuple[Work, ...]) -> dict[int, int]:
    """Bytes by stage."""
    found: dict[int, int] = {}
    for unit in units:
        found[unit.stage] = found.get(unit.stage, 0) + unit.bytes
    return found


@takes_network
def computed_stages(
    spec: Spec,
    options: Options = PLAIN,
    *,
    num_classes: int = NUM_CLASSES,
) -> tuple[StageProfile, ...]:
    """The stages of a pass that runs this way with all that is computed, and no time yet."""
    cost = count(spec, resolution=options.resolution, num_classes=num_classes)
    moved = by_stage(work(spec, options))
    return tuple(
        StageProfile(
            stage,
            0.0,
            0.0,
            total.macs,
            total.macs / cost.macs,
            total.params,
            total.activations,
            total.activations / cost.activations,
            moved[stage],
            options.batch_size,
        )
        for stage, total in cost.by_stage().items()
    )


def block_work(spec: Spec, block: Block, side: int, options: Options = PLAIN) -> Iterator[Work]:
    """The units of one block; `side` is that of the map before it, for the classifier's pooling."""
    batch_size, folded, itemsize = options.batch_size, options.folded, ITEMSIZE[options.precision]
    layers = iter(block.layers)
    for layer in layers:
        places = 0
        if layer.kind == "squeeze-and-excitation":
            excite = next(layers)
            before = block.layers[block.layers.index(layer) - 1]  # what it gates
            numbers, weights, operators = _excitation(layer, excite, before.out_size)
            macs = layer_counts(layer)[1] + layer_counts(excite)[1]
        elif layer.kind == "shortcut":
            # the projected skip, the addition and the nonlinearity behind it
            numbers, weights, operators = _convolved(spec, layer, folded)
            out = layer.out_channels * layer.out_size**2
            numbers, operators = numbers + 3 * out + 2 * out, operators + 2
            macs = layer_counts(layer)[1]
        elif layer.kind == "classifier":
            pooled = layer.in_channels
            numbers = pooled * side**2 + pooled + pooled + layer.out_channels
            weights = layer.in_channels * layer.out_channels + layer.out_channels
            operators, macs = 2, layer_counts(layer)[1]
        else:
            numbers, weights, operators = _convolved(spec, layer, folded)
            macs = layer_counts(layer)[1]
            if layer.kind == "stem" and spec.stem_pool:
                pooled = layer.out_channels * (-(-layer.out_size // 2)) ** 2
                numbers += layer.out_channels * layer.out_size**2 + pooled
                places, operators = 8 * pooled, operators + 1  # of the maxima, as int64
        yield Work(
            block.stage,
            block.name,
            layer.kind,
            batch_size * macs,
            itemsize * (batch_size * numbers + weights) + batch_size * places,
            operators,
        )
    if block.residual and not any(layer.kind == "shortcut" for layer in block.layers):
        last = block.layers[-1]
        out = last.out_channels * last.out_size**2
        after = 2 * out if block.operator == "bottleneck" else 0
        yield Work(
            block.stage,
            block.name,
            mark("add"),
            0,
            itemsize * batch_size * (3 * out + after),
            1 + bool(after),
        )


def _convolved(spec: Spec, layer: Layer, folded: bool) -> tuple[int, int, int]:
    """Numbers for one image, weights, and operators of a convolution with what follows it."""
    before = layer.in_channels * layer.in_size**2
    after = layer.out_channels * layer.out_size**2
    weights = layer.kernel**2 * layer.in_channels * layer.out_channels // layer.groups
    numbers, operators = before + after, 1
    padded = padded_side(spec, layer)
    if padded:
        copy = layer.in_channels * padded**2
        numbers, operators = numbers + 2 * copy, operators + 1  # written, and read instead
    if layer.norm and not folded:
        numbers, operators = numbers + 2 * after, operators + 1
        weights += STATISTICS * layer.out_channels
    if layer.norm and folded:
        weights += layer.out_channels  # the bias
    if layer.activation and layer.norm:
        numbers, operators = numbers + 2 * after, operators + 1
    return numbers, weights, operators


def _excitation(squeeze: Layer, excite: Layer, side: int) -> tuple[int, int, int]:
    wide, narrow, area = squeeze.in_channels, squeeze.out_channels, side * side
    numbers = (
        wide * area  # mean: read,
        + wide  # written
        + wide + narrow  # first layer
        + 2 * narrow  # its nonlinearity
        + narrow + wide  # second layer
        + 2 * wide  # sigmoid
        + wide + 2 * wide * area  # product
    )  # fmt: skip
    weights = 2 * wide * narrow + narrow + excite.out_channels
    return numbers, weights, 6
