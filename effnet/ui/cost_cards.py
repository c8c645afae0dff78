"""The cards of the Cost page's main part: totals, bars, treemap, receipt, tables."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from effnet import formulas, memory, receipts
from effnet.figures import cost_by_stage, cost_treemap
from effnet.figures.cost import full_name
from effnet.formulas import QUANTITIES, Item
from effnet.receipts import Part, Receipt
from effnet.spec import Spec
from effnet.ui import live, state
from effnet.units import mebibytes

RECEIPT_HEIGHT = 470  # px, as the treemap beside it
TOTAL_WIDTH = 150  # px: five in a row, two on a phone


def quantity() -> str:
    """The switch between multiply-adds, parameters, activations and training memory."""
    if st.session_state.get("quantity") is None:
        st.session_state["quantity"] = state.remembered(state.QUANTITY, "macs")
    chosen = st.segmented_control(
        "Quantity",
        tuple(QUANTITIES),
        format_func=lambda key: QUANTITIES[key].title,
        key="quantity",
        required=True,
        label_visibility="collapsed",
    )
    state.remember(state.QUANTITY, str(chosen))
    return str(chosen)


def totals(spec: Spec) -> None:
    """Parameters, multiply-adds, activations, and memory for one image."""
    sums = {key: receipts.total(formulas.items(spec, key)) for key in QUANTITIES}
    highest = memory.peak(spec)
    entries = [
        (
            QUANTITIES[key].title,
            QUANTITIES[key].written(value),
            f"{value:,}. {QUANTITIES[key].rule}",
        )
        for key, value in sums.items()
    ]
    place = memory.place(highest.run, highest.layer)
    entries.append(
        (
            "Inference memory",
            mebibytes(highest.live),
            f"{highest.live:,} bytes: the most that is alive at once for one image, weights aside; "
            f"in {place}.",
        )
    )
    with st.grid(len(entries), min_column_width=TOTAL_WIDTH):
        for label, value, note in entries:
            st.metric(label, value, border=True, help=note)


# --- where it goes ----------------------------------------------------------------------------


def _opened() -> Part:
    return receipts.read_part(state.remembered(state.PART, ""))


def _open(part: Part) -> None:
    state.remember(state.PART, str(part))


def bars(found: Sequence[Item], shown: str, title: str, *, dark: bool) -> None:
    """A stacked bar for every stage; a click opens the receipt of a segment."""
    stages = list(receipts.stage_titles(found))
    drawn = cost_by_stage(found, shown, selected=_opened(), dark=dark)
    live.figure(
        "cost_bars",
        drawn,
        alt=f"{title}: {QUANTITIES[shown].title.lower()} by stage and kind of layer",
        on_click=lambda name, index: _open(Part(stages[index], None, full_name(name))),
    )


def map_and_receipt(found: Sequence[Item], shown: str, title: str, *, dark: bool) -> None:
    """The treemap, and beside it the receipt of what was clicked."""
    nodes = receipts.tree(found, title)
    opened = receipts.receipt(found, shown, _opened(), title)
    left, right = st.columns([1.4, 1], gap="small")
    with left:
        live.figure(
            "cost_treemap",
            cost_treemap(nodes, shown, selected=opened.part, dark=dark),
            alt=f"{title}: {QUANTITIES[shown].title.lower()} as nested areas",
            on_click=lambda _, index: _open(nodes[index].part),
        )
    with right, st.container(border=True, height=RECEIPT_HEIGHT, key="receipt"):
        _path(opened.part, found, title)
        st.markdown(written(opened))


def _path(part: Part, found: Sequence[Item], title: str) -> None:
    """The way from the whole network to the open part; each step can be gone back to."""
    if part == Part():
        st.caption("Click an area, a bar or a cell of the table to open its receipt.")
        return
    steps = [(title, Part())]
    if part.stage is not None:
        steps.append((receipts.stage_titles(found)[part.stage], Part(part.stage)))
        if part.first is not None:
            run = next(
                item for item in found if (item.stage, item.first) == (part.stage, part.first)
            )
            steps.append((receipts.block_range(run), Part(part.stage, part.first)))
    if part.kind is not None:
        steps.append((part.kind, part))
    with st.container(horizontal=True, gap="small"):
        for number, (label, target) in enumerate(steps):
            st.button(
                label,
                key=f"receipt_step_{number}",
                type="tertiary",
                disabled=target == part,
                on_click=_open,
                args=(target,),
            )


def written(receipt: Receipt) -> str:
    """A receipt as Markdown: a table of labels, formulas and values, the sum, then the rules."""
    rows = [f"| {receipt.title} | {receipt.quantity.unit} |", "|:--|--:|"]
    rules: dict[str, list[str]] = {}
    for line in receipt.lines:
        formula = f"`{line.formula}`" if line.rule else f":small[{line.formula}]"
        rows.append(f"| **{line.label}** {formula} | {line.total:,} |")
        if line.rule:
            rules.setdefault(line.rule, []).extend(filter(None, [line.part.kind]))
    whole = f"**{receipt.total:,}**"
    rows.append(f"| **Sum** :small[{receipt.quantity.written(receipt.total)}] | {whole} |")
    said = []
    for rule, kinds in rules.items():
        where = ", ".join(dict.fromkeys(kinds))
        said.append(f":small[{where}: {rule}]" if where else f":small[{rule}]")
    return "\n".join(rows) + "\n\n" + "  \n".join(said)


def tables(found: Sequence[Item], shown: str) -> None:
    """The same numbers by stage and kind, and layer by layer; a click on a cell opens it."""
    number = st.column_config.NumberColumn
    titles, sums, kinds = receipts.stage_titles(found), receipts.grid(found), receipts.kinds(found)
    rows: list[dict[str, Any]] = [
        {"stage": title}
        | {kind: sums.get((stage, kind)) for kind in kinds}
        | {"sum": sum(sums.get((stage, kind), 0) for kind in kinds)}
        for stage, title in titles.items()
    ]
    last = {kind: sum(sums.get((stage, kind), 0) for stage in titles) for kind in kinds}
    rows.append({"stage": "all stages"} | last | {"sum": receipts.total(found)})

    def picked() -> None:
        cells = st.session_state["cost_table"]["selection"]["cells"]
        if cells:
            row, column = cells[0]
            stage = [*titles, None][row]
            _open(Part(stage, None, column if column in kinds else None))

    st.dataframe(
        rows,
        key="cost_table",
        hide_index=True,
        width="stretch",
        height=35 * (len(rows) + 1) + 3,
        on_select=picked,
        selection_mode="single-cell",
        placeholder="",
        column_config={"stage": st.column_config.TextColumn(pinned=True)}
        | {name: number(format="localized") for name in (*kinds, "sum")},
        alt=f"{QUANTITIES[shown].title} by stage and kind of layer; figures, receipts and this "
        "table agree to the integer",
    )
    with st.expander("Every layer with its formula", on_change="rerun") as opened:
        if opened.open:
            _layers(found, shown)


def _layers(found: Sequence[Item], shown: str) -> None:
    whole = receipts.total(found)
    st.dataframe(
        [
            {
                "stage": item.stage,
                "blocks": f"{item.first} to {item.last}" if item.blocks > 1 else str(item.first),
                "layer": item.kind,
                "module": item.path,
                "formula for one block": item.formula,
                "one block": item.value,
                "all blocks": item.total,
                "share": 100 * item.total / whole,
            }
            for item in found
        ],
        key="cost_layers",
        hide_index=True,
        width="stretch",
        height=420,
        column_config={
            "module": st.column_config.TextColumn(help="Its path in the first of the blocks"),
            "one block": st.column_config.NumberColumn(format="localized"),
            "all blocks": st.column_config.NumberColumn(QUANTITIES[shown].unit, format="localized"),
            "share": st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.1f %%", color="primary"
            ),
        },
        alt="Every layer with its formula and value",
    )
