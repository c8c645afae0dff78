"""How a network runs: the one place that says it, for answers, for maps and for the clock.

An `Engine` gives a network's last map and its logits, from one pass. It is chosen and checked
against the plain modules once, when first needed.
"""

import ctypes
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from effnet.base import EffnetError, Text, after_fork, check_known, mark, say
from effnet.network import IMAGE_CHANNELS
from effnet.nn.sessions import PROGRAMS, Session, session

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from effnet.nn.model import Network

ENGINES: dict[str, str] = {
    "auto": mark("the fastest here"),
    "eager": mark("PyTorch, eager"),
    "packed": mark("PyTorch, BatchNorm folded"),
    "bf16": mark("PyTorch, bfloat16"),
    "compile": "torch.compile",
    **PROGRAMS,
}
OTHERS = tuple(PROGRAMS)  # programs besides PyTorch, on the CPU only
WITH_THREADS = ("compile", *OTHERS)  # of their own, which a fork leaves behind
CHUNK = 4  # pictures a pass on a CPU: larger maps leave the cache
KEPT = 4  # single pictures whose last pass is remembered
LOGIT = 1e-4  # how far a logit of the engine that is chosen may be off, of the largest
PROBABILITY = 0.01  # how far a probability of one that is asked for may be
LOOSE = 0.1  # the same for bfloat16, which moved one by 0.065 on the sample photos

Maps = tuple["Tensor", "Tensor"]  # the last map (N, C, h, w), and logits (N, classes)
Run = Callable[["Tensor"], Maps]


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
    passed_over: tuple[EffnetError, ...] = ()


class Engine:
    """A network as the fastest engine here runs it, or the one that is asked for.

    Any number of threads may ask at once. A forked process makes its own, as threads don't go
    along, and so does one that unpickles it.

    Args:
        network: In evaluation mode, on the device where it runs, its weights final.
        choice: One of `ENGINES`. "auto" is on a CPU ONNX Runtime, whose threads sleep while others
            work; where that can't be loaded or gives other logits, "packed". On other devices it
            is "packed". It is single precision: bfloat16 changed the order of the top five on 9 of
            18 pairs of a trained Lite network and a sample photo.
        side: The usual side of a picture, at which the engine is checked.

    Raises:
        EffnetError: There is no such engine.
    """

    def __init__(self, network: "Network", choice: str, side: int) -> None:
        check_known("engine", choice, ENGINES)
        self.network, self.choice, self.side = network, choice, side
        self._begin()
        _alive.add(self)

    def _begin(self) -> None:
        self._made: _Made | None = None
        self._making = threading.Lock()
        self._kept: deque[tuple[np.ndarray, Pass]] = deque(maxlen=KEPT)

    def __reduce__(self) -> Any:
        return Engine, (self.network, self.choice, self.side)

    def __call__(self, pixels: "np.ndarray") -> Pass:
        """One pass over `(N, side, side, 3)` float32 pictures, prepared by `to_pixels`.

        Raises:
            EffnetError: The engine that was asked for is not here, or gives other answers.
        """
        import torch

        run = self._ready().run
        start = time.perf_counter()
        with torch.inference_mode():
            batch = torch.from_numpy(pixels).permute(0, 3, 1, 2)
            features, logits = run(batch.to(self._device))
            logits = logits.float().cpu()
        return Pass(features, logits, time.perf_counter() - start)

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
            return say("{engine}: {reason}.", engine=title, reason=made.passed_over[-1])
        if made.name == "packed":
            return say("{engine}, on {device}.", engine=title, device=self._device)
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
        for name in ("onnxruntime", "packed") if self._device.type == "cpu" else ("packed",):
            try:
                made = self._checked(name)
            except EffnetError as error:
                passed_over.append(error)
            else:
                return _Made(name, made.run, made.off, tuple(passed_over))
        return _Made("eager", _of_modules(self.network), passed_over=tuple(passed_over))

    def _checked(self, name: str) -> _Made:
        """The engine, if one seeded picture gets the plain modules' answer from it."""
        import torch

        plain = _of_modules(self.network)
        if name == "eager":
            return _Made(name, plain)
        if name in OTHERS and self._device.type != "cpu":
            raise EffnetError(
                "{engine} runs on the cpu here, not on {device}",
                engine=ENGINES[name],
                device=self._device,
            )
        run = _MAKERS[name](self.network)
        generator = torch.Generator().manual_seed(0)
        coarse = torch.randn(1, IMAGE_CHANNELS, 7, 7, generator=generator)
        picture = torch.nn.functional.interpolate(coarse, self.side, mode="bicubic")
        picture = picture.contiguous(memory_format=torch.channels_last).to(self._device)
        with torch.inference_mode():
            (_, wanted), (_, given) = plain(picture), run(picture)
        wanted, given = wanted.float(), given.float()
        if not bool(wanted.isfinite().all()):  # weights that are none: nothing to be compared
            return _Made("eager", plain)
        off = float((given - wanted).abs().max() / wanted.abs().max().clamp(min=1))
        if self.choice == "auto" and self._device.type == "cpu" and not off <= LOGIT:
            raise EffnetError(
                "{engine} gives {network} other logits here (off by {off:.0e} of the largest)",
                engine=Text(ENGINES[name]),
                network=self.network.spec.name,
                off=off,
            )
        apart = float((given.softmax(1) - wanted.softmax(1)).abs().max())
        allowed = LOOSE if name == "bf16" else PROBABILITY
        if not apart <= allowed:
            raise EffnetError(
                "engine {engine} gives {network} other probabilities here (up to {apart:.3f} "
                "apart, {allowed:g} allowed); use engine='eager'",
                engine=repr(name),
                network=self.network.spec.name,
                apart=apart,
                allowed=allowed,
            )
        return _Made(name, run, off)


