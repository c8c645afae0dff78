"""Figures of the V2 paper's three bottlenecks: fused stages, image size, where to deepen."""

import statistics
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from effnet import colours
from effnet.figures import theme
from effnet.speed.records import StepCost, quantile
from effnet.speed.v2 import Deepened, Fused
from effnet.units import factor, giga, milliseconds


def fused_race(
    series: Sequence[Fused],
    raced: Mapping[int, Sequence[float]],
    tied: Sequence[int],
    *,
    dark: bool = False,
) -> go.Figure:
    """Multiply-adds (computed) and time (measured) against the number of fused stages.

    Args:
        series: The networks with their costs.
        raced: Samples in milliseconds by number of fused stages, taken in turn; empty before.
        tied: The fastest, and those that can't be told from it.
        dark: For a dark page.
    """
    stages = [one.stages for one in series]
    timed = [stage for stage in stages if raced.get(stage)]
    medians = [statistics.median(raced[stage]) for stage in timed]
    traces = [
        theme.trace(
            "bar",
            x=stages,
            y=[one.macs / 1e9 for one in series],
            name="multiply-adds (computed)",
            marker={"color": theme.faint(dark)},
            customdata=[f"{one.params:,}" for one in series],
            hovertemplate="%{x} fused: %{y:.3g} G MACs, %{customdata} parameters<extra></extra>",
        ),
        theme.trace(
            "scatter",
            x=timed,
            y=medians,
            yaxis="y2",
            mode="lines+markers",
            name="time (measured; filled: fastest, or can't be told from it)",
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [quantile(raced[s], 0.9) - m for s, m in zip(timed, medians, strict=True)],
                "arrayminus": [
                    m - quantile(raced[s], 0.1) for s, m in zip(timed, medians, strict=True)
                ],
                "thickness": 1.2,
                "width": 3,
            },
            line={"color": colours.family("v2", dark=dark), "width": 1.5},
            marker={
                "symbol": ["circle" if stage in tied else "circle-dot" for stage in timed],
                "size": [13 if stage in tied else 9 for stage in timed],
                "color": colours.family("v2", dark=dark),
            },
            hovertemplate="%{x} fused: %{y:.4g} ms<extra></extra>",
        ),
    ]
    return theme.figure(
        traces,
        title=_fused_title(series, raced, tied),
        dark=dark,
        height=420,
        bargap=0.35,
        xaxis={"title": {"text": "first stages that are Fused-MBConv"}, "dtick": 1},
        yaxis={"title": {"text": "multiply-adds per image (G)"}, "rangemode": "tozero"},
        yaxis2={
            "title": {"text": "time per pass (ms)"},
            "overlaying": "y",
            "tickmode": "auto",  # else its ticks stand where the left axis has its own
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
        },
        legend={"y": -0.22, "font": {"size": 12}},
    )


def _fused_title(
    series: Sequence[Fused], raced: Mapping[int, Sequence[float]], tied: Sequence[int]
) -> str:
    none, last = series[0], series[-1]
    if not tied or not raced.get(none.stages):
        return (
            f"Fusing all stages makes {giga(none.macs)} multiply-adds {giga(last.macs)}; "
            "does the time rise with them?"
        )
    best = tied[0]
    chosen = next(one for one in series if one.stages == best)
    time = statistics.median(raced[best]) / statistics.median(raced[none.stages])
    if best == none.stages:
        return "On this machine no fused stage is faster than none"
    if none.stages in tied:
        return f"{best} fused stages have the least median, but can't be told from none"
    others = f" (can't be told from {', '.join(map(str, sorted(tied[1:])))})" if tied[1:] else ""
    return (
        f"<b>{best} fused stages</b> are fastest here{others}: {factor(chosen.macs / none.macs)} "
        f"the multiply-adds, {factor(time)} the time"
    )


def step_against_size(found: Sequence[StepCost], *, dark: bool = False) -> go.Figure:
    """A training step's time and memory against image size; the batch stays."""
    sides = [one.resolution for one in found]
    mebi = 2.0**20
    blue, green = colours.family("v1", dark=dark), colours.family("lite", dark=dark)
    traces = [
        theme.trace(
            "scatter",
            x=sides,
            y=[one.median_ms for one in found],
            mode="lines+markers",
            name="step time (measured)",
            marker={"symbol": "circle", "color": blue, "size": 9},
            line={"color": blue},
            hovertemplate="%{x} px: %{y:.4g} ms<extra></extra>",
        ),
        theme.trace(
            "scatter",
            x=sides,
            y=[(one.peak_memory_bytes or 0) / mebi for one in found],
            yaxis="y2",
            mode="markers",
            name="peak memory (measured)",
            marker={"symbol": "circle", "color": green, "size": 9},
            hovertemplate="%{x} px: %{y:.4g} MiB<extra></extra>",
        ),
        theme.trace(
            "scatter",
            x=sides,
            y=[one.kept_bytes / mebi for one in found],
            yaxis="y2",
            mode="lines",
            name="kept for the backward pass (computed)",
            line={"color": green, "dash": "dot"},
            hovertemplate="%{x} px: %{y:.4g} MiB<extra></extra>",
        ),
    ]
    return theme.figure(
        traces,
        title=_step_title(found),
        dark=dark,
        height=400,
        xaxis={"title": {"text": "image side (px)"}, "tickvals": sides},
        yaxis={"title": {"text": "training step (ms)"}, "rangemode": "tozero"},
        yaxis2={
            "title": {"text": "memory (MiB)"},
            "overlaying": "y",
            "tickmode": "auto",  # else its ticks stand where the left axis has its own
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
        },
        legend={"y": -0.22, "font": {"size": 12}},
    )


def _step_title(found: Sequence[StepCost]) -> str:
    if len(found) < 2:
        return f"A training step of {found[0].batch_size} images" if found else "No size measured"
    first, last = found[0], found[-1]
    return (
        f"{factor(last.resolution / first.resolution)} the side costs "
        f"<b>{factor(last.median_ms / first.median_ms)}</b> the step and "
        f"{factor(last.kept_bytes / first.kept_bytes)} the kept memory"
    )


def where_to_deepen(
    two: Deepened,
    raced: Mapping[str, Sequence[float]],
    verdict: str,
    *,
    dark: bool = False,
) -> go.Figure:
    """Two ways to deepen at equal multiply-adds: blocks of each stage, and the time of each way.

    Args:
        two: The networks.
        raced: Samples in milliseconds by "alike" and "late", taken in turn; empty before.
        verdict: What the samples allow to say, for the title.
        dark: For a dark page.
    """
    ways = (
        ("alike", "all stages alike", two.alike, colours.way("compound", dark=dark)),
        ("late", "late stages only", two.late, colours.way("depth", dark=dark)),
    )
    traces = []
    for key, name, spec, colour in ways:
        samples = raced.get(key) or ()
        told = f", {milliseconds(statistics.median(samples))} (measured)" if samples else ""
        traces.append(
            theme.trace(
                "bar",
                x=[f"stage {number}" for number in range(1, len(spec.stages) + 1)],
                y=[stage.repeats for stage in spec.stages],
                name=f"{name}{told}",
                marker={"color": colour},
                hovertemplate=f"{name}: %{{x}}, %{{y}} blocks<extra></extra>",
            )
        )
    return theme.figure(
        traces,
        title=verdict or f"Two ways to spend {giga(two.alike_macs)} multiply-adds on depth",
        dark=dark,
        height=340,
        barmode="group",
        xaxis={"title": {"text": "stage"}, "type": "category"},
        yaxis={"title": {"text": "blocks (number)"}, "rangemode": "tozero"},
    )
