"""The catalogues: every text of the app has a translation, with the same values in its braces."""

import ast
import dataclasses
import json
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest

import effnet
from effnet import papers, web
from effnet.app.kit import frame
from effnet.base import language
from effnet.base.language import Text, content, listed, plural, remembered, say, speaking
from effnet.cam.methods import METHODS
from effnet.classify import breakage, perturbations
from effnet.network import OPERATORS
from effnet.papers import dimension_results, printed_times, published, wording
from effnet.pixels.samples import SAMPLES
from effnet.report import glossary, lessons
from effnet.site import SCRIPTS
from effnet.train import gallery, schedule

ROOT = Path(effnet.__file__).parents[1]
SOURCES = [
    *(ROOT / "app.py", *(ROOT / "pages").glob("*.py")),
    *(file for file in (ROOT / "effnet").rglob("*.py") if file.parent.name != "cli"),  # English
    *(ROOT / "effnet").rglob("templates/*.html"),
]
MARKERS = {  # which arguments are texts
    "say": (0,),
    "mark": (0,),
    "Text": (0,),
    "plural": (1, 2),
    "EffnetError": (0,),
    "FetchError": (0,),
    "check_known": (0,),
    "check_range": (0,),
    "no_such": (0,),
    "Unwritable": (0,),
    "WeightsUnavailable": (0,),
}


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def constant(node: ast.expr) -> list[str]:
    """The literal texts of an argument: one, or those of both branches of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return constant(node.body) + constant(node.orelse)
    return []


def texts_of(file: Path, markers: Mapping[str, tuple[int, ...]] = MARKERS) -> set[str]:
    """The literal texts that a file says or marks."""
    if file.suffix == ".html":
        calls = jinja2.Environment().parse(file.read_text("utf-8")).find_all(jinja2.nodes.Call)
        said = [call.args[0] for call in calls if getattr(call.node, "name", "") == "say"]
        return {text.value for text in said if isinstance(text, jinja2.nodes.Const)}
    return {
        text
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call)
        for place in markers.get(name_of(node.func), ())
        if place < len(node.args)
        for text in constant(node.args[place])
    }


def record_texts() -> set[str]:
    """The notes in the papers' tables."""
    return {line.note for key in papers.EXHIBITS for line in papers.lines(key)} - {""}


CONTENT = {
    file.stem: tomllib.loads(file.read_text("utf-8"))
    for file in sorted((ROOT / "effnet/data/content").iterdir())
}


def texts_within(part: Any) -> Iterator[dict[str, str]]:
    """The texts of a content file, each by language."""
    if isinstance(part, dict) and part.keys() & language.LANGUAGES.keys():
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from texts_within(inner)


def strings_within(record: Any) -> Iterator[str]:
    """Every text of records, lists and dictionaries."""
    if isinstance(record, str):
        yield record
    elif dataclasses.is_dataclass(record):
        for field in dataclasses.fields(record):
            yield from strings_within(getattr(record, field.name))
    elif isinstance(record, Mapping | tuple | list | frozenset):
        for inner in record.values() if isinstance(record, Mapping) else record:
            yield from strings_within(inner)


def content_texts() -> set[str]:
    """The texts of all content files, in English."""
    return {text["en"] for prose in CONTENT.values() for text in texts_within(prose)}


# what the content files are read into
READ = (
    papers.EXHIBITS,
    papers.PAPERS,
    papers.MISTAKES,
    wording.WORDS,
    printed_times.SAID,
    METHODS,
    gallery.EXHIBITS,
    breakage.MISTAKES,
    perturbations.DAMAGES,
    lessons.lessons(),
    glossary.terms(),
    published.tables(),
    SAMPLES,
    content("verdicts"),
    schedule.SOURCES,
    schedule.NOTES,
    frame.PAGES,
    content("library_words"),
    content("viewer_words"),
    [content("operators")[name] for name in OPERATORS if name in content("operators")],
    [dimension_results.note("b0", name) for name in dimension_results.experiments("b0")],
    dimension_results.note("b0", "Table 3"),
    dimension_results.note("resnet50", "Table 3").removeprefix(
        dimension_results.note("b0", "Table 3")
    ),
)
SAID = {file: texts_of(file) for file in SOURCES}
IN_THE_BROWSER = {
    text for which in (web.MODULES, SCRIPTS, web.CAMERA, web.RACE) for text in web.texts(which)
}
ALL = set().union(*SAID.values(), record_texts(), IN_THE_BROWSER, content_texts())
CHINESE = language.catalogue("zh")


