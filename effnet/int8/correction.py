"""What rounding the weights adds to a layer's outputs on average, taken out of its biases.

A rounded weight is off by up to half a step. In a 1x1 convolution hundreds of such errors cancel;
in a depthwise filter of nine weights over a map that is all positive they do not, and shift the
whole channel. The shift is measured on pictures and subtracted (Nagel et al., "Data-Free
Quantization Through Weight Equalization and Bias Correction", arXiv:1906.04721, section 4.2).
"""

import copy
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from effnet.network import walk
from effnet.nn import Network, folded


def rounded(weight: Tensor, levels: int, *, per_channel: bool) -> Tensor:
    """Weights `(out, in, k, k)` or `(out, in)` on the nearest of `2 * levels + 1` steps around 0.

    Args:
        weight: With BatchNorm folded into it.
        levels: 127 for 8 bits, 64 where the range is reduced.
        per_channel: Whether each output channel has a step of its own.
    """
    rows = weight.reshape(len(weight) if per_channel else 1, -1)
    step = (rows.abs().amax(1, keepdim=True) / levels).clamp(min=torch.finfo(weight.dtype).tiny)
    return ((rows / step).round().clamp(-levels, levels) * step).reshape(weight.shape)


@torch.inference_mode()
def corrected(
    network: Network, batches: Iterable[np.ndarray], levels: int, *, per_channel: bool
) -> dict[str, Tensor]:
    """The network's state dict with every shift taken out of the bias behind its weights.

    Args:
        network: In evaluation mode; it stays as it is.
        batches: Pictures `(n, 3, side, side)`, prepared.
        levels: As `rounded` takes them.
        per_channel: As `rounded` takes it.
    """
    plain = folded(network).cpu()
    shifts: dict[str, list[Tensor]] = {}
    places: dict[str, str] = {}  # a layer's bias in the state dict
    for block in walk(network.spec, num_classes=network.num_classes):
        for layer in block.layers:
            path = block.path(layer)
            places[path] = f"{block.norm_path(layer) if layer.norm else path}.bias"
            shifts[path] = []
            _listen(plain.get_submodule(path), shifts[path], levels, per_channel=per_channel)
    for pictures in batches:
        plain(torch.from_numpy(pictures))
    state = {name: value.cpu() for name, value in network.state_dict().items()}
    for path, found in shifts.items():
        if found and places[path] in state:
            state[places[path]] = state[places[path]] - torch.cat(found).mean(0)
    return state


def _listen(module: nn.Module, shifts: list[Tensor], levels: int, *, per_channel: bool) -> None:
    """Note what the rounding of this layer's weights adds to each picture's channels."""
    error = copy.deepcopy(module)
    assert isinstance(error, (nn.Conv2d, nn.Linear))
    error.weight = nn.Parameter(
        rounded(error.weight, levels, per_channel=per_channel) - error.weight, requires_grad=False
    )
    error.bias = None

    def heard(_module: nn.Module, given: tuple[Tensor, ...], _output: Tensor) -> None:
        added = error(given[0])
        shifts.append(added.mean((2, 3)) if added.ndim == 4 else added)

    module.register_forward_hook(heard)
