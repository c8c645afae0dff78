"""From pictures to batches: the order, the size, what is changed and mixed; and the test's part.

Every random number of a batch comes from the recipe's seed and the step's number alone.
"""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from effnet.train import augment
from effnet.train.data import SIDE, Pictures, load_pictures
from effnet.train.placement import Machine
from effnet.train.recipe import Recipe
from effnet.train.schedule import Stage

TEST_BATCH = 200
MEAN, STD = 0.5, 0.25  # of every channel, for values from 0 to 1

Moments = tuple[tuple[float, ...], tuple[float, ...]]


class Feed:
    """The pictures of a training, as its steps and its tests see them.

    Attributes:
        training, testing: The pictures.
        per_epoch: Steps in an epoch.
        batch_size: Pictures of a step, over all processes.
    """

    def __init__(self, recipe: Recipe, folder: Path, machine: Machine) -> None:
        self.recipe, self.machine = recipe, machine
        near = recipe.data.startswith("./")
        self.training, self.testing = load_pictures(
            str(folder / recipe.data) if near else recipe.data,
            train=recipe.train_images,
            test=recipe.test_images,
            seed=recipe.seed,
            side=max(SIDE, recipe.spec.resolution, *map(round, recipe.plan.size)),
        )
        self.per_epoch = max(1, len(self.training) // recipe.batch_size)
        self.batch_size = min(recipe.batch_size, len(self.training))
        self._sized: tuple[int, Tensor] | None = None
        self._order: tuple[int, np.ndarray] | None = None
        self._held: Tensor | None = None

    @cached_property
    def content(self) -> str:
        """Twelve digits that stand for the pictures that are trained on."""
        digest = hashlib.sha256(self.training.images.tobytes())
        digest.update(self.training.labels.tobytes())
        return digest.hexdigest()[:12]

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.training.classes)

    def about(self) -> dict[str, Any]:
        """What is trained on and how it is changed on the way, for the reader."""
        plan = self.recipe.plan
        names = ("randaugment", "mixup", "cutmix")
        moves: dict[str, Any] = {}
        if self.recipe.shift:
            moves["shift"] = f"{self.recipe.shift:.4g} of the side"
        if self.recipe.flip:
            moves["flip"] = "left to right"
        changes = {name: getattr(plan, name) for name in names if any(getattr(plan, name))}
        return {
            "training": len(self.training),
            "held_out": len(self.testing),
            "classes": list(self.training.classes),
            "side": self.training.images.shape[-1],
            "augmentation": {**moves, **changes},
        }

    def batch(self, stage: Stage, epoch: int, position: int, step: int) -> tuple[Tensor, Tensor]:
        """This process's part of a batch: float pictures and `(n, classes)` labels."""
        if self._order is None or self._order[0] != epoch:
            self._order = epoch, order_of(self.recipe, epoch, len(self.training))
        chosen = self._order[1][position * self.batch_size : (position + 1) * self.batch_size]
        mine = torch.from_numpy(chosen[self.machine.rank :: self.machine.world].copy())
        pictures = coloured(self._pictures(stage.size)[mine])
        labels = torch.from_numpy(self.training.labels)[mine]
        torch.manual_seed(seed_of(self.recipe.seed, 2, step, self.machine.rank))
        if self.recipe.flip:
            pictures = flipped(pictures)
        pictures = augment.rand_augment(pictures, stage.randaugment)
        ready = shifted(self.normal(pictures), self.recipe.shift)
        return augment.mixer(stage, self.classes)((ready, labels))

    def held_out(self, most: int | None = None) -> tuple[Tensor, ...]:
        """The test's pictures, or the first `most`, in parts, uint8 at the network's resolution."""
        if self._held is None:
            images = torch.from_numpy(self.testing.images)
            self._held = resized(images, self.recipe.spec.resolution)
        return torch.split(self._held[:most], TEST_BATCH)

    def plain(self) -> tuple[Tensor, ...]:
        """The training pictures as the test's: in parts, in order, unchanged."""
        return torch.split(self._pictures(self.recipe.spec.resolution), TEST_BATCH)

    def normal(self, pictures: Tensor) -> Tensor:
        """uint8 pictures, coloured or grey, as the network's floats."""
        return normalised(coloured(pictures), moments(self.recipe))

    def _pictures(self, size: int) -> Tensor:
        """All training pictures at a size, uint8 `(N, C, size, size)`; kept for the stage."""
        if self._sized is None or self._sized[0] != size:
            self._sized = size, resized(torch.from_numpy(self.training.images), size)
        return self._sized[1]


def seed_of(*parts: int) -> int:
    """A seed from several numbers, alike on every machine."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:7], "little")


def order_of(recipe: Recipe, epoch: int, count: int) -> np.ndarray:
    """The order of the pictures in an epoch."""
    return np.random.default_rng(seed_of(recipe.seed, 1, epoch)).permutation(count)


def resized(pictures: Tensor, size: int) -> Tensor:
    """uint8 `(N, C, S, S)` at `size` pixels, antialiased."""
    if pictures.shape[-1] == size:
        return pictures
    parts = [
        functional.interpolate(part.float(), size=(size, size), mode="bilinear", antialias=True)
        .round()
        .clamp(0, 255)
        .byte()
        for part in torch.split(pictures, TEST_BATCH)
    ]
    return torch.cat(parts)


def moments(recipe: Recipe) -> Moments:
    """Mean and standard deviation that the network's input is normalised by."""
    if recipe.start:
        from effnet.weights import choose

        preprocessing = choose(recipe.start).preprocessing
        return preprocessing.mean, preprocessing.std
    return (MEAN,) * 3, (STD,) * 3


def normalised(pictures: Tensor, by: Moments = ((MEAN,) * 3, (STD,) * 3)) -> Tensor:
    """uint8 pictures as the network's floats: (value / 255 - mean) / std."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in by)
    return (pictures.float() / 255 - mean) / std


def coloured(pictures: Tensor) -> Tensor:
    """`(N, 3, S, S)`; a grey picture's one channel is seen three times, and stored once."""
    return pictures.expand(-1, 3, -1, -1)


def flipped(pictures: Tensor) -> Tensor:
    """A batch with about half of its pictures mirrored, left to right."""
    chosen = torch.rand(len(pictures), 1, 1, 1) < 0.5
    return torch.where(chosen, pictures.flip(-1), pictures)


def shifted(pictures: Tensor, share: float) -> Tensor:
    """A batch moved by up to a share of its side, in whole pixels, filled up from its border."""
    room = int(pictures.shape[-1] * share)
    if room == 0:
        return pictures
    down, across = torch.randint(0, 2 * room + 1, (2,)).tolist()
    padded = functional.pad(pictures, [room] * 4, mode="replicate")
    side = pictures.shape[-1]
    return padded[..., down : down + side, across : across + side].contiguous()


def by_group(pictures: Pictures, hits: np.ndarray) -> dict[str, float]:
    """Top-1 of each group of classes."""
    if not pictures.groups:
        return {}
    group = np.array(pictures.groups)[pictures.labels]
    return {
        name: float(hits[group == number].mean())
        for number, name in enumerate(pictures.group_names)
        if (group == number).any()
    }
