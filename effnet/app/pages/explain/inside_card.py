"""Inside the network: a layer's strongest channels, the gates, what one place of a map sees."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from effnet.app.kit import live, maps, sheet, viewer
from effnet.app.pages.explain import explain_view
from effnet.app.pages.explain.explain_controls import Asked
from effnet.base import Column, class_name, mark, percent, say, significant, verbatim
from effnet.counting import Field, field_of, layer_title
from effnet.figures import forced_gates, gate_values
from effnet.network import display_name
from effnet.report import remarks

if TYPE_CHECKING:
    from effnet.cam import Channel, Explanation, Microscope
    from effnet.classify import Classifier

CHANNELS = 12
SIDE = 520  # px, of the photo with what a place sees
ORDERS = {"push": mark("for the class"), "mean": mark("whatever the class")}
MARK, EDGE = "#E69F00", "#FFFFFF"
LOOKS = (mark("Feature maps"), mark("Gates"), mark("What a place sees"))
EVERY = mark("every block")


def inside(classifier: "Classifier", asked: Asked, explanation: "Explanation") -> None:
    """One of the three looks at what goes on in between."""
    titles = {name: say(name) for name in LOOKS}
    look = st.segmented_control(
        say("Look at"), LOOKS, default=LOOKS[0], required=True, key="inside_look",
        label_visibility="collapsed", format_func=titles.__getitem__,
    )  # fmt: skip
    if look == LOOKS[1]:
        _gates(classifier, asked)
    elif look == LOOKS[2]:
        _place(classifier, asked, explanation)
    else:
        _channels(classifier, asked, explanation)


# --- channels -----------------------------------------------------------------------------------


def _channels(classifier: "Classifier", asked: Asked, explanation: "Explanation") -> None:
    from effnet.cam import strongest_channels, unit_range

    titles = {order: say(title) for order, title in ORDERS.items()}
    by = st.segmented_control(
        say("Strongest"),
        list(ORDERS),
        default="push",
        format_func=titles.__getitem__,
        required=True,
        key="channels_by",
        help=say(
            "Ranked by activation times gradient, summed over the map, or by mean activation alone"
        ),
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
        strongest = say(
            "**At {where}, channel {channel} is the strongest for {asked}: it adds {push} to the "
            "score.**",
            where=where,
            channel=first.index,
            asked=verbatim(explanation.asked),
            push=significant(first.push),
        )
    else:
        strongest = say(
            "**At {where}, channel {channel} is the strongest whatever the class: it has a mean of "
            "{mean}.**",
            where=where,
            channel=first.index,
            mean=significant(first.mean),
        )
    st.markdown(strongest)
    viewer.strip(
        "channels",
        [
            viewer.Frame(
                say("Channel {number}", number=channel.index),
                say("adds {push:+.2f}\nmean {mean:.2f}", push=channel.push, mean=channel.mean),
                viewer.thumbnail(
                    replace(explanation, native=unit_range(channel.values)[0]), alpha=0.8
                ),
            )
            for channel in found
        ],
        label=say("The strongest channels of the layer"),
    )
    st.caption(
        say(
            "{number} {number:channel|channels} of {where}. Each is a map of {rows} x {rows} "
            "places, scaled to its own highest value. At the last layer the number says "
            "exactly what a channel adds to the score. At earlier layers it is an estimate "
            "(first order). Another layer can be chosen above.",
            number=CHANNELS,
            where=where,
            rows=rows,
        )
    )


# --- gates --------------------------------------------------------------------------------------


def _gates(classifier: "Classifier", asked: Asked) -> None:
    from effnet.cam import gated_blocks, look_at_gates

    spec = classifier.spec
    blocks = gated_blocks(classifier.model)
    if not blocks:
        st.info(
            say(
                "{network} has no squeeze-and-excitation, so there are no gates to see. Lite "
                "leaves it out because phones' accelerators run it badly. B0 to B7 and V2 have "
                "it; with the weights of one of them here, choose it under Network: "
                "`python -m effnet weights download b0`",
                network=verbatim(display_name(spec)),
            )
        )
        return
    titles = {EVERY: say(EVERY)} | {name: layer_title(spec, name) for name in blocks}
    forced = st.selectbox(
        say("Force the gates of"),
        list(titles),
        format_func=titles.__getitem__,
        key=f"forced_{spec.name}",
        help=say(
            "Sets every gate to one (wide open), or to the mean of its block, whatever the picture"
        ),
    )
    wanted = None if forced == EVERY else [forced]
    key = ("gates", asked.network, forced)
    found: Microscope | None = maps.kept(asked.photo, key)
    if found is None:
        found = look_at_gates(classifier, asked.photo.image, blocks=wanted)
        maps.keep(asked.photo, key, found)
    label = class_name(classifier.classes[asked.target])
    st.markdown(f"**{verbatim(remarks.gates_claim(found, label, asked.target))}**")
    names = [
        (i, class_name(classifier.classes[i])) for i in dict.fromkeys([asked.target, *asked.top])
    ]
    left, right = st.columns(2, gap="medium")
    with left:
        live.figure("gates", gate_values(found), alt=say("Gate values of every block"))
    with right:
        drawn = forced_gates(found, names)
        live.figure("forced_gates", drawn, alt=say("Logits with the gates as they are and forced"))
    with st.expander(say("As a table"), on_change="rerun", key="gates_table") as opened:
        if opened.open:
            sheet.show(
                found.gates,
                Column(mark("block"), lambda gates: layer_title(spec, gates.layer)),
                Column(mark("channels"), lambda gates: len(gates.values)),
                Column(mark("lowest"), lambda gates: gates.spread.low),
                Column(mark("median"), lambda gates: gates.spread.median),
                Column(mark("mean"), lambda gates: gates.spread.mean),
                Column(mark("highest"), lambda gates: gates.spread.high),
            )


# --- one place ----------------------------------------------------------------------------------


def _place(classifier: "Classifier", asked: Asked, explanation: "Explanation") -> None:
    from effnet.cam import influence

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
    st.markdown(
        say(
            "**The {which} place (row {row}, column {column} of {rows} x {columns}) can see "
            "{seen}, but half of what moves it lies on {half}.**",
            which=say("picked" if picked else "brightest"),
            row=row + 1,
            column=column + 1,
            rows=rows,
            columns=columns,
            seen=say("all of the view")
            if reach > 0.999
            else say("{part} of the view", part=percent(reach)),
            half=percent(half),
        )
    )
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        st.image(
            _drawn(explanation, found, field, (row, column), crop),
            width="stretch",
            caption=say(
                "Bright pixels move this place most. White is the place itself. Orange is the "
                "farthest that its convolutions can reach."
            ),
            alt=say("The photo with the pixels that move one place of the map"),
        )
    with right:
        st.caption(
            say(
                "Its kernels and strides let a place of {layer} reach {side} px of the {crop} "
                "px input; the next place lies {step} px further. Fewer pixels than that "
                "really move it. To find them, the place's channels are added up and the sum's "
                "gradient is taken: its size falls off like a bell (arXiv:1701.04128). The "
                "square root is drawn, so that the edges can be seen.",
                layer=layer_title(classifier.spec, asked.layer),
                side=field.side,
                crop=crop,
                step=field.step,
            )
        )
        if field.sees_all:
            st.caption(
                say(
                    "There is a squeeze-and-excitation before this layer. It takes a mean over "
                    "the whole map, so every place depends a little on the whole picture."
                )
            )
        st.caption(say("Click another place on the map above to see what that one sees."))


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
