"""Figures of what a network says of a picture. Records come from `predict`; no torch here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from effnet.base import class_name, colours, percent, plural, say
from effnet.figures import marks, theme
from effnet.network import get_variant

if TYPE_CHECKING:
    from effnet.classify import Label, answers


def _bars(
    probabilities: Iterable[float],
    names: Iterable[str],
    marker: Any,
    text: Sequence[str],
    *,
    title: str,
    axis: str,
    height: int,
) -> go.Figure:
    """Probabilities as lying bars, the first on top, with a text at each end."""
    return theme.figure(
        [
            marks.bars(
                ((100 * one, name) for one, name in zip(probabilities, names, strict=True)),
                marker,
                orientation="h",
                text=text,
                hovertemplate="%{y}: %{x:.3f} %",
            )
        ],
        title=title,
        height=height,
        xaxis=theme.axis(axis, range=[0, 135], tickvals=[0, 25, 50, 75, 100]),
        yaxis={"autorange": "reversed", "ticks": "", "ticklabelstandoff": 6},  # clear of the bars
    )


@theme.themed
def top_classes(labels: "Sequence[Label]", *, family: str = "v1") -> go.Figure:
    """Bars of the most probable classes, highest on top."""
    names = [class_name(label.name) for label in labels]
    values = [percent(label.probability) for label in labels]
    return _bars(
        (label.probability for label in labels),
        names,
        colours.family(family),
        values,
        title=say("{name}: {value}", name=names[0], value=values[0]),
        axis=say("probability (%)"),
        height=70 + 46 * len(labels),
    )


def _judged(
    probabilities: Sequence[float],
    names: Iterable[str],
    shades: Sequence[str],
    instead: Sequence[str],
    **titles: Any,
) -> go.Figure:
    """Probabilities of one class; bars are hollow where another one comes first `instead`."""
    solid = [
        "rgba(0,0,0,0)" if other else shade for shade, other in zip(shades, instead, strict=True)
    ]
    text = [_bar_text(one, other) for one, other in zip(probabilities, instead, strict=True)]
    marker = {"color": solid, "line": {"color": shades, "width": 2}}
    return _bars(probabilities, names, marker, text, **titles)


@theme.themed
def ladder(rungs: "Sequence[answers.Rung]", titles: Sequence[str], reference: str) -> go.Figure:
    """How sure each network is of one class; hollow bars have another class first."""
    name = class_name(reference)
    return _judged(
        [rung.reference_probability for rung in rungs],
        titles,
        [colours.family(get_variant(rung.network).family) for rung in rungs],
        ["" if rung.agrees else rung.label for rung in rungs],
        title=plural(
            len(rungs),
            "{agree} of one network put {name} first",
            "{agree} of {n} networks put {name} first",
            agree=sum(rung.agrees for rung in rungs),
            name=name,
        ),
        axis=say("probability of {name} (%)", name=name),
        height=110 + 46 * len(rungs),
    )


def _bar_text(probability: float, instead: str) -> str:
    """A probability at a bar's end, with the class that came first instead, if another did."""
    if not instead:
        return percent(probability)
    return say(
        "{probability}, says {name}", probability=percent(probability), name=class_name(instead)
    )


@theme.themed
def probability_curves(
    strengths: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    *,
    title: str,
    unit: str,
    chosen: float | None = None,
) -> go.Figure:
    """Probability of some classes against a strength or a resolution; a line at the chosen one."""
    dashes = ("solid", "dash", "dot", "dashdot", "longdash")
    shades = [colours.setting(i) for i in range(1, 6)]
    traces = [
        marks.line(
            zip(strengths, (100 * value for value in values), strict=True),
            shades[i % len(shades)],
            dash=dashes[i % len(dashes)],
            name=name,
            mode="lines+markers",
            marker={"size": 5},
            hovertemplate=say("{name}: %{{y:.2f}} % at %{{x:g}}", name=name),
        )
        for i, (name, values) in enumerate(curves.items())
    ]
    shapes = []
    if chosen is not None:
        shapes = [marks.upright(chosen, color=theme.faint(), dash="dot", width=2)]
    return theme.figure(
        traces,
        title=title,
        height=400,
        xaxis=theme.axis(unit),
        yaxis=theme.axis(say("probability (%)"), range=[0, 103]),
        shapes=shapes,
    )


@theme.themed
def mistakes(
    titles: Sequence[str],
    probabilities: Sequence[float],
    said: Sequence[str],
    *,
    right: str,
    usual: float,
    family: str = "v1",
) -> go.Figure:
    """What is left of the right answer's probability after each mistake, under that of none.

    Hollow bars have another class first.
    """
    instead = ["" if name == right else name for name in said]
    return _judged(
        (usual, *probabilities),
        [f"<b>{say('No mistake')}</b>", *titles],
        [colours.family(family)] * (1 + len(said)),
        ["", *instead],
        title=say(
            "The answer changes under {changed} of {all} mistakes; hollow bars",
            changed=sum(map(bool, instead)),
            all=len(said),
        ),
        axis=say("probability of {name} (%)", name=class_name(right)),
        height=162 + 42 * len(titles),
    )
