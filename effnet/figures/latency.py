"""Figures of one network's measured time: samples, the mirror, the roofline, a prediction."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from effnet import colours
from effnet.figures import theme
from effnet.speed.predicted import Pace
from effnet.speed.records import KindProfile, Latency, Roof, StageProfile, quantile
from effnet.speed.verdict import MARGIN, Comparison
from effnet.units import giga, milliseconds, percent, significant

KIND_MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "star", "hexagon", "x")


def latency_samples(latency: Latency, *, dark: bool = False) -> go.Figure:
    """Every sample in the order it was taken, beside how often each time came.

    A line marks the median, a band p10 to p90.
    """
    samples, colour = list(latency.samples_ms), colours.family("v1", dark=dark)
    return theme.figure(
        [
            theme.trace(
                "scatter",
                x=list(range(1, len(samples) + 1)),
                y=samples,
                mode="markers",
                name="measured sample",
                marker={"symbol": theme.MARKS["measured"], "color": colour, "size": 6},
                hovertemplate="pass %{x}: %{y:.2f} ms<extra></extra>",
            ),
            theme.trace(
                "histogram",
                y=samples,
                xaxis="x2",
                name="passes",
                nbinsy=40,
                marker={"color": colour, "opacity": 0.75},
                hovertemplate="%{x} passes at %{y} ms<extra></extra>",
            ),
        ],
        title=(
            f"Half of {len(samples)} passes took under <b>{milliseconds(latency.median_ms)}</b>; "
            "the band holds four in five"
        ),
        dark=dark,
        height=340,
        xaxis={"title": {"text": "pass"}, "domain": [0, 0.76]},
        xaxis2={"title": {"text": "passes"}, "domain": [0.8, 1], "anchor": "y", "nticks": 4},
        yaxis={
            "title": {"text": "time per pass (ms)"},
            "rangemode": "tozero",
            "range": [0, _shown_to(samples)],
        },
        shapes=[
            {
                "type": "rect",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": latency.p10_ms,
                "y1": latency.p90_ms,
                "fillcolor": colour,
                "opacity": 0.15,
                "line": {"width": 0},
            },
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": latency.median_ms,
                "y1": latency.median_ms,
                "line": {"color": theme.ink(dark), "width": 2},
            },
        ],
        showlegend=False,
    )


def _shown_to(samples: Sequence[float]) -> float:
    """The axis ends at the largest sample, or at four medians where one lies far out."""
    return 1.08 * min(max(samples), 4 * statistics.median(samples))


def stage_names(profile: Sequence[StageProfile]) -> list[str]:
    """Stem, stage 1 ..., head."""
    last = len(profile) - 1
    return [
        "stem" if p.stage == 0 else "head" if p.stage == last else f"stage {p.stage}"
        for p in profile
    ]


def stage_mirror(
    profile: Sequence[StageProfile], *, measured: bool = True, dark: bool = False
) -> go.Figure:
    """Per stage: share of multiply-adds to the left, of time to the right, activations beside.

    Args:
        profile: The stages.
        measured: False where there is no time yet: the right side then says so.
        dark: For a dark page.
    """
    names = stage_names(profile)
    most = 100 * max(*(p.macs_share for p in profile), *(p.time_share for p in profile), 0.05)
    ticks = _ticks(most)
    bars = [
        _bars(
            names,
            [-100 * p.macs_share for p in profile],
            "multiply-adds (computed)",
            theme.faint(dark),
            [f"{percent(p.macs_share)}, {giga(p.macs)} MACs" for p in profile],
        ),
        _bars(
            names,
            [100 * p.time_share for p in profile],
            "time (measured)",
            colours.family("v1", dark=dark),
            [f"{percent(p.time_share)}, {milliseconds(p.median_ms)}" for p in profile]
            if measured
            else ["not measured yet"] * len(names),
        ),
        _bars(
            names,
            [100 * p.activations_share for p in profile],
            "activations (computed)",
            colours.family("lite", dark=dark),
            [f"{percent(p.activations_share)}, {p.activations:,}" for p in profile],
            xaxis="x2",
        ),
    ]
    side = {"tickvals": ticks, "ticktext": [f"{abs(tick):g}" for tick in ticks]}
    notes = [] if measured else [_note("time: press Measure", 0.56, dark)]
    return theme.figure(
        bars,
        title=_mirror_title(profile, names, measured=measured),
        dark=dark,
        height=120 + 34 * len(profile),
        barmode="overlay",
        bargap=0.25,
        xaxis={
            "title": {"text": "multiply-adds | time (%)"},
            "range": [-1.05 * most, 1.05 * most],
            "domain": [0, 0.72],
            **side,
        },
        xaxis2={
            "title": {"text": "(%)"},
            "domain": [0.78, 1],
            "anchor": "y",
            "rangemode": "tozero",
            "nticks": 4,
        },
        yaxis={"autorange": "reversed", "ticks": ""},
        legend={"y": -0.2, "traceorder": "normal"},
        annotations=notes,
    )


def _bars(
    names: list[str],
    values: list[float],
    title: str,
    colour: str,
    told: list[str],
    **place: Any,
) -> dict[str, Any]:
    return theme.trace(
        "bar",
        x=values,
        y=names,
        orientation="h",
        name=title,
        marker={"color": colour},
        customdata=told,
        hovertemplate=f"%{{y}}: %{{customdata}}<extra>{title}</extra>",
        **place,
    )


def _ticks(most: float) -> list[float]:
    step = next(s for s in (5, 10, 20, 25, 50) if most / s <= 4 or s == 50)
    side = [step * i for i in range(1, int(most / step) + 1)]
    return [*(-value for value in reversed(side)), 0, *side]


def _note(text: str, x: float, dark: bool) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": 0.5,
        "showarrow": False,
        "font": {"color": theme.ink(dark)},
    }


def _mirror_title(profile: Sequence[StageProfile], names: list[str], *, measured: bool) -> str:
    if not measured:
        most = max(range(len(profile)), key=lambda i: profile[i].macs_share)
        share = percent(profile[most].macs_share)
        return f"{names[most].capitalize()} does <b>{share}</b> of the multiply-adds; and the time?"
    slow = max(range(len(profile)), key=lambda i: profile[i].time_share - profile[i].macs_share)
    worst = profile[slow]
    return (
        f"{names[slow].capitalize()} does {percent(worst.macs_share)} of the multiply-adds "
        f"in <b>{percent(worst.time_share)}</b> of the time"
    )


def roofline(profile: Sequence[KindProfile], roof: Roof, *, dark: bool = False) -> go.Figure:
    """What this machine can do at best, and where each kind of layer in each stage stands.

    Args:
        profile: Measured layers by stage and kind; those without multiply-adds are left out.
        roof: The machine's, measured.
        dark: For a dark page.
    """
    dots = [p for p in profile if p.macs]
    intensities = [p.macs_per_byte for p in dots]
    low, high = min(*intensities, 0.1) / 2, 1.5 * max(*intensities, 2 * roof.ridge)
    line = [low, roof.ridge, high]
    traces = [
        theme.trace(
            "scatter",
            x=line,
            y=[roof.at(x) / 1e9 for x in line],
            mode="lines",
            name="roof (measured)",
            line={"color": theme.ink(dark), "width": 2},
            hovertemplate="at most %{y:.1f} GMAC/s<extra></extra>",
        )
    ]
    for number, kind in enumerate(dict.fromkeys(p.kind for p in dots)):
        mine = [p for p in dots if p.kind == kind]
        traces.append(
            theme.trace(
                "scatter",
                x=[p.macs_per_byte for p in mine],
                y=[p.macs_per_s / 1e9 for p in mine],
                mode="markers",
                name=kind,
                marker={
                    "symbol": KIND_MARKS[number % len(KIND_MARKS)],
                    "color": colours.kind(kind, dark=dark),
                    "size": 10,
                },
                customdata=[
                    [p.stage, milliseconds(p.median_ms), percent(p.macs_per_s / roof.at(i))]
                    for p in mine
                    for i in [p.macs_per_byte]
                ],
                hovertemplate=(
                    f"{kind}, stage %{{customdata[0]}}<br>%{{x:.3g}} MACs a byte, %{{y:.3g}} "
                    "GMAC/s<br>%{customdata[1]}, %{customdata[2]} of the roof<extra></extra>"
                ),
            )
        )
    return theme.figure(
        traces,
        title=_roof_title(dots, roof),
        dark=dark,
        height=480,
        xaxis={
            "title": {"text": "arithmetic intensity (MACs per byte, log scale)"},
            "type": "log",
            "range": [math.log10(low), math.log10(high)],
            "dtick": 1,
            "exponentformat": "none",
        },
        yaxis={
            "title": {"text": "speed (GMAC/s, log scale)"},
            "type": "log",
            "dtick": 1,
            "exponentformat": "none",
        },
        legend={"y": -0.2, "font": {"size": 12}},
    )


def _roof_title(dots: Sequence[KindProfile], roof: Roof) -> str:
    deep = [p for p in dots if p.kind == "depthwise"]
    edge = f"{significant(roof.ridge, 2)} MACs a byte"
    if not deep:
        return f"Layers left of {edge} wait for memory, not for arithmetic"
    under = sum(p.macs_per_byte < roof.ridge for p in deep)
    time = sum(p.median_ms for p in deep) / sum(p.median_ms for p in dots)
    macs = sum(p.macs for p in deep) / sum(p.macs for p in dots)
    return (
        f"<b>{under} of {len(deep)}</b> depthwise stages stand under the memory slope (left of "
        f"{edge}): {percent(macs)} of the multiply-adds, {percent(time)} of the time"
    )


def prediction_check(pace: Pace, *, dark: bool = False) -> go.Figure:
    """Predicted against measured time of networks that a fit did not see, and a line's guesses."""
    measured = [ms for ms, _, _ in pace.checks]
    ends = [min(measured) / 1.5, max(measured) * 1.5]
    own, line = colours.family("v1", dark=dark), colours.family("v2", dark=dark)
    series = (
        ("from layers", [guess for _, guess, _ in pace.checks], own, "circle"),
        ("from MACs alone", [guess for _, _, guess in pace.checks], line, "x"),
    )
    traces = [
        theme.trace(
            "scatter",
            x=ends,
            y=ends,
            mode="lines",
            name="right",
            line={"color": theme.faint(dark), "dash": "dot"},
            hoverinfo="skip",
        )
    ]
    traces += [
        theme.trace(
            "scatter",
            x=measured,
            y=values,
            mode="markers",
            name=name,
            marker={"symbol": mark, "color": colour, "size": 8},
            hovertemplate="measured %{x:.3g} ms, predicted %{y:.3g} ms<extra></extra>",
        )
        for name, values, colour, mark in series
    ]
    return theme.figure(
        traces,
        title=(
            f"Half of the predictions from layers are within <b>{percent(pace.error)}</b>; from "
            f"multiply-adds alone, within {percent(pace.line_error)}"
        ),
        dark=dark,
        height=400,
        xaxis=theme.log_axis("measured (ms, log scale)", ends),
        yaxis=theme.log_axis(
            "predicted (ms, log scale)", [value for _, *guesses in pace.checks for value in guesses]
        ),
    )


