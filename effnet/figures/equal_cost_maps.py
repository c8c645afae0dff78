"""Figures of all networks of one cost: the surface, and the same seen from above."""

import math
from collections.abc import Iterable, Sequence
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


Place = tuple[float, float, float]  # depth, width, resolution


@theme.themed
def equal_cost_surface(
    found: EqualCost,
    *,
    corners: Sequence[Scaled] = (),
    line: Sequence[Place] = (),
    chosen: Place | None = None,
) -> go.Figure:
    """The surface of all (d, w, r) of one cost, coloured by activations; every dot is a network.

    Args:
        found: The networks.
        corners: One dimension alone, and compound, at the same cost.
        line: The compound direction as (depth, width, resolution).
        chosen: The current design.
    """
    low, high = _range(found)
    surface = theme.trace(
        "surface",
        **_grid(found),
        surfacecolor=[[cell and cell[2] / 1e6 for cell in row] for row in found.cells],
        opacity=0.9,
        name=say("surface"),
        colorbar=marks.colour_bar(say("activations (M)"), length=0.7),
    )
    dots = {"size": 1.5, "color": theme.ink(), "opacity": 0.5}
    return theme.figure(
        [surface, *_networks(found, corners, line, chosen, dots=dots, flat=False)],
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
    line: Sequence[Place] = (),
    chosen: Place | None = None,
) -> go.Figure:
    """The same networks from above: the resolution that keeps the cost, over width and depth."""
    contour = theme.trace(
        "contour",
        **_grid(found),
        contours={"showlabels": True, "labelfont": {"size": 11, "color": "white"}},
        line={"width": 0.6, "color": "rgba(255,255,255,0.7)"},
        connectgaps=False,
        name=say("resolution"),
        colorbar=marks.colour_bar(say("resolution (px)"), y=-0.2, length=0.7),
    )
    dots = {"size": 6, "color": "rgba(255,255,255,0.4)", "symbol": "square"}
    sides = [cell[2] for cell in found.networks()]
    return theme.figure(
        [contour, *_networks(found, corners, line, chosen, dots=dots, flat=True)],
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


def _grid(found: EqualCost) -> dict[str, Any]:
    """What surface and contours share."""
    return {
        "x": list(found.widths),
        "y": list(found.depths),
        "z": [[cell and cell[0] for cell in row] for row in found.cells],
        "colorscale": colours.viridis_scale(),
    }


def _networks(
    found: EqualCost,
    corners: Sequence[Scaled],
    line: Sequence[Place],
    chosen: Place | None,
    *,
    dots: dict[str, Any],
    flat: bool,
) -> list[dict[str, Any]]:
    """The networks, the compound direction, the corners and the design, flat or in space."""

    def at(places: Iterable[Place], **properties: Any) -> dict[str, Any]:
        axes = ((width, depth, side) for depth, width, side in places)
        return marks.points((one[:2] if flat else one for one in axes), **properties)

    def dot(symbol: str, colour: str, size: int, edge: str) -> dict[str, Any]:
        outline = {"line": {"color": edge, "width": 1.5}} if flat else {}
        return {"symbol": symbol, "color": colour, "size": 2 * size if flat else size} | outline

    cells = found.networks()
    traces = [
        at(
            (cell[:3] for cell in cells),
            name=say("network"),
            marker=dots,
            customdata=[[cell[2], f"{cell[3]:,}", millions(cell[4])] for cell in cells],
            hovertemplate=say(
                "depth %{y}, width %{x}, %{customdata[0]} px<br>%{customdata[1]} MACs, "
                "%{customdata[2]} activations"
            ),
        )
    ]
    if line:
        traces.append(
            at(
                line,
                mode="lines",
                name=say("compound direction"),
                line={"color": colours.way("compound"), "width": 3 if flat else 6},
            )
        )
    traces += [
        at(
            [(corner.depth, corner.width, corner.resolution)],
            mode="markers" if flat else "markers+text",
            name=say(WAYS[corner.way]),
            text=[say(SHORT[corner.way])],
            marker=dot("square", colours.way(corner.way), 6, "white"),
            hovertemplate=say(
                "{way}: depth {depth:g}, width {width:g}, {side} px, {macs}",
                way=say(WAYS[corner.way]),
                depth=corner.depth,
                width=corner.width,
                side=corner.resolution,
                macs=giga(corner.macs),
            ),
        )
        for corner in corners
    ]
    if chosen:
        traces.append(
            at(
                [chosen],
                name=say("this design"),
                marker=dot("diamond", theme.ink(), 8, "black" if colours.dark() else "white"),
                hovertemplate=say(
                    "this design: depth %{{y}}, width %{{x}}, {side} px",
                    side=chosen[2],
                ),
            )
        )
    return traces


def _range(found: EqualCost) -> tuple[int, int]:
    values = [activations for *_, activations in found.networks()]
    return min(values), max(values)


def _span(values: Sequence[float]) -> list[float]:
    low, high = math.log10(values[0]), math.log10(values[-1])
    margin = 0.04 * max(high - low, 0.01)
    return [low - margin, high + margin]
