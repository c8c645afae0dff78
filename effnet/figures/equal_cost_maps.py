"""Figures of all networks of one cost: the surface, and the same seen from above."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from effnet.base import colours, giga, mark, millions, say
from effnet.figures import marks, theme
from effnet.scaling import WAYS, EqualCost, Scaled, Way

SHORT: dict[Way, str] = {  # beside a dot
    "depth": mark("Depth"),
    "width": mark("Width"),
    "resolution": mark("Resolution"),
    "compound": mark("Compound"),
}
TICKS = [0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8]


@theme.themed
def equal_cost_surface(
    found: EqualCost,
    *,
    corners: Sequence[Scaled] = (),
    line: Sequence[tuple[float, float, float]] = (),
    chosen: tuple[float, float, int] | None = None,
) -> go.Figure:
    """The surface of all (d, w, r) of one cost, coloured by activations; every dot is a network.

    Args:
        found: The networks.
        corners: One dimension alone, and compound, at the same cost.
        line: The compound direction as (depth, width, resolution).
        chosen: The current design.
    """
    cells = found.networks()
    low, high = _range(found)
    surface = theme.trace(
        "surface",
        x=list(found.widths),
        y=list(found.depths),
        z=[list(row) for row in found.resolutions],
        surfacecolor=[[a and a / 1e6 for a in row] for row in found.activations],
        colorscale=colours.viridis_scale(),
        opacity=0.9,
        hoverinfo="skip",
        name=say("surface"),
        colorbar=marks.colour_bar(say("activations (M)"), length=0.7),
    )
    dots = marks.points(
        ((width, depth, side) for depth, width, side, *_ in cells),
        mode="markers",
        name=say("network"),
        marker={"size": 1.5, "color": theme.ink(), "opacity": 0.5},
        customdata=[[millions(cell[4]), f"{cell[3]:,}"] for cell in cells],
        hovertemplate=(
            say(
                "depth %{y}, width %{x}, %{z} px<br>%{customdata[1]} MACs, "
                "%{customdata[0]} activations<extra></extra>"
            )
        ),
    )
    traces: list[Any] = [surface, dots]
    if line:
        traces.append(
            marks.points(
                ((width, depth, side) for depth, width, side in line),
                mode="lines",
                name=say("compound direction"),
                line={"color": colours.way("compound"), "width": 6},
                hoverinfo="skip",
            )
        )
    traces += [
        marks.points(
            [(corner.width, corner.depth, corner.resolution)],
            mode="markers+text",
            name=say(WAYS[corner.way]),
            text=[say(SHORT[corner.way])],
            marker={"size": 6, "symbol": "square", "color": colours.way(corner.way)},
            hovertemplate=say(
                "{name}: {value}", name=say(WAYS[corner.way]), value=giga(corner.macs)
            )
            + "<extra></extra>",
        )
        for corner in corners
    ]
    if chosen:
        traces.append(
            marks.points(
                [(chosen[1], chosen[0], chosen[2])],
                mode="markers",
                name=say("this design"),
                marker={"size": 8, "symbol": "diamond", "color": theme.ink()},
                hovertemplate=say("this design: depth %{y}, width %{x}, %{z} px<extra></extra>"),
            )
        )
    return theme.figure(
        traces,
        title=say(
            "All of these cost about {macs}, yet write from {least} to {most} activations",
            macs=giga(found.target),
            least=millions(low),
            most=millions(high),
        ),
        height=500,
        scene=marks.space(
            (say("width (x base)"), say("depth (x base)"), say("resolution (px)")),
            eye=(1.5, -1.5, 0.85),
            down=0.12,
        ),
        showlegend=False,
    )


@theme.themed
def equal_cost_map(
    found: EqualCost,
    *,
    corners: Sequence[Scaled] = (),
    line: Sequence[tuple[float, float, float]] = (),
    chosen: tuple[float, float, int] | None = None,
) -> go.Figure:
    """The same networks from above: the resolution that keeps the cost, over width and depth."""
    cells = found.networks()
    contour = theme.trace(
        "contour",
        x=list(found.widths),
        y=list(found.depths),
        z=[list(row) for row in found.resolutions],
        colorscale=colours.viridis_scale(),
        contours={"showlabels": True, "labelfont": {"size": 11, "color": "white"}},
        line={"width": 0.6, "color": "rgba(255,255,255,0.7)"},
        connectgaps=False,
        hoverinfo="skip",
        name=say("resolution"),
        colorbar=marks.colour_bar(say("resolution (px)"), y=-0.2, length=0.7),
    )
    dots = marks.points(
        ((width, depth) for depth, width, *_ in cells),
        mode="markers",
        name=say("network"),
        marker={"size": 6, "color": "rgba(255,255,255,0.4)", "symbol": "square"},
        customdata=[[cell[2], f"{cell[3]:,}", millions(cell[4])] for cell in cells],
        hovertemplate=(
            say(
                "depth %{y}, width %{x}, %{customdata[0]} px<br>%{customdata[1]} MACs, "
                "%{customdata[2]} activations<extra></extra>"
            )
        ),
    )
    traces: list[Any] = [contour, dots]
    if line:
        traces.append(
            marks.points(
                ((width, depth) for depth, width, _ in line),
                mode="lines",
                name=say("compound direction"),
                line={"color": colours.way("compound"), "width": 3},
                hoverinfo="skip",
            )
        )
    traces += [
        marks.points(
            [(corner.width, corner.depth)],
            mode="markers",
            name=say(WAYS[corner.way]),
            marker={
                "size": 12,
                "symbol": "square",
                "color": colours.way(corner.way),
                "line": {"color": "white", "width": 1.5},
            },
            hovertemplate=say(
                "{way}: depth {depth:g}, width {width:g}, {side} px<extra></extra>",
                way=say(WAYS[corner.way]),
                depth=corner.depth,
                width=corner.width,
                side=corner.resolution,
            ),
        )
        for corner in corners
    ]
    if chosen:
        traces.append(
            marks.points(
                [(chosen[1], chosen[0])],
                mode="markers",
                name=say("this design"),
                marker={
                    "size": 15,
                    "symbol": "diamond",
                    "color": theme.ink(),
                    "line": {"color": "black" if colours.dark() else "white", "width": 1.5},
                },
                hovertemplate=say("this design: {side} px<extra></extra>", side=chosen[2]),
            )
        )
    sides = [cell[2] for cell in cells]
    return theme.figure(
        traces,
        title=say(
            "Seen from above: {least} to {most} px keep the cost at {macs}",
            least=min(sides),
            most=max(sides),
            macs=giga(found.target),
        ),
        height=500,
        xaxis=theme.axis(
            say("width (x base, log scale)"), type="log", tickvals=TICKS, range=_span(found.widths)
        ),
        yaxis=theme.axis(
            say("depth (x base, log scale)"), type="log", tickvals=TICKS, range=_span(found.depths)
        ),
        showlegend=False,
    )


def _range(found: EqualCost) -> tuple[int, int]:
    values = [value for row in found.activations for value in row if value]
    return min(values), max(values)


def _span(values: Sequence[float]) -> list[float]:
    low, high = math.log10(values[0]), math.log10(values[-1])
    margin = 0.04 * max(high - low, 0.01)
    return [low - margin, high + margin]
