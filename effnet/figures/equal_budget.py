"""Figures of one dimension against compound: drawn to one scale, and as the paper measured it."""

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import plotly.graph_objects as go

from effnet.base import colours, giga, say, significant
from effnet.figures import marks, theme
from effnet.figures.network_drawings import slab_bars, slabs
from effnet.papers import BASELINE, Measured, cited
from effnet.scaling import WAYS, Scaled, spec_of

ROW = 150  # px, of one network
GAP = 0.085  # between stages, as a part of all channels: room for a number under thin ones
MACS_TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]


@theme.themed
def equal_budget_drawings(networks: Sequence[Scaled]) -> go.Figure:
    """Networks of one cost below each other, all drawn to the same scale.

    Channels run across, the map's side stands upwards, blocks hang downwards; the base network is
    the outline behind each.
    """
    base = slabs(spec_of(networks[0].base))
    rows = [slabs(network.spec()) for network in networks]
    columns = list(zip(base, *rows, strict=True))
    widths = [max(slab.channels for slab in column) for column in columns]
    gap = GAP * sum(widths)
    centres, end = marks.side_by_side(widths, gap)
    tallest = max(slab.size for column in columns for slab in column)
    block = 0.6 * tallest / max(slab.repeats for column in columns for slab in column)
    traces: list[Any] = []
    layout: dict[str, Any] = {}
    annotations: list[dict[str, Any]] = []
    share = 1 / len(networks)
    for number, (network, row) in enumerate(zip(networks, rows, strict=True)):
        axis = f"y{number + 1 if number else ''}"
        top = 1 - number * share
        solid = {"color": colours.way(network.way), "opacity": 0.85}
        ghost = marks.outlined(theme.ink(), 1)
        for drawn, marker, told in ((row, solid, True), (base, ghost, False)):
            below = [-block * slab.repeats for slab in drawn]
            heights = [slab.size - low for slab, low in zip(drawn, below, strict=True)]
            traces.append(
                slab_bars(drawn, centres, marker, y=heights, base=below, yaxis=axis, told=told)
            )
        annotations.append(_caption(network, top))
        annotations += [
            marks.words(
                str(slab.repeats), centre, -block * slab.repeats, yref=axis, yanchor="top", size=11
            )
            for centre, slab in zip(centres, row, strict=True)
        ]
        layout[axis.replace("y", "yaxis")] = theme.hidden_axis(
            -0.75 * tallest, 1.02 * tallest, domain=[top - share, top - 0.16 * share]
        )
    return theme.figure(
        traces,
        title=_drawings_title(networks),
        height=60 + ROW * len(networks),
        barmode="overlay",
        annotations=annotations,
        xaxis=theme.hidden_axis(-gap / 2, end + gap / 2),
        showlegend=False,
        **layout,
    )


def _drawings_title(networks: Sequence[Scaled]) -> str:
    found = {network.way: network for network in networks}
    parts = []
    if "depth" in found:
        parts.append(say("{n} {n:block|blocks}", n=found["depth"].blocks))
    if "width" in found:
        parts.append(say("{factor} x the channels", factor=significant(found["width"].width)))
    if "resolution" in found:
        parts.append(f"{found['resolution'].resolution} px")
    budget = giga(networks[0].target)
    either = reduce(lambda one, other: say("{one} or {other}", one=one, other=other), parts or [""])
    text = say("{budget} multiply-adds buy {what}", budget=budget, what=either)
    if "compound" in found:
        one = found["compound"]
        text += say(
            "; or all three: {blocks} {blocks:block|blocks}, {width} x, {side} px",
            blocks=one.blocks,
            width=significant(one.width),
            side=one.resolution,
        )
    return text


def _caption(network: Scaled, top: float) -> dict[str, Any]:
    over = f"{100 * network.off:+.1f} %".replace("-0.0", "+0.0")
    text = say(
        "<b>{way}</b>: {blocks} {blocks:block|blocks}, w {width}, {side} px; {macs} ({over})",
        way=say(WAYS[network.way]),
        blocks=network.blocks,
        width=significant(network.width),
        side=network.resolution,
        macs=giga(network.macs),
        over=over,
    )
    place: dict[str, Any] = {"xref": "paper", "xanchor": "left", "yref": "paper", "yanchor": "top"}
    return marks.words(text, 0, top, size=13, **place)


# --- what the paper measured ------------------------------------------------------------------


@theme.themed
def accuracy_by_way(
    measured: Sequence[Measured], *, budget: int | None = None, counted: bool = False
) -> go.Figure:
    """Published top-1 against multiply-adds, a line per way to scale.

    Args:
        measured: The dots of one figure or table.
        budget: MACs of one's own budget, as an upright line: nobody has measured the networks
            there.
        counted: Put the dots at what the released networks count instead of what was printed;
            those whose coefficients are not known are left out.
    """
    shown = [row for row in measured if row.counted or not counted]
    traces = []
    for name in dict.fromkeys(row.series for row in shown):
        rows = [row for row in shown if row.series == name]
        colour = theme.ink() if name == BASELINE else colours.way(rows[0].way)
        traces.append(
            marks.line(
                ((((row.counted or 0) if counted else row.macs) / 1e9, row.top1) for row in rows),
                colour,
                width=1,
                dash="dot",
                mode="lines+markers",
                name=say(name),
                marker=marks.dot("published", colour, size=10),
                customdata=[
                    [
                        row.label or say("coefficients not printed"),
                        say("{macs} as published", macs=giga(round(row.macs))),
                        say("{macs:,} MACs counted", macs=row.counted)
                        if row.counted
                        else say("not counted"),
                        cited(row.source),
                    ]
                    for row in rows
                ],
                hovertemplate=say(
                    "{series}, %{{customdata[0]}}: top-1 %{{y:.1f}} % as published"
                    "<br>%{{customdata[1]}}, %{{customdata[2]}}<br>%{{customdata[3]}}"
                    "",
                    series=say(name),
                ),
            )
        )
    lines, notes = [], []
    if budget:
        lines.append(marks.upright(budget / 1e9, dash="dash"))
        place: dict[str, Any] = {"yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        notes.append(marks.words(say(" your budget"), math.log10(budget / 1e9), 0, **place))
    return theme.figure(
        traces,
        title=_best_first(shown),
        height=440,
        shapes=lines,
        annotations=notes,
        xaxis=theme.axis(
            say(
                "multiply-adds per image, counted here (G, log scale)"
                if counted
                else "multiply-adds per image, as published (G, log scale)"
            ),
            type="log",
            tickvals=MACS_TICKS,
        ),
        yaxis=theme.axis(say("published ImageNet top-1 (%)")),
    )


def _best_first(measured: Sequence[Measured]) -> str:
    best: dict[str, float] = {}
    for row in measured:
        if row.series != BASELINE:
            best[row.series] = max(row.top1, best.get(row.series, 0.0))
    (first, top), *others = sorted(best.items(), key=lambda item: -item[1])
    best_one = say("{series} reaches {top1} % top-1", series=say(first), top1=significant(top))
    rest = [
        f"{said[0].lower()}{said[1:]} {significant(top1)}"
        for said, top1 in ((say(name), top1) for name, top1 in others)
    ]
    return say("{best}; {rest}", best=best_one, rest=say(", ").join(rest)) if rest else best_one
