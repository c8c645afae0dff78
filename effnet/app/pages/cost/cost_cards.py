"""The cards of the Cost page's main part: totals, bars, treemap, receipt, tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from effnet.app.kit import cards, live, sheet, state
from effnet.base import Column, in_a_row, mark, mebibytes, say
from effnet.counting import QUANTITIES, Item, Part, Receipt, formulas, memory, receipts
from effnet.figures import cost_by_stage, cost_treemap, short_name
from effnet.network import Spec

RECEIPT_HEIGHT = 470  # px, as the treemap beside it
NUMBER_WIDTH = 110  # px, of a cell with 999,999,999


def quantity() -> str:
    """The switch between multiply-adds, parameters, activations and training memory."""
    now = st.session_state.get("quantity") or state.remembered(state.QUANTITY, "macs")
    chosen = st.pills(
        say("Quantity"),
        tuple(QUANTITIES),
        format_func=lambda key: say(QUANTITIES[key].title),
        key="quantity",
        required=True,
        wrap=True,
        label_visibility="collapsed",
        **state.show("quantity", now, default=now),
    )
    state.remember(state.QUANTITY, str(chosen))
    return str(chosen)


def totals(spec: Spec) -> None:
    """Parameters, multiply-adds, activations, and memory for one image."""
    sums = {key: receipts.total(formulas.items(spec, key)) for key in QUANTITIES}
    highest = memory.peak(spec)
    needed = say(
        "{bytes:,} bytes: the most that one image needs at a time, without the "
        "weights; in {place}.",
        bytes=highest.live,
        place=memory.place(highest.run, highest.layer),
    )
    cards.row(
        [
            *(
                (
                    say(QUANTITIES[key].title),
                    QUANTITIES[key].written(value),
                    None,
                    say("{number}. {rule}", number=f"{value:,}", rule=say(QUANTITIES[key].rule)),
                )
                for key, value in sums.items()
            ),
            (say("Inference memory"), mebibytes(highest.live), None, needed),
        ]
    )


# --- where it goes ----------------------------------------------------------------------------


def _opened() -> Part:
    return receipts.read_part(state.remembered(state.PART, ""))


def _open(part: Part) -> None:
    state.remember(state.PART, str(part))


def bars(found: Sequence[Item], shown: str, title: str) -> None:
    """A stacked bar for every stage; a click opens the receipt of a segment."""
    stages = list(receipts.stage_titles(found))
    kinds = {short_name(kind): kind for kind in receipts.kinds(found)}
    drawn = cost_by_stage(found, shown, selected=_opened())
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


def map_and_receipt(found: Sequence[Item], shown: str, title: str) -> None:
    """The treemap, and beside it the receipt of what was clicked."""
    nodes = receipts.tree(found, title)
    opened = receipts.receipt(found, shown, _opened(), title)
    left, right = st.columns([1.4, 1], gap="small")
    with left:
        live.figure(
            "cost_treemap",
            cost_treemap(nodes, shown, selected=opened.part),
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


def _width(title: str) -> dict[str, int]:
    """A column's width in px where its numbers are longer than its title; else what fits."""
    return {"width": NUMBER_WIDTH} if len(title) < 12 else {}


def tables(found: Sequence[Item], shown: str) -> None:
    """The same numbers by stage and kind, and layer by layer; a click on a cell opens it."""
    titles, sums = receipts.stage_titles(found), receipts.grid(found)
    kinds = receipts.kinds(found)
    rows: list[dict[str, Any]] = [
        {"stage": title} | {kind: sums.get((stage, kind)) for kind in kinds}
        for stage, title in titles.items()
    ]
    whole = {kind: sum(row[kind] or 0 for row in rows) for kind in kinds}
    rows.append({"stage": mark("all stages")} | whole)

    def picked(selection: Mapping[str, Sequence[tuple[int, str]]]) -> None:
        for row, column in selection["cells"]:
            kind = next((kind for kind in kinds if say(kind) == column), None)
            _open(Part([*titles, None][row], None, kind))

    sheet.show(
        rows,
        Column(mark("stage"), "stage", look={"pinned": True}),
        *(Column(kind, kind, ",", look=_width(say(kind))) for kind in kinds),
        Column(
            mark("sum"),
            lambda row: sum(row[kind] or 0 for kind in kinds),
            ",",
            look=_width(say("sum")),
        ),
        key="cost_table",
        fit=True,
        on_select=state.told("cost_table", picked, part="selection"),
        selection_mode="single-cell",
        placeholder="",
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
    sheet.show(
        found,
        "stage",
        Column(mark("which blocks"), _blocks),
        Column(mark("layer"), "kind"),
        Column(mark("module"), "path", note=mark("Its path in the first of the blocks")),
        Column(mark("formula for one block"), "formula"),
        Column(mark("one block"), "value", ","),
        Column(mark("all blocks"), "total", ",", note=QUANTITIES[shown].unit),
        Column(mark("share"), lambda item: 100 * item.total / whole),
        key="cost_layers",
        height=420,
        column_config={
            say("share"): st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.1f %%", color="primary"
            )
        },
        alt=say("Every layer with its formula and value"),
    )


def _blocks(item: Item) -> str:
    if item.blocks == 1:
        return str(item.first)
    return say("{first} to {last}", first=item.first, last=item.last)
