"""A network's pass cut into its units: each layer with what follows it, each skip.

The cuts match `speed.traffic.work` one to one, so that a unit's time stands beside its bytes and
multiply-adds. Nothing is hooked: the units call the network's own modules in order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from effnet.nn import Bottleneck, InvertedResidual, MBConv, Network

Run = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the pass: `run(x, skip)`, where `skip` is what went into its block."""

    opens: bool
    run: Run


def units(model: Network) -> list[Unit]:
    """The pass as units, in order."""
    found = []
    for _, step in model.steps():
        parts = _parts(step) if isinstance(step, nn.Module) else [_plain(step)]
        found += [Unit(number == 0, part) for number, part in enumerate(parts)]
    return found


class Pass:
    """Walks an image through units one call at a time: `steps` in order make one pass."""

    def __init__(self, units: list[Unit], image: Tensor) -> None:
        self.image = self.x = self.skip = image
        self.steps: list[Callable[[], object]] = [
            self._step(unit, first=number == 0) for number, unit in enumerate(units)
        ]

    def _step(self, unit: Unit, *, first: bool) -> Callable[[], object]:
        def step() -> None:
            if first:
                self.x = self.image
            if unit.opens:
                self.skip = self.x
            self.x = unit.run(self.x, self.skip)

        return step


def _plain(call: Callable[[Tensor], Tensor]) -> Run:
    return lambda x, _: call(x)


def _parts(module: nn.Module) -> list[Run]:
    """A block's units: an MBConv's layers and skip, a bottleneck's convolutions and skip."""
    if isinstance(module, MBConv):
        return [_plain(layer) for layer in module.block] + _skip(module)
    if isinstance(module, InvertedResidual):
        *layers, convolution, norm = module.conv
        last = nn.Sequential(convolution, norm)
        return [_plain(layer) for layer in (*layers, last)] + _skip(module)
    if isinstance(module, Bottleneck):
        return _bottleneck(module)
    return [_plain(module)]


def _skip(module: MBConv | InvertedResidual) -> list[Run]:
    return [lambda x, skip: module.stochastic_depth(x) + skip] if module.residual else []


def _bottleneck(module: Bottleneck) -> list[Run]:
    def last(x: Tensor, skip: Tensor) -> Tensor:
        return cast("Tensor", module.relu(x + module.downsample(skip)))

    return [
        lambda x, _: module.relu(module.bn1(module.conv1(x))),
        lambda x, _: module.relu(module.bn2(module.conv2(module.pad(x)))),
        lambda x, _: module.stochastic_depth(module.bn3(module.conv3(x))),
        last,
    ]
