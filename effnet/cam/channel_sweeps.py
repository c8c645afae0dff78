"""The slow methods: one pass for every channel of a layer, a slice of channels at a time.

A sweep runs in slices on the workers, so that other visitors get their turn, progress can be shown,
and whoever waits can stop by raising out of `progress`: nothing is left behind.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from effnet.cam.core import RawMaps, Steps, as_array, chain, checked_cuts
from effnet.cam.methods import Array, weighted
from effnet.cam.question import Question
from effnet.nn import Network, workers

Progress = Callable[[float], None]

SCORE_BATCH = 16
ABLATION_BATCH = 32  # the grad-cam package's; its values depend on it
ABLATION_VALUE = 1e7  # what the package subtracts where activations go below zero


@dataclass(frozen=True, slots=True)
class Sweep:
    """A layer's activation, and how the logits change when each of its channels has its turn.

    Attributes:
        activation: `(1, C, h, w)`.
        logits: Of the untouched picture, `(1, classes)`.
        batch: Channels a slice.
        run: Logits of the channels from a number on, `(n, classes)`, in inference mode.
    """

    activation: Tensor
    logits: Tensor
    batch: int
    run: Callable[[int], Tensor]

    @property
    def channels(self) -> int:
        """How many channels the layer has, and so how many passes it takes."""
        return int(self.activation.shape[1])

    @property
    def starts(self) -> range:
        """The first channel of every slice."""
        return range(0, self.channels, self.batch)


def prepare(model: Network, x: Tensor, *, method: str, layer: str | None) -> tuple[str, Sweep]:
    """The layer's full name and the sweep over its channels, before its first slice."""
    ((name, cut),) = checked_cuts(model, method, [layer])
    steps = model.steps()
    with torch.inference_mode():
        activation = chain(steps[:cut], x)
        logits = chain(steps[cut:], activation)
    if method == "scorecam":
        return name, Sweep(activation, logits, SCORE_BATCH, _masking(model, x, activation))
    fill = _packages_fill if method == "ablationcam" else _zeros
    return name, Sweep(activation, logits, ABLATION_BATCH, _ablating(steps[cut:], activation, fill))


def sweep_maps(
    model: Network,
    x: Tensor,
    *,
    method: str,
    questions: Sequence[Question | None],
    layers: Sequence[str | None],
    progress: Progress | None = None,
) -> RawMaps:
    """Maps by Score-CAM or Ablation-CAM: every question at every layer, one sweep a layer.

    Args:
        model: In evaluation mode, parameters frozen.
        x: One prepared picture, `(1, 3, H, W)`.
        method: A slow one of `METHODS`.
        questions: What to explain; None is the class with the highest logit.
        layers: Names of `list_layers` or of stages; None is the last.
        progress: Called between slices, in the caller's thread, with the share that is done.
    """
    names, columns = [], []
    asked: list[Question] = []
    scores: Array = np.zeros(0, np.float32)
    for number, layer in enumerate(layers):
        name, sweep = workers.call(prepare, model, x, method=method, layer=layer)
        scores = as_array(sweep.logits[0])
        asked = [(q or Question(int(scores.argmax()))).check(len(scores)) for q in questions]
        slices = []
        for position, start in enumerate(sweep.starts):
            if progress:
                progress((number + position / len(sweep.starts)) / len(layers))
            slices.append(workers.call(_scores, sweep, start, asked))
        weights = _weights(method, np.concatenate(slices), _read(sweep.logits, asked)[0])
        a = as_array(sweep.activation[0])
        columns.append([weighted(row, a) for row in weights])
        names.append(name)
    if progress:
        progress(1.0)
    maps = [[column[i] for column in columns] for i in range(len(asked))]
    return RawMaps(maps, asked, names, scores)


def estimate_s(model: Network, x: Tensor, *, method: str, layer: str | None) -> tuple[float, int]:
    """Seconds that a sweep will take here, from one slice measured, and its passes."""
    _, sweep = workers.call(prepare, model, x, method=method, layer=layer)
    workers.call(sweep.run, 0)
    clock = time.perf_counter()
    workers.call(sweep.run, 0)
    return (time.perf_counter() - clock) * len(sweep.starts), sweep.channels


def _scores(sweep: Sweep, start: int, questions: list[Question]) -> Array:
    return _read(sweep.run(start), questions)


def _read(logits: Tensor, questions: list[Question]) -> Array:
    """What is asked, of `(n, classes)` logits: `(n, questions)`."""
    return as_array(torch.stack([question.score(logits) for question in questions], dim=1))


def _weights(method: str, scores: Array, untouched: Array) -> Array:
    """The channels' weights, `(questions, C)`, from their scores, `(C, questions)`."""
    if method == "scorecam":
        return np.asarray(torch.from_numpy(scores).softmax(0).T)
    drop = untouched - scores
    if method == "ablationcam":  # a class with a score below zero gets its map turned over
        return np.asarray((drop / untouched).T)
    return np.asarray(drop.T)


def _masking(model: Network, x: Tensor, activation: Tensor) -> Callable[[int], Tensor]:
    """The picture seen through each channel, stretched to its size and to 0 to 1."""

    @torch.inference_mode()
    def run(start: int) -> Tensor:
        channels = activation[:, start : start + SCORE_BATCH]
        masks = functional.interpolate(channels, x.shape[-2:], mode="bilinear", align_corners=True)[
            0
        ]
        low = masks.amin((1, 2), keepdim=True)
        high = masks.amax((1, 2), keepdim=True)
        logits: Tensor = model(x * ((masks - low) / (high - low + 1e-8))[:, None])
        return logits

    return run


Fill = Callable[[Tensor, int], Tensor]


def _zeros(activation: Tensor, rows: int) -> Tensor:
    return torch.zeros(rows, device=activation.device)


def _packages_fill(activation: Tensor, rows: int) -> Tensor:
    """What the grad-cam package writes into the ablated channel of each row of a batch.

    Zero where the lowest activation is zero. Otherwise the lowest value of the whole batch less
    1e7; the next row then finds that value as the lowest, and goes another 1e7 down.
    """
    low = activation.min()
    values = []
    for _ in range(rows):
        value = torch.zeros_like(low) if low == 0 else low - ABLATION_VALUE
        low = torch.minimum(low, value)
        values.append(value)
    return torch.stack(values)


def _ablating(tail: Steps, activation: Tensor, fill: Fill) -> Callable[[int], Tensor]:
    """The rest of the network on the activation with one channel after the other taken out."""

    @torch.inference_mode()
    def run(start: int) -> Tensor:
        rows = min(ABLATION_BATCH, activation.shape[1] - start)
        batch = activation.repeat(rows, 1, 1, 1)
        here = torch.arange(rows, device=activation.device)
        batch[here, start + here] = fill(activation, rows).to(batch.dtype)[:, None, None]
        return chain(tail, batch)

    return run
