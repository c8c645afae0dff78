"""The photo of a visit in its report: remembered across pages, small, asked about as on Explain."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from visits import PATIENCE, opened

from effnet import report
from effnet.app.kit import photos, state
from effnet.app.pages.scale.report_photo import Shown


def taken(app: AppTest) -> str:
    """What the card says is in the report."""
    app.session_state["scale"] = "Take away"
    app.switch_page("app.py").run()
    assert [error.message for error in app.exception] == []
    return next(c.value for c in app.caption if "besides this design" in c.value)


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def test_without_a_photo_there_is_none():
    app = opened()
    assert "photo" not in taken(app)


def test_a_sample_that_was_looked_at_is_in():
    app = opened("pages/classify.py")
    app.button_group(key="sample").set_value("chelsea").run()
    assert "what lite0 sees in the sample photo" in taken(app)
    assert app.session_state[state.SHOWN].picture().sample == "chelsea"


def test_a_photo_of_ones_own_is_in_and_small():
    app = opened("pages/classify.py")
    app.file_uploader[0].set_value(("mine.png", png(1600, 1200), "image/png")).run()
    assert "what lite0 sees in your photo" in taken(app)
    shown = app.session_state[state.SHOWN]
    assert shown.image.width * shown.image.height <= 1_000_000
    picture = shown.picture()
    assert picture.taken_from == (1600, 1200)
    assert picture.file == "mine.jpg"  # noise: too large for PNG


def test_a_photo_that_was_pasted_is_in():
    image = Image.open(io.BytesIO(png(64, 48)))
    pasted = photos.Own(photos.PASTED, "digest", png(64, 48), image)
    app = opened("pages/explain.py", session={state.OWN: [pasted], state.OWN_CHOSEN: "digest"})
    assert "in your photo" in taken(app)
    assert app.session_state[state.SHOWN].picture().same


def asked(photo: Shown, **remembered: Any) -> report.Look:
    """What the report's button finds with this in the session."""

    def page() -> None:
        import streamlit as st

        from effnet.app.pages.scale import report_photo

        look = report_photo.looker()
        assert look is not None
        st.session_state["found"] = look()

    app = AppTest.from_function(page, default_timeout=PATIENCE)
    for key, value in {state.SHOWN: photo, state.NETWORK: "lite0", **remembered}.items():
        app.session_state[key] = value
    app.run()
    assert [error.message for error in app.exception] == []
    return app.session_state["found"]


COFFEE = Shown("coffee", "coffee", None, (600, 400))


def test_the_report_asks_what_explain_asks():
    question = {state.METHOD: "layercam", state.LAYER: "features.5.2"}
    found = asked(COFFEE, **question, **{state.CLASSES: ("coffee", 968, 967)}).explanation
    assert (found.method, found.layer) == ("layercam", "features.5.2")
    assert (found.target, found.against) == (968, 967)


@pytest.mark.parametrize(
    "remembered",
    [
        {state.METHOD: "scorecam", state.LAYER: "features.99"},
        {state.METHOD: "nonsense", state.CLASSES: ("another photo", 1, None)},
        {state.CLASSES: ("coffee", 5000, None)},
    ],
    ids=["slow", "unknown", "too large"],
)
def test_what_can_not_be_asked_at_once_becomes_the_usual_question(remembered):
    found = asked(COFFEE, **remembered).explanation
    assert (found.method, found.label, found.against) == ("gradcam", "espresso", None)
