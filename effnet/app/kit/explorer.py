"""The explorer: it scales, counts and draws in the visitor's browser, and is heard on release.

Nothing that is seen waits for the server. A report has a number, which is given back; what the
server says of a design counts only where it has heard the last one. Scale shows all of it,
other pages its dials, which are heard while they are dragged.
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

KEY, DIALS, MODULE = "explorer", "dials", "explorer_module"
PICTURE = "chelsea"  # the sample that the drawing holds before any choice
PLACE = '<div class="place"></div>'


@lru_cache(maxsize=1)
def _module() -> Callable[..., Any]:
    js = module() + live.read("explorer_module.js")
    return live.component("explorer_module", html="<span></span>", js=js, isolate_styles=False)


def start(*, dials: bool = False) -> None:
    """Bring module, constants and the visitor's photos to the browser, outside what runs again.

    Args:
        dials: Whether the page has the dials alone, and no drawing to hold a photo.
    """
    free = lesson_view.current() is None and not projector.on() and not dials
    if not live.in_browser():  # a test: it chooses a photo here
        if free:
            photos.strip(PICTURE)
        return
    shown: dict[str, Any] = {"photo": ""} if dials else {"photos": []}
    if not dials and (photo := photos.chosen()):
        shown["photo"] = _small(photo)
    if free:
        shown["photos"] = photos.thumbnails(PICTURE)
    data = {"language": current(), "constants": constants() | shown}
    report = state.told(MODULE, photos.chose, part="photo")
    _module()(key=MODULE, data=data, on_photo_change=report, height=1)


def explorer() -> Design:
    """Everything above the tabs of Scale, and the design that it says."""
    design = _hosted(KEY, _data(KEY) | _texts())
    if not live.in_browser():
        spec = design.spec()
        st.subheader(claims.design_claim(design, spec, cache.counted_cost(spec)), anchor=False)
    return design


def controls() -> Design:
    """The controls of the current design, and the design that they say."""
    return _hosted(DIALS, _data(DIALS) | {"dials": True, "inline": True, "photo": "", "photos": []})


def _hosted(key: str, data: Mapping[str, Any]) -> Design:
    if live.in_browser():
        host = live.with_terms("explorer", PLACE)
        host(key=key, data=data, on_said_change=state.reported(key, "said", heard))
    else:  # a test: it sees what the browser is handed, and types what it would report as JSON
        st.json(data)
        report = state.told(key, lambda text: state.take(key, json.loads(text or "{}"), heard))
        st.text_input(key, key=key, on_change=report)
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


def _data(key: str) -> dict[str, Any]:
    return {
        **handed(state.design()),
        "language": current(),
        "lock": state.lock(),
        "stage": state.stage(),
        "answers": state.answered(key),
        "hidden": [name for name in HIDEABLE if not lesson_view.shows(name)],
        "present": projector.on(),
    }


def _texts() -> dict[str, Any]:
    """What Scale's explorer has besides: first steps with their links, terms, the app's address."""
    link = lessons.in_language(current())
    first = next(iter(lessons.lessons().values()))
    return {
        "terms": live.terms(),
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
