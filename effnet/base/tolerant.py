"""Files as a crash may have left them: what can't be read is not there. Standard library only."""

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from effnet.base import files

MOST_BYTES = 32 * 2**20  # of a file that is read whole


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row to a JSONL file; a line cut short by a crash is skipped when read."""
    files.add_to(path, json.dumps(row) + "\n")


def read_text(path: Path) -> str:
    """A text file, with marks for what is not UTF-8; "" where none can be read, or it is huge."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def read_json(path: Path) -> Any:
    """What a JSON file holds; None where it can't be read."""
    return _parsed(read_text(path))


def _parsed(text: str) -> Any:
    try:
        found = json.loads(text)
        if "\\ud" in text.lower():  # half of a pair can't be shown
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found


def read_lines(path: Path, *numbers: str) -> list[dict[str, Any]]:
    """The rows of a JSONL file in which these are numbers; none where it can't be read."""
    rows = (_parsed(line) for line in read_text(path).splitlines())
    return [row for row in rows if has_numbers(row, *numbers)]


def has_numbers(found: Any, *names: str) -> bool:
    """Whether this is a dictionary in which these are finite numbers."""
    return isinstance(found, dict) and all(is_number(found.get(name)) for name in names)


def is_number(value: Any) -> bool:
    """Whether this is a number that can be drawn."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) < 1e300
        and isfinite(value)
    )
