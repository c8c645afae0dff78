"""The table of an experiment: a row a training, written whole, read back, summed up over seeds."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from effnet.base import cell_text, csv_text, write_whole

Row = dict[str, Any]

# Student's t, two-sided 95 %, by degrees of freedom from 1
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def read_rows(path: Path) -> list[Row]:
    """The rows of a results file, numbers as numbers; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{k: _read(k, v) for k, v in row.items()} for row in csv.DictReader(file)]


def _read(column: str, text: str) -> Any:
    if column in ("key", "digest"):  # digits and letters that may look like a number, as 1e5
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return cell_text(text)


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write a results file, whole or not at all."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    values = ([row.get(name, "") for name in names] for row in rows)
    cells = ([f"{v:.6g}" if isinstance(v, float) else v for v in row] for row in values)
    write_whole(path, csv_text(names, cells).encode())


@dataclass(frozen=True, slots=True)
class Summary:
    """Several seeds of one training.

    Attributes:
        name: The way of scaling, or the arm.
        budget: Multiply-adds aimed at, over the base's.
        macs: Counted; 0 where rows have none.
        top1: Every seed's accuracy.
        groups: Mean accuracy by group of classes.
        seconds, cpu_seconds: Means.
    """

    name: str
    budget: float
    macs: int
    top1: tuple[float, ...]
    groups: tuple[tuple[str, float], ...]
    seconds: float
    cpu_seconds: float

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return sum(self.top1) / len(self.top1)

    @property
    def spread(self) -> float:
        """Half of the 95 % confidence interval of the mean, by Student's t; 0 for one seed."""
        n = len(self.top1)
        if n < 2:
            return 0.0
        variance = sum((value - self.mean) ** 2 for value in self.top1) / (n - 1)
        return T_95[min(n - 1, len(T_95)) - 1] * float((variance / n) ** 0.5)


def largest_budget(found: Iterable[Summary]) -> float:
    """The largest budget at which most of the ways are finished; 1 where there is none yet."""
    budgets = [s.budget for s in found if s.name != "base"]
    counts = {goal: budgets.count(goal) for goal in budgets}
    most = max(counts.values(), default=0)
    return max((goal for goal, count in counts.items() if count == most), default=1.0)


def summaries(rows: Iterable[Row], by: str) -> tuple[Summary, ...]:
    """Rows of several seeds, one summary for each name and budget, in order of appearance."""
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((str(row[by]), float(row.get("budget", 1) or 1)), []).append(row)
    found = []
    for (name, goal), members in groups.items():
        kinds = [k.removeprefix("top1_") for k in members[0] if k.startswith("top1_")]

        def mean(column: str, members: list[Row] = members) -> float:
            return sum(float(m[column]) for m in members) / len(members)

        found.append(
            Summary(
                name,
                goal,
                int(members[0].get("macs", 0) or 0),
                tuple(float(m["top1"]) for m in members),
                tuple((kind, mean(f"top1_{kind}")) for kind in kinds),
                mean("seconds"),
                mean("cpu_seconds"),
            )
        )
    return tuple(found)
