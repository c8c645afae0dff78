"""The papers' tables and figures drawn again. Records come from `papers`; nothing is computed."""

from typing import Any

import plotly.graph_objects as go

from effnet.base import colours, mark, say
from effnet.figures import marks, theme
from effnet.figures.clear_labels import LETTER, MARK, clear_labels
from effnet.papers import Chart, Mark, Series, cited, letters

ROW = 24  # px, of a name
CHOSEN = 16
SCATTER_HEIGHT = 308  # px, of a plot on a phone
PHONE = 300.0  # px, of its legend
LEGEND_LINE = 20
AROUND = 122  # of title and axis
PLOT = 420.0, 330.0  # px, of a narrow plot: labels that clash there are left to the hover text
KEY = mark("line: computed")  # the legend's entry for all lines, which share the points' colours
COUNTED = "line-ns-open"  # a short line: computed, where no line can be drawn through


@theme.themed
def exhibit_redrawn(chart: Chart, *, source: str = "", chosen: int | None = None) -> go.Figure:
    """An exhibit of a paper: printed numbers as hollow diamonds, ours as lines.

    Args:
        chart: What to draw; where its `y` is None, names stand on that axis.
        source: Where the printed numbers stand, for the hover text.
        chosen: The exhibit's row whose marks are drawn large.
    """
    every_mark = [mark for one in chart.series for mark in one.marks]
    if chart.zero:  # every mark is of a row of the table: in its order
        every_mark.sort(key=lambda mark: mark.line or 0)
    names = [str(name) for name in dict.fromkeys(mark.y for mark in every_mark)]
    named = chart.y is None
    inside = ROW * max(len(names), 5) if named else SCATTER_HEIGHT
    height = inside + AROUND + LEGEND_LINE * _legend_lines(chart)
    labels = _labels(chart)
    traces = [
        _trace(one, text, chart, source, chosen)
        for one, text in zip(chart.series, labels, strict=True)
    ]
    if _paired(chart):
        traces.append(marks.line([(None, None)], theme.ink(), name=say(KEY)))
    layout: dict[str, Any] = {
        "xaxis": _axis(chart.x.title, chart.x.log) | _steps(chart),
        "showlegend": len(traces) > 1,
    }
    if chart.y is None:
        every = {"tickmode": "linear", "dtick": 1}
        layout["yaxis"] = theme.names_axis(names, tickfont={"size": 13}, **every)
    else:
        layout["yaxis"] = _axis(chart.y.title, chart.y.log)
    if chart.zero:
        layout["shapes"] = [marks.upright(0, width=2)]
        above = {"yref": "paper", "yanchor": "bottom"}
        layout["annotations"] = [marks.words(chart.zero, 0, 1, size=12, **above)]
        layout["margin"] = {"l": 8, "r": 12, "t": 70, "b": 8}
        layout["xaxis"]["zeroline"] = False
    return theme.figure(traces, title=chart.title, height=height, **layout)


def _axis(title: str, log: bool) -> dict[str, Any]:
    axis: dict[str, Any] = theme.axis(title)
    if log:
        axis |= {"type": "log", "dtick": "D2", "minor": {"dtick": "D1"}, "tickformat": "~g"}
    return axis


def _legend_lines(chart: Chart) -> int:
    """Lines of the legend on a phone: one a name beside an axis of names, else in columns."""
    names = [one.name for one in chart.series if _in_legend(one, chart)]
    names += [say(KEY)] * _paired(chart)
    columns = max(1, int(PHONE / (LETTER * max(map(letters, names)) + 40))) if chart.y else 1
    return -(-len(names) // columns) if len(names) > 1 else 0


def _steps(chart: Chart) -> dict[str, Any]:
    """Ticks at the values themselves where there are few and whole ones."""
    values = sorted({mark.x for one in chart.series for mark in one.marks})
    if chart.y is None or len(values) > 6 or any(value != int(value) for value in values):
        return {}
    return {"tickvals": values}


def _paired(chart: Chart) -> bool:
    return chart.y is not None and any(one.origin == "computed" for one in chart.series)


def _in_legend(one: Series, chart: Chart) -> bool:
    """False for a line that shares its colour with the printed points beside it."""
    same = (other.colour == one.colour and other is not one for other in chart.series)
    return one.origin == "published" or chart.y is None or not any(same)


def _colour(name: str) -> str:
    if name.startswith("setting "):
        return colours.setting(int(name.removeprefix("setting ")))
    if name in {"depth", "width", "resolution", "compound"}:
        return colours.way(name)
    return colours.family(name)


def _labels(chart: Chart) -> list[list[str]]:
    """The labels of every series that stand clear of each other, later series first."""
    kept: list[list[str]] = [["" for _ in one.marks] for one in chart.series]
    if chart.y is None or not any(mark.label for one in chart.series for mark in one.marks):
        return kept

    marks = [(i, k, m) for i, one in enumerate(chart.series) for k, m in enumerate(one.marks)][::-1]
    found = clear_labels(
        [mark.x for _, _, mark in marks],
        [float(mark.y) for _, _, mark in marks],
        [mark.label for _, _, mark in marks],
        plot=PLOT,
        log=(chart.x.log, chart.y.log),
    )
    for (i, k, _), label in zip(marks, found, strict=True):
        kept[i][k] = label
    return kept


def _trace(
    one: Series, labels: list[str], chart: Chart, source: str, chosen: int | None
) -> dict[str, Any]:
    colour, ours, named = _colour(one.colour), one.origin == "computed", chart.y is None
    labelled = any(labels)
    lined = ours and not named
    spread = [mark.spread for mark in one.marks]
    error = {"type": "data", "array": spread, "color": colour, "thickness": 1.5, "width": 0}
    where = say("computed here") if ours else cited(source)
    return marks.points(
        ((mark.x, mark.y) for mark in one.marks),
        mode="lines+markers" if lined else "markers+text" if labelled else "markers",
        name=one.name,
        text=labels,
        textposition="top center",
        textfont={"size": 12, "color": colour},
        cliponaxis=False,
        line={"color": colour, "width": 2},
        marker={
            "symbol": COUNTED if ours else marks.SYMBOLS["published"],
            "color": colour,
            "size": [_size(mark, chosen, 7 if lined else MARK) for mark in one.marks],
            "line": {"width": 3 if ours and named else 2, "color": colour},
        },
        showlegend=_in_legend(one, chart),
        customdata=[[mark.name, where] for mark in one.marks],
        hovertemplate=_hover(chart),
        **({"error_x" if named else "error_y": error} if any(spread) else {}),
    )


def _size(mark: Mark, chosen: int | None, usual: int) -> int:
    return CHOSEN if mark.line is not None and mark.line == chosen else usual


def _hover(chart: Chart) -> str:
    across = "" if chart.zero else f"<br>{_valued(chart.x.title, '%{x:~g}')}"
    up = f"<br>{_valued(chart.y.title, '%{y:~g}')}" if chart.y else ""
    return f"%{{customdata[0]}}{across}{up}<br>%{{customdata[1]}}"


def _valued(title: str, value: str) -> str:
    plain = title.replace(say(", log scale"), "").replace(say(" (log scale)"), "")
    return say("{name}: {value}", name=plain, value=value)
