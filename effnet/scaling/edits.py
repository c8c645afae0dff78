"""Editing a network's stages: rows of a table, one-click swaps, and what an edit changes.

Standard library only.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from effnet.base import THOUSANDS, Column, EffnetError, in_a_row, mark, say
from effnet.counting import Cost, Totals
from effnet.network import (
    OPERATORS,
    BlockString,
    Dialect,
    Reading,
    Spec,
    Stage,
    blocks_of,
    joined,
    read_block_strings,
    stage_of,
)
from effnet.scaling.spec_sources import AnyNetwork, spec_of, takes_network

Row = dict[str, Any]

NAMES = {"MBConv": False, "Fused-MBConv": True}  # as the table writes them: is it fused?
COLUMNS = ("operator", "kernel", "stride", "expand_ratio", "se_ratio", "channels", "repeats")
DECIMAL = ("expand_ratio", "se_ratio")
TITLES = {  # what messages call the numbers of a row
    "kernel": mark("kernel"),
    "stride": mark("stride"),
    "expand_ratio": mark("expand ratio"),
    "se_ratio": mark("se ratio"),
    "channels": mark("channels"),
    "repeats": mark("repeats"),
}


# --- stages as rows of a table ----------------------------------------------------------------


def as_rows(blocks: Iterable[BlockString]) -> list[Row]:
    """Stages as rows to edit; input channels are left out, they follow from the row before."""
    names = {fused: name for name, fused in NAMES.items()}
    return [
        {
            "stage": number,
            "operator": names[block.fused],
            "kernel": block.kernel,
            "stride": block.stride,
            "expand_ratio": float(block.expand_ratio),
            "se_ratio": float(block.se_ratio),
            "channels": block.channels,
            "repeats": block.repeats,
        }
        for number, block in enumerate(blocks, start=1)
    ]


def edited_rows(rows: Iterable[Row], changes: Mapping[str, Any]) -> list[Row]:
    """Rows after a table editor's changes: cells by row number, rows deleted, rows added.

    Empty cells of an added row are as in the row above it, with one block of stride 1.
    """
    found = [dict(row) for row in rows]
    for number, cells in changes.get("edited_rows", {}).items():
        found[int(number)] |= cells
    gone = {int(number) for number in changes.get("deleted_rows", ())}
    kept = [row for number, row in enumerate(found) if number not in gone]
    for added in changes.get("added_rows", ()):
        above = kept[-1] if kept else as_rows([BlockString(1, 3, 1, 6, 16, 16, 0.25)])[0]
        filled = {name: value for name, value in added.items() if value is not None}
        kept.append(above | {"stride": 1, "repeats": 1} | filled)
    return kept


def from_rows(rows: Iterable[Row], *, stem_channels: int) -> Reading:
    """Read a table's rows; a cell that can't be used is named with its row."""
    blocks: list[BlockString] = []
    problems: list[str] = []
    before = stem_channels
    for number, row in enumerate(rows, start=1):
        try:
            block = _row_read(row, before)
        except EffnetError as error:
            problems.append(say("stage {number}: {error}", number=number, error=error))
            continue
        blocks.append(block)
        before = block.channels
    if problems:
        return Reading((), tuple(problems))
    if not blocks:
        return Reading((), (say("no stage is left; a network has at least one"),))
    return read_block_strings(joined(blocks))


def _row_read(row: Row, in_channels: int) -> BlockString:
    values = {name: _cell_read(name, row.get(name)) for name in COLUMNS if name != "operator"}
    operator = row.get("operator")
    if operator not in NAMES:
        raise EffnetError(
            "operator {operator!r}; expected MBConv or Fused-MBConv", operator=operator
        )
    block = BlockString(in_channels=in_channels, fused=NAMES[operator], **values)
    stage_of(block)
    return block


def _cell_read(name: str, value: Any) -> Any:
    title = say(TITLES[name])
    if value is None:
        raise EffnetError("{cell} is empty; fill it in or delete the row", cell=title)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    whole = name not in DECIMAL
    if not math.isfinite(number) or (whole and number != int(number)):
        raise EffnetError(
            "{cell} {value!r}; expected a whole number"
            if whole
            else "{cell} {value!r}; expected a number",
            cell=title,
            value=value,
        )
    return int(number) if whole else number


# --- swaps ------------------------------------------------------------------------------------

Blocks = tuple[BlockString, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """A change of all stages that fit, and where it comes from."""

    title: str
    line: str
    swapped: Callable[[Blocks], Blocks]


def without_squeeze(blocks: Blocks) -> Blocks:
    """The stages without squeeze-and-excitation."""
    return tuple(replace(block, se_ratio=0.0) for block in blocks)


def early_stages_fused(blocks: Blocks) -> Blocks:
    """The stages with Fused-MBConv in the first three; kernels and expansions stay."""
    fused = (replace(block, fused=True, se_ratio=0.0) for block in blocks[:3])
    return (*fused, *blocks[3:])


def small_kernels(blocks: Blocks) -> Blocks:
    """The stages with 3x3 kernels only."""
    return tuple(replace(block, kernel=3) for block in blocks)


SWAPS = (
    Swap(mark("No squeeze-and-excitation"), mark("As in EfficientNet-Lite"), without_squeeze),
    Swap(
        mark("Fused-MBConv in stages 1 to 3"),
        mark(
            "EfficientNetV2's idea: full convolutions where maps are large and channels few; no "
            "squeeze-and-excitation there (arXiv:2104.00298, section 3.2)"
        ),
        early_stages_fused,
    ),
    Swap(mark("All 3x3 kernels"), mark("As in every released EfficientNetV2"), small_kernels),
)


# --- what an edit changes ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageDifference:
    """One row of two networks beside each other: stem is stage 0, head and classifier the last.

    Attributes:
        stage: Its number; "head" rows of networks with different counts of stages share a row.
        changed: In words, empty where the stage is the same.
        now, start: Its cost in the network and in the one that it is compared with.
    """

    stage: str
    changed: str
    now: Totals
    start: Totals


def _more(title: str, name: str) -> Column:
    """How much more there is of a count than at the start."""
    return Column(
        title,
        lambda row: getattr(row.now, name) - getattr(row.start, name),
        THOUSANDS,
        brief="{:+,}".format,
    )


DIFFERENCES = (  # columns of the table of `stage_differences`
    Column(mark("stage"), "stage", look={"pinned": True, "width": "small"}),
    Column(mark("what changed"), lambda row: row.changed or "-", look={"width": "medium"}),
    Column("MACs", lambda row: row.now.macs, THOUSANDS),
    _more("MACs +/-", "macs"),
    _more(mark("parameters +/-"), "params"),
    _more(mark("activations +/-"), "activations"),
)


@takes_network
def stage_differences(
    spec: Spec, cost: Cost, start: AnyNetwork, start_cost: Cost
) -> list[StageDifference]:
    """Two networks stage by stage, from the stem on; head and classifier in the last row."""
    start, now, before = spec_of(start), cost.by_stage(), start_cost.by_stage()
    rows = [
        StageDifference(
            mark("stem"),
            _numbers(CHANGED, start.stem_channels, spec.stem_channels),
            now[0],
            before[0],
        )
    ]
    pairs = zip_longest(spec.stages, start.stages)
    for number, (mine, its) in enumerate(pairs, start=1):
        rows.append(
            StageDifference(
                str(number),
                _changed(mine, its),
                now[number] if mine else Totals(),
                before[number] if its else Totals(),
            )
        )
    head = _numbers(CHANGED, start.head_channels, spec.head_channels)
    rows.append(StageDifference(mark("head"), head, now[max(now)], before[max(before)]))
    return rows


CHANGED = mark("{before} to {after}")


def _changed(mine: Stage | None, its: Stage | None) -> str:
    if mine is None or its is None:
        return say("removed" if mine is None else "added")
    words = [
        _numbers(mark("kernel {before} to {after}"), its.kernel, mine.kernel),
        _numbers(mark("stride {before} to {after}"), its.stride, mine.stride),
        _numbers(mark("expansion {before} to {after}"), its.expand_ratio, mine.expand_ratio),
        _numbers(mark("SE {before} to {after}"), its.se_ratio, mine.se_ratio),
        _numbers(mark("channels {before} to {after}"), its.channels, mine.channels),
        _numbers(mark("blocks {before} to {after}"), its.repeats, mine.repeats),
    ]
    if mine.operator != its.operator:
        names = say(OPERATORS[its.operator]), say(OPERATORS[mine.operator])
        words.insert(0, say(CHANGED, before=names[0], after=names[1]))
    return say(", ").join(word for word in words if word)


def _numbers(text: str, before: float, after: float) -> str:
    return "" if before == after else say(text, before=f"{before:g}", after=f"{after:g}")


# --- block strings ----------------------------------------------------------------------------


@takes_network
def to_block_strings(spec: Spec, *, dialect: Dialect = "v2") -> tuple[str, ...]:
    """A network's stages as block strings, one each.

    Raises:
        EffnetError: The notation has no word for one of its operators.
    """
    return tuple(block.write(dialect) for block in blocks_of(spec))


def from_block_strings(
    text: str,
    *,
    base: AnyNetwork,
    resolution: int | None = None,
    head_channels: int | None = None,
    name: str | None = None,
) -> Spec:
    """The network that block strings describe, with everything else as in `base`.

    Args:
        text: Block strings of either dialect, separated by new lines, commas or spaces. The first
            `i` is the stem's channels; every other `i` is the `o` before it.
        base: The network that gives normalisation, activation, padding, module layout and what
            scales how. In a family of inverted residuals, an MBConv without squeeze is read as one.
        resolution: Side of the input in pixels; the base's own where not given.
        head_channels: Outputs of the head's convolution; the base's own where not given.
        name: What the network is called; the base's name with "edited" where anything differs.

    Raises:
        EffnetError: A string can't be read; the message names each that can't.

    Example: B0's seven strings with `base=get_variant("b0")` give `get_variant("b0")`.
    """
    start, reading = spec_of(base), read_block_strings(text)
    if reading.problems:
        more = len(reading.problems) - 5
        shown = in_a_row(reading.problems[:5], "; ")
        raise EffnetError(shown + (say("; and {n} more", n=more) if more > 0 else ""))
    inverted = any(stage.operator == "inverted_residual" for stage in start.stages)
    last = len(reading.blocks) - 1
    stages = tuple(
        replace(
            stage_of(block, inverted=inverted),
            **_scaling(start, number, last, same_count=last + 1 == len(start.stages)),
        )
        for number, block in enumerate(reading.blocks)
    )
    read = replace(
        start,
        stages=stages,
        stem_channels=reading.blocks[0].in_channels,
        resolution=start.resolution if resolution is None else resolution,
        head_channels=start.head_channels if head_channels is None else head_channels,
    )
    if read == start and name is None:
        return start
    return replace(read, name=name or f"{start.name.removesuffix(' edited')} edited")


def _scaling(base: Spec, number: int, last: int, *, same_count: bool) -> dict[str, Any]:
    """How the base's stage at that place scales; first and last keep their own rules."""
    if same_count:
        like = base.stages[number]
    elif number in (0, last):
        like = base.stages[0 if number == 0 else -1]
    else:
        like = base.stages[len(base.stages) // 2]
    rules = ("scales_depth", "divisor", "skip", "expands_output")
    return {name: getattr(like, name) for name in rules}