def fields(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" or letter in "，。；：（）" for letter in text)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_text_of_a_file_has_a_translation(file):
    assert sorted(SAID[file] - CHINESE.keys()) == []


def test_every_text_of_the_browsers_modules_has_a_translation():
    assert len(web.texts()) > 80
    assert len(web.texts(SCRIPTS)) > 15
    assert sorted(IN_THE_BROWSER - CHINESE.keys()) == []


def test_every_note_in_the_papers_tables_has_a_translation():
    assert sorted(record_texts() - CHINESE.keys()) == []


def test_no_translation_is_left_of_a_text_that_is_gone():
    assert sorted(CHINESE.keys() - ALL) == []


@pytest.mark.parametrize("name", CONTENT)
def test_every_text_of_a_content_file_stands_in_every_language(name):
    texts = list(texts_within(CONTENT[name]))
    assert texts
    assert [text for text in texts if text.keys() != language.LANGUAGES.keys()] == []


def test_every_text_of_the_content_files_is_read():
    assert sorted(content_texts() - set(strings_within(READ))) == []


def test_a_text_that_two_content_files_share_has_one_translation():
    pairs = {(text["en"], text["zh"]) for prose in CONTENT.values() for text in texts_within(prose)}
    twice = Counter(english for english, _ in pairs)
    assert [text for text, times in twice.items() if times > 1] == []


def test_a_text_stands_in_one_catalogue_only():
    seen: Counter[str] = Counter(content_texts())
    for file in (ROOT / "effnet/data/zh").iterdir():
        pairs = json.loads(file.read_text("utf-8"), object_pairs_hook=list)
        seen.update(text for text, _ in pairs)
    assert [text for text, times in seen.items() if times > 1] == []


def test_translations_name_the_same_values():
    differ = [text for text, said in CHINESE.items() if set(fields(text)) != set(fields(said))]
    assert differ == []


def test_translations_are_chinese_and_whole():
    assert [text for text, said in CHINESE.items() if not chinese(said) and said != text] == []
    for text, said in CHINESE.items():
        assert said.strip() == said or text.strip() != text, said
        assert "TODO" not in said


def test_the_language_holds_inside_its_block_only():
    with speaking("zh"):
        assert say("Scale") == "缩放"
        assert listed(["a", "b", "c"]) == "a、b和c"
    assert say("Scale") == "Scale"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"


def test_no_space_is_left_between_chinese_words_and_a_chinese_value():
    text = "{name} falls to {probability} at {damage} {strength:g}"
    values = {"probability": "5 %", "strength": 0.5, "damage": "噪声"}
    with speaking("zh"):
        assert say(text, name="咖啡", **values) == "噪声为 0.5 时，咖啡降到 5 %"
        assert say(text, name="B0", **values) == "噪声为 0.5 时，B0 降到 5 %"
    assert say(text, name="咖啡", **values) == "咖啡 falls to 5 % at 噪声 0.5"


def test_an_unknown_language_and_an_unknown_text_are_english():
    with speaking("xx"):
        assert language.current() == "en"
        assert say("Scale") == "Scale"
    with speaking("zh"):
        assert say("no such text {n}", n=3) == "no such text 3"


def test_one_and_many():
    assert plural(1, "{n} block", "{n} blocks") == "1 block"
    assert plural(3, "{n} block of {name}", "{n} blocks of {name}", name="B0") == "3 blocks of B0"


def test_what_is_remembered_is_remembered_by_language():
    @remembered(maxsize=4)
    def title(number: int) -> str:
        return say("Scale") * number

    assert title(2) == "ScaleScale"
    with speaking("zh"):
        assert title(2) == "缩放缩放"
    assert title(2) == "ScaleScale"


PICKED = re.compile(r"\{\w+:[^{}|]*\|([^{}|]*)\}")  # {n:photo|photos}
MANY = {found[1].split()[0].removesuffix("</b>") for text in ALL for found in PICKED.finditer(text)}
MANY = {word for word in MANY if word.endswith("s")} - {"is", "times"}
COUNTED = re.compile(
    r"(?<!} of )(?<!of the ){(\w+)(?::,)?}(?:\*\*)? (?:[a-z-]+ )?(" + "|".join(MANY) + r")\b(?!/s)"
)
NEVER_ONE = {"all", "limit", "most", "passes", "pictures", "classes", "tools", "file", "folder"}
NEVER_ONE |= {
    "count",
    "finalists",
    "names",
    "orders",
    "points",
    "rate",
}  # what they stand for is counted elsewhere


def test_words_that_follow_a_number_follow_it():
    assert say("{n} {n:photo|photos}", n=1) == "1 photo"
    assert say("{n:,} {n:photo is|photos are} here", n=1000) == "1,000 photos are here"
    assert str(Text.from_dict(Text("{n} {n:map|maps}", n=1).as_dict())) == "1 map"
    with speaking("zh"):
        assert say("{n} {n:photo|photos}", n=1) == "1 张照片"


def test_no_text_says_1_photos():
    """A text's numbers pick the words behind them, unless they stand for a limit."""
    assert len(MANY) > 20
    said_by_plural = {text for file in SOURCES for text in texts_of(file, {"plural": (2,)})}
    wrong = {
        f"{found[0]}: {text}"
        for text in ALL - said_by_plural
        for found in COUNTED.finditer(text)
        if found[1] not in NEVER_ONE and not re.search("; expected|limit|at most|save one", text)
    }
    assert sorted(wrong) == []
