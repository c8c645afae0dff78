"""Figures of regularisation: the schedule that grows, and the blocks that a draw leaves out."""

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from effnet.base import colours, mark, percent, say
from effnet.figures import marks, theme
from effnet.train import STRENGTHS, Progressive, StageCost

if TYPE_CHECKING:
    from PIL import Image

    from effnet.train import Survival

LABELS = {
    "dropout": mark("dropout (rate)"),
    "randaugment": mark("RandAugment (magnitude of 30)"),
    "mixup": mark("MixUp (alpha)"),
    "cutmix": mark("CutMix (alpha)"),
}
TICKS = (mark("dropout"), "RandAugment", "MixUp", "CutMix")  # of STRENGTHS, in order
FULL = {"dropout": 0.5, "randaugment": 30.0, "mixup": 0.5, "cutmix": 0.5}  # height of a full bar


def _encoded(picture: "Image.Image", side: int) -> str:
    """A square picture as a data URI, small."""
    small = picture.resize((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


@theme.themed
def schedule_staircase(
    schedule: Progressive,
    costs: Sequence[StageCost],
    *,
    picture: "Image.Image | None" = None,
) -> go.Figure:
    """The stages as steps of image size over the epochs, with the picture; strengths below.

    Args:
        schedule: What is drawn.
        costs: Its stages' costs, in order.
        picture: A square picture to show at every stage's size; none leaves the steps bare.
    """
    plan = schedule.plan()
    colour = colours.family("v2")
    largest = max(stage.size for stage in plan)
    whole = sum(row.macs for row in costs)
    shares = [percent(row.macs / whole) for row in costs]
    steps = marks.bars(
        ((s.first_epoch + s.epochs / 2, s.size) for s in plan),
        {"color": colour, "opacity": 0.28, "line": {"color": colour, "width": 2}},
        width=[s.epochs for s in plan],
        name=say("image size (computed)"),
        text=[f"{s.size} px<br>{share}" for s, share in zip(plan, shares, strict=True)],
        customdata=[
            [f"{s.first_epoch:g}", f"{s.first_epoch + s.epochs:g}", f"{c.macs_per_image:,}"]
            for s, c in zip(plan, costs, strict=True)
        ],
        hovertemplate=say(
            "epochs %{customdata[0]} to %{customdata[1]}: %{y} px, %{customdata[2]} MACs an image"
        ),
        showlegend=False,
    )
    bars = [_strength(name, number, schedule) for number, name in enumerate(STRENGTHS)]
    title = (
        say(
            "The last of {n} {n:stage|stages} takes {last} of all multiply-adds, the first {first} "
            "(computed)",
            n=len(plan),
            last=shares[-1],
            first=shares[0],
        )
        if len(plan) > 1
        else say("One size throughout, {size} px: nothing is saved", size=largest)
    )
    layout: dict[str, Any] = {
        "xaxis": theme.axis(say("epoch"), range=[0, schedule.epochs], anchor="y2"),
        "yaxis": theme.axis(say("image size (px)"), range=[0, 1.28 * largest], domain=[0.42, 1]),
        "yaxis2": {
            "domain": [0, 0.32],
            "range": [len(STRENGTHS) - 0.45, -0.55],
            "tickvals": list(range(len(STRENGTHS))),
            "ticktext": [say(name) for name in TICKS],
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
        },
        "showlegend": False,
        "barmode": "overlay",
        "bargap": 0,
    }
    if picture is not None:
        layout["images"] = [
            {
                "source": _encoded(picture, min(160, max(24, stage.size // 2))),
                "x": stage.first_epoch + stage.epochs / 2,
                "y": 0,
                "sizex": 0.92 * stage.epochs * stage.size / largest,  # as wide as it is high
                "sizey": stage.size * 0.92,
                "xref": "x",
                "yref": "y",
                "xanchor": "center",
                "yanchor": "bottom",
                "sizing": "contain",
                "layer": "above",
            }
            for stage in plan
        ]
    return theme.figure([steps, *bars], title=title, height=520, **layout)


def _strength(name: str, row: int, schedule: Progressive) -> dict[str, Any]:
    """One regularisation's strength, a bar a stage, as high as it is strong."""
    plan = schedule.plan()
    values = [getattr(stage, name) for stage in plan]
    heights = [0.55 * min(1.0, value / FULL[name]) for value in values]
    middles = (stage.first_epoch + stage.epochs / 2 for stage in plan)
    return marks.bars(  # a bar of nothing would have its text below
        zip(middles, (-max(h, 0.015) for h in heights), strict=True),
        colours.family("v1"),
        width=[s.epochs * 0.96 for s in plan],
        base=[row + 0.4] * len(plan),
        yaxis="y2",
        name=say(LABELS[name]),
        text=[f"{value:.3g}" for value in values],
        textfont={"size": 12},
        customdata=[f"{value:.4g}" for value in values],
        hovertemplate=say("{name}: {value}", name=say(LABELS[name]), value="%{customdata}"),
    )


@theme.themed
def block_survival(blocks: "Sequence[Survival]", alive: Sequence[bool]) -> go.Figure:
    """Every block's chance to be left out, and which of them are in this draw.

    Args:
        blocks: From `augment.survivals`.
        alive: For each block, whether its branch runs for this picture.
    """
    names = [block.name.removeprefix("features.") for block in blocks]
    gone = alive.count(False)
    words = (
        say("{n} left out in this draw", n=gone) if gone else say("all of them run in this draw")
    )
    return theme.figure(
        [
            marks.bars(
                zip(names, (100 * block.drop_rate for block in blocks), strict=True),
                {"color": theme.faint(), "opacity": 0.5},
                name=say("chance of being left out"),
                hovertemplate=say("block %{x}: %{y:.1f} %"),
                showlegend=False,
            ),
            *(
                marks.points(
                    places, name=name, marker={"symbol": symbol, "size": 13, "color": colour}
                )
                for here, name, symbol, colour in (
                    (True, say("runs"), "square", colours.family("v1")),
                    (False, say("left out"), "x", theme.ink()),
                )
                if (places := [(x, 0.0) for x, a in zip(names, alive, strict=True) if a is here])
            ),
        ],
        title=say(
            "{n} of {all} blocks have a skip; {words}",
            n=sum(b.skip for b in blocks),
            all=len(blocks),
            words=words,
        ),
        height=300,
        xaxis=theme.axis(say("block (stage.number)"), type="category"),
        yaxis=theme.axis(say("chance of being left out (%)"), rangemode="tozero"),
    )
