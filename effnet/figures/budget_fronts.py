"""Figures of the searches: step 1's candidates, and networks for a budget."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from effnet.base import colours, factor, giga, mark, millions, say, significant
from effnet.figures import marks, theme
from effnet.scaling import BUDGET, Candidate, Fit

SHOWN = 600  # networks drawn faintly behind the front


@theme.themed
def coefficient_grid(
    candidates: Sequence[Candidate], *, chosen: tuple[float, float, float] | None = None
) -> go.Figure:
    """The choices of step 1 in space, coloured by what one step of phi really costs.

    Args:
        candidates: What `search.step_one` found.
        chosen: The current coefficients.
    """
    published = [one for one in candidates if one.published]
    traces: list[dict[str, Any]] = [
        marks.points(
            ((one.alpha, one.beta, one.gamma) for one in candidates),
            name=say("candidate"),
            marker={
                "size": 3,
                "symbol": "square",
                "color": [one.ratio for one in candidates],
                "colorscale": colours.viridis_scale(),
                "showscale": True,
                "colorbar": marks.colour_bar(say("real multiply-adds (x base)")),
            },
            customdata=_hovers(candidates),
            hovertemplate=say(_HOVER),
        )
    ]
    if published:
        traces.append(
            marks.points(
                ((one.alpha, one.beta, one.gamma) for one in published),
                name=say("published"),
                mode="markers+text",
                text=[say("published")],
                textposition="top right",
                marker=marks.dot(
                    "published", theme.ink(), size=8, line={"width": 3, "color": theme.ink()}
                ),
                customdata=_hovers(published),
                hovertemplate=say(_HOVER),
            )
        )
    if chosen:
        traces.append(
            marks.points(
                [chosen],
                name=say("this design"),
                marker={"size": 6, "symbol": "cross", "color": theme.ink()},
                hovertemplate=say("this design: %{x}, %{y}, %{z}"),
            )
        )
    networks = len({one.network for one in candidates})
    return theme.figure(
        traces,
        title=say(
            "{n} {n:choice lies|choices lie} this near the budget and {n:gives|give} "
            "{networks} different {networks:network|networks}",
            n=len(candidates),
            networks=networks,
        ),
        height=460,
        scene=marks.space(
            (say("alpha (depth)"), say("beta (width)"), say("gamma (resolution)")),
            eye=(1.55, 1.55, 0.9),
            down=0.1,
        ),
        showlegend=False,
    )


_HOVER = mark(
    "alpha %{customdata[0]}, beta %{customdata[1]}, gamma %{customdata[2]}"
    "<br>promised %{customdata[3]} x, really %{customdata[4]} x"
    "<br>network %{customdata[5]}: %{customdata[6]} blocks, %{customdata[7]} px"
)


def _hovers(candidates: Sequence[Candidate]) -> list[list[Any]]:
    return [
        [
            f"{one.alpha:g}",
            f"{one.beta:g}",
            f"{one.gamma:g}",
            significant(one.product),
            significant(one.ratio),
            one.network,
            one.blocks,
            one.resolution,
        ]
        for one in candidates
    ]


@theme.themed
def promised_and_real(candidates: Sequence[Candidate]) -> go.Figure:
    """What one step of phi really costs against what the product promises."""
    ratios = [one.ratio for one in candidates]
    products = [one.product for one in candidates]
    published = [one for one in candidates if one.published]
    over = sum(ratio > product for ratio, product in zip(ratios, products, strict=True))
    traces: list[dict[str, Any]] = [
        marks.line(
            ((one, one) for one in (min(products), max(products))),
            theme.faint(),
            dash="dot",
            name=say("promise"),
        ),
        marks.points(
            zip(products, ratios, strict=True),
            name=say("candidate"),
            marker={
                "size": 8,
                "symbol": "square",
                "color": [one.alpha for one in candidates],
                "colorscale": colours.viridis_scale(),
                "showscale": True,
                "colorbar": marks.colour_bar(say("alpha (depth)"), y=-0.24),
            },
            customdata=_hovers(candidates),
            hovertemplate=say(_HOVER),
        ),
    ]
    if published:
        traces.append(
            marks.points(
                ((one.product, one.ratio) for one in published),
                name=say("published"),
                mode="markers+text",
                text=[say("published")],
                textposition="bottom right",
                marker=marks.dot("published", theme.ink(), size=14, line={"width": 2.5}),
                customdata=_hovers(published),
                hovertemplate=say(_HOVER),
            )
        )
    return theme.figure(
        traces,
        title=say(
            "One step is promised to cost about {budget:g} x; really it costs {least} to "
            "{most}, in {over} of {all} cases more than promised",
            budget=BUDGET,
            least=significant(min(ratios)),
            most=factor(max(ratios)),
            over=over,
            all=len(ratios),
        ),
        height=460,
        xaxis=theme.axis(say("promised: alpha beta² gamma² (x base)")),
        yaxis=theme.axis(say("real multiply-adds (x base)")),
        showlegend=False,
    )


# --- a network for a budget -------------------------------------------------------------------


@theme.themed
def budget_front(
    fits: Sequence[Fit],
    front: Sequence[Fit],
    *,
    best: Fit | None = None,
    enough: float | None = None,
) -> go.Figure:
    """What fits into a budget: multiply-adds against balance, with the front that nobody beats.

    Args:
        fits: All that fit; the most balanced of them are drawn.
        front: Those that no other beats, joined by a line.
        best: The choice.
        enough: The MACs that a choice must spend, as an upright line.
    """
    behind = sorted(fits, key=lambda fit: fit.spread)[:SHOWN]
    traces: list[dict[str, Any]] = [
        marks.points(
            ((fit.macs / 1e9, fit.spread) for fit in behind),
            name=say("fits"),
            marker={"size": 5, "symbol": "square", "color": theme.faint(), "opacity": 0.6},
            customdata=_fit_hovers(behind),
            hovertemplate=say(_FIT_HOVER),
        ),
        marks.points(
            ((fit.macs / 1e9, fit.spread) for fit in front),
            name=say("front"),
            mode="lines+markers",
            line={"color": colours.family("v1"), "width": 2, "shape": "vh"},
            marker={"size": 9, "symbol": "square", "color": colours.family("v1")},
            customdata=_fit_hovers(front),
            hovertemplate=say(_FIT_HOVER),
        ),
    ]
    title = say("Nothing fits these limits; loosen one")
    if best:
        title = say(
            "Of {n:,} {n:network|networks} that fit, the most balanced has depth {depth:g} "
            "and width {width:g} at {side} px, for {macs}",
            n=len(fits),
            depth=best.depth,
            width=best.width,
            side=best.resolution,
            macs=giga(best.macs),
        )
        traces.append(
            marks.points(
                [(best.macs / 1e9, best.spread)],
                name=say("best"),
                marker={"size": 14, "symbol": "square", "color": theme.ink()},
                customdata=_fit_hovers([best]),
                hovertemplate=say(_FIT_HOVER),
            )
        )
    most = max((fit.macs for fit in front), default=1) / 1e9
    shapes = (
        [marks.upright(enough / 1e9, color=theme.faint(), dash="dot", width=2)] if enough else []
    )
    return theme.figure(
        traces,
        title=title,
        height=420,
        shapes=shapes,
        xaxis=theme.axis(say("multiply-adds per image (G)"), range=[0.86 * most, 1.01 * most]),
        yaxis=theme.axis(say("imbalance (spread of implied phi)"), range=[-0.4, 8.4]),
        showlegend=False,
    )


_FIT_HOVER = mark(
    "depth %{customdata[0]}, width %{customdata[1]}, %{customdata[2]} px"
    "<br>%{customdata[3]} MACs, %{customdata[4]} parameters"
    "<br>imbalance %{y:.2f}"
)


def _fit_hovers(fits: Sequence[Fit]) -> list[list[Any]]:
    return [
        [f"{fit.depth:g}", f"{fit.width:g}", fit.resolution, f"{fit.macs:,}", millions(fit.params)]
        for fit in fits
    ]
