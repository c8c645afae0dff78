"""Figures of what a network says of a picture. Records come from `predict`; no torch here."""

from collections.abc import Sequence
from typing import Protocol

import plotly.graph_objects as go

from effnet import colours
from effnet.figures import theme


class NamedProbability(Protocol):
    """A class and its probability, as `predict.Label` has them."""

    @property
    def name(self) -> str: ...

    @property
    def probability(self) -> float: ...


def top_classes(
    labels: Sequence[NamedProbability], *, family: str = "v1", dark: bool = False
) -> go.Figure:
    """Bars of the most probable classes, highest on top."""
    first = labels[0]
    return theme.figure(
        [
            go.Bar(
                x=[100 * label.probability for label in labels],
                y=[label.name for label in labels],
                orientation="h",
                marker={"color": colours.family(family, dark=dark)},
                text=[f"{100 * label.probability:.1f} %" for label in labels],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.3f} %<extra></extra>",
            )
        ],
        title=f"{first.name}: {100 * first.probability:.1f} % sure",
        dark=dark,
        height=70 + 46 * len(labels),
        xaxis={
            "title": {"text": "probability (%)"},
            "range": [0, 112],
            "tickvals": [0, 25, 50, 75, 100],
        },
        yaxis={"autorange": "reversed", "ticks": ""},
        showlegend=False,
    )
