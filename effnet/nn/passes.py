"""A network's pass, a function for each engine: an image in, the last map and the logits out."""

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from effnet.nn.sessions import PROGRAMS, Session, session

if TYPE_CHECKING:
    from torch import Tensor, nn

    from effnet.nn.model import Network

HALVES = {"half": "float16", "bf16": "bfloat16"}  # engines in half precision: PyTorch's type

Maps = tuple["Tensor", "Tensor"]  # the last map (N, C, h, w), and logits (N, classes)
Run = Callable[["Tensor"], Maps]


def of_modules(network: "Network") -> Run:
    """The passes of PyTorch's modules as they are."""

    def run(x: "Tensor") -> Maps:
        features = network.forward_features(x)
        return features, network.classify(features)

    return run


def _packed(network: "Network") -> Run:
    from effnet.nn import fast

    return _channels_last(of_modules(fast.quick(network)))


def half(network: "Network", kind: str = "float16") -> Run:
    """The passes of a private copy in half precision; pooling and classifier stay in single.

    Args:
        network: In evaluation mode, on the device where it runs.
        kind: The type of `torch` that weights and maps have.
    """
    import torch

    from effnet.nn import fast

    dtype: torch.dtype = getattr(torch, kind)
    trunk = fast.quick(network, dtype=dtype)

    def run(x: "Tensor") -> Maps:
        features = trunk.forward_features(x.to(dtype)).float()
        return features, network.classify(features)

    return _channels_last(run)


def _compile(network: "Network") -> Run:
    import torch

    from effnet.nn.fold import folded

    run = of_modules(folded(network).to(memory_format=torch.channels_last))
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


MAKERS: dict[str, Callable[["Network"], Run]] = {
    "packed": _packed,
    **{name: partial(half, kind=kind) for name, kind in HALVES.items()},
    "compile": _compile,
    **{name: _other(name) for name in PROGRAMS},
}
