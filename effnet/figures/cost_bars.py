"""Where a network's cost goes: by stage and kind of layer, as bars and as nested rectangles."""

from collections.abc import Sequence

import plotly.graph_objects as go

from effnet.base import colours, mark, percent, say
from effnet.counting import QUANTITIES, Item, Node, Part, Quantity, grid, kinds, stage_titles, total
from effnet.figures import marks, theme

# what an axis counts in: title, and how many of the quantity's own units one is
AXIS = {
    "macs": (mark("multiply-adds per image (M)"), 1e6),
    "params": (mark("parameters (K)"), 1e3),
    "activations": (mark("activations per image (K elements)"), 1e3),
    "memory": (mark("kept for the backward pass (MiB)"), 2**20),
}
SHORT = {"squeeze-and-excitation": "SE"}  # legends are narrow


def short_name(kind: str) -> str:
    """A kind of layer as a legend calls it."""
    return SHORT.get(kind) or say(kind)


@theme.themed
def cost_by_stage(
    found: Sequence[Item], quantity: str, *, selected: Part | None = None
) -> go.Figure:
    """A stacked bar for every stage, coloured by kind of layer.

    Args:
        found: The items of a network.
        quantity: What they count.
        selected: The part whose receipt is open; its segments are outlined.
    """
    titles, sums, whole = stage_titles(found), grid(found), total(found)
    shown = QUANTITIES[quantity]
    axis, unit = AXIS[quantity]
    short = [title.split()[0] for title in titles.values()]
    traces = []
    for kind in kinds(found):
        values = [sums.get((stage, kind), 0) for stage in titles]

        traces.append(
            marks.bars(
                zip(short, (value / unit for value in values), strict=True),
                {
                    "color": colours.kind(kind),
                    "line": {
                        "color": theme.ink(),
                        "width": [2 if _is_open(selected, stage, kind) else 0 for stage in titles],
                    },
                },
                name=short_name(kind),
                customdata=[
                    [title, f"{value:,}", percent(value / whole)]
                    for title, value in zip(titles.values(), values, strict=True)
                ],
                hovertemplate=say(
                    "{stage}, {kind}<br>{number} {unit}, {share} of all",
                    stage="%{customdata[0]}",
                    kind=say(kind),
                    number="%{customdata[1]}",
                    unit=say(shown.unit),
                    share="%{customdata[2]}",
                ),
            )
        )
    return theme.figure(
        traces,
        title=_largest_stage(found, shown),
        height=420,
        barmode="stack",
        bargap=0.25,
        xaxis=theme.axis(say("stage"), type="category", fixedrange=True),
        yaxis=theme.axis(say(axis), fixedrange=True, rangemode="tozero"),
        legend={"font": {"size": 12}, "traceorder": "normal"},
    )


def _is_open(selected: Part | None, stage: int, kind: str) -> bool:
    if selected is None or selected == Part():
        return False
    return selected.stage in (None, stage) and selected.kind in (None, kind)


def _largest_stage(found: Sequence[Item], shown: Quantity) -> str:
    titles, whole = stage_titles(found), total(found)
    sums = dict.fromkeys(titles, 0)
    for item in found:
        sums[item.stage] += item.total
    largest = max(sums, key=lambda stage: sums[stage])
    name = titles[largest]
    return say(
        "Stage {name} has the most: <b>{share}</b> of {whole} {quantity}"
        if name[0].isdigit()
        else "The {name} has the most: <b>{share}</b> of {whole} {quantity}",
        name=name,
        share=percent(sums[largest] / whole),
        whole=shown.written(whole),
        quantity=say(shown.title).lower(),
    )


@theme.themed
def cost_treemap(
    nodes: Sequence[Node], quantity: str, *, selected: Part | None = None
) -> go.Figure:
    """The network as nested rectangles: stage, run of alike blocks, kind of layer.

    Args:
        nodes: Of `receipts.tree`.
        quantity: What they count.
        selected: The part whose receipt is open; it is outlined.
    """
    shown, whole = QUANTITIES[quantity], nodes[0].total
    colour = {
        node.part: colours.kind(node.kind) if node.kind else colours.group() for node in nodes
    }

    ink = {node.part: colours.text_on(colour[node.part]) for node in nodes if node.kind}
    trace = theme.trace(
        "treemap",
        ids=[str(node.part) for node in nodes],
        parents=["" if node.parent is None else str(node.parent) for node in nodes],
        labels=[node.label for node in nodes],
        values=[node.total for node in nodes],
        branchvalues="total",
        customdata=[[f"{node.total:,}", percent(node.total / whole)] for node in nodes],
        texttemplate="%{label}<br>%{customdata[1]}",
        hovertemplate=say(
            "{part}<br>{number} {unit}, {share} of all",
            part="%{label}",
            number="%{customdata[0]}",
            unit=say(shown.unit),
            share="%{customdata[1]}",
        ),
        marker={
            "colors": [colour[node.part] for node in nodes],
            "line": {
                "color": theme.ink(),
                "width": [3 if _is_chosen(node, selected) else 0 for node in nodes],
            },
            "pad": {"t": 20, "l": 3, "r": 3, "b": 3},
        },
        tiling={"pad": 2, "packing": "squarify"},
        textposition="middle center",
        textfont={"color": [ink.get(node.part, theme.ink()) for node in nodes]},
        pathbar={"visible": False},
        sort=False,
    )
    return theme.figure(
        [trace],
        title=say(
            "{whole} {quantity}, area by area: stage, block, kind",
            whole=shown.written(whole),
            quantity=say(shown.title).lower(),
        ),
        height=470,
        uniformtext={"minsize": 10, "mode": "hide"},
    )


def _is_chosen(node: Node, selected: Part | None) -> bool:
    """True for the cell of an open part, or for each of its cells where it has no one cell."""
    if selected is None or selected == Part():
        return False
    across = selected.kind is not None and selected.first is None
    return selected.holds(node.part) and bool(node.kind) if across else node.part == selected
