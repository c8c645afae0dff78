"""A column is declared once: what a page's cell and a text of it say."""

from dataclasses import dataclass

import pytest

from effnet.app.kit import sheet
from effnet.base import COLUMNS, Column, column, lines, share, speaking


@dataclass(frozen=True)
class Network:
    name: str
    params: int
    macs: int
    weights_bytes: int | None
    macs_share: float
    published: bool


B0 = Network("b0", 5_288_548, 385_873_088, 21_154_192, 0.0714, True)


def test_a_cell_is_a_number_in_its_unit_and_a_text_is_written_out():
    shown = ("params", "macs", "weights_bytes", "macs_share", "published")
    cells = [column(one).cell(B0) for one in shown]
    assert cells == [
        5_288_548,
        385_873_088,
        pytest.approx(20.174, abs=5e-4),
        pytest.approx(7.14),
        True,
    ]
    _, (texts,) = lines([B0], *shown)
    assert texts == ("5.29 M", "0.386 G", "20.2 MiB", "7.1 %", "yes")


def test_what_is_not_there_is_none_in_a_cell_and_a_dash_in_a_text():
    empty = {"weights_bytes": None}
    assert column("weights_bytes").cell(empty) is None
    assert lines([empty], "weights_bytes")[1] == (("-",),)


def test_titles_and_fields_are_said_in_the_readers_language_and_names_from_outside_are_not():
    stage = Column("stage", "kind")
    named = Column("network", lambda row: row["kind"])
    with speaking("zh"):
        assert lines([{"kind": "depthwise"}], stage, named) == (
            ("阶段", "网络"),
            (("逐通道", "depthwise"),),
        )


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("%.2f x", 2.5, "2.50 x"),
        (",", 1234567, "1,234,567"),
        ("", 0.25, "0.25"),
        ("", 1234567, "1234567"),
        ("", [1, 2], "[1, 2]"),
        (hex, 255, "0xff"),
    ],
)
def test_a_form_writes_numbers(form, value, text):
    assert Column("", "n", form).text(value) == text


def test_two_columns_of_one_title_stand_side_by_side():
    times = [Column("of this", lambda row, by=by: row * by) for by in (2, 3)]
    assert sheet.cells([10], [share("share", float), *times]) == {
        "share": [1000], "of this": [20], "of this ": [30],
    }  # fmt: skip


def test_every_declared_column_is_called_by_its_field():
    assert all(name == one.of for name, one in COLUMNS.items())
    assert column("no_such_field").title == "no such field"
