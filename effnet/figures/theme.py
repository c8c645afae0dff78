"""One look for every figure: a template of our own for light and dark, titles, margins, marks.

Who knows the page says whether it is `dark`, and the page shows through. Where nobody says so, as
in a notebook, a figure is dark ink on paper of its own: it can be read on any page.
"""

import math
import re
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, Generic, ParamSpec

import plotly.graph_objects as go
from plotly.basedatatypes import BasePlotlyType

from effnet.base import colours

Values = dict[str, Any]  # a figure as plain data: its "data" and its "layout"
P = ParamSpec("P")
MARKS = {"measured": "circle", "published": "diamond-open"}
TAG = re.compile(r"<(?!/?(?:b|i|br|sub|sup|extra)\s*/?>)")  # any but what our own texts are set in


def ink(dark: bool | None) -> str:
    """Text, and one's own design: black on light, white on dark."""
    return "#FAFAFA" if dark else "#1A1C22"


def faint(dark: bool | None) -> str:
    """Grid lines, ghosts and notes."""
    return "#5C606B" if dark else "#A9AEBB"


def paper(dark: bool | None) -> str:
    """What a figure stands on."""
    return "#FFFFFF" if dark is None else "rgba(0,0,0,0)"


def _template(dark: bool | None) -> dict[str, Any]:
    grid = "#33363F" if dark else "#E3E5EA"
    axis = {
        "gridcolor": grid,
        "linecolor": faint(dark),
        "zerolinecolor": grid,
        "ticks": "outside",
        "tickcolor": faint(dark),
        "ticklen": 4,
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": 14}},
    }
    return {
        "layout": {
            "font": {"family": colours.FONTS, "size": 14, "color": ink(dark)},
            "paper_bgcolor": paper(dark),
            "plot_bgcolor": paper(dark),
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"font": {"family": colours.FONTS, "size": 13}},
            "legend": {
                "orientation": "h",
                "y": -0.22,
                "yanchor": "top",
                "x": 0,
                "font": {"size": 13},
            },
        }
    }


def log_axis(title: str, values: Sequence[float]) -> dict[str, Any]:
    """A log axis with its ticks written out in full: 20, 50, 100 rather than 2, 5, 100.

    Args:
        title: The axis' title.
        values: What is drawn along it; those not above 0 don't count.
    """
    seen = [math.log10(value) for value in values if value > 0] or [0.0, 1.0]
    low, high = min(seen), max(seen)
    steps = (1, 2, 5) if high - low < 2.5 else (1,)
    ticks = [
        step * 10.0**power
        for power in range(math.floor(low) - 1, math.ceil(high) + 2)
        for step in steps
    ]
    return {
        "title": {"text": title},
        "type": "log",
        "tickvals": ticks,
        "ticktext": [f"{tick:,.12g}" for tick in ticks],
    }


def trace(kind: str, **properties: Any) -> dict[str, Any]:
    """A trace as a plain dictionary: a fifth of the time that Plotly's own classes take."""
    return {"type": kind, **properties}


class Drawing(Generic[P]):
    """A figure that a slider redraws: called, it is Plotly's; `values` gives it as plain data.

    Plotly copies and checks all of a figure when it is made and again when it is written, which
    takes several times as long as drawing it. The page sends the plain data as they are.
    """

    def __init__(self, values: Callable[P, Values]) -> None:
        self.values = values
        update_wrapper(self, values)

    def __call__(self, *args: P.args, **options: P.kwargs) -> go.Figure:
        return go.Figure(self.values(*args, **options), _validate=False)


def figure(
    traces: list[Any], *, title: str, dark: bool | None, height: int, **layout: Any
) -> go.Figure:
    """A figure in the common look. The title says what to see; the height never changes.

    Plotly checks each property of a figure as it is made, which costs most of a slider's step; the
    tests do that for every figure instead.
    """
    found = values(traces, title=title, dark=dark, height=height, **layout)
    return go.Figure(found, _validate=False)


def values(
    traces: list[Any], *, title: str, dark: bool | None, height: int, **layout: Any
) -> Values:
    """The same as plain data.

    Names from outside stand in figures as text: Plotly would make links of `<a href=...>` in them.
    """
    found = {
        "data": traces,
        "layout": {
            "template": _template(dark),
            "title": {
                "text": title,
                "x": 0,
                "xref": "container",
                "y": 1,
                "yanchor": "top",
                "pad": {"l": 4, "t": 14},
                "font": {"size": 16},
            },
            "height": height,
            "margin": {"l": 8, "r": 12, "t": 48, "b": 8},
            "dragmode": "pan",
            **layout,
        },
    }
    return {name: _without_tags(part) for name, part in found.items()}


def _without_tags(part: Any) -> Any:
    """A part of a figure whose texts hold no tags but our own."""
    if isinstance(part, str):
        return TAG.sub("&lt;", part)
    if isinstance(part, BasePlotlyType):
        part = part.to_plotly_json()
    if isinstance(part, dict):
        return {name: _without_tags(inner) for name, inner in part.items()}
    if isinstance(part, list | tuple) and not all(isinstance(one, float) for one in part):
        return [_without_tags(inner) for inner in part]
    return part
