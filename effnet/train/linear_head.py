"""Transfer learning by hand: a pretrained network's features, and a linear head in seconds.

arXiv:1905.11946 section 5.3 and Table 5 fine-tune whole networks; a head on frozen features is the
quick first step of that, and often enough for a handful of photos.
"""

import copy
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional

from effnet.base import EffnetError, say, write_whole
from effnet.classify import Classifier
from effnet.network import get_variant
from effnet.nn import Network, saved, workers
from effnet.train.recipe import FINE_TUNING, Recipe

LEAST_CLASSES, LEAST_PHOTOS = 2, 3
STEPS = 300
LEAST_TUNED = 5


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """A network with a head of one's own.

    Attributes:
        classes: Names in index order.
        top1: Share of the held-out photos named right.
        held_out: How many photos were held out, in all classes.
        mistakes: Held-out photos that were named wrong: (place among the class's photos, its
            class, what it was called).
        network: Backbone and head together, in evaluation mode.
        start: The pretrained network.
    """

    classes: tuple[str, ...]
    top1: float
    held_out: int
    mistakes: tuple[tuple[int, str, str], ...]
    network: Network
    start: Classifier

    def to_bytes(self) -> bytes:
        """A `.safetensors` file that `effnet.load` opens."""
        return saved.to_bytes(
            self.network.state_dict(),
            spec=self.start.spec,
            classes=self.classes,
            preprocessing=self.start.preprocessing,
        )

    def write(self, path: Path) -> None:
        """The same into a file, whole or not at all."""
        write_whole(path, self.to_bytes())


def held_out(counts: Sequence[int]) -> list[np.ndarray]:
    """Which photos of each class test the head: every third, at least one."""
    return [np.arange(count) % 3 == 2 for count in counts]


def teach(classifier: Classifier, photos: Mapping[str, Sequence[Image.Image]]) -> Taught:
    """Fit a linear head on a few photos of each class; a third of them is held out to test it.

    The head that is given back is fitted on all photos; its accuracy is that of one that never saw
    the held-out third.

    Args:
        classifier: The pretrained network; it is not changed.
        photos: Pictures by class.

    Raises:
        EffnetError: Fewer than two classes, or three photos of one.
    """
    names = tuple(photos)
    counts = _enough(photos, LEAST_PHOTOS)
    vectors = classifier.features([photo for name in names for photo in photos[name]])
    labels = np.repeat(np.arange(len(names)), counts)
    test = np.concatenate(held_out(counts))
    weight, bias = workers.call(fitted_head, vectors[~test], labels[~test], len(names))
    said = (vectors[test] @ weight.T + bias).argmax(1)
    places = np.concatenate([np.arange(count) for count in counts])[test]
    wrong = [
        (int(place), names[truth], names[guess])
        for place, truth, guess in zip(places, labels[test], said, strict=True)
        if truth != guess
    ]
    weight, bias = workers.call(fitted_head, vectors, labels, len(names))
    return Taught(
        names,
        float((said == labels[test]).mean()),
        int(test.sum()),
        tuple(wrong),
        _joined(classifier, weight, bias),
        classifier,
    )


def _enough(photos: Mapping[str, Sequence[Image.Image]], least: int) -> list[int]:
    """How many photos each class has; `EffnetError` where they are too few."""
    counts = [len(given) for given in photos.values()]
    if len(counts) < LEAST_CLASSES or min(counts) < least:
        words = ", ".join(f"{n}: {c}" for n, c in zip(photos, counts, strict=True)) or say("none")
        raise EffnetError(
            "too few photos ({given}); expected at least {classes} classes of {least} photos each",
            given=words,
            classes=LEAST_CLASSES,
            least=least,
        )
    return counts


def fine_tuning(network: str, data: str) -> Recipe:
    """The recipe that trains all layers of a pretrained network on a few photos (`packed`)."""
    return Recipe(spec=get_variant(network), data=data, start=network, **FINE_TUNING)


def packed(photos: Mapping[str, Sequence[Image.Image]], *, side: int) -> bytes:
    """Photos by class as one `.npz` of centred squares of `side` px, as `load_pictures` reads it.

    Raises:
        EffnetError: Fewer than two classes, or five photos of one (every fifth is held out).
    """
    counts = _enough(photos, LEAST_TUNED)
    squares = [
        np.asarray(ImageOps.fit(photo, (side, side), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
        for given in photos.values()
        for photo in given
    ]
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        images=np.stack(squares),
        labels=np.repeat(np.arange(len(counts)), counts),
        classes=np.array(list(photos)),
    )
    return buffer.getvalue()


def fitted_head(
    vectors: np.ndarray, labels: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """A softmax head on standardised features, folded back onto the plain ones.

    Minimises the summed cross-entropy and half the squares of the weights, as scikit-learn's
    LogisticRegression does at its default strength.

    Args:
        vectors: `(N, features)`.
        labels: `(N,)`, class indices.
        classes: How many there are.

    Returns:
        Weight `(classes, features)` and bias `(classes,)`.
    """
    x, y = torch.from_numpy(vectors).double(), torch.from_numpy(labels)
    mean, std = x.mean(0), x.std(0) + 1e-3
    z = (x - mean) / std
    weight = torch.zeros(classes, x.shape[1], dtype=x.dtype, requires_grad=True)
    bias = torch.zeros(classes, dtype=x.dtype, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        solver.zero_grad()
        wrong = functional.cross_entropy(z @ weight.T + bias, y, reduction="sum")
        loss = wrong + weight.square().sum() / 2
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    solver.step(objective)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        plain = weight / std
        return plain.float().numpy(), (bias - plain @ mean).float().numpy()


def _joined(classifier: Classifier, weight: np.ndarray, bias: np.ndarray) -> Network:
    """A copy of the network with another last layer, on the processor."""
    network = copy.deepcopy(classifier.model).cpu()
    network.reset_classifier(len(bias))
    set_head(network, weight, bias)
    return network.eval().requires_grad_(False)


def set_head(network: Network, weight: np.ndarray, bias: np.ndarray) -> None:
    """Give a network's last layer these weights."""
    with torch.no_grad():
        network.linear.weight.copy_(torch.from_numpy(weight))
        network.linear.bias.copy_(torch.from_numpy(bias))
