"""Figures of what a network is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from effnet.base import colours, mark, say
from effnet.figures import marks, theme
from effnet.network import Spec, display_name, operator_label, out_size
from effnet.papers import Pinned
from effnet.scaling import AnyNetwork, spec_of, takes_network

ROW = 150  # px, of one network among others
GAP = 0.16  # between slabs, as a part of all channels: room for a label under thin stages

# the kind of layer that gives an operator its name, and so its colour
OPERATOR_KIND = {
    "mbconv": "depthwise",
    "inverted_residual": "depthwise",
    "separable": "depthwise",
    "fused_mbconv": "fused",
    "bottleneck": "spatial",
}
# with a slab's stage, channels, size, repeats and label
SLAB_HOVER = mark(
    "stage %{customdata[0]}: %{customdata[4]}<br>%{customdata[1]} channels, "
    "%{customdata[2]} x %{customdata[2]} px, blocks: "
    "%{customdata[3]}"
)


@dataclass(frozen=True, slots=True)
class Slab:
    """One stage in the drawing: `channels` wide, `size` high."""

    stage: int
    label: str
    kind: str
    channels: int
    repeats: int
    size: int


def slabs(spec: Spec) -> list[Slab]:
    """Stem, stages and head of a network with their channels, repeats and output sizes."""
    size = out_size(spec.resolution, 4 if spec.stem_pool else 2)
    kernel = f"{spec.stem_kernel}x{spec.stem_kernel}"
    found = [Slab(0, f"Conv {kernel}", "stem", spec.stem_channels, 1, size)]
    for number, stage in enumerate(spec.stages, start=1):
        size = out_size(size, stage.stride)
        label = f"{say(operator_label(stage))}<br>{stage.kernel}x{stage.kernel}"
        kind = OPERATOR_KIND[stage.operator]
        found.append(Slab(number, label, kind, stage.channels, stage.repeats, size))
    if spec.head_channels:
        last = len(spec.stages) + 1
        found.append(Slab(last, "Conv 1x1", "head", spec.head_channels, 1, size))
    return found


def slab_bars(
    drawn: Sequence[Slab],
    centres: Sequence[float],
    marker: dict[str, Any],
    *,
    told: bool = True,
    **properties: Any,
) -> dict[str, Any]:
    """A bar for every slab, around the line of height 0 where no other `y` and `base` are given.

    Args:
        drawn: The slabs.
        centres: Where they stand.
        marker: How they look.
        told: Whether hover text says what they are.
        properties: Of the trace.
    """
    usual: dict[str, Any] = {
        "y": [slab.size for slab in drawn],
        "base": [-slab.size / 2 for slab in drawn],
    }
    if told:
        values = [[s.stage, s.channels, s.size, s.repeats, s.label] for s in drawn]
        usual |= {"customdata": values, "hovertemplate": say(SLAB_HOVER)}
    widths = [slab.channels for slab in drawn]
    return theme.trace("bar", x=list(centres), width=widths, marker=marker, **usual | properties)


@theme.Drawing
@takes_network
def network_drawing(spec: Spec, *, base: AnyNetwork | None = None) -> theme.Values:
    """The network drawn to scale: a slab per stage, as wide as its channels, as high as its maps.

    Args:
        spec: The network.
        base: Drawn behind it as a ghost, stage by stage, where it has as many stages.
    """
    drawn = slabs(spec)
    behind = None if base is None else spec_of(base)
    ghost = slabs(behind) if behind and len(behind.stages) == len(spec.stages) else []
    widths = [max(s.channels, g.channels) for s, g in zip(drawn, ghost or drawn, strict=True)]
    gap = GAP * sum(widths)
    centres, end = marks.side_by_side(widths, gap)
    traces = []
    if ghost and ghost != drawn:
        name = say("{network} (base)", network=say(display_name(behind))) if behind else ""
        outline = marks.outlined(theme.faint(), 1.5)
        traces.append(slab_bars(ghost, centres, outline, name=name, told=False))
    colour = {"color": [colours.kind(s.kind) for s in drawn], "opacity": 0.85}
    traces.append(slab_bars(drawn, centres, colour, showlegend=False))
    tallest = max(s.size for s in [*drawn, *ghost])
    annotations = [
        marks.words(
            f"<b>{s.channels}</b><br>{s.size}<br>x {s.repeats}",
            centre,
            -tallest / 2,
            yanchor="top",
            yshift=-6,
            size=12,
        )
        for centre, s in zip(centres, drawn, strict=True)
    ]
    return theme.values(
        traces,
        title=say("The network to scale: <b>channels</b> across, map side (px) upwards, x blocks"),
        height=340,
        barmode="overlay",
        annotations=annotations,
        xaxis=theme.hidden_axis(-gap / 2, end + gap / 2),
        yaxis=theme.hidden_axis(-tallest * 0.86, tallest * 0.56),
        showlegend=bool(ghost and ghost != drawn),
        legend={"yref": "paper", "y": 1.0, "yanchor": "top", "x": 1, "xanchor": "right"},
    )


@theme.Drawing
def designs_beside(designs: Sequence[Pinned]) -> theme.Values:
    """Networks below each other, drawn to one scale: a slab per stage, and its blocks below it.

    Args:
        designs: The networks, from top to bottom.
    """
    rows = [slabs(one.design.spec()) for one in designs]
    tallest = max(slab.size for row in rows for slab in row)
    gap = GAP * max(sum(slab.channels for slab in row) for row in rows)
    bars: list[tuple[float, float, Slab]] = []  # centre, middle of the row, slab
    annotations = []
    right = 0.0
    for number, (one, row) in enumerate(zip(designs, rows, strict=True)):
        middle = -1.55 * tallest * number
        centres, end = marks.side_by_side([slab.channels for slab in row], gap)
        right = max(right, end)
        annotations.append(
            marks.words(
                f"<b>{one.title}</b>", 0, middle + 0.54 * tallest, xanchor="left", yanchor="bottom"
            )
        )
        for slab, centre in zip(row, centres, strict=True):
            bars.append((centre, middle, slab))
            below = middle - 0.54 * tallest
            annotations.append(
                marks.words(f"x {slab.repeats}", centre, below, size=12, yanchor="top")
            )
    drawn = [slab for _, _, slab in bars]
    return theme.values(
        [
            slab_bars(
                drawn,
                [centre for centre, _, _ in bars],
                {"color": [colours.kind(slab.kind) for slab in drawn]},
                base=[middle - slab.size / 2 for _, middle, slab in bars],
            )
        ],
        title=say("One scale for all: <b>channels</b> across, map side (px) upwards, x blocks"),
        height=60 + ROW * len(rows),
        barmode="overlay",
        annotations=annotations,
        xaxis=theme.hidden_axis(-gap / 2, right + gap / 2),
        yaxis=theme.hidden_axis(-1.55 * tallest * (len(rows) - 1) - 0.8 * tallest, 0.85 * tallest),
    )
