"""Damage done to what the network sees: blur, noise, JPEG, brightness, rotation, a covered box."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from effnet.base import content
from effnet.pixels import to_pixels, view

if TYPE_CHECKING:
    from effnet.classify.classifier import Classifier
    from effnet.classify.prediction import Prediction

GREY = (124, 116, 104)  # ImageNet's mean colour
Stroke = tuple[float, tuple[tuple[float, float], ...]]


@dataclass(frozen=True, slots=True)
class Damage:
    """A way to damage a picture, and how far it goes.

    Attributes:
        title: What it is called.
        inside: The same within a sentence.
        dial: What its slider is called.
        unit: Of its strength, for an axis.
        harmless: The strength that changes nothing, or next to nothing.
        strengths: From the least to the greatest.
        apply: The damaged picture, of the same size.
    """

    title: str
    inside: str
    dial: str
    unit: str
    harmless: float
    strengths: tuple[float, ...]
    apply: Callable[[Image.Image, float], Image.Image]


def _blur(image: Image.Image, sigma: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(sigma)) if sigma else image


def _noise(image: Image.Image, std: float) -> Image.Image:
    draws = np.random.default_rng(0).normal(0, 1, (image.height, image.width, 3))
    noisy = np.asarray(image, np.float64) + std * draws
    return Image.fromarray(noisy.round().clip(0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, quality: float) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=round(quality))
    return Image.open(buffer).convert("RGB")


def _brightness(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


def _rotation(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=GREY)


_APPLIED = {
    "blur": _blur,
    "noise": _noise,
    "jpeg": _jpeg,
    "brightness": _brightness,
    "rotation": _rotation,
}
DAMAGES = {
    name: Damage(**told | {"strengths": tuple(told["strengths"])}, apply=_APPLIED[name])
    for name, told in content("perturbations").items()
}


def covered(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """The picture with a grey box over it: left, top, right, bottom."""
    found = image.copy()
    left, top, right, bottom = box
    if right > left and bottom > top:
        ImageDraw.Draw(found).rectangle((left, top, right - 1, bottom - 1), fill=GREY)
    return found


def painted(image: Image.Image, strokes: Iterable[Stroke]) -> Image.Image:
    """The picture with strokes of a round grey brush over it.

    Args:
        image: Any picture.
        strokes: For each the brush's diameter, as a share of the picture's shorter side, and the
            places that it went through, across and down from 0 to 1. Diameter 0 is a box with
            opposite corners at its first and last place.
    """
    found = image.copy()
    draw = ImageDraw.Draw(found)
    for size, places in strokes:
        path = [(x * image.width, y * image.height) for x, y in places]
        if not size:
            corners = zip(path[0], path[-1], strict=True)
            (left, right), (top, bottom) = (sorted(map(round, pair)) for pair in corners)
            found = covered(found, (left, top, right, bottom))
            draw = ImageDraw.Draw(found)
            continue
        half = size * min(image.size) / 2
        draw.line(path, GREY, width=max(1, round(2 * half)))
        for x, y in path:
            draw.ellipse((x - half, y - half, x + half, y + half), GREY)
    return found


def answers(classifier: "Classifier", seen: Sequence[Image.Image]) -> "list[Prediction]":
    """What the network says of pictures that are as it sees them already."""
    pixels = np.stack([to_pixels(one, classifier.preprocessing) for one in seen])
    return classifier.predict_pixels(pixels)


def curve(classifier: "Classifier", image: Image.Image, name: str) -> "list[Prediction]":
    """The answer at every strength of a damage."""
    damage, seen = DAMAGES[name], view(image, classifier.preprocessing)
    return answers(classifier, [damage.apply(seen, value) for value in damage.strengths])
