"""What is alive while an image passes through a network, operation by operation."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import mark
from effnet.counting import Run, runs
from effnet.counting.memory.tensors import FLOAT_BYTES, INDEX_BYTES, Tensor, map_of, padded_copy
from effnet.network import IMAGE_CHANNELS, Layer, Spec, check_resolution
from effnet.scaling import takes_network

INFERENCE_RULE = mark(
    "Inference: an operation's input and output are alive while it runs; so are the image, the "
    "block's input (a shortcut may want it), a convolution's input until its BatchNorm is done, "
    "and squeeze-and-excitation's means and gates. Activation functions work in place."
)

NOT_COUNTED = mark("what kernels need for themselves, the allocator's rounding, and the loss")

Alive = Iterator[tuple[Layer, str, tuple[Tensor, ...]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is alive at one operation of a run's block: `live` is in bytes for one image."""

    run: Run
    layer: Layer
    operation: str
    tensors: tuple[Tensor, ...]
    live: int


@takes_network
@lru_cache(maxsize=128)
def moments(spec: Spec, *, resolution: int | None = None) -> tuple[Moment, ...]:
    """What is alive at every operation that makes a tensor, in order, a run's block once."""
    side = spec.resolution if resolution is None else check_resolution(resolution)
    image = Tensor(mark("image"), (IMAGE_CHANNELS, side, side))
    found = []
    features = image
    for run in runs(spec, resolution=resolution):
        alive: Alive
        if run.block.operator == "stem":
            alive = _stem(spec, run.layers[0], image)
        elif run.block.operator == "classifier":
            alive = _classifier(run.layers[0], features)
        elif run.block.operator == "bottleneck":
            alive = _bottleneck(spec, run, features)
        else:
            alive = _row(spec, run, features)
        output = features
        for layer, operation, tensors in alive:
            held = tensors if tensors[0] is image else (image, *tensors)
            live = sum(tensor.bytes for tensor in held)
            found.append(Moment(run, layer, operation, held, live))
            output = next(t for t in reversed(held) if t.itemsize == FLOAT_BYTES)
        features = Tensor(mark("block input"), output.shape)
    return tuple(found)


@takes_network
def peak(spec: Spec, *, resolution: int | None = None) -> Moment:
    """The moment of an inference at which most is alive; the first of several."""
    return max(moments(spec, resolution=resolution), key=lambda moment: moment.live)


@takes_network
def peak_bytes(spec: Spec, *, itemsize: int = FLOAT_BYTES, batch: int = 1) -> int:
    """The most that is alive during an inference of a batch, with numbers of `itemsize` bytes."""
    return batch * max(
        sum(
            tensor.bytes * itemsize // FLOAT_BYTES
            if tensor.itemsize == FLOAT_BYTES
            else tensor.bytes
            for tensor in moment.tensors
        )
        for moment in moments(spec)
    )


def _convolved(spec: Spec, layer: Layer, held: tuple[Tensor, ...]) -> Alive:
    """A convolution and its BatchNorm; `held` has its input."""
    padded = padded_copy(spec, layer)
    during = (*held, padded) if padded else held
    if padded:
        yield layer, mark("padding"), during
    convolved = map_of(layer, mark("convolution's output"))
    yield layer, mark("convolution"), (*during, convolved)
    yield layer, mark("BatchNorm"), (*held, convolved, map_of(layer, mark("BatchNorm's output")))


def _stem(spec: Spec, layer: Layer, image: Tensor) -> Alive:
    yield from _convolved(spec, layer, (image,))
    if spec.stem_pool:
        before, side = map_of(layer, mark("stem's output")), -(-layer.out_size // 2)
        shape = (layer.out_channels, side, side)
        places = Tensor(mark("places of the maxima"), shape, INDEX_BYTES)
        pooled = Tensor(mark("pooled map"), shape)
        yield layer, mark("max pooling"), (image, before, pooled)
        yield layer, mark("max pooling"), (image, before, pooled, places)


def _row(spec: Spec, run: Run, features: Tensor) -> Alive:
    """MBConv and its kin, and the head: a row of layers, then perhaps the block's input again."""
    held: tuple[Tensor, ...] = (features,)
    layers = iter(run.layers)
    for layer in layers:
        if layer.kind == "squeeze-and-excitation":
            yield from _excited(layer, next(layers), held)
            held = (features, Tensor(mark("scaled map"), held[-1].shape))
            continue
        side_by_side = run.block.operator == "inverted_residual" and layer.kind == "project"
        *alive, norm = _convolved(spec, layer, held)
        yield from alive
        # MobileNetV2's projection and its BatchNorm lie in one row, so its input is freed between
        yield norm if not side_by_side else (layer, mark("BatchNorm"), (features, *norm[2][-2:]))
        held = (features, map_of(layer, mark("layer's input")))
    if run.block.residual:
        yield run.layers[-1], mark("shortcut"), (*held, Tensor(mark("sum"), features.shape))


def _excited(squeeze: Layer, excite: Layer, held: tuple[Tensor, ...]) -> Alive:
    """Squeeze-and-excitation of the last map in `held`: means, two layers, gates, product."""
    means = Tensor(mark("means"), (squeeze.in_channels,))
    squeezed = Tensor(mark("squeezed"), (squeeze.out_channels,))
    excited = Tensor(mark("excited"), (excite.out_channels,))
    gates = Tensor(mark("gates"), (excite.out_channels,))
    yield squeeze, mark("pooling"), (*held, means)
    yield squeeze, mark("convolution"), (*held, means, squeezed)
    yield excite, mark("convolution"), (*held, means, squeezed, excited)
    yield excite, mark("sigmoid"), (*held, means, excited, gates)
    yield excite, mark("product"), (*held, gates, Tensor(mark("scaled map"), held[-1].shape))


def _bottleneck(spec: Spec, run: Run, features: Tensor) -> Alive:
    reduce, spatial, expand, *shortcut = run.layers
    held: tuple[Tensor, ...] = (features,)
    for layer in (reduce, spatial, expand):
        yield from _convolved(spec, layer, held)
        held = (features, map_of(layer, mark("layer's input")))
    for layer in shortcut:
        yield from _convolved(spec, layer, held)
        held = (*held, map_of(layer, mark("shortcut")))
    yield expand, mark("shortcut"), (*held, map_of(expand, mark("sum")))


def _classifier(layer: Layer, features: Tensor) -> Alive:
    pooled = Tensor(mark("pooled features"), (layer.in_channels,))
    yield layer, mark("pooling"), (features, pooled)
    logits = Tensor(mark("logits"), (layer.out_channels,))
    yield layer, mark("fully connected"), (features, pooled, logits)
