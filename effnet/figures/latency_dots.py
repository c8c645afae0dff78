"""Figures of one network's time: every sample, and predictions beside what was measured."""

import statistics
from collections.abc import Sequence

import plotly.graph_objects as go

from effnet.base import colours, milliseconds, percent, say
from effnet.figures import marks, theme
from effnet.timing import Latency, Pace

BINS = 40  # of what is shown: one sample far out doesn't widen them


@theme.themed
def latency_samples(latency: Latency) -> go.Figure:
    """Every sample in the order it was taken, beside how often each time came.

    A line marks the median, a band p10 to p90.
    """
    samples, colour = list(latency.samples_ms), colours.family("v1")
    shown = _shown_to(samples)
    return theme.figure(
        [
            marks.points(
                enumerate(samples, start=1),
                name=say("measured sample"),
                marker=marks.dot("measured", colour, size=6),
                hovertemplate=say("pass %{x}: %{y:.2f} ms"),
            ),
            theme.trace(
                "histogram",
                y=samples,
                xaxis="x2",
                name=say("passes"),
                ybins={"start": 0, "end": shown, "size": shown / BINS},
                marker={"color": colour, "opacity": 0.75},
                hovertemplate=say("%{y} ms: passes counted %{x}"),
            ),
        ],
        title=say(
            "Half of {n} {n:pass|passes} took under <b>{median}</b>; the band holds four in five",
            n=len(samples),
            median=milliseconds(latency.median_ms),
        ),
        height=340,
        xaxis=theme.axis(say("pass"), domain=[0, 0.76]),
        xaxis2=theme.axis(say("passes"), domain=[0.84, 1], anchor="y", nticks=3),
        yaxis=theme.axis(say("time per pass (ms)"), range=[0, shown]),
        shapes=[
            marks.band(latency.p10_ms, latency.p90_ms, colour, opacity=0.15),
            marks.level(latency.median_ms, width=2),
        ],
        showlegend=False,
    )


def _shown_to(samples: Sequence[float]) -> float:
    """The axis ends at the largest sample, or at four medians where one lies far out."""
    return 1.08 * min(max(samples), 4 * statistics.median(samples))


@theme.themed
def prediction_check(pace: Pace) -> go.Figure:
    """Predicted against measured time of networks that a fit did not see, and a line's guesses."""
    measured = [ms for ms, _, _ in pace.checks]
    ends = [min(measured) / 1.5, max(measured) * 1.5]
    own, line = colours.family("v1"), colours.family("v2")
    series = (
        (say("from layers"), [guess for _, guess, _ in pace.checks], own, "circle"),
        (say("from MACs alone"), [guess for _, _, guess in pace.checks], line, "x"),
    )
    equal = say("exactly right")
    traces = [marks.line(zip(ends, ends, strict=True), theme.faint(), dash="dot", name=equal)]
    traces += [
        marks.points(
            zip(measured, values, strict=True),
            name=name,
            marker={"symbol": mark, "color": colour, "size": 8},
            hovertemplate=say("measured %{x:.3g} ms, predicted %{y:.3g} ms"),
        )
        for name, values, colour, mark in series
    ]
    return theme.figure(
        traces,
        title=say(
            "Half of the predictions from layers are within <b>{error}</b>; from multiply-adds "
            "alone, within {other}",
            error=percent(pace.error),
            other=percent(pace.line_error),
        ),
        height=400,
        xaxis=theme.log_axis(say("measured (ms, log scale)"), ends),
        yaxis=theme.log_axis(
            say("predicted (ms, log scale)"),
            [value for _, *guesses in pace.checks for value in guesses],
        ),
    )
