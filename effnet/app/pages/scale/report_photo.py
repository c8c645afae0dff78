"""The photo that a visit looked at last, kept for the report: small, and only in memory."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from effnet import report
from effnet.app.kit import cache, state
from effnet.pixels import list_samples


@dataclass(frozen=True, slots=True)
class Shown:
    """What Classify or Explain showed last.

    Attributes:
        name: What the photo is called, or the sample's name.
        digest: What stands for it in caches.
        image: A copy of somebody's own photo, small enough for a report; None for a sample.
        size: Width and height of the photo itself.
    """

    name: str
    digest: str
    image: Image.Image | None
    size: tuple[int, int]

    @property
    def own(self) -> bool:
        """True where it is no sample."""
        return self.image is not None

    def picture(self) -> report.Picture:
        """For a report."""
        if self.image is None:
            return report.sample_picture(self.name)
        return report.picture(self.image, self.name, taken_from=self.size)


def remember(photo: cache.Photo) -> None:
    """Keep what a page shows, as it outlives the page: its widgets forget their files."""
    last = shown()
    if last is not None and last.digest == photo.digest:
        return
    if photo.digest in {sample.name for sample in list_samples()}:
        found = Shown(photo.digest, photo.digest, None, photo.image.size)
    else:
        found = Shown(photo.name, photo.digest, report.smaller(photo.image), photo.image.size)
    st.session_state[state.SHOWN] = found


def shown() -> Shown | None:
    """What Classify or Explain showed last, if this visit has been there."""
    found: Shown | None = st.session_state.get(state.SHOWN)
    return found


def looker() -> Callable[[], report.Look] | None:
    """Asks the chosen network about that photo, as Explain asks it; None without either.

    Reads the session now, so that the question can be put later, when a file is wanted.
    """
    photo, network = shown(), state.remembered(state.NETWORK, "")
    if photo is None or not network:
        return None
    method, layer = state.remembered(state.METHOD, ""), state.remembered(state.LAYER, "")
    digest, target, against = st.session_state.get(state.CLASSES, ("", None, None))
    if digest != photo.digest:
        target, against = None, None

    def look() -> report.Look:
        from effnet.cam import METHODS, list_layers

        classifier = cache.classifier(network)
        layers, count = list_layers(classifier.model), len(classifier.classes)
        asked = [one for one in (target, against) if one is not None and 0 <= one < count]
        quick = method if method in METHODS and not METHODS[method].slow else "gradcam"
        return report.look(
            classifier,
            photo.picture(),
            network=network,
            method=quick,
            target=tuple(asked) if len(asked) == 2 else next(iter(asked), None),
            layer=layer if layer in layers and quick != "cam" else None,
        )

    return look
