"""The usual mistakes in feeding a network, made on purpose, each beside the right answer."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import nn

from effnet.base import content
from effnet.nn import workers
from effnet.pixels import to_pixels, view
from effnet.weights import IMAGENET_MEAN, IMAGENET_STD

if TYPE_CHECKING:
    from effnet.classify.classifier import Classifier
    from effnet.classify.prediction import Prediction

Pixels = np.ndarray


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake.

    Attributes:
        title: In a few words.
        code: How it gets into a program.
        pixels: What the network is given: `(crop, crop, 3)`.
        training: True where the network itself is in the wrong mode.
    """

    title: str
    code: str
    pixels: "Callable[[Classifier, Image.Image], Pixels]"
    training: bool = False


def right(classifier: "Classifier", image: Image.Image) -> Pixels:
    """What the network should be given."""
    return to_pixels(view(image, classifier.preprocessing), classifier.preprocessing)


def _bgr(classifier: "Classifier", image: Image.Image) -> Pixels:
    seen = view(image, classifier.preprocessing)
    swapped = Image.fromarray(np.ascontiguousarray(np.asarray(seen)[..., ::-1]))
    return to_pixels(swapped, classifier.preprocessing)


def _unnormalised(classifier: "Classifier", image: Image.Image) -> Pixels:
    return np.asarray(view(image, classifier.preprocessing), np.float32) / np.float32(255)


def _bytes(classifier: "Classifier", image: Image.Image) -> Pixels:
    return np.array(view(image, classifier.preprocessing), np.float32)


def _other_numbers(classifier: "Classifier", image: Image.Image) -> Pixels:
    settings = classifier.preprocessing
    imagenet = settings.mean == IMAGENET_MEAN
    mean, std = ((0.5,) * 3, (0.5,) * 3) if imagenet else (IMAGENET_MEAN, IMAGENET_STD)
    return to_pixels(view(image, settings), replace(settings, mean=mean, std=std))


def _corner(classifier: "Classifier", image: Image.Image) -> Pixels:
    side = min(classifier.preprocessing.crop, image.width, image.height)
    cut = image.crop((0, 0, side, side))
    return _squashed(classifier, cut)


def _squashed(classifier: "Classifier", image: Image.Image) -> Pixels:
    side = classifier.preprocessing.crop
    resized = image.resize((side, side), Image.Resampling.BILINEAR)
    return to_pixels(resized, classifier.preprocessing)


def _sideways(classifier: "Classifier", image: Image.Image) -> Pixels:
    return right(classifier, image.transpose(Image.Transpose.ROTATE_90))


_PIXELS = {
    "bgr": _bgr,
    "unnormalised": _unnormalised,
    "bytes": _bytes,
    "other_numbers": _other_numbers,
    "corner": _corner,
    "squashed": _squashed,
    "sideways": _sideways,
    "training": right,
}
MISTAKES = {
    name: Mistake(**told, pixels=_PIXELS[name], training=name == "training")
    for name, told in content("breakage").items()
}


def broken(classifier: "Classifier", image: Image.Image, name: str) -> "Prediction":
    """What the network says when the mistake is made."""
    mistake = MISTAKES[name]
    pixels = mistake.pixels(classifier, image)
    if not mistake.training:
        return classifier.predict_pixels(pixels[None])[0]
    return classifier.prediction(workers.call(_in_training_mode, classifier.model, pixels))


def _in_training_mode(model: nn.Module, pixels: Pixels) -> np.ndarray:
    """Logits with BatchNorm's statistics taken from this one picture; the model stays as it is."""
    twin = copy.deepcopy(model)
    for module in twin.modules():
        module.training = isinstance(module, nn.BatchNorm2d)
    x = torch.from_numpy(pixels[None]).permute(0, 3, 1, 2).contiguous()
    with torch.no_grad():
        logits: np.ndarray = twin(x.to(next(twin.parameters()).device))[0].float().cpu().numpy()
    return logits
