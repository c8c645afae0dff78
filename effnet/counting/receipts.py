"""Receipts: any number of a network opened to what it is the sum of. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from effnet.base import listed, plural, say
from effnet.counting.formulas import QUANTITIES, Item, Quantity, product
from effnet.counting.memory import peak, place
from effnet.network import KINDS, Spec
from effnet.scaling import takes_network

ENDS = ("stem", "head", "classifier")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a network: all of it, a stage, a run of blocks, a kind of layer, or several."""

    stage: int | None = None
    first: int | None = None
    kind: str | None = None

    def __str__(self) -> str:
        """As text for a session or a link: `2/1/depthwise`, with `-` for all."""
        return "/".join("-" if v is None else str(v) for v in (self.stage, self.first, self.kind))

    def holds(self, other: "Part") -> bool:
        """True where the other part lies within this one."""
        return all(
            mine in (None, theirs)
            for mine, theirs in (
                (self.stage, other.stage),
                (self.first, other.first),
                (self.kind, other.kind),
            )
        )


def read_part(text: str) -> Part:
    """The part that `str` wrote; the whole network for anything else."""
    stage, first, kind, *_ = [*str(text)[:60].split("/"), "-", "-", "-"]
    chosen = kind if kind in KINDS else None
    if _number(stage) is None:
        return Part(None, None, chosen)
    return Part(_number(stage), _number(first), chosen)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a receipt. `part` is what it stands for, and opens further."""

    label: str
    rule: str
    formula: str
    total: int
    part: Part


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the number of a part is made of: its lines add up to `total`."""

    title: str
    part: Part
    quantity: Quantity
    lines: tuple[Line, ...]
    total: int


# --- sums -------------------------------------------------------------------------------------


def total(found: Sequence[Item]) -> int:
    """The sum of some items."""
    return sum(item.total for item in found)


def stage_titles(found: Sequence[Item]) -> dict[int, str]:
    """A short name for every stage: `stem`, `1 MBConv1`, `head`."""
    names: dict[int, str] = {}
    for item in found:
        label = say(item.label)
        names.setdefault(item.stage, label if item.label in ENDS else f"{item.stage} {label}")
    return names


def grid(found: Sequence[Item]) -> dict[tuple[int, str], int]:
    """Sums by stage and kind of layer."""
    sums: dict[tuple[int, str], int] = {}
    for item in found:
        key = item.stage, item.kind
        sums[key] = sums.get(key, 0) + item.total
    return sums


def kinds(found: Sequence[Item]) -> tuple[str, ...]:
    """The kinds of layer that there are, in the fixed order."""
    there = {item.kind for item in found}
    return tuple(kind for kind in KINDS if kind in there)


@dataclass(frozen=True, slots=True)
class Node:
    """A cell of the treemap; `kind` is "" where it holds several. Its children add up to it."""

    part: Part
    parent: Part | None
    label: str
    kind: str
    total: int


def tree(found: Sequence[Item], name: str) -> tuple[Node, ...]:
    """The network as nested parts: stages, in them runs of blocks, in them kinds of layer.

    A level with a single member is left out.
    """
    whole = Part()
    nodes = [Node(whole, None, name, "", total(found))]
    titles = stage_titles(found)
    for stage, title in titles.items():
        inside = [item for item in found if item.stage == stage]
        members = list(dict.fromkeys(item.first for item in inside))
        last_stage = stage == max(titles)
        here = Part(stage)
        nodes.append(Node(here, whole, title, _only_kind(inside), total(inside)))
        for first in members:
            run = [item for item in inside if item.first == first]
            above = here
            if len(members) > 1:
                above = Part(stage, first)
                label = say(run[0].label) if last_stage else block_range(run[0])
                nodes.append(Node(above, here, label, _only_kind(run), total(run)))
            if len(there := kinds(run)) > 1:
                nodes += [
                    Node(Part(stage, first, kind), above, say(kind), kind, total(same))
                    for kind in there
                    for same in [[item for item in run if item.kind == kind]]
                ]
    return tuple(nodes)


def _only_kind(found: Sequence[Item]) -> str:
    there = kinds(found)
    return there[0] if len(there) == 1 else ""


