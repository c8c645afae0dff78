"""Memory along a network: what is alive at each layer, and what has been kept by then."""

from dataclasses import dataclass

from effnet.base import remembered, say
from effnet.counting import Run
from effnet.counting.memory.backward import kept
from effnet.counting.memory.inference import Moment, moments
from effnet.counting.memory.tensors import block_place, place
from effnet.network import Layer, Spec
from effnet.scaling import takes_network


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Memory at one layer on the way through the network, for one image.

    Attributes:
        position: Blocks passed before it, with the layers of a block at equal steps.
        stage: Number of its stage.
        name: Where it is, in words: `stage 2, block 1, expand`.
        block: The same without the layer.
        operation: The operation of the layer at which most is alive.
        live: Bytes alive then, in an inference.
        kept: Bytes that autograd keeps of everything up to and with this layer.
    """

    position: float
    stage: int
    name: str
    block: str
    operation: str
    live: int
    kept: int


CURVE_BLOCKS = 300  # in deeper networks the curve passes over the inner blocks of long runs


@takes_network
@remembered(maxsize=64)
def curve(spec: Spec) -> tuple[CurvePoint, ...]:
    """Memory along the network, layer by layer."""
    of_run: dict[Run, dict[Layer, Moment]] = {}
    for moment in moments(spec):
        highest = of_run.setdefault(moment.run, {})
        if moment.layer not in highest or moment.live > highest[moment.layer].live:
            highest[moment.layer] = moment
    bytes_kept: dict[Run, dict[Layer, int]] = {}
    for one in kept(spec):
        bytes_kept.setdefault(one.run, {})[one.layer] = one.bytes
    every = sum(run.blocks for run in of_run) <= CURVE_BLOCKS
    points, passed, total = [], 0, 0
    for run, highest in of_run.items():
        of_block = sum(bytes_kept[run].values())
        shown = range(run.blocks) if every else sorted({0, run.blocks - 1})
        for index in shown:
            so_far = total + index * of_block
            for number, (layer, moment) in enumerate(highest.items()):
                so_far += bytes_kept[run][layer]
                points.append(
                    CurvePoint(
                        passed + index + number / len(highest),
                        run.stage,
                        place(run, layer, index),
                        block_place(run, index),
                        say(moment.operation),
                        moment.live,
                        so_far,
                    )
                )
        passed += run.blocks
        total += run.blocks * of_block
    return tuple(points)
