"""The figure of the two searches' objectives on published networks."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from effnet.base import DEFAULT, colours, current, giga, millions, say
from effnet.figures import marks, theme
from effnet.network import FAMILIES
from effnet.papers import Rated

BAR = 24  # px, of one network


@theme.themed
def rewards(ranked: Sequence[Rated]) -> go.Figure:
    """Published networks by reward: a line from the printed accuracy to what cost makes of it."""
    names = [one.name for one in ranked]
    traces: list[dict[str, Any]] = []
    for family in (*FAMILIES, "other"):
        members = [one for one in ranked if one.family == family]
        if not members:
            continue
        colour = colours.family(family)
        title = FAMILIES.get(family) or say("other networks")
        strokes = (
            place
            for one in members
            for place in ((one.top1, one.name), (one.reward, one.name), (None, None))
        )
        tick = {"symbol": "line-ns-open", "size": 16, "line": {"width": 4, "color": colour}}
        traces += [
            marks.line(strokes, colour, width=3, name=title, legendgroup=family, showlegend=False),
            marks.points(
                ((one.reward, one.name) for one in members),
                name=title,
                legendgroup=family,
                marker={"color": colour} | tick,
                customdata=_reward_hovers(members),
                hovertemplate=say(
                    "%{y}: reward %{x:.2f} (computed)<br>top-1 %{customdata[0]} % printed, "
                    "%{customdata[1]} MACs, %{customdata[2]} parameters"
                ),
            ),
            marks.points(
                ((one.top1, one.name) for one in members),
                name=title,
                legendgroup=family,
                marker=marks.dot("published", colour),
                customdata=[say(one.source) for one in members],
                hovertemplate=say("%{y}: top-1 %{x} % printed<br>%{customdata}"),
                showlegend=False,
            ),
        ]
    first = ranked[0]
    accurate = max(ranked, key=lambda one: one.top1)
    if accurate is first:
        title = say("{first} comes first: also the most accurate", first=first.name)
    else:
        title = say(
            "{first} comes first; {accurate}, the most accurate, {place} of {all}",
            first=first.name,
            accurate=accurate.name,
            place=_ordinal(names.index(accurate.name) + 1),
            all=len(names),
        )
    return theme.figure(
        traces,
        title=title,
        height=110 + BAR * len(names),
        xaxis=theme.axis(say("reward; hollow diamond: printed top-1 (%)"), side="bottom"),
        yaxis={
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "ticks": "",
            "range": [-0.6, len(names) - 0.4],
        },
    )


def _reward_hovers(ranked: Sequence[Rated]) -> list[list[Any]]:
    return [
        [
            one.top1,
            giga(round(one.macs)) if one.macs else say("not printed"),
            millions(round(one.params)),
        ]
        for one in ranked
    ]


def _ordinal(number: int) -> str:
    if current() != DEFAULT:
        return str(number)
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"
