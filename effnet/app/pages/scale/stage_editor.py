"""The two ways to edit a network's stages: a table of cells, and a text of block strings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from effnet.app.kit import state
from effnet.base import EffnetError, language, say, verbatim
from effnet.network import (
    DIALECTS,
    MAX_STAGES,
    MAX_TEXT,
    Dialect,
    Reading,
    Spec,
    joined,
    read_block_strings,
)
from effnet.scaling import Blocks, edits, to_block_strings

KERNELS = (1, 3, 5, 7, 9, 11)
EXPANSIONS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
SQUEEZES = (0.0, 0.0625, 0.125, 0.25, 0.5, 1.0)
MOST = 100_000  # channels in a cell: no map is wider in any network here


@dataclass(frozen=True, slots=True)
class Table:
    """The table of stages.

    Attributes:
        filled: What it was filled with; a table filled anew is another one, with no changes yet.
        made: The block strings that its cells make now.
        version: Counts the fillings.
        shown: True once it has been drawn.
        problems: What is wrong with its cells.
    """

    filled: Blocks
    made: str
    version: int = 0
    shown: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """The block strings that the text shows, and what is wrong with those typed over them.

    `notes` say what was read and left out; nothing is shown where it is to be written anew.
    """

    shown: tuple[str, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def edit(**values: Any) -> None:
    """Change the design to an edited one; raises `EffnetError` where that is no network."""
    language.use(state.language())  # callbacks run before the page says in which language
    new = state.design().edited(**values)
    new.spec()
    if new != state.design():
        state.edit(new)


def _edit_blocks(reading: Reading) -> tuple[str, ...]:
    """Change the design to the blocks that were read; else what is wrong."""
    if not reading.problems:
        try:
            edit(blocks=joined(reading.blocks))
        except EffnetError as error:
            return (str(error),)
    return reading.problems


# --- the table --------------------------------------------------------------------------------


def table(blocks: Blocks) -> None:
    """The stages as a table to edit; rows can be added and deleted."""
    current: Table | None = st.session_state.get(state.STAGE_TABLE)
    gone = current is not None and current.shown and _key(current) not in st.session_state
    if current is None or gone or current.made != joined(blocks):
        current = _filled(blocks, current)
    st.session_state[state.STAGE_TABLE] = replace(current, shown=True)
    st.data_editor(
        edits.as_rows(current.filled),
        key=_key(current),
        num_rows="dynamic",
        hide_index=True,
        width="stretch",
        height="content",
        column_config=_columns(current.filled),
        on_change=state.told(_key(current), partial(_cells_changed, current)),
        alt=say("Stages to edit: operator, kernel, stride, expansion, squeeze, channels, blocks"),
    )
    for problem in current.problems:
        st.error(say("{problem}. The last network that worked is kept.", problem=verbatim(problem)))


def _filled(blocks: Blocks, last: Table | None) -> Table:
    return Table(blocks, joined(blocks), last.version + 1 if last else 0)


def _key(table: Table) -> str:
    return f"stages_{table.version}"


def _columns(blocks: Blocks) -> dict[str, Any]:
    last, column = blocks[-1], st.column_config

    def choice(label: str, usual: Sequence[Any], present: set[Any], default: Any, note: str) -> Any:
        options = sorted({*usual, *present})
        return column.SelectboxColumn(
            label, options=options, default=default, required=True, help=note
        )

    def number(label: str, most: int, default: int, note: str) -> Any:
        return column.NumberColumn(
            label, min_value=0, max_value=most, step=1, default=default, format="plain", help=note
        )

    return {
        "stage": column.NumberColumn(say("stage"), disabled=True, width="small"),
        "operator": column.SelectboxColumn(
            say("operator"),
            options=list(edits.NAMES),
            default="MBConv",
            required=True,
            help=say("MBConv without squeeze is MobileNetV2's inverted residual"),
        ),
        "kernel": choice(
            say("kernel"), KERNELS, {b.kernel for b in blocks}, 3, say("Odd side of the filter")
        ),
        "stride": choice(say("stride"), (1, 2), set(), 1, say("Stride of the stage's first block")),
        "expand_ratio": choice(
            say("expansion"),
            EXPANSIONS,
            {float(b.expand_ratio) for b in blocks},
            6.0,
            say("Hidden channels over the block's input channels"),
        ),
        "se_ratio": choice(
            say("squeeze ratio"),
            SQUEEZES,
            {float(b.se_ratio) for b in blocks},
            0.25,
            say(
                "Channels of the squeeze, divided by the block's input channels; 0 leaves the "
                "squeeze out"
            ),
        ),
        "channels": number(say("channels"), MOST, last.channels, say("Channels out of each block")),
        "repeats": number(
            say("blocks"), 1000, 1, say("Blocks in this stage; only the first one has the stride")
        ),
    }


def _cells_changed(table: Table, changes: Any) -> None:
    language.use(state.language())
    rows = edits.edited_rows(edits.as_rows(table.filled), changes)
    reading = edits.from_rows(rows, stem_channels=table.filled[0].in_channels)
    problems = _edit_blocks(reading)
    if problems:
        new = replace(table, problems=problems)
    elif changes["added_rows"] or changes["deleted_rows"]:
        new = _filled(reading.blocks, table)  # its rows are numbered anew
    else:
        new = replace(table, made=joined(reading.blocks), problems=())
    st.session_state[state.STAGE_TABLE] = new


# --- block strings ----------------------------------------------------------------------------


def strings(spec: Spec) -> None:
    """The stages as block strings, to copy or to type over."""
    st.segmented_control(
        say("Notation"),
        list(DIALECTS),
        default="v2",
        format_func=lambda name: DIALECTS[name],
        key="dialect",
        required=True,
    )
    shown = to_block_strings(spec, dialect=_dialect())
    text: Text | None = st.session_state.get(state.STAGE_TEXT)
    default: dict[str, Any] = {"value": "\n".join(shown)}  # `state.show` says why
    if text is None or text.shown != shown or "block_strings" not in st.session_state:
        notes = text.notes if text and not text.shown else ()  # of what was typed just now
        text, default = _written(shown, notes), {}
    st.text_area(
        say("Block strings"),
        key="block_strings",
        height=28 * (len(shown) + 1),
        max_chars=MAX_TEXT,
        on_change=state.told("block_strings", partial(_text_changed, text)),
        **default,
        help=say(
            "Copy them, or paste others: one stage a line, both notations, at most {most}. The "
            "first i is the stem's channels, every other i the o before it; c1 is Fused-MBConv",
            most=MAX_STAGES,
        ),
    )
    for problem in text.problems:
        st.error(say("{problem}. The last network that worked is kept.", problem=verbatim(problem)))
    for note in text.notes:
        st.caption(note)


def _dialect() -> Dialect:
    return st.session_state.get("dialect") or "v2"


def _written(shown: tuple[str, ...], notes: tuple[str, ...]) -> Text:
    """Put block strings into the text."""
    text = Text(shown, notes=notes)
    st.session_state[state.STAGE_TEXT] = text
    st.session_state["block_strings"] = "\n".join(shown)
    return text


def _text_changed(text: Text, typed: str) -> None:
    language.use(state.language())
    reading = read_block_strings(typed)
    problems = _edit_blocks(reading)
    if problems:
        st.session_state[state.STAGE_TEXT] = replace(text, problems=problems)
    else:
        st.session_state[state.STAGE_TEXT] = Text((), notes=reading.notes)
