"""Reading measurements back: one's own, and files that came from somebody else.

A line that a crash tore, or that holds what can't be, is skipped and counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effnet.base import (
    EffnetError,
    Text,
    as_frame,
    csv_cells,
    has_numbers,
    mark,
    path_of,
    read_lines,
)
from effnet.scaling import AnyNetwork, spec_of
from effnet.timing.measurement_store import (
    COLUMNS,
    LONGEST_TEXT,
    NEEDED,
    OK,
    OUTCOMES,
    STAGE,
    Row,
    cells_of,
    folder,
    number,
    row_of,
    whole,
)
from effnet.timing.measurements import Latency
from effnet.timing.options import ENGINES, MOST_BATCH, PRECISIONS, Options
from effnet.timing.profiles import StageProfile, with_times
from effnet.timing.traffic import computed_stages

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_BYTES = 32 * 2**20
MOST_RUNS = 2000
STAGES = "stages.jsonl"  # where the time of each run went, until it became rows like all others


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held: its runs in order, and how many lines could not be used."""

    rows: tuple[Row, ...]
    skipped: int


def kept(where: Path | None = None) -> tuple[Row, ...]:
    """Every run in the folder, the newest last; a file that can't be read is passed over."""
    files = []
    for path in sorted((folder() if where is None else where).glob("*.csv")):
        state = path.stat()
        files.append((path, state.st_mtime_ns, state.st_size))
    return _kept(tuple(files))


