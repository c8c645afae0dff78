"""Weight files: read once, hash checked, never unpickled as code, keys in this project's names.

Files come in torchvision's naming (ours), timm's, or that of lukemelas' EfficientNet-PyTorch.
"""

import hashlib
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from effnet.base import EffnetError, check_range, in_a_row, mark, plural, say
from effnet.network import IMAGE_CHANNELS, Spec, walk
from effnet.nn.model import Network
from effnet.nn.namings import NAMINGS, ends_with, module_names, naming_of
from effnet.nn.reading import State, few, read_bytes
from effnet.scaling import takes_network
from effnet.weights import Checkpoint, WeightsUnavailable, downloads, unavailable, weights_folders

MIRROR_VARIABLE = "EFFNET_WEIGHTS_URL"  # a folder on a web server that holds the same files
MAX_CLASSES = 100_000  # ImageNet-21k has 21,843, JFT 18,291
COUNTERS = ("total_ops", "total_params")  # what thop leaves in a state dict
COUNT = "num_batches_tracked"  # of a BatchNorm; older files lack it, nothing reads it
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


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
        values: Tensors that can't be weights, in words: of another type, NaN or infinite.
        state: Names and tensors under our names.
        notes: What was stripped, filled in and left aside, in words.
    """

    names: str
    classes: int
    in_channels: int
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    shapes: tuple[str, ...]
    values: tuple[str, ...]
    state: State
    notes: tuple[str, ...] = ()

    @property
    def problems(self) -> dict[str, tuple[str, ...]]:
        """What does not fit, by kind; empty where all does."""
        kinds = {
            mark("keys missing"): self.missing,
            mark("keys not in the network"): self.unexpected,
            mark("of another shape"): self.shapes,
            mark("no numbers to compute with"): self.values,
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
            "{path} is not {weights}: its SHA-256 starts {found}, expected {expected} (a "
            "broken download, or another file). Delete it and fetch it again: python -m effnet "
            "weights download {variant}",
            path=path,
            weights=checkpoint.weights,
            found=digest[:8],
            expected=checkpoint.sha256[:8],
            variant=checkpoint.variant,
        )
    return read_bytes(data, str(path)).state


def under_our_names(state: State, spec: Spec) -> State:
    """A state dict in lukemelas' or timm's naming under our names; ours stays as it is."""
    naming = naming_of(state)
    if naming is None:
        return state
    ours = module_names(naming, spec)
    converted = {}
    for key, value in state.items():
        module, _, leaf = key.rpartition(".")
        converted[f"{ours.get(module, module)}.{leaf}"] = value
    return converted


def cleaned(state: State, spec: Spec) -> tuple[State, tuple[str, ...]]:
    """A state dict without what wrappers put before its names and counters leave in it.

    The stem's weight says what stands before all names: `module.` where DistributedDataParallel
    wrote them, `_orig_mod.` torch.compile, `model.` Lightning. Names without it are a trainer's
    own (`n_averaged`, a loss's) and are left aside.

    Returns:
        Names and tensors, and what was done, in words.

    Raises:
        EffnetError: Two networks are in it.
    """
    first, *_ = walk(spec)
    stems = {f"{first.path(first.layers[0])}.weight", *(naming.sign for naming in NAMINGS)}
    before = {key.removesuffix(stem) for stem in stems for key in state if ends_with(key, stem)}
    before = {
        one for one in before if not any(one != two and one.startswith(two) for two in before)
    }
    if len(before) > 1:
        raise EffnetError(
            "{count} networks in one file, their names begin with {prefixes}; save one alone",
            count=len(before),
            prefixes=in_a_row(sorted(repr(one)[:40] for one in before)),
        )
    prefix = next(iter(before), "")
    notes = []
    aside = [key for key in state if not key.startswith(prefix)]
    own = {key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)}
    if prefix:
        notes.append(say("{prefix} was taken from the start of every name.", prefix=repr(prefix)))
    counters = [key for key in own if key.rpartition(".")[2] in COUNTERS]
    if aside or counters:
        notes.append(say("Not weights, left aside: {names}.", names=few(aside + counters)))
    return {key: value for key, value in own.items() if key not in set(counters)}, tuple(notes)


@takes_network
def fit(spec: Spec, state: State) -> Fit:
    """Compare a state dict, in any naming that is known, with a network."""
    state, notes = cleaned(state, spec)
    naming = naming_of(state)
    state = under_our_names(state, spec)
    stem, *_, last = walk(spec)
    bias = state.get(f"{last.path(last.layers[0])}.bias")
    classes = bias.shape[0] if bias is not None and bias.ndim == 1 and len(bias) else 1000
    first = state.get(f"{stem.path(stem.layers[0])}.weight")
    channels = first.shape[1] if first is not None and first.ndim == 4 else IMAGE_CHANNELS
    check_range("classes", classes, 1, MAX_CLASSES)
    with torch.device("meta"):
        wanted = Network(spec, num_classes=classes, in_channels=channels).state_dict()
    counts = [key for key in wanted if key not in state and key.endswith(COUNT)]
    if counts:
        state = state | {key: torch.zeros((), dtype=torch.int64) for key in counts}
        notes += (
            plural(
                len(counts),
                "1 name that no answer depends on was filled in: {name}.",
                "{n} names that no answer depends on were filled in: {name} of each BatchNorm.",
                name=COUNT,
            ),
        )
    shared = {key: state[key] for key in wanted if key in state}
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
                found=tuple(value.shape),
                expected=tuple(wanted[key].shape),
            )
            for key, value in shared.items()
            if value.shape != wanted[key].shape
        ),
        tuple(
            f"{key}: {problem}"
            for key, value in shared.items()
            if (problem := _unfit(key, value, wanted[key]))
        ),
        state,
        notes,
    )


def _finite(value: Tensor) -> bool:
    """Told by NumPy: PyTorch's threads do not go along where a process forks."""
    value = value.detach()
    if value.dtype is torch.bfloat16:  # which NumPy has not: infinity and NaN are all ones here
        exponent = 0x7F80
        return not (value.view(torch.int16).numpy() & exponent == exponent).any()
    return bool(np.isfinite(value.numpy()).all())


def _unfit(key: str, value: Tensor, wanted: Tensor) -> str:
    """Why a tensor's numbers can't be computed with, in words; "" where they can."""
    if not wanted.is_floating_point():
        return ""
    if value.dtype not in FLOATS:
        return say("{type} is no floating point of 16 to 64 bits", type=value.dtype)
    if not _finite(value):
        return say("NaN or infinity in it")
    if key.endswith("running_var") and (value < 0).any():
        return say("a variance under zero")
    return ""


@takes_network
def load_state(spec: Spec, state: State, *, origin: str) -> Network:
    """Build the network around a state dict; every key and shape must fit.

    Args:
        spec: The network.
        state: Names and tensors, in torchvision's, lukemelas' or timm's naming.
        origin: What the state dict is called in messages.

    Raises:
        EffnetError: Keys or shapes do not fit, with the first that do not.
    """
    return built(spec, fit(spec, state), origin=origin)


def built(spec: Spec, found: Fit, *, origin: str) -> Network:
    """The network with the weights of a fit; `EffnetError` where it has problems."""
    if found.problems:
        problems = [
            f"{count} ({keys[0]})"
            for count, keys in zip(found.counts(), found.problems.values(), strict=True)
        ]
        raise EffnetError(
            "{file} does not fit {network}: {problems}",
            file=origin,
            network=spec.name,
            problems="; ".join(problems),
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
            download_url(checkpoint),
            target,
            sha256=checkpoint.sha256,
            most_bytes=math.ceil((checkpoint.size_mib + 0.001) * 2**20),  # it is told to 0.001 MiB
            progress=progress,
        )
    except downloads.FetchError as error:
        raise WeightsUnavailable(
            "could not fetch {weights} ({error}). {advice}",
            weights=checkpoint.weights,
            error=error,
            advice=unavailable(checkpoint),
        ) from None
