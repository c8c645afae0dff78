"""Figures of where a network's cost goes, of counters that disagree, and of memory."""

import itertools
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from effnet import colours
from effnet.counters import PARTS, Opinion
from effnet.figures import theme
from effnet.formulas import QUANTITIES, Item, Quantity
from effnet.language import in_a_row, mark, say
from effnet.memory import CurvePoint
from effnet.receipts import Node, Part, grid, kinds, stage_titles, total
from effnet.units import giga, mebibytes, percent

# what an axis counts in: title, and how many of the quantity's own units one is
AXIS = {
    "macs": (mark("multiply-adds per image (M)"), 1e6),
    "params": (mark("parameters (K)"), 1e3),
    "activations": (mark("activations per image (K elements)"), 1e3),
    "memory": (mark("kept for the backward pass (MiB)"), 2**20),
}


# legends are narrow
SHORT = {"squeeze-and-excitation": "SE"}


def short_name(kind: str) -> str:
    """A kind of layer as a legend calls it."""
    return SHORT.get(kind) or say(kind)


def cost_by_stage(
    found: Sequence[Item], quantity: str, *, selected: Part | None = None, dark: bool = False
) -> go.Figure:
    """A stacked bar for every stage, coloured by kind of layer.

    Args:
        found: The items of a network.
        quantity: What they count.
        selected: The part whose receipt is open; its segments are outlined.
        dark: For a dark page.
    """
    titles, sums, whole = stage_titles(found), grid(found), total(found)
    shown = QUANTITIES[quantity]
    axis, unit = AXIS[quantity]
    traces = []
    for kind in kinds(found):
        values = [sums.get((stage, kind), 0) for stage in titles]
        open_here = [_is_open(selected, stage, kind) for stage in titles]
        traces.append(
            theme.trace(
                "bar",
                x=[title.split()[0] for title in titles.values()],
                y=[value / unit for value in values],
                name=short_name(kind),
                marker={
                    "color": colours.kind(kind, dark=dark),
                    "line": {
                        "color": [
                            theme.ink(dark) if here else "rgba(0,0,0,0)" for here in open_here
                        ],
                        "width": [2 if here else 0 for here in open_here],
                    },
                },
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
                )
                + "<extra></extra>",
            )
        )
    return theme.figure(
        traces,
        title=_largest_stage(found, shown),
        dark=dark,
        height=420,
        barmode="stack",
        bargap=0.25,
        xaxis={"title": {"text": say("stage")}, "type": "category", "fixedrange": True},
        yaxis={"title": {"text": say(axis)}, "fixedrange": True, "rangemode": "tozero"},
        legend={"y": -0.24, "yanchor": "top", "x": 0, "font": {"size": 12}, "traceorder": "normal"},
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


def cost_treemap(
    nodes: Sequence[Node], quantity: str, *, selected: Part | None = None, dark: bool = False
) -> go.Figure:
    """The network as nested rectangles: stage, run of alike blocks, kind of layer.

    Args:
        nodes: Of `receipts.tree`.
        quantity: What they count.
        selected: The part whose receipt is open; it is outlined.
        dark: For a dark page.
    """
    shown, whole = QUANTITIES[quantity], nodes[0].total
    colour = {
        node.part: colours.kind(node.kind, dark=dark) if node.kind else colours.group()
        for node in nodes
    }
    chosen = [_is_chosen(node, selected) for node in nodes]
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
        )
        + "<extra></extra>",
        marker={
            "colors": [colour[node.part] for node in nodes],
            "line": {
                "color": theme.ink(dark),
                "width": [3 if one else 0 for one in chosen],
            },
            "pad": {"t": 20, "l": 3, "r": 3, "b": 3},
        },
        tiling={"pad": 2, "packing": "squarify"},
        textposition="middle center",
        textfont={"color": [ink.get(node.part, theme.ink(dark)) for node in nodes]},
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
        dark=dark,
        height=470,
        uniformtext={"minsize": 10, "mode": "hide"},
    )


