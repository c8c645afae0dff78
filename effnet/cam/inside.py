"""What goes on in between: a stage's strongest channels, the gates, what one place sees.

Blocks are run here step by step, without hooks; the shared network is only read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from effnet.base import EffnetError, check_known
from effnet.cam.core import as_array, chain, cut_at, slopes_at
from effnet.cam.methods import Array
from effnet.cam.question import Question
from effnet.nn import MBConv, Network, SqueezeExcitation, workers
from effnet.pixels import Source, open_image, to_array, view

if TYPE_CHECKING:
    from effnet.classify import Classifier

FORCES = ("as they are", "one", "mean")


def prepared(classifier: "Classifier", image: Source) -> Tensor:
    """The network's numbers of a picture: `(1, 3, R, R)` on its device."""
    settings = classifier.preprocessing
    array = to_array(view(open_image(image), settings), settings)
    return torch.from_numpy(array)[None].to(classifier.device)


# --- channels ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """One channel of a layer for one picture.

    Attributes:
        index: Its number.
        mean: Mean activation over the map.
        push: What it adds to the class's score, to first order: activation times gradient, summed.
        values: Its map, float32 `(h, w)`.
    """

    index: int
    mean: float
    push: float
    values: Array


def strongest_channels(
    classifier: "Classifier",
    image: Source,
    *,
    layer: str | None = None,
    target: int,
    against: int | None = None,
    number: int = 12,
    by: str = "push",
) -> list[Channel]:
    """The channels of a layer that count most for a picture.

    Args:
        classifier: The network.
        image: A picture, as `Classifier.predict` takes it.
        layer: A name of `list_layers`; the last where not given.
        target: The class that channels push towards.
        against: Rather than which, if any.
        number: How many to give, strongest first.
        by: "push" (towards the class) or "mean" (activation, whatever the class).
    """
    check_known("order", by, ("push", "mean"))
    x = prepared(classifier, image)
    model = classifier.model
    _, cut = cut_at(model, layer)
    _, _, (a,), ((g,),) = workers.call(slopes_at, model, x, [Question(target, against)], [cut])
    means, pushes = a.mean((1, 2)), (a * g).sum((1, 2))
    best = np.argsort(-(pushes if by == "push" else means), kind="stable")[:number]
    return [Channel(int(i), float(means[i]), float(pushes[i]), a[i].copy()) for i in best]


# --- squeeze-and-excitation -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """The gates of one block for one picture.

    Attributes:
        layer: The block's name.
        values: float32 `(C,)`, 0 to 1.
    """

    layer: str
    values: Array

    @property
    def spread(self) -> "Spread":
        """How far the gates stand open."""
        low, quarter, median, three_quarters, high = np.quantile(
            self.values, (0, 0.25, 0.5, 0.75, 1)
        ).tolist()
        mean = float(self.values.mean())
        return Spread(low, quarter, median, three_quarters, high, mean)


@dataclass(frozen=True, slots=True)
class Spread:
    """Lowest, quartiles, highest and mean of some values."""

    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True, eq=False)
class Microscope:
    """The gates of a network for one picture, and its logits with them forced.

    Attributes:
        gates: Of every block that has some, first to last; before any force.
        logits: float32 `(classes,)`, by what the gates were forced to: "as they are", "one" or
            "mean" (every gate at the mean of its block).
        forced: Names of the blocks whose gates were forced.
    """

    gates: tuple[Gates, ...]
    logits: dict[str, Array]
    forced: tuple[str, ...]


def gated_blocks(model: Network) -> list[str]:
    """Names of the blocks that have squeeze-and-excitation, first to last."""
    return [
        name
        for name, step in model.steps()
        if isinstance(step, MBConv)
        and any(isinstance(part, SqueezeExcitation) for part in step.block)
    ]


def look_at_gates(
    classifier: "Classifier", image: Source, *, blocks: Sequence[str] | None = None
) -> Microscope:
    """The gates for a picture, and the logits with those of some blocks forced.

    Args:
        classifier: The network.
        image: A picture, as `Classifier.predict` takes it.
        blocks: Whose gates to force; all that have some where not given.

    Raises:
        EffnetError: The network has no squeeze-and-excitation, or not in that block.
    """
    here = gated_blocks(classifier.model)
    if not here:
        raise EffnetError(
            "{network} has no squeeze-and-excitation; B0 to B7 and V2 have",
            network=classifier.spec.name,
        )
    wanted = tuple(here if blocks is None else blocks)
    for name in wanted:
        if name not in here:
            raise EffnetError(
                "no gates in {block}; expected some of {known}",
                block=repr(name),
                known=", ".join(here),
            )
    x = prepared(classifier, image)
    seen: list[Gates] = []
    logits = {}
    for force in FORCES:
        keep = seen if force == FORCES[0] else []
        logits[force] = workers.call(_forced_logits, classifier.model, x, wanted, force, keep)
    return Microscope(tuple(seen), logits, wanted)


def _forced_logits(
    model: Network, x: Tensor, blocks: tuple[str, ...], force: str, seen: list[Gates]
) -> Array:
    def set_to(name: str) -> Callable[[Tensor], Tensor]:
        def gate(values: Tensor) -> Tensor:
            seen.append(Gates(name, as_array(values[0, :, 0, 0])))
            if name not in blocks or force == FORCES[0]:
                return values
            if force == "one":
                return torch.ones_like(values)
            return values.mean(1, keepdim=True).expand_as(values)

        return gate

    with torch.inference_mode():
        for name, step in model.steps():
            x = run_gated(step, x, set_to(name)) if isinstance(step, MBConv) else step(x)
        return as_array(x[0])


def run_gated(block: MBConv, x: Tensor, gate: Callable[[Tensor], Tensor]) -> Tensor:
    """Run a block with its gates passed through a function; the identity gives the block itself."""
    y = x
    for part in block.block:
        y = gate(part.gates(y)) * y if isinstance(part, SqueezeExcitation) else part(y)
    return block.stochastic_depth(y) + x if block.residual else y


# --- what one place sees ----------------------------------------------------------------------


def influence(
    classifier: "Classifier", image: Source, *, layer: str | None = None, cell: tuple[int, int]
) -> Array:
    """How much each pixel moves one place of a layer: float32 `(R, R)`, the largest 1.

    The size of the gradient of the place's sum over channels, summed over colours: the field that
    is really used, far smaller than what the convolutions could reach (arXiv:1701.04128).

    Args:
        classifier: The network.
        image: A picture, as `Classifier.predict` takes it.
        layer: A name of `list_layers`; the last where not given.
        cell: Row and column of the map.
    """
    x = prepared(classifier, image)
    return workers.call(_influence, classifier.model, x, layer, cell)


def _influence(model: Network, x: Tensor, layer: str | None, cell: tuple[int, int]) -> Array:
    name, cut = cut_at(model, layer)
    with torch.inference_mode(False), torch.enable_grad():
        leaf = x.clone().requires_grad_()
        a = chain(model.steps()[:cut], leaf)
        row, column = cell
        if not (0 <= row < a.shape[2] and 0 <= column < a.shape[3]):
            raise EffnetError(
                "place {cell}; expected rows 0 to {row} and columns 0 to {column} of {layer}",
                cell=cell,
                row=a.shape[2] - 1,
                column=a.shape[3] - 1,
                layer=name,
            )
        (gradient,) = torch.autograd.grad(a[0, :, row, column].sum(), leaf)
    size = as_array(gradient[0].abs().sum(0))
    highest = float(size.max())
    return size / highest if highest > 0 else size
