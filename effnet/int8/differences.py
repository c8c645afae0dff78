"""How far the int8 file's answers and layers are from those of fp32, on the same pictures."""

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from effnet.classify import softmax
from effnet.int8.record import SURE, Agreement, LayerNoise
from effnet.int8.static_file import after_rounding, grid, with_outputs
from effnet.network import Spec, walk
from effnet.nn import Session, layer_outputs, session_of

if TYPE_CHECKING:
    from onnx import ModelProto

EPSILON = 1e-30  # of an energy: a map that is 0 throughout has no logarithm


def agreements(
    plain: Session, made: Session, batches: Iterable[np.ndarray], heard: Callable[[int], None]
) -> tuple[Agreement, Agreement]:
    """How often both name the same class: of all pictures, and of those that fp32 is sure of."""
    same: list[bool] = []
    sure: list[bool] = []
    for pictures in batches:
        (wanted,), (given,) = plain.run(pictures), made.run(pictures)
        same += (wanted.argmax(1) == given.argmax(1)).tolist()
        sure += [bool(softmax(row).max() >= SURE) for row in wanted]
        heard(len(same))
    of_sure = [one for one, certain in zip(same, sure, strict=True) if certain]
    return Agreement(sum(same), len(same)), Agreement(sum(of_sure), len(of_sure))


def layer_noise(
    spec: Spec,
    fp32: bytes,
    made: "ModelProto",
    batches: Iterable[np.ndarray],
    *,
    num_classes: int,
    threads: int,
    heard: Callable[[int], None],
) -> tuple[LayerNoise, ...]:
    """Signal to noise of every layer's output, in the order in which they run."""
    import onnx

    plain = onnx.load_from_string(fp32)
    outputs = layer_outputs(spec, num_classes=num_classes)
    tensors = list(outputs.values())
    rounded = [after_rounding(made, name) for name in tensors]
    sessions = [
        session_of(with_outputs(model, names), "onnxruntime", threads=threads, called=spec.name)
        for model, names in ((plain, tensors), (made, rounded))
    ]
    grids = [grid(made, name) for name in tensors]
    lows, highs = np.full(len(tensors), np.inf), np.full(len(tensors), -np.inf)
    energies = np.zeros((3, len(tensors)))  # of the signal, all the noise, this rounding alone
    done = 0
    for pictures in batches:
        wanted, given = (one.run(pictures) for one in sessions)
        for i, (a, b) in enumerate(zip(wanted, given, strict=True)):
            lows[i], highs[i] = min(lows[i], a.min()), max(highs[i], a.max())
            energies[:, i] += _energy(a), _energy(a - b), _energy(a - _on(a, grids[i]))
        done += len(pictures)
        heard(done)
    kinds = {
        block.path(layer): (block.stage, layer.kind)
        for block in walk(spec, num_classes=num_classes)
        for layer in block.layers
    }
    return tuple(
        LayerNoise(
            path,
            kinds[path][0],
            kinds[path][1],
            float(lows[i]),
            float(highs[i]),
            _decibels(energies[0, i], energies[1, i]),
            None if grids[i] is None else _decibels(energies[0, i], energies[2, i]),
        )
        for i, path in enumerate(outputs)
    )


def _on(values: np.ndarray, steps: tuple[float, int] | None) -> np.ndarray:
    """The values on the nearest of a map's 256 steps."""
    if steps is None:
        return values
    scale, zero = steps
    return ((values / scale + zero).round().clip(0, 255) - zero) * scale


def _energy(values: np.ndarray) -> float:
    return float(np.square(values, dtype=np.float64).sum())


def _decibels(signal: float, noise: float) -> float:
    return 10 * math.log10(max(signal, EPSILON) / max(noise, EPSILON))
