"""The same network for speed: BatchNorm folded, channels last, nonlinearities inside oneDNN.

On an x86 CPU each convolution is packed once into oneDNN's own layout and takes its nonlinearity
along, so a map is written once where PyTorch's modules write it three times.
"""

from functools import lru_cache
from itertools import zip_longest

import torch
from torch import Tensor, nn

from effnet.nn.blocks import SqueezeExcitation
from effnet.nn.fold import folded
from effnet.nn.model import Network

POINTWISE = {nn.SiLU: ("swish", []), nn.ReLU: ("relu", []), nn.ReLU6: ("hardtanh", [0.0, 6.0])}


class PackedConv2d(nn.Module):
    """A convolution in oneDNN's own layout, its nonlinearity inside; evaluation only.

    Args:
        conv: The convolution, BatchNorm folded into it.
        act: The nonlinearity behind it, if any.
        dtype: What it computes in.
    """

    def __init__(self, conv: nn.Conv2d, act: nn.Module | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.stride, self.padding = list(conv.stride), [int(p) for p in conv.padding]
        self.dilation, self.groups = list(conv.dilation), conv.groups
        self.attribute, self.scalars = POINTWISE[type(act)] if act else ("none", [])
        weight = conv.weight.detach().to(dtype)
        self.weight = torch._C._nn.mkldnn_reorder_conv2d_weight(
            weight.to_mkldnn(), self.padding, self.stride, self.dilation, self.groups
        )
        self.bias = None if conv.bias is None else conv.bias.detach().to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(  # type: ignore[no-any-return]
            x,
            self.weight,
            self.bias,
            self.padding,
            self.stride,
            self.dilation,
            self.groups,
            self.attribute,
            self.scalars,
            "",
        )


class GatedInPlace(nn.Module):
    """Squeeze-and-excitation that writes into the map it is given, which nothing else reads."""

    def __init__(self, original: SqueezeExcitation) -> None:
        super().__init__()
        self.original = original

    def forward(self, x: Tensor) -> Tensor:
        return x.mul_(self.original.gates(x))


@lru_cache
def can_pack(dtype: torch.dtype = torch.float32) -> bool:
    """True where this PyTorch and this CPU take packed convolutions with nonlinearities inside."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    try:
        act = nn.SiLU()
        conv = nn.Conv2d(8, 8, 3, padding=1)
        image = torch.rand(1, 8, 6, 6).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            found = PackedConv2d(conv, act, dtype)(image.to(dtype)).float()
            return torch.allclose(found, act(conv(image)), atol=1e-4 if dtype.itemsize > 2 else 0.1)
    except (RuntimeError, AttributeError, NotImplementedError):
        return False


def quick(model: Network, *, dtype: torch.dtype = torch.float32) -> Network:
    """A private copy for prediction: the same logits to about 1e-5 in single precision.

    Args:
        model: In evaluation mode, on the device where it will run; it stays as it is.
        dtype: What the convolutions compute in; inputs must have it, and outputs have it.
    """
    found = folded(model).requires_grad_(False).to(dtype=dtype)
    on_cpu = next(found.parameters()).device.type == "cpu"
    found = found.to(memory_format=torch.channels_last)
    if on_cpu and can_pack(dtype):
        _pack(found, dtype)
    return found


def _pack(module: nn.Module, dtype: torch.dtype) -> None:
    if isinstance(module, nn.Sequential):
        _pack_chain(module, dtype)
    for name, child in list(module.named_children()):
        if isinstance(child, SqueezeExcitation):
            setattr(module, name, GatedInPlace(child))
        elif not isinstance(child, PackedConv2d):
            _pack(child, dtype)


def _pack_chain(chain: nn.Sequential, dtype: torch.dtype) -> None:
    """Pack each convolution of a chain with the nonlinearity that follows it."""
    children = [child for child in chain if not isinstance(child, nn.Identity)]
    packed: list[nn.Module] = []
    for child, after in zip_longest(children, children[1:]):
        if isinstance(child, nn.Conv2d):
            act = after if type(after) in POINTWISE else None
            packed.append(PackedConv2d(child, act, dtype))
        elif not (packed and isinstance(packed[-1], PackedConv2d) and type(child) in POINTWISE):
            packed.append(child)
    if any(isinstance(child, PackedConv2d) for child in packed):
        for name in list(chain._modules):
            delattr(chain, name)
        for i, child in enumerate(packed):
            chain.add_module(str(i), child)
