"""Figures of whether a map can be believed, and of what goes on inside. No torch here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from effnet.base import colours, percent, say, significant
from effnet.counting import stage_title
from effnet.figures import marks, theme

if TYPE_CHECKING:
    from effnet.cam import Microscope, Order, Rung, Verdict

PART = 0.2  # the part whose loss the title tells
ALIKE = 0.5  # from here on two maps count as alike


@theme.themed
def deletion_and_insertion(verdict: "Verdict", *, label: str, family: str = "v1") -> go.Figure:
    """The class's probability while places are blurred, and while they come back.

    Args:
        verdict: A map's tests.
        label: The class.
        family: Of the network, for the colour of the map's own line.
    """
    xs = [100 * share for share in verdict.shares]
    traces: list[Any] = []
    for side, axis in (("deletion", ""), ("insertion", "2")):
        place: dict[str, Any] = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "showlegend": not axis}
        randoms = [_points(order, side) for order in verdict.randoms]
        low, high = (list(map(extreme, zip(*randoms, strict=True))) for extreme in (min, max))
        traces += [
            marks.points(
                zip(xs + xs[::-1], high + low[::-1], strict=True),
                fill="toself",
                fillcolor=theme.faint(),
                opacity=0.35,
                line={"width": 0},
                mode="lines",
                name=say("{number} random {number:order|orders}", number=len(randoms)),
                **place,
            ),
            marks.line(
                zip(xs, _points(verdict.centre, side), strict=True),
                theme.ink(),
                width=1.5,
                dash="dot",
                name=say("a blob in the middle"),
                hovertemplate=say("middle: %{x:.0f} % gone, %{y:.1f} %"),
                **place,
            ),
            marks.line(
                zip(xs, _points(verdict.by_map, side), strict=True),
                colours.family(family),
                width=3,
                name=say("this map"),
                hovertemplate=say("this map: at %{x:.0f} %, %{y:.1f} %"),
                **place,
            ),
        ]
    ours = percent(verdict.after_deleting(verdict.by_map, PART))
    theirs = percent(verdict.random_after_deleting(PART))
    top = max(5.0, 105 * max(*verdict.by_map.deletion, *verdict.by_map.insertion))
    return theme.figure(
        traces,
        title=say(
            "Without the brightest {part:.0f} %, {label} has {ours}; without a random "
            "{part:.0f} %, {theirs}",
            part=100 * PART,
            label=label,
            ours=ours,
            theirs=theirs,
        ),
        height=380,
        margin={"l": 8, "r": 12, "t": 64, "b": 8},
        xaxis=theme.axis(say("blurred (%)"), domain=[0, 0.46]),
        xaxis2=theme.axis(say("brought back (%)"), domain=[0.54, 1], anchor="y2"),
        yaxis=theme.axis(say("probability of {label} (%)", label=label), range=[0, top]),
        yaxis2={"range": [0, top], "anchor": "x2", "showticklabels": False},
    )


def _points(order: "Order", side: str) -> list[float]:
    return [100 * value for value in getattr(order, side)]


@theme.themed
def randomised_maps(verdict: "Verdict") -> go.Figure:
    """How alike the map stays while the weights are randomised from the classifier to the stem."""
    steps = ((stage_title(step.layer), step.correlation) for step in verdict.cascade)
    last = verdict.randomised
    title = say(
        "With all weights random the map stays much the same: rank correlation {value}"
        if abs(last) >= ALIKE
        else "With all weights random the map becomes another: rank correlation {value}",
        value=significant(last, 2),
    )
    return theme.figure(
        [
            marks.line(
                [(say("as trained"), 1.0), *steps],
                theme.ink(),
                mode="lines+markers",
                marker={"size": 7},
                hovertemplate=say("random down to %{x}: %{y:.2f}"),
            )
        ],
        title=title,
        height=300,
        shapes=[marks.band(-ALIKE, ALIKE, theme.faint(), opacity=0.15, layer="below")],
        xaxis=theme.axis(say("weights random from the classifier down to"), tickangle=-35),
        yaxis=theme.axis(say("rank correlation (1: same)"), range=[-1.05, 1.05]),
    )


@theme.themed
def map_in_box(rungs: "Sequence[Rung]", names: Sequence[str], *, family: str = "lite") -> go.Figure:
    """How much of each network's map lies in the box, against an even map.

    Args:
        rungs: Maps with their shares; those without one are left out.
        names: What the maps are of.
        family: Of the networks, for the colour.
    """
    shown = [
        (name, rung.share)
        for name, rung in zip(names, rungs, strict=True)
        if rung.share is not None
    ]
    masses = [100 * share.mass for _, share in shown]
    even = 100 * shown[0][1].area if shown else 0.0
    low, high = (significant(edge(masses, default=0.0)) for edge in (min, max))
    return theme.figure(
        [
            marks.bars(
                ((name, 100 * share.mass) for name, share in shown),
                colours.family(family),
                text=[f"{mass:.0f} %" for mass in masses],
                name=say("this map"),
                hovertemplate=say("%{x}: %{y:.1f} % in the box"),
            ),
            marks.line(
                ((name, 100 * share.area) for name, share in shown),
                theme.ink(),
                width=1.5,
                dash="dot",
                mode="lines+markers",
                name=say("an even map"),
                hovertemplate=say("%{x}: an even map, %{y:.1f} %"),
            ),
        ],
        title=say(
            "{low} to {high} % of the map lies in the box; an even map: {even:.0f} %",
            low=low,
            high=high,
            even=even,
        ),
        height=300,
        yaxis=theme.axis(say("share of the map in the box (%)"), range=[0, 112]),
        bargap=0.5,
    )


@theme.themed
def gate_values(microscope: "Microscope") -> go.Figure:
    """How far the gates of every block stand open for a picture."""
    spreads = [(gates.layer, gates.spread) for gates in microscope.gates]
    widest = max(spreads, key=lambda entry: entry[1].mean)
    narrowest = min(spreads, key=lambda entry: entry[1].mean)
    names = [name.removeprefix("features.") for name, _ in spreads]
    return theme.figure(
        [
            theme.trace(
                "box",
                x=names,
                lowerfence=[spread.low for _, spread in spreads],
                q1=[spread.quarter for _, spread in spreads],
                median=[spread.median for _, spread in spreads],
                q3=[spread.three_quarters for _, spread in spreads],
                upperfence=[spread.high for _, spread in spreads],
                mean=[spread.mean for _, spread in spreads],
                fillcolor="rgba(0,0,0,0)",
                line={"color": colours.kind("squeeze-and-excitation"), "width": 1.5},
                hoverinfo="y+x",
            )
        ],
        title=say(
            "Gates stand widest in block {widest} (mean {most:.2f}), least in {narrowest} "
            "({least:.2f})",
            widest=widest[0].removeprefix("features."),
            most=widest[1].mean,
            narrowest=narrowest[0].removeprefix("features."),
            least=narrowest[1].mean,
        ),
        height=320,
        xaxis=theme.axis(say("block"), type="category"),
        yaxis=theme.axis(say("gate (0: shut, 1: open)"), range=[-0.02, 1.02]),
    )


@theme.themed
def forced_gates(microscope: "Microscope", names: Sequence[tuple[int, str]]) -> go.Figure:
    """The logits of some classes with the gates as they are, wide open, and at their mean.

    Args:
        microscope: The gates and the logits.
        names: Index and name of the classes.
    """
    shades = (theme.ink(), colours.family("v2"), colours.family("v1"))
    words = {
        "as they are": say("gates as they are"),
        "one": say("all at one"),
        "mean": say("all at their mean"),
    }
    index, label = names[0]
    usual = float(microscope.logits["as they are"][index])
    opened = float(microscope.logits["one"][index])
    return theme.figure(
        [
            marks.bars(
                ((name, float(microscope.logits[force][i])) for i, name in names),
                shade,
                name=word,
                hovertemplate=f"%{{x}}, {word}: %{{y:.2f}}",
            )
            for (force, word), shade in zip(words.items(), shades, strict=True)
        ],
        title=say(
            "Wide open, {label} goes from {usual} to {opened}",
            label=label,
            usual=significant(usual),
            opened=significant(opened),
        ),
        height=320,
        barmode="group",
        xaxis=theme.axis(say("class")),
        yaxis=theme.axis(say("logit (before softmax)")),
    )
