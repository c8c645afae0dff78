"""Text from outside is text: in Markdown, on a terminal, in a spreadsheet."""

import csv
import html
import io
import re

import pytest

from effnet.base import EffnetError
from effnet.base.foreign import cell, cell_text, csv_text, printable, verbatim
from effnet.train.results import read_rows, write_rows

HOSTILE = (
    "![](http://evil.example/x.png)", "[Sign in again](http://evil.example)", "<img src=x>",
    "**bold** _it_ `code` ~~no~~", "$x^2$", ":red[x] :smile: :material/home:", "# head", "- item",
    "1. item", "> quote", "a | b", "http://evil.example www.evil.example me@evil.example",
    "line\n\n# head", "\\[x\\]",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_foreign_text_as_it_is(text):
    """By mistune, which Jupyter's exporters use, with tables, strikethrough, formulas and links."""
    mistune = pytest.importorskip("mistune")
    page = mistune.create_markdown(escape=False, plugins=["strikethrough", "table", "url", "math"])(
        verbatim(text)
    )
    assert re.findall(r"<[^>]*>", page) == ["<p>", "</p>"]
    shown = html.unescape(page.strip().removeprefix("<p>").removesuffix("</p>"))
    assert shown.replace("\u2060", "") == html.unescape(" ".join(text.split()))
    assert "http://" not in verbatim(text)
    assert "www." not in verbatim(text)


@pytest.mark.parametrize("text", ["b0_edited at 224 px, 5.29 M", "100 %", "a (b), c/d 'e'"])
def test_plain_words_stay_readable(text):
    assert verbatim(text).replace("&#95;", "_") == text


def test_no_message_moves_a_cursor_or_turns_a_line():
    hostile = "\x1b]0;own\x07\x1b[2J\u202egnp.exe\r\ud800"
    assert printable(hostile) == "]0;own[2Jgnp.exe"
    assert "\x1b" not in str(EffnetError(f"no {hostile}"))
    assert len(str(EffnetError("x" * 10**6))) == 2000


@pytest.mark.parametrize("value", ["=1+1", "+x", "-x", "@SUM(A1)", "\t=1", "=cmd|' /C'!A0"])
def test_a_cell_is_no_formula_and_is_read_back_as_it_was(value, tmp_path):
    assert cell(value) == f"'{value}"
    assert cell_text(cell(value)) == value
    ((head,), (row,)) = csv.reader(io.StringIO(csv_text([value], [[value]]), newline=""))
    assert head == row == f"'{value}"
    if value.strip() == value:
        write_rows(tmp_path / "r.csv", [{"name": value}])
        assert read_rows(tmp_path / "r.csv") == [{"name": value}]


@pytest.mark.parametrize("value", ["-0.5", "+3", -2, 0.1, None, "b0", "1e-5", "-inf"])
def test_numbers_and_words_stay_as_they_are(value):
    assert cell(value) == value
