"""The Explain page under AppTest: class, method, layer, link, slow maps, and every tab."""

import json
import threading
from collections import OrderedDict
from io import BytesIO

import numpy as np
import pytest
import streamlit as st
import visits
from PIL import Image
from streamlit.testing.v1 import AppTest
from visits import PATIENCE, sound, until

import effnet
from effnet import cam
from effnet.app.kit import cache, maps, state, viewer
from effnet.app.pages.explain import explain_controls, explain_tabs, ladder_card
from effnet.base import language, percent
from effnet.base.language import say, speaking
from effnet.jobs import Queue, Stopped


def opened(*, tab: str = "", look: str = "", box=None, **query: str) -> AppTest:
    held = {"explain_tabs": tab, "inside_look": look, state.BOX: box}
    session = {key: value for key, value in held.items() if value}
    return visits.opened("pages/explain.py", session=session, **query)


def claim(app: AppTest) -> str:
    return visits.claim(sound(app))


def said(app: AppTest) -> str:
    return "\n".join([*(m.value for m in app.markdown), *(c.value for c in app.caption)])


def captions(app: AppTest) -> list[str]:
    """What stands under the pictures."""
    return [image.caption for found in app.get("image") for image in found.proto.imgs]


# --- class, method, layer -----------------------------------------------------------------------


def test_the_page_opens_with_a_map_chips_and_a_film_strip():
    app = opened()
    assert claim(app).startswith(
        "About a fifth of the picture holds half of what speaks for espresso: 20.4 % of what "
    )
    chips = app.button_group(key="class_chips")
    assert len(chips.options) == 5
    under = captions(app)
    assert sum(text.startswith(("Stem", "Stage", "Head")) for text in under) == 9
    assert any("7 x 7" in text for text in under)
    assert app.query_params == {}


def test_a_link_with_a_class_that_is_none_is_told_and_a_typed_plus_understood():
    app = opened(**{"class": "2000", "method": "gradcam  "})  # as ?method=gradcam++ arrives
    assert "holds half of what speaks for espresso: " in claim(app)
    assert [one.value for one in app.warning] == [
        "From the link: class '2000'; expected a number up to 999, or two as 967-968"
    ]
    assert app.selectbox(key="choose_method").value == "gradcam++"


def test_the_top_classes_are_timed_by_the_pass_they_came_from(monkeypatch):
    monkeypatch.setattr(maps, "_kept", OrderedDict())
    app = opened(photo="flower")
    assert "EfficientNet-Lite0 made 4 of them from one forward pass" in said(app)


def test_a_chip_a_search_and_rather_than_are_in_the_claim_and_the_link():
    app = opened()
    app.button_group(key="class_chips").set_value(968).run()
    assert "speaks for cup: " in claim(app)
    assert app.query_params["class"] == "968"
    app.selectbox(key="rather_than").set_value(967).run()
    assert "speaks for cup rather than espresso: " in claim(app)
    assert app.query_params["class"] == "968-967"
    app.selectbox(key="class_search").set_value(504).run()
    assert "speaks for coffee mug rather than espresso" in claim(app)
    assert app.selectbox(key="class_search").value is None
    app.button_group(key="sample").set_value("chelsea").run()
    assert "speaks for tiger cat: " in claim(app)
    assert app.query_params == {"photo": "chelsea"}


def test_a_link_sets_everything():
    query = {
        "photo": "chelsea",
        "network": "lite1",
        "class": "282-281",
        "method": "layercam",
        "layer": "features.6.3",
    }
    app = opened(**query)
    assert "tiger cat rather than tabby" in claim(app)
    assert "EfficientNet-Lite1" in claim(app)
    assert app.selectbox(key="choose_method").value == "layercam"
    assert app.select_slider(key="choose_layer_lite1").value == "features.6.3"
    assert app.query_params == query


