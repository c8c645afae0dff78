"""Measurements on disk: append-only CSV, one row a sample, readable after a crash at any moment.

Files lie in one folder (`folder()`), named for device, processor, PyTorch and precision. Every row
stands by itself: it names the run that it belongs to and repeats its conditions, so a file can be
cut, joined and sorted. A last line that a crash tore is skipped by the reader and closed by the
next writer.
"""

import csv
import io
import math
import os
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from effnet.base import cell, cell_text, csv_text, files, mark, path_of, printable
from effnet.timing.measurements import Environment, Latency
from effnet.timing.options import Options
from effnet.timing.profiles import StageProfile

LONGEST_TEXT = 120  # of those read from a file
FOLDER = "EFFNET_TIMES"  # environment variable: where measurements are kept
STAGE = "stage"  # what a row is that holds the median of one stage of a pass


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: which value of which record it holds, and how that is written.

    Attributes:
        name: Its title in the file.
        home: Whose value it is: "row", "latency", "options" or "environment".
        write: The value as it stands in the file.
        read: The text in the file as a value; None where it is none.
        field: The value's name in its record; the column's where not given.
    """

    name: str
    home: str
    write: Callable[[Any], str | int]
    read: Callable[[str], Any]
    field: str = ""


def _text(value: str) -> str:
    return " ".join(value.split())


def _told(text: str) -> str:
    return _text(printable(cell_text(text)))[:LONGEST_TEXT]


def number(text: str) -> float | None:
    """A finite number; None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def whole(text: str) -> int | None:
    """A whole number; None where the text is none."""
    value = number(text)
    return int(value) if value is not None and value == int(value) else None


def _count(text: str) -> int:
    return max(0, whole(text) or 0)


def _known(written: str) -> Callable[[float | None], str]:
    return lambda value: "" if value is None else format(value, written)


TEXT, COUNT, FLAG = (_text, _told), (int, _count), (int, "1".__eq__)
WHOLE = _known("d"), whole

TABLE = (
    Column("run", "row", *TEXT),
    Column("date", "environment", *TEXT),
    Column("network", "latency", *TEXT, "name"),
    Column("link", "latency", *TEXT),
    Column("what", "row", *TEXT),
    Column("batch_size", "options", *COUNT),
    Column("resolution", "options", *COUNT),
    Column("precision", "options", *TEXT),
    Column("channels_last", "options", *FLAG),
    Column("folded", "options", *FLAG),
    Column("engine", "options", *TEXT),
    Column("cuda_graph", "options", *FLAG),
    Column("threads", "environment", *COUNT),
    Column("device", "environment", *TEXT),
    Column("processor", "environment", *TEXT),
    Column("cores", "environment", *WHOLE),
    Column("driver", "environment", *TEXT),
    Column("torch", "environment", *TEXT),
    Column("engine_version", "environment", *TEXT),
    Column("python", "environment", *TEXT),
    Column("platform", "environment", *TEXT),
    Column("load_before", "environment", _known(".2f"), number),
    Column("other_cores", "environment", _known(".3f"), number),
    Column("macs", "row", *COUNT),
    Column("params", "row", *COUNT),
    Column("activations", "row", *COUNT),
    Column("peak_memory_bytes", "latency", *WHOLE),
    Column("sample", "", *COUNT),
    Column("sample_ms", "", _known(".6g"), number),
    Column("outcome", "row", *TEXT),
)
COLUMNS = tuple(column.name for column in TABLE)
NEEDED = ("run", "network", "batch_size", "resolution", "sample_ms")
OK, MEMORY, REFUSED = "ok", mark("out of memory"), mark("not measured")
OUTCOMES = (OK, MEMORY, REFUSED)


@dataclass(frozen=True, slots=True)
class Row:
    """A run as it is kept: what was measured, beside what was counted.

    Attributes:
        run: Its name, unique.
        what: The series that it belongs to: "latency", "batch", "resolution", "phi", "family", ...
        latency: The measurement; its `samples_ms` are empty where there are none.
        macs, params, activations: Computed, for one image; 0 where not known.
        outcome: "ok", "out of memory" or "not measured".
    """

    run: str
    what: str
    latency: Latency
    macs: int = 0
    params: int = 0
    activations: int = 0
    outcome: str = OK


def folder() -> Path:
    """Where this user's measurements are: `$EFFNET_TIMES`, or the cache folder."""
    chosen = os.environ.get(FOLDER)
    return path_of(chosen) if chosen else files.cache_folder("times")


