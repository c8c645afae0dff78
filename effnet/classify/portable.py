"""A classifier made from a network of one's own, and its ways out: a weights file, an ONNX file."""

import copy
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from effnet.base import EffnetError, Text, brief, path_ending, write_whole
from effnet.network import IMAGE_CHANNELS
from effnet.nn import Network, as_built, fit, onnx_model, saved, weights_of

if TYPE_CHECKING:
    from torch import Tensor

    from effnet.classify.classifier import Classifier

AXES = ("N", "H", "W")


def private(network: object) -> Network:
    """A copy of somebody's network to classify with, so that theirs stays as it is, trainable.

    Raises:
        EffnetError: It is none that `build` gives, is no longer what its spec says (but for the
            number of its outputs), or takes no colour pictures.
    """
    network = as_built(network)
    if network.in_channels != IMAGE_CHANNELS:
        raise EffnetError(
            "the network takes {n} {n:channel|channels}; pictures have 3", n=network.in_channels
        )
    state = {name: value.cpu() for name, value in network.state_dict().items()}
    doubts = fit(network.spec, state).problems
    if doubts:
        kind, keys = next(iter(doubts.items()))
        raise EffnetError(
            "the network is no longer what its spec says: {kind}, such as {key}; "
            "change its number of outputs only, with one fully connected layer at its end",
            kind=Text(kind),
            key=keys[0],
        )
    with torch.device("meta"):
        as_said = Network(network.spec, num_classes=network.num_classes)
    for is_now, wanted in zip(_leaves(network), _leaves(as_said), strict=False):
        if is_now != wanted:
            raise EffnetError(
                "the network is no longer what its spec says: {found} in the place of {wanted}; "
                "change its number of outputs only",
                found=is_now,
                wanted=wanted,
            )
    return copy.deepcopy(network)


def _leaves(network: nn.Module) -> list[str]:
    """What each module computes in evaluation mode, where it does anything at all."""
    idle = (nn.Dropout, nn.Dropout3d, nn.Identity)
    return [
        f"BatchNorm({module.num_features}, eps={module.eps:g})"
        if isinstance(module, (nn.BatchNorm2d, nn.SyncBatchNorm))
        else str(module)
        for module in network.modules()
        if not list(module.children()) and not isinstance(module, idle)
    ]


def save(classifier: "Classifier", path: str | Path) -> Path:
    """Write network, classes and preprocessing as one `.safetensors` file; gives its path."""
    file = path_ending(path, ".safetensors")
    data = saved.to_bytes(
        classifier.model.state_dict(),
        spec=classifier.spec,
        classes=classifier.classes,
        preprocessing=classifier.preprocessing,
    )
    write_whole(file, data)
    return file


def to_onnx(classifier: "Classifier", path: str | Path, dynamic: Collection[str]) -> Path:
    """Write an ONNX file (opset 17): input `image`, output `logits`; gives its path."""
    file = path_ending(path, ".onnx")
    write_whole(file, as_onnx(classifier, dynamic=dynamic))
    return file


def as_onnx(
    classifier: "Classifier",
    *,
    dynamic: Collection[str] = ("N",),
    state: "Mapping[str, Tensor] | None" = None,
) -> bytes:
    """The same as bytes.

    Args:
        classifier: The network with its classes and preprocessing, which the file says.
        dynamic: The free axes of the input, of `AXES`.
        state: Weights in the place of its own, named as in its state dict.
    """
    if isinstance(dynamic, str) or not set(dynamic) <= set(AXES):
        raise EffnetError("dynamic axes {axes}; expected some of N, H and W", axes=brief(dynamic))
    prepared, model = classifier.preprocessing, classifier.model
    shape = (1, IMAGE_CHANNELS, prepared.crop, prepared.crop)
    sides = zip(("N", "", "H", "W"), shape, strict=True)
    about = {
        "classes": json.dumps(classifier.classes),
        "mean": json.dumps(prepared.mean),
        "std": json.dumps(prepared.std),
        "resize": str(prepared.resize),
        "crop": str(prepared.crop),
        "interpolation": prepared.interpolation,
    }
    return onnx_model(
        classifier.spec,
        weights_of(state or model.state_dict()),
        about=about,
        num_classes=model.num_classes,
        image=tuple(axis if axis in dynamic else size for axis, size in sides),
    )
