"""Pictures to train on: a procedural set, digits, Fashion-MNIST, any folder.

The procedural set ("marks") has 71 classes in three groups of equal weight, drawn on a noisy
64 x 64 ground. Each group asks for one dimension of a network:

    detail     fine stripes in four directions, period 2.8 to 4.6 px. An input of R px can show
               a period p only where p * R / 64 > 2 (Nyquist): a third of them at 32 px, most at 42,
               all at 46 and more. Coarser inputs hold what antialiasing leaves of them. Only
               resolution helps, and past 46 px it helps no more.
    context    three large marks of three kinds in a row, 18 px and more apart: which stands where.
               Counting them tells ten cases of the 27; their order needs units that see several
               marks and compare them: depth, and a receptive field that grows with the input.
    patterns   40 motifs of 5 x 5 cells of 6 px, every cell missing or false with a chance of 8 %:
               seen well enough at 32 px, but many filters side by side, which is width.

So a network scaled in one dimension gains in one group and stands still in the others.
"""

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from effnet.base import EffnetError, mark, path_of
from effnet.train import fashion_mnist

SIDE = 64
GROUPS = (mark("detail"), mark("context"), mark("patterns"))
MOTIFS, CELL, FALSE_CELLS = 40, 6, 0.08
MARKS = ("ring", "cross", "square")
ROW, APART = 3, 18
CLASSES = (
    *(f"stripes {angle}°" for angle in (0, 45, 90, 135)),
    *(" ".join(row) for row in itertools.product(MARKS, repeat=ROW)),
    *(f"motif {i + 1}" for i in range(MOTIFS)),
)
_SIZES = (4, len(MARKS) ** ROW, MOTIFS)  # classes in each group
_FIRST = (0, 4, 4 + len(MARKS) ** ROW)
GROUP_OF = tuple(group for group, size in enumerate(_SIZES) for _ in range(size))
NAMES = (mark("marks"), mark("digits"), fashion_mnist.NAME)
HELD_OUT = ("val", "valid", "validation", "test")  # folders beside `train`, the first that is there
LEAST, FIFTH = 2, 5  # pictures of a class at least; from so many on every fifth is held out

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Labelled pictures in memory.

    Attributes:
        images: uint8 `(N, 3, S, S)`, or `(N, 1, S, S)` where they are grey.
        labels: int64 `(N,)`.
        classes: Names in index order.
        groups: The group of each class, for accuracies by group; () where there is one only.
        group_names: Names of the groups.
    """

    images: Bytes
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    groups: tuple[int, ...] = ()
    group_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


@lru_cache(maxsize=1)
def _motifs() -> NDArray[np.bool_]:
    """Distinct 5 x 5 patterns of 12 cells that differ from each other in at least eight cells."""
    generator = np.random.default_rng(5)
    found: list[NDArray[np.bool_]] = []
    while len(found) < MOTIFS:
        cells = np.zeros(25, bool)
        cells[generator.permutation(25)[:12]] = True
        if all((cells != other).sum() >= 8 for other in found):
            found.append(cells)
    return np.stack(found).reshape(MOTIFS, 5, 5)


def draw(label: int, generator: np.random.Generator) -> Bytes:
    """One picture of a class, `(3, 64, 64)`."""
    picture = _ground(generator)
    ink = _ink(generator)
    mask = (_stripes, _row, _motif)[GROUP_OF[label]](label, generator)
    picture += mask * ink[:, None, None]
    picture += generator.normal(0, 14, picture.shape)
    return np.asarray(picture.clip(0, 255), dtype=np.uint8)


def _ground(generator: np.random.Generator) -> NDArray[np.float64]:
    """A slope of colour, different in every picture."""
    low, high = generator.uniform(90, 165, (2, 3))
    angle = generator.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1) - 0.5
    along = 0.5 + (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(2)
    return np.asarray(low[:, None, None] + (high - low)[:, None, None] * along)


def _ink(generator: np.random.Generator) -> NDArray[np.float64]:
    """A colour to add, light or dark."""
    strength = generator.uniform(45, 85, 3)
    return np.asarray(strength * generator.choice((-1.0, 1.0)))


def _stripes(label: int, generator: np.random.Generator) -> NDArray[np.float64]:
    angle, period = label * np.pi / 4, generator.uniform(2.8, 4.6)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    phase = generator.uniform(0, 2 * np.pi)
    waves = np.sin(2 * np.pi * (x * np.sin(angle) + y * np.cos(angle)) / period + phase)
    cx, cy = generator.uniform(20, SIDE - 20, 2)
    spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * 11.0**2))
    return np.asarray(waves * spot)


def _row(label: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Three marks from left to right."""
    room = SIDE - 16 - APART * (ROW - 1)
    gaps = generator.dirichlet(np.ones(ROW + 1)) * room
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    mask = np.zeros((SIDE, SIDE))
    kinds = list(itertools.product(range(len(MARKS)), repeat=ROW))[label - _FIRST[1]]
    cx = 8.0 - APART
    for kind, gap in zip(kinds, gaps, strict=False):
        cx += APART + gap
        dx, dy = np.abs(x - cx), np.abs(y - generator.uniform(10, SIDE - 10))
        ring = np.abs(np.hypot(dx, dy) - 5.5) < 1.8
        cross = (np.minimum(dx, dy) < 1.8) & (np.maximum(dx, dy) < 7.2)
        square = np.abs(np.maximum(dx, dy) - 5.5) < 1.8
        mask += (ring, cross, square)[kind]
    return mask.clip(0, 1)