def _is_chosen(node: Node, selected: Part | None) -> bool:
    """True for the cell of an open part, or for each of its cells where it has no one cell."""
    if selected is None or selected == Part():
        return False
    across = selected.kind is not None and selected.first is None
    return selected.holds(node.part) and bool(node.kind) if across else node.part == selected


# --- counters ---------------------------------------------------------------------------------


def counters_compared(
    opinions: Sequence[Opinion],
    *,
    measured: Mapping[str, int] | None = None,
    dark: bool = False,
) -> go.Figure:
    """What each tool adds to the multiply-adds that all agree on, by name, and what it prints.

    Args:
        opinions: Of `counters.opinions`.
        measured: What tools really said, by their key; drawn as dots.
        dark: For a dark page.
    """
    core = next(term.value for term in opinions[0].terms if term.part == "layers")
    names = [opinion.title for opinion in opinions]
    beyond = [opinion.counted - core for opinion in opinions]
    unit, letter = (1e9, "G") if max(beyond) >= 2e9 else (1e6, "M")
    traces = []
    for part, words in PARTS.items():
        sums = [sum(t.value for t in o.terms if t.part == part) for o in opinions]
        if part == "layers" or not any(sums):
            continue
        rules = [in_a_row([say(t.rule) for t in o.terms if t.part == part]) for o in opinions]
        traces.append(
            theme.trace(
                "bar",
                y=names,
                x=[value / unit for value in sums],
                orientation="h",
                name=say(words),
                marker={"color": colours.counted(part, dark=dark), "line": {"width": 0}},
                customdata=[[f"{value:,}", rule] for value, rule in zip(sums, rules, strict=True)],
                hovertemplate=say("{tool}: {part}", tool="%{y}", part=say(words))
                + "<br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            )
        )
    traces.append(
        theme.trace(
            "scatter",
            y=names,
            x=[value / unit for value in beyond],
            mode="text",
            text=[f"\u2002{_printed(opinion)}" for opinion in opinions],
            textposition="middle right",
            showlegend=False,
            hoverinfo="skip",
            cliponaxis=False,
        )
    )
    if measured:
        there = [o for o in opinions if o.tool in measured]
        half = {o.tool: 2 if o.unit.startswith("FLOPs") else 1 for o in there}
        traces.append(
            theme.trace(
                "scatter",
                y=[o.title for o in there],
                x=[(measured[o.tool] / half[o.tool] - core) / unit for o in there],
                mode="markers",
                name=say("measured: the tool itself"),
                cliponaxis=False,
                marker={"symbol": theme.MARKS["measured"], "color": theme.ink(dark), "size": 9},
                customdata=[f"{measured[o.tool]:,}" for o in there],
                hovertemplate=say(
                    "{tool} itself said {number}", tool="%{y}", number="%{customdata}"
                )
                + "<extra></extra>",
            )
        )
    return theme.figure(
        traces,
        title=_spread(opinions, core),
        dark=dark,
        height=430,
        barmode="stack",
        bargap=0.35,
        xaxis={
            "title": {"text": say("counted besides ({letter})", letter=letter)},
            "range": [0, max(beyond) / unit * 1.3],
            "fixedrange": True,
        },
        yaxis={
            "autorange": "reversed",
            "fixedrange": True,
            "ticks": "",
            "categoryorder": "array",
            "categoryarray": names,
        },
        legend={"y": -0.28, "font": {"size": 12}, "traceorder": "normal"},
    )


def _printed(opinion: Opinion) -> str:
    if opinion.unit.startswith("FLOPs"):
        return say("{macs}, printed x 2", macs=giga(opinion.counted))
    return giga(opinion.counted)


def _spread(opinions: Sequence[Opinion], core: int) -> str:
    counts = [opinion.counted for opinion in opinions]
    part = _largest_difference(opinions)
    apart = percent(max(counts) / min(counts) - 1)
    return say(
        "All seven count {core} in convolutions and fully connected layers; what they count "
        "besides sets them <b>{apart}</b> apart, mostly {part}",
        core=giga(core),
        apart=apart,
        part=part,
    )


def _largest_difference(opinions: Sequence[Opinion]) -> str:
    most = max(opinions, key=lambda opinion: opinion.counted)
    extra = [term for term in most.terms if term.part != "layers"]
    return say(PARTS[max(extra, key=lambda term: term.value).part] if extra else "nothing")


# --- memory -----------------------------------------------------------------------------------


def live_memory(points: Sequence[CurvePoint], *, dark: bool = False) -> go.Figure:
    """What is alive while an image passes through the network, with the peak marked.

    Args:
        points: Of `memory.curve`.
        dark: For a dark page.
    """
    top = max(points, key=lambda point: point.live)
    return _curve(
        points,
        [point.live for point in points],
        say(
            "Inference needs the most in {place}: <b>{live}</b>",
            place=top.name,
            live=mebibytes(top.live),
        ),
        say("alive for one image (MiB)"),
        dark=dark,
        shape="hv",
        mark=(top.position, top.live / 2**20, mebibytes(top.live)),
        names=[
            say("{place}: {operation}", place=point.name, operation=point.operation)
            for point in points
        ],
    )


def kept_memory(points: Sequence[CurvePoint], *, dark: bool = False) -> go.Figure:
    """What autograd has kept by each layer of the forward pass, for one image.

    Args:
        points: Of `memory.curve`.
        dark: For a dark page.
    """
    whole = points[-1].kept
    half = next(point for point in points if point.kept >= whole / 2)
    return _curve(
        points,
        [point.kept for point in points],
        say(
            "Training keeps <b>{whole}</b>, half of it by {block}",
            whole=mebibytes(whole),
            block=half.block,
        ),
        say("kept so far, one image (MiB)"),
        dark=dark,
        shape="linear",
        mark=(half.position, half.kept / 2**20, say("half: {kept}", kept=mebibytes(half.kept))),
        names=[point.name for point in points],
    )


def _curve(
    points: Sequence[CurvePoint],
    values: Sequence[int],
    title: str,
    axis: str,
    *,
    dark: bool,
    shape: str,
    mark: tuple[float, float, str],
    names: Sequence[str],
) -> go.Figure:
    """A line along the network with its stages on the axis and one point marked."""
    starts: dict[int, float] = {}
    for point in points:
        starts.setdefault(point.stage, point.position)
    end = points[-1].position + 1
    edges = [*starts.values(), end]
    colour = colours.family("v1", dark=dark)
    x, y, text = mark
    traces = [
        theme.trace(
            "scatter",
            x=[*(point.position for point in points), end],
            y=[value / 2**20 for value in (*values, values[-1])],
            mode="lines",
            line={"color": colour, "width": 1.5, "shape": shape},
            fill="tozeroy",
            fillcolor=colours.faded(colour),
            customdata=[*names, names[-1]],
            hovertemplate="%{customdata}<br>%{y:.4~g} MiB<extra></extra>",
        ),
        theme.trace(
            "scatter",
            x=[x],
            y=[y],
            mode="markers+text",
            marker={"color": theme.ink(dark), "size": 9, "symbol": "line-ns-open"},
            text=[f" {text} "],
            textposition="middle right" if x < 0.6 * end else "middle left",
            hoverinfo="skip",
        ),
    ]
    return theme.figure(
        traces,
        title=title,
        dark=dark,
        height=330,
        showlegend=False,
        xaxis={
            "title": {"text": say("stage, layer by layer from the image to the classes")},
            "tickvals": [(a + b) / 2 for a, b in itertools.pairwise(edges)],
            "ticktext": [str(stage) for stage in starts],
            "ticks": "",
            "showgrid": False,
            "range": [0, end],
            "fixedrange": True,
        },
        yaxis={"title": {"text": axis}, "rangemode": "tozero", "fixedrange": True},
        shapes=[
            {
                "type": "line",
                "x0": edge,
                "x1": edge,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": theme.faint(dark), "width": 1, "dash": "dot"},
            }
            for edge in edges[1:-1]
        ],
    )
