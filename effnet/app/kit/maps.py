"""Maps and their tests, computed once for all visitors: by network, photo, layer, class, method.

Maps are kept on a copy of the photo that fits the page, so that a large photo is not held by
every map of it; the oldest photos go first.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from effnet.app.kit import cache
from effnet.app.kit.cache import Photo

if TYPE_CHECKING:
    from effnet.cam import Explanation, Target
    from effnet.classify import Classifier

PHOTOS = 16  # photos whose maps are kept
ENTRIES = 600  # maps and other things kept of one photo
SIDE = 800  # px, of the copy that they lie on

_lock = threading.Lock()
_kept: OrderedDict[str, dict[Hashable, Any]] = OrderedDict()
_estimates: dict[tuple[str, str, str], tuple[float, int]] = {}


def _shelf(digest: str) -> dict[Hashable, Any]:
    """What is kept of a photo, made the newest."""
    with _lock:
        shelf = _kept.setdefault(digest, {})
        _kept.move_to_end(digest)
        while len(_kept) > PHOTOS:
            _kept.popitem(last=False)
        return shelf


def kept(photo: Photo, key: Hashable) -> Any:
    """Something computed before of a photo; None where it was not."""
    return _shelf(photo.digest).get(key)


def keep(photo: Photo, key: Hashable, value: Any) -> None:
    """Keep something computed of a photo; what was kept first goes first."""
    shelf = _shelf(photo.digest)
    with _lock:
        shelf[key] = value
        while len(shelf) > ENTRIES:
            del shelf[next(iter(shelf))]


def forget(variant: str) -> None:
    """Keep no answer and no map of a network whose weights are about to change."""
    cache.store().forget(variant)
    st.cache_data.clear()  # answers and maps of all networks; they are made again
    with _lock:
        _kept.clear()


def here(
    variant: str, photo: Photo, method: str, target: "Target", layer: str
) -> "Explanation | None":
    """A map that was computed before; None where it was not."""
    found: Explanation | None = kept(photo, ("map", variant, method, target, layer))
    return found


def explanations(
    classifier: "Classifier",
    variant: str,
    photo: Photo,
    *,
    method: str,
    targets: "Sequence[Target]",
    layers: Sequence[str],
    progress: Callable[[float], None] | None = None,
) -> "list[Explanation]":
    """The map of every target at every layer; what is missing comes from one forward pass.

    Args:
        classifier: The network; this may run in a thread that can't load it.
        variant: Its name, which stands for it among what is kept.
        photo: The picture.
        method: Of `cam.METHODS`.
        targets: Classes, as `Classifier.explain` takes one.
        layers: Of `cam.list_layers`.
        progress: As in `Classifier.explain`.
    """
    wanted = [(target, layer) for target in targets for layer in layers]
    missing = [pair for pair in wanted if here(variant, photo, method, *pair) is None]
    if missing:
        some_targets = list(dict.fromkeys(target for target, _ in missing))
        some_layers = list(dict.fromkeys(layer for _, layer in missing))
        made = classifier.explain_many(
            photo.image,
            method=method,
            targets=some_targets,
            layers=some_layers,
            progress=progress,
        )
        small = None
        pairs = [(target, layer) for target in some_targets for layer in some_layers]
        for (target, layer), explanation in zip(pairs, made, strict=True):
            fitted = explanation.fitted(SIDE) if small is None else explanation.on(small)
            small = fitted.image
            keep(photo, ("map", variant, method, target, layer), fitted)
    found = [here(variant, photo, method, *pair) for pair in wanted]
    return [explanation for explanation in found if explanation is not None]


def estimate(classifier: "Classifier", variant: str, method: str, layer: str) -> tuple[float, int]:
    """Seconds that a slow map takes here and its passes, from one slice measured once."""
    import torch

    from effnet.cam import estimate_s

    key = (variant, method, layer)
    if key not in _estimates:
        side = classifier.preprocessing.crop
        x = torch.zeros(1, 3, side, side, device=classifier.device)
        _estimates[key] = estimate_s(classifier.model, x, method=method, layer=layer)
    return _estimates[key]
