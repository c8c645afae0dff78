"""The cards of equal costs and searches under AppTest: they follow their controls, picks move on.

Without a browser, Streamlit's own slider and chart stand in for the live components.
"""

import json

import pytest
from streamlit.testing.v1 import AppTest
from visits import PATIENCE

from effnet.app.pages.scale import one_dimension
from effnet.scaling.design import Design, from_query
from effnet.scaling.equal_cost_search import COMPARED


def dimensions_page() -> None:
    from effnet.app.kit import state
    from effnet.app.pages.scale import one_dimension

    state.start()
    one_dimension.one_dimension()


def search_page() -> None:
    from effnet.app.kit import state
    from effnet.app.pages.scale import search_card

    state.start()
    search_card.search_card()


def opened(page, **query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=PATIENCE)
    for name, value in query.items():
        app.query_params[name] = value
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert [error.message for error in app.exception] == []
    assert [error.value for error in app.error] == []
    return app


def chart(app: AppTest, number: int) -> dict:
    return json.loads(app.get("plotly_chart")[number].proto.spec)


def design(app: AppTest) -> Design:
    return app.session_state["design"]


def search_part(name: str, **query: str) -> AppTest:
    app = opened(search_page, **query)
    app.button_group(key="search_part").set_value(name)
    return run(app)


# --- one dimension ----------------------------------------------------------------------------


@pytest.mark.parametrize("base", COMPARED)
def test_every_base_opens(base):
    app = opened(dimensions_page)
    app.selectbox(key="one_dimension_base").set_value(base)
    run(app)
    assert len(app.dataframe[0].value) == 5
    assert bool(app.info) == (base in ("v2_s", "lite0"))  # the papers measured none there


def test_the_table_follows_the_budget():
    app = opened(dimensions_page)
    assert app.dataframe[0].value["blocks"].tolist() == [16, 63, 16, 16, 26]
    app.slider(key="one_dimension_times").set_value(8.0)
    run(app)
    macs = app.dataframe[0].value["MACs"].tolist()
    assert macs[1:] == pytest.approx([8 * macs[0]] * 4, rel=0.03)
    assert "3.09 G multiply-adds buy" in chart(app, 0)["layout"]["title"]["text"]


@pytest.mark.parametrize("way", ["depth", "width", "resolution", "compound"])
def test_a_button_makes_a_network_the_design(way):
    app = opened(dimensions_page)
    rows = app.dataframe[0].value
    app.button(key=f"use_{way}").click()
    run(app)
    row = rows.iloc[1 + ["depth", "width", "resolution", "compound"].index(way)]
    now = design(app)
    assert (now.mode, now.base) == ("free", "b0")
    assert now.spec().resolution == row["resolution (px)"]
    assert now.spec().blocks == row["blocks"]
    back, notes = from_query(now.to_query())
    assert back.spec() == now.spec()
    assert notes == []


def test_a_network_past_the_sliders_cannot_be_used():
    app = opened(dimensions_page)
    app.slider(key="one_dimension_times").set_value(16.0)
    run(app)
    reached = app.dataframe[0].value["depth"].iloc[1] <= one_dimension.pick.RANGES["depth"].high
    assert app.button(key="use_depth").disabled != reached
    assert not app.button(key="use_compound").disabled


