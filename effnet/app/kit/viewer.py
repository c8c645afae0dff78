"""The photo and its map, blended in the browser; and rows of small pictures that can be clicked.

The server sends the photo once and the map's few numbers; opacity, contours, swipe, and what a
place of the map sees on the photo are drawn without asking it again. Without a browser (in tests)
plain images stand in.
"""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from PIL import Image

from effnet.app.kit import live, state
from effnet.base import VIRIDIS, content, is_number, say, verbatim
from effnet.classify import perturbations
from effnet.counting import Field
from effnet.web import joined

if TYPE_CHECKING:
    from effnet.cam import Explanation

QUALITY = 85
THUMBNAIL = 224  # px

MOST_STROKES, MOST_PLACES = 200, 1000

Fractions = tuple[float, float, float, float]  # left, top, right, bottom of a photo, 0 to 1


@lru_cache(maxsize=4)
def _component(*files: str) -> Callable[..., Any]:
    """The component of the last of these scripts, which sees the others and the colours."""
    scripts = "".join(live.read(f"{name}.js") for name in files)
    return live.component(files[-1], js=joined(("colours",), colours="colour") + scripts)


def data_url(image: Image.Image, *, quality: int = QUALITY) -> str:
    """A picture as a JPEG data URL."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def map_viewer(
    explanation: "Explanation",
    *,
    field: Field | None,
    crop: int,
    box: Fractions | None,
    subject: str,
    paint: Sequence[perturbations.Stroke],
    cell: tuple[int, int] | None,
    on_box: Callable[[Fractions | None], None],
    on_paint: Callable[[list[perturbations.Stroke]], None],
    on_cell: Callable[[tuple[int, int]], None],
) -> None:
    """Photo, map at its own grid, and the two blended.

    Args:
        explanation: The map, on a photo of the size that is shown.
        field: What the map's places see; None where that is not known.
        crop: Side of the network's input, in whose pixels the field is.
        box: The box that a person drew on the photo.
        subject: Stands for the photo without paint.
        paint: What is painted over the photo, which hides it from the network.
        cell: The place of the map that a person picked, row and column.
        on_box: Called with a new box, or None for none, before the page runs again.
        on_paint: Called with all strokes after one was added or taken away, before the page runs
            again.
        on_cell: Called with a new place before the page runs again.
    """
    rows, columns = explanation.native.shape
    captions = (
        say("The photo; the network never sees the dimmed part"),
        say("The map at its own grid, {rows} x {columns}", rows=rows, columns=columns),
        say("The map over the photo"),
    )
    if not live.in_browser():
        pictures = (explanation.overlay(0.0), explanation.grid(), explanation.overlay(0.6))
        for column, image, caption in zip(st.columns(3), pictures, captions, strict=True):
            column.image(image, caption=caption, width="stretch", alt=caption)
        return
    width, height = explanation.image.size
    left, top, right, bottom = explanation.box
    cells = np.round(explanation.native * 255).astype(np.uint8)
    data = {
        "photo": data_url(explanation.image),
        "width": width,
        "height": height,
        "seen": [left / width, top / height, right / width, bottom / height],
        "cells": base64.b64encode(cells.tobytes()).decode(),
        "rows": rows,
        "columns": columns,
        "blank": explanation.blank,
        "colours": VIRIDIS,
        "captions": captions,
        "alts": [
            say("{caption}. Asked: {asked}", caption=caption, asked=explanation.asked)
            for caption in captions
        ],
        "words": {name: say(text) for name, text in content("viewer_words").items()},
        "field": field and {"side": field.side, "step": field.step, "start": field.start},
        "crop": crop,
        "box": box,
        "subject": subject,
        "paint": [{"size": size, "places": places} for size, places in paint],
        "grey": "rgb({}, {}, {})".format(*perturbations.GREY),
        "cell": cell,
    }

    def box_changed(drawn: Any) -> None:
        on_box(tuple(map(float, drawn)) if drawn else None)  # type: ignore[arg-type]

    def painted(sent: Any) -> None:
        on_paint(strokes(sent))

    def cell_changed(picked: Any) -> None:
        if picked:
            on_cell((int(picked[0]), int(picked[1])))

    _component("box", "scene", "viewer")(
        key="map_viewer",
        data=data,
        on_box_change=state.told("map_viewer", box_changed, part="box"),
        on_paint_change=state.told("map_viewer", painted, part="paint"),
        on_cell_change=state.told("map_viewer", cell_changed, part="cell"),
    )


def strokes(sent: Any) -> list[perturbations.Stroke]:
    """What a browser says was painted, as far as it can be; the last strokes of too many."""
    found: list[perturbations.Stroke] = []
    size: Any
    places: Any
    for one in sent if isinstance(sent, list) else ():
        size, places = (one.get("size"), one.get("places")) if isinstance(one, dict) else (0, ())
        sound = [
            (min(1.0, max(0.0, float(place[0]))), min(1.0, max(0.0, float(place[1]))))
            for place in (places if isinstance(places, list) else ())
            if isinstance(place, list) and len(place) == 2 and all(map(is_number, place))
        ]
        if is_number(size) and 0 <= size <= 1 and sound:
            found.append((float(size), tuple(sound[:MOST_PLACES])))
    return found[-MOST_STROKES:]


def cover(
    key: str,
    image: Image.Image,
    box: Fractions,
    *,
    grey: tuple[int, int, int],
    caption: str,
    on_box: Callable[[tuple[float, ...]], None],
) -> None:
    """A square picture with a grey box over it that is drawn anew by dragging, or moved by a click.

    Args:
        key: Its name in the session.
        image: The picture, without the box.
        box: Where the box is.
        grey: Its colour.
        caption: A line under it.
        on_box: Called with a new box, about every 80 ms while it is dragged, or with the middle of
            the box where it was moved (across, down), before the page runs again.
    """
    data = {
        "photo": data_url(image),
        "side": image.width,
        "box": box,
        "heard": (st.session_state.get(key) or {}).get("box"),
        "grey": f"rgb{grey}",
        "caption": caption,
        "alt": say("The photo with a box over it"),
    }

    def changed(drawn: Any) -> None:
        if drawn:
            on_box(tuple(map(float, drawn[:-1])))  # the last tells two equal ones apart

    _component("box", "cover")(
        key=key, data=data, on_box_change=state.told(key, changed, part="box")
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a strip: what it is, what it says, and the picture."""

    title: str
    caption: str
    image: Image.Image
    chosen: bool = False


