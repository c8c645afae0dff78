"""A lesson's link opens exactly its state; what it hides stays hidden; a wrong key is told."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from effnet.lessons import answer, lessons

ROOT = Path(__file__).parents[2]


def opened(page="app.py", **query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    if page != "app.py":
        app.switch_page(page)
    app.run()
    assert [error.message for error in app.exception] == []
    return app


def names(app):
    return {slider.key for slider in app.slider}


@pytest.mark.parametrize("key", lessons())
def test_a_link_opens_its_state_with_its_controls_and_no_others(key):
    lesson = lessons()[key]
    step = lesson.steps[0]
    app = opened(step.page, **lesson.query())
    assert [warning.value for warning in app.warning] == []
    assert not names(app) & set(step.hide)
    assert app.radio[0].label == step.question.ask
    assert app.radio[0].value is None
    if "mode" in step.hide:
        assert not any(button.key == "choose_mode" for button in app.segmented_control)


def test_hidden_controls_stay_hidden_while_a_shown_one_moves():
    app = opened(**lessons()["one-step"].query())
    assert names(app) == {"phi"}
    app.slider(key="phi").set_value(2.0).run()
    assert names(app) == {"phi"}
    assert "phi = 2.00" in app.subheader[0].value


def test_a_prediction_is_revealed_with_the_count():
    lesson = lessons()["one-step"]
    found = answer(lesson.steps[0].question)
    app = opened(**lesson.query())
    assert app.button(key="reveal_one-step_1").disabled
    app.radio[0].set_value(found.choices[(found.right + 1) % len(found.choices)]).run()
    app.button(key="reveal_one-step_1").click().run()
    assert app.info[0].value.startswith("**Not so.** 2.57 x")


def test_steps_go_on_and_the_lesson_ends():
    app = opened(**lessons()["one-step"].query())
    app.button(key="lesson_next").click().run()
    assert app.radio[0].label == lessons()["one-step"].steps[1].question.ask
    assert app.query_params["step"] in ("2", ["2"])
    app.button(key="lesson_end").click().run()
    assert {"phi", "alpha", "beta", "gamma"} <= names(app)
    assert "lesson" not in app.query_params


def test_a_wrong_key_is_told_and_not_fatal():
    app = opened(lesson="no-such", hide="alpha,frobnicate", present="maybe", phi="2")
    told = " ".join(warning.value for warning in app.warning)
    for word in ("no-such", "frobnicate", "maybe"):
        assert word in told
    assert "alpha" not in names(app)
    assert "phi" in names(app)
    app.button(key="show_everything").click().run()
    assert "alpha" in names(app)


def test_a_projector_sees_one_figure():
    app = opened(present="1", phi="2")
    assert app.metric == [] or len(app.metric) == 0
    assert len(app.dataframe) == 0
    assert len(app.get("plotly_chart")) == 1


def test_the_teachers_page_begins_a_lesson():
    app = opened("pages/lessons.py")
    assert len(app.subheader[0].value) > 30
    assert len(app.expander) == 6
