"""Figures of trainings: the scaling experiment, fixed against progressive, curves of runs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from effnet.base import colours, in_a_row, percent, say, significant
from effnet.figures import theme
from effnet.train import TITLES, largest_budget

if TYPE_CHECKING:
    from effnet.train import Summary

SYMBOLS = {
    "base": "circle",
    "depth": "square",
    "width": "triangle-up",
    "resolution": "star",
    "compound": "diamond",
}


def _way_colour(name: str, dark: bool | None) -> str:
    if name in ("compound", "progressive"):
        return theme.ink(dark)
    families = {"base": "resnet", "depth": "v1", "width": "v2", "resolution": "lite"}
    return colours.family(families.get(name, "mobilenet"), dark=dark)


def scaling_experiment(
    found: "Sequence[Summary]", *, group: str = "", dark: bool | None = None
) -> go.Figure:
    """Accuracy against multiply-adds for each way of scaling; bars are 95 % intervals over seeds.

    Args:
        found: The base and every way at every budget.
        group: A group of classes; all classes where "".
        dark: For a dark page.
    """
    base = next(s for s in found if s.name == "base")
    traces = []
    for way in ("depth", "width", "resolution", "compound"):
        points = sorted((s for s in found if s.name == way), key=lambda s: s.macs)
        if not points:
            continue
        line = [base, *points]
        traces.append(
            theme.trace(
                "scatter",
                x=[s.macs / 1e6 for s in line],
                y=[100 * _value(s, group) for s in line],
                error_y=None
                if group
                else {"type": "data", "array": [100 * s.spread for s in line], "thickness": 1.4},
                mode="lines+markers",
                name=say(TITLES[way]),
                line={
                    "color": _way_colour(way, dark),
                    "width": 3 if way == "compound" else 1.6,
                    "dash": "dot",
                },
                marker={"symbol": SYMBOLS[way], "size": 10, "color": _way_colour(way, dark)},
                customdata=[len(s.top1) for s in line],
                hovertemplate=say(
                    "{way}: %{{y:.1f}} % at %{{x:.2f}} M MACs, seeds: %{{customdata}}",
                    way=say(TITLES[way]),
                )
                + "<extra></extra>",
            )
        )
    return theme.figure(
        traces,
        title=experiment_title(found, group),
        dark=dark,
        height=430,
        xaxis={"title": {"text": say("multiply-adds per image (M, computed)")}},
        yaxis={"title": {"text": say("held-out accuracy (%, measured)")}},
    )


def _value(summary: "Summary", group: str) -> float:
    return dict(summary.groups)[group] if group else summary.mean


def experiment_title(found: "Sequence[Summary]", group: str = "") -> str:
    """Who is ahead at the largest budget, and whether the error bars say so."""
    largest = largest_budget(found)
    rivals = sorted(
        (s for s in found if s.budget == largest), key=lambda s: _value(s, group), reverse=True
    )
    if len(rivals) < 2:
        return say("Too few networks are trained yet to compare")
    first, second = rivals[0], rivals[1]
    values = {
        "first": say(TITLES[first.name]),
        "second": say(TITLES[second.name]).lower(),
        "points": significant(100 * (_value(first, group) - _value(second, group)), 2),
        "budget": largest,
    }
    if min(len(first.top1), len(second.top1)) < 2:
        title = say(
            "{first} leads {second} by {points} {points:point|points} at {budget:g} x the "
            "multiply-adds, with one seed: too few for a verdict",
            **values,
        )
    elif not group and first.mean - first.spread <= second.mean + second.spread:
        title = say(
            "{first} leads by {points} {points:point|points} at {budget:g} x the "
            "multiply-adds, but its error bar touches that of {second}",
            **values,
        )
    else:
        title = say(
            "{first} wins at {budget:g} x the multiply-adds, {points} "
            "{points:point|points} ahead of {second}",
            **values,
        )
    return say("{group}: {title}", group=say(group), title=title) if group else title


def groups_by_way(found: "Sequence[Summary]", *, dark: bool | None = None) -> go.Figure:
    """What each way gains and loses by group of classes, at the largest budget, over the base."""
    base = next(s for s in found if s.name == "base")
    largest = largest_budget(found)
    start = dict(base.groups)
    rows = [s for s in found if s.budget == largest]
    traces = [
        theme.trace(
            "bar",
            x=[say(name) for name, _ in s.groups],
            y=[100 * (value - start[name]) for name, value in s.groups],
            name=say(TITLES[s.name]),
            marker={"color": _way_colour(s.name, dark)},
            customdata=[f"{100 * value:.1f}" for _, value in s.groups],
            hovertemplate=say("{way}, %{{x}}: %{{customdata}} %", way=say(TITLES[s.name]))
            + "<extra></extra>",
        )
        for s in rows
    ]
    ahead = {name: max(rows, key=partial(_value, group=name)) for name, _ in base.groups}
    words = in_a_row(
        say("{group}: {way}", group=say(name), way=say(TITLES[s.name]).lower())
        for name, s in ahead.items()
    )
    return theme.figure(
        traces,
        title=say("Who gains most over the base in each group of classes: {words}", words=words),
        dark=dark,
        height=360,
        barmode="group",
        xaxis={"title": {"text": say("group of classes")}},
        yaxis={"title": {"text": say("gain (points, measured)")}},
    )


def time_and_accuracy(found: "Sequence[Summary]", *, dark: bool | None = None) -> go.Figure:
    """Fixed and progressive: processor time against accuracy, every seed's interval drawn."""
    fixed = next(s for s in found if s.name == "fixed")
    grown = next(s for s in found if s.name == "progressive")
    share = grown.cpu_seconds / fixed.cpu_seconds
    gap = 100 * (grown.mean - fixed.mean)
    same = abs(grown.mean - fixed.mean) <= grown.spread + fixed.spread
    words = say(
        "the same accuracy within the error bars"
        if same
        else "{points:.1f} points less accuracy"
        if gap < 0
        else "{points:.1f} points more accuracy",
        points=abs(gap),
    )
    if min(len(fixed.top1), len(grown.top1)) < 2:
        words = say("{gap:+.1f} points of accuracy, by one seed: too few for a verdict", gap=gap)
    return theme.figure(
        [
            theme.trace(
                "scatter",
                x=[s.cpu_seconds],
                y=[100 * s.mean],
                error_y={"type": "data", "array": [100 * s.spread], "thickness": 1.4},
                mode="markers+text",
                text=[say(s.name)],
                textposition="middle right",  # clear of the error bar
                marker={"symbol": "circle", "size": 12, "color": _way_colour(s.name, dark)},
                name=say(s.name),
                hovertemplate=say("{arm}: %{{y:.1f}} % in %{{x:.0f}} s", arm=say(s.name))
                + "<extra></extra>",
            )
            for s in found
        ],
        title=say(
            "Progressive learning takes {share} x the time, with {words}",
            share=significant(share, 2),
            words=words,
        ),
        dark=dark,
        height=380,
        xaxis={
            "title": {"text": say("processor time of a training (s, measured)")},
            "range": [0, 1.25 * max(s.cpu_seconds for s in found)],
        },
        yaxis={"title": {"text": say("held-out accuracy (%, measured)")}},
        showlegend=False,
    )


def run_curves(
    curves: Mapping[str, Sequence[Mapping[str, Any]]], *, dark: bool | None = None
) -> go.Figure:
    """Held-out accuracy by epoch of trainings that run or ran, side by side.

    Args:
        curves: Rows of metrics by the training's name.
        dark: For a dark page.
    """
    traces = [
        theme.trace(
            "scatter",
            x=[row["epoch"] for row in rows],
            y=[100 * row["top1"] for row in rows],
            mode="lines+markers",
            name=name,
            marker={"size": 6},
            hovertemplate=say("{name}, epoch %{{x}}: %{{y:.1f}} %", name=name) + "<extra></extra>",
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
        dark=dark,
        height=320,
        xaxis={"title": {"text": say("epoch")}, "rangemode": "tozero"},
        yaxis={"title": {"text": say("held-out accuracy (%)")}, "rangemode": "tozero"},
        legend={"y": -0.3},
        showlegend=1 < len(last) <= 6,
    )
