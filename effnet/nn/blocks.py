"""The blocks that the networks are made of, each built from its `Block` record.

A block's convolutions, channels and strides come from the walk in `spec`; this file adds what a
record cannot say: order, activation, skip. Attribute names are torchvision's, so that its state
dicts load. All inputs and outputs are `(N, C, H, W)`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from effnet.network import Block, Layer, Spec, padded_side


class SamePadding(nn.Module):
    """TensorFlow's "SAME" padding before a strided convolution: the odd pixel goes lower right.

    At stride 1 it is PyTorch's own even padding. At stride 2 an even side takes one pixel less
    before than after, so the windows lie elsewhere than with even padding, though the map has the
    same size. The amounts follow the input's size in a traced, scripted or exported network too.
    """

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.kernel = kernel

    def forward(self, x: Tensor) -> Tensor:
        after, height, width = self.kernel // 2, x.shape[2], x.shape[3]
        # an odd side's pixel, written so that torch.export sees a map of (side + 1) // 2 follow
        top = 2 * ((height + 1) // 2) - height + after - 1
        left = 2 * ((width + 1) // 2) - width + after - 1
        return functional.pad(x, (left, after, top, after))

    def extra_repr(self) -> str:
        return f"kernel={self.kernel}"


def padding(layer: Layer, spec: Spec) -> SamePadding | None:
    """What stands before the layer's convolution where the convolution's own padding won't do."""
    return SamePadding(layer.kernel) if padded_side(spec, layer) else None


def convolution(layer: Layer, spec: Spec) -> nn.Conv2d:
    """The layer's convolution, for a map that `padding` has gone over where it gives one."""
    return nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel,
        layer.stride,
        padding=0 if padding(layer, spec) else (layer.kernel - 1) // 2,
        groups=layer.groups,
        bias=layer.bias,
    )


def normalisation(layer: Layer, spec: Spec) -> nn.BatchNorm2d:
    """The BatchNorm behind the layer."""
    return nn.BatchNorm2d(layer.out_channels, eps=spec.norm_eps, momentum=spec.norm_momentum)


def activation(spec: Spec) -> nn.Module:
    """The network's nonlinearity, in place."""
    kinds: dict[str, type[nn.Module]] = {"silu": nn.SiLU, "relu6": nn.ReLU6, "relu": nn.ReLU}
    return kinds[spec.activation](inplace=True)


def conv_norm_act(layer: Layer, spec: Spec) -> nn.Sequential:
    """Convolution, BatchNorm and, where the layer has them, padding before and nonlinearity after.

    They are numbered from the convolution on, as torchvision's are; padding goes by its name.
    """
    modules = nn.Sequential()
    before = padding(layer, spec)
    if before is not None:
        modules.add_module("pad", before)
    modules.add_module("0", convolution(layer, spec))
    modules.add_module("1", normalisation(layer, spec))
    if layer.activation:
        modules.add_module("2", activation(spec))
    return modules


class SqueezeExcitation(nn.Module):
    """Gates each channel by what the whole map holds: global mean, two 1x1 layers, sigmoid."""

    def __init__(self, squeeze: Layer, excite: Layer, spec: Spec) -> None:
        super().__init__()
        self.fc1 = convolution(squeeze, spec)
        self.fc2 = convolution(excite, spec)
        self.activation = activation(spec)

    def gates(self, x: Tensor) -> Tensor:
        """The gate of each channel, between 0 and 1: `(N, C, 1, 1)`."""
        mean = functional.adaptive_avg_pool2d(x, 1)
        return torch.sigmoid(self.fc2(self.activation(self.fc1(mean))))

    def forward(self, x: Tensor) -> Tensor:
        return self.gates(x) * x


def stochastic_depth(rate: float) -> nn.Module:
    """Drops a block's whole branch for some samples of a training batch, and rescales the rest.

    arXiv:1603.09382, as the released EfficientNet code has it: per sample, divided by the survival
    rate in training, the identity in evaluation. PyTorch's dropout of whole volumes, which reads
    `(N, C, H, W)` as one volume a sample, is just that.
    """
    return nn.Dropout3d(rate)


def _branch(block: Block, spec: Spec) -> list[nn.Module]:
    """A block's layers as modules in order; squeeze-and-excitation joins its two."""
    modules: list[nn.Module] = []
    layers = iter(block.layers)
    for layer in layers:
        if layer.kind == "squeeze-and-excitation":
            modules.append(SqueezeExcitation(layer, next(layers), spec))
        else:
            modules.append(conv_norm_act(layer, spec))
    return modules


class MBConv(nn.Module):
    """expand 1x1, depthwise, squeeze-and-excitation, project 1x1, and a skip where shapes allow.

    Fused-MBConv (a full convolution for expand and depthwise) and MobileNetV1's depthwise
    separable block are the same row of layers with other members, so they are built here too.
    """

    def __init__(self, block: Block, spec: Spec) -> None:
        super().__init__()
        self.block = nn.Sequential(*_branch(block, spec))
        self.stochastic_depth = stochastic_depth(block.drop_rate)
        self.residual = block.residual

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.block(x)
        return self.stochastic_depth(y) + x if self.residual else y


class InvertedResidual(nn.Module):
    """MobileNetV2's block; its projection's convolution and BatchNorm stand side by side."""

    def __init__(self, block: Block, spec: Spec) -> None:
        super().__init__()
        *branch, project = _branch(block, spec)
        self.conv = nn.Sequential(*branch, *project.children())
        self.stochastic_depth = stochastic_depth(block.drop_rate)
        self.residual = block.residual

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return self.stochastic_depth(y) + x if self.residual else y


class Bottleneck(nn.Module):
    """ResNet's block: reduce 1x1, spatial, expand 1x1, added to the (projected) input."""

    def __init__(self, block: Block, spec: Spec) -> None:
        super().__init__()
        reduce, spatial, expand, *shortcut = block.layers
        self.conv1, self.bn1 = convolution(reduce, spec), normalisation(reduce, spec)
        self.pad = padding(spatial, spec) or nn.Sequential()
        self.conv2, self.bn2 = convolution(spatial, spec), normalisation(spatial, spec)
        self.conv3, self.bn3 = convolution(expand, spec), normalisation(expand, spec)
        self.relu = activation(spec)
        self.downsample = conv_norm_act(shortcut[0], spec) if shortcut else nn.Sequential()
        self.stochastic_depth = stochastic_depth(block.drop_rate)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(self.pad(y))))
        y = self.stochastic_depth(self.bn3(self.conv3(y)))
        return self.relu(y + self.downsample(x))  # type: ignore[no-any-return]


BLOCKS: dict[str, type[nn.Module]] = {
    "mbconv": MBConv,
    "fused_mbconv": MBConv,
    "separable": MBConv,
    "inverted_residual": InvertedResidual,
    "bottleneck": Bottleneck,
}
