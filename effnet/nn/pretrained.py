"""Trained weights in networks of another shape: new heads, other inputs, maps for other heads."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from effnet.base import EffnetError, brief, check_known, is_whole
from effnet.network import IMAGE_CHANNELS, Spec, walk
from effnet.nn.blocks import SamePadding
from effnet.nn.model import Network, build
from effnet.nn.own import opened
from effnet.nn.reading import read_file
from effnet.nn.weight_files import load_state, read_checkpoint
from effnet.scaling import AnyNetwork
from effnet.weights import checkpoints, sources

LEVELS = (1, 2, 3, 4, 5)
OUTPUT_STRIDES = (8, 16, 32)


def network_with(spec: Spec, weights: str | Path) -> Network:
    """A network with weights as they are: as many outputs and input channels as the file has.

    Args:
        spec: The network.
        weights: "default", a torchvision enum name, or a file, as in `load`.

    Raises:
        WeightsUnavailable: The weights are not here.
        EffnetError: They do not fit, or can't be read.
    """
    if sources.is_source(weights):
        source = sources.find(weights)
        own = opened(source, read_file(source.file), spec)
        if own.doubt:
            warnings.warn(own.doubt, stacklevel=3)
        return own.network()
    checkpoint = checkpoints.choose(spec.name, str(weights))
    return load_state(spec, read_checkpoint(checkpoint), origin=checkpoint.weights)


def refitted(network: Network, *, num_classes: int, in_channels: int) -> Network:
    """The same network, its head new and its stem adapted where it has other numbers of them."""
    stem, *_ = walk(network.spec, num_classes=num_classes, in_channels=in_channels)
    if num_classes != network.num_classes:
        network.reset_classifier(num_classes)
    if in_channels != network.in_channels:
        convolution = network.get_submodule(stem.path(stem.layers[0]))
        weight = convolution.get_parameter("weight").detach()
        convolution.weight = nn.Parameter(adapted(weight, in_channels))
        convolution.in_channels = network.in_channels = in_channels  # type: ignore[assignment]
    return network


def adapted(weight: Tensor, channels: int) -> Tensor:
    """The stem's `(O, I, k, k)` weight for another number of input channels, as timm does it.

    One channel gets the sum over all, so that a grey picture gives what the same picture in colour
    would give. More repeat the channels in order, scaled by I / channels, so that the sum over them
    stays about what it was.
    """
    if channels == 1:
        return weight.sum(dim=1, keepdim=True)
    had = weight.shape[1]
    return weight[:, [i % had for i in range(channels)]] * (had / channels)


class Backbone(nn.Module):
    """A network without head and classifier that gives its maps: `(N, C_i, H / s_i, W / s_i)`.

    Attributes:
        spec: The architecture.
        levels: Which maps it gives, in order; level i has stride 2**i, or the output stride.
        channels, strides: Of these maps.
    """

    def __init__(
        self, network: Network, *, levels: Sequence[int] = LEVELS, output_stride: int = 32
    ) -> None:
        super().__init__()
        check_known("output stride", output_stride, OUTPUT_STRIDES)
        there = network.levels()
        if not (
            isinstance(levels, Sequence)
            and levels
            and all(is_whole(level, 1, len(there)) for level in levels)
        ):
            raise EffnetError(
                "levels {levels}; expected some of {known}, which have strides {strides}",
                levels=brief(levels),
                known=", ".join(str(i + 1) for i in range(len(there))),
                strides=", ".join(str(2 ** (i + 1)) for i in range(len(there))),
            )
        self.spec = network.spec
        self.levels = tuple(int(level) for level in levels)
        self.strides = tuple(min(2**level, output_stride) for level in self.levels)
        self.stages = nn.ModuleList(nn.Sequential(*part) for part in there[: max(self.levels)])
        self.channels = tuple(_channels(self.stages[level - 1]) for level in self.levels)
        for level, stage in enumerate(self.stages, 1):
            _dilate(stage, 2**level // output_stride)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return [maps[level - 1] for level in self.levels]


def _dilate(stage: nn.Module, dilation: int) -> None:
    """Leave out a stage's stride and spread its kernels, so that every weight sees what it saw.

    What strode has its input as dense as the stage before: it is spread half as wide as the rest.
    """
    if dilation < 2:
        return
    for module in list(stage.modules()):
        for name, child in module.named_children():
            if isinstance(child, SamePadding):  # even from here on: the convolution does it
                module.add_module(name, nn.Identity())
            elif isinstance(child, nn.Conv2d):
                spread = dilation // 2 if child.stride == (2, 2) else dilation
                child.stride = (1, 1)
                if child.kernel_size == (1, 1):
                    continue
                child.dilation = (spread, spread)
                child.padding = (spread * (child.kernel_size[0] // 2),) * 2


def _channels(stage: nn.Module) -> int:
    """Of the map that a stage gives: every block ends with a convolution."""
    *_, last = (module for module in stage.modules() if isinstance(module, nn.Conv2d))
    return last.out_channels


def backbone(
    name: AnyNetwork,
    *,
    levels: Sequence[int] = LEVELS,
    weights: str | Path | None = "default",
    in_channels: int = IMAGE_CHANNELS,
    output_stride: int = 32,
) -> Backbone:
    """A network's maps for a segmentation or detection head.

    Args:
        name: The network, as `build` takes it.
        levels: Which maps to give, in this order: level i is the last map of stride 2**i.
        weights: As in `load`; None or "random" for random ones.
        in_channels: Channels of the input, as in `build`.
        output_stride: 8 or 16 for finer deep maps: blocks beyond it have dilated kernels in the
            place of strides, with the same weights, as in DeepLab (arXiv:1706.05587).

    Raises:
        WeightsUnavailable: The weights are not here: says where to put them.
        EffnetError: The network, the weights or a level can't be used.
    """
    network = build(name, weights=weights, in_channels=in_channels)
    return Backbone(network, levels=levels, output_stride=output_stride)
