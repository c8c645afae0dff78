"""Which part of the input a place of a map can see, by its convolutions. No torch.

Squeeze-and-excitation and global pooling look at the whole map; they are left out here, so that the
field is what the convolutions alone reach.
"""

from dataclasses import dataclass

from effnet.base import check_known, mark, say
from effnet.network import Block, Layer, Spec, walk
from effnet.scaling import takes_network

ENDS = (mark("stem"), mark("head"), mark("classifier"))
ASIDE = ("squeeze-and-excitation", "shortcut", "classifier")


@dataclass(frozen=True, slots=True)
class Field:
    """What the places of a layer's map see, in pixels of the network's input.

    Attributes:
        layer: The layer's name.
        cells: Places a side of the map.
        side: Side of what one place sees.
        step: From one place to the next.
        start: Where the first place's field begins; below 0 where it reaches into the padding.
        sees_all: True where a squeeze-and-excitation lies before: every place then depends on the
            whole picture as well.
    """

    layer: str
    cells: int
    side: int
    step: int
    start: int
    sees_all: bool

    def of(self, cell: int) -> tuple[int, int]:
        """First and one past the last input pixel that a row or column of the map sees."""
        first = self.start + cell * self.step
        return first, first + self.side


@takes_network
def fields(spec: Spec, *, resolution: int | None = None) -> dict[str, Field]:
    """The field of every layer that a map can be made of, by its name, first to last.

    Args:
        spec: The network.
        resolution: Side of the square input in pixels; the network's own where not given.
    """
    size = resolution or spec.resolution
    side, step, start, sees_all = 1, 1, 0, False
    found: dict[str, Field] = {}
    for block in walk(spec, resolution=size):
        if block.operator == "classifier":
            break
        for layer in block.layers:
            if layer.kind == "squeeze-and-excitation":
                sees_all = True
            if layer.kind in ASIDE:
                continue
            start -= _padding_before(layer, spec) * step
            side += (layer.kernel - 1) * step
            step *= layer.stride
        cells = _cells(block)
        if block.stage == 0 and spec.stem_pool:  # 3x3, stride 2, padding 1
            start, side, step, cells = start - step, side + 2 * step, 2 * step, -(-cells // 2)
        name = block.name or "stem"
        found[name] = Field(name, cells, side, step, start, sees_all)
    return found


def _cells(block: Block) -> int:
    return next(layer.out_size for layer in reversed(block.layers) if layer.kind not in ASIDE)


@takes_network
def field_of(spec: Spec, layer: str, *, resolution: int | None = None) -> Field:
    """The field of one layer; `EffnetError` where there is no such layer."""
    known = fields(spec, resolution=resolution)
    check_known("layer", layer, known)
    return known[layer]


def _padding_before(layer: Layer, spec: Spec) -> int:
    """Zeros on the left and above; TensorFlow's odd one goes to the right and below."""
    if spec.padding == "same":
        whole = (-(-layer.in_size // layer.stride) - 1) * layer.stride
        return max(whole + layer.kernel - layer.in_size, 0) // 2
    return (layer.kernel - 1) // 2


@takes_network
def layer_title(spec: Spec, layer: str) -> str:
    """A layer's name in words: "stem", "stage 4, block 2 of 3", "head"."""
    for block in walk(spec):
        if (block.name or "stem") != layer:
            continue
        if block.stage == 0 or block.operator == "head":
            return stage_title(stage_of(block))
        members = [other for other in walk(spec) if other.stage == block.stage]
        return say(
            "stage {stage}, block {block} of {repeats}",
            stage=block.stage,
            block=members.index(block) + 1,
            repeats=spec.stages[block.stage - 1].repeats,
        )
    return layer


def stage_of(block: Block) -> str:
    """The stage that a block belongs to, as records name it: "stem", "stage 4", "head"."""
    if block.stage == 0:
        return "stem"
    return block.operator if block.operator in ENDS else f"stage {block.stage}"


def stage_title(stage: str) -> str:
    """A record's name of a stage in the reader's language."""
    _, _, number = stage.partition(" ")
    return say("stage {number}", number=number) if number else say(stage)


@takes_network
def stages(spec: Spec) -> dict[str, str]:
    """The last layer of every stage, stem to head, by the stage's name in records."""
    return {
        stage_of(block): block.name or "stem"
        for block in walk(spec)
        if block.operator != "classifier"
    }


@takes_network
def stage_ends(spec: Spec) -> list[str]:
    """The last layer of every stage, stem to head: a film strip's frames."""
    return list(stages(spec).values())
