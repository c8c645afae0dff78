"""Figures of the scaling experiment: accuracy by way, and the lead of compound scaling by seed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from effnet.base import colours, say
from effnet.figures import marks, theme
from effnet.train import (
    BALANCED,
    FAILS,
    HEADLINE,
    HOLDS,
    LEAST_LEAD,
    TITLES,
    UNFINISHED,
    differences,
    judged,
    summaries,
)

if TYPE_CHECKING:
    from effnet.train import Difference, Row

SYMBOLS = {
    "depth": "square",
    "width": "triangle-up",
    "resolution": "star",
    "compound": "diamond",
    "searched": "circle",
}
MACS_TICKS = (0.125, 0.25, 0.5, 1, 2)


def _colour(way: str) -> str:
    if way == "searched":
        return colours.setting(1)
    return theme.ink() if way == "base" else colours.way(way)


@theme.themed
def scaling_experiment(rows: "Sequence[Row]", *, here: "Sequence[Row]" = ()) -> go.Figure:
    """Accuracy against multiply-adds for each way of scaling; bars are 95 % intervals over seeds.

    Args:
        rows: The base's and every way's trainings.
        here: Trainings of one's own, each a cross of its way's colour.
    """
    found = summaries(rows, "way")
    base = [s for s in found if s.name == "base"]
    traces = []
    for way, symbol in SYMBOLS.items():
        points = sorted((s for s in found if s.name == way), key=lambda s: s.macs)
        line = [*base, *points]
        if points:
            traces.append(
                marks.line(
                    ((s.macs / 1e6, 100 * s.mean) for s in line),
                    _colour(way),
                    width=1.4,
                    dash="dot",
                    error_y={
                        "type": "data",
                        "array": [100 * s.spread for s in line],
                        "thickness": 1.4,
                    },
                    mode="lines+markers",
                    name=say(TITLES[way]),
                    marker={"symbol": symbol, "size": 9, "color": _colour(way)},
                    customdata=[len(s.top1) for s in line],
                    hovertemplate=say(
                        "{way}: %{{y:.2f}} % at %{{x:.3f}} M MACs, %{{customdata}} seeds",
                        way=say(TITLES[way]),
                    ),
                )
            )
    if here:
        traces.append(_own(here))
    return theme.figure(
        traces,
        title=_title(rows),
        height=430,
        xaxis=theme.axis(
            say("multiply-adds per image (M, computed, log scale)"), type="log", tickvals=MACS_TICKS
        ),
        yaxis=theme.axis(say("test accuracy (%, measured)")),
    )


def _own(here: "Sequence[Row]") -> theme.Values:
    return marks.points(
        ((row["macs"] / 1e6, 100 * row["top1"]) for row in here),
        name=say("trained here"),
        marker={
            "symbol": "x",
            "size": 10,
            "color": [_colour(row["way"]) for row in here],
        },
        customdata=[[say(TITLES[row["way"]]), row["seed"]] for row in here],
        hovertemplate=say(
            "here, {way}, seed {seed}: %{{y:.2f}} %",
            way="%{customdata[0]}",
            seed="%{customdata[1]}",
        ),
    )


def _title(rows: "Sequence[Row]") -> str:
    """What the plan's rule makes of the rows, for the paper's method on this base."""
    way = next((way for way in BALANCED if any(row["way"] == way for row in rows)), BALANCED[-1])
    found = differences(rows, way, HEADLINE)
    answer = judged(found)
    if answer == UNFINISHED:
        return say("Not all trainings are there yet, so there is no verdict")
    best = min(found, key=lambda one: one.mean)
    values = {"budget": HEADLINE, "rival": say(TITLES[best.rival]).lower()}
    if answer == HOLDS:
        return say(
            "At {budget:g} x the multiply-adds compound scaling beats each dimension alone",
            **values,
        )
    if answer == FAILS and best.high < 0:
        return say("At {budget:g} x the multiply-adds {rival} beats compound scaling", **values)
    if answer == FAILS:
        return say(
            "At {budget:g} x the multiply-adds compound scaling has no lead over {rival}",
            **values,
        )
    return say(
        "At {budget:g} x the multiply-adds compound scaling and {rival} are too close to call",
        **values,
    )


@theme.themed
def paired_differences(rows: "Sequence[Row]", budget: float = HEADLINE) -> go.Figure:
    """Compound scaling less each single dimension, by seed: every one, the mean, its interval.

    Args:
        rows: Trainings.
        budget: Multiply-adds aimed at, over the base's.
    """
    by_way = {way: differences(rows, way, budget) for way in BALANCED}
    traces = [
        trace
        for place, (way, found) in enumerate(by_way.items())
        if found
        for trace in _pair(way, found, 0.15 - 0.3 * place)
    ]
    rivals = list(dict.fromkeys(one.rival for found in by_way.values() for one in found))
    ends = [one for found in by_way.values() for one in found]
    behind = sum(one.high < 0 for one in ends)
    ahead = sum(one.low > 0 for one in ends)
    return theme.figure(
        traces,
        title=say(
            "{budget:g} x: of {n} {n:pair|pairs} compound scaling is surely ahead in {ahead}, "
            "surely behind in {behind}",
            budget=budget,
            n=len(ends),
            ahead=ahead,
            behind=behind,
        ),
        height=320,
        shapes=[
            marks.band(0, LEAST_LEAD, colours.group(), along="x", layer="below"),
            marks.upright(0, width=1),
        ],
        xaxis=theme.axis(say("points ahead at the same seed (measured)"), zeroline=False),
        yaxis={
            "tickvals": [SINGLE_PLACES[rival] for rival in rivals],
            "ticktext": [
                say("against {rival}", rival=say(TITLES[rival]).lower()) for rival in rivals
            ],
            "range": [-0.5, 2.5],
            "showgrid": False,
        })  # fmt: skip


SINGLE_PLACES = {"resolution": 0, "width": 1, "depth": 2}


def _pair(way: str, found: "Sequence[Difference]", aside: float) -> list[theme.Values]:
    colour, name = _colour(way), say(TITLES[way])
    places = [SINGLE_PLACES[one.rival] + aside for one in found]
    return [
        marks.points(
            ((x, y) for one, y in zip(found, places, strict=True) for x in one.points),
            name=name,
            showlegend=False,
            marker={"size": 6, "color": colours.faded(colour, opacity=0.4)},
            hovertemplate="%{x:+.2f}",
        ),
        marks.points(
            zip((one.mean for one in found), places, strict=True),
            error_x={"type": "data", "array": [one.half for one in found], "thickness": 1.6},
            name=name,
            marker={"symbol": SYMBOLS[way], "size": 10, "color": colour},
            customdata=[one.half for one in found],
            hovertemplate=say("{way}: %{{x:+.2f}} ± %{{customdata:.2f}}", way=name),
        ),
    ]