def block_range(item: Item) -> str:
    """The blocks of the item's run, in words."""
    if item.blocks == 1:
        return say("block {n}", n=item.first)
    return say("blocks {first} to {last}", first=item.first, last=item.last)


# --- receipts ---------------------------------------------------------------------------------


def receipt(found: Sequence[Item], quantity: str, part: Part, name: str) -> Receipt:
    """What the number of a part is made of; of the nearest part that there is.

    Args:
        found: The items of a network.
        quantity: What they count.
        part: The part to open.
        name: What the whole network is called.
    """
    for wanted in (part, Part(part.stage, part.first), Part(part.stage), Part()):
        rows = [item for item in found if _within(item, wanted)]
        if rows:
            break
    lines = _by_stage(rows, wanted)
    if len(lines) == 1 and wanted.first is None:
        lines = _by_run(rows, wanted)
    if len(lines) == 1 or wanted.first is not None or None not in (wanted.stage, wanted.kind):
        lines = [_layer_line(item, rows) for item in rows]
    shown = QUANTITIES[quantity]
    return Receipt(_title(rows, wanted, name), wanted, shown, tuple(lines), total(rows))


def _title(rows: Sequence[Item], part: Part, name: str) -> str:
    title, labels = name, list(dict.fromkeys(item.label for item in rows))
    if part.stage is not None and labels[0] in ENDS:
        title = capital(listed([say(label) for label in labels]))
        if labels == [part.kind]:
            return title
    elif part.stage is not None and part.first is not None:
        title = say(
            "Stage {stage}, {label}, {block}",
            stage=part.stage,
            label=say(labels[0]),
            block=block_range(rows[0]),
        )
    elif part.stage is not None:
        title = say("Stage {stage}, {label}", stage=part.stage, label=say(labels[0]))
    if part.kind is None:
        return title
    return say("{block}, {kind}", block=title, kind=say(part.kind))


def capital(text: str) -> str:
    """A text with its first letter large."""
    return text[:1].upper() + text[1:]


def _by_stage(rows: Sequence[Item], part: Part) -> list[Line]:
    return [
        Line(title, "", _layers(same), total(same), Part(stage, None, part.kind))
        for stage, title in stage_titles(rows).items()
        for same in [[item for item in rows if item.stage == stage]]
    ]


def _by_run(rows: Sequence[Item], part: Part) -> list[Line]:
    lines = []
    for first in dict.fromkeys(item.first for item in rows):
        run = [item for item in rows if item.first == first]
        each = sum(item.value for item in run)
        formula = f"{run[0].blocks} x {each:,}" if run[0].blocks > 1 else _layers(run)
        here = Part(run[0].stage, first, part.kind)
        label = say(run[0].label) if run[0].label in ENDS else block_range(run[0])
        lines.append(Line(label, "", formula, total(run), here))
    return lines


def _layer_line(item: Item, rows: Sequence[Item]) -> Line:
    formula = item.formula
    if item.blocks > 1:
        inner = f"({formula})" if " + " in formula else formula
        formula = f"{item.blocks} x {inner}"
    several = len({row.first for row in rows}) > 1
    label = say(item.kind)
    if several:
        label = say("{kind}, {blocks}", kind=label, blocks=block_range(item))
    return Line(label, item.rule, formula, item.total, Part(item.stage, item.first, item.kind))


def _layers(found: Sequence[Item]) -> str:
    number = sum(item.blocks for item in found)
    return plural(number, "{n} layer", "{n} layers")


@takes_network
def peak_receipt(spec: Spec) -> Receipt:
    """What is alive at the moment of an inference that needs most memory."""
    moment = peak(spec)
    where = Part(moment.run.stage, moment.run.first, moment.layer.kind)
    lines = [
        Line(
            say(tensor.what),
            say("shape x bytes"),
            product(*tensor.shape, tensor.itemsize),
            tensor.bytes,
            Part(),
        )
        for tensor in moment.tensors
    ]
    title = say(
        "{place}: {operation}",
        place=capital(place(moment.run, moment.layer)),
        operation=say(moment.operation),
    )
    return Receipt(title, where, QUANTITIES["memory"], tuple(lines), moment.live)


def _within(item: Item, part: Part) -> bool:
    return (
        part.stage in (None, item.stage)
        and part.first in (None, item.first)
        and part.kind in (None, item.kind)
    )
