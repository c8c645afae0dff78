"""The Papers page under AppTest: the index, the link, the live check, the table."""

import subprocess
import sys
from pathlib import Path

import pytest
import visits
from streamlit.testing.v1 import AppTest
from visits import claim

from effnet import papers
from effnet.app.pages.papers import paper_cards
from effnet.scaling.design import from_query

ROOT = Path(__file__).parents[2]


def opened(**query: str) -> AppTest:
    return visits.opened("pages/papers.py", **query)


@pytest.mark.parametrize("key", papers.EXHIBITS)
def test_every_exhibit_opens_by_its_link_with_figure_and_table(key):
    app = opened(exhibit=key)
    one = papers.get_exhibit(key)
    assert f", {one.label}: " in claim(app)
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe[0].value) == len(papers.lines(key))
    assert app.query_params["exhibit"] == key
    assert len(app.warning) == 0


def test_the_first_visit_shows_the_figure_that_everybody_knows():
    app = opened()
    assert "EfficientNet-B7 reaches 84.3 % with 8.4 times fewer parameters than GPipe" in claim(app)
    assert app.query_params == {"exhibit": "v1-figure-1"}


def test_choosing_a_paper_and_an_exhibit_changes_claim_and_link():
    app = opened()
    app.button_group(key="paper").set_value("v2").run()
    assert "EfficientNetV2, Table 4" in claim(app)
    app.selectbox(key="exhibit_choice").set_value("v2-table-7").run()
    assert "trains in 13 hours where EfficientNet-B7 takes 139" in claim(app)
    assert app.query_params["exhibit"] == "v2-table-7"


def test_next_and_back_walk_through_the_index():
    keys = list(papers.EXHIBITS)
    app = opened(exhibit=keys[3])
    next(b for b in app.button if b.label == "Next").click().run()
    assert app.query_params["exhibit"] == keys[4]
    next(b for b in app.button if b.label == "Back").click().run()
    assert app.query_params["exhibit"] == keys[3]


@pytest.mark.parametrize("text", ["nonsense", "", "v1-table-99", "<b>" * 50])
def test_an_unknown_exhibit_in_the_link_is_said(text):
    app = opened(exhibit=text)
    assert claim(app)
    assert any("is not known here" in warning.value for warning in app.warning)
    assert app.query_params["exhibit"] == paper_cards.DEFAULT


def test_the_exhibit_is_remembered_across_pages_and_the_design_is_kept():
    app = visits.opened("app.py", phi="3")
    app.switch_page("pages/papers.py").run()
    app.selectbox(key="exhibit_choice").set_value("v1-figure-8").run()
    assert app.query_params == {"phi": "3", "exhibit": "v1-figure-8"}
    app.switch_page("app.py").run()
    assert visits.explorer(app)["design"]["phi"] == 3.0
    app.switch_page("pages/papers.py").run()
    assert app.query_params["exhibit"] == "v1-figure-8"


def test_keys_of_the_link_that_are_not_the_designs_stay():
    app = visits.opened("app.py", phi="3", campaign="x", exhibit="v1-figure-3")
    visits.report(app, phi=2.0)
    assert app.query_params == {"phi": "2", "campaign": "x", "exhibit": "v1-figure-3"}


def test_a_link_with_foreign_keys_only_leaves_the_design_alone():
    app = visits.opened("app.py", phi="3")
    del app.query_params["phi"]
    app.query_params["campaign"] = "x"
    app.run()
    assert visits.explorer(app)["design"]["phi"] == 3.0


def test_the_live_check_begins_at_the_row_that_is_furthest_off():
    app = opened(exhibit="v1-table-3")
    row = app.selectbox(key="row v1-table-3")
    assert papers.lines("v1-table-3")[row.value].name == "ResNet-50, depth"
    link = app.get("page_link")[-2].proto
    read, notes = from_query(dict(pair.split("=") for pair in link.query_string.split("&")))
    assert notes == []
    assert (read.base, read.depth, read.mode) == ("resnet50", 4.0, "free")


def test_the_live_link_follows_the_row():
    app = opened(exhibit="v1-table-2")
    names = [one.name for one in papers.lines("v1-table-2")]
    app.selectbox(key="row v1-table-2").set_value(names.index("EfficientNet-B7")).run()
    assert "released=b7" in app.get("page_link")[-2].proto.query_string


def test_a_live_link_is_never_empty():
    """phi = 1 on B0 is the default design; its link must still be taken over."""
    for key in papers.EXHIBITS:
        for one in papers.lines(key):
            if one.design:
                assert paper_cards.live_query(one.design)["mode"] == one.design.mode


def test_numbers_that_cannot_be_computed_are_said_to_be():
    app = opened(exhibit="v1-table-8")
    (told,) = [text.help for text in app.markdown if "Table 8, redrawn" in text.value]
    assert "Accuracies need training" in told


def test_the_table_sorts_by_value_and_is_empty_where_nothing_is_printed():
    table = opened(exhibit="v1-figure-1").dataframe[0].value
    assert table["MACs, computed (G)"].max() == pytest.approx(37.746, abs=1e-3)
    assert table["MACs, printed (G)"].isna().sum() == 1  # GPipe's dash


def test_the_page_loads_no_torch(environment_without_weights):
    code = (
        "from streamlit.testing.v1 import AppTest\nimport sys\n"
        "app = AppTest.from_file('app.py', default_timeout=300).switch_page('pages/papers.py')\n"
        "assert len(app.run().exception) == 0\nprint('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=environment_without_weights,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == "False"
