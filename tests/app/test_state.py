"""The link carries the design, the lock and the pins, both ways, and survives any nonsense."""

import html
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from visits import explorer, opened, report

from effnet.app.kit import state
from effnet.base import speaking
from effnet.scaling.design import Design


def test_a_lock_and_pins_come_from_the_link_and_stay_there():
    app = opened(lock="gamma", pin=["mode=released&released=b4", "base=v2_s&phi=0.5"])
    assert not app.exception
    assert app.session_state["lock"] == "gamma"
    assert app.session_state["pins"] == [
        Design(mode="released", released="b4"),
        Design(base="v2_s", phi=0.5),
    ]
    assert app.query_params["pin"] == ["mode=released&released=b4", "base=v2_s&phi=0.5"]
    assert app.query_params["lock"] == "gamma"


def test_what_is_locked_and_pinned_goes_into_the_link():
    app = opened()
    app.session_state["lock"] = "beta"
    app.session_state["pins"] = [Design()]
    app.run()
    assert app.query_params["lock"] == "beta"
    again = opened(pin=app.query_params["pin"])
    assert again.session_state["pins"] == [Design()]


def test_a_lock_from_the_link_holds_the_budget():
    app = opened(lock="gamma", beta="1.2")
    assert app.session_state["design"].gamma == pytest.approx((2 / 1.2 / 1.44) ** 0.5, abs=1e-4)
    assert app.query_params["gamma"] == "1.0758"


def test_a_lock_that_the_browser_reports_holds_on_other_pages():
    app = report(opened(beta="1.2"), lock="gamma", gamma=1.0758)
    assert app.session_state["lock"] == "gamma"
    assert app.query_params["lock"] == "gamma"
    app.switch_page("pages/cost.py").run()
    assert (explorer(app)["lock"], explorer(app)["design"]["gamma"]) == ("gamma", 1.0758)
    assert report(app).session_state["lock"] is None


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"lock": "delta"}, "lock 'delta' is not one of alpha, beta, gamma"),
        ({"pin": "phi=99"}, "pin: phi 99 was set to 8"),
        ({"pin": [f"phi={n}" for n in range(8)]}, "8 pins; the first 6 were taken"),
    ],
)
def test_nonsense_in_the_link_is_told(query, told):
    app = opened(**query)
    assert not app.exception
    assert any(told in note for note in app.session_state["notes"])
    assert told in " ".join(box.value for box in [*app.warning, *app.info, *app.caption])


# --- the open tab -------------------------------------------------------------------------------


def test_the_open_tab_stands_in_the_link_and_outlives_a_change_of_page():
    app = opened("pages/train.py", session={"train_tabs": "Grid search"})
    assert app.query_params["tab"] == "Grid search"
    app.switch_page("pages/lessons.py").run()
    app.switch_page("pages/train.py").run()
    assert app.session_state["train_tabs"] == "Grid search"


def test_a_link_opens_a_tab_in_any_language_and_the_first_needs_none():
    assert opened("pages/train.py", tab="Gallery").session_state["train_tabs"] == "Gallery"
    assert opened("pages/train.py", tab="Gallery", lang="zh").session_state["train_tabs"] == "画廊"
    assert "tab" not in opened("pages/train.py").query_params


def test_a_tab_that_no_page_has_is_told():
    app = opened("pages/train.py", tab="<b>x</b>")
    assert not app.exception
    shown = [html.unescape(box.value) for box in app.warning]
    assert any("tab '<b>x</b>' is not one of Experiment, " in text for text in shown)
    assert not any("<b>" in box.value for box in app.warning)


@pytest.mark.parametrize(
    ("page", "keys"),
    [
        ("app.py", ("stage", "explorer")),
        ("pages/cost.py", ("dials", "cost_table")),
        ("pages/classify.py", ("network", "sample", "upload_0")),
        ("pages/explain.py", ("class_chips", "class_search", "rather_than", "choose_method")),
        ("pages/train.py", ("train_preset", "train_network")),
        ("pages/papers.py", ("paper", "exhibit_choice")),
    ],
)
def test_a_callback_whose_widget_left_with_its_page_does_nothing(page, keys):
    widgets = opened(page, mode="released").session_state._state._state
    for key in keys:
        callback = widgets.get_widget_metadata(widgets.get_widget_id_from_key(key)).callback
        callback()  # out here the session holds nothing


def test_no_page_reads_a_widget_but_through_what_knows_that_it_may_be_gone():
    source = Path(state.__file__).parents[1]
    reads = [
        f"{file.name}: {line.strip()}"
        for file in sorted(source.rglob("*.py"))
        if file.name != "state.py"
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"st\.session_state\[[^=]*\](?! = )", line)
    ]
    assert reads == []


def test_a_choice_is_sent_again_where_the_language_changed_and_only_there(monkeypatch):
    # Streamlit's browser side knows an option by its words and would send those of before
    sent = []

    class Held(dict):
        def __setitem__(self, key, value):
            sent.append((key, value))
            super().__setitem__(key, value)

    monkeypatch.setattr(state.st, "session_state", Held())
    for language in ("en", "en", "zh", "zh", "en"):
        with speaking(language):
            state.show("sample", "coffee")
    assert [value for key, value in sent if key == "sample"] == ["coffee"] * 3


def test_what_a_run_no_longer_sends_is_the_default_of_the_control():
    """Else a browser that draws the second run first shows the lowest value, and reports it."""
    app = opened(tab="What if", mode="released", released="b0").run()
    stem, head = app.number_input
    assert (stem.proto.default, head.proto.default) == (32, 1280)
    assert not stem.proto.set_value
    (strings,) = app.text_area
    assert strings.proto.default == strings.value != ""
    for one in opened("pages/papers.py").run().selectbox:
        assert one.proto.default == one.index


def _reported_twice():
    import streamlit as st

    from effnet.app.kit import state

    state.start()
    callback = state.reported("phi", "said", lambda said: state.change(phi=said["value"]))
    st.session_state["phi"] = {"said": {"value": 2.0, "n": 1}}
    assert state.design().phi == 2  # whoever asks first
    state.change(phi=5.0)
    callback()  # the component's own comes after
    assert state.design().phi == 5
    st.session_state["phi"] = {"said": {"value": 3.0, "n": 2}}
    callback()
    assert (state.design().phi, state.answered("phi")) == (3, 2)


def test_a_report_is_taken_once_and_before_the_design_is_asked_for():
    app = AppTest.from_function(_reported_twice).run()
    assert not app.exception
