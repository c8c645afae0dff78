"""Memory along a network's layers."""

import itertools
from collections.abc import Sequence

import plotly.graph_objects as go

from effnet.base import colours, mebibytes, say
from effnet.counting.memory import CurvePoint
from effnet.figures import marks, theme


@theme.themed
def live_memory(points: Sequence[CurvePoint]) -> go.Figure:
    """What is alive while an image passes through the network, with the peak marked.

    Args:
        points: Of `memory.curve`.
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
        shape="hv",
        mark=(top.position, top.live / 2**20, mebibytes(top.live)),
        names=[
            say("{place}: {operation}", place=point.name, operation=point.operation)
            for point in points
        ],
    )


@theme.themed
def kept_memory(points: Sequence[CurvePoint]) -> go.Figure:
    """What autograd has kept by each layer of the forward pass, for one image.

    Args:
        points: Of `memory.curve`.
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
    colour = colours.family("v1")
    x, y, text = mark
    traces = [
        marks.points(
            zip(
                (*(point.position for point in points), end),
                (value / 2**20 for value in (*values, values[-1])),
                strict=True,
            ),
            mode="lines",
            line={"color": colour, "width": 1.5, "shape": shape},
            fill="tozeroy",
            fillcolor=colours.faded(colour),
            customdata=[*names, names[-1]],
            hovertemplate="%{customdata}<br>%{y:.4~g} MiB",
        ),
        marks.points(
            [(x, y)],
            mode="markers+text",
            marker={"color": theme.ink(), "size": 9, "symbol": "line-ns-open"},
            text=[f" {text} "],
            textposition="middle right" if x < 0.6 * end else "middle left",
        ),
    ]
    return theme.figure(
        traces,
        title=title,
        height=330,
        showlegend=False,
        xaxis=theme.axis(
            say("stage, layer by layer from the image to the classes"),
            tickvals=[(a + b) / 2 for a, b in itertools.pairwise(edges)],
            ticktext=[str(stage) for stage in starts],
            ticks="",
            showgrid=False,
            range=[0, end],
            fixedrange=True,
        ),
        yaxis=theme.axis(axis, rangemode="tozero", fixedrange=True),
        shapes=[
            marks.upright(edge, color=theme.faint(), width=1, dash="dot") for edge in edges[1:-1]
        ],
    )
