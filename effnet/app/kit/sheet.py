"""Tables on pages: columns as they are declared, one look, and what a click on a row does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from effnet.app.kit import state
from effnet.base import THOUSANDS, Column, column, say

ROW_HEIGHT = 35  # px


def show(
    rows: Iterable[Any],
    *which: str | Column,
    key: str | None = None,
    on_row: Callable[[int], object] | None = None,
    fit: bool = False,
    **options: Any,
) -> None:
    """Draw a table.

    Args:
        rows: Records, or dictionaries by field.
        which: Its columns; all that the first row holds where none is given.
        key: Of the table among the page's widgets; a table with `on_row` needs one.
        on_row: Called with the number of a row that was clicked, before the page runs again.
        fit: As high as its rows.
        options: Of `st.dataframe`; its `column_config`, by title, wins over what is declared.
    """
    rows = list(rows)
    declared = [column(one) for one in which or (rows[0] if rows else ())]
    shown = cells(rows, declared)
    kinds = {
        title: _kind(one, values)
        for one, (title, values) in zip(declared, shown.items(), strict=True)
    }
    kinds |= options.pop("column_config", {})
    if fit:
        options["height"] = ROW_HEIGHT * (len(rows) + 1) + 3
    if on_row is not None and key:
        options |= {"on_select": _chosen(key, on_row), "selection_mode": "single-row"}
    st.dataframe(shown, key=key, hide_index=True, width="stretch", column_config=kinds, **options)


def cells(rows: Sequence[Any], columns: Iterable[Column]) -> dict[str, list[Any]]:
    """The table by its titles, in the reader's language."""
    found: dict[str, list[Any]] = {}
    for one in columns:
        title = say(one.title)
        while title in found:  # one after two numbers may say "of this" of both
            title += " "
        found[title] = [one.cell(row) for row in rows]
    return found


def _chosen(key: str, use: Callable[[int], object]) -> Callable[[], None]:
    def chosen(selection: Mapping[str, Sequence[int]]) -> None:
        for number in selection["rows"]:
            use(number)

    return state.told(key, chosen, part="selection")


def _kind(one: Column, cells: Sequence[Any]) -> Any:
    """How Streamlit shows a column."""
    note = say(one.note) if one.note else None
    if callable(one.form):
        return st.column_config.TextColumn(alignment="right", help=note, **one.look)
    form: str | None = "localized" if one.form == THOUSANDS else one.form or None
    if form is None and cells and all(type(cell) is int or cell is None for cell in cells):
        form = "localized"
    if form:
        return st.column_config.NumberColumn(format=form, help=note, **one.look)
    return st.column_config.Column(help=note, **one.look)