def paired_ratios(found: Comparison, *, dark: bool = False) -> go.Figure:
    """The ratio of times in every round of two networks, its median, and the median's interval.

    Args:
        found: Both with the samples of the same rounds.
        dark: For a dark page.
    """
    pairs = zip(found.first.samples_ms, found.second.samples_ms, strict=True)
    ratios = [b / a for a, b in pairs]
    colour = colours.family("v1", dark=dark)
    low, high = max(found.low, min(ratios)), min(found.high, max(ratios))
    edges = [
        low,
        high,
        1 - 2 * MARGIN,
        1 + 2 * MARGIN,
        *(quantile(ratios, p) for p in (0.05, 0.95)),
    ]
    room = 0.1 * (max(edges) - min(edges))
    across = {"xref": "paper", "x0": 0, "x1": 1}
    sentence = found.sentence()
    return theme.figure(
        [
            theme.trace(
                "scatter",
                x=list(range(1, len(ratios) + 1)),
                y=ratios,
                mode="markers",
                name="measured round",
                marker={"symbol": theme.MARKS["measured"], "color": colour, "size": 7},
                hovertemplate="round %{x}: %{y:.4g} x<extra></extra>",
            )
        ],
        title=f"{sentence[0].upper()}{sentence[1:]}",
        dark=dark,
        height=320,
        xaxis={"title": {"text": "round"}},
        yaxis={
            "title": {"text": "time of the second / the first (ratio)"},
            "range": [min(edges) - room, max(edges) + room],
        },
        shapes=[
            {
                "type": "rect",
                **across,
                "y0": low,
                "y1": high,
                "fillcolor": colour,
                "opacity": 0.2,
                "line": {"width": 0},
            },
            {
                "type": "line",
                **across,
                "y0": found.ratio,
                "y1": found.ratio,
                "line": {"color": colour, "width": 2},
            },
            {
                "type": "line",
                **across,
                "y0": 1,
                "y1": 1,
                "line": {"color": theme.ink(dark), "width": 1.5, "dash": "dash"},
            },
        ],
        annotations=[
            {
                "xref": "paper",
                "x": 1,
                "y": 1,
                "text": "equal",
                "showarrow": False,
                "xanchor": "right",
                "yanchor": "bottom",
            }
        ],
        showlegend=False,
    )