_alive: "WeakSet[Engine]" = WeakSet()


def _after_fork() -> None:
    for engine in _alive:
        if engine._made and engine._made.name in WITH_THREADS:
            # one reference too many: to end the parent's would wait for its threads, at exit too
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine._made))
            engine._made = None
        engine._making = threading.Lock()


after_fork(_after_fork)


# --- engines of PyTorch


def _of_modules(network: "Network") -> Run:
    def run(x: "Tensor") -> Maps:
        features = network.forward_features(x)
        return features, network.classify(features)

    return run


def _packed(network: "Network") -> Run:
    from effnet.nn import fast

    return _channels_last(_of_modules(fast.quick(network)))


def _bf16(network: "Network") -> Run:
    import torch

    from effnet.nn import fast

    run = _channels_last(_of_modules(fast.quick(network, dtype=torch.bfloat16)))
    return lambda x: run(x.bfloat16())


def _compile(network: "Network") -> Run:
    import torch

    from effnet.nn.fold import folded

    run = _of_modules(folded(network).to(memory_format=torch.channels_last))
    return _channels_last(torch.compile(run, dynamic=True))


def _channels_last(run: Run) -> Run:
    import torch

    return lambda x: run(x.contiguous(memory_format=torch.channels_last))


def compiled(module: "nn.Module") -> Callable[["Tensor"], object]:
    """The module through torch.compile, with nothing left of networks compiled before."""
    import torch

    torch.compiler.reset()  # else the eighth network of one program would run eagerly
    called: Callable[[Tensor], object] = torch.compile(module, dynamic=False)
    return called


# --- other programs


def _other(engine: str) -> Callable[["Network"], Run]:
    def make(network: "Network") -> Run:
        import torch

        from effnet.nn import workers

        # a pass alone has all threads; passes beside each other have together as many as there are,
        # else each would wait for helpers that are waiting for a core
        everything = torch.get_num_threads()
        counts = everything, max(1, everything - workers.COUNT + 1)
        opened: dict[int, Session] = {}
        lock, running = threading.Lock(), [0]

        def run(x: "Tensor") -> Maps:
            with lock:
                threads = counts[running[0] > 0]
                running[0] += 1
                if threads not in opened:
                    opened[threads] = session(network, engine, threads=threads, features=True)
                chosen = opened[threads]
            try:
                features, logits = map(torch.from_numpy, chosen.run(x.contiguous().numpy()))
            finally:
                with lock:
                    running[0] -= 1
            return features, logits

        return run

    return make


_MAKERS: dict[str, Callable[["Network"], Run]] = {
    "packed": _packed,
    "bf16": _bf16,
    "compile": _compile,
    **{name: _other(name) for name in OTHERS},
}
