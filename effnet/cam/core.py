"""Maps without hooks: the network is cut between two of its steps.

Everything up to the cut runs in inference mode; only what lies behind it is differentiated, with
`torch.autograd.grad`. At the last layer not even that: the gradient of a mean and a linear layer is
the classifier's own row. Nothing is registered on the model and no `.grad` is touched, so any
number of threads may explain on one model at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from effnet.base import EffnetError, mark, no_such
from effnet.cam.methods import FORMULAS, Array, first_component, known_method, weighted
from effnet.cam.question import Question
from effnet.nn import Network, Pass, Step

Steps = list[tuple[str, Step]]


@dataclass(frozen=True, slots=True, eq=False)
class RawMaps:
    """Signed maps at their layers' own grids: `maps[question][layer]`, before any ReLU."""

    maps: list[list[Array]]
    questions: list[Question]
    layers: list[str]
    logits: Array


def list_layers(model: Network) -> list[str]:
    """Where the network can be cut for a map, first to last; the last is the default."""
    return [name for name, _ in model.steps()[:-1]]


def default_layer(model: Network) -> str:
    """The last layer with a map: what global pooling and the classifier read, so what they used."""
    return list_layers(model)[-1]


def cut_at(model: Network, layer: str | None) -> tuple[str, int]:
    """A layer's full name and the number of steps up to it. A stage's name means its last block."""
    names = list_layers(model)
    if layer is None:
        return names[-1], len(names)
    matches = [i for i, name in enumerate(names) if name == layer or name.startswith(f"{layer}.")]
    if not matches:
        raise no_such("layer", layer, names)
    return names[matches[-1]], matches[-1] + 1


def checked_cuts(
    model: Network, method: str, layers: Sequence[str | None]
) -> list[tuple[str, int]]:
    """The layers' full names and cuts; `EffnetError` where the method can't read one of them."""
    known_method(method)
    cuts = [cut_at(model, layer) for layer in layers]
    last = default_layer(model)
    for name, _ in cuts:
        if method == "cam" and name != last:
            raise EffnetError(
                "cam reads the classifier's weights, so only {last} will do; "
                "use gradcam for {layer}",
                last=repr(last),
                layer=repr(name),
            )
    return cuts


def chain(steps: Steps, x: Tensor) -> Tensor:
    """Run some steps of a network in order."""
    for _, step in steps:
        x = step(x)
    return x


def quick_maps(
    model: Network,
    x: Tensor,
    *,
    method: str,
    questions: Sequence[Question | None],
    layers: Sequence[str | None],
    last: Callable[[], Pass] | None = None,
) -> RawMaps:
    """Maps by any method but the sweeps: every question at every layer, from one forward pass.

    Args:
        model: In evaluation mode, parameters frozen.
        x: One prepared picture, `(1, 3, H, W)`.
        method: A name of `METHODS`.
        questions: What to explain; None is the class with the highest logit.
        layers: Names of `list_layers` or of stages; None is the last.
        last: Gives the last map and the logits of x, by a faster engine; where only the last
            layer is asked for, nothing else runs.
    """
    named = checked_cuts(model, method, layers)
    cuts = [cut for _, cut in named]
    asked, logits, activations, slopes = slopes_at(
        model, x, questions, cuts, wanted=method in FORMULAS, last=last
    )
    maps: list[list[Array]] = []
    for question, gradients in zip(asked, slopes, strict=True):
        if method == "eigencam":
            maps.append([first_component(a) for a in activations])
        elif method == "cam":
            maps.append([weighted(class_row(model, question), a) for a in activations])
        else:
            pairs = zip(activations, gradients, strict=True)
            maps.append([FORMULAS[method](a, g) for a, g in pairs])
    return RawMaps(maps, asked, [name for name, _ in named], logits)