def test_method_and_layer_move_the_map_and_the_link():
    app = opened()
    before = claim(app)
    app.select_slider(key="choose_layer_lite0").set_value("features.4.0").run()
    app.selectbox(key="choose_method").set_value("hirescam").run()
    assert claim(app) != before
    assert app.query_params == {"method": "hirescam", "layer": "features.4.0"}
    app.selectbox(key="choose_method").set_value("cam").run()
    assert claim(app) == before  # CAM reads the last layer, and equals Grad-CAM there
    assert app.select_slider(key="choose_layer_lite0").disabled


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("photo", "../../etc"),
        ("network", "vgg"),
        ("class", "-1"),
        ("class", "zz"),
        ("method", "smoothgrad"),
        ("layer", "features.99"),
    ],
)
def test_a_hostile_link_is_told_and_the_page_opens(key, value):
    app = opened(**{key: value})
    assert "holds half of what speaks for espresso: " in claim(app)
    assert [warning.value for warning in app.warning if f"{key} {value!r}" in warning.value]


def test_a_class_beyond_the_last_falls_back_to_the_best():
    assert "speaks for espresso" in claim(opened(**{"class": "5000"}))


def test_a_choice_outlives_a_change_of_page():
    app = opened(method="layercam")
    app.button_group(key="class_chips").set_value(968).run()
    app.switch_page("pages/cost.py").run()
    app.switch_page("pages/explain.py").run()
    assert "speaks for cup" in claim(app)
    assert app.query_params == {"class": "968", "method": "layercam"}


def test_a_blank_map_says_why(monkeypatch):
    made = cam.finished
    monkeypatch.setattr(cam, "finished", lambda raw: made(raw * np.float32("nan")))
    monkeypatch.setattr(maps, "_kept", type(maps._kept)())
    app = opened()
    assert claim(app).startswith("Nothing that EfficientNet-Lite0 saw in Coffee speaks")
    assert "it is not a number. Try a later layer" in app.warning[0].value
    for tab in explain_tabs.TABS:
        claim(opened(tab=tab))


# --- slow maps ----------------------------------------------------------------------------------


def test_a_slow_map_says_how_long_it_takes_and_comes_when_it_is_made():
    app = opened(method="scorecam", layer="features.0")
    assert "is not made yet" in claim(app)
    assert "Score-CAM takes 32 passes: about" in said(app)
    app.button(key="compute_map").click().run()
    until(app, lambda page: "holds half of what speaks" in page.subheader[0].value)
    app.button_group(key="class_chips").set_value(968).run()
    assert "speaks for cup" in claim(app), "one sweep gives every top class"


def test_another_method_is_one_click_away():
    app = opened(method="ablationcam", layer="features.1.0")
    app.button(key="quick_map").click().run()
    assert "holds half of what speaks for espresso: " in claim(app)
    assert app.query_params["layer"] == "features.1.0"


def test_a_stopped_job_ends_and_keeps_nothing():
    photo = cache.sample("rocket")
    asked = {"method": "scorecam", "targets": [657], "layers": ["features.0"]}

    def work(job):
        def progress(share):
            job.stop()
            job.report(share)

        maps.explanations(cache.classifier("lite0"), "lite0", photo, **asked, progress=progress)

    job = Queue("test").ask("a map", "map", work)
    assert job.wait(PATIENCE)
    assert job.stopped
    assert job.error is None or isinstance(job.error, Stopped)
    assert maps.here("lite0", photo, "scorecam", 657, "features.0") is None


# --- the tabs -----------------------------------------------------------------------------------


def test_tabs_compute_only_when_they_are_open(monkeypatch):
    called = []
    for room, name in (
        (explain_tabs.ladder_card, "ladder"),
        (explain_tabs.inside_card, "inside"),
        (explain_tabs.belief_card, "belief"),
    ):
        monkeypatch.setattr(room, name, lambda *_, name=name, **__: called.append(name))
    opened()
    assert called == []
    opened(tab="Ladder of networks")
    opened(tab="Inside")
    opened(tab="Can I believe it?")
    assert called == ["ladder", "inside", "belief"]


def test_the_ladder_has_every_network_that_is_here():
    app = opened(tab="Ladder of networks")
    claim(app)
    ladder = [text for text in captions(app) if text.startswith("Lite")]
    assert [text.partition(":")[0] for text in ladder] == ["Lite0", "Lite1", "Lite2"]
    assert [size in text for size, text in zip(("7 x 7", "8 x 8", "9 x 9"), ladder, strict=True)]
    assert "Two maps side by side agree by" in said(app)
    assert "Drag a box around the object" in said(app)


