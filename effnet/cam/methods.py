"""The ways to turn activations into a map: what each is, what it costs, its formula.

Activations `a` and gradients `g` are float32 `(C, h, w)`; maps are `(h, w)`, before the ReLU that
every method ends with. The formulas follow the papers named below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from effnet.base import EffnetError, brief, mark, say

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


AS_GRADCAM = mark("as Grad-CAM")

METHODS = {
    "cam": Method(
        "CAM",
        mark(
            "The classifier's own weight of each channel; exact where global pooling and one "
            "linear layer follow (arXiv:1512.04150)."
        ),
        mark("1 forward pass"),
        "weights",
    ),
    "gradcam": Method(
        "Grad-CAM",
        mark(
            "Channels weighted by their mean gradient; at the last layer the same as CAM "
            "(arXiv:1610.02391)."
        ),
        mark("1 forward pass, gradient of the part behind the layer"),
        "gradient",
    ),
    "gradcam++": Method(
        "Grad-CAM++",
        mark(
            "Positive gradients weighted by their higher powers: better for several objects; "
            "unsteady at layers whose activations go below zero (arXiv:1710.11063)."
        ),
        AS_GRADCAM,
        "gradient",
    ),
    "hirescam": Method(
        "HiResCAM",
        mark(
            "Activation times gradient at each place, no averaging: holds at early layers too "
            "(arXiv:2011.08891)."
        ),
        AS_GRADCAM,
        "gradient",
        local=True,
    ),
    "xgradcam": Method(
        "XGrad-CAM",
        mark("Gradients weighted by each channel's share of its activation (arXiv:2008.02312)."),
        AS_GRADCAM,
        "gradient",
    ),
    "layercam": Method(
        "LayerCAM",
        mark("Positive gradients at each place: sharp at early layers (IEEE TIP 2021)."),
        AS_GRADCAM,
        "gradient",
        local=True,
    ),
    "eigencam": Method(
        "EigenCAM",
        mark(
            "First principal component of the activations: ignores the class, and its sign is "
            "arbitrary (arXiv:2008.00299)."
        ),
        mark("1 forward pass and a decomposition"),
        "activations",
    ),
    "eigengradcam": Method(
        "EigenGradCAM",
        mark("First principal component of activation times gradient; its sign is arbitrary."),
        mark("as Grad-CAM and a decomposition"),
        "gradient",
    ),
    "scorecam": Method(
        "Score-CAM",
        mark(
            "Shows the picture through each channel as a mask and reads the score "
            "(arXiv:1910.01279)."
        ),
        mark("1 forward pass per channel: slow"),
        "sweep",
    ),
    "ablationcam-zero": Method(
        "Ablation-CAM",
        mark(
            "Sets each channel to zero and reads the drop of the score, as the paper has it "
            "(WACV 2020)."
        ),
        mark("1 pass behind the layer per channel: slow"),
        "sweep",
    ),
    "ablationcam": Method(
        mark("Ablation-CAM, grad-cam's"),
        mark(
            "As the grad-cam package computes it. Where activations go below zero (SiLU, or any "
            "layer that ends in a projection) it subtracts 1e7 instead, once more for every "
            "channel of a batch of 32, so weights grow with the place in the batch."
        ),
        mark("1 pass behind the layer per channel: slow"),
        "sweep",
    ),
}


def known_method(name: str) -> Method:
    """The method of that name; `EffnetError` with the known ones where there is none."""
    if not (isinstance(name, str) and name in METHODS):
        raise EffnetError(
            say(
                "unknown method {method}; expected one of {known}",
                method=brief(name),
                known=", ".join(METHODS),
            )
        )
    return METHODS[name]


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
