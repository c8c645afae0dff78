"""Figures of compound scaling."""

from collections.abc import Sequence
from typing import Any

from effnet.base import colours, giga, say, significant
from effnet.figures import marks, theme
from effnet.papers import ReleasedPoint
from effnet.scaling import PhiPoint


@theme.Drawing
def macs_along_phi(
    points: Sequence[PhiPoint],
    *,
    promise: Sequence[float],
    released: Sequence[ReleasedPoint] = (),
    chosen: PhiPoint | None = None,
) -> theme.Values:
    """Multiply-adds against phi: the formula's promise, what rounding gives, the released networks.

    Args:
        points: What the formula gives along phi, counted.
        promise: The smooth curve at the same positions, in MACs.
        released: The published networks, with the phi that each of their axes implies.
        chosen: One's own design, drawn last and largest.
    """
    phis = [point.phi for point in points]
    traces = [
        marks.line(
            zip(phis, (macs / 1e9 for macs in promise), strict=True),
            theme.faint(),
            dash="dot",
            name=say("formula's promise"),
            hovertemplate=say("phi %{x:.2f}<br>promised %{y:.3g} G"),
        ),
        marks.points(
            ((point.phi, point.macs / 1e9) for point in points),
            mode="lines",
            name=say("computed"),
            line={"color": colours.family("v1"), "width": 2, "shape": "hv"},
            customdata=[[point.params, point.macs, point.resolution] for point in points],
            hovertemplate=say(
                "phi %{x:.2f}, %{customdata[2]} px<br>%{customdata[1]:,} MACs"
                "<br>%{customdata[0]:,} parameters"
            ),
        ),
    ]
    if released:
        traces.append(_released(released))
    if chosen:
        traces.append(
            marks.points(
                [(chosen.phi, chosen.macs / 1e9)],
                name=say("this design"),
                marker={"color": theme.ink(), "size": 14},
                hovertemplate=f"phi {chosen.phi:.2f}: {giga(chosen.macs)} MACs",
            )
        )
    return theme.values(
        traces,
        title=say("Rounding lifts the real cost above the promise, step by step"),
        height=420,
        xaxis=theme.axis("phi", range=[min(phis) - 0.2, max(phis) + 0.2]),
        yaxis=theme.axis(
            say("multiply-adds per image (G, log scale)"),
            type="log",
            tickvals=[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        ),
    )


def _released(released: Sequence[ReleasedPoint]) -> dict[str, Any]:
    colour = colours.family("v2")
    middle = [sum(point.phis) / 3 for point in released]
    return marks.points(
        zip(middle, (point.paper_macs / 1e9 for point in released), strict=True),
        mode="markers+text",
        name=say("published B0 to B7"),
        text=[point.name.upper() for point in released],
        textposition="bottom right",
        marker=marks.dot("published", colour, size=11),
        error_x=marks.spread(
            middle,
            [min(point.phis) for point in released],
            [max(point.phis) for point in released],
            color=colour,
            thickness=1.5,
            width=0,
        ),
        customdata=[
            [*(f"{phi:.2f}" for phi in point.phis), significant(point.top1), say(point.source)]
            for point in released
        ],
        hovertemplate=say(
            "%{text}: %{y:.3g} G printed, top-1 %{customdata[3]} %"
            "<br>implied phi: depth %{customdata[0]}, width %{customdata[1]}, "
            "resolution %{customdata[2]}<br>%{customdata[4]}"
        ),
    )
