"""Every page under AppTest: it opens, follows its controls, and survives odd files and links.

Without a browser, Streamlit's own slider and chart stand in for the live components.
"""

import ast
import io
import json
import random
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from visits import PATIENCE, claim, ended, explorer, opened, report

from effnet.app.kit import frame
from effnet.app.pages.latency import latency_cards

ROOT = Path(__file__).parents[2]
PAGES = [page.file for page in frame.PAGES]


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_something_to_see(page):
    app = opened(page)
    assert len(claim(app)) > 30
    assert [error.value for error in app.error] == []


# --- Scale ------------------------------------------------------------------------------------


def test_a_report_changes_the_claim_and_the_link():
    app = opened()
    assert "9.11 M" in claim(app)
    report(app, phi=2.0)
    assert "12.3 M" in claim(app)
    assert app.query_params == {"phi": "2"}
    assert "EfficientNet-B3's widths" in claim(app)


def test_a_link_sets_the_explorer():
    design = explorer(opened(phi="3", base="v2_s", alpha="1.3"))["design"]
    assert (design["phi"], design["alpha"], design["base"]) == (3.0, 1.3, "v2_s")


def test_a_design_outlives_a_change_of_page():
    app = opened(phi="3")
    app.switch_page("pages/classify.py").run()
    app.switch_page("app.py").run()
    assert explorer(app)["design"]["phi"] == 3.0


def test_every_report_is_answered_with_its_number():
    app = opened()
    assert explorer(app)["answers"] == 0
    assert explorer(report(app, phi=2.0))["answers"] == 1
    assert explorer(report(app, phi=2.5))["answers"] == 2


@pytest.mark.parametrize(
    "said",
    [
        {"design": {"phi": "1e400", "base": "../x", "blocks": "drop table", "mode": "?"}, "n": 1},
        {"design": [1, 2], "lock": {"a": 1}, "stage": "x", "n": "y"},
        {"design": {"mode": "edited", "origin": "b0~p9e9"}, "lock": 7, "stage": -5, "n": 2},
        {},
    ],
)
def test_whatever_a_browser_reports_becomes_a_design_that_can_be_shown(said):
    app = opened()
    app.text_input(key="explorer").set_value(json.dumps(said)).run()
    assert claim(app)
    assert explorer(app)["lock"] is None


def test_the_first_steps_are_for_a_visit_that_no_link_began():
    assert explorer(opened())["intro"]
    assert explorer(opened(lang="zh"))["intro"]
    for query in ({"phi": "1"}, {"present": "1"}, {"hide": "mode"}, {"lesson": "budget"}):
        assert not explorer(opened(**query))["intro"]
    assert not explorer(report(opened(), phi=2.0))["intro"]


@pytest.mark.parametrize(
    "query",
    [
        {"phi": "nan", "base": "vgg", "mode": "?"},
        {"mode": "free", "depth": "1e9", "width": "-3", "resolution": "3.7"},
        {"base": "v2_s", "phi": "8", "alpha": "2"},
    ],
    ids=["nonsense", "free", "too deep"],
)
def test_a_hostile_link_opens_with_a_message(query):
    app = opened(**query)
    assert [error.message for error in app.exception] == []
    assert app.warning or app.error


def test_random_links_open():
    generator = random.Random(3)
    for _ in range(25):
        keys = ["mode", "base", "phi", "alpha", "beta", "gamma", "depth", "width", "released"]
        query = {
            generator.choice(keys): generator.choice(
                ["nan", "free", "released", "b7", "1e9", "2.5"]
            )
            for _ in range(5)
        }
        assert [error.message for error in opened(**query).exception] == []


# --- Classify and Explain -----------------------------------------------------------------------


def test_the_default_photo_is_answered_at_once():
    assert claim(opened("pages/classify.py")).startswith("EfficientNet-Lite0 says espresso")


def test_another_sample_gets_another_answer():
    app = opened("pages/classify.py")
    app.button_group(key="sample").set_value("chelsea").run()
    assert "cat" in claim(app)


def test_an_uploaded_photo_is_answered(chelsea):
    app = opened("pages/classify.py")
    app.file_uploader[0].set_value(("../../cat<b>.png", chelsea.read_bytes(), "image/png")).run()
    assert "cat" in claim(app)


