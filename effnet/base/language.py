"""The reader's language: texts stand in the code in English, their translations in `data/zh`.

A text that people see is the literal argument of `say`; one that stands in a table of constants is
wrapped in `mark` there and goes through `say` where it is shown. Long prose stands in
`data/content`, all languages side by side, and is read by `content`. The tests hold all of it
together. Files that programs read (CSV, JSON, code) and the command line stay English.
"""

import json
import re
import string
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache, wraps
from importlib import resources
from typing import Any, ParamSpec, TypeVar

from effnet.base import colours
from effnet.base.tables import data_text

LANGUAGES = {"en": "English", "zh": "中文"}
DEFAULT = "en"

P = ParamSpec("P")
R = TypeVar("R")

_current: ContextVar[str] = ContextVar("language", default=DEFAULT)


def current() -> str:
    """The language of what is being written, a key of `LANGUAGES`."""
    return _current.get()


def use(code: str) -> None:
    """Write in this language from here on, in this thread; English where the code is unknown."""
    _current.set(code if code in LANGUAGES else DEFAULT)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Write in this language inside a `with` block."""
    before = _current.set(code if code in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _current.reset(before)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(code: str) -> dict[str, str]:
    """The translations of a language by their English texts; empty for English."""
    found: dict[str, str] = {}
    if code == DEFAULT:
        return found
    data = resources.files("effnet").joinpath("data")
    for file in data.joinpath(code).iterdir():
        found |= json.loads(file.read_text("utf-8"))
    for file in data.joinpath("content").iterdir():
        prose = tomllib.loads(file.read_text("utf-8"))
        found |= {text[DEFAULT]: text[code] for text in _texts(prose) if code in text}
    return found


def _texts(part: Any) -> Iterator[dict[str, str]]:
    """The texts in a part of a content file, each by language."""
    if isinstance(part, dict) and DEFAULT in part:
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _texts(inner)


@cache
def content(name: str) -> dict[str, Any]:
    """A file of `data/content`, with its texts in English, as `say` takes them.

    A text stands there in all languages: `title.en = "Depth"`, `title.zh = "深度"`. What has no
    languages (sources, formulas, numbers) is as it stands.
    """
    found: dict[str, Any] = _in_english(tomllib.loads(data_text(f"content/{name}.toml")))
    return found


def _in_english(part: Any) -> Any:
    if isinstance(part, list):
        return [_in_english(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    if DEFAULT in part:
        return part[DEFAULT]
    return {key: _in_english(inner) for key, inner in part.items()}


def say(text: str, /, **values: object) -> str:
    """A text in the reader's language, with `values` in its braces.

    Args:
        text: In English, as the catalogues know it; with braces, `str.format`'s rules hold, and
            `{n:photo|photos}` is the first word where `n` is 1, else the second.
        values: What the braces name. Numbers come written out, with their units.

    Returns:
        The translation, or the English text where there is none.
    """
    code = _current.get()
    said = text if code == DEFAULT else catalogue(code).get(text, text)
    if not values:
        return said
    return _LOOSE.sub("", _WORDS.vformat(said, (), values)).replace(_EDGE, "")


_EDGE = "\0"  # of a value in its text
# the space between a text and a value that are both Chinese; beside "B0" or "5 %" it stays
_LOOSE = re.compile(f"(?<=[一-鿿]) {_EDGE}(?=[一-鿿])|(?<=[一-鿿]){_EDGE} (?=[一-鿿])")


class _Words(string.Formatter):
    """`str.format`, with words that follow a number."""

    def format_field(self, value: Any, spec: str) -> str:
        one, among, many = spec.partition("|")
        if among:
            return one if str(value) == "1" else many
        return f"{_EDGE}{format(value, spec)}{_EDGE}"


_WORDS = _Words()


class Text:
    """A text that is looked up when it is shown: the same one in each reader's language.

    Args:
        template: In English, as the catalogues know it.
        values: What its braces name; texts among them are looked up with it.
    """

    __slots__ = ("template", "values")

    def __init__(self, template: str, /, **values: object) -> None:
        self.template, self.values = template, values

    def __str__(self) -> str:
        return say(self.template, **self.values)

    def __repr__(self) -> str:
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(self.template)

    def as_dict(self) -> dict[str, object]:
        """The text for a file that is read back in any language: plain values, texts nested."""
        values = {
            name: value.as_dict() if isinstance(value, Text) else str(value)
            for name, value in self.values.items()
        }
        return {"text": self.template, "values": values}

    @classmethod
    def from_dict(cls, kept: object) -> "Text":
        """A text from a file; what is no record of one is a text without values."""
        if isinstance(kept, dict) and isinstance(kept.get("text"), str):
            values = kept.get("values")
            inner = values if isinstance(values, dict) else {}
            return cls(
                kept["text"],
                **{
                    str(name): cls.from_dict(value) if isinstance(value, dict) else value
                    for name, value in inner.items()
                },
            )
        return cls(str(kept))


def plural(number: int, one: str, many: str, /, **values: object) -> str:
    """`one` where the number is 1, else `many`; both may name it as `{n}`."""
    return say(one if number == 1 else many, n=number, **values)


def mark(text: str, /) -> str:
    """The text itself: marks a constant as one that `say` will show."""
    return text


MARKS = {", ": "、", "; ": "；", " and ": "和", " or ": "或"}  # between words, in Chinese


def in_a_row(words: Iterable[str], between: str = ", ") -> str:
    """Words with a comma or a semicolon between: "a, b, c"."""
    return (MARKS[between] if current() == "zh" else between).join(words)


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row: "a, b and c", or with "or"."""
    *some, final = words
    return in_a_row([in_a_row(some), final], f" {last} ") if some else final


def remembered(maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`lru_cache` for a function that writes text or draws: one cache a language and page."""

    def keep(function: Callable[P, R]) -> Callable[P, R]:
        caches = {
            (code, dark): lru_cache(maxsize=maxsize)(function)
            for code in LANGUAGES
            for dark in (None, False, True)
        }

        @wraps(function)
        def asked(*args: P.args, **values: P.kwargs) -> R:
            return caches[current(), colours.dark()](*args, **values)  # type: ignore[arg-type]

        return asked

    return keep
