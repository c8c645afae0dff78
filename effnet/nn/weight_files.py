"""Weight files: read once, hash checked, never unpickled as code, keys in this project's names.

Files come in torchvision's naming (ours), timm's, or that of lukemelas' EfficientNet-PyTorch.
"""

import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from effnet.base import EffnetError, mark, path_of, say
from effnet.network import IMAGE_CHANNELS, Spec, walk
from effnet.nn.model import Network
from effnet.nn.namings import DISTRIBUTED, module_names, naming_of
from effnet.weights import Checkpoint, WeightsUnavailable, downloads, unavailable, weights_folders

State = dict[str, Tensor]

MIRROR_VARIABLE = "EFFNET_WEIGHTS_URL"  # a folder on a web server that holds the same files
WRAPPERS = ("state_dict", "model", "model_state_dict")  # where trainers keep a state dict


@dataclass(frozen=True, slots=True)
class Fit:
    """How a state dict fits a network.

    Attributes:
        names: Whose names it has.
        classes: Outputs of its classifier.
        in_channels: Channels of its input.
        missing: Keys of the network that it has not.
        unexpected: Keys that the network has not.
        shapes: Tensors of another shape, in words.
        state: Names and tensors under our names.
    """

    names: str
    classes: int
    in_channels: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    shapes: tuple[str, ...]
    state: State

    @property
    def problems(self) -> dict[str, tuple[str, ...]]:
        """What does not fit, by kind; empty where all does."""
        kinds = {
            mark("keys missing"): self.missing,
            mark("keys not in the network"): self.unexpected,
            mark("of another shape"): self.shapes,
        }
        return {kind: found for kind, found in kinds.items() if found}

    def counts(self) -> list[str]:
        """How many of each kind do not fit, in words."""
        return [
            say("{count} {kind}", count=len(keys), kind=say(kind))
            for kind, keys in self.problems.items()
        ]


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
            say(
                "{path} is not {weights}: its SHA-256 starts {found}, expected {expected} (a "
                "broken download, or another file). Delete it and fetch it again: python -m effnet "
                "weights download {variant}",
                path=path,
                weights=checkpoint.weights,
                found=digest[:8],
                expected=checkpoint.sha256[:8],
                variant=checkpoint.variant,
            )
        )
    return _state_dict(data, str(path))


def read_file(path: str | Path) -> State:
    """The state dict in a user's `.pth`, `.pt` or `.safetensors` file; no code in it is run.

    Raises:
        WeightsUnavailable: There is no such file.
        EffnetError: It holds no state dict.
    """
    file = path_of(path)
    if not file.is_file():
        raise WeightsUnavailable(
            say("no weights file at {file}; expected a .pth or .safetensors file", file=file)
        )
    return _state_dict(file.read_bytes(), str(file))


def timms_name(path: str | Path) -> str:
    """What says which of timm's networks a file is: the `config.json` beside it, or its name."""
    file = path_of(path)
    try:
        config = json.loads(file.with_name("config.json").read_text("utf-8"))
        said = config["architecture"]
    except (OSError, ValueError, KeyError, TypeError):
        return file.name
    return said if isinstance(said, str) else file.name


def read_bytes(data: bytes, name: str) -> State:
    """The state dict in a file's content; the name's ending says which kind it is."""
    return _state_dict(data, name)


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
        if isinstance(error, (UnpicklingError, EOFError)):  # PyTorch's own words are of its options
            reason = say("damaged, or more than tensors; save only model.state_dict()")
        raise EffnetError(
            say("{file} is not a file of plain weights ({reason})", file=name, reason=reason)
        ) from error
    if isinstance(state, dict):
        inner = (state[key] for key in WRAPPERS if isinstance(state.get(key), dict))
        state = next(inner, state)
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise EffnetError(say("{file} holds no state dict (names and tensors)", file=name))
    return state


