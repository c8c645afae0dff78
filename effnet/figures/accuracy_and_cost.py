"""Figures that set designs beside published networks, and a promise beside the truth."""

import itertools
import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from effnet.base import colours, giga, mark, millions, say, significant
from effnet.counting import Step
from effnet.figures import marks, theme
from effnet.figures.clear_labels import clear_labels
from effnet.network import FAMILIES
from effnet.papers import Pinned, Quantity, Rival, on_the_front

AXIS: dict[Quantity, str] = {
    "params": mark("parameters (M, log scale)"),
    "macs": mark("multiply-adds per image (G, log scale)"),
    "activations": mark("activations per image (M, log scale)"),
}
PLOT = 300.0, 350.0  # px, on a phone: names that would touch in it are left to the hover text
TICKS = [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
UNIT: dict[Quantity, float] = {"params": 1e6, "macs": 1e9, "activations": 1e6}


@theme.themed
def accuracy_against_cost(
    found: Sequence[Rival], quantity: Quantity, *, designs: Sequence[Pinned] = ()
) -> go.Figure:
    """Published top-1 against cost, with the front that nobody beats.

    Args:
        found: Networks with a published accuracy.
        quantity: What stands on the horizontal axis.
        designs: One's own, drawn as lines at their cost: nobody has measured their accuracy. The
            last one is the current design.
    """
    unit = UNIT[quantity]
    front = on_the_front(found, quantity)
    traces = [
        marks.points(
            ((getattr(rival, quantity) / unit, rival.top1) for rival in front),
            mode="lines",
            name=say("the front"),
            line={"color": theme.faint(), "dash": "dot", "shape": "hv"},
        )
    ]
    families = {
        family: sorted(
            (r for r in found if r.family == family and getattr(r, quantity) is not None),
            key=lambda rival: getattr(rival, quantity),
        )
        for family in (*FAMILIES, "other")
    }
    known = list(itertools.chain.from_iterable(families.values()))
    labels = clear_labels(
        [getattr(rival, quantity) for rival in known],
        [rival.top1 for rival in known],
        [_short(rival.name) for rival in known],
        plot=PLOT,
        log=(True, False),
    )
    named = dict(zip((rival.name for rival in known), labels, strict=True))
    traces += [
        _family(members, family, quantity, named) for family, members in families.items() if members
    ]
    lines = [
        marks.upright(
            getattr(one.cost, quantity) / unit,
            **({"width": 3} if one is designs[-1] else {"dash": "dash"}),
        )
        for one in designs
    ]
    names = [
        marks.words(  # neighbours' names at other ends of their lines
            _short(one.title),
            math.log10(getattr(one.cost, quantity) / unit),
            number % 2,
            size=11,
            yref="paper",
            yanchor="top" if number % 2 else "bottom",
            xshift=-9,
            textangle=-90,
        )
        for number, one in enumerate(sorted(designs, key=lambda one: getattr(one.cost, quantity)))
    ]
    cheapest, best = front[0], front[-1]
    return theme.figure(
        traces,
        title=say(
            "The front runs from {cheapest} ({least} %) to {best} ({most} %); upright lines: "
            "accuracy not known",
            cheapest=cheapest.name,
            least=significant(cheapest.top1),
            best=best.name,
            most=significant(best.top1),
        ),
        height=480,
        xaxis=theme.axis(say(AXIS[quantity]), type="log", tickvals=TICKS),
        yaxis=theme.axis(say("published ImageNet top-1 (%)")),
        shapes=lines,
        annotations=names,
    )


def _family(
    members: Sequence[Rival], family: str, quantity: Quantity, named: Mapping[str, str]
) -> theme.Values:
    return marks.points(
        ((getattr(rival, quantity) / UNIT[quantity], rival.top1) for rival in members),
        mode="markers+text" if family == "other" else "lines+markers+text",
        name=FAMILIES.get(family) or say("other networks"),
        text=[named[rival.name] for rival in members],
        textposition="top center",
        textfont={"size": 10},
        marker=marks.dot("published", colours.family(family)),
        line={"width": 1},
        customdata=[
            [
                millions(round(rival.params)),
                giga(round(rival.macs)) if rival.macs else say("not printed"),
                say("computed" if rival.computed else "printed"),
                say(rival.source),
                rival.name,
            ]
            for rival in members
        ],
        hovertemplate=say(
            "%{customdata[4]}: %{y} %<br>%{customdata[0]} parameters, %{customdata[1]} MACs "
            "(%{customdata[2]})<br>%{customdata[3]}"
        ),
    )


def _short(name: str) -> str:
    """A network's name without what its curve's legend says."""
    return name.replace("EfficientNetV2-", "V2-").replace("EfficientNet-", "")


@theme.themed
def promise_to_real(steps: Sequence[Step], *, base_macs: int) -> go.Figure:
    """What lies between the formula's promise and the real cost, reason by reason.

    Args:
        steps: From `promise.steps_from_promise`; the first is the promise, the last the truth.
        base_macs: Multiply-adds of the base network, the unit of the axis.
    """
    values = [step.macs / base_macs for step in steps]
    changes = [after - before for before, after in itertools.pairwise(values)]
    labels = [*(step.label for step in steps[:-1]), say("maps round up"), say("real")]
    largest = max(range(len(changes)), key=lambda i: abs(changes[i]))
    heights = [values[0], *changes, values[-1]]
    up, down = colours.family("v2"), colours.family("v1")
    reason = (
        *(step.reason for step in steps[:-1]),
        say("Map sizes round up at every stride"),
        say("Real"),
    )
    return theme.figure(
        [
            theme.trace(
                "waterfall",
                orientation="h",
                y=labels,
                x=heights,
                measure=["absolute", *["relative"] * len(changes), "total"],
                text=[
                    f"{value:+.3f}" if 0 < i <= len(changes) else f"{value:.3f} x"
                    for i, value in enumerate(heights)
                ],
                textposition="outside",
                cliponaxis=False,
                customdata=reason,
                hovertemplate="%{customdata}: %{text}",
                increasing={"marker": {"color": up}},
                decreasing={"marker": {"color": down}},
                totals={"marker": {"color": theme.ink()}},
                connector={"line": {"color": theme.faint(), "width": 1}},
            )
        ],
        title=say(
            "Promised {promised} x, really {real} x: most of it because {reason}",
            promised=significant(values[0]),
            real=significant(values[-1]),
            reason=_because(reason[largest + 1]),
        ),
        height=400,
        xaxis=theme.axis(
            say("multiply-adds (times the base network)"), range=[0, 1.2 * max(values)]
        ),
        yaxis={"autorange": "reversed", "ticks": ""},
    )


def _because(reason: str) -> str:
    return reason[0].lower() + reason[1:]
