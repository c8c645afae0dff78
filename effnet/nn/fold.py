"""BatchNorm folded into the convolution before it: the same logits from fewer operators."""

import copy

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from effnet.network import walk
from effnet.nn.model import Network


def folded(model: Network) -> Network:
    """A private copy in evaluation mode with every BatchNorm folded; `model` stays as it is.

    In evaluation BatchNorm is y = scale * (x - mean) / sqrt(variance + eps) + shift, which is
    linear in x, so scale and shift move into the convolution's weights and bias.
    """
    found = copy.deepcopy(model).eval()
    for block in walk(model.spec, num_classes=model.num_classes):
        for layer in block.layers:
            if not layer.norm:
                continue
            path, norm_path = block.path(layer), block.norm_path(layer)
            convolution, norm = found.get_submodule(path), found.get_submodule(norm_path)
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                _put(found, path, fuse_conv_bn_eval(convolution, norm))
                _put(found, norm_path, nn.Identity())
    return found


def _put(model: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)
