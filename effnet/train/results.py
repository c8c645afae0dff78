"""The table of an experiment: a row a training, written whole, read back, summed up over seeds."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import stdev
from typing import Any

from effnet.base import (
    cell_text,
    csv_cells,
    csv_text,
    is_number,
    percent,
    read_text,
    say,
    write_whole,
)

Row = dict[str, Any]

# what columns hold, where an experiment writes them
TEXTS = ("key", "way", "arm", "family")
POSITIVE = ("budget", "macs", "cpu_seconds")
NUMBERS = (
    *POSITIVE, "depth", "width", "resolution", "params", "seed", "epochs", "seconds", "steps",
    "rate", "alpha", "beta", "gamma", "promise", "relative_macs",
)  # fmt: skip
MOST, LONGEST = 1e15, 100

# Student's t, two-sided 95 %, by degrees of freedom from 1
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


@dataclass(frozen=True, slots=True)
class Result:
    """How a training ended.

    Attributes:
        top1: Share of the held-out pictures named right at the end, by the averaged weights.
        best_top1: The highest after any epoch; those weights are saved.
        by_group: Top-1 of each group of classes.
        loss: Mean training loss of the last epoch.
        seconds: Training time without tests, over all its processes' lives.
        cpu_seconds: Processor time of the same; other programs on the machine don't lengthen it.
        steps: Optimiser steps.
        digest: SHA-256 of the last weights: equal digests, equal weights.
        head_top1: Of a fine-tuning: top-1 before its first step, by a head fitted on the pretrained
            network's features of the same pictures; else None.
    """

    top1: float
    best_top1: float
    by_group: dict[str, float]
    loss: float
    seconds: float
    cpu_seconds: float
    steps: int
    digest: str
    head_top1: float | None = None


def as_row(result: Result) -> Row:
    """A result as one flat row."""
    row: Row = {name: value for name, value in asdict(result).items() if value is not None}
    return row | {f"top1_{name}": value for name, value in row.pop("by_group").items()}


def read_rows(path: Path, *needed: str) -> list[Row]:
    """The rows of a results file, numbers as numbers; none where it can't be read.

    A row that a crash or a hand has damaged is left out: one that is cut short, or has no number
    where an experiment writes one.

    Args:
        path: The CSV.
        needed: Columns that a row must have.
    """
    names, *rows = [csv_cells(line) for line in read_text(path).splitlines()] or [[]]
    if not set(needed) <= set(names):
        return []
    read = (
        {name: _read(name, text) for name, text in zip(names, row, strict=True)}
        for row in rows
        if row and len(row) == len(names)
    )
    return [row for row in read if all(_sound(name, value) for name, value in row.items())]


def _read(column: str, text: str) -> Any:
    if column in ("key", "digest"):  # digits and letters that may look like a number, as 1e5
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return cell_text(text)


def _sound(column: str, value: Any) -> bool:
    """Whether a value is one that an experiment can have written into the column."""
    share = column == "best_top1" or column.startswith("top1")
    if column in TEXTS:
        return isinstance(value, str) and len(value) <= LONGEST
    if not share and column not in NUMBERS:
        return True
    top = 1 if share else MOST
    return is_number(value) and 0 <= value <= top and (value > 0 or column not in POSITIVE)


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write a results file, whole or not at all."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    values = ([row.get(name, "") for name in names] for row in rows)
    cells = ([f"{v:.6g}" if isinstance(v, float) else v for v in row] for row in values)
    write_whole(path, csv_text(names, cells).encode())


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % confidence interval of a mean, by Student's t; 0 for one value."""
    n = len(values)
    if n < 2:
        return 0.0
    return T_95[min(n - 1, len(T_95)) - 1] * stdev(values) / math.sqrt(n)


@dataclass(frozen=True, slots=True)
class Summary:
    """Several seeds of one training.

    Attributes:
        name: The way of scaling, or the arm.
        budget: Multiply-adds aimed at, over the base's.
        macs: Counted; 0 where rows have none.
        top1: Every seed's accuracy.
        seconds, cpu_seconds: Means.
    """

    name: str
    budget: float
    macs: int
    top1: tuple[float, ...]
    seconds: float
    cpu_seconds: float

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return sum(self.top1) / len(self.top1)

    @property
    def spread(self) -> float:
        """Half of the 95 % confidence interval of the mean, by Student's t; 0 for one seed."""
        return half_width(self.top1)


def summaries(rows: Iterable[Row], by: str) -> tuple[Summary, ...]:
    """Rows of several seeds, one summary for each name and budget, in order of appearance."""
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((str(row[by]), float(row.get("budget", 1) or 1)), []).append(row)
    found = []
    for (name, goal), members in groups.items():

        def mean(column: str, members: list[Row] = members) -> float:
            return sum(float(m[column]) for m in members) / len(members)

        found.append(
            Summary(
                name,
                goal,
                int(members[0].get("macs", 0) or 0),
                tuple(float(m["top1"]) for m in members),
                mean("seconds"),
                mean("cpu_seconds"),
            )
        )
    return tuple(found)


def trained_where(rows: Sequence[Row]) -> str:
    """When and where the trainings of a results file ran, and how long all took, in words."""
    first = rows[0]
    return say(
        "Measured {date} on {processor}, {cores} {cores:core|cores}, PyTorch {torch}, fp32, one "
        "thread a training; dots are means, bars 95 % intervals over seeds (Student's t). {n} "
        "{n:training|trainings} took {hours:.1f} hours of one core.",
        date=str(first["date"])[:10],
        processor=first["processor"],
        cores=first["cores"],
        torch=first["torch"],
        n=len(rows),
        hours=sum(row["cpu_seconds"] for row in rows) / 3600,
    )


def against_head(top1: float, head_top1: float) -> str:
    """Whether training all layers of a pretrained network beat a head on it, in a sentence.

    Args:
        top1: The best after any epoch, or before the first.
        head_top1: Of the head that it began with.
    """
    if top1 > head_top1:
        return say(
            "A new last layer alone gets {head} of the same pictures right: training all layers "
            "gained {points:.1f} points.",
            head=percent(head_top1),
            points=100 * (top1 - head_top1),
        )
    return say(
        "No epoch did better than a new last layer alone, which got {head} right and was kept: "
        "there are too few pictures, or too few epochs, to improve on what the network had "
        "learned.",
        head=percent(head_top1),
    )
