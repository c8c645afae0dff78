"""Figures of training: the schedule that grows, the scaling experiment, curves of runs."""

import base64
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from effnet import colours
from effnet.figures import theme
from effnet.train.experiment import largest_budget
from effnet.train.plan import TITLES
from effnet.train.schedule import STRENGTHS, Progressive, StageCost
from effnet.units import percent, significant

if TYPE_CHECKING:
    from PIL import Image

    from effnet.train.augment import Survival
    from effnet.train.experiment import Summary

LABELS = {
    "dropout": "dropout (rate)",
    "randaugment": "RandAugment (magnitude of 30)",
    "mixup": "MixUp (alpha)",
    "cutmix": "CutMix (alpha)",
}
FULL = {"dropout": 0.5, "randaugment": 30.0, "mixup": 0.5, "cutmix": 0.5}  # height of a full bar
SYMBOLS = {
    "base": "circle",
    "depth": "square",
    "width": "triangle-up",
    "resolution": "star",
    "compound": "diamond",
}


def _encoded(picture: "Image.Image", side: int) -> str:
    """A square picture as a data URI, small."""
    small = picture.resize((side, side))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def schedule_staircase(
    schedule: Progressive,
    costs: Sequence[StageCost],
    *,
    relative: float,
    picture: "Image.Image | None" = None,
    dark: bool = False,
) -> go.Figure:
    """The stages as steps of image size over the epochs, with the picture; strengths below.

    Args:
        schedule: What is drawn.
        costs: Its stages' costs, in order.
        relative: Multiply-adds over those of the end size throughout; computed.
        picture: A square picture to show at every stage's size; none leaves the steps bare.
        dark: For a dark page.
    """
    plan = schedule.plan()
    colour = colours.family("v2", dark=dark)
    largest = max(stage.size for stage in plan)
    whole = sum(row.macs for row in costs)
    steps = theme.trace(
        "bar",
        x=[s.first_epoch + s.epochs / 2 for s in plan],
        y=[s.size for s in plan],
        width=[s.epochs for s in plan],
        name="image size (computed)",
        marker={"color": colour, "opacity": 0.28, "line": {"color": colour, "width": 2}},
        text=[
            f"{s.size} px<br>{percent(c.macs / whole)}" for s, c in zip(plan, costs, strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        customdata=[
            [f"{s.first_epoch:g}", f"{s.first_epoch + s.epochs:g}", f"{c.macs_per_image:,}"]
            for s, c in zip(plan, costs, strict=True)
        ],
        hovertemplate=(
            "epochs %{customdata[0]} to %{customdata[1]}: %{y} px, %{customdata[2]} MACs an image"
            "<extra></extra>"
        ),
        showlegend=False,
    )
    bars = [_strength(name, number, schedule, dark) for number, name in enumerate(STRENGTHS)]
    title = (
        f"Growing to {largest} px takes {percent(relative)} of the multiply-adds of training at "
        f"{largest} px throughout"
        if len(plan) > 1
        else f"One size throughout, {largest} px: nothing is saved"
    )
    layout: dict[str, Any] = {
        "xaxis": {
            "title": {"text": "epoch"},
            "range": [0, schedule.epochs],
            "anchor": "y2",
        },
        "yaxis": {
            "title": {"text": "image size (px)"},
            "range": [0, 1.28 * largest],
            "domain": [0.42, 1],
        },
        "yaxis2": {
            "domain": [0, 0.32],
            "range": [len(STRENGTHS) - 0.45, -0.55],
            "tickvals": list(range(len(STRENGTHS))),
            "ticktext": [LABELS[name].split(" ")[0] for name in STRENGTHS],
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
                "y": stage.size * 0.94,
                "sizex": 0.86 * stage.epochs,
                "sizey": stage.size * 0.88,
                "xref": "x",
                "yref": "y",
                "xanchor": "center",
                "yanchor": "top",
                "sizing": "contain",
                "layer": "above",
            }
            for stage in plan
        ]
    return theme.figure([steps, *bars], title=title, dark=dark, height=520, **layout)


def _strength(name: str, row: int, schedule: Progressive, dark: bool) -> dict[str, Any]:
    """One regularisation's strength, a bar a stage, as high as it is strong."""
    plan = schedule.plan()
    values = [getattr(stage, name) for stage in plan]
    heights = [0.8 * min(1.0, value / FULL[name]) for value in values]
    return theme.trace(
        "bar",
        x=[s.first_epoch + s.epochs / 2 for s in plan],
        width=[s.epochs * 0.96 for s in plan],
        y=[-max(h, 0.015) for h in heights],  # a bar of nothing would have its text below
        base=[row + 0.4] * len(plan),
        yaxis="y2",
        name=LABELS[name],
        marker={"color": colours.family("v1", dark=dark)},
        text=[f"{value:.3g}" for value in values],
        textposition="outside",
        cliponaxis=False,
        customdata=[f"{value:.4g}" for value in values],
        hovertemplate=f"{LABELS[name]}: %{{customdata}}<extra></extra>",
    )


def _way_colour(name: str, dark: bool) -> str:
    if name in ("compound", "progressive"):
        return theme.ink(dark)
    families = {"base": "resnet", "depth": "v1", "width": "v2", "resolution": "lite"}
    return colours.family(families.get(name, "mobilenet"), dark=dark)


def scaling_experiment(
    found: "Sequence[Summary]", *, group: str = "", dark: bool = False
) -> go.Figure:
    """Accuracy against multiply-adds for each way of scaling; bars are 95 % intervals over seeds.

    Args:
        found: The base and every way at every budget.
        group: A group of classes; all classes where "".
        dark: For a dark page.
    """
    base = next(s for s in found if s.name == "base")
    traces = []
    for way in ("depth", "width", "resolution", "compound"):
        points = sorted((s for s in found if s.name == way), key=lambda s: s.macs)
        if not points:
            continue
        line = [base, *points]
        traces.append(
            theme.trace(
                "scatter",
                x=[s.macs / 1e6 for s in line],
                y=[100 * _value(s, group) for s in line],
                error_y=None
                if group
                else {"type": "data", "array": [100 * s.spread for s in line], "thickness": 1.4},
                mode="lines+markers",
                name=TITLES[way],
                line={
                    "color": _way_colour(way, dark),
                    "width": 3 if way == "compound" else 1.6,
                    "dash": "dot",
                },
                marker={"symbol": SYMBOLS[way], "size": 10, "color": _way_colour(way, dark)},
                customdata=[len(s.top1) for s in line],
                hovertemplate=(
                    f"{TITLES[way]}: %{{y:.1f}} % at %{{x:.2f}} M MACs, %{{customdata}} seeds"
                    "<extra></extra>"
                ),
            )
        )
    return theme.figure(
        traces,
        title=experiment_title(found, group),
        dark=dark,
        height=430,
        xaxis={"title": {"text": "multiply-adds per image (M, computed)"}},
        yaxis={"title": {"text": "held-out accuracy (%, measured)"}},
    )


def _value(summary: "Summary", group: str) -> float:
    return dict(summary.groups)[group] if group else summary.mean


def experiment_title(found: "Sequence[Summary]", group: str = "") -> str:
    """Who is ahead at the largest budget, and whether the error bars say so."""
    largest = largest_budget(found)
    rivals = sorted(
        (s for s in found if s.budget == largest), key=lambda s: _value(s, group), reverse=True
    )
    if len(rivals) < 2:
        return "Too few networks are trained yet to compare"
    first, second = rivals[0], rivals[1]
    names = TITLES[first.name], TITLES[second.name].lower()
    ahead = 100 * (_value(first, group) - _value(second, group))
    where = f"{group}: " if group else ""
    if min(len(first.top1), len(second.top1)) < 2:
        return (
            f"{where}{names[0]} leads {names[1]} by {significant(ahead, 2)} points at {largest:g} x"
            " the multiply-adds, with one seed: too few for a verdict"
        )
    if not group and first.mean - first.spread <= second.mean + second.spread:
        return (
            f"{where}{names[0]} leads by {significant(ahead, 2)} points at {largest:g} x the "
            f"multiply-adds, but its error bar touches that of {names[1]}"
        )
    return (
        f"{where}{names[0]} wins at {largest:g} x the multiply-adds, {significant(ahead, 2)} points"
        f" ahead of {names[1]}"
    )


def groups_by_way(found: "Sequence[Summary]", *, dark: bool = False) -> go.Figure:
    """What each way gains and loses by group of classes, at the largest budget, over the base."""
    base = next(s for s in found if s.name == "base")
    largest = largest_budget(found)
    start = dict(base.groups)
    rows = [s for s in found if s.budget == largest]
    traces = [
        theme.trace(
            "bar",
            x=[name for name, _ in s.groups],
            y=[100 * (value - start[name]) for name, value in s.groups],
            name=TITLES[s.name],
            marker={"color": _way_colour(s.name, dark)},
            customdata=[f"{100 * value:.1f}" for _, value in s.groups],
            hovertemplate=f"{TITLES[s.name]}, %{{x}}: %{{customdata}} %<extra></extra>",
        )
        for s in rows
    ]
    ahead = {name: max(rows, key=partial(_value, group=name)) for name, _ in base.groups}
    words = ", ".join(f"{name}: {TITLES[s.name].lower()}" for name, s in ahead.items())
    return theme.figure(
        traces,
        title=f"Who gains most in each group of classes: {words}",
        dark=dark,
        height=360,
        barmode="group",
        xaxis={"title": {"text": "group of classes"}},
        yaxis={"title": {"text": "change from the base (points, measured)"}},
    )


def time_and_accuracy(found: "Sequence[Summary]", *, dark: bool = False) -> go.Figure:
    """Fixed and progressive: processor time against accuracy, every seed's interval drawn."""
    fixed = next(s for s in found if s.name == "fixed")
    grown = next(s for s in found if s.name == "progressive")
    share = grown.cpu_seconds / fixed.cpu_seconds
    gap = 100 * (grown.mean - fixed.mean)
    same = abs(grown.mean - fixed.mean) <= grown.spread + fixed.spread
    words = "the same accuracy within the error bars" if same else f"{gap:+.1f} points of accuracy"
    if min(len(fixed.top1), len(grown.top1)) < 2:
        words = f"{gap:+.1f} points of accuracy, by one seed: too few for a verdict"
    return theme.figure(
        [
            theme.trace(
                "scatter",
                x=[s.cpu_seconds],
                y=[100 * s.mean],
                error_y={"type": "data", "array": [100 * s.spread], "thickness": 1.4},
                mode="markers+text",
                text=[s.name],
                textposition="top center",
                marker={"symbol": "circle", "size": 12, "color": _way_colour(s.name, dark)},
                name=s.name,
                hovertemplate=f"{s.name}: %{{y:.1f}} % in %{{x:.0f}} s<extra></extra>",
            )
            for s in found
        ],
        title=f"Progressive learning takes {significant(share, 2)} x the time, with {words}",
        dark=dark,
        height=380,
        xaxis={
            "title": {"text": "processor time of a training (s, measured)"},
            "range": [0, 1.25 * max(s.cpu_seconds for s in found)],
        },
        yaxis={"title": {"text": "held-out accuracy (%, measured)"}},
        showlegend=False,
    )


def run_curves(
    curves: Mapping[str, Sequence[Mapping[str, Any]]], *, dark: bool = False
) -> go.Figure:
    """Held-out accuracy by epoch of trainings that run or ran, side by side.

    Args:
        curves: Rows of metrics by the training's name.
        dark: For a dark page.
    """
    traces = [
        theme.trace(
            "scatter",
            x=[row["epoch"] for row in rows],
            y=[100 * row["top1"] for row in rows],
            mode="lines+markers",
            name=name,
            marker={"size": 6},
            hovertemplate=f"{name}, epoch %{{x}}: %{{y:.1f}} %<extra></extra>",
        )
        for name, rows in curves.items()
        if rows
    ]
    last = {name: rows[-1]["top1"] for name, rows in curves.items() if rows}
    title = "No epoch is finished yet"
    if last:
        best = max(last, key=lambda name: last[name])
        title = f"Ahead now: {best}, {percent(last[best])} right"
    return theme.figure(
        traces,
        title=title,
        dark=dark,
        height=320,
        xaxis={"title": {"text": "epoch"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "held-out accuracy (%)"}, "rangemode": "tozero"},
        legend={"y": -0.3},
        showlegend=1 < len(last) <= 6,
    )


def block_survival(
    blocks: "Sequence[Survival]", alive: Sequence[bool], *, dark: bool = False
) -> go.Figure:
    """Every block's chance to be left out, and which of them are in this draw.

    Args:
        blocks: From `augment.survivals`.
        alive: For each block, whether its branch runs for this picture.
        dark: For a dark page.
    """
    gone = [block.name for block, here in zip(blocks, alive, strict=True) if not here]
    present = colours.family("v1", dark=dark)
    words = f"{len(gone)} left out in this draw" if gone else "all of them run in this draw"
    return theme.figure(
        [
            theme.trace(
                "bar",
                x=[block.name.removeprefix("features.") for block in blocks],
                y=[100 * block.drop_rate for block in blocks],
                name="chance to be left out",
                marker={"color": theme.faint(dark), "opacity": 0.5},
                hovertemplate="block %{x}: %{y:.1f} %<extra></extra>",
                showlegend=False,
            ),
            *(
                theme.trace(
                    "scatter",
                    x=[b.name.removeprefix("features.") for b, a in pairs],
                    y=[0.0] * len(pairs),
                    mode="markers",
                    name=name,
                    marker={"symbol": symbol, "size": 13, "color": colour},
                    hoverinfo="skip",
                )
                for name, symbol, colour, pairs in (
                    ("runs", "square", present, _those(blocks, alive, True)),
                    ("left out", "x", theme.ink(dark), _those(blocks, alive, False)),
                )
                if pairs
            ),
        ],
        title=f"{sum(b.skip for b in blocks)} of {len(blocks)} blocks have a skip; {words}",
        dark=dark,
        height=300,
        xaxis={"title": {"text": "block (stage.number)"}, "type": "category"},
        yaxis={"title": {"text": "chance to be left out (%)"}, "rangemode": "tozero"},
        legend={"y": -0.35},
    )


def _those(
    blocks: "Sequence[Survival]", alive: Sequence[bool], wanted: bool
) -> "list[tuple[Survival, bool]]":
    return [(b, a) for b, a in zip(blocks, alive, strict=True) if a is wanted]
