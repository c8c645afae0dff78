"""What is known of somebody's weight file before it is opened: whose network, how pictures go in.

A folder of the Hugging Face hub says so in its `config.json`; a file of timm's is known by its
name. Facts on timm's weights are read from `data/timm.csv` (timm 1.0.31). No torch.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from effnet.base import EffnetError, brief, in_a_row, needing, path_of, say, table
from effnet.network import Spec
from effnet.weights.checkpoints import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Preprocessing,
    WeightsUnavailable,
    usual_preprocessing,
    weights_folders,
)

HUB = "hf-hub:"
ENDINGS = (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".tar")
HUBS_FILES = ("model.safetensors", "pytorch_model.bin")
DEFAULTS: dict[str, Any] = {  # timm's own, of what a config does not say
    "mean": IMAGENET_MEAN,
    "std": IMAGENET_STD,
    "interpolation": "bicubic",
    "crop_pct": 0.875,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A weight file and what is said of it.

    Attributes:
        file: Where it lies.
        name: timm's name of the network where a config says it, else the file's.
        preprocessing: How its pictures are prepared; None where nothing says so.
        classes: Names in index order, where a config has them.
        notes: What is not known, or not done as the weights want it, in words.
    """

    file: Path
    name: str
    preprocessing: Preprocessing | None = None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimmWeights:
    """One of timm's pretrained weights.

    Attributes:
        name: timm's: architecture and tag.
        variant: Our name of the network.
        preprocessing: As its `resolve_data_config` gives it.
        squash: True where both sides are resized to the network's, the picture's shape given up.
        classes: Outputs.
        file: The file's name where it lay before the hub; "" where it never did.
    """

    name: str
    variant: str
    preprocessing: Preprocessing
    squash: bool
    classes: int
    file: str


@lru_cache(maxsize=1)
def timms_weights() -> tuple[TimmWeights, ...]:
    """timm's pretrained weights of the networks that are known here."""
    return tuple(
        TimmWeights(
            row["name"],
            row["variant"],
            _cropped(
                int(row["side"]),
                float(row["crop_pct"]),
                row["interpolation"],
                tuple(map(float, row["mean"].split())),
                tuple(map(float, row["std"].split())),
            ),
            row["crop_mode"] == "squash",
            int(row["classes"]),
            row["file"],
        )
        for row in table("timm")
    )


def _cropped(
    side: int, share: float, interpolation: Any, mean: tuple[float, ...], std: tuple[float, ...]
) -> Preprocessing:
    """timm's words for it: the crop is a `share` of the short side, rounded down."""
    return Preprocessing(int(side / share), side, interpolation, mean, std)


def place_of(name: str) -> str | Path | None:
    """Where a network lies that is named by more than a variant: an address, a folder, timm's name.

    Raises:
        WeightsUnavailable: It is timm's name, and no such file is in the folders for weights.
    """
    if name.startswith(HUB):
        return name
    if os.path.isdir(name):
        return Path(name)
    theirs = [one for one in timms_weights() if name in (one.name, one.name.partition(".")[0])]
    if not theirs or not (name.startswith("tf_") or "." in name):  # torchvision's names as well
        return None
    files = [one.name + ending for one in theirs for ending in ENDINGS] + [t.file for t in theirs]
    for folder in weights_folders():
        for file in files:
            if file and os.path.isfile(folder / file):
                return folder / file
    raise WeightsUnavailable(
        "no weights for {name} on this machine. Online: load({address}). Offline: put {file} "
        "into {folder}, or pass a file (weights='model.safetensors').",
        name=repr(name),
        address=" / ".join(repr(f"{HUB}timm/{one.name}") for one in theirs),
        file=f"{theirs[0].name}.safetensors",
        folder=weights_folders()[0],
    )


def is_source(weights: str | Path) -> bool:
    """Whether `weights` means a file, a folder or an address on the hub, not a name."""
    text = str(weights)
    return (
        isinstance(weights, Path)
        or text.startswith(HUB)
        or text.lower().endswith(ENDINGS)
        or os.path.exists(text)
        or os.path.dirname(text) != ""
    )


def find(weights: str | Path) -> Source:
    """The file that is meant, and what is said of it.

    Args:
        weights: A file, a folder with a `config.json` as timm and the hub write it, or an address
            on the hub such as `hf-hub:timm/efficientnet_b0.ra_in1k`.

    Raises:
        WeightsUnavailable: There is none, or the hub can't be reached.
        EffnetError: Its config can't be followed.
    """
    text = str(weights)
    place = from_hub(text.removeprefix(HUB)) if text.startswith(HUB) else path_of(weights)
    if os.path.isdir(place):
        file = next((place / n for n in HUBS_FILES if os.path.isfile(place / n)), None)
        if file is None:
            raise WeightsUnavailable(
                "no weights in the folder {folder}; expected {files} beside a config.json",
                folder=place,
                files=in_a_row(HUBS_FILES),
            )
        place = file
    return _described(place)


