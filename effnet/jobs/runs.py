"""Runs as folders: what they should do, what they said, whether they live, how to stop them.

Every run has a folder of its own under `$EFFNET_RUNS` (or the user's cache folder) and a process of
its own, so it outlives a page, a tab and the app itself, and everybody sees the same runs. The
process holds a lock on a file for as long as it lives; the system lets go of it however it ends.

Runs take turns: a run that is launched waits, without torch, until it is the oldest that waits and
the machine's turn is free. A folder that is damaged is a run that can't be read, or one with less
to show; it never stands in the way of the others. No torch.
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
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import effnet
from effnet.base import (
    DEFAULT,
    EffnetError,
    Text,
    files,
    has_numbers,
    is_number,
    mark,
    path_of,
    read_json,
    read_text,
    say,
    speaking,
    write_whole,
)
from effnet.jobs import limits
from effnet.jobs.job import Progress, State, left

ORDER, LOCK, STOP, RESULT, LOG = "order.json", "lock", "stop", "result.json", "log.txt"
METRICS, BEST, FAILURE = "metrics.jsonl", "best.safetensors", "failure.json"
WAITING, PROGRESS, TURN = "waiting", "progress.json", ".turn"
BUSY = mark("another process is working on {folder}")
TRAINING = mark("training")  # what it is at, where it says nothing else
POLL_S = 0.2  # between two looks of a run that waits
LONGEST, LONGEST_WORDS = 200, 300  # characters of a title, and of why a run broke off
LATEST = 4e9  # seconds since 1970: the year 2096
LONGEST_S = 30 * 86400  # a time left that is worth telling

# what a result must have, as numbers, to be shown
NUMBERS = {
    "train": ("top1", "steps", "seconds"),
    "scaling": ("rows",),
    "progressive": ("rows",),
}


def runs_folder() -> Path:
    """Where all runs lie: `$EFFNET_RUNS`, or `effnet/runs` in the user's cache folder."""
    own = os.environ.get("EFFNET_RUNS")
    return path_of(own) if own else files.cache_folder("runs")


@dataclass(frozen=True, slots=True)
class Run:
    """A run by its folder.

    Attributes:
        folder: Where everything lies.
        kind: What it does: "train", "scaling", "progressive", "claim", "steps".
        text: Its title for people, or as they named it.
        options: What it was asked to do.
        created: Seconds since 1970.
        owner: Which visitor started it; "" for nobody, such as on the command line.
    """

    folder: Path
    kind: str
    text: Text
    options: dict[str, Any]
    created: float
    owner: str = ""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return str(self.text)

    @property
    def state(self) -> State:
        """Whether it waits, runs, is done, was stopped, or broke off."""
        if is_held(self.folder):
            if stop_asked(self.folder):
                return "stopping"
            return "waiting" if (self.folder / WAITING).exists() else "running"
        if (self.folder / RESULT).exists():
            return "done"
        return "stopped" if stop_asked(self.folder) else "broken"

    def look(self) -> Progress:
        """How far it is."""
        state = self.state
        before = len(_ahead(self.folder)) if state == "waiting" else 0
        said = read_json(self.folder / PROGRESS)
        if not has_numbers(said, "share", "from", "began"):
            return Progress(state, 0.0, "", before)
        share = min(1.0, max(0.0, said["share"]))
        first = min(max(0.0, said["from"]), share)
        remaining = None
        if state == "running" and first < 1:
            remaining = left(said["began"], time.time(), (share - first) / (1 - first))
        if remaining is not None and not 0 <= remaining < LONGEST_S:
            remaining = None
        return Progress(state, share, str(said.get("text", ""))[:LONGEST], before, remaining)

    def stop(self) -> None:
        """Ask it to stop at its next step; it keeps a checkpoint and can be resumed."""
        with suppress(FileNotFoundError):  # deleted meanwhile
            (self.folder / STOP).touch()

    def result(self) -> dict[str, Any] | None:
        """What it ended with, if it did."""
        found = read_json(self.folder / RESULT)
        return found if has_numbers(found, *NUMBERS.get(self.kind, ())) else None

    def last_words(self) -> str:
        """Why it broke off, if it did: what it said, else the end of its log."""
        if failure := read_json(self.folder / FAILURE):
            return str(Text.from_dict(failure))[:LONGEST_WORDS]
        try:
            with (self.folder / LOG).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 2**16))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1][:LONGEST_WORDS] if lines else ""


