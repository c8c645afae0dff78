"""Inside the network: a layer's strongest channels, the gates, what one place of a map sees."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from effnet import remarks
from effnet.figures import forced_gates, gate_values
from effnet.receptive import Field, field_of, layer_title
from effnet.ui import explain_view, live, maps, viewer
from effnet.ui.explain_controls import Asked
from effnet.units import percent, significant
from effnet.variants import display_name

if TYPE_CHECKING:
    from effnet.cam import Explanation
    from effnet.cam.inside import Channel, Microscope
    from effnet.predict import Classifier

CHANNELS = 12
SIDE = 520  # px, of the photo with what a place sees
ORDERS = {"push": "for the class", "mean": "whatever the class"}
MARK, EDGE = "#E69F00", "#FFFFFF"
LOOKS = ("Feature maps", "Gates", "What a place sees")


def inside(
    classifier: "Classifier", asked: Asked, explanation: "Explanation", *, dark: bool
) -> None:
    """One of the three looks at what goes on in between."""
    look = st.segmented_control(
        "Look at", LOOKS, default=LOOKS[0], required=True, key="inside_look",
        label_visibility="collapsed",
    )  # fmt: skip
    if look == LOOKS[1]:
        _gates(classifier, asked, dark=dark)
    elif look == LOOKS[2]:
        _place(classifier, asked, explanation)
    else:
        _channels(classifier, asked, explanation)


# --- channels -----------------------------------------------------------------------------------


def _channels(classifier: "Classifier", asked: Asked, explanation: "Explanation") -> None:
    from effnet.cam import unit_range
    from effnet.cam.inside import strongest_channels

    by = st.segmented_control(
        "Strongest",
        list(ORDERS),
        default="push",
        format_func=ORDERS.__getitem__,
        required=True,
        key="channels_by",
        help="By activation times gradient, summed over the map; or by mean activation alone",
    )
    key = ("channels", asked.network, asked.layer, asked.question, by)
    found: list[Channel] | None = maps.kept(asked.photo, key)
    if found is None:
        found = strongest_channels(
            classifier, explanation.image,
            layer=asked.layer, target=asked.target, against=asked.against,
            number=CHANNELS, by=str(by),
        )  # fmt: skip
        maps.keep(asked.photo, key, found)
    where = layer_title(classifier.spec, asked.layer)
    first, rows = found[0], found[0].values.shape[0]
    if by == "push":
        does = f"for {explanation.asked}: it adds {significant(first.push)} to the score"
    else:
        does = f"whatever the class: it has a mean of {significant(first.mean)}"
    st.markdown(f"**At {where}, channel {first.index} is the strongest {does}.**")
    viewer.strip(
        "channels",
        [
            viewer.Frame(
                f"Channel {channel.index}",
                f"adds {channel.push:+.2f}\nmean {channel.mean:.2f}",
                viewer.thumbnail(
                    replace(explanation, native=unit_range(channel.values)[0]), alpha=0.8
                ),
            )
            for channel in found
        ],
        label="The strongest channels of the layer",
    )
    st.caption(
        f"{CHANNELS} channels of {where}, {rows} x {rows} places each, every one scaled to its own "
        "highest. What a channel adds is exact at the last layer and a first-order estimate "
        "before it. Choose another layer above."
    )


# --- gates --------------------------------------------------------------------------------------


def _gates(classifier: "Classifier", asked: Asked, *, dark: bool) -> None:
    from effnet.cam.inside import gated_blocks, look_at_gates

    spec = classifier.spec
    blocks = gated_blocks(classifier.model)
    if not blocks:
        st.info(
            f"{display_name(spec)} has no squeeze-and-excitation, so there are no gates to see. "
            "Lite leaves it out because phones' accelerators run it badly. B0 to B7 and V2 have "
            "it; with the weights of one of them here, choose it under Network: "
            "`python -m effnet weights download b0`"
        )
        return
    forced = st.selectbox(
        "Force the gates of",
        ["every block", *blocks],
        format_func=lambda name: layer_title(spec, name) if name in blocks else name,
        key=f"forced_{spec.name}",
        help="To one (wide open), or to the mean of their block, whatever the picture",
    )
    wanted = None if forced == "every block" else [forced]
    key = ("gates", asked.network, forced)
    found: Microscope | None = maps.kept(asked.photo, key)
    if found is None:
        found = look_at_gates(classifier, asked.photo.image, blocks=wanted)
        maps.keep(asked.photo, key, found)
    label = classifier.classes[asked.target]
    st.markdown(f"**{remarks.gates_claim(found, label, asked.target)}**")
    names = [(i, classifier.classes[i]) for i in dict.fromkeys([asked.target, *asked.top])]
    left, right = st.columns(2, gap="medium")
    with left:
        live.figure("gates", gate_values(found, dark=dark), alt="Gate values of every block")
    with right:
        drawn = forced_gates(found, names, dark=dark)
        live.figure("forced_gates", drawn, alt="Logits with the gates as they are and forced")
    with st.expander("As a table", on_change="rerun", key="gates_table") as opened:
        if opened.open:
            st.dataframe(
                [
                    {
                        "block": layer_title(spec, gates.layer),
                        "channels": len(gates.values),
                        "lowest": gates.spread.low,
                        "median": gates.spread.median,
                        "mean": gates.spread.mean,
                        "highest": gates.spread.high,
                    }
                    for gates in found.gates
                ],
                hide_index=True,
                width="stretch",
            )


# --- one place ----------------------------------------------------------------------------------


def _place(classifier: "Classifier", asked: Asked, explanation: "Explanation") -> None:
    from effnet.cam.inside import influence

    rows, columns = explanation.native.shape
    picked = explain_view.cell(asked, explanation)
    row, column = picked or divmod(int(explanation.native.argmax()), columns)
    crop = classifier.preprocessing.crop
    field = field_of(classifier.spec, asked.layer, resolution=crop)
    key = (asked.network, asked.layer, row, column)
    last = maps.kept(asked.photo, "influence")  # large: one is enough
    if last is None or last[0] != key:
        made = influence(classifier, explanation.image, layer=asked.layer, cell=(row, column))
        last = (key, made)
        maps.keep(asked.photo, "influence", last)
    found = last[1]
    ordered = np.sort(found.ravel())[::-1].cumsum()
    half = float(np.searchsorted(ordered, ordered[-1] / 2) + 1) / ordered.size
    reach = _reach(field, (row, column), crop)
    sees = "all" if reach > 0.999 else percent(reach)
    which = "picked" if picked else "brightest"
    st.markdown(
        f"**The {which} place (row {row + 1}, column {column + 1} of {rows} x {columns}) can see "
        f"{sees} of the view, but half of what moves it lies on {percent(half)}.**"
    )
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        st.image(
            _drawn(explanation, found, field, (row, column), crop),
            width="stretch",
            caption="Bright: pixels that move this place most. White: the place itself. Orange: "
            "what its convolutions can reach at most.",
            alt="The photo with the pixels that move one place of the map",
        )
    with right:
        st.caption(
            f"By its kernels and strides, a place of {layer_title(classifier.spec, asked.layer)} "
            f"reaches {field.side} px of the {crop} px input, and the next place lies {field.step} "
            "px further. The pixels that really move it are fewer: the size of the gradient of the "
            "place's sum over all channels falls off like a bell (arXiv:1701.04128). It is drawn "
            "by its square root, so that its edges can be seen."
        )
        if field.sees_all:
            st.caption(
                "A squeeze-and-excitation lies before this layer: through its global mean every "
                "place depends a little on the whole picture."
            )
        st.caption("Click another place on the map above to see what that one sees.")


def _reach(field: Field, place: tuple[int, int], crop: int) -> float:
    share = 1.0
    for along in place:
        first, last = field.of(along)
        share *= (min(last, crop) - max(first, 0)) / crop
    return share


def _drawn(
    explanation: "Explanation",
    found: "np.ndarray",
    field: Field,
    place: tuple[int, int],
    crop: int,
) -> Image.Image:
    shown = replace(explanation, native=np.sqrt(found)).fitted(SIDE)
    picture = shown.overlay(0.75)
    left, top, right, bottom = shown.box
    rows, columns = explanation.native.shape
    draw = ImageDraw.Draw(picture)

    def rectangle(xs: tuple[float, float], ys: tuple[float, float], colour: str) -> None:
        """In parts of the view."""
        across, down = right - left, bottom - top
        edges = [left + xs[0] * across, top + ys[0] * down, left + xs[1] * across - 1,
                 top + ys[1] * down - 1]  # fmt: skip
        draw.rectangle(edges, outline="#000000", width=5)
        draw.rectangle(edges, outline=colour, width=2)

    def part(along: int) -> tuple[float, float]:
        first, last = field.of(along)
        return max(first, 0) / crop, min(last, crop) / crop

    row, column = place
    rectangle(part(column), part(row), MARK)
    rectangle((column / columns, (column + 1) / columns), (row / rows, (row + 1) / rows), EDGE)
    return picture
