"""The cards of the Cost page's main part: totals, bars, treemap, receipt, tables."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from effnet.app.kit import cards, live, state
from effnet.base import DEFAULT, current, in_a_row, mebibytes, say
from effnet.counting import QUANTITIES, Item, Part, Receipt, formulas, memory, receipts
from effnet.figures import cost_by_stage, cost_treemap, short_name
from effnet.network import Spec

RECEIPT_HEIGHT = 470  # px, as the treemap beside it
NUMBER_WIDTH = 110  # px, of a cell with 999,999,999


def quantity() -> str:
    """The switch between multiply-adds, parameters, activations and training memory."""
    if st.session_state.get("quantity") is None:
        st.session_state["quantity"] = state.remembered(state.QUANTITY, "macs")
    chosen = st.pills(
        say("Quantity"),
        tuple(QUANTITIES),
        format_func=lambda key: say(QUANTITIES[key].title),
        key="quantity",
        required=True,
        wrap=True,
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
            say(QUANTITIES[key].title),
            QUANTITIES[key].written(value),
            None,
            say("{number}. {rule}", number=f"{value:,}", rule=say(QUANTITIES[key].rule)),
        )
        for key, value in sums.items()
    ]
    entries.append(
        (
            say("Inference memory"),
            mebibytes(highest.live),
            None,
            say(
                "{bytes:,} bytes: the most that one image needs at a time, without the "
                "weights; in {place}.",
                bytes=highest.live,
                place=memory.place(highest.run, highest.layer),
            ),
        )
    )
    cards.row(entries)


# --- where it goes ----------------------------------------------------------------------------


def _opened() -> Part:
    return receipts.read_part(state.remembered(state.PART, ""))


def _open(part: Part) -> None:
    state.remember(state.PART, str(part))


def bars(found: Sequence[Item], shown: str, title: str, *, dark: bool) -> None:
    """A stacked bar for every stage; a click opens the receipt of a segment."""
    stages = list(receipts.stage_titles(found))
    kinds = {short_name(kind): kind for kind in receipts.kinds(found)}
    drawn = cost_by_stage(found, shown, selected=_opened(), dark=dark)
    live.figure(
        "cost_bars",
        drawn,
        alt=say(
            "{network}: {quantity} by stage and kind of layer",
            network=title,
            quantity=say(QUANTITIES[shown].title).lower(),
        ),
        on_click=lambda name, index: _open(Part(stages[index], None, kinds.get(name))),
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
            alt=say(
                "{network}: {quantity} as nested areas",
                network=title,
                quantity=say(QUANTITIES[shown].title).lower(),
            ),
            on_click=lambda _, index: _open(nodes[index].part),
        )
    with right, st.container(border=True, height=RECEIPT_HEIGHT, key="receipt"):
        _path(opened.part, found, title)
        st.markdown(written(opened))


def _path(part: Part, found: Sequence[Item], title: str) -> None:
    """The way from the whole network to the open part; each step can be gone back to."""
    if part == Part():
        st.caption(say("Click an area, a bar or a cell of the table to open its receipt."))
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
        steps.append((say(part.kind), part))
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
    rows = [f"| {receipt.title} | {say(receipt.quantity.unit)} |", "|:--|--:|"]
    rules: dict[str, list[str]] = {}
    for line in receipt.lines:
        formula = f"`{line.formula}`" if line.rule else f":small[{line.formula}]"
        rows.append(f"| **{line.label}** {formula} | {line.total:,} |")
        if line.rule:
            rules.setdefault(line.rule, []).extend(filter(None, [line.part.kind]))
    whole = f"**{receipt.total:,}**"
    short = receipt.quantity.written(receipt.total)
    rows.append(f"| **{say('Sum')}** :small[{short}] | {whole} |")
    said = []
    for rule, kinds in rules.items():
        where = in_a_row([say(kind) for kind in dict.fromkeys(kinds)])
        told = say("{where}: {rule}", where=where, rule=rule) if where else rule
        said.append(f":small[{told}]")
    return "\n".join(rows) + "\n\n" + "  \n".join(said)


def _wide(title: str) -> int | None:
    """A column's width in px where its numbers are longer than its title; else what fits."""
    return NUMBER_WIDTH if len(title) < 12 else None


def tables(found: Sequence[Item], shown: str) -> None:
    """The same numbers by stage and kind, and layer by layer; a click on a cell opens it."""
    number = st.column_config.NumberColumn
    titles, sums = receipts.stage_titles(found), receipts.grid(found)
    kinds = {say(kind): kind for kind in receipts.kinds(found)}
    first, whole = say("stage"), say("sum")
    rows: list[dict[str, Any]] = [
        {first: title}
        | {name: sums.get((stage, kind)) for name, kind in kinds.items()}
        | {whole: sum(sums.get((stage, kind), 0) for kind in kinds.values())}
        for stage, title in titles.items()
    ]
    last = {
        name: sum(sums.get((stage, kind), 0) for stage in titles) for name, kind in kinds.items()
    }
    rows.append({first: say("all stages")} | last | {whole: receipts.total(found)})

    def picked() -> None:
        cells = st.session_state["cost_table"]["selection"]["cells"]
        if cells:
            row, column = cells[0]
            stage = [*titles, None][row]
            _open(Part(stage, None, kinds.get(column)))

    st.dataframe(
        rows,
        key="cost_table",
        hide_index=True,
        width="stretch",
        height=35 * (len(rows) + 1) + 3,
        on_select=picked,
        selection_mode="single-cell",
        placeholder="",
        column_config={first: st.column_config.TextColumn(pinned=True)}
        | {name: number(format="localized", width=_wide(name)) for name in (*kinds, whole)},
        alt=say(
            "{quantity} by stage and kind of layer; figures, receipts and this table agree to the "
            "integer",
            quantity=say(QUANTITIES[shown].title),
        ),
    )
    with st.expander(
        say("Every layer with its formula"), key="every_layer", on_change="rerun"
    ) as opened:
        if opened.open:
            _layers(found, shown)


def _layers(found: Sequence[Item], shown: str) -> None:
    whole = receipts.total(found)
    # "blocks" is their number elsewhere, another word in other languages
    which = "blocks" if current() == DEFAULT else say("which blocks")
    st.dataframe(
        [
            {
                say("stage"): item.stage,
                which: say("{first} to {last}", first=item.first, last=item.last)
                if item.blocks > 1
                else str(item.first),
                say("layer"): say(item.kind),
                say("module"): item.path,
                say("formula for one block"): item.formula,
                say("one block"): item.value,
                say("all blocks"): item.total,
                say("share"): 100 * item.total / whole,
            }
            for item in found
        ],
        key="cost_layers",
        hide_index=True,
        width="stretch",
        height=420,
        column_config={
            say("module"): st.column_config.TextColumn(
                help=say("Its path in the first of the blocks")
            ),
            say("one block"): st.column_config.NumberColumn(format="localized"),
            say("all blocks"): st.column_config.NumberColumn(
                say(QUANTITIES[shown].unit), format="localized"
            ),
            say("share"): st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.1f %%", color="primary"
            ),
        },
        alt=say("Every layer with its formula and value"),
    )
