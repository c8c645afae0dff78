"""From a network and options to a pass that can be timed, and back: nothing is left changed."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from effnet.base import EffnetError, Text, brief
from effnet.counting import count
from effnet.counting.memory import peak_bytes, weights
from effnet.network import Spec, check_resolution
from effnet.nn import (
    OTHERS,
    as_built,
    build,
    compiled,
    folded,
    half,
    pick_device,
    session,
    workers,
)
from effnet.scaling import Design, spec_of
from effnet.timing import Environment, Latency, Options
from effnet.timing.measure import clock, live_tensors, machine

MAX_MACS = 2 * 10**12
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
GRAPH_WARM_UP = 3

Model = Spec | Design | str | Path | Mapping[str, Any] | nn.Module


@dataclass(slots=True)
class Ready:
    """A network in place, with a pass that can be timed.

    Attributes:
        name, size: What it is called, and the side of its input.
        options: How it runs.
        place: Where.
        module: What runs; the engine's network where it is another engine's.
        image: The input, `(batch, 3, R, R)`.
        step: One pass.
        timer: The device's.
        environment: The machine before anything ran.
        spec: The architecture, where it is known.
        others: Counts what other programs take from now on.
    """

    name: str
    size: int
    options: Options
    place: torch.device
    module: nn.Module
    image: Tensor
    step: Callable[[], object]
    timer: clock.Timer
    environment: Environment
    spec: Spec | None = None
    others: machine.Others = field(default_factory=machine.Others)

    def sample(self) -> float:
        """Milliseconds of one pass."""
        return self.timer.sample(self.step)

    def warm_up(self, budget_s: float, heard: Callable[[], None] = lambda: None) -> None:
        """Pass until it is steady; then count from here what other programs take."""
        clock.warm_up(self.sample, budget_s, heard=heard)
        self.others = machine.Others()

    def peak_bytes(self) -> int | None:
        """Largest memory of a pass, weights included; None where it can't be told."""
        if self.place.type == "cpu" and self.options.engine != "eager":
            return None
        return live_tensors.peak_bytes(self.module, self.image, self.step)

    def latency(self, samples: list[float], *, link: str = "", peak: int | None = None) -> Latency:
        """The record of these samples, with what other programs took since the warm-up."""
        where = self.others.beside(self.environment)
        ran = where.settled(self.options, self.size)
        return Latency(self.name, tuple(samples), ran, peak, where, link)


@contextmanager
def prepared(model: Model, options: Options) -> Iterator[Ready]:
    """Put a network in place as the options say, and everything back afterwards.

    A module of the caller's runs itself, moved and put into evaluation meanwhile; options that
    would change it (channels-last, folding, an engine) are given to a private copy.

    Raises:
        EffnetError: The options can't be used here, or the network is too large.
    """
    options.check()
    place = pick_device(options.device)
    if options.cuda_graph and place.type != "cuda":
        raise EffnetError(
            "CUDA graphs need a CUDA device, not {device}; switch them off", device=place
        )
    if options.engine in OTHERS and place.type != "cpu":
        raise EffnetError(
            "{engine} runs on the cpu here, not on {device}",
            engine=options.engine,
            device=place,
        )
    module, name, size = network(model, options.resolution)
    changes = options.channels_last or options.folded or options.engine == "compile"
    if changes and module is model:
        module = copy.deepcopy(module)
    if options.folded:
        module = folded(as_built(module))
    modes = [(part, part.training) for part in module.modules()]  # some may be frozen in theirs
    home = next(iter(module.parameters()), torch.empty(0)).device
    module.eval().to(place)
    try:
        with workers.threads(options.threads), _memory_errors(name, options, size, place):
            image = torch.randn(options.batch_size, 3, size, size, device=place)
            if options.channels_last:
                module.to(memory_format=torch.channels_last)
                image = image.contiguous(memory_format=torch.channels_last)
            step, version = _step(module, image, options)
            yield Ready(
                name,
                size,
                options,
                place,
                module,
                image,
                step,
                clock.timer(place),
                machine.environment(place, engine_version=version),
                getattr(module, "spec", None),
            )
    finally:
        for part, training in modes:
            part.training = training
        module.to(home)


