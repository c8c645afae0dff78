"""The live camera: what a network sees, and where, while it moves.

The browser shows its camera and sends one frame, the newest, when the last was answered: nothing
queues, and a slow network drops frames instead of lagging behind. Who looks with others waits
after each answer for as long as theirs take, so that a machine is shared evenly.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from effnet.app.kit import cache, frame, live, photos, state
from effnet.base import say
from effnet.classify import answer_frame, jpeg
from effnet.web import camera_data, camera_module, source

if TYPE_CHECKING:
    from effnet.classify import Classifier

KEY = "live_camera"
SEEN_S = 10.0  # who sent no frame for so long is not looking any more; the browser's PATIENCE

_last_frames: dict[str, float] = {}  # by visitor, when it came


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    js = camera_module() + live.read("camera.js")
    return live.component(
        "camera", html='<div class="place"></div>', css=source("camera.css"), js=js
    )


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
        side = cache.classifier(network).preprocessing.resize
        _component()(
            key=KEY,
            data=camera_data(side) | {"answer": st.session_state.pop(state.LIVE, None)},
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


def answer(classifier: "Classifier", sent: Any, visitor: str) -> dict[str, Any]:
    """What a network says of a visitor's frame, and how long to wait with the next one."""
    found = answer_frame(classifier, sent)
    looking = _looking(visitor)
    return found if "problem" in found else found | {"wait": found["ms"] * (looking - 1)}


def _looking(visitor: str) -> int:
    """How many look through a camera now, this visitor among them."""
    now = time.monotonic()
    _last_frames[visitor] = now
    for other, when in list(_last_frames.items()):
        if now - when > SEEN_S:
            _last_frames.pop(other, None)
    return len(_last_frames)
