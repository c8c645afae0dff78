"""Other tools asked about a network, each in a process of its own. No torch in this process.

ptflops replaces functions of PyTorch while it counts, others leave hooks behind or shift the mode
of the model, so none of them may run where visitors share models. The parent sends a spec as JSON
to a fresh interpreter, which builds the network, asks every tool that is installed and prints what
they said.
"""

import contextlib
import importlib
import io
import json
import logging
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from effnet.base import EffnetError, giga, language, mark, mebibytes, millions, programs
from effnet.counting import count
from effnet.counting.memory import peak_bytes, weights
from effnet.network import Spec
from effnet.scaling import AnyNetwork, spec_of, takes_network

if TYPE_CHECKING:
    from torch import Tensor, nn

TIMEOUT_S = 120.0
MOST_MACS = 60e9  # a minute or so of one slow core
MOST_BYTES = 2 * 2**30
NOT_INSTALLED, FAILED = mark("not installed here"), "failed: "


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool said: its key in `data/counters.csv`, its version here, and the number.

    `says` is None where it is not installed or failed; `trouble` tells which, in English.
    """

    tool: str
    version: str
    says: int | None
    trouble: str = ""

    @property
    def told(self) -> str:
        """The trouble in the reader's language."""
        if self.trouble.startswith(FAILED):
            return language.say("failed: {error}", error=self.trouble.removeprefix(FAILED))
        return language.say(self.trouble) if self.trouble else ""


@takes_network
def ask(
    spec: Spec, *, timeout_s: float = TIMEOUT_S, between: Callable[[], None] = lambda: None
) -> tuple[Answer, ...]:
    """What the tools installed here say of the network, at its own resolution.

    Args:
        spec: The network.
        timeout_s: How long to wait for all of them.
        between: Called while it waits; what it raises ends the tools' process.

    Raises:
        EffnetError: The network is too large to be run for this, or no answer came in time.
    """
    _check(spec)
    question = json.dumps(spec.to_dict())
    try:
        said = programs.ask(
            "effnet.nn.second_opinion", question, timeout_s=timeout_s, between=between
        )
    except programs.Late:
        raise EffnetError(
            "no answer within {seconds:.0f} s; the machine is busy, or {network} large",
            seconds=timeout_s,
            network=spec.name,
        ) from None
    except programs.Failed as error:
        raise EffnetError("the tools' process failed: {last}", last=error) from None
    return tuple(Answer(**answer) for answer in json.loads(said.splitlines()[-1]))


def _check(spec: Spec) -> None:
    macs, params, live = count(spec).macs, weights(spec).params, peak_bytes(spec)
    if macs > MOST_MACS or live + 4 * params > MOST_BYTES:
        raise EffnetError(
            "{network} has {macs} MACs, {params} parameters and {live} of maps: too large to "
            "be run for a second opinion (at most {most_macs} MACs and {most_bytes} in all); "
            "the closed form needs no run",
            network=spec.name,
            macs=giga(macs),
            params=millions(params),
            live=mebibytes(live),
            most_macs=giga(round(MOST_MACS)),
            most_bytes=mebibytes(MOST_BYTES),
        )


# --- in the other process ---------------------------------------------------------------------


def as_torchvision_writes(spec: Spec) -> "nn.Module":
    """The network with its modules written as torchvision writes them; tools look at modules.

    Squeeze-and-excitation pools with a module, MobileNetV2 pools with a function before its
    classifier, and padding is symmetric: none of it changes shapes or multiply-adds.
    """
    from torch import nn
    from torch.nn import functional
    from torchvision.ops import SqueezeExcitation

    from effnet.nn import blocks
    from effnet.nn.model import build

    class Pooling(nn.Module):
        def forward(self, x: Any) -> Any:
            return functional.adaptive_avg_pool2d(x, (1, 1))

    network: Any = build(replace(spec, padding="symmetric")).eval()
    for path, module in list(network.named_modules()):
        if isinstance(module, blocks.SqueezeExcitation):
            wide, squeezed = module.fc1.in_channels, module.fc1.out_channels
            kind = type(module.activation)
            written = SqueezeExcitation(wide, squeezed, lambda kind=kind: kind(inplace=True))
            parent, _, name = path.rpartition(".")
            setattr(network.get_submodule(parent), name, written.eval())
    if spec.layout == "flat":
        network.avgpool = Pooling()
    return network  # type: ignore[no-any-return]


