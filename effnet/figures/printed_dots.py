"""Figures of published times: against multiply-adds, and as ratios beside one's own."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from effnet.base import colours, factor, say
from effnet.figures import marks, theme
from effnet.network import FAMILIES, display_name, get_variant
from effnet.papers import Printed, Surprise


@theme.themed
def published_times(rows: Sequence[Printed], surprise: Surprise | None) -> go.Figure:
    """Published times of one bench against computed multiply-adds.

    Args:
        rows: Of one hardware, precision and batch.
        surprise: The pair that the title tells of.
    """
    rate = rows[0].latency_ms is None
    traces = []
    for family in dict.fromkeys(_family(row) for row in rows):
        mine = [row for row in rows if _family(row) == family]
        colour = colours.family(family)
        traces.append(
            marks.points(
                (((row.macs or 0) / 1e9, row.ms_per_image) for row in mine),
                mode="lines+markers+text",
                name=FAMILIES.get(family, family),
                text=[_short(row.variant) for row in mine],
                textposition="top center",
                cliponaxis=False,
                line={"color": colour, "width": 1, "dash": "dot"},
                marker=marks.dot("published", colour, size=11),
                customdata=[[row.model, say(row.source)] for row in mine],
                hovertemplate=say(
                    "%{customdata[0]}: %{x:.3g} G MACs, %{y:.3g} ms"
                    "<br>%{customdata[1]}<extra>published</extra>"
                ),
            )
        )
    return theme.figure(
        traces,
        title=_surprise_in_words(surprise),
        height=400,
        xaxis=theme.log_axis(
            say("multiply-adds per image, computed (G, log scale)"),
            [(row.macs or 0) / 1e9 for row in rows],
        ),
        yaxis=theme.log_axis(
            say(
                "published time per image, from the throughput (ms, log scale)"
                if rate
                else "published ms per batch (log)"
            ),
            [row.ms_per_image for row in rows],
        ),
    )


def _family(row: Printed) -> str:
    return get_variant(row.variant).family


def _short(variant: str) -> str:
    return display_name(variant).removeprefix("EfficientNet").lstrip("-")


def _surprise_in_words(surprise: Surprise | None) -> str:
    if surprise is None:
        return say("Here more multiply-adds take more time")
    return say(
        "{more} does {macs} the multiply-adds of {less} and takes <b>{time}</b> its published time",
        more=display_name(surprise.more.variant),
        macs=factor(surprise.macs_ratio),
        less=display_name(surprise.less.variant),
        time=factor(surprise.time_ratio),
    )


@theme.themed
def ratios_beside(
    names: Sequence[str],
    measured: Sequence[float],
    published: Mapping[str, Sequence[float | None]],
    *,
    against: str,
) -> go.Figure:
    """Times as ratios to one network: one's own beside the published ones.

    Args:
        names: Networks, as shown.
        measured: Their measured ratios.
        published: By bench, the printed ratios; None where a bench has none.
        against: The network that all are divided by, as shown.
    """
    inks = [colours.family(name) for name in ("v2", "lite", "mobilenet", "resnet")]
    traces = [
        marks.points(
            zip(names, ratios, strict=True),
            name=say("published: {bench}", bench=say(bench)),
            marker=marks.dot("published", inks[number % len(inks)], size=12),
            hovertemplate=say("%{x}: %{y:.3g} x<extra>published</extra>"),
        )
        for number, (bench, ratios) in enumerate(published.items())
    ]
    traces.append(
        marks.points(
            zip(names, measured, strict=True),
            name=say("measured here"),
            marker=marks.dot("measured", colours.family("v1"), size=10),
            hovertemplate=say("%{x}: %{y:.3g} x<extra>measured here</extra>"),
        )
    )
    return theme.figure(
        traces,
        title=say(
            "Times relative to {against}: other machines have other times, but much the same "
            "ratios",
            against=against,
        ),
        height=420,
        xaxis=theme.axis(say("network"), type="category"),
        yaxis=theme.log_axis(
            say("time (multiples of {against}, log scale)", against=against),
            [*measured, *(one for ratios in published.values() for one in ratios if one)],
        ),
        legend={"font": {"size": 12}},
    )