def hostile() -> dict[str, bytes]:
    grey = Image.fromarray(np.full((40, 50), 90, np.uint8))
    photo = png(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)))
    return {
        "text.jpg": b"hello, I am a text file",
        "cut.png": photo[: len(photo) // 2],
        "narrow.png": png(grey.resize((2000, 3))),
        "empty.png": b"",
    }


@pytest.mark.parametrize(("name", "data"), hostile().items(), ids=hostile())
def test_a_bad_file_gives_a_message_and_the_next_one_works(name, data, chelsea):
    app = opened("pages/classify.py")
    app.file_uploader[0].set_value((name, data, "image/png")).run()
    assert [error.message for error in app.exception] == []
    assert len(app.error) == 1
    app.file_uploader[0].set_value(("cat.png", chelsea.read_bytes(), "image/png")).run()
    assert "cat" in claim(app)
    assert len(app.error) == 0


# --- Latency ------------------------------------------------------------------------------------


def measured(app: AppTest) -> AppTest:
    """Press the page's button and look until its measurement has ended."""
    return ended(app.button(key="run_measure").click().run(), "measure")


def test_measuring_shows_median_spread_and_machine():
    app = opened("pages/latency.py", mode="free", base="lite0", resolution="64")
    app.select_slider(key="budget").set_value(1).run()
    measured(app)
    assert "EfficientNet-Lite0" in claim(app)
    assert "takes" in claim(app)
    labels = [metric.label for metric in app.metric]
    assert labels == ["Median", "Spread", "Throughput", "Peak memory"]
    assert all(metric.value != "-" for metric in app.metric)
    assert any("cores, PyTorch" in caption.value for caption in app.caption)
    assert len(app.get("download_button")) == 2


def test_a_measurement_is_shown_again_to_the_next_visitor():
    query = {"mode": "free", "base": "lite0", "resolution": "72"}
    app = opened("pages/latency.py", **query)
    app.select_slider(key="budget").set_value(1).run()
    measured(app)
    assert claim(opened("pages/latency.py", **query)) == claim(app)


def test_a_design_too_large_to_measure_is_refused():
    app = measured(opened("pages/latency.py", phi="8", alpha="1.9", beta="1.5", gamma="1.5"))
    assert [error.message for error in app.exception] == []
    assert any(words in app.error[0].value for words in ("too many to measure", "does not fit"))


def test_two_visitors_are_queued_and_told(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(latency_cards, "work", lambda *_: over.wait(PATIENCE) and None)
    first, second = (
        opened("pages/latency.py", mode="free", base="lite0", resolution=side)
        for side in ("64", "80")
    )
    first.button(key="run_measure").click().run()
    second.button(key="run_measure").click().run()
    told = [bar.proto.text for bar in second.get("progress")]
    assert any("Waiting: another visitor measures" in text for text in told)
    second.button(key="stop_measure").click().run()
    over.set()
    ended(first, "measure")


# --- the shape of a page ------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_calls_and_renders(page):
    """No torch, plotly or pandas, no session state or caches, no tables of values; and short."""
    source = (ROOT / page).read_text("utf-8")
    assert len(source.splitlines()) <= 80
    tree = ast.parse(source)
    imported = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else name.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert imported <= {"streamlit", "effnet"}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not attributes & {"session_state", "cache_data", "cache_resource", "query_params"}
    assert not [n for n in ast.walk(tree) if isinstance(n, (ast.Dict, ast.List)) and n.lineno < 20
                and len(getattr(n, "elts", getattr(n, "keys", []))) > 5]  # fmt: skip


@pytest.mark.parametrize("page", frame.PAGES, ids=lambda page: page.title)
def test_a_page_ends_with_a_link_to_the_one_that_goes_on(page):
    following = [*frame.PAGES, frame.PAGES[0]][frame.PAGES.index(page) + 1]
    last = opened(page.file).get("page_link")[-1].proto
    assert last.label == f"Next, {following.title}: {following.line}"


def test_nothing_leads_away_from_a_lesson_or_a_projector():
    for query in ({"lesson": "budget"}, {"present": "1"}):
        links = opened(**query).get("page_link")
        assert not [link for link in links if link.proto.label.startswith("Next, ")]


def test_every_page_file_is_in_the_menu():
    files = {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}
    assert files == set(PAGES) - {"app.py"}
