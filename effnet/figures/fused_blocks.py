"""Figures of the V2 paper's three bottlenecks: fused stages, image size, where to deepen."""

import statistics
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from effnet.base import colours, factor, giga, in_a_row, milliseconds, say
from effnet.figures import marks, theme
from effnet.timing import Deepened, Fused, StepCost, quantile


@theme.themed
def fused_race(
    series: Sequence[Fused], raced: Mapping[int, Sequence[float]], tied: Sequence[int]
) -> go.Figure:
    """Multiply-adds (computed) and time (measured) against the number of fused stages.

    Args:
        series: The networks with their costs.
        raced: Samples in milliseconds by number of fused stages, taken in turn; empty before.
        tied: The fastest, and those that can't be told from it.
    """
    stages = [one.stages for one in series]
    timed = [stage for stage in stages if raced.get(stage)]
    medians = [statistics.median(raced[stage]) for stage in timed]
    traces = [
        marks.bars(
            ((one.stages, one.macs / 1e9) for one in series),
            theme.faint(),
            name=say("multiply-adds (computed)"),
            customdata=[f"{one.params:,}" for one in series],
            hovertemplate=say("%{x} fused: %{y:.3g} G MACs, %{customdata} parameters"),
        ),
        marks.line(
            zip(timed, medians, strict=True),
            colours.family("v2"),
            width=1.5,
            yaxis="y2",
            mode="lines+markers",
            name=say("time (measured; filled: fastest, or can't be told from it)"),
            error_y=marks.spread(
                medians,
                [quantile(raced[stage], 0.1) for stage in timed],
                [quantile(raced[stage], 0.9) for stage in timed],
            ),
            marker={
                "symbol": ["circle" if stage in tied else "circle-dot" for stage in timed],
                "size": [13 if stage in tied else 9 for stage in timed],
                "color": colours.family("v2"),
            },
            hovertemplate=say("%{x} fused: %{y:.4g} ms"),
        ),
    ]
    return theme.figure(
        traces,
        title=_fused_title(series, raced, tied),
        height=420,
        bargap=0.35,
        xaxis=theme.axis(say("first stages that are Fused-MBConv"), dtick=1),
        yaxis=theme.axis(say("multiply-adds per image (G)"), rangemode="tozero"),
        yaxis2=theme.right_axis(
            say("time per pass (ms)"),
            visible=bool(timed),
            tickmode="auto",
            rangemode="tozero",
        ),
        legend={"font": {"size": 12}},
    )


def _fused_title(
    series: Sequence[Fused], raced: Mapping[int, Sequence[float]], tied: Sequence[int]
) -> str:
    none, last = series[0], series[-1]
    if not tied or not raced.get(none.stages):
        return say(
            "Fusing all stages makes {before} multiply-adds {after}; does the time rise with them?",
            before=giga(none.macs),
            after=giga(last.macs),
        )
    best = tied[0]
    chosen = next(one for one in series if one.stages == best)
    time = statistics.median(raced[best]) / statistics.median(raced[none.stages])
    if best == none.stages:
        return say("Fusing stages makes nothing faster on this machine")
    if none.stages in tied:
        return say(
            "The median is lowest with {n} fused {n:stage|stages}, but that may be chance",
            n=best,
        )
    others = in_a_row([str(stages) for stages in sorted(tied[1:])])
    return say(
        "<b>{n} fused {n:stage</b> is|stages</b> are} fastest here{others}: {macs} the "
        "multiply-adds, {time} the time",
        n=best,
        others=say(" (can't be told from {others})", others=others) if others else "",
        macs=factor(chosen.macs / none.macs),
        time=factor(time),
    )


@theme.themed
def step_against_size(found: Sequence[StepCost]) -> go.Figure:
    """A training step's time and memory against image size; the batch stays."""
    sides = [one.resolution for one in found]
    mebi = 2.0**20
    blue, green = colours.family("v1"), colours.family("lite")
    traces = [
        marks.line(
            ((one.resolution, one.median_ms) for one in found),
            blue,
            mode="lines+markers",
            name=say("step time (measured)"),
            marker=marks.dot("measured", blue),
            hovertemplate="%{x} px: %{y:.4g} ms",
        ),
        marks.points(
            ((one.resolution, (one.peak_memory_bytes or 0) / mebi) for one in found),
            yaxis="y2",
            name=say("peak memory (measured)"),
            marker=marks.dot("measured", green),
            hovertemplate="%{x} px: %{y:.4g} MiB",
        ),
        marks.line(
            ((one.resolution, one.kept_bytes / mebi) for one in found),
            green,
            dash="dot",
            yaxis="y2",
            name=say("kept for the backward pass (computed)"),
            hovertemplate="%{x} px: %{y:.4g} MiB",
        ),
    ]
    return theme.figure(
        traces,
        title=_step_title(found),
        height=400,
        xaxis=theme.axis(say("image side (px)"), tickvals=sides),
        yaxis=theme.axis(say("training step (ms)"), rangemode="tozero"),
        yaxis2=theme.right_axis(say("memory (MiB)"), tickmode="auto", rangemode="tozero"),
        legend={"font": {"size": 12}},
    )


def _step_title(found: Sequence[StepCost]) -> str:
    if not found:
        return say("No size measured")
    first, last = found[0], found[-1]
    if first is last:
        return say("A training step of {n} {n:image|images}", n=first.batch_size)
    return say(
        "{side} the side takes <b>{time}</b> the time of a step and keeps {memory} the memory",
        side=factor(last.resolution / first.resolution),
        time=factor(last.median_ms / first.median_ms),
        memory=factor(last.kept_bytes / first.kept_bytes),
    )


@theme.themed
def where_to_deepen(two: Deepened, raced: Mapping[str, Sequence[float]], verdict: str) -> go.Figure:
    """Two ways to deepen at equal multiply-adds: blocks of each stage, and the time of each way.

    Args:
        two: The networks.
        raced: Samples in milliseconds by "alike" and "late", taken in turn; empty before.
        verdict: What the samples allow to say, for the title.
    """
    ways = (
        ("alike", say("all stages deeper"), two.alike, colours.way("compound")),
        ("late", say("only late stages deeper"), two.late, colours.way("depth")),
    )
    traces = []
    for key, name, spec, colour in ways:
        samples = raced.get(key) or ()
        told = (
            say(
                "{way}, {time} (measured)",
                way=name,
                time=milliseconds(statistics.median(samples)),
            )
            if samples
            else name
        )
        traces.append(
            marks.bars(
                ((str(n), stage.repeats) for n, stage in enumerate(spec.stages, start=1)),
                colour,
                name=told,
                hovertemplate=say("{way}: stage %{{x}}, %{{y}} blocks", way=name),
            )
        )
    return theme.figure(
        traces,
        title=verdict
        or say("Two ways to spend {macs} multiply-adds on depth", macs=giga(two.alike_macs)),
        height=340,
        barmode="group",
        xaxis=theme.axis(say("stage"), type="category"),
        yaxis=theme.axis(say("blocks (number)"), rangemode="tozero"),
    )