def say(tool: str, model: "nn.Module", side: int) -> int:
    """What one tool prints for a `(1, 3, side, side)` image; it may change the model.

    Raises:
        ImportError: The tool is not installed.
    """
    return TOOLS[tool][1](model, side)


def _package(name: str) -> Any:
    """A tool's package; none of them has types."""
    return importlib.import_module(name)


def _image(model: "nn.Module", side: int) -> "Tensor":
    """A black picture where the model's weights are."""
    import torch

    return torch.zeros(1, 3, side, side, device=next(model.parameters()).device)


def _flop_counter(model: "nn.Module", side: int) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(_image(model, side))
    return int(counter.get_total_flops())


def _ptflops(model: "nn.Module", side: int, backend: str) -> int:
    import torch

    with torch.no_grad():
        macs, _ = _package("ptflops").get_model_complexity_info(
            model, (3, side, side), as_strings=False, print_per_layer_stat=False, backend=backend
        )
    if macs is None:
        raise RuntimeError("ptflops gave up")
    return int(macs)


def _torchinfo(model: "nn.Module", side: int) -> int:
    image = _image(model, side)
    summary = _package("torchinfo").summary(model, input_data=image, verbose=0, device=image.device)
    return int(summary.total_mult_adds)


def _fvcore(model: "nn.Module", side: int) -> int:
    analysis = _package("fvcore.nn").FlopCountAnalysis(model, _image(model, side))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.total())


def _thop(model: "nn.Module", side: int) -> int:
    macs, _ = _package("thop").profile(model, (_image(model, side),), verbose=False)
    return int(macs)


# tool: the package that has it, and how it is asked
TOOLS: dict[str, tuple[str, Callable[["nn.Module", int], int]]] = {
    "flop_counter": ("torch", _flop_counter),
    "ptflops_aten": ("ptflops", lambda model, side: _ptflops(model, side, "aten")),
    "torchinfo": ("torchinfo", _torchinfo),
    "fvcore": ("fvcore", _fvcore),
    "ptflops": ("ptflops", lambda model, side: _ptflops(model, side, "pytorch")),
    "thop": ("thop", _thop),
}


# These need no data: a network on the meta device has shapes only. ptflops counts the classifier
# twice there, and fvcore's tracing fails.
WITHOUT_DATA = ("flop_counter", "ptflops_aten", "torchinfo", "thop")


@cache
def _release(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def installed(tool: str) -> str:
    """The release of a tool that is installed here; "" where none is, or none is needed."""
    return _release(TOOLS[tool][0]) if tool in TOOLS else ""


def answer(tool: str, spec: AnyNetwork) -> Answer:
    """Ask one tool in this process; it gets a network of its own."""
    spec, version = spec_of(spec), installed(tool)
    if not version:
        return Answer(tool, "", None, NOT_INSTALLED)
    import torch

    try:
        with torch.device("meta" if tool in WITHOUT_DATA else "cpu"):
            model = as_torchvision_writes(spec)
        says = say(tool, model, spec.resolution)
    except Exception as error:  # a tool's own fault must not silence the others
        return Answer(tool, version, None, f"{FAILED}{error}")
    return Answer(tool, version, says)


def main() -> None:
    """Read a spec from standard input, print the tools' answers as one line of JSON."""
    spec = Spec.from_dict(json.loads(programs.heard()))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        answers = [answer(tool, spec) for tool in TOOLS]
    rows = [{"tool": a.tool, "version": a.version, "says": a.says, "trouble": a.trouble}
            for a in answers]  # fmt: skip
    sys.stdout.write(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
