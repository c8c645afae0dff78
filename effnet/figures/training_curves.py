"""Figures of trainings: fixed against progressive, curves of runs."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from effnet.base import colours, percent, say, significant
from effnet.figures import marks, theme

if TYPE_CHECKING:
    from effnet.train import Row


def _arm_colour(name: str) -> str:
    return theme.ink() if name == "progressive" else colours.family("mobilenet")


@theme.themed
def time_and_accuracy(rows: "Sequence[Row]") -> go.Figure:
    """Fixed and progressive: processor time against accuracy, every arm's interval drawn.

    Args:
        rows: Of `train progressive`: those with `arm` "fixed" and "progressive" at least.
    """
    from effnet.train import paired, summaries

    found = summaries(rows, "arm")
    time = {s.name: s.cpu_seconds for s in found}
    lead = paired(rows, "progressive", "fixed", column="arm")
    if lead is None or len(lead.points) < 2:
        words = say("too few seeds for a verdict on its accuracy")
    elif lead.low <= 0 <= lead.high:
        words = say("accuracy equal within chance")
    elif lead.mean < 0:
        words = say("{points:.1f} points less accuracy", points=-lead.mean)
    else:
        words = say("{points:.1f} points more accuracy", points=lead.mean)
    return theme.figure(
        [
            marks.points(
                [(s.cpu_seconds, 100 * s.mean)],
                error_y={"type": "data", "array": [100 * s.spread], "thickness": 1.4},
                mode="markers",
                marker={"symbol": symbol, "size": 12, "color": _arm_colour(s.name)},
                name=say(s.name),
                hovertemplate=say("{arm}: %{{y:.1f}} % in %{{x:.0f}} s", arm=say(s.name)),
            )
            for s, symbol in zip(found, cycle(marks.SHAPES), strict=False)
        ],
        title=say(
            "Progressive learning takes {share} x the time, with {words}",
            share=significant(time["progressive"] / time["fixed"], 2),
            words=words,
        ),
        height=380,
        xaxis=theme.axis(
            say("processor time of a training (s, measured)"), range=[0, 1.1 * max(time.values())]
        ),
        yaxis=theme.axis(say("held-out accuracy (%, measured)")),
    )


@theme.themed
def run_curves(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> go.Figure:
    """Held-out accuracy by epoch of trainings that run or ran, side by side.

    Args:
        curves: Rows of metrics by the training's name.
    """
    traces = [
        marks.points(
            ((row["epoch"], 100 * row["top1"]) for row in rows),
            mode="lines+markers",
            name=name,
            marker={"size": 6},
            hovertemplate=say("{name}, epoch %{{x}}: %{{y:.1f}} %", name=name),
        )
        for name, rows in curves.items()
        if rows
    ]
    last = {name: rows[-1]["top1"] for name, rows in curves.items() if rows}
    title = say("No epoch is finished yet")
    if last:
        best = max(last, key=lambda name: last[name])
        title = say("Ahead now: {name}, {share} right", name=best, share=percent(last[best]))
    return theme.figure(
        traces,
        title=title,
        height=320,
        xaxis=theme.axis(say("epoch"), rangemode="tozero"),
        yaxis=theme.axis(say("held-out accuracy (%)"), rangemode="tozero"),
        showlegend=1 < len(last) <= 6,
    )