def file_name(where: Environment, precision: str) -> str:
    """Device, processor, PyTorch's version and precision: `cpu-xeon-e5-2690-torch2.15-fp32.csv`."""
    version = ".".join(where.torch.split("+")[0].split(".")[:2])
    name = re.sub(r"\((r|tm|c)\)|\bcpu\b|@.*|processor|nvidia", " ", where.processor.lower())
    return f"{_slug(where.device)}-{_slug(name)}-torch{version}-{precision}.csv"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "unknown"


def new_run() -> str:
    """A name for a run that no other has."""
    return uuid.uuid4().hex[:12]


# --- writing ----------------------------------------------------------------------------------


class Writer(AbstractContextManager["Writer"]):
    """Appends rows to a file, each in one write, so that a crash tears at most the last one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        files.make_folder(path.parent)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        with files.writing(path):
            self._file = os.open(path, flags, 0o644)
            size = os.fstat(self._file).st_size
            os.lseek(self._file, max(0, size - 1), os.SEEK_SET)
            if size and os.read(self._file, 1) != b"\n":
                os.write(self._file, b"\n")  # what a crash tore ends here
        if size == 0:
            self._write(COLUMNS)

    def _write(self, cells: Sequence[Any]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(map(cell, cells))
        with files.writing(self.path):
            os.write(self._file, line.getvalue().encode())

    def add(self, row: Row, sample: int, sample_ms: float | None) -> None:
        """Append one sample of a run; None where there is none to tell."""
        self._write(_line(row, sample, sample_ms))

    def add_all(self, row: Row) -> None:
        """Append every sample of a run, or its outcome where it has none."""
        for sample in _samples(row):
            self.add(row, *sample)

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _samples(row: Row) -> list[tuple[int, float | None]]:
    """A run's samples with their numbers from 1; where it has none, that is number 0."""
    return list(enumerate(row.latency.samples_ms, start=1)) or [(0, None)]


def check_folder(into: Path | None = None) -> None:
    """Make the folder for measured times; `Unwritable` where none can be written into."""
    where = folder() if into is None else into
    files.make_folder(where)
    with files.writing(where), TemporaryFile(dir=where):
        pass


def keep(rows: Iterable[Row], *, into: Path | None = None) -> list[Path]:
    """Append runs to the files that they belong to; gives those files."""
    where = folder() if into is None else into
    files: dict[Path, None] = {}
    for row in rows:
        path = where / file_name(row.latency.environment, row.latency.precision)
        with Writer(path) as writer:
            writer.add_all(row)
        files[path] = None
    return list(files)


def stage_rows(run: str, latency: Latency, stages: Iterable[StageProfile]) -> list[Row]:
    """Where a run's time went as rows, one a stage, that `reading.mirrors` reads back.

    Args:
        run: The run's name, which theirs begin with.
        latency: How and where it was measured.
        stages: Its stages with their medians.
    """
    return [
        Row(
            f"{run}.{one.stage:02d}",
            STAGE,
            replace(latency, samples_ms=(one.median_ms,), peak_memory_bytes=None),
            one.macs,
            one.params,
            one.activations,
        )
        for one in stages
    ]


def as_csv(rows: Iterable[Row]) -> str:
    """Runs as the text of a file."""
    return csv_text(COLUMNS, [_line(row, *sample) for row in rows for sample in _samples(row)])


def _line(row: Row, sample: int, sample_ms: float | None) -> list[str | int]:
    cells = cells_of(row)
    cells |= {"sample": sample, "sample_ms": _known(".6g")(sample_ms)}
    return [cells[name] for name in COLUMNS]


def cells_of(row: Row) -> dict[str, Any]:
    """A run's cells but for its samples; texts on one line."""
    latency = row.latency
    homes = {
        "row": row,
        "latency": latency,
        "options": latency.options,
        "environment": latency.environment,
    }
    return {
        column.name: column.write(getattr(homes[column.home], column.field or column.name))
        for column in TABLE
        if column.home
    }


def row_of(run: str, cells: Mapping[str, str], samples: Iterable[float]) -> Row:
    """The run whose cells these are: what `cells_of` wrote; what a file lacks is left open."""
    homes: dict[str, dict[str, Any]] = {"row": {}, "latency": {}, "options": {}, "environment": {}}
    defaults = {"network": "unknown", "device": "unknown", "processor": "unknown"}
    defaults |= {"precision": "fp32", "engine": "eager", "what": "latency", "outcome": OK}
    for column in TABLE:
        if column.home:
            text = cells.get(column.name) or defaults.get(column.name, "")
            homes[column.home][column.field or column.name] = column.read(text)
    where = Environment(**homes["environment"])
    options = Options(**homes["options"], device=where.device, threads=where.threads)
    latency = Latency(
        **homes["latency"], samples_ms=tuple(samples), options=options, environment=where
    )
    return Row(**homes["row"] | {"run": run}, latency=latency)
