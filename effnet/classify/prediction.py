"""What a network says of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from effnet.base import (
    Card,
    EffnetError,
    Rich,
    Tabular,
    brief,
    class_name,
    data_text,
    in_a_row,
    mark,
    percent,
    rows_of,
    say,
    table,
)

MOST_NAME = 200  # characters of a class name
ONE_OUTPUT = mark(
    "This network has one output. A sigmoid makes of it the probability that the "
    "picture shows the class."
)


@dataclass(frozen=True, slots=True)
class Label:
    """A class that a network named, and how probable it held it."""

    index: int
    name: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction(Rich, Tabular):
    """What a network said of one picture.

    Attributes:
        labels: The most probable classes, highest first.
        logits: float32 `(classes,)`, before softmax.
        seconds: Wall time of the forward pass of the few pictures that it ran with.
    """

    labels: tuple[Label, ...]
    logits: np.ndarray
    seconds: float

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a label, the most probable first."""
        return [{"rank": i, **row} for i, row in enumerate(rows_of(self.labels), start=1)]

    def card(self) -> Card:
        """The classes with their probabilities, for notebooks and plain text."""
        return Card(
            say("Most probable of {n:,} {n:class|classes}", n=len(self.logits)),
            columns=(say("class"), say("probability")),
            rows=tuple((class_name(one.name), percent(one.probability)) for one in self.labels),
            shares=tuple(one.probability for one in self.labels),
            notes=(
                *([say(ONE_OUTPUT)] if len(self.logits) == 1 else ()),
                say("Computed in {ms:.0f} ms.", ms=1000 * self.seconds),
            ),
        )


@lru_cache(maxsize=1)
def imagenet_classes() -> tuple[str, ...]:
    """The 1000 class names of ImageNet-1k in index order, as torchvision writes them."""
    return tuple(data_text("imagenet_classes.txt").splitlines())


@lru_cache(maxsize=1)
def imagenet_synsets() -> tuple[str, ...]:
    """WordNet's ids of the 1000 classes of ImageNet-1k, in index order."""
    return tuple(row["synset"] for row in table("imagenet_synsets"))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of `(classes,)` logits, in double precision; of one output its sigmoid."""
    if len(logits) == 1:
        logits = np.array([logits[0], 0.0])
        return softmax(logits)[:1]
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum())


def plain_name(name: str) -> str:
    """A class name without case, and with hyphens, underscores and runs of spaces as one space."""
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def named(name: str, classes: Sequence[str]) -> int | None:
    """The index of the class of that name; None where there is none.

    As it is written first, else as `plain_name` has it.

    Raises:
        EffnetError: Several bear it, and none exactly so: ImageNet has a Cardigan (264, the dog)
            and a cardigan (474, the garment).
    """
    exact, alike = _by_name(tuple(classes))
    indices = exact.get(name) or alike.get(plain_name(name)) or [None]
    if len(indices) > 1:
        raise EffnetError(
            "several classes are called {name}: {among}; give the index",
            name=brief(name),
            among=in_a_row(f"{classes[i]} ({i})" for i in indices[:5] if i is not None),
        )
    return indices[0]


Indices = dict[str, list[int | None]]


@lru_cache(maxsize=8)
def _by_name(classes: tuple[str, ...]) -> tuple[Indices, Indices]:
    """The indices that bear a name: as it is written, and as `plain_name` has it."""
    exact: Indices = {}
    alike: Indices = {}
    for index, name in enumerate(classes):
        exact.setdefault(name, []).append(index)
        alike.setdefault(plain_name(name), []).append(index)
    return exact, alike


def find_class(name: str, classes: Sequence[str]) -> int:
    """The index of a class by its name or, of ImageNet's, its synset; see `named`.

    Raises:
        EffnetError: There is none; names those that hold the word. Or several bear the name.
    """
    name = name.strip()[:MOST_NAME]
    index = named(name, classes)
    if index is None and tuple(classes) == imagenet_classes() and name in imagenet_synsets():
        index = imagenet_synsets().index(name)
    if index is not None:
        return index
    wanted = name.lower()
    near = [label for label in classes if wanted and wanted in label.lower()][:5]
    if near:
        raise EffnetError(
            "unknown class {name}; did you mean {near}?",
            name=repr(name),
            near=", ".join(near),
        )
    raise EffnetError(
        "unknown class {name}; expected a class name such as {first}, or an index from 0 to {last}",
        name=brief(name),
        first=repr(classes[0]),
        last=len(classes) - 1,
    )