def test_a_click_in_the_ladder_chooses_that_network(monkeypatch):
    def buttons(key, frames, *, label, on_click=None):
        for number, frame in enumerate(frames):
            title = f"{frame.title}, chosen" if frame.chosen else frame.title
            st.button(title, key=f"{key} {number}", on_click=on_click, args=(number,))

    monkeypatch.setattr(ladder_card.viewer, "strip", buttons)
    app = opened(tab="Ladder of networks", network="lite1", layer="features.4.0")
    labels = [app.button(key=f"ladder {number}").label for number in range(3)]
    assert labels == ["Lite0", "Lite1, chosen", "Lite2"]
    app.button(key="ladder 2").click().run()
    assert "EfficientNet-Lite2 saw of Coffee" in claim(app)
    assert app.selectbox(key="network").value == "lite2"
    assert app.query_params == {
        "network": "lite2",
        "layer": "features.4.0",
        "tab": "Ladder of networks",
    }
    assert app.button(key="ladder 2").label == "Lite2, chosen"
    app.button(key="ladder 0").click().run()
    assert "EfficientNet-Lite0 saw of Coffee" in claim(app)
    assert app.query_params == {
        "layer": "features.4.0",
        "tab": "Ladder of networks",
    }, "the usual network is not in the link"


def test_with_a_box_the_ladder_tells_the_share_in_it():
    box = ("coffee", (172 / 600, 18 / 400, 408 / 600, 308 / 400))
    app = opened(tab="Ladder of networks", box=box)
    claim(app)
    assert "82.5 % of the map lies in the box, 1.5 x what an even map" in said(app)
    (chart,) = app.get("plotly_chart")
    bars, even = json.loads(chart.proto.spec)["data"]
    assert all(value > 70 for value in bars["y"])
    assert all(50 < value < 60 for value in even["y"])


def test_inside_shows_channels_and_what_a_place_sees():
    app = opened(tab="Inside")
    claim(app)
    assert sum(text.startswith("Channel") for text in captions(app)) == 12
    assert "is the strongest for espresso: it adds" in said(app)
    app = opened(tab="Inside", look="What a place sees")
    assert "The brightest place (row 3, column 4 of 7 x 7) can see all of the view" in said(app)


def test_a_network_without_gates_says_so():
    app = opened(tab="Inside", look="Gates")
    claim(app)
    assert "has no squeeze-and-excitation" in app.info[0].value


def test_the_verdict_comes_when_its_tests_are_done(monkeypatch):
    whole = effnet.cam.judge
    monkeypatch.setattr(
        effnet.cam, "judge", lambda *a, **k: whole(*a, **k, steps=4, random_orders=3)
    )
    app = opened(tab="Can I believe it?")
    until(app, lambda page: "blurring its brightest 20 %" in said(page))
    assert "The map follows what the network learned" in said(app)
    assert len(app.get("plotly_chart")) == 2


def test_a_test_that_ends_while_the_page_is_drawn_is_not_called_stopped(monkeypatch):
    whole, kept, begin = effnet.cam.judge, maps.kept, threading.Event()

    def judged(*values, **named):
        assert begin.wait(PATIENCE)
        return whole(*values, **named, steps=2, random_orders=2)

    monkeypatch.setattr(maps, "_kept", OrderedDict())
    monkeypatch.setattr(effnet.cam, "judge", judged)
    app = opened(tab="Can I believe it?")
    (job,) = app.session_state[state.JOBS].values()

    def before_its_end(photo, key):
        found = kept(photo, key)
        if key[0] == "verdict" and not begin.is_set():
            begin.set()
            assert job.wait(PATIENCE)
        return found

    monkeypatch.setattr(maps, "kept", before_its_end)
    app.run()
    assert "The test was stopped." not in said(app)
    assert len(app.get("plotly_chart")) == 2


