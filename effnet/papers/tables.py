"""An exhibit as a flat table: every printed number beside ours, as values and as text."""

from dataclasses import dataclass
from typing import Literal

from effnet.base import DEFAULT, csv_text, mark, say, significant, speaking
from effnet.papers.records import Beside, Exhibit, Lines, Value, grouped, number
from effnet.papers.wording import shown

Kind = Literal["text", "printed", "computed", "off", "note"]
SAME = mark("same")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, and what stands in it."""

    title: str
    kind: Kind
    numeric: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, and how it is written; numbers sort by value and read as printed."""

    value: str | float | None
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and a row of cells for every line."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def flat(lines: Lines, *, word: str = "printed") -> Table:
    """The exhibit's lines with three columns for every pair, the note and the source last.

    Titles, names and texts are in the reader's language; sources stay as they are recorded.
    """
    columns = [Column("", "text", numeric=False)]
    rows = [[_text(shown(line.name))] for line in lines]
    for title in lines[0].values:
        values = [line.values[title] for line in lines]
        if any(isinstance(value, Beside) for value in values):
            pairs = [value if isinstance(value, Beside) else Beside("", None) for value in values]
            columns += _pair_columns(title, word)
            for row, pair in zip(rows, pairs, strict=True):
                row.extend(_pair_cells(pair))
            continue
        numeric = all(_is_number(value) for value in values)
        ours = "computed" in title
        columns.append(Column(shown(title), "computed" if ours else "printed", numeric))
        decimals = _decimals(values)
        for row, value in zip(rows, values, strict=True):
            row.append(_cell(value, numeric=numeric, decimals=decimals))
    for title in ("note", "source"):
        columns.append(Column(say(title), "note", numeric=False))
        for row, line in zip(rows, lines, strict=True):
            row.append(_text(say(line.note) if title == "note" else line.source))
    return Table(tuple(columns), tuple(tuple(row) for row in rows))


def _pair_columns(title: str, word: str) -> list[Column]:
    quantity, bracket, unit = title.partition(" (")
    unit = bracket + unit
    return [
        Column(shown(f"{quantity}, {word}{unit}"), "printed", numeric=True),
        Column(shown(f"{quantity}, computed{unit}"), "computed", numeric=True),
        Column(shown(f"{quantity}, off (%)"), "off", numeric=True),
    ]


def _pair_cells(pair: Beside) -> list[Cell]:
    ours = pair.computed
    off = None if pair.off is None else 100 * pair.off
    written = "" if ours is None else f"{ours:,}" if isinstance(ours, int) else significant(ours)
    apart = "" if off is None else say(SAME) if pair.agrees else f"{off:+.1f}"
    return [
        Cell(pair.value, grouped(pair.printed)),
        Cell(ours, written),
        Cell(off, apart),
    ]


def _is_number(value: Value) -> bool:
    return value in ("", None) or (
        number(value) is not None if isinstance(value, str) else isinstance(value, (int, float))
    )


def _decimals(values: list[Value]) -> int:
    """How many decimals a column of our own rounded numbers has, the same in each of its cells."""
    ours = [value for value in values if isinstance(value, float) and value == round(value, 2)]
    return max((len(str(value).partition(".")[2]) for value in ours), default=0)


def _cell(value: Value, *, numeric: bool, decimals: int) -> Cell:
    if isinstance(value, str):
        return Cell(number(value), grouped(value)) if numeric else _text(shown(value))
    if isinstance(value, (int, float)):
        if isinstance(value, int):
            return Cell(value, f"{value:,}")
        rounded = value == round(value, 2)
        return Cell(value, f"{value:,.{decimals}f}" if rounded else significant(value))
    return Cell(None, "")


def _text(text: str) -> Cell:
    return Cell(text, text)


def as_csv(exhibit: Exhibit, lines: Lines, *, header: str) -> str:
    """The table as CSV, exact values, with comment lines on top; English, as programs read it."""
    with speaking(DEFAULT):
        table = flat(lines, word=exhibit.word)
    head = (f"{exhibit.label}: {exhibit.title}", exhibit.source, header)
    return "".join(f"# {line}\n" for line in head) + csv_text(
        [column.title or "row" for column in table.columns],
        (["" if cell.value is None else cell.value for cell in row] for row in table.rows),
    )
