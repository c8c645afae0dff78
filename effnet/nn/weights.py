"""Weight files: read once, hash checked, never unpickled as code, keys in this project's names.

Files come in torchvision's naming (ours) or in that of lukemelas' EfficientNet-PyTorch.
"""

import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from effnet.checkpoints import Checkpoint, WeightsUnavailable, unavailable, weights_folders
from effnet.nn.model import Network
from effnet.spec import EffnetError, Spec
from effnet.walk import walk

State = dict[str, Tensor]

# lukemelas' names by kind of layer: convolution, BatchNorm
LUKEMELAS_BLOCK = {
    "expand": ("_expand_conv", "_bn0"),
    "depthwise": ("_depthwise_conv", "_bn1"),
    "project": ("_project_conv", "_bn2"),
}
LUKEMELAS_ENDS = {
    "stem": ("_conv_stem", "_bn0"),
    "head": ("_conv_head", "_bn1"),
    "classifier": ("_fc", ""),
}


def read_checkpoint(checkpoint: Checkpoint) -> State:
    """The state dict of a known checkpoint that is on this machine, its hash checked.

    Raises:
        WeightsUnavailable: The file is not here, or is not the file that was published.
    """
    path = checkpoint.path
    if path is None:
        raise unavailable(checkpoint)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if not digest.startswith(checkpoint.sha256):
        raise WeightsUnavailable(
            f"{path} is not {checkpoint.weights}: its SHA-256 starts {digest[:8]}, expected "
            f"{checkpoint.sha256[:8]} (a broken download, or another file). Delete it and fetch "
            f"it again: python -m effnet weights download {checkpoint.variant}"
        )
    return _state_dict(data, str(path))


def read_file(path: str | Path) -> State:
    """The state dict in a user's `.pth`, `.pt` or `.safetensors` file; no code in it is run.

    Raises:
        WeightsUnavailable: There is no such file.
        EffnetError: It holds no state dict.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise WeightsUnavailable(f"no weights file at {file}; expected a .pth or .safetensors file")
    return _state_dict(file.read_bytes(), str(file))


def _state_dict(data: bytes, name: str) -> State:
    state: Any
    try:
        if name.endswith(".safetensors"):
            from safetensors.torch import load

            state = load(data)
        else:
            state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # unpicklers raise nearly anything on a damaged file
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise EffnetError(f"{name} is not a file of plain weights ({reason})") from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise EffnetError(f"{name} holds no state dict (names and tensors)")
    return state


def from_lukemelas(state: State, spec: Spec) -> State:
    """A state dict in lukemelas' naming (`_blocks.3._expand_conv.weight`) under our names."""
    renamed: dict[str, str] = {}
    index = -1
    for block in walk(spec):
        index += block.operator not in LUKEMELAS_ENDS
        squeezes = iter(("_se_reduce", "_se_expand"))
        for layer in block.layers:
            if block.operator in LUKEMELAS_ENDS:
                conv, norm = LUKEMELAS_ENDS[block.operator]
            else:
                conv, norm = LUKEMELAS_BLOCK.get(layer.kind) or (next(squeezes), "")
                conv, norm = f"_blocks.{index}.{conv}", f"_blocks.{index}.{norm}"
            renamed[conv] = block.path(layer)
            if layer.norm:
                renamed[norm] = block.norm_path(layer)
    converted = {}
    for key, value in state.items():
        module, _, leaf = key.rpartition(".")
        converted[f"{renamed.get(module, module)}.{leaf}"] = value
    return converted


def load_state(spec: Spec, state: State, *, origin: str) -> Network:
    """Build the network around a state dict; every key and shape must fit.

    Args:
        spec: The network.
        state: Names and tensors, in torchvision's or lukemelas' naming.
        origin: What the state dict is called in messages.

    Raises:
        EffnetError: Keys or shapes do not fit, with the first that do not.
    """
    if "_conv_stem.weight" in state:
        state = from_lukemelas(state, spec)
    *_, last = walk(spec)
    bias = state.get(f"{last.path(last.layers[0])}.bias")
    classes = bias.shape[0] if bias is not None and bias.ndim == 1 else 1000
    with torch.device("meta"):
        model = Network(spec, num_classes=classes)
    wanted = model.state_dict()
    missing = [key for key in wanted if key not in state]
    unexpected = [key for key in state if key not in wanted]
    shapes = [
        f"{key} is {tuple(state[key].shape)}, expected {tuple(value.shape)}"
        for key, value in wanted.items()
        if key in state and state[key].shape != value.shape
    ]
    if missing or unexpected or shapes:
        problems = [
            f"{len(found)} {label} ({found[0]})"
            for label, found in (
                ("keys missing", missing),
                ("keys not in the network", unexpected),
                ("of another shape", shapes),
            )
            if found
        ]
        raise EffnetError(f"{origin} does not fit {spec.name}: {'; '.join(problems)}")
    fitting = {key: value.to(wanted[key].dtype) for key, value in state.items()}  # half to single
    model.load_state_dict(fitting, strict=True, assign=True)
    return model


def download(checkpoint: Checkpoint, *, progress: bool = True) -> Path:
    """Fetch a torchvision checkpoint into the first weights folder, hash checked, whole or not.

    Raises:
        WeightsUnavailable: It can't be fetched; nothing is left behind.
    """
    if checkpoint.origin == "package":
        raise unavailable(checkpoint)
    from torchvision.models import get_weight

    folder = weights_folders()[0]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / checkpoint.file
    handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
    os.close(handle)
    try:
        torch.hub.download_url_to_file(
            get_weight(checkpoint.weights).url,
            part,
            hash_prefix=checkpoint.sha256,
            progress=progress,
        )
        os.replace(part, target)
    except (OSError, RuntimeError) as error:
        Path(part).unlink(missing_ok=True)
        raise WeightsUnavailable(
            f"could not fetch {checkpoint.weights} ({error}). {unavailable(checkpoint)}"
        ) from None
    return target
