"""What a network says of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from effnet.language import say
from effnet.rich import Card, Rich
from effnet.spec import EffnetError, brief
from effnet.units import percent


@dataclass(frozen=True, slots=True)
class Label:
    """A class that a network named, and how probable it held it."""

    index: int
    name: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction(Rich):
    """What a network said of one picture.

    Attributes:
        labels: The most probable classes, highest first.
        logits: float32 `(classes,)`, before softmax.
        seconds: Wall time of the forward pass of the few pictures that it ran with.
    """

    labels: tuple[Label, ...]
    logits: np.ndarray
    seconds: float

    def card(self) -> Card:
        """The classes with their probabilities, for notebooks and plain text."""
        return Card(
            say("Most probable of {n:,} classes", n=len(self.logits)),
            columns=(say("class"), say("probability")),
            rows=tuple((one.name, percent(one.probability)) for one in self.labels),
            shares=tuple(one.probability for one in self.labels),
            notes=(say("Computed in {ms:.0f} ms.", ms=1000 * self.seconds),),
        )


@lru_cache(maxsize=1)
def imagenet_classes() -> tuple[str, ...]:
    """The 1000 class names of ImageNet-1k in index order, as torchvision writes them."""
    text = resources.files("effnet").joinpath("data/imagenet_classes.txt").read_text("utf-8")
    return tuple(text.splitlines())


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of `(classes,)` logits, in double precision."""
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return np.asarray(powers / powers.sum())


def find_class(name: str, classes: Sequence[str]) -> int:
    """The index of a class by its name, case aside.

    Raises:
        EffnetError: There is none; names those that hold the word.
    """
    wanted = name.strip().lower()
    lowered = [label.lower() for label in classes]
    if wanted in lowered:
        return lowered.index(wanted)
    near = [label for label in classes if wanted and wanted in label.lower()][:5]
    if near:
        raise EffnetError(
            say(
                "unknown class {name}; did you mean {near}?",
                name=repr(name),
                near=", ".join(near),
            )
        )
    raise EffnetError(
        say(
            "unknown class {name}; expected a class name such as {first}, or an index from 0 to "
            "{last}",
            name=brief(name),
            first=repr(classes[0]),
            last=len(classes) - 1,
        )
    )
