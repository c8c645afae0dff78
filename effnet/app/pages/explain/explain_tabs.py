"""What lies under the map: other classes and networks, inside, the verdict, take away."""

import io
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image

import effnet
from effnet.app.kit import open_tab
from effnet.app.pages.explain import belief_card, explain_view, inside_card, ladder_card
from effnet.app.pages.explain.explain_controls import Asked
from effnet.base import DEFAULT, mark, say, speaking
from effnet.jobs import network_file

if TYPE_CHECKING:
    from effnet.cam import Explanation
    from effnet.classify import Classifier

TABS = (
    mark("Top classes"),
    mark("Ladder of networks"),
    mark("Inside"),
    mark("Can I believe it?"),
    mark("Take away"),
)


def tabs(classifier: "Classifier", asked: Asked, explanation: "Explanation | None") -> None:
    """Tabs that compute when they are opened; those that need the map wait for it."""
    top, ladder, inside, belief, away = open_tab.tabs("explain_tabs", TABS)
    if top.open:
        with top:
            explain_view.top_classes(classifier, asked)
    if ladder.open:
        with ladder:
            ladder_card.ladder(classifier, asked)
    for tab in (inside, belief, away):
        if not tab.open:
            continue
        with tab:
            if explanation is None:
                st.info(say("The map above is not made yet: compute it first."))
            elif tab is inside:
                inside_card.inside(classifier, asked, explanation)
            elif tab is belief:
                belief_card.belief(classifier, asked, explanation)
            else:
                take_away(asked, explanation)


def take_away(asked: Asked, explanation: "Explanation") -> None:
    """The map as pictures, arrays and JSON, and the code that makes it again."""
    stem = file_stem(asked, explanation)

    def button(label: str, ending: str, mime: str, made: Callable[[], bytes], note: str) -> None:
        st.download_button(
            label, made, file_name=f"{stem}-{ending}", mime=mime, on_click="ignore",
            key=f"save_{ending}", help=note,
        )  # fmt: skip

    rows, columns = explanation.native.shape
    width, height = explanation.image.size
    with st.container(horizontal=True, gap="small"):
        button(
            say("Map over the photo (PNG)"), "overlay.png", "image/png",
            lambda: png(explanation.overlay(0.6)),
            say("{width} x {height} px, opacity 60 %", width=width, height=height),
        )  # fmt: skip
        button(
            say("Map at its own grid (PNG)"), "grid.png", "image/png",
            lambda: png(explanation.grid()),
            say(
                "{rows} x {columns} cells on {width} x {height} px",
                rows=rows, columns=columns, width=width, height=height,
            ),
        )  # fmt: skip
        button(
            say("Own grid (NPY)"), "native.npy", "application/octet-stream",
            lambda: npy(explanation.native),
            say("float32 ({rows}, {columns}), 0 to 1", rows=rows, columns=columns),
        )  # fmt: skip
        button(
            say("On the photo (NPY)"), "map.npy", "application/octet-stream",
            lambda: npy(explanation.map),
            say(
                "float32 ({height}, {width}), 0 to 1; 0 where the network saw nothing",
                height=height, width=width,
            ),
        )  # fmt: skip
        button(
            say("Everything (JSON)"), "map.json", "application/json",
            lambda: as_json(asked, explanation),
            say("Network, weights, class, method, layer, what was seen, and the map's numbers"),
        )  # fmt: skip
    st.markdown(say("The same in Python:"))
    target = str(asked.target) if asked.against is None else f"({asked.target}, {asked.against})"
    st.code(
        f'import effnet\n\nclassifier = effnet.load("{network_file(asked.network)}")\n'
        f'explanation = classifier.explain(\n    "photo.jpg", method="{asked.method}", '
        f'target={target}, layer="{asked.layer}"\n)\n'
        'explanation.overlay(0.6).save("map.png")',
        language="python",
    )
    st.caption(say("The page's address holds all of this but an uploaded photo."))


def file_stem(asked: Asked, explanation: "Explanation") -> str:
    """How the names of a map's files begin, in any language."""
    with speaking(DEFAULT):
        words = f"{asked.network} {asked.photo.name} {explanation.asked} {asked.method}"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def png(image: Image.Image) -> bytes:
    """A picture as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def npy(values: "np.ndarray") -> bytes:
    """An array as an NPY file."""
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def as_json(asked: Asked, explanation: "Explanation") -> bytes:
    """The record as JSON, with what made it."""
    record = {
        "made_by": f"effnet {effnet.__version__}",
        "photo": asked.photo.name,
        "painted": explain_view.paint(asked.whole),
        **explanation.as_dict(),
    }
    return json.dumps(record, indent=1).encode()
