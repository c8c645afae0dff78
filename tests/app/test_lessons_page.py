"""A lesson's link opens exactly its state; what it hides stays hidden; a wrong key is told."""

import json

import pytest
import visits

from effnet.base.language import speaking
from effnet.report.lesson_answers import answer
from effnet.report.lessons import lessons


def opened(page="app.py", **query):
    app = visits.opened(page, **query)
    assert [error.message for error in app.exception] == []
    return app


def hidden(app):
    return set(visits.explorer(app)["hidden"])


@pytest.mark.parametrize("key", lessons())
def test_a_link_opens_its_state_with_its_controls_and_no_others(key):
    lesson = lessons()[key]
    step = lesson.steps[0]
    app = opened(step.page, **lesson.query())
    assert [warning.value for warning in app.warning] == []
    if step.page in ("app.py", "pages/cost.py", "pages/latency.py"):
        assert hidden(app) == set(step.hide)
    (asked,) = [one for one in (*app.radio, *app.number_input) if one.label == step.question.ask]
    assert asked.value is None


def test_hidden_controls_stay_hidden_while_a_shown_one_moves():
    app = opened(**lessons()["one-step"].query())
    assert {"alpha", "beta", "gamma", "mode"} <= hidden(app)
    before = hidden(app)
    visits.report(app, phi=2.0)
    assert hidden(app) == before
    assert "phi = 2.00" in app.subheader[0].value


def test_no_empty_frame_is_left_where_every_control_is_hidden():
    released = {"mode": "released", "released": "b0"}
    weights = [[column.weight for column in opened("pages/cost.py", **released, **more).columns]
               for more in ({}, {"hide": "mode,base"})]  # fmt: skip
    frames = [sum(weight == pytest.approx(1 / 3.6) for weight in one) for one in weights]
    assert frames == [1, 0]


def test_a_prediction_is_revealed_with_the_count():
    lesson = lessons()["one-step"]
    found = answer(lesson.steps[0].question)
    app = opened(**lesson.query())
    assert app.button(key="reveal_one-step_1").disabled
    app.radio[0].set_value((found.right + 1) % len(found.choices)).run()
    app.button(key="reveal_one-step_1").click().run()
    assert app.info[0].value.startswith(
        "**Not so:** alpha alone; width and resolution grow as well. 2.57 x"
    )
    app.radio[0].set_value(found.right).run()
    app.button(key="reveal_one-step_1").click().run()
    assert app.success[0].value.startswith("**Right.** 2.57 x")


def revealed(app, place):
    app.button(key=f"reveal_{place}").click().run()
    assert [error.message for error in app.exception] == []
    return next(box.value for box in (*app.success, *app.info))


def test_a_number_is_typed():
    app = opened(**lessons()["names"].query(3))
    assert app.button(key="reveal_names_3").disabled
    app.number_input(key="predict_names_3").set_value(100.0).run()
    assert revealed(app, "names_3").startswith("**Right.** 97.8 x")
    app.number_input(key="predict_names_3").set_value(128.0).run()
    assert revealed(app, "names_3").startswith("**Not so:** seven doublings. 97.8 x")
    app.number_input(key="predict_names_3").set_value(1000.0).run()
    assert revealed(app, "names_3").startswith("**Not so.** 97.8 x")


def test_a_bar_is_dragged():
    app = opened("pages/cost.py", **lessons()["where-it-goes"].query(2))
    app.slider(key="predict_where-it-goes_2").set_value(13).run()
    assert revealed(app, "where-it-goes_2").startswith("**Right.** 12.0 %")


def test_a_stage_is_chosen():
    app = opened("pages/cost.py", **lessons()["where-it-goes"].query(4))
    app.button_group(key="predict_where-it-goes_4").set_value(2).run()
    assert revealed(app, "where-it-goes_4").startswith("**Right.**")


def test_steps_go_on_and_the_lesson_ends():
    app = opened(**lessons()["one-step"].query())
    app.button(key="lesson_next").click().run()
    assert app.radio[0].label == lessons()["one-step"].steps[1].question.ask
    assert app.query_params["step"] in ("2", ["2"])
    app.button(key="lesson_end").click().run()
    assert hidden(app) == set()
    assert "lesson" not in app.query_params


def test_a_wrong_key_is_told_and_not_fatal():
    app = opened(lesson="no-such", hide="alpha,frobnicate", present="maybe", phi="2")
    told = " ".join(warning.value for warning in app.warning)
    for word in ("no-such", "frobnicate", "maybe"):
        assert word in told
    assert "alpha" in hidden(app)
    assert "phi" not in hidden(app)
    app.button(key="show_everything").click().run()
    assert "alpha" not in hidden(app)


def test_a_projector_sees_one_figure():
    app = opened(present="1", phi="2")
    assert visits.explorer(app)["present"]
    assert {"totals", "table", "curve", "tabs", "budget"} <= hidden(app)
    assert "drawing" not in hidden(app)
    assert len(app.get("plotly_chart")) == len(app.dataframe) == 0


@pytest.mark.parametrize(("step", "figure"), [("1", "drawing"), ("2", "curve")])
def test_a_projector_sees_the_one_figure_that_the_step_speaks_of(step, figure):
    lesson = lessons()["one-step"]
    app = opened(**lesson.query(int(step)), present="1")
    assert {"drawing", "curve"} - hidden(app) == {figure}


