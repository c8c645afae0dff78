"""How a network runs: the one place that says it, for answers, for maps and for the clock.

An `Engine` gives a network's last map and its logits, from one pass. It is chosen and checked
against the plain modules once, when first needed.
"""

import ctypes
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from effnet.base import EffnetError, Text, after_fork, check_known, mark, say
from effnet.network import IMAGE_CHANNELS
from effnet.nn.passes import HALVES, MAKERS, Run, of_modules
from effnet.nn.sessions import PROGRAMS

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor

    from effnet.nn.model import Network

ENGINES: dict[str, str] = {
    "auto": mark("the fastest here"),
    "eager": mark("PyTorch, eager"),
    "packed": mark("PyTorch, BatchNorm folded"),
    "half": mark("PyTorch, float16"),
    "bf16": mark("PyTorch, bfloat16"),
    "compile": "torch.compile",
    **PROGRAMS,
}
OTHERS = tuple(PROGRAMS)  # programs besides PyTorch, on the CPU only
WITH_THREADS = ("compile", *OTHERS)  # of their own, which a fork leaves behind
TENSOR_CORES = {"half": 7, "bf16": 8}  # a card's compute capability from which on it has units
CHUNK = 4  # pictures a pass on a CPU: larger maps leave the cache
KEPT = 4  # single pictures whose last pass is remembered
LOGIT = 1e-4  # how far a logit of the engine that is chosen may be off, of the largest
HALF_LOGIT = 0.02  # the same in half precision; float16 was off by 0.004 on the sample photos
PROBABILITY = 0.01  # how far a probability may be: the best class is that of fp32, or a tie
LOOSE = 0.1  # the same for bfloat16 where it is asked for; it moved one by 0.066


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass gave: the last map `(N, C, h, w)`, logits `(N, classes)`, its seconds."""

    features: "Tensor"
    logits: "Tensor"
    seconds: float


@dataclass(frozen=True, slots=True)
class _Made:
    name: str
    run: Run
    off: float = 0.0  # the largest difference of a logit from the plain modules', of the largest
    apart: float = 0.0  # the largest difference of a probability
    pictures: int = 0  # on how many it was checked
    passed_over: tuple[EffnetError, ...] = ()


class Engine:
    """A network as the fastest engine here runs it, or the one that is asked for.

    Any number of threads may ask at once. A forked process makes its own, as threads don't go
    along, and so does one that unpickles it.

    Args:
        network: In evaluation mode, on the device where it runs, its weights final.
        choice: One of `ENGINES`. "auto" is on a CPU ONNX Runtime, whose threads sleep while others
            work, in single precision: bfloat16 changed the order of the top five on 9 of 18 pairs
            of a trained Lite network and a sample photo. On a card with units for it, it is
            "half", or "bf16" where float16 overflows. Where the first can't be loaded or answers
            otherwise the next is asked, and at last "packed".
        side: The usual side of a picture, at which the engine is checked.
        photos: Gives pictures as `__call__` takes them, of that side, on which half precision is
            checked besides.

    Raises:
        EffnetError: There is no such engine.
    """

    def __init__(
        self,
        network: "Network",
        choice: str,
        side: int,
        photos: "Callable[[], np.ndarray] | None" = None,
    ) -> None:
        check_known("engine", choice, ENGINES)
        self.network, self.choice, self.side, self.photos = network, choice, side, photos
        self._begin()
        _alive.add(self)

    def _begin(self) -> None:
        self._made: _Made | None = None
        self._making = threading.Lock()
        self._kept: deque[tuple[np.ndarray, Pass]] = deque(maxlen=KEPT)

    def __reduce__(self) -> Any:
        return Engine, (self.network, self.choice, self.side, self.photos)

    def __call__(self, pixels: "np.ndarray") -> Pass:
        """One pass over `(N, side, side, 3)` float32 pictures, prepared by `to_pixels`.

        Raises:
            EffnetError: The engine that was asked for is not here, or gives other answers.
        """
        return self._pass(self._ready().run, pixels)

    def exact(self, pixels: "np.ndarray") -> Pass:
        """A pass in single precision, for maps: in half, one's cells were off by 0.011 of 1."""
        if self._ready().name in HALVES:
            return self._pass(of_modules(self.network), pixels)
        return self.once(pixels) if len(pixels) == 1 else self(pixels)

    def _pass(self, run: Run, pixels: "np.ndarray") -> Pass:
        import torch

        start = time.perf_counter()
        with torch.inference_mode():
            features, logits = run(self._batch(pixels))
            logits = logits.float().cpu()
        return Pass(features, logits, time.perf_counter() - start)

    def _batch(self, pixels: "np.ndarray") -> "Tensor":
        import torch

        return torch.from_numpy(pixels).permute(0, 3, 1, 2).to(self._device)

    def once(self, pixels: "np.ndarray") -> Pass:
        """The same for a single picture, whose last pass is remembered: answer and map share it."""
        import numpy as np

        for seen, known in tuple(self._kept):
            if np.array_equal(seen, pixels):
                return known
        made = self(pixels)
        self._kept.append((pixels, made))
        return made

    def forget(self) -> None:
        """Drop the passes that are remembered."""
        self._kept.clear()

    def words(self) -> str:
        """One line: which engine answers, and why; makes it where nothing was asked of it yet."""
        made = self._ready()
        title = say(ENGINES[made.name])
        if made.name in OTHERS:
            title += f" {__import__(made.name).__version__}"
        if self.choice == made.name:
            return say("{engine}, as asked.", engine=title)
        if made.passed_over:
            reasons = "; ".join(map(str, made.passed_over))
            return say("{engine}: {reason}.", engine=title, reason=reasons)
        if made.name == "packed":
            return say("{engine}, on {device}.", engine=title, device=self._device)
        if made.name in HALVES:
            return say(
                "{engine}, the fastest here on {device}; its probabilities are those of fp32 to "
                "{apart:.4f} on {n} {n:picture|pictures}. Maps are made in fp32.",
                engine=title,
                device=self._device,
                n=made.pictures,
                apart=made.apart,
            )
        return say(
            "{engine}, the fastest here on a CPU; its logits are those of the plain modules to "
            "{off:.0e} of the largest.",
            engine=title,
            off=made.off,
        )

    @property
    def _device(self) -> Any:
        return next(self.network.parameters()).device

    def _ready(self) -> _Made:
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._chosen()
        return self._made

    def _chosen(self) -> _Made:
        if self.choice != "auto":
            return self._checked(self.choice)
        passed_over: list[EffnetError] = []
        for name in fastest(self._device):
            try:
                made = self._checked(name)
            except EffnetError as error:
                passed_over.append(error)
            else:
                return replace(made, passed_over=tuple(passed_over))
        return _Made("eager", of_modules(self.network), passed_over=tuple(passed_over))

    def _checked(self, name: str) -> _Made:
        """The engine, if it gives the plain modules' answer to a seeded picture, and to photos."""
        import torch

        plain = of_modules(self.network)
        if name == "eager":
            return _Made(name, plain)
        if name in OTHERS and self._device.type != "cpu":
            raise EffnetError(
                "{engine} runs on the cpu here, not on {device}",
                engine=ENGINES[name],
                device=self._device,
            )
        generator = torch.Generator().manual_seed(0)
        coarse = torch.randn(1, IMAGE_CHANNELS, 7, 7, generator=generator)
        pictures = torch.nn.functional.interpolate(coarse, self.side, mode="bicubic")
        pictures = pictures.to(self._device)
        if name in HALVES and self.photos:
            pictures = torch.cat([pictures, self._batch(self.photos())])
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            wanted = plain(pictures)[1].float()
        if not bool(wanted.isfinite().all()):  # weights that are none: nothing to be compared
            return _Made("eager", plain)
        try:
            run = MAKERS[name](self.network)
            with torch.inference_mode():
                given = run(pictures)[1].float()
        except RuntimeError as error:  # no kernel for it, or no memory
            raise EffnetError(
                "{engine} can't run {network} here ({error})",
                engine=Text(ENGINES[name]),
                network=self.network.spec.name,
                error=error,
            ) from error
        off = float((given - wanted).abs().max() / wanted.abs().max().clamp(min=1))
        apart = float((given.softmax(1) - wanted.softmax(1)).abs().max())
        logit, probability = self._allowed(name)
        if not (off <= logit and apart <= probability):
            raise EffnetError(
                "{engine} gives {network} other answers here (logits up to {off:.0e} of the "
                "largest apart, probabilities up to {apart:.3f}); choose another engine",
                engine=Text(ENGINES[name]),
                network=self.network.spec.name,
                off=off,
                apart=apart,
            )
        return _Made(name, run, off, apart, len(pictures))

    def _allowed(self, name: str) -> tuple[float, float]:
        """How far logits, of the largest, and probabilities may be from the plain modules'."""
        if self.choice != "auto":
            return inf, LOOSE if name == "bf16" else PROBABILITY
        if name in HALVES:
            return HALF_LOGIT, PROBABILITY
        return LOGIT if self._device.type == "cpu" else inf, PROBABILITY


def fastest(device: "torch.device") -> tuple[str, ...]:
    """Engines of `ENGINES` to choose from on a device, the fastest first."""
    import torch

    if device.type == "cpu":
        return "onnxruntime", "packed"
    if device.type != "cuda":
        return ("packed",)
    major, _ = torch.cuda.get_device_capability(device)
    return *(name for name, least in TENSOR_CORES.items() if major >= least), "packed"


_alive: "WeakSet[Engine]" = WeakSet()


def _after_fork() -> None:
    for engine in _alive:
        if engine._made and engine._made.name in WITH_THREADS:
            # one reference too many: to end the parent's would wait for its threads, at exit too
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine._made))
            engine._made = None
        engine._making = threading.Lock()


after_fork(_after_fork)