def under_our_names(state: State, spec: Spec) -> State:
    """A state dict in lukemelas' or timm's naming under our names; ours stays as it is."""
    if all(key.startswith(DISTRIBUTED) for key in state):
        state = {key.removeprefix(DISTRIBUTED): value for key, value in state.items()}
    naming = naming_of(state)
    if naming is None:
        return state
    ours = module_names(naming, spec)
    converted = {}
    for key, value in state.items():
        module, _, leaf = key.rpartition(".")
        converted[f"{ours.get(module, module)}.{leaf}"] = value
    return converted


def fit(spec: Spec, state: State) -> Fit:
    """Compare a state dict, in any naming that is known, with a network."""
    naming = naming_of({key.removeprefix(DISTRIBUTED) for key in state})
    state = under_our_names(state, spec)
    stem, *_, last = walk(spec)
    bias = state.get(f"{last.path(last.layers[0])}.bias")
    classes = bias.shape[0] if bias is not None and bias.ndim == 1 and len(bias) else 1000
    first = state.get(f"{stem.path(stem.layers[0])}.weight")
    channels = first.shape[1] if first is not None and first.ndim == 4 else IMAGE_CHANNELS
    with torch.device("meta"):
        wanted = Network(spec, num_classes=classes, in_channels=channels).state_dict()
    return Fit(
        naming.title if naming else "torchvision",
        classes,
        channels,
        tuple(key for key in wanted if key not in state),
        tuple(key for key in state if key not in wanted),
        tuple(
            say(
                "{key} is {found}, expected {expected}",
                key=key,
                found=tuple(state[key].shape),
                expected=tuple(value.shape),
            )
            for key, value in wanted.items()
            if key in state and state[key].shape != value.shape
        ),
        state,
    )


def load_state(spec: Spec, state: State, *, origin: str) -> Network:
    """Build the network around a state dict; every key and shape must fit.

    Args:
        spec: The network.
        state: Names and tensors, in torchvision's, lukemelas' or timm's naming.
        origin: What the state dict is called in messages.

    Raises:
        EffnetError: Keys or shapes do not fit, with the first that do not.
    """
    found = fit(spec, state)
    if found.problems:
        problems = [
            f"{count} ({keys[0]})"
            for count, keys in zip(found.counts(), found.problems.values(), strict=True)
        ]
        raise EffnetError(
            say(
                "{file} does not fit {network}: {problems}",
                file=origin,
                network=spec.name,
                problems="; ".join(problems),
            )
        )
    with torch.device("meta"):
        model = Network(spec, num_classes=found.classes, in_channels=found.in_channels)
    wanted = model.state_dict()
    fitting = {key: value.to(wanted[key].dtype) for key, value in found.state.items()}
    model.load_state_dict(fitting, strict=True, assign=True)
    return model


def download_url(checkpoint: Checkpoint) -> str:
    """Where a torchvision checkpoint is fetched from: `$EFFNET_WEIGHTS_URL`, else its publisher."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    if mirror:
        return f"{mirror.rstrip('/')}/{checkpoint.file}"
    from torchvision.models import get_weight

    url: str = get_weight(checkpoint.weights).url
    return url


def download(checkpoint: Checkpoint, *, progress: downloads.Progress | None = None) -> Path:
    """Fetch a torchvision checkpoint into the first weights folder, hash checked, whole or not.

    What an interrupted try left is gone on with.

    Raises:
        WeightsUnavailable: It can't be fetched; the file that was there, if any, is as it was.
    """
    if checkpoint.origin == "package":
        raise unavailable(checkpoint)
    target = weights_folders()[0] / checkpoint.file
    try:
        return downloads.fetch(
            download_url(checkpoint), target, sha256=checkpoint.sha256, progress=progress
        )
    except (downloads.FetchError, OSError) as error:
        raise WeightsUnavailable(
            say(
                "could not fetch {weights} ({error}). {advice}",
                weights=checkpoint.weights,
                error=error,
                advice=unavailable(checkpoint),
            )
        ) from None
