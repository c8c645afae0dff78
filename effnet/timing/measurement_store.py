"""Measurements on disk: append-only CSV, one row a sample, readable after a crash at any moment.

Files lie in one folder (`folder()`), named for device, processor, PyTorch and precision. Every row
stands by itself: it names the run that it belongs to and repeats its conditions, so a file can be
cut, joined and sorted. A last line that a crash tore is skipped by the reader and closed by the
next writer.
"""

import csv
import io
import os
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, Self

from effnet.base import cell, csv_text, files, mark
from effnet.timing.measurements import Environment, Latency

FOLDER = "EFFNET_TIMES"  # environment variable: where measurements are kept

COLUMNS = (
    "run",
    "date",
    "network",
    "link",
    "what",
    "batch_size",
    "resolution",
    "precision",
    "channels_last",
    "folded",
    "engine",
    "cuda_graph",
    "threads",
    "device",
    "processor",
    "cores",
    "driver",
    "torch",
    "engine_version",
    "python",
    "platform",
    "load_before",
    "other_cores",
    "macs",
    "params",
    "activations",
    "peak_memory_bytes",
    "sample",
    "sample_ms",
    "outcome",
)
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
    if chosen:
        return Path(chosen)
    return files.cache_folder("times")


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


class Writer:
    """Appends rows to a file, each in one write, so that a crash tears at most the last one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        files.make_folder(path.parent)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        with files.writing(path):
            self._file = os.open(path, flags, 0o644)
            size = os.fstat(self._file).st_size
            torn = size > 0 and _last_byte(path) != b"\n"
            if torn:
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
        values = cells_of(row) | {
            "sample": sample,
            "sample_ms": "" if sample_ms is None else f"{sample_ms:.6g}",
        }
        self._write([values[name] for name in COLUMNS])

    def add_all(self, row: Row) -> None:
        """Append every sample of a run, or its outcome where it has none."""
        for number, value in enumerate(row.latency.samples_ms, start=1):
            self.add(row, number, value)
        if not row.latency.samples_ms:
            self.add(row, 0, None)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


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


def as_csv(rows: Iterable[Row]) -> str:
    """Runs as the text of a file."""
    lines = []
    for row in rows:
        for number, value in enumerate(row.latency.samples_ms or (None,), start=1):
            cells = cells_of(row) | {"sample": number if value is not None else 0}
            cells["sample_ms"] = "" if value is None else f"{value:.6g}"
            lines.append([cells[name] for name in COLUMNS])
    return csv_text(COLUMNS, lines)


def cells_of(row: Row) -> dict[str, Any]:
    """A run's cells but for its samples; texts on one line."""
    found, where = row.latency, row.latency.environment
    values = {
        "run": row.run,
        "date": where.date,
        "network": found.name,
        "link": found.link,
        "what": row.what,
        "batch_size": found.batch_size,
        "resolution": found.resolution,
        "precision": found.precision,
        "channels_last": int(found.channels_last),
        "folded": int(found.folded),
        "engine": found.engine,
        "cuda_graph": int(found.cuda_graph),
        "threads": where.threads,
        "device": where.device,
        "processor": where.processor,
        "cores": "" if where.cores is None else where.cores,
        "driver": where.driver,
        "torch": where.torch,
        "engine_version": where.engine_version,
        "python": where.python,
        "platform": where.platform,
        "load_before": "" if where.load_before is None else f"{where.load_before:.2f}",
        "other_cores": "" if where.other_cores is None else f"{where.other_cores:.3f}",
        "macs": row.macs,
        "params": row.params,
        "activations": row.activations,
        "peak_memory_bytes": "" if found.peak_memory_bytes is None else found.peak_memory_bytes,
        "outcome": row.outcome,
    }
    return {
        name: " ".join(value.split()) if isinstance(value, str) else value
        for name, value in values.items()
    }
