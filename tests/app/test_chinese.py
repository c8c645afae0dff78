"""Every page in Chinese: no English is left but names, and the switch and the link carry it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import visits
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

import effnet
from effnet import papers
from effnet.app.kit import frame
from effnet.app.pages.latency import predictor_card
from effnet.base.language import say, speaking
from effnet.classify.prediction import imagenet_classes
from effnet.network.block_strings import blocks_of, joined
from effnet.network.variants import get_variant
from effnet.report import lessons

ROOT = Path(__file__).parents[2]
PAGES = [page.file for page in frame.PAGES]
TABS = {
    "app.py": (
        "scale",
        ["Anatomy of a block", "What if", "One dimension", "Search", "Compare", "Take away"],
    ),
    "pages/latency.py": (
        "latency_tabs",
        ["Roofline", "Options", "Race", "Sweeps", "Why V2", "Published", "Predict"],
    ),
    "pages/explain.py": (
        "explain_tabs",
        ["Ladder of networks", "Inside", "Take away"],
    ),
    "pages/train.py": (
        "train_tabs",
        ["Experiment", "Fixed or progressive", "Run", "Gallery", "Teach it", "Grid search"],
    ),
    "pages/classify.py": (
        "classify_tabs",
        [
            *("Any class", "Preprocessing", "Ladder", "Ensemble", "Resolution", "Perturb"),
            *("Break it on purpose", "Many images", "int8", "Weights"),
        ],
    ),
}
# tabs that show more once something in them is chosen
STATES = [
    ("app.py", "Search", {"search_part": "A network for a budget"}),
    ("app.py", "Search", {"number_step_one_tolerance": "0.0"}),
    ("app.py", "Search", {"search_part": "The searches' objectives", "objective_others": True}),
    (
        "app.py",
        "Search",
        {
            "search_part": "The searches' objectives",
            "objective": "EfficientNetV2",
            "reward_step": "hours",
        },
    ),
    ("app.py", "One dimension", {"equal_cost_open": True, "equal_cost_table": True}),
    ("app.py", "One dimension", {"one_dimension_base": "resnet50"}),
    ("app.py", "One dimension", {"one_dimension_base": "lite0"}),
    ("app.py", "One dimension", {"experiment_b0": "Figure 4", "experiment_counted": True}),
    ("app.py", "Anatomy of a block", {"picked_stage": 3, "anatomy_first": False}),
    ("pages/explain.py", "Inside", {"inside_look": "Gates"}),
    ("pages/explain.py", "Inside", {"inside_look": "What a place sees"}),
    ("pages/explain.py", "Inside", {"channels_by": "mean"}),
    ("pages/explain.py", "Inside", {"method": "scorecam"}),
    ("pages/explain.py", "Ladder of networks", {"drawn_box": ("coffee", (0.3, 0.1, 0.7, 0.8))}),
    ("pages/explain.py", "Ladder of networks", {"ladder_table": True}),
    *(
        ("pages/classify.py", "Perturb", {"damage": name})
        for name in ("noise", "jpeg", "brightness", "rotation", "occlusion")
    ),
    ("pages/classify.py", "Resolution", {"sample": "rocket", "network": "lite2"}),
]

SHOWN = {"label", "body", "help", "options", "placeholder", "text", "caption", "delta", "content"}
# names of networks, layers, data sets, tools, units and symbols, which Chinese texts keep
NAMES = set(Path(__file__).with_name("names.txt").read_text("utf-8").split())
# a class's English name and its index, behind its Chinese one where classes are searched
BESIDE = re.compile(f" \\((?:{'|'.join(map(re.escape, imagenet_classes()))})\\)(?: \\(\\d+\\))?$")
# names of several words: papers, code bases, ways to train, networks
PHRASES = [
    *(paper.title for paper in papers.PAPERS),
    "PyTorch Image Models",
    "Noisy Student",
    "Zalando Research",
    "Inception-resnet-v2",
    "scikit-learn",
    "ResNet-420-hybrid",
    "BotNet-T7-hybrid",
]
PHRASE = re.compile("|".join(map(re.escape, PHRASES)))
FILE = re.compile(r"[\w.-]+(/[\w.-]+)+|\b\w+\.(py|md)\b", re.ASCII)
WORD = re.compile(r"[A-Za-z]{3,}")
CODE = re.compile(
    r"\$\$.*?\$\$|\$[^$]*\$|```.*?```|`[^`]*`|https?://\S+|:[a-z_/]+:|:[a-z]+\[|<[^>]+>|%\{[^}]*\}",
    re.DOTALL,
)


@pytest.fixture(autouse=True)
def a_new_machine(monkeypatch, tmp_path):
    """Nothing was measured on it, and its processor has no name."""
    monkeypatch.setenv("EFFNET_TIMES", str(tmp_path))
    monkeypatch.setattr(predictor_card, "processor", lambda: "-")


def figure_texts(spec: str) -> Iterator[str]:
    """A figure's title, names of axes and traces, and notes."""
    drawn = json.loads(spec)
    layout = drawn["layout"]
    yield layout.get("title", {}).get("text", "")
    for key, value in layout.items():
        if re.fullmatch(r"[xy]axis\d*", key):
            yield value.get("title", {}).get("text", "")
    yield from (note.get("text", "") for note in layout.get("annotations", ()))
    for trace in drawn["data"]:
        yield trace.get("name", "")
        if isinstance(trace.get("hovertemplate"), str):
            yield trace["hovertemplate"]


