"""Figures of many measurements: sweeps, and which count time follows."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from effnet.base import colours, factor, mark, milliseconds, say, significant
from effnet.figures import marks, theme
from effnet.network import FAMILIES, display_name
from effnet.timing import MEMORY, Latency, Row, knee

COUNTS = {
    "params": mark("parameters"),
    "macs": mark("multiply-adds"),
    "activations": mark("activations"),
}


@theme.themed
def batch_sweep(rows: Sequence[Row]) -> go.Figure:
    """Latency and throughput against batch size, the knee and the edge of memory marked."""
    done = [row.latency for row in rows if row.latency.samples_ms]
    edge = next((r.latency.batch_size for r in rows if r.outcome == MEMORY), None)
    batches = [one.batch_size for one in done]
    bend = knee({one.batch_size: one.images_per_s for one in done}) if len(done) > 1 else None
    blue, green = colours.family("v1"), colours.family("lite")
    traces = [
        marks.line(
            ((one.batch_size, one.images_per_s) for one in done),
            green,
            width=1.5,
            mode="lines+markers",
            name=say("throughput (images/s)"),
            marker=marks.dot("measured", green),
            hovertemplate=say("batch %{x}: %{y:.3g} images/s"),
        ),
        marks.line(
            ((one.batch_size, one.median_ms) for one in done),
            blue,
            width=1.5,
            dash="dot",
            error_y=_spread(done),
            yaxis="y2",
            mode="lines+markers",
            name=say("latency (ms)"),
            marker=marks.dot("measured", blue),
            hovertemplate=say("batch %{x}: %{y:.4g} ms"),
        ),
    ]
    upright = [(bend, say("knee"), "solid")] if bend else []
    if edge:
        upright.append((edge, say("out of memory"), "dash"))
    best = max((one.images_per_s for one in done), default=0)
    said = say(
        "Batch {batch} already gives nine tenths of {rate} images a second",
        batch=bend,
        rate=significant(best),
    )
    return theme.figure(
        traces,
        title=said if bend else say("Throughput against batch size"),
        height=400,
        xaxis=_whole(sorted({*batches, *([edge] if edge else [])}), say("batch size (log scale)")),
        yaxis=theme.axis(say("throughput (images/s)"), rangemode="tozero"),
        yaxis2=theme.right_axis("")
        | theme.log_axis(
            say("latency (ms, log scale)"), [value for one in done for value in _ends(one)]
        ),
        shapes=[marks.upright(x, dash=dash) for x, _, dash in upright],
        annotations=[
            marks.words(text, math.log10(x), 0.06, yref="paper", xanchor="left", xshift=4)
            for x, text, _ in upright
        ],
    )


def _spread(latencies: Sequence[Latency]) -> dict[str, Any]:
    """p10 to p90 as bars around the medians."""
    return marks.spread(
        [one.median_ms for one in latencies],
        [one.p10_ms for one in latencies],
        [one.p90_ms for one in latencies],
    )


def _ends(latency: Latency) -> tuple[float, float]:
    """What a dot's spread reaches."""
    return latency.p10_ms, latency.p90_ms


def _whole(values: Sequence[float], title: str) -> dict[str, Any]:
    """An axis of these very values, on a log scale."""
    return theme.axis(
        title, type="log", tickvals=list(values), ticktext=[f"{value:g}" for value in values]
    )


@theme.themed
def time_sweep(
    rows: Sequence[Row], places: Sequence[float], families: Sequence[str], *, axis: str
) -> go.Figure:
    """Measured time against what was swept, with the spread of every dot.

    Args:
        rows: The measurements; those without samples are left out.
        places: Where each stands on the axis: resolution, phi, or multiply-adds.
        families: Each network's family, for its colour.
        axis: The axis' title, in English; "log scale" in it makes it one.
    """
    logarithmic = "log scale" in axis
    traces = []
    for family in dict.fromkeys(families):
        mine = [
            (x, row.latency)
            for x, row, own in zip(places, rows, families, strict=True)
            if own == family and row.latency.samples_ms
        ]
        if not mine:
            continue
        colour = colours.family(family)
        traces.append(
            marks.line(
                ((x, one.median_ms) for x, one in mine),
                colour,
                width=1,
                error_y=_spread([one for _, one in mine]),
                mode="lines+markers",
                name=say(FAMILIES.get(family, family)),
                marker=marks.dot("measured", colour),
                customdata=[[one.name, milliseconds(one.median_ms)] for _, one in mine],
                hovertemplate="%{customdata[0]}: %{customdata[1]}",
            )
        )
    return theme.figure(
        traces,
        title=_growth(rows, places, axis),
        height=420,
        xaxis=theme.log_axis(say(axis), places) if logarithmic else theme.axis(say(axis)),
        yaxis=theme.log_axis(
            say("time per pass (ms, log scale)"),
            [value for row in rows if row.latency.samples_ms for value in _ends(row.latency)],
        ),
        showlegend=len(traces) > 1,
    )


def _growth(rows: Sequence[Row], places: Sequence[float], axis: str) -> str:
    done = [(x, row) for x, row in zip(places, rows, strict=True) if row.latency.samples_ms]
    if len(done) < 2:
        return say("Time against {what}", what=re.split(r" \(|（", say(axis))[0])
    first, last = min(done, key=lambda pair: pair[0])[1], max(done, key=lambda pair: pair[0])[1]
    macs = last.macs / first.macs if first.macs else 0
    time = last.latency.median_ms / first.latency.median_ms
    return say(
        "From end to end: {macs} the multiply-adds, <b>{time}</b> the time",
        macs=factor(macs),
        time=factor(time),
    )


@theme.themed
def proxies(rows: Sequence[Row], fits: Mapping[str, float | None]) -> go.Figure:
    """Time against parameters, multiply-adds and activations, each with how well time follows it.

    Args:
        rows: Measured networks.
        fits: r squared of the logarithms, by "params", "macs" and "activations".
    """
    titles = {name: say(title) for name, title in COUNTS.items()}
    done = [row for row in rows if row.latency.samples_ms]
    traces, layout = [], dict[str, Any]()
    for number, (name, title) in enumerate(titles.items()):
        suffix = str(number + 1) if number else ""
        traces.append(
            marks.points(
                ((getattr(row, name) / 1e6, row.latency.median_ms) for row in done),
                xaxis=f"x{suffix}",
                name=title,
                marker=marks.dot("measured", colours.family("v1"), size=8),
                text=[display_name(row.latency.name) for row in done],
                hovertemplate="%{text}: %{y:.3g} ms",
            )
        )
        said = "-" if fits[name] is None else f"{fits[name]:.2f}"
        layout[f"xaxis{suffix}"] = theme.axis(
            say("{what} (M)", what=title) + f"<br>r² = {said}",
            type="log",
            domain=[number * 0.35, number * 0.35 + 0.3],
            anchor="y",
            nticks=4,
        )
    known = {name: value for name, value in fits.items() if value is not None}
    best = titles[max(known, key=lambda name: known[name])] if known else say("nothing yet")
    return theme.figure(
        traces,
        title=say("Time follows <b>{what}</b> best in these measurements", what=best),
        height=340,
        yaxis=theme.log_axis(
            say("time per pass (ms, log scale)"), [row.latency.median_ms for row in done]
        ),
        showlegend=False,
        **layout,
    )
