"""Scale's explorer: it scales, counts and draws in the visitor's browser, and is heard on release.

Nothing that is seen waits for the server. A report has a number, which is given back; what the
server says of a design counts only where it has heard the last one.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from effnet.app.kit import cache, cards, lesson_view, live, photos, projector, state
from effnet.base import current
from effnet.report import HIDEABLE, claims, lessons
from effnet.scaling import SOLVABLE, Design, from_query
from effnet.web import constants, handed, module, photo_address

KEY, MODULE = "explorer", "explorer_module"
PICTURE = "chelsea"  # the sample that the drawing holds before any choice
PLACE = '<div class="place"></div>'


@lru_cache(maxsize=1)
def _module() -> Callable[..., Any]:
    js = module() + live.read("explorer_module.js")
    return live.component("explorer_module", html="<span></span>", js=js, isolate_styles=False)


def start() -> None:
    """Bring module, constants and the visitor's photos to the browser, outside what runs again."""
    free = lesson_view.current() is None and not projector.on()
    if not live.in_browser():  # a test: it chooses a photo here
        if free:
            photos.strip(PICTURE)
        return
    photo = photos.chosen()
    shown: dict[str, Any] = {"photo": _small(photo)} if photo else {}
    shown["photos"] = photos.thumbnails(PICTURE) if free else []
    data = {"language": current(), "constants": constants() | shown}
    report = state.told(MODULE, photos.chose, part="photo")
    _module()(key=MODULE, data=data, on_photo_change=report, height=1)


def explorer() -> Design:
    """Everything above the tabs of Scale, and the design that it says."""
    if live.in_browser():
        host = live.with_terms("explorer", PLACE)
        host(
            key=KEY,
            data=_data() | {"terms": live.terms()},
            on_said_change=state.reported(KEY, "said", heard),
        )
    else:  # a test: it sees what the browser is handed, and types what it would report as JSON
        st.json(_data())
        report = state.told(KEY, lambda text: state.take(KEY, json.loads(text or "{}"), heard))
        st.text_input(KEY, key=KEY, on_change=report)
        design = state.design()
        spec = design.spec()
        st.subheader(claims.design_claim(design, spec, cache.counted_cost(spec)), anchor=False)
    state.write_link()
    return state.design()


def heard(said: Mapping[str, Any]) -> None:
    """Take over a report; whatever a browser sends becomes a design that can be shown.

    Args:
        said: `design` as a link writes it, `lock` and `stage`.
    """
    query = said.get("design") or {}
    if isinstance(query, Mapping):
        design, _ = from_query({str(name): str(value) for name, value in query.items()})
        if design != state.design():
            state.put(design)
    lock = said.get("lock")
    state.set_lock(lock if lock in SOLVABLE else None)
    if isinstance(said.get("stage"), int):
        state.set_stage(said["stage"])
    state.begun()


def _data() -> dict[str, Any]:
    link = lessons.in_language(current())
    first = next(iter(lessons.lessons().values()))
    return {
        **handed(state.design()),
        "language": current(),
        "lock": state.lock(),
        "stage": state.stage(),
        "answers": state.answered(KEY),
        "hidden": [name for name in HIDEABLE if not lesson_view.shows(name)],
        "present": projector.on(),
        "intro": state.is_fresh(),
        "links": {
            "photo": f"classify?{urlencode(link)}",
            "lesson": f"?{urlencode(first.query() | link)}",
        },
        "address": lesson_view.address(),
    }


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={cache.Photo: cache.key_of})
def _small(photo: cache.Photo) -> str:
    return photo_address(photo.image)


def below(design: Design) -> None:
    """What the formula promises and what rounding makes of it, in words and in tables."""
    spec, base = design.spec(), design.base_spec
    if lesson_view.shows("totals"):
        cards.time_here(spec, base)
    if design.mode == "formula" and lesson_view.shows("curve"):
        cards.promise(design)
