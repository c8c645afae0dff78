"""What the command line prints: tables that know the width, CSV, JSON, doubts and moving bars.

A person at a terminal gets colours and folded cells; a pipe gets one line a row.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from effnet.base import Column, column, csv_text, printable

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table

Rows = list[dict[str, Any]]
Result = dict[str, Any] | Rows
Advance = Callable[..., None]  # told the share that is done; what else it is told is passed over

OWN = {  # what the options' units and the lists of weights call otherwise than the pages
    one.of: one
    for one in (
        Column("weights, MB", "weights_bytes", "%.1f", 1e6),
        Column("peak memory, MB", "peak_bytes", "%.1f", 1e6),
        Column("top-1 (%)", "top1"),
    )
}
HIDDEN = {
    "spec",
    "samples_ms",
    "environment",
    "changed",
    "source",
    "mean",
    "std",
    "params_share",
    "activations_share",
    "exact_channels",
    "exact_repeats",
    "drop_rate",
    "link",
    "doubts",
    "peak_memory_bytes",
}
UNBROKEN = 100_000  # characters: as wide as a pipe's line may be
FOLDED = 34  # characters of a cell from which on it is folded
GAP = 2  # between columns


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command gives, where that is more than its rows.

    Attributes:
        result: For programs, and for people where `people` is None.
        people: The rows that people see in its place.
        remarks: Lines beside the result, on the error stream: sources, doubts.
        problems: What could not be done, a line each; the exit code is then 1.
    """

    result: Result
    people: Result | None = None
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def give(outcome: Outcome, *, form: str) -> None:
    """Print a result on standard output, and what is to be said of it on the error stream.

    Args:
        outcome: The result.
        form: "json", "csv", or "" for people.
    """
    if form == "json":
        print(json.dumps(outcome.result, indent=2, default=str))
    elif form == "csv":
        print(as_csv(outcome.result), end="")
    else:
        _show(outcome.result if outcome.people is None else outcome.people)
    sys.stdout.flush()
    for line in outcome.remarks:
        warn(line)
    for line in outcome.problems:
        warn(f"effnet: {line}")


def warn(line: str) -> None:
    """One line on the error stream."""
    print(printable(" ".join(line.split())), file=sys.stderr)


def as_csv(result: Result) -> str:
    """A result's rows, or its single values as one row; lists and records as JSON in a cell."""
    rows = _rows(result) or ([result] if isinstance(result, dict) else [])
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return csv_text(keys, ([_plain(row.get(key)) for key in keys] for row in rows)) if keys else ""


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value, default=str) if isinstance(value, (dict, list, tuple)) else value


def _rows(result: Result) -> Rows:
    if isinstance(result, list):
        return result
    return next((value for value in result.values() if isinstance(value, list)), [])


# --- for people -------------------------------------------------------------------------------


def _show(result: Result) -> None:
    """Single values first, a line each; then the rows as a table."""
    rows = _rows(result)
    if isinstance(result, dict):
        for key, value in result.items():
            if key not in HIDDEN and not isinstance(value, list):
                title, written = _cell(key, value)
                print(printable(f"{title}: {written}"))
        if rows:
            print()
    if rows:
        _print(rows)


def _print(rows: Rows) -> None:
    """The rows as a table; one that is wider than the terminal goes on below, as pandas' do."""
    from rich.console import Console

    keys = [key for key in rows[0] if key not in HIDDEN]
    if not sys.stdout.isatty():
        text = io.StringIO()
        Console(file=text, width=UNBROKEN, color_system=None).print(_table(rows, keys))
        for line in text.getvalue().splitlines():
            print(line.rstrip())
        return
    console = Console(highlight=False)
    for part, columns in enumerate(_that_fit(rows, keys, console.width)):
        console.print(*[""] * bool(part), _table(rows, columns), sep="\n")


def _table(rows: Rows, keys: list[str]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    for key in keys:
        right = any(isinstance(row[key], (int, float)) for row in rows)
        table.add_column(
            Text(_cell(key, None)[0]),
            justify="right" if right else "left",
            overflow="fold",
            style="cyan" if key == keys[0] else "",
            min_width=min(_width(rows, key), FOLDED),
        )
    for row in rows:
        uncertain = row.get("stable") is False
        cells = (Text(printable(_cell(key, row[key])[1])) for key in keys)
        table.add_row(*cells, style="yellow" if uncertain else "")
    return table


def _width(rows: Rows, key: str) -> int:
    return max(len(_cell(key, None)[0]), *(len(_cell(key, row[key])[1]) for row in rows))


def _that_fit(rows: Rows, keys: list[str], width: int) -> Iterator[list[str]]:
    """The columns in groups that fit beside the first one, which is repeated."""
    first, *others = keys
    room = width - min(_width(rows, first), FOLDED)
    group, left = [first], room
    for key in others:
        needed = min(_width(rows, key), FOLDED) + GAP
        if needed > left and len(group) > 1:
            yield group
            group, left = [first], room
        group.append(key)
        left -= needed
    yield group


def _cell(key: str, value: Any) -> tuple[str, str]:
    declared = OWN.get(key) or column(key)
    return declared.title, declared.text(value)


# --- bars -------------------------------------------------------------------------------------


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def bar(title: str, *, known: bool = True) -> Iterator[Advance]:
    """A bar on the error stream while something goes on; nothing where that is no terminal.

    Args:
        title: What goes on.
        known: False where nobody knows how far it is: the bar only moves.

    Yields:
        A function that is told the share that is done, 0 to 1.
    """
    with _progress() as progress:
        task = progress.add_task(printable(title), total=1.0 if known else None)
        yield lambda share, *_: progress.update(task, completed=share)
