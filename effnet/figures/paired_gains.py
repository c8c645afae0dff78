"""Figures of what was measured in turn: two networks' ratios, and options' gains."""

from collections.abc import Mapping
from itertools import accumulate

import plotly.graph_objects as go

from effnet.base import colours, factor, say, significant
from effnet.figures import marks, theme
from effnet.timing import FASTER, MARGIN, Comparison, quantile


@theme.themed
def paired_ratios(found: Comparison) -> go.Figure:
    """The ratio of times in every round of two networks, its median, and the median's interval.

    Args:
        found: Both with the samples of the same rounds.
    """
    pairs = zip(found.first.samples_ms, found.second.samples_ms, strict=True)
    ratios = [b / a for a, b in pairs]
    colour = colours.family("v1")
    low, high = max(found.low, min(ratios)), min(found.high, max(ratios))
    edges = [
        low,
        high,
        1 - 2 * MARGIN,
        1 + 2 * MARGIN,
        *(quantile(ratios, p) for p in (0.05, 0.95)),
    ]
    room = 0.1 * (max(edges) - min(edges))
    sentence = found.sentence()
    return theme.figure(
        [
            marks.points(
                enumerate(ratios, start=1),
                name=say("measured round"),
                marker=marks.dot("measured", colour, size=7),
                hovertemplate=say("round %{x}: %{y:.4g} x"),
            )
        ],
        title=f"{sentence[0].upper()}{sentence[1:]}",
        height=320,
        xaxis=theme.axis(say("round")),
        yaxis=theme.axis(
            say("time of the second / the first (ratio)"),
            range=[min(edges) - room, max(edges) + room],
        ),
        shapes=[
            marks.band(low, high, colour, opacity=0.2),
            marks.level(found.ratio, color=colour, width=2),
            marks.level(1, dash="dash"),
        ],
        annotations=[
            marks.words(say("equal"), 1, 1, xref="paper", xanchor="right", yanchor="bottom")
        ],
    )


@theme.themed
def race_bars(found: Comparison, *, seconds: float) -> go.Figure:
    """The time that either of two networks has taken for as many passes, with ticks.

    A tick is a pass, or ten, or a hundred: fewer than a hundred ticks stand on a bar.

    Args:
        found: The race so far.
        seconds: How long all of it lasts: the axis ends there, so the bars fill as it goes on.
    """
    sides = found.first, found.second
    ends = [list(accumulate(ms / 1000 for ms in one.samples_ms)) for one in sides]
    taken = [one[-1] for one in ends]
    colour = [theme.ink(), colours.family("v1")]
    rows = [0, 1]
    every = 10 ** max(0, len(str(len(ends[0]))) - 2)
    first, second = (f"{significant(one)} s" for one in taken)
    return theme.figure(
        [
            marks.bars(zip(taken, rows, strict=True), colour, orientation="h", width=0.6),
            *(
                marks.points(
                    ((time, row) for time in times[every - 1 :: every]),
                    marker={"symbol": "line-ns-open", "size": 26, "color": theme.faint()},
                    customdata=one.samples_ms[every - 1 :: every],
                    hovertemplate="%{customdata:.4g} ms",
                )
                for row, times, one in zip(rows, ends, sides, strict=True)
            ),
        ],
        title=say(
            "After {n} {n:pass|passes} each: {first} took <b>{time}</b>, {second} <b>{other}</b>",
            n=len(ends[0]),
            first=found.first.name,
            time=first,
            second=found.second.name,
            other=second,
        ),
        height=190,
        xaxis=theme.axis(say("time taken (s, measured)"), range=[0, seconds]),
        yaxis={
            "tickvals": rows,
            "ticktext": [one.name for one in sides],
            "ticks": "",
            "range": [1.5, -0.5],
        },
        showlegend=False,
    )


@theme.themed
def option_gains(found: Mapping[str, Comparison]) -> go.Figure:
    """How many times as fast each option is as PyTorch run the default way, with its interval.

    Args:
        found: By option in words; the first of each comparison is the plain way.
    """
    names = list(found)
    sure = [one.faster != "can't tell" for one in found.values()]
    blue = colours.family("v1")
    best = max(found, key=lambda name: found[name].gain)
    furthest = max(1 / one.low if one.low > 0 else float("inf") for one in found.values())
    said = say(
        "<b>{option}</b> is {gain} as fast as PyTorch's default",
        option=best,
        gain=factor(found[best].gain),
    )
    return theme.figure(
        [
            marks.points(
                ((one.gain, name) for name, one in found.items()),
                name=say("measured in turn with PyTorch's default (fp32)"),
                error_x=marks.spread(
                    [one.gain for one in found.values()],
                    [1 / one.high for one in found.values()],
                    [1 / one.low for one in found.values()],
                    thickness=2,
                    width=5,
                    color=blue,
                ),
                marker={
                    "symbol": ["circle" if one else "circle-open" for one in sure],
                    "color": blue,
                    "size": 11,
                    "line": {"width": 2, "color": blue},
                },
                customdata=[say(FASTER[one.faster]) for one in found.values()],
                hovertemplate="%{y}: %{x:.3g} x, %{customdata}",
            )
        ],
        title=said
        if found[best].faster == "second"
        else say("No option is faster here, as far as can be told"),
        height=130 + 36 * len(names),
        xaxis=theme.axis(
            say("times as fast as PyTorch's default (hollow: can't tell)"),
            range=[0, 1.1 * min(furthest, 2 * max(found[best].gain, 1))],
        ),
        yaxis={"autorange": "reversed", "ticks": ""},
        shapes=[marks.upright(1)],
    )
