"""Every page in Chinese: no English is left but names, and the switch and the link carry it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from effnet.language import say, speaking
from effnet.ui import frame

ROOT = Path(__file__).parents[2]
PAGES = [page.file for page in frame.PAGES]
TABS = {
    "app.py": (
        "scale",
        ["Anatomy of a block", "What if", "One dimension", "Search", "Compare", "Take away"],
    ),
}

SHOWN = {"label", "body", "help", "options", "placeholder", "text", "caption", "delta", "content"}
# names of networks, layers, data sets, tools, units and symbols, which Chinese texts keep
NAMES = set(Path(__file__).with_name("names.txt").read_text("utf-8").split())
WORD = re.compile(r"[A-Za-z]{3,}")
CODE = re.compile(r"```.*?```|`[^`]*`|https?://\S+|:[a-z_/]+:|<[^>]+>|%\{[^}]*\}", re.DOTALL)


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
                yield from (x for x in node.value.to_numpy().ravel() if isinstance(x, str))
            if node.type != "code":
                yield from texts_in({"element": MessageToDict(node.proto)})


def english(text: str) -> list[str]:
    return [word for word in WORD.findall(CODE.sub(" ", text)) if word not in NAMES]


def opened(page: str, **state: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["lang"] = "zh"
    for key, value in state.items():
        app.session_state[key] = value
    if page != "app.py":
        app.switch_page(page)
    return app.run()


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
