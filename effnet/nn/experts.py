"""CondConv: kernels mixed anew for each image, in the place of one kernel for all.

Source: arXiv:1904.04971. A spec doesn't say that a network has them: `Classifier` refuses such a
network, and `count` knows one kernel a convolution.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from effnet.base import EffnetError, check_range
from effnet.network import walk
from effnet.nn.blocks import MBConv
from effnet.nn.model import Network, as_built

MOST = 64  # experts


class MixedConvolution(nn.Module):
    """A 1x1 or depthwise convolution whose kernel is for each image a sum of experts' kernels.

    `weight` is `(experts, weights of a kernel)`, as timm has it.
    """

    def __init__(self, convolution: nn.Conv2d, experts: int) -> None:
        super().__init__()
        self.experts, self.outputs = experts, convolution.out_channels
        self.groups = convolution.groups
        self.kernel, self.stride = convolution.kernel_size, convolution.stride
        self.padding = convolution.padding
        # shares begin near a half each, so their sum near the convolution's own kernel
        kernel = 2 / experts * convolution.weight.detach().flatten()
        self.weight = nn.Parameter(kernel.repeat(experts, 1))

    def forward(self, x: Tensor, shares: Tensor) -> Tensor:
        """Of `x` `(N, C, H, W)` and `shares` `(N, experts)`.

        A 1x1 mixes the kernels and multiplies; a depthwise convolution, which is cheap, runs every
        expert's kernel and mixes the maps. No shape hangs on N, so the network can be traced.
        """
        if self.groups == 1:
            kernels = torch.matmul(shares, self.weight).reshape(-1, self.outputs, x.shape[1])
            mixed = torch.matmul(kernels, x.flatten(2))
            return mixed.reshape(-1, self.outputs, x.shape[2], x.shape[3])
        every = self.weight.reshape(self.experts, self.outputs, 1, *self.kernel).transpose(0, 1)
        maps = functional.conv2d(
            x,
            every.flatten(0, 1),
            stride=self.stride,
            padding=self.padding,
            groups=self.groups,
        )
        maps = maps.reshape(-1, self.outputs, self.experts, maps.shape[2], maps.shape[3])
        return torch.einsum("ncehw,ne->nchw", maps, shares)

    def extra_repr(self) -> str:
        return f"{self.experts} experts, {self.outputs}, kernel_size={self.kernel}"


class MixedMBConv(nn.Module):
    """An MBConv with mixed kernels; the mean of its input says in which shares."""

    def __init__(self, block: MBConv, channels: int, experts: int) -> None:
        super().__init__()
        self.block = block.block
        self.stochastic_depth, self.residual = block.stochastic_depth, block.residual
        for row in self.block:
            plain = dict(row.named_children()).get("0")
            if isinstance(plain, nn.Conv2d):  # squeeze-and-excitation's have other names
                row.add_module("0", MixedConvolution(plain, experts))
        self.routing = nn.Linear(channels, experts)

    def forward(self, x: Tensor) -> Tensor:
        mean = torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1)
        y, shares = x, torch.sigmoid(self.routing(mean))
        for row in self.block:
            for module in row if isinstance(row, nn.Sequential) else (row,):
                y = module(y, shares) if isinstance(module, MixedConvolution) else module(y)
        return self.stochastic_depth(y) + x if self.residual else y


def with_experts(network: Network, experts: int = 4, *, stages: int = 3) -> Network:
    """A copy of the network with CondConv in every MBConv of its last stages; `network` stays.

    Each expert begins with the convolution's own kernel, scaled so that their sum is near it. In
    training they part, as their shares differ from the start.

    Args:
        network: One of MBConv in these stages, such as `build("b0")`.
        experts: Kernels of each convolution: timm's `efficientnet_cc_b0_4e` has 4.
        stages: How many of the last stages: 3 in the paper's and timm's networks.

    Raises:
        EffnetError: The network isn't one of `build`'s, a number is out of its range, or a stage
            has other blocks, such as those with experts already.
    """
    last = len(as_built(network).spec.stages)
    check_range("experts", experts, 1, MOST, whole=True)
    check_range("stages with experts", stages, 1, last, whole=True)
    found = copy.deepcopy(network)
    for block in walk(network.spec):
        if not last - stages < block.stage <= last:
            continue
        parent, _, name = block.name.rpartition(".")
        plain = found.get_submodule(block.name)
        if not isinstance(plain, MBConv) or block.operator != "mbconv":
            raise EffnetError(
                "stage {number} of {network!r} has no MBConv to give experts to",
                number=block.stage,
                network=network.spec.name,
            )
        mixed = MixedMBConv(plain, block.layers[0].in_channels, experts)
        setattr(found.get_submodule(parent), name, mixed)
    return found
