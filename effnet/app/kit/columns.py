"""How tables on pages say what they hold: titles in words, shares in percent, whole thousands."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from effnet.base import mark, say

TITLES = {  # of the fields of records and files that tables show
    "params": mark("parameters"),
    "macs": mark("multiply-adds"),
    "relative_macs": mark("multiply-adds (times the base)"),
    "activations": mark("activations"),
    "promise": mark("promise"),
    "resolution": mark("resolution (px)"),
    "in_channels": mark("channels in"),
    "out_channels": mark("channels out"),
    "in_size": mark("side in (px)"),
    "out_size": mark("side out (px)"),
    "printed_top1": mark("top-1 (%), printed"),
    "top1": mark("accuracy"),
    "best_top1": mark("best accuracy"),
    "top1_detail": mark("accuracy, detail"),
    "top1_context": mark("accuracy, context"),
    "top1_patterns": mark("accuracy, patterns"),
    "rung": mark("round"),
    "budget": mark("budget (times the base)"),
    "rate": mark("learning rate"),
    "size": mark("size (px)"),
    "seconds": mark("time (s)"),
    "cpu_seconds": mark("processor time (s)"),
    "digest": mark("fingerprint of the weights"),
    "load": mark("load of the machine"),
    "torch": "PyTorch",
    "python": "Python",
}
SAME = (  # fields that are words already
    mark("key"), mark("way"), mark("arm"), mark("seed"), mark("depth"), mark("width"),
    mark("epochs"), mark("loss"), mark("steps"), mark("device"), mark("processor"),
    mark("cores"), mark("threads"), mark("date"), mark("training"), mark("epoch"), mark("step"),
    mark("stage"), mark("name"), mark("kind"), mark("kernel"), mark("stride"), mark("groups"),
    mark("family"), mark("computed"), mark("source"), mark("network"),
)  # fmt: skip
SHARES = {name for name in TITLES if "top1" in name} - {"printed_top1"}  # of 1, in records
PERCENT = "%.1f %%"  # of values in percent: 16.1 %, as sentences and figures write shares
SHARE = st.column_config.NumberColumn(format=PERCENT)


def right(*titles: str) -> dict[str, Any]:
    """A table's columns whose texts are numbers: they stand at the right, as numbers do."""
    return {title: st.column_config.TextColumn(alignment="right") for title in titles}


def shares(*titles: str) -> dict[str, Any]:
    """A table's columns of percents."""
    return dict.fromkeys(titles, SHARE)


def said(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Records with the titles and the words of the reader's language, shares in percent."""
    return [
        {say(TITLES.get(name, name)): _cell(name, value) for name, value in row.items()}
        for row in rows
    ]


def _cell(name: str, value: Any) -> Any:
    if name in SHARES and value is not None:
        return 100 * value
    return say(value) if isinstance(value, str) else value


def show(rows: Sequence[Mapping[str, Any]], **options: Any) -> None:
    """Records as a table.

    Args:
        rows: By field; a field's title is in `TITLES`, or its own name.
        options: Of `st.dataframe`.
    """
    whole = st.column_config.NumberColumn(format="localized")
    kinds = {
        say(TITLES.get(name, name)): SHARE if name in SHARES else whole
        for row in rows[:1]
        for name, value in row.items()
        if name in SHARES or (isinstance(value, int) and not isinstance(value, bool))
    }
    st.dataframe(said(rows), hide_index=True, width="stretch", column_config=kinds, **options)
