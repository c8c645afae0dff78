"""Runs as folders: what they should do, what they said, whether they live, how to stop them.

Every run has a folder of its own under `$EFFNET_RUNS` (or the user's cache folder) and a process of
its own, so it outlives a page, a tab and the app itself, and everybody sees the same runs. The
process holds a lock on a file for as long as it lives; the system lets go of it however it ends.
No torch.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import effnet
from effnet.base import EffnetError, files, path_of, say, write_whole
from effnet.train.run_texts import BUSY, retold

FOLDER_VARIABLE = "EFFNET_RUNS"
ORDER, LOCK, STOP, RESULT, LOG = "order.json", "lock", "stop", "result.json", "log.txt"
METRICS, BEST = "metrics.jsonl", "best.safetensors"

State = Literal["running", "done", "stopped", "broken"]


def runs_folder() -> Path:
    """Where all runs lie: `$EFFNET_RUNS`, or `effnet/runs` in the user's cache folder."""
    own = os.environ.get(FOLDER_VARIABLE)
    return path_of(own) if own else files.cache_folder("runs")


@dataclass(frozen=True, slots=True)
class Run:
    """A run by its folder.

    Attributes:
        folder: Where everything lies.
        kind: What it does: "train", "scaling", "search", "progressive", "steps".
        title: For people, in English; or as they named it.
        options: What it was asked to do.
        created: Seconds since 1970.
    """

    folder: Path
    kind: str
    title: str
    options: dict[str, Any]
    created: float

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def said_title(self) -> str:
        """The title in the reader's language."""
        return retold(self.title)

    @property
    def state(self) -> State:
        """Whether it runs, is done, was stopped, or broke off."""
        if is_held(self.folder):
            return "running"
        if (self.folder / RESULT).exists():
            return "done"
        return "stopped" if (self.folder / STOP).exists() else "broken"

    def result(self) -> dict[str, Any] | None:
        """What it ended with, if it did."""
        path = self.folder / RESULT
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def last_words(self) -> str:
        """The end of its log: why it broke off, if it did."""
        path = self.folder / LOG
        if not path.exists():
            return ""
        lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row to a JSONL file; a line cut short by a crash is skipped when read."""
    files.add_to(path, json.dumps(row) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file; () if there is none."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_text("utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


# --- starting, finding, stopping --------------------------------------------------------------


def create(kind: str, title: str, options: Mapping[str, Any]) -> Run:
    """Make a run's folder; nothing starts yet."""
    created = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(created))
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or kind
    root = files.make_folder(runs_folder())
    for attempt in range(1000):
        folder = root / (f"{stamp}-{slug}" + (f"-{attempt}" if attempt else ""))
        try:
            with files.writing(folder):
                folder.mkdir()
        except files.Unwritable as error:
            if isinstance(error.__cause__, FileExistsError):
                continue
            raise
        order = {"kind": kind, "title": title, "options": dict(options), "created": created}
        write_whole(folder / ORDER, json.dumps(order, indent=1).encode())
        return Run(folder, kind, title, dict(options), created)
    raise EffnetError(say("can't make a folder for the run in {root}", root=root))


def open_run(folder: Path) -> Run:
    """The run in a folder.

    Raises:
        EffnetError: There is none.
    """
    try:
        order = json.loads((folder / ORDER).read_text("utf-8"))
        return Run(folder, order["kind"], order["title"], order["options"], order["created"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EffnetError(
            say("{folder} is not a run's folder ({error})", folder=folder, error=error)
        ) from None


def find(name: str) -> Run:
    """The run of that name; `EffnetError` with the known ones if there is none."""
    for run in list_runs():
        if run.name == name:
            return run
    known = ", ".join(run.name for run in list_runs()[:5]) or say("none yet")
    raise EffnetError(
        say(
            "no run {name} in {folder}; there are {known}",
            name=repr(name),
            folder=runs_folder(),
            known=known,
        )
    )


def list_runs(kind: str | None = None) -> list[Run]:
    """All runs, newest first; of one kind where one is given."""
    root = runs_folder()
    found = []
    for folder in root.iterdir() if root.is_dir() else ():
        try:
            run = open_run(folder)
        except EffnetError:
            continue
        if kind in (None, run.kind):
            found.append(run)
    return sorted(found, key=lambda run: (run.created, run.name), reverse=True)


def trained() -> dict[str, str]:
    """Names and titles of the runs that left a network, newest first."""
    kinds = ("train", "taught")
    return {
        run.name: run.said_title
        for run in list_runs()
        if run.kind in kinds and (run.folder / BEST).exists()
    }


def network_file(name: str) -> str:
    """What `effnet.load` opens for a run's name: its network's file; other names as they are."""
    if not re.fullmatch(r"\d{8}-\d{6}-[a-z0-9-]+", name):
        return name
    return str(runs_folder() / name / BEST)


def launch(run: Run) -> None:
    """Start, or resume, a run in a process of its own that outlives this one.

    Raises:
        EffnetError: It is running already.
    """
    if is_held(run.folder):
        raise EffnetError(say("{title} is running already", title=run.said_title))
    (run.folder / STOP).unlink(missing_ok=True)
    with files.writing(run.folder):
        log = (run.folder / LOG).open("ab")
    with log:
        process = subprocess.Popen(
            [sys.executable, "-m", "effnet", "train", "go", str(run.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=Path(effnet.__file__).parents[1],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie is left behind
    for _ in range(600):  # until it has its lock, so that nobody takes it for dead
        if is_held(run.folder) or process.poll() is not None:
            return
        time.sleep(0.05)


def stop(run: Run) -> None:
    """Ask a run to stop at its next step; it keeps a checkpoint and can be resumed."""
    (run.folder / STOP).touch()


def stop_asked(folder: Path) -> bool:
    """True once somebody asked the run to stop."""
    return (folder / STOP).exists()


def delete(run: Run) -> None:
    """Remove a run that is not running, with all that it wrote.

    Raises:
        EffnetError: It is running.
    """
    if is_held(run.folder):
        raise EffnetError(say("{title} is running; stop it first", title=run.said_title))
    shutil.rmtree(run.folder, ignore_errors=True)


# --- whether it lives -------------------------------------------------------------------------


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a run's lock for as long as the block lasts, or the process lives.

    Raises:
        EffnetError: Another process holds it.
    """
    with files.locked(folder / LOCK, EffnetError(say(BUSY, folder=folder))):
        yield


def is_held(folder: Path) -> bool:
    """True while some process holds the run's lock."""
    return files.is_locked(folder / LOCK)
