"""The ways to turn activations into a map: what each is, what it costs, its formula.

Activations `a` and gradients `g` are float32 `(C, h, w)`; maps are `(h, w)`, before the ReLU that
every method ends with. The formulas follow the papers named below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from effnet.base import check_known, content, say

Array = NDArray[np.float32]
Formula = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True)
class Method:
    """A way to turn activations into a map.

    Attributes:
        title: Its name as its paper writes it. It, line and cost go through `say` where shown.
        line: What it does, and where.
        cost: What it costs, in words.
        kind: What it needs: the classifier's "weights", a "gradient", "activations" alone, or a
            "sweep" of one pass for every channel.
        local: True where every place keeps its own gradient: such maps hold at early layers too.
    """

    title: str
    line: str
    cost: str
    kind: Literal["weights", "gradient", "activations", "sweep"]
    local: bool = False

    @property
    def slow(self) -> bool:
        """True where it takes a pass for every channel."""
        return self.kind == "sweep"


METHODS = {name: Method(**described) for name, described in content("cam_methods").items()}


def known_method(name: str) -> Method:
    """The method of that name; `EffnetError` with the known ones where there is none."""
    check_known("method", name, METHODS)
    return METHODS[name]


def method_title(name: str) -> str:
    """A method's name, and that it is slow where it is."""
    title = say(METHODS[name].title)
    return say("{title} (slow)", title=title) if METHODS[name].slow else title


def weighted(weights: Array, a: Array) -> Array:
    """Sum of the channels, each times its weight: `(C,)` and `(C, h, w)` to `(h, w)`."""
    return np.asarray(np.einsum("c,chw->hw", weights, a))


def _gradcam(a: Array, g: Array) -> Array:
    return weighted(g.mean((1, 2)), a)


def _gradcam_plus_plus(a: Array, g: Array) -> Array:
    squared = g**2
    total = a.sum((1, 2))[:, None, None]
    share = squared / (2 * squared + total * (squared * g) + 1e-6)  # equation 19
    weights = (np.maximum(g, 0) * np.where(g != 0, share, 0)).sum((1, 2))
    return weighted(weights, a)


def _hirescam(a: Array, g: Array) -> Array:
    return np.asarray((a * g).sum(0))


def _xgradcam(a: Array, g: Array) -> Array:
    weights = (g * a / (a.sum((1, 2))[:, None, None] + 1e-7)).sum((1, 2))
    return weighted(weights, a)


def _layercam(a: Array, g: Array) -> Array:
    return np.asarray((np.maximum(g, 0) * a).sum(0))


def _eigengradcam(a: Array, g: Array) -> Array:
    return first_component(a * g)


def first_component(values: Array) -> Array:
    """Each place's coordinate along the first principal component of its channels."""
    places = values.reshape(values.shape[0], -1).T
    places = places - places.mean(0)
    if not np.isfinite(places).all():
        return np.full(values.shape[1:], np.nan, np.float32)
    _, _, directions = np.linalg.svd(places, full_matrices=False)
    return np.asarray((places @ directions[0]).reshape(values.shape[1:]))


FORMULAS: dict[str, Formula] = {
    "gradcam": _gradcam,
    "gradcam++": _gradcam_plus_plus,
    "hirescam": _hirescam,
    "xgradcam": _xgradcam,
    "layercam": _layercam,
    "eigengradcam": _eigengradcam,
}
