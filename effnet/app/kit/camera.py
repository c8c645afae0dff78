"""The live camera: what a network sees, and where, while it moves.

The browser shows its camera and sends one frame, the newest, when the last was answered: nothing
queues, and a slow network drops frames instead of lagging behind. Who looks with others waits
after each answer for as long as theirs take, so that a machine is shared evenly.
"""

import base64
import binascii
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from effnet.app.kit import cache, frame, live, photos, state
from effnet.base import VIRIDIS, EffnetError, class_name, say, verbatim
from effnet.pixels import open_image

if TYPE_CHECKING:
    from effnet.classify import Classifier

KEY = "live_camera"
SEEN_S = 10.0  # who sent no frame for so long is not looking any more; the browser's PATIENCE
MOST_BYTES = 4 * 2**20  # of a frame's address; a frame is about 20 kB
HEAD = "data:image/jpeg;base64,"

_last_frames: dict[str, float] = {}  # by visitor, when it came


@lru_cache(maxsize=1)
def _component() -> Any:
    parts: dict[str, Any] = {kind: live.read(f"camera.{kind}") for kind in ("html", "css")}
    js = live.read("box.js") + live.read("camera.js")
    return st.components.v2.component("effnet_camera", **parts, js=js)


def card(network: str) -> None:
    """The camera's picture under the map, the best classes as bars, and a button that freezes it.

    It runs by itself; a frozen frame becomes the photo of every page.
    """

    @frame.part
    def looking() -> None:
        if not photos.camera_on():  # frozen: the whole page follows
            st.rerun()
        if not live.in_browser():
            st.caption(say("The camera shows in a browser."))
            return
        data = {
            "answer": st.session_state.pop(state.LIVE, None),
            "side": cache.classifier(network).preprocessing.resize,
            "colours": VIRIDIS,
            "words": _words(),
        }
        _component()(
            key=KEY,
            data=data,
            on_frame_change=state.told(KEY, lambda sent: _seen(network, sent), part="frame"),
            on_frozen_change=state.told(KEY, _frozen, part="frozen"),
        )

    looking()


def _seen(network: str, sent: Any) -> None:
    if sent:
        found = answer(cache.classifier(network), sent, state.visitor())
        st.session_state[state.LIVE] = found


def _frozen(sent: Any) -> None:
    data = jpeg(sent)
    if data:
        photos.add([(photos.CAMERA, data)])
        photos.camera_off()


def _words() -> dict[str, str]:
    return {
        "camera": say("The camera's picture with the map over it"),
        "bars": say("The most probable classes; click one to hold its map"),
        "follow": say("Follow the best class"),
        "freeze": say("Freeze: use this picture"),
        "other": say("Other camera"),
        "pace": say("{frames} frames/s, each answered in {ms} ms"),
        "starting": say("Starting the camera"),
        "insecure": say(
            "The browser gives its camera only to a page over https or on localhost: open the page "
            "there, or upload a photo."
        ),
        "refused": say("The browser may not use the camera: allow it beside the page's address."),
        "none": say("No camera was found here."),
    }


def jpeg(address: object) -> bytes:
    """The bytes of a JPEG in a data address; b"" where it is none, or too long."""
    if not isinstance(address, str) or not address.startswith(HEAD) or len(address) > MOST_BYTES:
        return b""
    try:
        return base64.b64decode(address.removeprefix(HEAD), validate=True)
    except binascii.Error:
        return b""


def answer(classifier: "Classifier", sent: Any, visitor: str) -> dict[str, Any]:
    """What a network says of a frame, as the browser draws it.

    Args:
        classifier: The network.
        sent: "picture", a JPEG as a data address; "number", which is given back; "held", the index
            of the class whose map is wanted, or None for the best one's.
        visitor: Who sent it.

    Returns:
        "labels", highest first (and the held class behind them), the map's "cells" with "rows" and
        "columns", the "box" of the picture that it lies on, and "wait", in ms, until the next
        frame may come; or a "problem", in words.
    """
    start = time.perf_counter()
    try:
        image = open_image(jpeg(sent["picture"]))
        (said,) = classifier.predict([image])
        held = sent.get("held")
        known = type(held) is int and 0 <= held < len(classifier.classes)
        target = held if known else said.labels[0].index
        explanation = classifier.explain(image, target=target)
    except EffnetError as error:
        return {"number": sent["number"], "problem": verbatim(str(error)), "wait": 1000}
    labels = [(one.index, class_name(one.name), one.probability) for one in said.labels]
    if target not in [index for index, _, _ in labels]:
        labels.append((target, class_name(explanation.label), explanation.probability))
    left, top, right, bottom = explanation.box
    width, height = image.size
    rows, columns = explanation.native.shape
    cells = np.round(explanation.native * 255).astype(np.uint8)
    seconds = time.perf_counter() - start
    return {
        "number": sent["number"],
        "labels": labels,
        "target": target,
        "cells": base64.b64encode(cells.tobytes()).decode(),
        "rows": rows,
        "columns": columns,
        "box": [left / width, top / height, right / width, bottom / height],
        "ms": 1000 * seconds,
        "wait": 1000 * seconds * (_looking(visitor) - 1),
    }


def _looking(visitor: str) -> int:
    """How many look through a camera now, this visitor among them."""
    now = time.monotonic()
    _last_frames[visitor] = now
    for other, when in list(_last_frames.items()):
        if now - when > SEEN_S:
            _last_frames.pop(other, None)
    return len(_last_frames)
