"""What is computed once and shared: counts by design, networks by name."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from effnet import pixels  # by its door: what opens photos loads numpy, and most pages open none
from effnet.counting import Cost, count
from effnet.jobs import network_file
from effnet.network import Spec
from effnet.scaling import PhiPoint, phi_curve

if TYPE_CHECKING:
    from effnet.classify import Classifier, Prediction, Store

PHIS = tuple(round(-1 + i / 20, 2) for i in range(181))
MOST_PIXELS = 16_000_000  # of one photo; a larger one is kept smaller
PHOTO_PIXELS = 64_000_000  # of all visitors' photos together (4 bytes each); the last always fits

BICUBIC = Image.Resampling.BICUBIC

_photos: OrderedDict[tuple[str, int], tuple[Image.Image, "set[Visit]"]] = OrderedDict()
_photos_lock = threading.Lock()

counted = lru_cache(maxsize=512)(count)


def counted_cost(spec: Spec) -> Cost:
    """The network's counts at its own resolution."""
    return counted(spec)


@lru_cache(maxsize=256)
def curve(base: str, alpha: float, beta: float, gamma: float) -> tuple[PhiPoint, ...]:
    """What the formula gives at every position of the phi slider."""
    return phi_curve(PHIS, alpha, beta, gamma, base=base)


@st.cache_resource(show_spinner=False)
def store() -> "Store":
    """The networks in memory, shared by all visitors, within a budget."""
    from effnet.classify import Store, load

    def loaded(name: str) -> "Classifier":
        variant, _, weights = name.partition(":")
        found = load(network_file(variant), weights=weights or "default")
        found.warm_up()
        return found

    return Store(loaded)


def classifier(variant: str) -> "Classifier":
    """A pretrained network, loaded once and shared by all visitors; `b1:NAME` names weights."""
    return store().get(variant)


@dataclass(frozen=True, slots=True)
class Photo:
    """A visitor's photo, upright RGB; the digest of its file stands for it in caches."""

    name: str
    digest: str
    image: Image.Image


def key_of(photo: Photo) -> str:
    """What stands for a photo in caches."""
    return photo.digest


class Visit:
    """Stands for a visit whose photos are kept; they go when it ends."""


def _left(visit: Visit) -> None:
    with _photos_lock:
        for key, (_, visits) in list(_photos.items()):
            visits.discard(visit)
            if not visits:
                del _photos[key]
    pixels.give_back_memory()


@st.cache_resource(scope="session", on_release=_left, show_spinner=False)
def _visit() -> Visit:
    return Visit()


def photo(name: str, data: bytes, *, short_side: int = 0) -> Photo:
    """Open an uploaded file once; the photos used least recently go first.

    Args:
        name: What the photo is called.
        data: Its file.
        short_side: Where given, the photo is kept with its short side at most so long.
    """
    visit, digest = _visit(), hashlib.sha256(data).hexdigest()
    key = digest, short_side
    with _photos_lock:
        found, visits = _photos.pop(key, (None, {visit}))
    if found is None:
        found = _smaller(
            pixels.open_image(data, short_side=short_side or None, most_pixels=MOST_PIXELS),
            short_side,
        )
    with _photos_lock:
        _photos[key] = found, visits | {visit}
        while len(_photos) > 1 and sum(_pixels(x) for x, _ in _photos.values()) > PHOTO_PIXELS:
            _photos.popitem(last=False)
    return Photo(name, digest, found)


def _smaller(image: Image.Image, short_side: int) -> Image.Image:
    times = short_side / min(image.size)
    if not 0 < times < 1:
        return image
    return image.resize((round(image.width * times), round(image.height * times)), BICUBIC)


def _pixels(image: Image.Image) -> int:
    return image.width * image.height


@st.cache_resource(show_spinner=False)
def sample(name: str) -> Photo:
    """Open a sample photo once."""
    found = pixels.get_sample(name)
    assert found.path is not None
    return Photo(found.title, name, pixels.open_image(found.path))


@st.cache_data(max_entries=256, show_spinner=False, hash_funcs={Photo: key_of})
def prediction(variant: str, photo: Photo) -> "Prediction":
    """What a network says of a photo."""
    return classifier(variant).predict([photo.image])[0]
