"""Figures of what a network says of a picture. Records come from `predict`; no torch here."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import plotly.graph_objects as go

from effnet.base import class_name, colours, percent, plural, say
from effnet.figures import marks, theme
from effnet.network import get_variant

NAMES = {"autorange": "reversed", "ticks": "", "ticklabelstandoff": 6}  # top down, clear of bars


def _shares(title: str) -> dict[str, Any]:
    """An axis of percent with room for a label behind a full bar."""
    return theme.axis(title, range=[0, 135], tickvals=[0, 25, 50, 75, 100])


class NamedProbability(Protocol):
    """A class and its probability, as `predict.Label` has them."""

    @property
    def name(self) -> str: ...

    @property
    def probability(self) -> float: ...


@theme.themed
def top_classes(labels: Sequence[NamedProbability], *, family: str = "v1") -> go.Figure:
    """Bars of the most probable classes, highest on top."""
    first = labels[0]
    return theme.figure(
        [
            go.Bar(
                x=[100 * label.probability for label in labels],
                y=[class_name(label.name) for label in labels],
                orientation="h",
                marker={"color": colours.family(family)},
                text=[percent(label.probability) for label in labels],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.3f} %<extra></extra>",
            )
        ],
        title=say("{name}: {value}", name=class_name(first.name), value=percent(first.probability)),
        height=70 + 46 * len(labels),
        xaxis=_shares(say("probability (%)")),
        yaxis=NAMES,
        showlegend=False,
    )


class RungLike(Protocol):
    """What one network says, as `classify.answers.Rung` has it."""

    @property
    def network(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def probability(self) -> float: ...

    @property
    def reference_probability(self) -> float: ...

    @property
    def agrees(self) -> bool: ...


@theme.themed
def ladder(rungs: Sequence[RungLike], titles: Sequence[str], reference: str) -> go.Figure:
    """How sure each network is of one class; hollow bars have another class first."""
    agree = sum(rung.agrees for rung in rungs)
    ink = theme.ink()
    shades = [colours.family(get_variant(rung.network).family) for rung in rungs]
    clear = "rgba(0,0,0,0)"
    return theme.figure(
        [
            theme.trace(
                "bar",
                x=[100 * rung.reference_probability for rung in rungs],
                y=list(titles),
                orientation="h",
                marker={
                    "color": [
                        shade if rung.agrees else clear
                        for rung, shade in zip(rungs, shades, strict=True)
                    ],
                    "line": {"color": shades, "width": 2},
                },
                text=[
                    _bar_text(rung.reference_probability, "" if rung.agrees else rung.label)
                    for rung in rungs
                ],
                textposition="outside",
                textfont={"color": ink},
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.3f} %<extra></extra>",
            )
        ],
        title=plural(
            len(rungs),
            "{agree} of one network put {name} first",
            "{agree} of {n} networks put {name} first",
            agree=agree,
            name=class_name(reference),
        ),
        height=110 + 46 * len(rungs),
        xaxis=_shares(say("probability of {name} (%)", name=class_name(reference))),
        yaxis=NAMES,
        showlegend=False)  # fmt: skip


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
        theme.trace(
            "scatter",
            x=list(strengths),
            y=[100 * value for value in values],
            name=name,
            mode="lines+markers",
            line={"color": shades[i % len(shades)], "dash": dashes[i % len(dashes)], "width": 2},
            marker={"size": 5},
            hovertemplate=say("{name}: %{{y:.2f}} % at %{{x:g}}<extra></extra>", name=name),
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
        legend={"orientation": "h", "y": -0.24, "yanchor": "top", "x": 0},
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
    shade, clear = colours.family(family), "rgba(0,0,0,0)"
    changed = sum(name != right for name in said)
    return theme.figure(
        [
            theme.trace(
                "bar",
                x=[100 * value for value in (usual, *probabilities)],
                y=[f"<b>{say('No mistake')}</b>", *titles],
                orientation="h",
                marker={
                    "color": [shade if name == right else clear for name in (right, *said)],
                    "line": {"color": shade, "width": 2},
                },
                text=[
                    _bar_text(value, "" if name == right else name)
                    for value, name in zip((usual, *probabilities), (right, *said), strict=True)
                ],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{x:.3f} %<extra></extra>",
            )
        ],
        title=say(
            "The answer changes under {changed} of {all} mistakes; hollow bars",
            changed=changed,
            all=len(said),
        ),
        height=162 + 42 * len(titles),
        xaxis=_shares(say("probability of {name} (%)", name=class_name(right))),
        yaxis=NAMES,
        showlegend=False)  # fmt: skip
