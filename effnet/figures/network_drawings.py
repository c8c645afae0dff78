"""Figures of what a network is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    "%{customdata[3]}<extra></extra>"
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
    centres, left = [], 0.0
    for width in widths:
        centres.append(left + width / 2)
        left += width + gap
    traces = []
    if ghost and ghost != drawn:
        traces.append(
            theme.trace(
                "bar",
                x=centres,
                y=[s.size for s in ghost],
                base=[-s.size / 2 for s in ghost],
                width=[s.channels for s in ghost],
                name=say("{network} (base)", network=say(display_name(behind))) if behind else "",
                marker={
                    "color": "rgba(0,0,0,0)",
                    "line": {"color": theme.faint(), "width": 1.5},
                },
                hoverinfo="skip",
            )
        )
    traces.append(
        theme.trace(
            "bar",
            x=centres,
            y=[s.size for s in drawn],
            base=[-s.size / 2 for s in drawn],
            width=[s.channels for s in drawn],
            marker={
                "color": [colours.kind(s.kind) for s in drawn],
                "opacity": 0.85,
                "line": {"width": 0},
            },
            customdata=[[s.stage, s.channels, s.size, s.repeats, s.label] for s in drawn],
            hovertemplate=say(SLAB_HOVER),
            showlegend=False,
        )
    )
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
    margin = gap / 2
    return theme.values(
        traces,
        title=say("The network to scale: <b>channels</b> across, map side (px) upwards, x blocks"),
        height=340,
        barmode="overlay",
        annotations=annotations,
        xaxis={"visible": False, "range": [-margin, left - gap + margin], "fixedrange": True},
        yaxis={"visible": False, "range": [-tallest * 0.86, tallest * 0.56], "fixedrange": True},
        showlegend=bool(ghost and ghost != drawn),
        legend={"y": 1.0, "yanchor": "top", "x": 1, "xanchor": "right"},
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
    for number, (one, row) in enumerate(zip(designs, rows, strict=True)):
        middle, left = -1.55 * tallest * number, 0.0
        annotations.append(
            marks.words(
                f"<b>{one.title}</b>", 0, middle + 0.54 * tallest, xanchor="left", yanchor="bottom"
            )
        )
        for slab in row:
            centre = left + slab.channels / 2
            bars.append((centre, middle, slab))
            below = middle - 0.54 * tallest
            annotations.append(
                marks.words(f"x {slab.repeats}", centre, below, size=12, yanchor="top")
            )
            left += slab.channels + gap
    right = max(centre + slab.channels / 2 for centre, _, slab in bars)
    return theme.values(
        [
            theme.trace(
                "bar",
                x=[centre for centre, _, _ in bars],
                y=[slab.size for _, _, slab in bars],
                base=[middle - slab.size / 2 for _, middle, slab in bars],
                width=[slab.channels for _, _, slab in bars],
                marker={
                    "color": [colours.kind(slab.kind) for _, _, slab in bars],
                    "line": {"width": 0},
                },
                customdata=[[s.stage, s.channels, s.size, s.repeats, s.label] for _, _, s in bars],
                hovertemplate=say(SLAB_HOVER),
            )
        ],
        title=say("One scale for all: <b>channels</b> across, map side (px) upwards, x blocks"),
        height=60 + ROW * len(rows),
        barmode="overlay",
        annotations=annotations,
        xaxis={"visible": False, "range": [-gap / 2, right + gap / 2], "fixedrange": True},
        yaxis={
            "visible": False,
            "range": [-1.55 * tallest * (len(rows) - 1) - 0.8 * tallest, 0.85 * tallest],
            "fixedrange": True,
        },
        showlegend=False,
    )
