"""The records' own words in the reader's language: rows, columns, values and sources.

Records stay English, so that they can be looked up; these functions are for showing them.
"""

import re

from effnet.base import DEFAULT, content, current, mark, remembered, say

# words that mean something else on other pages
_MEANT = {"runs": mark("fits in memory"), "size": "image size"}
# what names of rows, titles of columns and values are put together from
WORDS = frozenset({*content("papers_words")["words"], *_MEANT})
_TEMPLATES = (
    (r"stage (?P<n>\d+)", mark("stage {n}")),
    (r"fused stage (?P<n>\d-\d)", mark("fused stage {n}")),
    (r"dot (?P<n>\d+)", mark("dot {n}")),
    (r"batch (?P<n>\d+)", mark("batch {n}")),
    (r"magnitude (?P<n>\d+)", mark("magnitude {n}")),
    (r"(?P<network>\S+) at (?P<n>\d+) px", mark("{network} at {n} px")),
    (r"(?P<axis>[a-z]+) x (?P<n>[\d.]+)", mark("{axis} x {n}")),
    (r"phi from (?P<axis>[a-z]+)", mark("phi from {axis}")),
    (r"training on (?P<machine>.+)", mark("training on {machine}")),
)
_PATTERNS = tuple((re.compile(pattern), template) for pattern, template in _TEMPLATES)

_NUMBERS = r"(?P<n>\d[\d.]*(?:, \d+)*(?: and [\d.]+)?)"
_PLACES = tuple(
    (re.compile(pattern), template)
    for pattern, template in (
        (rf"Tables? {_NUMBERS}", mark("Table {n}")),
        (rf"Figures? {_NUMBERS}", mark("Figure {n}")),
        (rf"sections? {_NUMBERS}", mark("section {n}")),
        (rf"equation {_NUMBERS}", mark("equation {n}")),
        (rf"Algorithm {_NUMBERS}", mark("Algorithm {n}")),
        (rf"issue {_NUMBERS}", mark("issue {n}")),
    )
)
_PHRASES = (  # of sources; longer ones before those that they contain
    mark("counted here without the classifier"),
    mark("whose numbers the figures plot"),
    mark("the text beside it"),
    mark("counts computed here"),
    mark("computed here"),
    mark("counted here"),
    mark("worked out here"),
    mark("official builder"),
    mark("released code"),
    mark("ICML version"),
    mark("camera-ready"),
    mark("this page"),
    mark("appendix"),
    mark("metadata"),
    mark("measured"),
)
_VERSIONS = re.compile(r"(?<=v\d), (?=v\d)")
_BETWEEN_HAN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")


@remembered(maxsize=2048)
def shown(text: str) -> str:
    """A row's name, a column's title or a value as it is shown: `depth x 2`, `MACs, ratio (x)`."""
    if current() == DEFAULT:
        return text
    return tidy("，".join(_part(part) for part in re.split(r", (?![^(]*\))", text)))


def _part(text: str) -> str:
    if text in WORDS:
        return say(_MEANT.get(text, text))
    name, bracket, unit = text.removesuffix(")").partition(" (")
    if bracket and text.endswith(")"):
        return f"{_part(name)}（{_part(unit)}）"
    for pattern, template in _PATTERNS:
        if found := pattern.fullmatch(text):
            return say(template, **{name: _part(x) for name, x in found.groupdict().items()})
    return text


def tidy(text: str) -> str:
    """A text without the spaces that a name put in leaves between Chinese characters."""
    return _BETWEEN_HAN.sub("", text)


def letters(text: str) -> int:
    """How many Latin letters wide a text is; a Chinese character takes two."""
    return sum(2 if letter >= "\u2e80" else 1 for letter in text)


@remembered(maxsize=512)
def cited(source: str) -> str:
    """Where something stands, as it is shown: `arXiv:1905.11946v5 Tables 2 and 7`."""
    if current() == DEFAULT:
        return source
    for pattern, template in _PLACES:
        for found in pattern.findall(source):
            source = pattern.sub(say(template, n=_row(found)), source, count=1)
    for phrase in _PHRASES:
        source = source.replace(phrase, say(phrase))
    source = _VERSIONS.sub("、", source)
    return tidy(source.replace(" and ", " 和 ").replace("; ", "；").replace(", ", "，"))


def _row(numbers: str) -> str:
    return numbers.replace(", ", "、").replace(" and ", " 和 ")
