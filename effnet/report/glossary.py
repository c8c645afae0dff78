"""The glossary: what the terms mean, with a picture of each, and which of them a text uses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from effnet.base import DEFAULT, content
from effnet.figures import term_picture


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the field.

    Attributes:
        key: Its name in links and in `figures.term_pictures`.
        name: What it is called; a text for `say`, like `line`.
        line: What it means, in two or three sentences.
        spot: A regular expression that finds it in English prose.
        spot_zh: The same for Chinese.
    """

    key: str
    name: str
    line: str
    spot: str
    spot_zh: str

    def spot_in(self, language: str) -> str:
        """The regular expression that finds it in a language's prose."""
        found: str = getattr(self, "spot" if language == DEFAULT else f"spot_{language}")
        return found

    @property
    def picture(self) -> str:
        """An `svg` element without words; see `figures.term_picture`."""
        return term_picture(self.key)


@cache
def terms() -> Mapping[str, Term]:
    """Every term by its key, in the order of the glossary."""
    return {key: Term(key, **entry) for key, entry in content("glossary").items()}


def used_in(text: str) -> tuple[Term, ...]:
    """The terms that stand in a text, in the order in which it first names them.

    Args:
        text: In English, before `say` has translated it.
    """
    found = {
        term: place
        for term in terms().values()
        if (place := re.search(rf"(?<!\w)(?:{term.spot})(?!\w)", text, re.IGNORECASE))
    }
    return tuple(sorted(found, key=lambda term: found[term].start()))
