"""Tensors by name and size, and the weights that a network holds before it sees an image."""

import math
from dataclasses import dataclass

from effnet.base import mark, say
from effnet.counting import Run, layer_counts, runs
from effnet.network import Layer, Spec, padded_side
from effnet.scaling import takes_network

FLOAT_BYTES = 4
INDEX_BYTES = 8  # the max pooling's int64 places

# name: bytes of a number
DTYPES = {"fp32": 4, mark("fp16 or bf16"): 2, "int8": 1}
# name: numbers beside each weight and its gradient
OPTIMISERS = {"SGD": 0, mark("SGD with momentum"): 1, "Adam": 2}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor by what it is and how large, for one image; a batch has as many of them.

    `what` is English; `say` shows it.
    `once` marks those that a batch has only one of.
    """

    what: str
    shape: tuple[int, ...]
    itemsize: int = FLOAT_BYTES
    once: bool = False

    @property
    def bytes(self) -> int:
        """Its size."""
        return math.prod(self.shape) * self.itemsize


@dataclass(frozen=True, slots=True)
class Weights:
    """Numbers that a network holds without having seen an image."""

    params: int
    statistics: int

    def bytes(self, itemsize: int) -> int:
        """Weights and BatchNorm's running statistics, each number of that many bytes."""
        return (self.params + self.statistics) * itemsize

    def training_bytes(self, optimiser: str) -> int:
        """Weights, statistics, gradients and the optimiser's own state, in 32-bit floats."""
        return FLOAT_BYTES * (self.params * (2 + OPTIMISERS[optimiser]) + self.statistics)


@takes_network
def weights(spec: Spec) -> Weights:
    """How many weights and running statistics a network holds."""
    params = statistics = 0
    for run in runs(spec):
        for layer in run.layers:
            params += run.blocks * layer_counts(layer)[0]
            statistics += run.blocks * 2 * layer.out_channels * layer.norm
    return Weights(params, statistics)


def map_of(layer: Layer, what: str) -> Tensor:
    """A map as large as the layer's output."""
    return Tensor(what, (layer.out_channels, layer.out_size, layer.out_size))


def padded_copy(spec: Spec, layer: Layer) -> Tensor | None:
    """The padded copy of its input that TensorFlow's padding makes before a strided convolution."""
    side = padded_side(spec, layer)
    return Tensor(mark("padded copy"), (layer.in_channels, side, side)) if side else None


def place(run: Run, layer: Layer, index: int = 0) -> str:
    """Where a layer is, in words; `index` counts the blocks of the run."""
    block = block_place(run, index)
    inner = run.label not in ("stem", "head", "classifier")
    return say("{block}, {kind}", block=block, kind=say(layer.kind)) if inner else block


def block_place(run: Run, index: int = 0) -> str:
    """Where a block is, in words; `index` counts the blocks of the run."""
    if run.label in ("stem", "head", "classifier"):
        return say(run.label)
    return say("stage {stage}, block {block}", stage=run.stage, block=run.first + index)