# --- starting, finding, stopping --------------------------------------------------------------


def create(kind: str, title: str | Text, options: Mapping[str, Any], *, owner: str = "") -> Run:
    """Make a run's folder; nothing starts yet."""
    created = time.time()
    text = title if isinstance(title, Text) else Text(title[:LONGEST])
    with speaking(DEFAULT):  # folders are named in English
        title = str(text)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(created))
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()[:LONGEST]).strip("-")[:40] or kind
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
        run = Run(folder, kind, text, dict(options), created, owner)
        write_order(run)
        return run
    raise EffnetError("can't make a folder for the run in {root}", root=root)


def write_order(run: Run) -> None:
    """Write what a run is asked to do into its folder."""
    order = {
        "kind": run.kind,
        "title": run.text.as_dict() if run.text.values else run.text.template,
        "options": run.options,
        "created": run.created,
        "owner": run.owner,
    }
    write_whole(run.folder / ORDER, json.dumps(order, indent=1).encode())


def open_run(folder: Path) -> Run:
    """The run in a folder.

    Raises:
        EffnetError: There is none, or its order is damaged.
    """
    order = read_json(folder / ORDER)
    wrong = ""
    if not isinstance(order, dict):
        wrong = say("{file} is missing or damaged", file=ORDER)
    else:
        kinds = {"kind": (str,), "title": (str, dict), "options": (dict,)}
        bad = [name for name, kind in kinds.items() if not isinstance(order.get(name), kind)]
        if not is_number(order.get("created")) or not 0 <= order["created"] <= LATEST:
            bad.append("created")
        if bad:
            wrong = say("{file} has no usable {names}", file=ORDER, names=", ".join(bad))
    if wrong:
        raise EffnetError("{folder} is not a run's folder ({error})", folder=folder, error=wrong)
    owner = str(order.get("owner", ""))
    title = order["title"]
    text = Text.from_dict(title[:LONGEST] if isinstance(title, str) else title)
    return Run(folder, order["kind"], text, order["options"], float(order["created"]), owner)


def find(name: str) -> Run:
    """The run of that name; `EffnetError` with the known ones if there is none."""
    for run in list_runs():
        if run.name == name:
            return run
    known = ", ".join(run.name for run in list_runs()[:5]) or say("none yet")
    raise EffnetError(
        "no run {name} in {folder}; there are {known}",
        name=repr(name),
        folder=runs_folder(),
        known=known,
    )


def list_runs(kind: str | None = None) -> list[Run]:
    """All runs, newest first; of one kind where one is given."""
    found = []
    for folder in _folders(runs_folder()):
        try:
            run = open_run(folder)
        except EffnetError:
            continue
        if kind in (None, run.kind):
            found.append(run)
    return sorted(found, key=lambda run: (run.created, run.name), reverse=True)


def _folders(root: Path) -> list[Path]:
    try:
        return [
            folder for folder in root.iterdir() if folder.is_dir() and folder.name.isprintable()
        ]
    except OSError:
        return []


def trained() -> dict[str, str]:
    """Names and titles of the runs that left a network, newest first; none that still changes."""
    kinds = ("train", "taught")
    return {
        run.name: run.title
        for run in list_runs()
        if run.kind in kinds and (run.folder / BEST).is_file() and not is_held(run.folder)
    }


def network_file(name: str) -> str:
    """What `effnet.load` opens for a run's name: its network's file; other names as they are."""
    if not re.fullmatch(r"\d{8}-\d{6}-[a-z0-9-]+", name):
        return name
    return str(runs_folder() / name / BEST)


