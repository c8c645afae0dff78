"""Blocks in a row that are alike: what repeats is counted once and multiplied. No torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from effnet.network import Block, Layer, Spec, operator_label, walk
from effnet.scaling import takes_network


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive blocks of one stage with the same layers; a stage's first block stands alone.

    Attributes:
        stage: Number of the stage; 0 is the stem, the last holds head and classifier.
        label: The operator as the papers write it.
        first, last: Blocks of the stage that it spans, counted from 1.
        block: The first of them; the others differ in their names only.
    """

    stage: int
    label: str
    first: int
    last: int
    block: Block

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return self.last - self.first + 1

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of one block."""
        return self.block.layers


@takes_network
@lru_cache(maxsize=256)
def runs(spec: Spec, *, resolution: int | None = None) -> tuple[Run, ...]:
    """The network as runs, in order: stem, blocks, head, classifier."""
    return tuple(_grouped(spec, resolution))


def _grouped(spec: Spec, resolution: int | None) -> Iterator[Run]:
    held: Run | None = None
    for block in walk(spec, resolution=resolution):
        if held is None or held.stage != block.stage:
            position = 1
        else:
            position = held.last + 1
            if position > 2 and _alike(held.block, block):
                held = Run(held.stage, held.label, held.first, position, held.block)
                continue
        if held is not None:
            yield held
        held = Run(block.stage, _label(spec, block), position, position, block)
    if held is not None:
        yield held


def _alike(one: Block, other: Block) -> bool:
    return (one.operator, one.residual, one.layers) == (
        other.operator,
        other.residual,
        other.layers,
    )


def _label(spec: Spec, block: Block) -> str:
    inner = 0 < block.stage <= len(spec.stages)
    return operator_label(spec.stages[block.stage - 1]) if inner else block.operator
