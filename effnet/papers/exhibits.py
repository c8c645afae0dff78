"""The papers' tables and figures as records: printed numbers, ours beside them, what to note.

An `Exhibit` says what a table or figure shows and gives its lines; `lines` reads them once.
No torch, no plotly: `figures.papers` draws the charts.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from effnet.base import check_known, content, remembered, say
from effnet.papers import (
    lite,
    transfer_tables,
    v1_dimensions,
    v1_figures,
    v1_measured,
    v1_networks,
    v1_scaling,
    v2_family,
    v2_progressive,
    v2_released,
    v2_stages,
    v2_training,
)
from effnet.papers.beside import apart, pairs, worst
from effnet.papers.records import Exhibit, Lines, Mistake, Paper
from effnet.papers.sources import PAPERS
from effnet.papers.wording import tidy

_ROOMS = (
    v1_networks,
    v1_measured,
    v1_scaling,
    v1_figures,
    v1_dimensions,
    transfer_tables,
    v2_stages,
    v2_family,
    v2_released,
    v2_training,
    v2_progressive,
    lite,
)
_FOUND = {exhibit.key: exhibit for room in _ROOMS for exhibit in room.EXHIBITS}
# in the order of the content files
EXHIBITS: dict[str, Exhibit] = {
    key: _FOUND[key] for paper in PAPERS for key in content(f"papers_{paper.key}")["exhibits"]
}
# what write-ups of the two papers often get wrong
MISTAKES = tuple(Mistake(**mistake) for mistake in content("papers_mistakes")["mistakes"])


def get_exhibit(key: str) -> Exhibit:
    """The exhibit of that key; raises `EffnetError` for an unknown one, with the nearest."""
    check_known("exhibit", key, EXHIBITS)
    return EXHIBITS[key]


def get_paper(key: str) -> Paper:
    """The paper of that key."""
    return next(paper for paper in PAPERS if paper.key == key)


@lru_cache(maxsize=64)
def lines(key: str) -> Lines:
    """The lines of an exhibit, read and counted once."""
    return tuple(replace(line, place=i) for i, line in enumerate(get_exhibit(key).read()))


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an exhibit's printed numbers compare with ours.

    Attributes:
        checked: Printed numbers that have one of ours beside them.
        agree: Of those, how many are ours to the last printed digit.
        worst: The pair that is furthest apart, in words; "" where nothing is checked.
    """

    checked: int
    agree: int
    worst: str


@remembered(maxsize=64)
def verdict(key: str) -> Verdict:
    """How an exhibit's printed numbers compare with ours."""
    found = list(pairs(lines(key)))
    if not found:
        return Verdict(0, 0, "")
    agree, wrong = sum(beside.agrees for _, _, beside in found), worst(lines(key))
    return Verdict(len(found), agree, apart(*wrong, get_exhibit(key).word) if wrong else "")


def checked(key: str) -> str:
    """The verdict as a sentence."""
    exhibit, found = get_exhibit(key), verdict(key)
    if not found.checked:
        return ""
    agree = say(
        "{agree} of {checked} drawn numbers that can be computed are within 2 % of the count."
        if exhibit.word == "drawn"
        else "{agree} of {checked} printed numbers that can be computed agree with ours to the "
        "last printed digit.",
        agree=found.agree,
        checked=found.checked,
    )
    if not found.worst:
        return agree
    return tidy(say("{agree} Furthest off: {worst}.", agree=agree, worst=found.worst))
