"""Every colour of the project, in one place: families, kinds of layer, maps; and its letters.

Okabe and Ito's colour-blind-safe set for categories; viridis for quantities, never jet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Streamlit's letters, then those that each system has for Chinese. The style sheets and Streamlit's
# configuration say the same list; a test holds them together.
FONTS = (
    "'Source Sans', 'Source Sans 3', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Micro Hei', sans-serif"
)

_dark: ContextVar[bool | None] = ContextVar("dark", default=None)


def dark() -> bool | None:
    """Whether what is being drawn stands on a dark page; None where nobody says."""
    return _dark.get()


def use_page(dark: bool) -> None:
    """Draw for a dark or a light page from here on, in this thread."""
    _dark.set(dark)


@contextmanager
def on_page(dark: bool | None) -> Iterator[None]:
    """Draw for a dark or a light page, or for any, inside a `with` block."""
    before = _dark.set(dark)
    try:
        yield
    finally:
        _dark.reset(before)


# on light, on dark
_FAMILY = {
    "v1": ("#0072B2", "#56B4E9"),
    "v2": ("#D55E00", "#FF8C42"),
    "lite": ("#009E73", "#3CC9A3"),
    "mobilenet": ("#AA4499", "#DD88CC"),
    "resnet": ("#6B6F78", "#A5A9B2"),
}

# from the image to the classes
_KIND = {
    "stem": ("#0072B2", "#4C9FD6"),
    "expand": ("#56B4E9", "#8CCDF2"),
    "depthwise": ("#D55E00", "#FF8C42"),
    "squeeze-and-excitation": ("#009E73", "#3CC9A3"),
    "project": ("#E2B33C", "#C9982B"),
    "fused": ("#CC79A7", "#E79CC4"),
    "reduce": ("#88CCEE", "#5FA8C9"),
    "spatial": ("#CC79A7", "#E79CC4"),
    "shortcut": ("#999933", "#C7C75C"),
    "head": ("#332288", "#8F7FE8"),
    "classifier": ("#6B6F78", "#A5A9B2"),
}

# what tools count beyond convolutions and fully connected layers, by `counters.PARTS`
_COUNTED = {
    "bias": ("#1A1C22", "#FAFAFA"),
    "norm": ("#0072B2", "#56B4E9"),
    "activation": ("#CC79A7", "#E79CC4"),
    "average pooling": ("#E69F00", "#F0B840"),
    "max pooling": ("#009E73", "#3CC9A3"),
}

# what is scaled: one dimension, or all three
_WAY = {
    "depth": ("#A16500", "#E69F00"),
    "width": ("#1F78B4", "#6FBCE8"),
    "resolution": ("#00805E", "#3CC9A3"),
    "compound": ("#C22D5C", "#F07AA5"),
}

# settings, versions and machines, which have no colour of their own elsewhere
_SETTING = (
    ("#332288", "#A396F5"),
    ("#0E7C7B", "#55C7C0"),
    ("#882255", "#E58AB5"),
    ("#7A7A1F", "#C7C75C"),
    ("#9A5B13", "#E0A765"),
    ("#2A6FBF", "#7CB4F0"),
    ("#B3261E", "#F28B82"),
    ("#5B616C", "#B4B8C0"),
)


def family(name: str) -> str:
    """The colour of a family of networks, the same on every page; grey for others."""
    return _FAMILY.get(name, _FAMILY["resnet"])[bool(dark())]


def kind(name: str) -> str:
    """The colour of a kind of layer, by the names of `walk.KINDS`."""
    return _KIND[name][bool(dark())]


def counted(part: str) -> str:
    """The colour of what a tool counts besides, by the names of `counters.PARTS`."""
    return _COUNTED[part][bool(dark())]


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return "#FFFFFF" if light < 0.18 else "#1A1C22"


def faded(colour: str, *, opacity: float = 0.15) -> str:
    """A colour for the area under its line."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def group() -> str:
    """An area that holds areas of several colours; nested ones get darker on either page."""
    return "rgba(128,128,128,0.12)"


def way(name: str) -> str:
    """The colour of a way to scale, by the names of `equal_cost.WAYS`."""
    return _WAY[name][bool(dark())]


def setting(number: int) -> str:
    """The colour of a setting, version or machine, by its place in a figure, from 1."""
    return _SETTING[(number - 1) % len(_SETTING)][bool(dark())]


VIRIDIS = (
    (68, 1, 84),
    (72, 40, 120),
    (62, 74, 137),
    (49, 104, 142),
    (38, 130, 142),
    (31, 158, 137),
    (53, 183, 121),
    (110, 206, 88),
    (181, 222, 43),
    (253, 231, 37),
)


def viridis_scale() -> list[list[float | str]]:
    """The quantity map as a Plotly colour scale."""
    last = len(VIRIDIS) - 1
    return [[i / last, f"rgb({r},{g},{b})"] for i, (r, g, b) in enumerate(VIRIDIS)]


def coloured(values: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """A map from 0 to 1 in viridis: `(H, W)` to `(H, W, 3)` float32 of 0 to 255."""
    import numpy as np

    anchors = np.asarray(VIRIDIS, dtype=np.float32)
    place = np.clip(values, 0, 1) * (len(anchors) - 1)
    low = np.minimum(place.astype(int), len(anchors) - 2)
    part = (place - low)[..., None]
    return np.asarray(anchors[low] * (1 - part) + anchors[low + 1] * part, dtype=np.float32)