def strip(
    key: str,
    frames: Sequence[Frame],
    *,
    label: str,
    small: bool = False,
    on_click: Callable[[int], None] | None = None,
) -> None:
    """A row of small pictures that scrolls inside itself.

    Args:
        key: Its name in the session.
        frames: The pictures, left to right.
        label: What the row is, for those who don't see it.
        small: True for thumbnails without words, in rows where there is room below.
        on_click: Called with a picture's number before the page runs again.
    """
    if not live.in_browser():
        for column, frame in zip(st.columns(len(frames)), frames, strict=True):
            words = f"{frame.title}: {frame.caption}"
            column.image(frame.image, caption=verbatim(words), alt=frame.title)
        return
    data = {
        "label": label,
        "small": small,
        "clickable": on_click is not None,
        "frames": [
            {
                "title": frame.title,
                "caption": frame.caption,
                "picture": data_url(frame.image, quality=80),
                "width": frame.image.width,
                "height": frame.image.height,
                "chosen": frame.chosen,
            }
            for frame in frames
        ],
    }

    def clicked(number: Any) -> None:
        if on_click and number is not None:
            on_click(int(number))

    report = state.told(key, clicked, part="clicked")
    _component("strip")(key=key, data=data, on_clicked_change=report)


def thumbnail(explanation: "Explanation", *, alpha: float = 0.65) -> Image.Image:
    """A map's own cells over a small copy of its photo."""
    return explanation.fitted(THUMBNAIL).overlay(alpha, smooth=False)
