"""What autograd keeps of a forward pass for the backward pass, layer by layer."""

from dataclasses import dataclass
from functools import lru_cache

from effnet.base import mark
from effnet.counting import Run, runs
from effnet.counting.memory.tensors import INDEX_BYTES, Tensor, map_of, padded_copy, weights
from effnet.network import Layer, Spec
from effnet.scaling import takes_network

TRAINING_RULE = mark(
    "Training: autograd keeps the input of every convolution, fully connected layer and BatchNorm, "
    "a batch's means and spreads, a copy of what SiLU and ReLU6 overwrite or the output of ReLU, "
    "and squeeze-and-excitation's map, means and gates; a tensor that two want is kept once."
)


@dataclass(frozen=True, slots=True)
class Kept:
    """What autograd keeps for one layer of a run's block."""

    run: Run
    layer: Layer
    tensors: tuple[Tensor, ...]

    @property
    def bytes(self) -> int:
        """For one image in one block."""
        return sum(tensor.bytes for tensor in self.tensors)


@takes_network
@lru_cache(maxsize=128)
def kept(spec: Spec, *, resolution: int | None = None) -> tuple[Kept, ...]:
    """What autograd keeps of one image, by layer, a run's block once."""
    found = []
    stored = False  # a ReLU keeps its output, so that the next layer need not keep its input
    for run in runs(spec, resolution=resolution):
        by_layer, stored = _kept(spec, run, stored)
        found += [
            Kept(run, layer, tuple(tensors))
            for layer, tensors in zip(run.layers, by_layer, strict=True)
        ]
    return tuple(found)


@takes_network
def training_bytes(spec: Spec, *, batch: int = 1, resolution: int | None = None) -> int:
    """What autograd keeps for the backward pass of a batch, in bytes."""
    return sum(
        one.run.blocks * tensor.bytes * (1 if tensor.once else batch)
        for one in kept(spec, resolution=resolution)
        for tensor in one.tensors
    )


@takes_network
def largest_batch(spec: Spec, bytes_there: int, *, optimiser: str = "Adam") -> int:
    """The largest batch whose training fits, 0 where none does."""
    fixed = weights(spec).training_bytes(optimiser)
    one, two = (training_bytes(spec, batch=n) for n in (1, 2))
    return max(0, (bytes_there - fixed - (one - (two - one))) // (two - one))


def _kept(spec: Spec, run: Run, stored: bool) -> tuple[list[list[Tensor]], bool]:
    """What the layers of a block keep; and whether its output is among it, as its input was."""
    by_layer: list[list[Tensor]] = []
    for layer, previous in zip(run.layers, (None, *run.layers), strict=False):
        if layer.kind == "classifier":
            by_layer.append(_kept_by_classifier(spec, layer))
        elif layer.kind == "squeeze-and-excitation":
            squeezes = previous is not None and previous.kind != layer.kind
            side = previous.out_size if previous else 1
            by_layer.append(_kept_by_excitation(spec, layer, squeezes, stored, side))
            stored = False
        else:
            by_layer.append(_kept_by_convolution(spec, layer, stored))
            stored = layer.activation and spec.activation == "relu"
    if spec.stem_pool and run.block.operator == "stem":
        by_layer[0] += _kept_by_pooling(run.layers[0], stored)
        stored = False
    if run.block.residual:
        stored = False
        if run.block.drop_rate:
            by_layer[-1].append(Tensor(mark("whether the image skips the block"), (1,)))
    if run.block.operator == "bottleneck":
        by_layer[2].append(_kept_by_activation(spec, map_of(run.layers[2], "")))
        stored = spec.activation == "relu"
    return by_layer, stored


def _kept_by_activation(spec: Spec, overwritten: Tensor) -> Tensor:
    relu = spec.activation == "relu"
    what = mark("ReLU's output" if relu else "copy of the activation's input")
    return Tensor(what, overwritten.shape)


def _kept_by_convolution(spec: Spec, layer: Layer, stored: bool) -> list[Tensor]:
    tensors = []
    padded = padded_copy(spec, layer)
    if padded:
        tensors.append(padded)
    elif not stored and layer.kind != "shortcut":  # a shortcut's input is the block's
        shape = (layer.in_channels, layer.in_size, layer.in_size)
        tensors.append(Tensor(mark("input"), shape))
    output = map_of(layer, mark("BatchNorm's input"))
    tensors += [output, Tensor(mark("batch's mean and spread"), (2, layer.out_channels), once=True)]
    if layer.activation:
        tensors.append(_kept_by_activation(spec, output))
    return tensors


def _kept_by_excitation(
    spec: Spec, layer: Layer, squeezes: bool, stored: bool, side: int
) -> list[Tensor]:
    """The first layer keeps the map and its means, the second its input and the gates."""
    if not squeezes:
        gates = Tensor(mark("gates"), (layer.out_channels,))
        if spec.activation == "relu":
            return [gates]
        return [Tensor(mark("input"), (layer.in_channels,)), gates]
    tensors = [] if stored else [Tensor(mark("map to scale"), (layer.in_channels, side, side))]
    squeezed = Tensor("", (layer.out_channels,))
    return [
        *tensors,
        Tensor(mark("means"), (layer.in_channels,)),
        _kept_by_activation(spec, squeezed),
    ]


def _kept_by_pooling(layer: Layer, stored: bool) -> list[Tensor]:
    side = -(-layer.out_size // 2)
    places = Tensor(mark("places of the maxima"), (layer.out_channels, side, side), INDEX_BYTES)
    return [places] if stored else [map_of(layer, mark("pooling's input")), places]


def _kept_by_classifier(spec: Spec, layer: Layer) -> list[Tensor]:
    shape = (layer.in_channels,)
    dropped = [Tensor(mark("dropout's mask"), shape)] if spec.dropout else []
    return [*dropped, Tensor(mark("input"), shape)]
