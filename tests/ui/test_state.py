"""The link carries the design, the lock and the pins, both ways, and survives any nonsense."""

import html

import pytest
from visits import opened, report

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
    app.slider(key="beta").set_value(1.1).run()
    assert app.session_state["design"].gamma == pytest.approx((2 / 1.2 / 1.21) ** 0.5, abs=1e-4)
    app.button(key="lock_gamma").click().run()
    assert app.session_state["lock"] is None


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
