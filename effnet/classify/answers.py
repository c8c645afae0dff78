"""Several answers about one picture: other networks, their mean, other test resolutions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from effnet.base import EffnetError, check_range
from effnet.classify.prediction import Prediction, softmax
from effnet.pixels import to_pixels, view
from effnet.weights import Preprocessing

if TYPE_CHECKING:
    from effnet.classify.classifier import Classifier

SMALLEST, LARGEST = 32, 1024  # px


@dataclass(frozen=True, slots=True)
class Rung:
    """What one network says of the picture.

    Attributes:
        network: Its name.
        label, probability: Its first class.
        reference_rank: Where it puts the class that the others are compared with, from 1.
        reference_probability: What it gives that class.
        seconds: Wall time of its forward pass.
    """

    network: str
    label: str
    probability: float
    reference_rank: int
    reference_probability: float
    seconds: float

    @property
    def agrees(self) -> bool:
        """True where its first class is the one that is compared with."""
        return self.reference_rank == 1


def rung(network: str, prediction: Prediction, reference: int) -> Rung:
    """A network's answer beside the class `reference`."""
    first = prediction.labels[0]
    rank, probability = standing(prediction, reference)
    return Rung(network, first.name, first.probability, rank, probability, prediction.seconds)


def standing(prediction: Prediction, index: int) -> tuple[int, float]:
    """Rank, from 1, and probability of a class."""
    probabilities = softmax(prediction.logits)
    rank = 1 + int((prediction.logits > prediction.logits[index]).sum())
    return rank, float(probabilities[index])


def mean_probabilities(predictions: Sequence[Prediction]) -> np.ndarray:
    """The ensemble of networks with the same classes: the mean of their probabilities.

    Raises:
        EffnetError: There is none, or their classes differ in number.
    """
    if len({len(one.logits) for one in predictions}) != 1:
        raise EffnetError("an ensemble needs networks with the same classes, at least one")
    mean: np.ndarray = np.mean([softmax(one.logits) for one in predictions], axis=0)
    return mean


def at_resolution(preprocessing: Preprocessing, side: int) -> Preprocessing:
    """The same preprocessing for an input of another side: the crop keeps its share."""
    check_range("resolution", side, SMALLEST, LARGEST)
    return replace(
        preprocessing,
        crop=side,
        resize=max(side, round(preprocessing.resize * side / preprocessing.crop)),
    )


def resolution_dial(
    classifier: "Classifier", image: Image.Image, sides: Sequence[int]
) -> "Iterator[tuple[int, Prediction]]":
    """The answer at each test resolution, one after the other."""
    for side in sides:
        settings = at_resolution(classifier.preprocessing, side)
        pixels = to_pixels(view(image, settings), settings)
        yield side, classifier.predict_pixels(pixels[None])[0]