def refusal(owner: str = "") -> str:
    """Why no run of this owner can be started now, in a sentence; "" where one can."""
    return limits.over(owner, [run.owner for run in list_runs() if is_held(run.folder)])


def launch(run: Run) -> None:
    """Start, or resume, a run in a process of its own that outlives this one; it waits its turn.

    Raises:
        EffnetError: It is running already, or too many wait.
    """
    if is_held(run.folder):
        raise EffnetError("{title} is running already", title=run.title)
    if why := refusal(run.owner):
        raise EffnetError(why)
    with files.writing(run.folder):
        (run.folder / STOP).unlink(missing_ok=True)
        (run.folder / FAILURE).unlink(missing_ok=True)
        (run.folder / WAITING).write_text(str(time.time_ns()))
    with (run.folder / LOG).open("ab") as log:
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
        begun = not (run.folder / WAITING).exists() or _ahead(run.folder)
        if process.poll() is not None or (begun and is_held(run.folder)):
            return
        time.sleep(0.05)


def start(
    kind: str,
    title: str | Text,
    options: Mapping[str, Any],
    *,
    owner: str = "",
    files: Mapping[str, bytes] | None = None,
) -> Run:
    """Make a run with the files that it needs, and launch it.

    Raises:
        EffnetError: Too many wait, or none may be started here.
    """
    if why := refusal(owner):
        raise EffnetError(why)
    run = create(kind, title, options, owner=owner)
    for name, data in (files or {}).items():
        write_whole(run.folder / name, data)
    launch(run)
    return run


def stop_asked(folder: Path) -> bool:
    """True once somebody asked the run to stop."""
    return (folder / STOP).exists()


def delete(run: Run) -> None:
    """Remove a run that is not running, with all that it wrote.

    Raises:
        EffnetError: It is running.
    """
    if is_held(run.folder):
        raise EffnetError("{title} is running; stop it first", title=run.title)
    shutil.rmtree(run.folder, ignore_errors=True)


# --- in the run's own process: its turn, how far it is, and that it lives --------------------


@contextmanager
def turn(folder: Path) -> Iterator[bool]:
    """Wait for a launched run's turn and have it inside the block; False where it was stopped."""
    taken = EffnetError(BUSY, folder=folder.parent)
    with ExitStack() as mine:
        while (folder / WAITING).exists() and not stop_asked(folder):
            if not _ahead(folder, running=False):
                with suppress(EffnetError):
                    mine.enter_context(files.locked(folder.parent / TURN, taken))
                    break
            time.sleep(POLL_S)
        (folder / WAITING).unlink(missing_ok=True)
        yield not stop_asked(folder)


def _ahead(folder: Path, *, running: bool = True) -> list[Path]:
    """The runs that come before one that waits: those that run, and those that wait longer."""
    mine, found = _place(folder), []
    for other in _folders(folder.parent):
        waits = (other / WAITING).exists()
        before = (_place(other), other.name) < (mine, folder.name) if waits else running
        if before and other != folder and is_held(other):
            found.append(other)
    return found


def _place(folder: Path) -> int:
    """When a run was put into the line."""
    text = read_text(folder / WAITING)
    return int(text) if re.fullmatch(r"\d{1,20}", text) else 0


def report(folder: Path, share: float, text: str = TRAINING) -> None:
    """Write how far a run is, for those who look; counted from its first report on."""
    before, now = read_json(folder / PROGRESS), time.time()
    going = has_numbers(before, "began", "from") and before.get("process") == os.getpid()
    began, first = (before["began"], before["from"]) if going else (now, share)
    said = {"share": share, "text": text, "began": began, "from": first, "process": os.getpid()}
    write_whole(folder / PROGRESS, json.dumps(said).encode())


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a run's lock for as long as the block lasts, or the process lives.

    Raises:
        EffnetError: Another process holds it.
    """
    with files.locked(folder / LOCK, EffnetError(BUSY, folder=folder)):
        yield


def is_held(folder: Path) -> bool:
    """True while some process holds the run's lock."""
    return files.is_locked(folder / LOCK)
