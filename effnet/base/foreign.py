"""Text from outside, as text: names of files, classes and runs, values of links and settings.

Each way to show it has one function here, and nothing foreign is shown without it. HTML has its own
in `rich`, which escapes all that a card holds. Standard library only.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

# Control characters, unpaired surrogates, and the marks that turn the direction of what follows.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
MARKDOWN = re.compile(
    r"[\\`*_\[\]<>$&#~|{}!]"  # marks, wherever they stand
    r"|^[-+=:]|^\d+(?=[.)])"  # what begins a list
    r"|(?<=:)(?=\S)|(?<=www)(?=\.)|(?<=@)"  # addresses, and icons between colons
)
APART = "\u2060"  # a word joiner: takes no room, and what it stands in is no address or icon
FORMULA = tuple("=+-@\t\r")


def printable(text: str) -> str:
    """Text for a terminal or a log: what would move the cursor or turn the line is left out."""
    return UNPRINTABLE.sub("", text)


def verbatim(text: object) -> str:
    """Text that Markdown shows as it is, in a notebook or a page: no link, picture or formula."""
    return MARKDOWN.sub(_entity, " ".join(printable(str(text)).split()))


def _entity(found: re.Match[str]) -> str:
    mark = found[0]
    return "".join(f"&#{ord(letter)};" for letter in mark) if mark else APART


def cell(value: Any) -> Any:
    """A value of a CSV for people: text that a spreadsheet would run gets a quote before it."""
    if not (isinstance(value, str) and value.startswith(FORMULA)):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def cell_text(text: str) -> str:
    """A text as it was before `cell`."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def csv_cells(line: str) -> list[str]:
    """A line's cells; none where it is broken. Each line by itself: a torn one costs no other."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return []


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV for people, with its head."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([cell(value) for value in row] for row in (columns, *rows))
    return text.getvalue()
