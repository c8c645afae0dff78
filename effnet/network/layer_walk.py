"""The one walk over a network: every block and layer in order, with channels and sizes filled in.

The counter (`cost`) and the model builder (`nn`) both read these records, so they cannot drift
apart. Module paths are torchvision's where torchvision has the network. Standard library only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import check_range, mark, plain
from effnet.network.spec import (
    MAX_CHANNELS,
    Layout,
    Operator,
    Spec,
    Stage,
    check_resolution,
    out_size,
    round_channels,
)

KINDS = (
    mark("stem"),
    mark("expand"),
    mark("depthwise"),
    mark("squeeze-and-excitation"),
    mark("project"),
    mark("fused"),
    mark("reduce"),
    mark("spatial"),
    mark("shortcut"),
    mark("head"),
    mark("classifier"),
)
IMAGE_CHANNELS = 3
NUM_CLASSES = 1000
MAX_CLASSES = 10_000_000


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution or fully connected layer. Sizes are sides of square maps in pixels.

    `name` is the module path below its block; `norm` tells whether a BatchNorm follows,
    `activation` whether the nonlinearity follows that. A fully connected layer is a 1x1
    convolution of a 1x1 map here, always with a bias.
    """

    name: str
    kind: str
    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    groups: int
    in_size: int
    out_size: int
    bias: bool = False
    norm: bool = True
    activation: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """A step of the network with its layers in order: stem, block, head or classifier.

    `stage` is 0 for the stem, 1.. for the block stages, one more for head and classifier.
    `name` is the module path in the built model ("" where its layers lie at the top).
    """

    stage: int
    name: str
    operator: str
    stride: int
    residual: bool
    drop_rate: float
    layers: tuple[Layer, ...]

    def path(self, layer: Layer) -> str:
        """The layer's module path in the built model, such as `features.2.0.block.1.0`."""
        return f"{self.name}.{layer.name}" if self.name else layer.name

    def norm_path(self, layer: Layer) -> str:
        """The module path of the BatchNorm behind the layer: its next sibling, or ResNet's bnN."""
        path = self.path(layer)
        if layer.name.startswith("conv") and "." not in layer.name:
            return path.removesuffix(layer.name) + layer.name.replace("conv", "bn")
        parent, _, position = path.rpartition(".")
        return f"{parent}.{int(position) + 1}"


def walk(
    spec: Spec,
    *,
    resolution: int | None = None,
    in_channels: int = IMAGE_CHANNELS,
    num_classes: int = NUM_CLASSES,
) -> Iterator[Block]:
    """Every block of the network in order: stem, block stages, head, classifier.

    Args:
        spec: The network.
        resolution: Side of the square input in pixels; the network's own where not given.
        in_channels: Channels of the input: 3 for colour pictures.
        num_classes: Outputs of the classifier.
    """
    check_range("input channels", in_channels, 1, MAX_CHANNELS, whole=True)
    check_range("classes", num_classes, 1, MAX_CLASSES, whole=True)
    in_channels, num_classes = plain(in_channels), plain(num_classes)
    size = spec.resolution if resolution is None else check_resolution(resolution)
    resnet = spec.layout == "resnet"
    stem = "conv1" if resnet else "0"
    conv = _conv(stem, "stem", in_channels, spec.stem_channels, size, spec.stem_kernel, 2)
    yield Block(0, "" if resnet else "features.0", "stem", 2, False, 0.0, (conv,))
    channels, size = spec.stem_channels, out_size(size, 4 if spec.stem_pool else 2)
    total, index = spec.blocks, 0
    for number, stage in enumerate(spec.stages, start=1):
        for position in range(stage.repeats):
            stride = stage.stride if position == 0 else 1
            if position < 2:  # those that follow are the second once more
                residual = _has_residual(stage, stride, channels)
                layers = block_layers(
                    stage.operator,
                    channels,
                    stage.channels,
                    size,
                    stage.kernel,
                    stride,
                    stage.expand_ratio,
                    stage.se_ratio,
                    stage.expands_output,
                )
            yield Block(
                number,
                _block_name(spec.layout, number, position, index),
                stage.operator,
                stride,
                residual,
                spec.stochastic_depth * index / total,
                layers,
            )
            channels, size, index = stage.channels, out_size(size, stride), index + 1
    last = len(spec.stages) + 1
    if spec.head_channels:
        conv = _conv("0", "head", channels, spec.head_channels, size)
        name = f"features.{last if spec.layout == 'staged' else index + 1}"
        yield Block(last, name, "head", 1, False, 0.0, (conv,))
        channels = spec.head_channels
    linear = _linear("fc" if resnet else "1", "classifier", channels, num_classes)
    yield Block(last, "" if resnet else "classifier", "classifier", 1, False, 0.0, (linear,))