def network(model: Model, resolution: int | None) -> tuple[nn.Module, str, int]:
    """The module to run, its name, and the side of its input."""
    if isinstance(model, (str, Path, Mapping, Design)):
        model = spec_of(model)
    if isinstance(model, Spec):
        size = model.resolution if resolution is None else check_resolution(resolution)
        macs = count(model, resolution=size).macs
        if macs > MAX_MACS:
            raise EffnetError(
                "{network} at {side} px takes {macs:,.0f} G multiply-adds, too many to "
                "measure here; the limit is {most:,.0f} G",
                network=model.name,
                side=size,
                macs=macs / 1e9,
                most=MAX_MACS / 1e9,
            )
        return build(model), model.name, size
    if not isinstance(model, nn.Module):
        raise EffnetError(
            "{model} can't be measured; expected a network's name, a Spec or a module",
            model=brief(model),
        )
    size = getattr(getattr(model, "spec", None), "resolution", 224)
    name = getattr(getattr(model, "spec", None), "name", type(model).__name__)
    return model, name, size if resolution is None else check_resolution(resolution)


def _step(module: nn.Module, image: Tensor, options: Options) -> tuple[Callable[[], object], str]:
    """The pass, and the version of its engine where that is not PyTorch."""
    if options.engine in OTHERS:
        given, feed = as_built(module), image.numpy()
        threads = torch.get_num_threads()
        opened = session(given, options.engine, image=tuple(image.shape), threads=threads)
        return (lambda: opened.run(feed)), opened.version
    if options.engine == "half":
        passes = half(as_built(module))
        return _pass(lambda x: passes(x)[1], image, "fp32", casts_kept=False), ""
    called: Callable[[Tensor], object] = module
    if options.engine == "compile":
        called = compiled(module)
    run = _pass(called, image, options.precision, casts_kept=not options.cuda_graph)
    return (_recorded(run) if options.cuda_graph else run), ""


def _pass(
    called: Callable[[Tensor], object], image: Tensor, precision: str, *, casts_kept: bool
) -> Callable[[], object]:
    def step() -> object:
        with inference(image.device, precision, casts_kept=casts_kept):
            return called(image)

    return step


@contextmanager
def inference(place: torch.device, precision: str, *, casts_kept: bool = True) -> Iterator[None]:
    """Inference mode, with autocast where the precision is not fp32.

    Args:
        place: The device.
        precision: Of `Options`.
        casts_kept: Whether weights are cast once a pass, not at every use.
    """
    low = DTYPES.get(precision)
    cast = torch.autocast(place.type, low, cache_enabled=casts_kept) if low else nullcontext()
    with torch.inference_mode(), cast:
        yield


def _recorded(step: Callable[[], object]) -> Callable[[], object]:
    """The pass as a CUDA graph: recorded once, replayed with no launches from the processor."""
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(GRAPH_WARM_UP):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


@contextmanager
def _memory_errors(name: str, options: Options, size: int, place: torch.device) -> Iterator[None]:
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise OutOfMemory(name, options.batch_size, size, place) from error
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # what the CPU's allocator says
            raise
        raise OutOfMemory(name, options.batch_size, size, place) from error


class OutOfMemory(EffnetError):
    """A pass does not fit."""

    def __init__(self, name: str, batch_size: int, size: int, place: torch.device) -> None:
        super().__init__(
            Text(
                "{network} at batch {batch} and {side} px does not fit on {device}; use less",
                network=name,
                batch=batch_size,
                side=size,
                device=place,
            )
        )


def check_memory(spec: Spec, options: Options, size: int) -> None:
    """Raise `OutOfMemory` where a pass can't fit by the closed form.

    A processor's memory is promised before it is there, and a program that takes too much of it
    is ended without a word: so this is asked first.
    """
    place = pick_device(options.device)
    free = machine.free_bytes(place)
    needed = weights(spec).bytes(4)
    needed += peak_bytes(replace(spec, resolution=size), batch=options.batch_size)
    if free is not None and needed > free:
        raise OutOfMemory(spec.name, options.batch_size, size, place)