@lru_cache(maxsize=4)
def _kept(files: tuple[tuple[Path, int, int], ...]) -> tuple[Row, ...]:
    found: list[Row] = []
    for path, _, size in files:
        try:
            with path.open("rb") as file:
                file.seek(max(0, size - MOST_BYTES // 2))
                data = file.read()
            if size > MOST_BYTES // 2:  # of a very long file the newest part
                data = ",".join(COLUMNS).encode() + b"\n" + data.partition(b"\n")[2]
            found += read(data, name=path.name).rows
        except (OSError, EffnetError):
            continue
    return tuple(sorted(found, key=lambda row: row.latency.environment.date))


def stages_of(run: str, spec: AnyNetwork, where: Path | None = None) -> tuple[StageProfile, ...]:
    """Where the time of a run of this network went; none where that was not kept, or is damaged."""
    for _, stages in mirrors((row for row in kept(where) if row.run.startswith(f"{run}.")), spec):
        return stages
    return _from_lines(run, (folder() if where is None else where) / STAGES)


def _from_lines(run: str, path: Path) -> tuple[StageProfile, ...]:
    """The stages as they were kept until 2026, a line of JSON a run."""
    found = [row["stages"] for row in read_lines(path) if row.get("run") == run]
    stages = found[-1] if found and isinstance(found[-1], list) else []
    names = [field.name for field in fields(StageProfile)]
    if not all(has_numbers(one, *names) for one in stages):
        return ()
    return tuple(StageProfile(**{name: one[name] for name in names}) for one in stages)


def read(data: bytes, *, name: str = mark("the file")) -> Reading:
    """Read a file of measurements, also one that came from somebody else.

    Raises:
        EffnetError: It is no such file, or too large.
    """
    if len(data) > MOST_BYTES:
        raise EffnetError(
            "{name} has {size:,} bytes; expected at most {most:,}",
            name=Text(name),
            size=len(data),
            most=MOST_BYTES,
        )
    text = data.decode("utf-8-sig", errors="replace").replace("\0", "")
    head, *lines = text.splitlines() or [""]
    columns = csv_cells(head)
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise EffnetError(
            "{name} is not a file of measurements: it has no column {missing}; expected what "
            "the Latency page or `python -m effnet bench` wrote",
            name=Text(name),
            missing=", ".join(missing),
        )
    skipped = 0
    firsts: dict[str, dict[str, str]] = {}
    samples: dict[str, list[float]] = {}
    for line in lines:
        values = csv_cells(line)
        cells = dict(zip(columns, values, strict=False))
        if len(values) != len(columns) or not _usable(cells):
            skipped += bool(line.strip())
            continue
        run = cells["run"][:LONGEST_TEXT]
        if run not in firsts and len(firsts) >= MOST_RUNS:
            skipped += 1
            continue
        firsts.setdefault(run, cells)
        if cells["sample_ms"]:
            samples.setdefault(run, []).append(float(cells["sample_ms"]))
    if not firsts and skipped:
        raise EffnetError(
            "none of the {n} lines of {name} is a measurement", n=skipped, name=Text(name)
        )
    rows = (row_of(run, cells, samples.get(run, [])) for run, cells in firsts.items())
    return Reading(tuple(rows), skipped)


def as_table(*paths: str | Path) -> "DataFrame":
    """Measurements of several machines as one data frame, a row a sample.

    Args:
        *paths: Files that the Latency page or `effnet bench` wrote, or folders of them; the user's
            own where none is given.

    Returns:
        The columns of the files, and `file`; runs that gave no time have one row without.

    Raises:
        EffnetError: A file can't be read, or is no file of measurements.
    """
    files: list[Path] = []
    for path in map(path_of, paths or (folder(),)):
        files += sorted(path.glob("*.csv")) if path.is_dir() else [path]
    rows: list[dict[str, Any]] = []
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            reason = error.strerror or error
            raise EffnetError("can't read {path}: {error}", path=file, error=reason) from None
        for row in read(data, name=file.name).rows:
            once = {"file": file.name} | cells_of(row)
            samples = row.latency.samples_ms or (None,)
            rows += [once | {"sample": i, "sample_ms": ms} for i, ms in enumerate(samples)]
    found = as_frame(rows)
    return found.replace("", None).infer_objects()


def _usable(cells: dict[str, str]) -> bool:
    outcome = cells.get("outcome", OK)
    if outcome not in OUTCOMES or not cells["run"]:
        return False
    batch, side = whole(cells["batch_size"]) or 0, whole(cells["resolution"]) or 0
    if not (1 <= batch <= MOST_BATCH and 1 <= side <= 2**20):
        return False
    if cells.get("precision", "fp32") not in PRECISIONS:
        return False
    if cells.get("engine", "eager") not in ENGINES:
        return False
    if not cells["sample_ms"]:
        return outcome != OK
    value = number(cells["sample_ms"])
    return value is not None and 0 < value < 1e8


def newest(rows: Sequence[Row], network: str, resolution: int, options: Options) -> Row | None:
    """The last measurement of a network at this size and with these options, if there is one."""
    wanted = replace(options, resolution=resolution)
    return next((row for row in reversed(rows) if _is(row, network, wanted)), None)


def _is(row: Row, network: str, options: Options) -> bool:
    found = row.latency
    if row.what != "latency" or not found.samples_ms or found.name != network:
        return False
    how = found.options
    device = how.device if options.device == "auto" else options.device
    threads = how.threads if options.threads is None else options.threads
    return how == replace(options, device=device, threads=threads)


def series(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Runs that were measured together, by what their names begin with; in order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.run.partition(".")[0], []).append(row)
    return found


def mirrors(
    rows: Iterable[Row], spec: AnyNetwork
) -> list[tuple[Latency, tuple[StageProfile, ...]]]:
    """Stages of a network that were timed somewhere, beside what is computed; the newest first.

    Each comes with the record of its first stage, which says how and where it was measured. Rows
    of another network of that name, or of one cut short, are passed over.
    """
    spec = spec_of(spec)
    alike = [row for row in rows if row.what == STAGE and row.latency.name == spec.name]
    found = []
    for stages in reversed(series(alike).values()):
        times = [row.latency.median_ms for row in stages if row.latency.samples_ms]
        first = stages[0].latency
        computed = computed_stages(spec, replace(first.options, resolution=None))
        counted = [(one.macs, one.params) for one in computed]
        if len(times) == len(stages) and counted == [(row.macs, row.params) for row in stages]:
            found.append((first, with_times(computed, times)))
    return found