def test_files_to_take_away_hold_the_map():
    app = opened(tab="Take away")
    claim(app)
    assert len(app.get("download_button")) == 5
    photo = cache.sample("coffee")
    (explanation,) = maps.explanations(
        cache.classifier("lite0"), "lite0", photo,
        method="gradcam", targets=[967], layers=["features.8"],
    )  # fmt: skip
    asked = explain_controls.Asked(
        "lite0", photo, photo, 0.9, 967, None, "gradcam", "features.8", (967,)
    )
    record = json.loads(explain_tabs.as_json(asked, explanation))
    assert (record["label"], record["network"], record["photo"]) == ("espresso", "lite0", "Coffee")
    np.testing.assert_allclose(record["native"], explanation.native, atol=1e-6)
    saved = np.load(BytesIO(explain_tabs.npy(explanation.map)))
    np.testing.assert_array_equal(saved, explanation.map)
    picture = Image.open(BytesIO(explain_tabs.png(explanation.overlay())))
    assert picture.size == (600, 400)


def test_a_hidden_place_moves_the_probability_and_the_map():
    """As the library says of a photo with the same place painted in ImageNet's mean colour."""
    box = (0.0, ((0.75, 0.6), (0.25, 0.0)))
    session = {state.PAINT: ("coffee", box)}
    app = visits.opened("pages/explain.py", session=session)
    hidden = cache.sample("coffee").image.copy()
    hidden.paste((124, 116, 104), (150, 0, 450, 240))  # of 600 x 400 px
    expected = effnet.load("lite0").explain(hidden, target=967)
    before = effnet.load("lite0").explain(cache.sample("coffee").image, target=967)
    assert before.probability > 2 * expected.probability
    after, whole = percent(expected.probability), percent(before.probability)
    told = f"Without the hidden place EfficientNet-Lite0 gives espresso {after}; with it, {whole}."
    assert claim(app) == told
    assert app.session_state["class_chips"] == 967


def test_what_a_browser_says_was_painted_is_taken_as_far_as_it_can_be():
    stroke = {"size": 0.14, "places": [[0.5, 0.25], [2, -1], [0.5], "x", [None, 0], [True, 0]]}
    wrong = [{"size": "a", "places": [[0, 0]]}, {"size": 0.1, "places": []}, {"size": 3}, 7, None]
    assert viewer.strokes([*wrong, stroke]) == [(0.14, ((0.5, 0.25), (1.0, 0.0)))]
    assert viewer.strokes(None) == viewer.strokes({"size": 1}) == []
    assert len(viewer.strokes([stroke] * 500)) == viewer.MOST_STROKES


# --- in Chinese ---------------------------------------------------------------------------------


def test_names_of_files_and_records_are_english_in_any_language():
    photo = cache.sample("coffee")
    asked = explain_controls.Asked(
        "lite0", photo, photo, 0.9, 967, 968, "gradcam", "features.8", (967,)
    )
    (explanation,) = maps.explanations(
        cache.classifier("lite0"), "lite0", photo,
        method="gradcam", targets=[asked.question], layers=["features.8"],
    )  # fmt: skip
    with speaking("zh"):
        assert explanation.asked == "浓缩咖啡而不是杯子"
        stem = explain_tabs.file_stem(asked, explanation)
        record = json.loads(explain_tabs.as_json(asked, explanation))
    assert stem == "lite0-coffee-espresso-rather-than-cup-gradcam"
    assert (record["against_label"], record["photo"]) == ("cup", "Coffee")


def test_what_runs_in_the_background_speaks_the_visitors_language(monkeypatch):
    """A job has a thread of its own, and so has the part of the page that watches it."""
    spoken, whole, begin = [], effnet.cam.judge, threading.Event()

    def judged(*values, **named):
        assert begin.wait(PATIENCE)
        spoken.append(language.current())
        return whole(*values, **named, steps=2, random_orders=2)

    monkeypatch.setattr(effnet.cam, "judge", judged)
    with speaking("zh"):
        tab = say("Can I believe it?")
    app = opened(tab=tab, lang="zh", photo="rocket")
    waiting = said(app)
    begin.set()
    with speaking("zh"):  # the harness finds what is chosen by its title
        until(app, lambda page: len(page.get("plotly_chart")) == 2)
    assert spoken == ["zh"]
    assert "次前向计算" in waiting
    _, cascade = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))
    assert cascade["data"][0]["x"][:3] == ["训练所得", "分类层", "头部"]
    assert app.query_params["lang"] == "zh"
