"""Figures of many measurements: sweeps, options' gains, proxies, published times beside them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from effnet import colours
from effnet.figures import theme
from effnet.speed.printed import Printed, Surprise
from effnet.speed.records import Latency
from effnet.speed.store import MEMORY, Row
from effnet.speed.verdict import Comparison, knee
from effnet.units import factor, milliseconds, significant
from effnet.variants import FAMILIES, display_name, get_variant

MOST_LABELS = 24


def _spread(latencies: Sequence[Latency], **style: Any) -> dict[str, Any]:
    """p10 to p90 as bars around the medians."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [one.p90_ms - one.median_ms for one in latencies],
        "arrayminus": [one.median_ms - one.p10_ms for one in latencies],
        "thickness": 1.2,
        "width": 3,
        **style,
    }


def _ends(latency: Latency) -> tuple[float, float]:
    """What a dot's spread reaches."""
    return latency.p10_ms, latency.p90_ms


def _whole(values: Sequence[float], title: str) -> dict[str, Any]:
    """An axis of these very values, on a log scale."""
    return {
        "title": {"text": title},
        "type": "log",
        "tickvals": list(values),
        "ticktext": [f"{value:g}" for value in values],
    }


def batch_sweep(rows: Sequence[Row], *, dark: bool = False) -> go.Figure:
    """Latency and throughput against batch size, the knee and the edge of memory marked."""
    done = [row.latency for row in rows if row.latency.samples_ms]
    edge = next((r.latency.batch_size for r in rows if r.outcome == MEMORY), None)
    batches = [one.batch_size for one in done]
    bend = knee({one.batch_size: one.images_per_s for one in done}) if len(done) > 1 else None
    blue, green = colours.family("v1", dark=dark), colours.family("lite", dark=dark)
    traces = [
        theme.trace(
            "scatter",
            x=batches,
            y=[one.images_per_s for one in done],
            mode="lines+markers",
            name="throughput (images/s)",
            marker={"symbol": "circle", "color": green, "size": 9},
            line={"color": green, "width": 1.5},
            hovertemplate="batch %{x}: %{y:.3g} images/s<extra></extra>",
        ),
        theme.trace(
            "scatter",
            x=batches,
            y=[one.median_ms for one in done],
            error_y=_spread(done),
            yaxis="y2",
            mode="lines+markers",
            name="latency (ms)",
            marker={"symbol": "circle", "color": blue, "size": 9},
            line={"color": blue, "width": 1.5, "dash": "dot"},
            hovertemplate="batch %{x}: %{y:.4g} ms<extra></extra>",
        ),
    ]
    upright = [(bend, "knee", "solid")] if bend else []
    if edge:
        upright.append((edge, "out of memory", "dash"))
    best = max((one.images_per_s for one in done), default=0)
    said = f"Batch {bend} already gives nine tenths of {significant(best)} images a second"
    return theme.figure(
        traces,
        title=said if bend else "Throughput against batch size",
        dark=dark,
        height=400,
        xaxis=_whole(sorted({*batches, *([edge] if edge else [])}), "batch size (log scale)"),
        yaxis={"title": {"text": "throughput (images/s)"}, "rangemode": "tozero"},
        yaxis2={
            **theme.log_axis(
                "latency (ms, log scale)", [value for one in done for value in _ends(one)]
            ),
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
        },
        shapes=[
            {
                "type": "line",
                "x0": x,
                "x1": x,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": theme.ink(dark), "width": 1.5, "dash": dash},
            }
            for x, _, dash in upright
        ],
        annotations=[
            {
                "x": math.log10(x),
                "yref": "paper",
                "y": 0.06,
                "text": text,
                "showarrow": False,
                "xanchor": "left",
                "xshift": 4,
            }
            for x, text, _ in upright
        ],
    )


