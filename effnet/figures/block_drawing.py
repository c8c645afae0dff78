"""A block taken apart: tensors as slabs, layers between them, with live shapes and costs."""

from dataclasses import dataclass
from typing import Any

from effnet.base import colours, giga, mark, millions, percent, say
from effnet.counting import layer_counts
from effnet.figures import marks, theme
from effnet.network import Block, Layer

GAP = 0.55  # room for a layer's words, as a part of all channels
GATES = "squeeze-and-excitation"
VERB = {
    "stem": mark("convolve"),
    "expand": mark("expand"),
    "depthwise": mark("depthwise"),
    "project": mark("project"),
    "fused": mark("fused expand"),
    "reduce": mark("reduce"),
    "spatial": mark("convolve"),
    "head": mark("convolve"),
    "classifier": mark("classify"),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """A map between two layers: `channels` wide, `size` high, of the colour of what wrote it."""

    channels: int
    size: int
    kind: str


@theme.Drawing
def block_anatomy(block: Block, *, title: str) -> theme.Values:
    """A block's layers in a row, from its input to its output, with the skip and the gates.

    Args:
        block: From `walk`, with channels and sizes filled in.
        title: What the block is called; the layer that costs most is added to it.
    """
    row = [layer for layer in block.layers if layer.kind not in (GATES, "shortcut")]
    gates = [layer for layer in block.layers if layer.kind == GATES]
    first = row[0]
    tensors = [Tensor(first.in_channels, first.in_size, "")]
    tensors += [Tensor(layer.out_channels, layer.out_size, layer.kind) for layer in row]
    gap = GAP * sum(tensor.channels for tensor in tensors) / len(row)
    centres, end = marks.side_by_side([tensor.channels for tensor in tensors], gap)
    tallest = max(tensor.size for tensor in tensors)
    annotations = [_shape(tensor, x, tallest) for tensor, x in zip(tensors, centres, strict=True)]
    for layer, tensor, x in zip(row, tensors, centres, strict=False):
        annotations.append(_words(layer, x + tensor.channels / 2 + gap / 2, tallest))
    if gates:
        position = next(i for i, layer in enumerate(row) if layer.kind in ("depthwise", "fused"))
        annotations.append(_gates(gates, centres[position + 1], tallest))
    low = -(1.3 if gates else 1.02) * tallest  # the way around, below the gates' words
    skip = _skip(block, centres, tallest, low) if block.residual else None
    if skip:
        annotations.append(skip[1])
    return theme.values(
        [
            marks.bars(
                zip(centres, (tensor.size for tensor in tensors), strict=True),
                [colours.kind(t.kind) if t.kind else theme.faint() for t in tensors],
                base=[-tensor.size / 2 for tensor in tensors],
                width=[tensor.channels for tensor in tensors],
            )
        ],
        title=say("{title}: {costliest}", title=title, costliest=_costliest(block)),
        height=415 if gates else 380,
        annotations=annotations,
        shapes=[skip[0]] if skip else [],
        xaxis=theme.hidden_axis(-gap / 4, end + gap / 4),
        yaxis=theme.hidden_axis(low - 0.13 * tallest, 1.2 * tallest),
    )


def _costliest(block: Block) -> str:
    macs = {layer.kind: 0 for layer in block.layers}
    for layer in block.layers:
        macs[layer.kind] += layer_counts(layer)[1]
    kind = max(macs, key=lambda name: macs[name])
    return say(
        "{layer} does {share} of its MACs",
        layer=say(VERB.get(kind, kind)),
        share=percent(macs[kind] / sum(macs.values())),
    )


def _shape(tensor: Tensor, x: float, tallest: int) -> dict[str, Any]:
    text = f"<b>{tensor.channels}</b><br>{tensor.size} x {tensor.size}"
    return marks.words(text, x, -tallest / 2, yanchor="top", yshift=-4, size=12)


def _words(layer: Layer, x: float, tallest: int) -> dict[str, Any]:
    params, macs, _ = layer_counts(layer)
    stride = f", /{layer.stride}" if layer.stride > 1 else ""
    text = say(
        "<b>{layer}</b><br>{kernel}x{kernel}{stride}<br>{macs} MACs<br>{params} params",
        layer=say(VERB[layer.kind]),
        kernel=layer.kernel,
        stride=stride,
        macs=giga(macs),
        params=millions(params),
    )
    return marks.words(text, x, tallest / 2, yanchor="bottom", yshift=6, size=12)


def _gates(gates: list[Layer], x: float, tallest: int) -> dict[str, Any]:
    squeeze, excite = gates
    macs = sum(layer_counts(layer)[1] for layer in gates)
    params = sum(layer_counts(layer)[0] for layer in gates)
    text = say(
        "<b>gates</b>: mean, {wide} to {narrow} to {out}<br>{macs} MACs, {params} params",
        wide=squeeze.in_channels,
        narrow=squeeze.out_channels,
        out=excite.out_channels,
        macs=giga(macs),
        params=millions(params),
    )
    return marks.words(text, x, -tallest / 2, yanchor="top", yshift=-44, size=12)


def _skip(
    block: Block, centres: list[float], tallest: int, low: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The way around the block, and its words."""
    start, end = centres[0], centres[-1]
    shortcut = next((layer for layer in block.layers if layer.kind == "shortcut"), None)
    text = say("the input is added")
    if shortcut:
        text = say(
            "the input is projected 1x1 ({macs} MACs) and added",
            macs=giga(layer_counts(shortcut)[1]),
        )
    path = f"M {start},{-0.86 * tallest} L {start},{low} L {end},{low} L {end},{-0.86 * tallest}"
    shape = {"type": "path", "path": path, "line": {"color": theme.faint(), "width": 2}}
    words = marks.words(text, (start + end) / 2, low, yanchor="top", size=12)
    return shape, words
