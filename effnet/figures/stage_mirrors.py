"""Figures of where a pass's time goes: the mirror of the stages, and the roofline."""

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from effnet.base import colours, giga, milliseconds, percent, say, significant
from effnet.figures import marks, theme
from effnet.timing import KindProfile, Roof, StageProfile, stage_names


@theme.themed
def stage_mirror(profile: Sequence[StageProfile], *, measured: bool = True) -> go.Figure:
    """Per stage: share of multiply-adds to the left, of time to the right, activations beside.

    Args:
        profile: The stages.
        measured: False where there is no time yet: activations have its place.
    """
    names = stage_names(profile)
    right = [p.time_share if measured else p.activations_share for p in profile]
    most = 100 * max(*(p.macs_share for p in profile), *right, 0.05)
    ticks = _ticks(most)
    macs = _bars(
        names,
        [-100 * p.macs_share for p in profile],
        say("multiply-adds (computed)"),
        theme.faint(),
        [f"{percent(p.macs_share)}, {giga(p.macs)} MACs" for p in profile],
    )
    time = _bars(
        names,
        [100 * p.time_share for p in profile],
        say("time (measured)"),
        colours.family("v1"),
        [f"{percent(p.time_share)}, {milliseconds(p.median_ms)}" for p in profile],
    )
    activations = _bars(
        names,
        [100 * p.activations_share for p in profile],
        say("activations (computed)"),
        colours.family("lite"),
        [f"{percent(p.activations_share)}, {p.activations:,}" for p in profile],
        xaxis="x2" if measured else "x",
    )
    sides = say("multiply-adds | time (%)") if measured else say("multiply-adds | activations (%)")
    return theme.figure(
        [macs, time, activations] if measured else [macs, activations],
        title=_mirror_title(profile, names, measured=measured),
        height=150 + 34 * len(profile),
        barmode="overlay",
        bargap=0.25,
        xaxis={
            "title": {"text": sides},
            "range": [-1.05 * most, 1.05 * most],
            "domain": [0, 0.72 if measured else 1],
            "tickvals": ticks,
            "ticktext": [f"{abs(tick):g}" for tick in ticks],
        },
        xaxis2=theme.axis("(%)", domain=[0.78, 1], anchor="y", rangemode="tozero", nticks=3),
        yaxis={"autorange": "reversed", "ticks": ""},
        legend={"traceorder": "normal"},
    )


def _bars(
    names: list[str],
    values: list[float],
    title: str,
    colour: str,
    told: list[str],
    **place: Any,
) -> dict[str, Any]:
    return marks.bars(
        zip(values, names, strict=True),
        colour,
        orientation="h",
        name=title,
        customdata=told,
        hovertemplate=f"%{{y}}: %{{customdata}}<extra>{title}</extra>",
        **place,
    )


def _ticks(most: float) -> list[float]:
    step = next(s for s in (5, 10, 20, 25, 50) if most / s <= 4 or s == 50)
    side = [step * i for i in range(1, int(most / step) + 1)]
    return [*(-value for value in reversed(side)), 0, *side]


def _mirror_title(profile: Sequence[StageProfile], names: list[str], *, measured: bool) -> str:
    if not measured:
        most = max(range(len(profile)), key=lambda i: profile[i].macs_share)
        share = percent(profile[most].macs_share)
        return say(
            "{stage} does <b>{share}</b> of the multiply-adds. And of the time? Press Measure",
            stage=names[most].capitalize(),
            share=share,
        )
    slow = max(range(len(profile)), key=lambda i: profile[i].time_share - profile[i].macs_share)
    worst = profile[slow]
    return say(
        "{stage} does {macs} of the multiply-adds in <b>{time}</b> of the time",
        stage=names[slow].capitalize(),
        macs=percent(worst.macs_share),
        time=percent(worst.time_share),
    )


@theme.themed
def roofline(profile: Sequence[KindProfile], roof: Roof) -> go.Figure:
    """What this machine can do at best, and where each kind of layer in each stage stands.

    Args:
        profile: Measured layers by stage and kind; those without multiply-adds are left out.
        roof: The machine's, measured.
    """
    dots = [p for p in profile if p.macs]
    intensities = [p.macs_per_byte for p in dots]
    low, high = min(*intensities, 0.1) / 2, 1.5 * max(*intensities, 2 * roof.ridge)
    line = [low, roof.ridge, high]
    traces = [
        marks.line(
            ((x, roof.at(x) / 1e9) for x in line),
            theme.ink(),
            name=say("roof (measured)"),
            hovertemplate=say("at most %{y:.1f} GMAC/s"),
        )
    ]
    for number, kind in enumerate(dict.fromkeys(p.kind for p in dots)):
        mine = [p for p in dots if p.kind == kind]
        traces.append(
            marks.points(
                ((p.macs_per_byte, p.macs_per_s / 1e9) for p in mine),
                name=say(kind),
                marker={
                    "symbol": marks.SHAPES[number % len(marks.SHAPES)],
                    "color": colours.kind(kind),
                    "size": 10,
                },
                customdata=[
                    [p.stage, milliseconds(p.median_ms), percent(p.macs_per_s / roof.at(i))]
                    for p in mine
                    for i in [p.macs_per_byte]
                ],
                hovertemplate=say(
                    "{kind}, stage %{{customdata[0]}}<br>%{{x:.3g}} MACs a byte, %{{y:.3g}} "
                    "GMAC/s<br>%{{customdata[1]}}, %{{customdata[2]}} of the roof",
                    kind=say(kind),
                ),
            )
        )
    return theme.figure(
        traces,
        title=_roof_title(dots, roof),
        height=480,
        xaxis=theme.axis(
            say("arithmetic intensity (MACs per byte, log scale)"),
            type="log",
            range=[math.log10(low), math.log10(high)],
            dtick=1,
            exponentformat="none",
        ),
        yaxis=theme.axis(
            say("speed (GMAC/s, log scale)"), type="log", dtick=1, exponentformat="none"
        ),
        legend={"font": {"size": 12}},
    )


def _roof_title(dots: Sequence[KindProfile], roof: Roof) -> str:
    deep = [p for p in dots if p.kind == "depthwise"]
    ridge = significant(roof.ridge, 2)
    if not deep:
        return say(
            "Layers left of {ridge} MACs a byte wait for memory, not for arithmetic", ridge=ridge
        )
    under = sum(p.macs_per_byte < roof.ridge for p in deep)
    time = sum(p.median_ms for p in deep) / sum(p.median_ms for p in dots)
    macs = sum(p.macs for p in deep) / sum(p.macs for p in dots)
    return say(
        "<b>{under} of {all}</b> depthwise stages stand under the memory slope (left of {ridge} "
        "MACs a byte): {macs} of the multiply-adds, {time} of the time",
        under=under,
        all=len(deep),
        ridge=ridge,
        macs=percent(macs),
        time=percent(time),
    )