def time_sweep(
    rows: Sequence[Row],
    places: Sequence[float],
    families: Sequence[str],
    *,
    axis: str,
    dark: bool = False,
) -> go.Figure:
    """Measured time against what was swept, with the spread of every dot.

    Args:
        rows: The measurements; those without samples are left out.
        places: Where each stands on the axis: resolution, phi, or multiply-adds.
        families: Each network's family, for its colour.
        axis: The axis' title.
        dark: For a dark page.
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
        colour = colours.family(family, dark=dark)
        traces.append(
            theme.trace(
                "scatter",
                x=[x for x, _ in mine],
                y=[one.median_ms for _, one in mine],
                error_y=_spread([one for _, one in mine]),
                mode="lines+markers",
                name=FAMILIES.get(family, family),
                marker={"symbol": theme.MARKS["measured"], "color": colour, "size": 9},
                line={"color": colour, "width": 1},
                customdata=[[one.name, milliseconds(one.median_ms)] for _, one in mine],
                hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
            )
        )
    return theme.figure(
        traces,
        title=_growth(rows, places, axis),
        dark=dark,
        height=420,
        xaxis=theme.log_axis(axis, places) if logarithmic else {"title": {"text": axis}},
        yaxis=theme.log_axis(
            "time per pass (ms, log scale)",
            [value for row in rows if row.latency.samples_ms for value in _ends(row.latency)],
        ),
        showlegend=len(traces) > 1,
    )


def _growth(rows: Sequence[Row], places: Sequence[float], axis: str) -> str:
    done = [(x, row) for x, row in zip(places, rows, strict=True) if row.latency.samples_ms]
    if len(done) < 2:
        return f"Time against {axis.partition(' (')[0]}"
    first, last = min(done, key=lambda pair: pair[0])[1], max(done, key=lambda pair: pair[0])[1]
    macs = last.macs / first.macs if first.macs else 0
    time = last.latency.median_ms / first.latency.median_ms
    return f"From end to end: {factor(macs)} the multiply-adds, <b>{factor(time)}</b> the time"


def proxies(
    rows: Sequence[Row], fits: Mapping[str, float | None], *, dark: bool = False
) -> go.Figure:
    """Time against parameters, multiply-adds and activations, each with how well time follows it.

    Args:
        rows: Measured networks.
        fits: r squared of the logarithms, by "params", "macs" and "activations".
        dark: For a dark page.
    """
    titles = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}
    done = [row for row in rows if row.latency.samples_ms]
    traces, layout = [], dict[str, Any]()
    for number, (name, title) in enumerate(titles.items()):
        suffix = str(number + 1) if number else ""
        traces.append(
            theme.trace(
                "scatter",
                x=[getattr(row, name) / 1e6 for row in done],
                y=[row.latency.median_ms for row in done],
                xaxis=f"x{suffix}",
                mode="markers",
                name=title,
                marker={
                    "symbol": theme.MARKS["measured"],
                    "color": colours.family("v1", dark=dark),
                    "size": 8,
                },
                text=[display_name(row.latency.name) for row in done],
                hovertemplate="%{text}: %{y:.3g} ms<extra></extra>",
            )
        )
        said = "-" if fits[name] is None else f"{fits[name]:.2f}"
        layout[f"xaxis{suffix}"] = {
            "title": {"text": f"{title} (M)<br>r² = {said}"},
            "type": "log",
            "domain": [number * 0.35, number * 0.35 + 0.3],
            "anchor": "y",
            "nticks": 4,
        }
    known = {name: value for name, value in fits.items() if value is not None}
    best = titles[max(known, key=lambda name: known[name])] if known else "nothing yet"
    return theme.figure(
        traces,
        title=f"Time follows <b>{best}</b> best in these measurements",
        dark=dark,
        height=340,
        yaxis=theme.log_axis(
            "time per pass (ms, log scale)", [row.latency.median_ms for row in done]
        ),
        showlegend=False,
        **layout,
    )


def option_gains(found: Mapping[str, Comparison], *, dark: bool = False) -> go.Figure:
    """How many times as fast each option is as plain eager fp32, with its interval.

    Args:
        found: By option in words; the first of each comparison is the plain way.
        dark: For a dark page.
    """
    names = list(found)
    sure = [one.faster != "can't tell" for one in found.values()]
    blue = colours.family("v1", dark=dark)
    told = {"first": "slower", "second": "faster", "can't tell": "can't tell"}
    best = max(found, key=lambda name: found[name].gain)
    furthest = max(1 / one.low if one.low > 0 else float("inf") for one in found.values())
    said = f"<b>{best}</b> is {factor(found[best].gain)} as fast as plain eager fp32"
    return theme.figure(
        [
            theme.trace(
                "scatter",
                x=[one.gain for one in found.values()],
                y=names,
                mode="markers",
                name="measured in turn with plain eager fp32",
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [1 / one.low - one.gain for one in found.values()],
                    "arrayminus": [one.gain - 1 / one.high for one in found.values()],
                    "thickness": 2,
                    "width": 5,
                    "color": blue,
                },
                marker={
                    "symbol": ["circle" if one else "circle-open" for one in sure],
                    "color": blue,
                    "size": 11,
                    "line": {"width": 2, "color": blue},
                },
                customdata=[told[one.faster] for one in found.values()],
                hovertemplate="%{y}: %{x:.3g} x, %{customdata}<extra></extra>",
            )
        ],
        title=said
        if found[best].faster == "second"
        else "No option is faster here, as far as can be told",
        dark=dark,
        height=130 + 36 * len(names),
        xaxis={
            "title": {"text": "times as fast as plain eager fp32 (hollow: can't tell)"},
            "range": [0, 1.1 * min(furthest, 2 * max(found[best].gain, 1))],
        },
        yaxis={"autorange": "reversed", "ticks": ""},
        shapes=[
            {
                "type": "line",
                "x0": 1,
                "x1": 1,
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": theme.ink(dark), "width": 1.5},
            }
        ],
        showlegend=False,
    )


# --- published --------------------------------------------------------------------------------


def published_times(
    rows: Sequence[Printed], surprise: Surprise | None, *, dark: bool = False
) -> go.Figure:
    """Published times of one bench against computed multiply-adds.

    Args:
        rows: Of one hardware, precision and batch.
        surprise: The pair that the title tells of.
        dark: For a dark page.
    """
    rate = rows[0].latency_ms is None
    traces = []
    for family in dict.fromkeys(_family(row) for row in rows):
        mine = [row for row in rows if _family(row) == family]
        colour = colours.family(family, dark=dark)
        traces.append(
            theme.trace(
                "scatter",
                x=[(row.macs or 0) / 1e9 for row in mine],
                y=[row.ms_per_image for row in mine],
                mode="lines+markers+text",
                name=FAMILIES.get(family, family),
                text=[_short(row.variant) for row in mine],
                textposition="top center",
                cliponaxis=False,
                line={"color": colour, "width": 1, "dash": "dot"},
                marker={
                    "symbol": theme.MARKS["published"],
                    "color": colour,
                    "size": 11,
                    "line": {"width": 2},
                },
                customdata=[[row.model, row.source] for row in mine],
                hovertemplate=(
                    "%{customdata[0]}: %{x:.3g} G MACs, %{y:.3g} ms"
                    "<br>%{customdata[1]}<extra>published</extra>"
                ),
            )
        )
    what = "per image, from the throughput" if rate else "per batch"
    return theme.figure(
        traces,
        title=_surprise_in_words(surprise),
        dark=dark,
        height=400,
        xaxis=theme.log_axis(
            "multiply-adds per image, computed (G, log scale)",
            [(row.macs or 0) / 1e9 for row in rows],
        ),
        yaxis=theme.log_axis(
            f"published time {what} (ms, log scale)", [row.ms_per_image for row in rows]
        ),
    )


def _family(row: Printed) -> str:
    return get_variant(row.variant).family


def _short(variant: str) -> str:
    return display_name(variant).removeprefix("EfficientNet").lstrip("-")


def _surprise_in_words(surprise: Surprise | None) -> str:
    if surprise is None:
        return "Here more multiply-adds take more time"
    return (
        f"{display_name(surprise.more.variant)} does {factor(surprise.macs_ratio)} the "
        f"multiply-adds of {display_name(surprise.less.variant)} in "
        f"<b>{factor(surprise.time_ratio)}</b> its published time"
    )


def ratios_beside(
    names: Sequence[str],
    measured: Sequence[float],
    published: Mapping[str, Sequence[float | None]],
    *,
    against: str,
    dark: bool = False,
) -> go.Figure:
    """Times as ratios to one network: one's own beside the published ones.

    Args:
        names: Networks, as shown.
        measured: Their measured ratios.
        published: By bench, the printed ratios; None where a bench has none.
        against: The network that all are divided by, as shown.
        dark: For a dark page.
    """
    inks = [colours.family(name, dark=dark) for name in ("v2", "lite", "mobilenet", "resnet")]
    traces = [
        theme.trace(
            "scatter",
            x=list(names),
            y=list(ratios),
            mode="markers",
            name=f"published: {bench}",
            marker={
                "symbol": theme.MARKS["published"],
                "size": 12,
                "color": inks[number % len(inks)],
                "line": {"width": 2},
            },
            hovertemplate="%{x}: %{y:.3g} x<extra>published</extra>",
        )
        for number, (bench, ratios) in enumerate(published.items())
    ]
    traces.append(
        theme.trace(
            "scatter",
            x=list(names),
            y=list(measured),
            mode="markers",
            name="measured here",
            marker={
                "symbol": theme.MARKS["measured"],
                "size": 10,
                "color": colours.family("v1", dark=dark),
            },
            hovertemplate="%{x}: %{y:.3g} x<extra>measured here</extra>",
        )
    )
    return theme.figure(
        traces,
        title=f"Times as multiples of {against}: ratios travel between machines, times don't",
        dark=dark,
        height=420,
        xaxis={"title": {"text": "network"}, "type": "category"},
        yaxis=theme.log_axis(
            f"time (multiples of {against}, log scale)",
            [*measured, *(one for ratios in published.values() for one in ratios if one)],
        ),
        legend={"y": -0.3, "font": {"size": 12}},
    )
