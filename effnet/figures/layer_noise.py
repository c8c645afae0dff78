"""What 8 bits leave of a network's signal, layer by layer. No torch here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from effnet.base import colours, say
from effnet.figures import marks, theme

if TYPE_CHECKING:
    from effnet.int8 import Quantized


@theme.themed
def layer_noise(found: "Mapping[str, Quantized]") -> go.Figure:
    """Signal to noise of each layer's output in int8, in the order in which they run.

    Args:
        found: Networks in int8, each by what to call it; solid lines with everything before a
            layer in int8 too. A dotted line is the first one's with this output alone rounded.
    """
    first = next(iter(found.values()))
    lines = ["v1", "lite", "v2", "v1"]
    traces = [
        marks.line(
            enumerate((layer.snr_db for layer in one.layers), start=1),
            colours.family(family),
            dash=dash,
            mode="lines+markers",
            name=name,
            marker={"symbol": marks.SYMBOLS["measured"], "size": 5},
            customdata=[[x.layer, say(x.kind), x.low, x.high] for x in one.layers],
            hovertemplate="%{customdata[0]} (%{customdata[1]}): %{y:.1f} dB<br>"
            "%{customdata[2]:.3g} ... %{customdata[3]:.3g}",
        )
        for (name, one), family, dash in zip(
            found.items(), lines, ("solid", "solid", "solid", "dash"), strict=False
        )
    ]
    traces.append(
        marks.line(
            enumerate((layer.own_db for layer in first.layers), start=1),
            colours.family(lines[0]),
            width=1.5,
            dash="dot",
            name=say("this output alone rounded"),
            hovertemplate="%{y:.1f} dB",
        )
    )
    worst = first.worst
    return theme.figure(
        traces,
        title=say(
            "Most noise in <b>{layer}</b>: {snr:.1f} dB", layer=worst.layer, snr=worst.snr_db
        ),
        height=400,
        xaxis=theme.axis(say("layer, in the order in which they run")),
        yaxis=theme.axis(say("signal to noise (dB)"), rangemode="tozero"),
    )