def texts_in(values: Any) -> Iterator[str]:
    """Every text of a message that visitors see."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if key == "figure" and isinstance(value, dict) and "spec" in value:
            yield from figure_texts(value["spec"])
        elif key in SHOWN and isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from texts_in(value)
        elif isinstance(value, list):
            for one in value:
                yield from texts_in({key: one})


def shown(block: Any) -> Iterator[str]:
    """The texts of a block and of all within it."""
    for node in block.children.values():
        if hasattr(node, "children"):
            proto = getattr(node, "proto", None)
            if proto is not None:
                yield from texts_in(MessageToDict(proto))
            yield from shown(node)
        else:
            if node.type == "arrow_data_frame":
                yield from map(str, node.value.columns)
                read = node.value.drop(columns="出处", errors="ignore")  # sources stay English
                yield from (x for x in read.to_numpy().ravel() if isinstance(x, str))
            in_the_browser = node.type == "json" or getattr(node, "key", "") in (
                "explorer",
                "dials",
            )
            if node.type != "code" and not in_the_browser:
                yield from texts_in({"element": MessageToDict(node.proto)})


def english(text: str) -> list[str]:
    """The English words of a text but names."""
    plain = FILE.sub(" ", PHRASE.sub(" ", CODE.sub(" ", BESIDE.sub("", text))))
    return [word for word in WORD.findall(plain) if word not in NAMES]


def opened(page: str, query: dict[str, str] | None = None, **state: Any) -> AppTest:
    return visits.opened(page, session=state, **{"lang": "zh", **(query or {})})


def left(app: AppTest) -> dict[str, list[str]]:
    """The texts of a page that have English words in them, with those words."""
    assert [error.message for error in app.exception] == []
    texts = {text: english(text) for text in shown(app.main)}
    assert len(texts) > 20, "too little text was found to judge by"
    return {text: words for text, words in texts.items() if words}


@pytest.mark.parametrize("page", PAGES)
def test_no_english_is_left_on_a_page_but_names(page):
    assert left(opened(page)) == {}


@pytest.mark.parametrize(
    ("page", "key", "tab"), [(p, k, t) for p, (k, ts) in TABS.items() for t in ts]
)
def test_no_english_is_left_in_a_tab_but_names(page, key, tab):
    with speaking("zh"):
        translated = say(tab)
    assert translated != tab
    assert left(opened(page, **{key: translated})) == {}


@pytest.mark.parametrize(("page", "tab", "state"), STATES)
def test_no_english_is_left_in_what_is_chosen_but_names(page, tab, state):
    key, _ = TABS[page]
    with speaking("zh"):
        translated = say(tab)
    assert left(opened(page, **{key: translated}, **state)) == {}


B0 = joined(blocks_of(get_variant("b0")))


@pytest.mark.parametrize(
    "query",
    [
        {"phi": "3", "base": "v2_s", "lock": "alpha"},
        {"mode": "free", "depth": "1.8", "width": "1.4", "resolution": "380", "pin": "phi=2"},
        {"mode": "released", "released": "mobilenet_v2"},
        {"mode": "released", "released": "resnet50"},
        {"mode": "released", "released": "l2"},
        {"mode": "edited", "origin": "b0", "blocks": B0.replace("s1_e6", "s2_e6")},
        {"mode": "edited", "origin": "b0~p1.5", "own_head": "1000", "own_resolution": "100"},
        {"mode": "edited", "origin": "b0", "blocks": "r1_k3_s1_e1_i32_o16_c1"},
        {"phi": "99", "alpha": "z", "pin": "phi=88"},
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("tab", ["Anatomy of a block", "Compare"])
def test_no_english_is_left_in_a_design_but_names(query, tab):
    with speaking("zh"):
        assert left(opened("app.py", query=query, scale=say(tab))) == {}


def test_what_is_wrong_with_an_edit_is_told_in_chinese():
    with speaking("zh"):
        tab = say("What if")
        app = opened("app.py", scale=tab)
        app.text_area(key="block_strings").set_value("r1_k3_s1").run()
    assert len(app.error) == 1
    assert app.error[0].value.startswith("阶段 1")
    assert left(app) == {}


@pytest.mark.parametrize("key", papers.EXHIBITS)
def test_no_english_is_left_in_an_exhibit_but_names(key):
    assert left(opened("pages/papers.py", query={"exhibit": key})) == {}


@pytest.mark.parametrize("key", ["all_exhibits", "mistakes"])
def test_no_english_is_left_at_the_foot_of_the_papers_but_names(key):
    assert left(opened("pages/papers.py", **{key: True})) == {}


MORE = {"every_layer": True, "counters_more": True, "memory_more": True}


@pytest.mark.parametrize(
    ("network", "state"),
    [
        ("b0", {"chosen_quantity": "memory", **MORE}),
        ("v2_s", {"chosen_quantity": "params", "chosen_part": "2/-/-"}),
        ("resnet50", {"chosen_quantity": "memory", "chosen_part": "0/-/-", **MORE}),
        ("mobilenet_v2", {"chosen_quantity": "activations", "chosen_part": "2/2/depthwise"}),
        ("mobilenet_v1", {"chosen_part": "-/-/depthwise"}),
    ],
)
def test_no_english_is_left_in_receipts_and_rules_but_names(network, state):
    query = {"mode": "released", "released": network}
    assert left(opened("pages/cost.py", query=query, **state)) == {}


def test_no_english_is_left_in_the_lessons_plans():
    with speaking("zh"):  # the harness itself looks for a choice among those shown
        for key in lessons.lessons():
            app = opened("pages/lessons.py", for_teachers=True, teachers_lesson=key)
            assert [text for text in shown(app.main) if "分钟" in text]
            assert left(app) == {}


@pytest.mark.parametrize(("key", "number"), [("one-step", 3), ("names", 2), ("budget", 4)])
def test_no_english_is_left_in_a_lesson_and_its_answer(key, number):
    lesson = lessons.lessons()[key]
    app = opened(lesson.steps[number - 1].page, query=lesson.query(number))
    with speaking("zh"):  # the harness itself looks for a choice among those shown
        app.radio[0].set_value(0).run()
        app.button(key=f"reveal_{key}_{number}").click().run()
    assert len([*app.info, *app.success]) >= 1  # the verdict
    assert left(app) == {}


def test_no_english_is_left_in_a_verdict_on_a_map_but_names(monkeypatch):
    """Its tests run in the background, so they are waited for."""
    whole = effnet.cam.judge
    monkeypatch.setattr(
        effnet.cam, "judge", lambda *a, **k: whole(*a, **k, steps=2, random_orders=2)
    )
    with speaking("zh"):
        translated = say("Can I believe it?")
    app = opened("pages/explain.py", explain_tabs=translated, verdict_table=True)
    assert left(app) == {}
    with speaking("zh"):  # the harness finds what is chosen by its title
        visits.until(app, lambda page: len(page.get("plotly_chart")) == 2)
    assert left(app) == {}


@pytest.mark.parametrize("title", TABS["app.py"][1][1:])
def test_the_open_tab_stays_open_where_the_language_changes(title):
    app = opened("app.py", query={"lang": "en"}, scale=title)
    for code in ("zh", "en"):
        app.button(key=f"language_{code}").click().run()
        with speaking(code):
            assert app.session_state["scale"] == say(title)


def test_no_page_makes_its_tabs_itself():
    """Streamlit's own go back to the first one where their labels change."""
    files = [*ROOT.glob("*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("effnet/app/**/*.py")]
    made = [path.name for path in files if "st.tabs(" in path.read_text("utf-8")]
    assert made == ["open_tab.py"]