def _motif(label: int, generator: np.random.Generator) -> NDArray[np.float64]:
    cells = _motifs()[label - _FIRST[2]] ^ (generator.random((5, 5)) < FALSE_CELLS)
    side = 5 * CELL
    top, left = generator.integers(0, SIDE - side, 2)
    mask = np.zeros((SIDE, SIDE))
    mask[top : top + side, left : left + side] = np.kron(cells, np.ones((CELL, CELL)))
    return mask


def marks(count: int, *, seed: int) -> Pictures:
    """The procedural set: `count` pictures, the groups in turn, the classes of a group at random.

    The same seed gives the same pictures, bit for bit.
    """
    generator = np.random.default_rng(seed)
    labels = np.array([_FIRST[i % 3] + generator.integers(_SIZES[i % 3]) for i in range(count)])
    images = np.stack([draw(int(label), generator) for label in labels])
    return Pictures(images, labels.astype(np.int64), CLASSES, GROUP_OF, GROUPS)


def digits() -> tuple[Pictures, Pictures]:
    """scikit-learn's 1797 handwritten digits, 8 x 8 shown at 32 x 32; every fifth is held out."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]

    found = load_digits()
    grey = np.asarray(found.images * (255 / 16), dtype=np.uint8)
    images = np.repeat(np.kron(grey, np.ones((1, 4, 4), np.uint8))[:, None], 3, axis=1)
    labels = found.target.astype(np.int64)
    names = tuple(str(i) for i in range(10))
    held = np.arange(len(labels)) % 5 == 4
    return (
        Pictures(images[~held], labels[~held], names),
        Pictures(images[held], labels[held], names),
    )


def read_folder(folder: Path, *, side: int, classes: Sequence[str] = ()) -> Pictures:
    """A folder with one folder a class, every picture cut to a centred square of `side` px.

    Pictures may lie deeper in a class's folder. Hidden folders and files, those that systems leave
    (`__MACOSX`, `._x.jpg`), files that are no pictures by their ending, and folders without
    pictures are passed over.

    Args:
        folder: With a folder a class.
        side: In pixels.
        classes: Where given, those that labels count: the folder may lack some, and have no other.

    Raises:
        EffnetError: There are fewer than two classes, or others than `classes`, or a file in them
            is no picture.
    """
    from PIL import Image, ImageOps

    from effnet.classify import in_folder
    from effnet.pixels import open_image

    if not os.path.isdir(folder):
        raise EffnetError(
            "no folder at {folder}; expected one with a folder a class", folder=folder
        )
    items = [item for item in in_folder(folder, empty=True) if "/" in item.name]
    own = sorted({item.name.partition("/")[0] for item in items})
    if classes and (others := [name for name in own if name not in classes]):
        raise EffnetError(
            "{folder} has class {name}, which the training pictures lack; it has {known}",
            folder=folder,
            name=repr(others[0]),
            known=", ".join(classes),
        )
    if len(own) < (1 if classes else 2):
        raise EffnetError(
            "{folder} holds {n} class folders; expected two or more",
            folder=folder,
            n=len(own),
        )
    names = tuple(classes or own)
    images, labels = [], []
    for item in items:
        try:
            picture = open_image(item.source, short_side=side)
        except EffnetError as error:
            raise EffnetError(f"{folder / item.name}: {error}") from None
        square = ImageOps.fit(picture, (side, side), Image.Resampling.BICUBIC)
        images.append(np.asarray(square).transpose(2, 0, 1))
        labels.append(names.index(item.name.partition("/")[0]))
    return Pictures(np.stack(images), np.array(labels, np.int64), names)


def load_pictures(
    name: str, *, train: int = 0, test: int = 0, seed: int = 0, side: int = SIDE
) -> tuple[Pictures, Pictures]:
    """Training and held-out pictures: "marks", "digits", "fashion-mnist", an `.npz`, or a folder.

    A folder has the classes themselves, or `train` and one of `val`, `valid`, `validation` and
    `test` with the classes in it; the first of them that is there is held out. Where none is,
    every fifth picture of each class is, and the last one of a class of two to four. Labels are
    those of the training pictures' classes. An `.npz` holds `images`, `labels`, `classes`.

    Args:
        name: Which.
        train: Pictures of the procedural set to train on.
        test: Pictures of the procedural set that are held out; they are the same for every seed.
        seed: Of the procedural set.
        side: Pictures from a folder are cut to squares of this many pixels.

    Raises:
        EffnetError: There are none of this name, or a class is too small to hold one out.
    """
    if name == "marks":
        return _marks_pair(train, test, seed)
    if name == "digits":
        return digits()
    if name in (fashion_mnist.NAME, fashion_mnist.CHOOSING):
        pair = fashion_mnist.fashion_mnist(choosing=name == fashion_mnist.CHOOSING)
        first, second = (Pictures(*arrays, fashion_mnist.CLASSES) for arrays in pair)
        return first, second
    path = path_of(name)
    if path.suffix == ".npz" and os.path.isfile(path):
        with np.load(path, allow_pickle=False) as kept:
            whole = Pictures(kept["images"], kept["labels"], tuple(map(str, kept["classes"])))
        return _split(whole, path)
    if not os.path.isdir(path):
        raise EffnetError(
            "no data {name}; expected {known}, or a folder of pictures",
            name=repr(name),
            known=", ".join(NAMES),
        )
    inner = path / "train" if (path / "train").is_dir() else path
    held = next((path / part for part in HELD_OUT if (path / part).is_dir()), None)
    if inner == path or held is None:
        return _split(read_folder(inner, side=side), inner)
    training = read_folder(inner, side=side)
    return training, read_folder(held, side=side, classes=training.classes)


@lru_cache(maxsize=2)
def _marks_pair(train: int, test: int, seed: int) -> tuple[Pictures, Pictures]:
    return marks(train, seed=1000 + seed), marks(test, seed=7)


def _split(whole: Pictures, path: Path) -> tuple[Pictures, Pictures]:
    """Every fifth picture of each class is held out, of fewer than five the last."""
    held = np.zeros(len(whole), bool)
    for label, name in enumerate(whole.classes):
        (mine,) = np.nonzero(whole.labels == label)
        if len(mine) < LEAST:
            raise EffnetError(
                "class {name} in {path} has {n} {n:picture|pictures}; expected {least} or more of "
                "each, as one is held out",
                name=repr(name),
                path=path,
                n=len(mine),
                least=LEAST,
            )
        held[mine[4::5] if len(mine) >= FIFTH else mine[-1:]] = True
    return part(whole, np.flatnonzero(~held)), part(whole, np.flatnonzero(held))


def part(whole: Pictures, chosen: Sequence[int] | NDArray[np.int64]) -> Pictures:
    """Some of the pictures."""
    return Pictures(
        whole.images[chosen],
        whole.labels[chosen],
        whole.classes,
        whole.groups,
        whole.group_names,
    )