def test_the_papers_figures_can_be_chosen():
    app = opened(dimensions_page)
    assert "Compound reaches 82.6" in chart(app, 1)["layout"]["title"]["text"]
    app.button_group(key="experiment_b0").set_value("Figure 3")
    run(app)
    assert "Width only reaches 80.3" in chart(app, 1)["layout"]["title"]["text"]
    assert any("0.50 + 0.45 (d - 1)" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("query", "base", "on_it"),
    [
        ({"phi": "2"}, "b0", True),
        ({"mode": "free", "base": "mobilenet_v2", "depth": "2"}, "mobilenet_v2", True),
        ({"mode": "released", "released": "b4"}, "b0", True),
        ({"mode": "released", "released": "lite3"}, "lite0", True),
        ({"mode": "released", "released": "v2_b2"}, "v2_b0", True),
        ({"mode": "released", "released": "v2_m"}, "v2_s", False),
        ({"mode": "released", "released": "mobilenet_v1"}, "mobilenet_v1", True),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else None,
)
def test_a_design_lies_on_its_bases_surface(query, base, on_it):
    current, _ = from_query(query)
    found, place = one_dimension.home(current, current.spec())
    assert found == base
    assert (place is not None) == on_it
    if place:
        assert place[2] == current.spec().resolution


@pytest.mark.parametrize(
    "query",
    [
        {"phi": "1"},
        {"phi": "-1"},
        {"phi": "8"},
        {"mode": "free", "depth": "8", "width": "6", "resolution": "1024"},
        {"mode": "released", "released": "l2"},
        {"mode": "released", "released": "v2_m"},
    ],
    ids=lambda query: " ".join(query.values()),
)
def test_the_surface_opens_for_any_design(query):
    app = opened(dimensions_page, **query)
    app.session_state["equal_cost_open"] = True
    run(app)
    shown = len(app.get("plotly_chart")) == 4
    assert shown or any("lies within these sliders" in info.value for info in app.info)


# --- searches ---------------------------------------------------------------------------------


def test_step_one_says_how_many_networks_there_are():
    app = opened(search_page)
    text = app.markdown[0].value
    assert "109 choices" in text
    assert "65 different networks" in text
    assert "nothing is trained" in text
    table = app.dataframe[0].value
    assert len(table) == 109
    assert table.iloc[0][["alpha", "beta", "gamma"]].tolist() == [1.2, 1.1, 1.15]


def test_a_narrow_tolerance_leaves_the_published_choice_out():
    app = opened(search_page)
    app.slider(key="step_one_tolerance").set_value(0.07)
    run(app)
    assert "is not among them" in app.markdown[0].value


def test_step_one_follows_the_design_s_base():
    assert "MobileNetV2" in opened(search_page, base="mobilenet_v2").markdown[0].value


def test_the_solver_s_choice_becomes_the_design():
    app = search_part("A network for a budget")
    app.slider(key="limit_macs").set_value(2.0)
    run(app)
    app.button(key="use_best").click()
    run(app)
    now = design(app)
    assert now.mode == "free"
    assert (
        f"depth {now.depth:g} and width {now.width:g}" in chart(app, 0)["layout"]["title"]["text"]
    )


def test_limits_come_and_go():
    app = search_part("A network for a budget")
    first = len(app.dataframe[1].value)
    app.button_group(key="budget_limits").set_value(["macs", "peak"])
    run(app)
    assert {slider.key for slider in app.slider} == {"limit_macs", "limit_peak"}
    assert len(app.dataframe[1].value) == first  # all of those need under 20 MiB


def test_impossible_limits_are_said():
    app = search_part("A network for a budget")
    app.slider(key="limit_macs").set_value(0.05)
    app.slider(key="limit_resolution").set_value(1024.0)
    run(app)
    assert "Nothing fits" in chart(app, 0)["layout"]["title"]["text"]


def test_the_ranking_follows_the_exponent():
    app = search_part("The searches' objectives")
    assert "EfficientNet-B0 comes first" in chart(app, 0)["layout"]["title"]["text"]
    app.slider(key="reward_w").set_value(0.0)
    run(app)
    assert "also the most accurate" in chart(app, 0)["layout"]["title"]["text"]
    assert any("leaves the reward as it is" in caption.value for caption in app.caption)
    app.slider(key="reward_w").set_value(0.1)
    run(app)
    assert any("pays for cost" in caption.value for caption in app.caption)


def test_the_second_objective_takes_printed_times():
    app = search_part("The searches' objectives")
    app.button_group(key="objective").set_value("EfficientNetV2")
    run(app)
    app.radio(key="reward_step").set_value("hours")
    run(app)
    assert chart(app, 0)["layout"]["title"]["text"].startswith("EfficientNetV2-S comes first")
    words = next(caption.value for caption in app.caption)
    assert "step time lowers the reward by 4.7 %" in words
    assert "parameters lowers the reward by 3.4 %" in words


@pytest.mark.parametrize(
    "query",
    [{"mode": "released", "released": "v2_xl"}, {"phi": "nan"}, {"mode": "free", "width": "9e9"}],
    ids=str,
)
def test_any_design_opens_the_searches(query):
    for part in ("A network for a budget", "The searches' objectives"):
        search_part(part, **query)
