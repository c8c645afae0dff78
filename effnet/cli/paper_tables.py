"""The papers' tables and figures, ours beside what was printed: `papers`."""

import argparse
from collections.abc import Sequence

from effnet.cli.console import Outcome, Rows
from effnet.cli.parser import Commands
from effnet.papers import (
    EXHIBITS,
    Cell,
    Exhibit,
    Table,
    checked,
    flat,
    get_exhibit,
    get_paper,
    lines,
    verdict,
)


def add(commands: Commands) -> None:
    """The command of this group."""
    parser = commands.add(
        "papers",
        _papers,
        "the papers' tables and figures, our values beside the printed ones",
        "",
        "v1-table-2",
        "v2-table-7 --csv",
    )
    named = parser.add_argument(
        "table", nargs="?", metavar="table", help="such as v1-table-2; all are listed if not given"
    )
    named.completer = lambda **_: list(EXHIBITS)  # type: ignore[attr-defined]


def _papers(options: argparse.Namespace) -> Outcome | Rows:
    if not options.table:
        return [_entry(exhibit) for exhibit in EXHIBITS.values()]
    exhibit = get_exhibit("-".join(options.table.lower().split()))
    table = flat(lines(exhibit.key), word=exhibit.word)
    remarks = (f"{exhibit.label}: {exhibit.title}", checked(exhibit.key), *_said_below(table))
    return Outcome(
        [_for_programs(table, row) for row in table.rows],
        [_for_people(table, row, exhibit.word) for row in table.rows],
        tuple(line for line in (*remarks, *(note.said for note in exhibit.notes)) if line),
    )


def _entry(exhibit: Exhibit) -> dict[str, str | int]:
    found = verdict(exhibit.key)
    return {
        "table": exhibit.key,
        "where": f"{get_paper(exhibit.paper).name}, {exhibit.label}",
        "title": exhibit.title,
        "checked": found.checked,
        "agree": found.agree,
    }


def _for_programs(table: Table, row: Sequence[Cell]) -> dict[str, str | float | None]:
    """A row's values by their columns' titles."""
    return {
        column.title or "row": cell.value for column, cell in zip(table.columns, row, strict=True)
    }


def _for_people(table: Table, row: Sequence[Cell], word: str) -> dict[str, str]:
    """A row's texts; what was printed, ours, and how far it is off stand in one cell."""
    told: dict[str, str] = {}
    for column, cell in zip(table.columns, row, strict=True):
        if column.kind == "off":
            title, computed = told.popitem()
            _, printed = told.popitem()
            pair = f"{printed or '-'} | {computed or '-'} {cell.text}".rstrip()
            title = title.replace(", computed", f", {word} | computed")
            told[title] = pair if printed or computed else ""
        elif column.kind != "note":
            told[column.title] = cell.text
    return told


def _said_below(table: Table) -> list[str]:
    """What is noted of rows, and where the numbers stand: once each."""
    told: dict[str, None] = {}
    for row in table.rows:
        *_, note, _source = row
        if note.text:
            told[f"{row[0].text}: {note.text}"] = None
    return [*told, *dict.fromkeys(f"source: {row[-1].text}" for row in table.rows)]