@pytest.mark.parametrize("page", ["pages/cost.py", "pages/latency.py", "pages/classify.py"])
def test_a_projector_enlarges_the_figures_of_every_page(page):
    small, large = (
        [json.loads(one.proto.spec)["layout"] for one in opened(page, **said).get("plotly_chart")]
        for said in ({}, {"present": "1"})
    )
    assert small
    for one, other in zip(small, large, strict=True):
        assert other["height"] == round(1.5 * one["height"])
        assert other["title"]["font"]["size"] == round(1.5 * one["title"]["font"]["size"])


def test_a_projector_leaves_the_budget_that_a_step_speaks_of():
    app = opened(**lessons()["budget"].query(), present="1")
    assert "budget" not in hidden(app)


def test_students_see_a_card_for_every_lesson_and_no_answer():
    app = opened("pages/lessons.py")
    assert len(app.subheader[0].value) > 30
    begin = [button for button in app.button if str(button.key).startswith("begin_")]
    assert [button.key for button in begin] == [f"begin_{key}" for key in lessons()]
    told = " ".join(text.value for text in [*app.markdown, *app.caption])
    for lesson in lessons().values():
        assert lesson.goal in told
        assert not any(answer(step.question).shown in told for step in lesson.steps)
    begin[0].click().run()
    assert app.query_params["lesson"] in ("one-step", ["one-step"])


@pytest.mark.parametrize("key", lessons())
def test_a_teacher_finds_every_answer_of_a_lesson_with_its_links(key):
    app = visits.opened("pages/lessons.py", session={"for_teachers": True, "teachers_lesson": key})
    told = " ".join(text.value for text in app.markdown)
    assert all(answer(step.question).shown in told for step in lessons()[key].steps)
    assert f"lesson={key}" in app.code[0].value


@pytest.mark.parametrize(
    ("key", "number", "shown"),
    [
        ("one-step", 1, "phi = 1.00"),
        ("one-dimension", 2, "1.45 G"),  # width doubled
        ("families", 1, "ResNet-50"),  # 25.6 M parameters, the others 19.3 and 21.5
        ("families", 2, "EfficientNet-B4"),
    ],
)
def test_reveal_moves_the_page_to_the_answer(key, number, shown):
    app = opened(**lessons()[key].query(number))
    app.radio[0].set_value(0).run()
    app.button(key=f"reveal_{key}_{number}").click().run()
    assert shown in app.subheader[0].value
    assert len([*app.success, *app.info]) == 1  # the verdict stays


LAST = {
    "budget": "pages/train.py",
    "families": "pages/latency.py",
    "one-dimension": "pages/explain.py",
}


@pytest.mark.parametrize("key", LAST)
@pytest.mark.parametrize("page", ["its own", "app.py"])
def test_a_link_to_a_last_step_opens_its_page_in_its_state(key, page):
    lesson = lessons()[key]
    number = len(lesson.steps)
    step = lesson.steps[-1]
    assert step.page == LAST[key]
    app = opened(step.page if page == "its own" else page, lesson=key, step=str(number))
    assert [warning.value for warning in app.warning] == []
    assert step.question.ask in [radio.label for radio in app.radio]
    told = {
        "budget": "Training EfficientNetV2-S at 300 px throughout saves nothing",
        "families": "EfficientNetV2-B0: 0.718 G multiply-adds",
        "one-dimension": "EfficientNet-Lite0",
    }
    assert told[key] in app.subheader[0].value
    assert app.query_params["step"] in (str(number), [str(number)])


def test_the_links_design_counts_more_than_the_steps():
    app = opened("pages/latency.py", lesson="families", step="4", mode="released", released="b3")
    assert app.subheader[0].value.startswith("EfficientNet-B3")


def test_next_turns_to_the_page_of_the_next_step():
    lesson = lessons()["budget"]
    app = opened(**lesson.query(3))
    app.button(key="lesson_next").click().run()
    assert [error.message for error in app.exception] == []
    assert app.radio[0].label == lesson.steps[3].question.ask
    assert app.subheader[0].value.startswith("Training EfficientNetV2-S at 300 px")
    app.button(key="lesson_back").click().run()
    assert app.radio[0].label == lesson.steps[2].question.ask


def test_a_step_can_be_left_for_another_page():
    app = opened(**lessons()["budget"].query(1))
    app.switch_page("pages/cost.py").run()
    assert "This step is on another page" in str(
        [link.proto.label for link in app.get("page_link")]
    )
    assert app.subheader[0].value.split()[0] == "EfficientNet-B0"


TEACHING = {"for_teachers": True}


def own_link(app):
    return app.code[-1].value


def test_a_teacher_chooses_the_language_of_a_link():
    app = visits.opened("pages/lessons.py", session=TEACHING)
    assert "lang=" not in own_link(app)
    app.selectbox(key="link_language").set_value("zh").run()
    assert "lang=zh" in own_link(app)


def test_links_are_in_the_teachers_language():
    with speaking("zh"):  # the harness looks for a choice among those shown
        app = visits.opened("pages/lessons.py", session=TEACHING, lang="zh")
        assert "lang=zh" in own_link(app)
        assert app.code[0].value.endswith("&lang=zh")
        app.selectbox(key="link_language").set_value("en").run()
        assert "lang=" not in own_link(app)