def _described(file: Path) -> Source:
    """What the `config.json` beside a file says of it, or its name."""
    path = file.with_name("config.json")
    known = named(file.name)
    notes: tuple[str, ...] = (_squashed(file.name),) if known and known.squash else ()
    name = known.name if known else file.name
    plain = Source(file, name, known.preprocessing if known else None, (), notes)
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError:
        return plain
    except (OSError, ValueError, RecursionError):
        config = None
    said = config.get("architecture") if isinstance(config, dict) else None
    if not isinstance(said, str):
        note = say("{file} names no network of timm's: left aside.", file=path)
        return replace(plain, notes=(*notes, note))
    own = config.get("pretrained_cfg")
    values: dict[str, Any] = own if isinstance(own, dict) else config
    try:
        preprocessing, notes = _preprocessing(values, str(path))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise EffnetError("{file} can't be followed: {error}", file=path, error=error) from None
    names = config.get("label_names")
    listed = isinstance(names, list) and all(isinstance(one, str) for one in names)
    return Source(file, said, preprocessing, tuple(names) if listed else (), notes)


def _preprocessing(
    values: dict[str, Any], file: str
) -> tuple[Preprocessing | None, tuple[str, ...]]:
    """What timm's `pretrained_cfg` means."""
    if "input_size" not in values:
        return None, ()
    unsaid = [key for key in DEFAULTS if key not in values]
    full = DEFAULTS | {key: values[key] for key in DEFAULTS if key in values}
    notes = []
    if unsaid:
        notes.append(
            say("{file} does not say {what}: timm's default.", file=file, what=in_a_row(unsaid))
        )
    if values.get("crop_mode") == "squash":
        notes.append(_squashed(file))
    side, share = values["input_size"][-1], float(full["crop_pct"])
    found = _cropped(side, share, full["interpolation"], full["mean"], full["std"])
    return found, tuple(notes)


def _squashed(file: str) -> str:
    return say(
        "{file}: timm squashes pictures to a square for these weights; here the middle is cut out.",
        file=file,
    )


def named(name: str) -> TimmWeights | None:
    """timm's weights of that name, with or without a file's ending; None where it is no such."""
    stem = re.sub(r"(\.(safetensors|pth|pt|bin|ckpt|tar))+$", "", name, flags=re.IGNORECASE)
    return next((one for one in timms_weights() if stem == one.name or name == one.file), None)


@needing
def from_hub(address: str) -> Path:
    """The folder with a repository's weights and config, fetched from the Hugging Face hub.

    Raises:
        EffnetError: `huggingface_hub` is not installed; it comes with effnet[hub].
        WeightsUnavailable: The repository can't be had.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError

    repository, _, revision = address.partition("@")
    reason: object = ""
    for offline in (True, False):  # what is here is not asked for again
        for name in HUBS_FILES:
            try:
                paths = [
                    hf_hub_download(
                        repository, one, revision=revision or None, local_files_only=offline
                    )
                    for one in ("config.json", name)
                ]
                return Path(paths[-1]).parent
            except Exception as error:  # of its own, of HTTP, of the system
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                if not (offline or isinstance(error, RemoteEntryNotFoundError)):
                    break  # another file would wait for the hub as long
    raise WeightsUnavailable(
        "could not fetch {address} from the Hugging Face hub ({reason}). Offline, put its "
        "config.json and model.safetensors into a folder and name that folder.",
        address=brief(address),
        reason=reason,
    )


def as_preprocessing(value: object) -> Preprocessing:
    """What `load(preprocessing=)` takes: the record, or its values by name.

    Raises:
        EffnetError: A name or a value is not one of `Preprocessing`'s.
    """
    if isinstance(value, Preprocessing):
        return value
    known = [field.name for field in fields(Preprocessing)]
    if not isinstance(value, Mapping) or not {"resize", "crop"} <= set(value) <= set(known):
        raise EffnetError(
            "preprocessing {value}; expected effnet.Preprocessing, or a dictionary with resize "
            "and crop, and of {known}",
            value=brief(value),
            known=in_a_row(known),
        )
    return Preprocessing(**value)


def guessed(spec: Spec, file: str) -> tuple[Preprocessing, str]:
    """What a file that says nothing is fed: the variant's usual numbers; and that this is so."""
    usual = usual_preprocessing(spec)
    return usual, say(
        "{file} does not say how pictures are prepared. They are as for {network}'s usual weights: "
        "{crop} px from {resize}, {interpolation}, mean {mean}, standard deviation {std}. Where it "
        "was trained otherwise, pass preprocessing=.",
        file=Path(file).name,
        network=spec.name,
        crop=usual.crop,
        resize=usual.resize,
        interpolation=say(usual.interpolation),
        mean=_numbers(usual.mean),
        std=_numbers(usual.std),
    )


def _numbers(values: tuple[float, ...]) -> str:
    return "/".join(f"{value:.3g}" for value in values)