def padded_side(spec: Spec, layer: Layer) -> int:
    """Side of the copy that TensorFlow's padding makes before a strided convolution; 0 for none.

    At stride 1 a convolution pads by itself. At stride 2 it can't: an even side takes one pixel
    less before than after.
    """
    if spec.padding != "same" or layer.stride == 1 or layer.kernel == 1:
        return 0
    return (layer.out_size - 1) * layer.stride + layer.kernel


def _block_name(layout: Layout, stage: int, position: int, index: int) -> str:
    if layout == "flat":
        return f"features.{index + 1}"
    return f"layer{stage}.{position}" if layout == "resnet" else f"features.{stage}.{position}"


def _has_residual(stage: Stage, stride: int, in_channels: int) -> bool:
    if stage.operator == "bottleneck":
        return True
    fits = stride == 1 and in_channels == stage.channels
    return stage.operator != "separable" and stage.skip and fits


@lru_cache(maxsize=8192)
def block_layers(
    operator: Operator,
    in_channels: int,
    out_channels: int,
    size: int,
    kernel: int,
    stride: int,
    expand_ratio: float,
    se_ratio: float,
    expands_output: bool = False,
) -> tuple[Layer, ...]:
    """The layers of one block in order, for an input of `(in_channels, size, size)`."""
    if operator == "bottleneck":
        return _bottleneck(in_channels, out_channels, size, kernel, stride, expand_ratio)
    if operator == "separable":
        depthwise = _conv(
            "block.0.0", "depthwise", in_channels, in_channels, size, kernel, stride, in_channels
        )
        project = _conv("block.1.0", "project", in_channels, out_channels, depthwise.out_size)
        return depthwise, project
    hidden = (out_channels if expands_output else in_channels) * expand_ratio
    return _mbconv(operator, in_channels, out_channels, size, kernel, stride, hidden, se_ratio)


def _mbconv(
    operator: Operator,
    in_channels: int,
    out_channels: int,
    size: int,
    kernel: int,
    stride: int,
    exact: float,
    se_ratio: float,
) -> tuple[Layer, ...]:
    """MBConv, Fused-MBConv, or MobileNetV2's inverted residual: the first with other names."""
    mobilenet, fused = operator == "inverted_residual", operator == "fused_mbconv"
    trunk = "conv" if mobilenet else "block"
    hidden = max(1, round(exact)) if mobilenet else round_channels(exact)
    if exact == in_channels:
        hidden = in_channels
    expands = hidden != in_channels
    layers: list[Layer] = []
    position = 0

    # expand, depthwise; or both in one full convolution
    if fused:
        wide = hidden if expands else out_channels
        layers.append(_conv(f"{trunk}.0.0", "fused", in_channels, wide, size, kernel, stride))
    else:
        if expands:
            layers.append(_conv(f"{trunk}.0.0", "expand", in_channels, hidden, size))
        position = len(layers)
        name, wide = f"{trunk}.{position}.0", hidden
        layers.append(_conv(name, "depthwise", hidden, hidden, size, kernel, stride, hidden))
    position += 1

    # squeeze and excitation
    if se_ratio:
        squeeze, kind = max(1, int(in_channels * se_ratio)), "squeeze-and-excitation"
        layers.append(_linear(f"{trunk}.{position}.fc1", kind, wide, squeeze))
        layers.append(_linear(f"{trunk}.{position}.fc2", kind, squeeze, wide))
        position += 1

    # project; MobileNetV2 writes its convolution and BatchNorm side by side
    if expands or not fused:
        name = f"{trunk}.{position}" if mobilenet else f"{trunk}.{position}.0"
        after = out_size(size, stride)
        layers.append(_conv(name, "project", hidden, out_channels, after, activation=False))
    return tuple(layers)


def _bottleneck(
    in_channels: int, out_channels: int, size: int, kernel: int, stride: int, expand_ratio: float
) -> tuple[Layer, ...]:
    hidden, after = max(1, int(out_channels / expand_ratio)), out_size(size, stride)
    layers = (
        _conv("conv1", "reduce", in_channels, hidden, size),
        _conv("conv2", "spatial", hidden, hidden, size, kernel, stride),
        _conv("conv3", "expand", hidden, out_channels, after, activation=False),
    )
    if stride == 1 and in_channels == out_channels:
        return layers
    name, same = "downsample.0", (in_channels, out_channels, size)
    return *layers, _conv(name, "shortcut", *same, stride=stride, activation=False)


def _conv(
    name: str,
    kind: str,
    inputs: int,
    outputs: int,
    size: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    *,
    activation: bool = True,
) -> Layer:
    after = out_size(size, stride)
    return Layer(
        name, kind, inputs, outputs, kernel, stride, groups, size, after, activation=activation
    )


def _linear(name: str, kind: str, inputs: int, outputs: int) -> Layer:
    return Layer(name, kind, inputs, outputs, 1, 1, 1, 1, 1, bias=True, norm=False)