def slopes_at(
    model: Network,
    x: Tensor,
    questions: Sequence[Question | None],
    cuts: list[int],
    *,
    wanted: bool = True,
    last: Callable[[], Pass] | None = None,
) -> tuple[list[Question], Array, list[Array], list[list[Array]]]:
    """What is asked, the logits, and activations and gradients at some cuts, from one forward pass.

    Gradients are `[question][cut]`, empty where they are not `wanted`; all maps are `(C, h, w)`.
    """
    steps = model.steps()
    early = min(cuts) < len(steps) - 1
    needs_graph = early and wanted
    if last and not early:
        made = last()
        kept, logits = {len(steps) - 1: made.features}, made.logits
    else:
        with torch.inference_mode():
            kept, logits = _through(steps, cuts, x, stop=min(cuts) if needs_graph else len(steps))
    if needs_graph:
        with torch.inference_mode(False), torch.enable_grad():
            start = kept[min(cuts)].clone().requires_grad_()  # an inference tensor has no gradient
            kept, logits = _through(steps, cuts, start, start=min(cuts), stop=len(steps))
    scores = as_array(logits[0])
    asked = [(q or Question(int(scores.argmax()))).check(len(scores)) for q in questions]
    activations = [as_array(kept[cut][0]) for cut in cuts]
    slopes: list[list[Array]] = [[] for _ in asked]
    for number, question in enumerate(asked):
        if needs_graph:
            gradients = torch.autograd.grad(
                question.score(logits)[0],
                [kept[cut] for cut in cuts],
                retain_graph=number < len(asked) - 1,
            )
            slopes[number] = [as_array(gradient[0]) for gradient in gradients]
        elif wanted:  # a mean and a linear layer follow
            row = class_row(model, question)
            slopes[number] = [_spread(row, a) for a in activations]
    return asked, scores, activations, slopes


def _through(
    steps: Steps, cuts: list[int], x: Tensor, *, start: int = 0, stop: int
) -> tuple[dict[int, Tensor], Tensor]:
    """Run steps `start` to `stop`; gives the tensors at the cuts that it passes, and the last."""
    kept = {start: x} if start in cuts else {}
    for number in range(start, stop):
        x = steps[number][1](x)
        if number + 1 in cuts:
            kept[number + 1] = x
    return kept, x


def class_row(model: Network, question: Question) -> Array:
    """The classifier's weight of each channel for what is asked: `(C,)`."""
    weight = model.linear.weight.detach()
    row = weight[question.target]
    if question.against is not None:
        row = row - weight[question.against]
    return as_array(row)


def _spread(row: Array, a: Array) -> Array:
    """The gradient of a mean and a linear layer: the row over the number of places."""
    places = a.shape[1] * a.shape[2]
    return np.broadcast_to((row / places)[:, None, None], a.shape)


def as_array(tensor: Tensor) -> Array:
    """A tensor as a float32 numpy array on the CPU."""
    return tensor.detach().float().cpu().numpy()


def unit_range(raw: Array) -> tuple[Array, bool]:
    """A raw map scaled to 0 to 1, and whether it is blank (flat or not a number)."""
    if not np.isfinite(raw).all():
        return np.zeros(raw.shape, np.float32), True
    low, high = float(raw.min()), float(raw.max())
    if high - low <= 1e-12 * max(abs(high), 1e-30):
        return np.zeros(raw.shape, np.float32), True
    return ((raw - low) / (high - low)).astype(np.float32), False


def finished(raw: Array) -> tuple[Array, str]:
    """A signed map through ReLU and scaled to 0 to 1; and why it is blank, "" where it is not.

    The reason stands in records: it is English, and goes through `say` where it is shown.
    """
    if not np.isfinite(raw).all():
        return np.zeros(raw.shape, np.float32), mark("it is not a number")
    native, blank = unit_range(np.maximum(raw, 0).astype(np.float32))
    if not blank:
        return native, ""
    if not raw.any():
        return native, mark("it is zero everywhere")
    return native, mark("it is flat") if raw.max() > 0 else mark("every place speaks against it")
