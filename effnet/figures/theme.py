"""One look for every figure: a template of our own for light and dark, titles, margins, marks.

Who knows the page says whether it is dark (`on_page`), once for all that is drawn on it, and the
page shows through. Where nobody says so, as in a notebook, a figure is dark ink on paper of its
own: it can be read on any page.
"""

import math
import re
from collections.abc import Callable, Sequence
from functools import update_wrapper, wraps
from typing import Any, Generic, ParamSpec, TypeVar

import plotly.graph_objects as go
from plotly.basedatatypes import BasePlotlyType

from effnet.base import colours

Values = dict[str, Any]  # a figure as plain data: its "data" and its "layout"
P = ParamSpec("P")
R = TypeVar("R")
TAG = re.compile(r"<(?!/?(?:b|i|br|sub|sup|extra)\s*/?>)")  # any but what our own texts are set in


def ink() -> str:
    """Text, and one's own design: black on light, white on dark."""
    return "#FAFAFA" if colours.dark() else "#1A1C22"


def faint() -> str:
    """Grid lines, ghosts and notes."""
    return "#5C606B" if colours.dark() else "#A9AEBB"


def paper() -> str:
    """What a figure stands on."""
    return "#FFFFFF" if colours.dark() is None else "rgba(0,0,0,0)"


def _template() -> dict[str, Any]:
    grid = "#33363F" if colours.dark() else "#E3E5EA"
    axis = {
        "gridcolor": grid,
        "linecolor": faint(),
        "zerolinecolor": grid,
        "ticks": "outside",
        "tickcolor": faint(),
        "ticklen": 4,
        "automargin": True,
        "title": {"standoff": 8, "font": {"size": 14}},
    }
    return {
        "layout": {
            "font": {"family": colours.FONTS, "size": 14, "color": ink()},
            "paper_bgcolor": paper(),
            "plot_bgcolor": paper(),
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"font": {"family": colours.FONTS, "size": 13}},
            "legend": {
                "orientation": "h",
                "yref": "container",  # below all else; the plot has what is left
                "y": 0,
                "yanchor": "bottom",
                "x": 0,
                "font": {"size": 13},
            },
        }
    }


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with its title."""
    return {"title": {"text": title}, **more}


def names_axis(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """An upright axis of names, the first on top."""
    order = {"categoryorder": "array", "categoryarray": names, "autorange": "reversed"}
    return {**order, "ticks": "", **more}


def hidden_axis(low: float, high: float, **more: Any) -> dict[str, Any]:
    """An axis that is not seen and can't be moved."""
    return {"visible": False, "range": [low, high], "fixedrange": True, **more}


def right_axis(title: str, **more: Any) -> dict[str, Any]:
    """A second axis of heights, at the right of the same figure."""
    return axis(title, overlaying="y", side="right", showgrid=False, **more)


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
    texts = [f"{tick:,.12g}" for tick in ticks]
    return axis(title, type="log", tickvals=ticks, ticktext=texts)


def trace(kind: str, **properties: Any) -> dict[str, Any]:
    """A trace as a plain dictionary: a fifth of the time that Plotly's own classes take.

    Hover text stands alone, without Plotly's box of the trace's name, and there is none unless it
    is given.
    """
    hover = properties.get("hovertemplate")
    if hover is None:
        return {"type": kind, "hoverinfo": "skip", **properties}
    box = "" if "<extra>" in hover else "<extra></extra>"
    return {"type": kind, **properties, "hovertemplate": f"{hover}{box}"}


def themed(draw: Callable[P, R]) -> Callable[P, R]:
    """A figure that `dark=True` or `False` also draws for such a page, whatever `on_page` says."""

    @wraps(draw)
    def drawn(*args: P.args, **options: P.kwargs) -> R:
        if "dark" not in options:
            return draw(*args, **options)
        with colours.on_page(options.pop("dark")):  # type: ignore[arg-type]
            return draw(*args, **options)

    return drawn


class Drawing(Generic[P]):
    """A figure that a slider redraws: called, it is Plotly's; `values` gives it as plain data.

    Plotly copies and checks all of a figure when it is made and again when it is written, which
    takes several times as long as drawing it. The page sends the plain data as they are.
    """

    def __init__(self, values: Callable[P, Values]) -> None:
        self.values = themed(values)
        update_wrapper(self, values)

    def __call__(self, *args: P.args, **options: P.kwargs) -> go.Figure:
        return go.Figure(self.values(*args, **options), _validate=False)


def figure(traces: list[Any], *, title: str, height: int, **layout: Any) -> go.Figure:
    """A figure in the common look. The title says what to see; the height never changes.

    Plotly checks each property of a figure as it is made, which costs most of a slider's step; the
    tests do that for every figure instead.
    """
    found = values(traces, title=title, height=height, **layout)
    return go.Figure(found, _validate=False)


def values(traces: list[Any], *, title: str, height: int, **layout: Any) -> Values:
    """The same as plain data.

    Names from outside stand in figures as text: Plotly would make links of `<a href=...>` in them.
    """
    found = {
        "data": traces,
        "layout": {
            "template": _template(),
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
