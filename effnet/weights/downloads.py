"""A file over HTTP, whole or not at all: resumed after a break, its hash checked, put in place.

What has come lies beside the file as `NAME.part` until it is whole, so the next start goes on where
the last one stopped, however that one ended. Standard library only.
"""

import hashlib
import io
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from effnet.base import after_fork, say

try:
    import fcntl
except ImportError:  # Windows: two programs may fetch the same file twice
    fcntl = None  # type: ignore[assignment]

BLOCK = 1 << 18  # bytes
PATIENCE_S = 20  # without a byte
ATTEMPTS = 4  # without a byte gained in between
PAUSE_S = 0.5

Progress = Callable[[int, int], None]  # bytes here, bytes in all (0 where not known)

_busy: set[Path] = set()
_lock = threading.Lock()


def _after_fork() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _busy.clear()


after_fork(_after_fork)


class FetchError(Exception):
    """The file could not be had; says why, and what is kept."""


def fetch(url: str, target: Path, *, sha256: str, progress: Progress | None = None) -> Path:
    """Fetch a file, going on from what an earlier try left behind.

    Args:
        url: Where it is.
        target: Where it goes; replaced at once when all has come and the hash is right.
        sha256: Its SHA-256, or how that begins.
        progress: Called as bytes come; raising out of it stops, and keeps what is here.

    Raises:
        FetchError: It can't be had, or is another file: `target` is as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with _alone(part) as file:
        _receive(url, file, progress or (lambda _done, _total: None))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not digest.startswith(sha256.lower()):
            part.unlink()
            raise FetchError(
                say(
                    "what came from {url} is another file: its SHA-256 starts {found}, expected "
                    "{expected}; nothing was replaced",
                    url=url,
                    found=digest[:8],
                    expected=sha256[:8],
                )
            )
        file.flush()
        os.fsync(file.fileno())
        os.replace(part, target)
    return target


@contextmanager
def _alone(part: Path) -> Iterator[io.BufferedRandom]:
    """The part file, held so that no other thread or program fetches into it."""
    taken = FetchError(say("{file} is being fetched already", file=part.name))
    with _lock:
        if part in _busy:
            raise taken
        _busy.add(part)
    try:
        with part.open("ab+") as file:
            if fcntl:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise taken from None
            yield file
    finally:
        _busy.discard(part)


def _receive(url: str, file: io.BufferedRandom, progress: Progress) -> None:
    failures = 0
    while True:
        before = file.seek(0, os.SEEK_END)
        try:
            if _once(url, file, before, progress):
                return
            problem: object = say("the connection broke off")
        except urllib.error.HTTPError as error:
            raise FetchError(
                say(
                    "{url}: the server answered {code} {reason}",
                    url=url,
                    code=error.code,
                    reason=error.reason,
                )
            ) from None
        except (OSError, HTTPException) as error:
            problem = getattr(error, "reason", None) or error
        gained = file.seek(0, os.SEEK_END) > before
        failures = 1 if gained else failures + 1
        if failures >= ATTEMPTS:
            kept = file.tell()
            raise FetchError(
                say(
                    "{url}: {problem}; {kept:.1f} MiB are kept, the next try goes on from there",
                    url=url,
                    problem=problem,
                    kept=kept / 2**20,
                )
                if kept
                else f"{url}: {problem}"
            )
        time.sleep(PAUSE_S * failures)


def _once(url: str, file: io.BufferedRandom, start: int, progress: Progress) -> bool:
    """One request; True where all has come."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(url, headers={"User-Agent": "effnet", **headers})
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE_S)
    except urllib.error.HTTPError as error:
        if start and error.code == 416:  # nothing after what is here; the hash will tell
            return True
        raise
    with answer:
        if start and answer.status != 206:  # a server that knows no ranges begins anew
            file.truncate(0)
            start = 0
        length = int(answer.headers.get("Content-Length") or 0)
        done, total = start, start + length if length else 0
        progress(done, total)
        while block := answer.read(BLOCK):
            file.write(block)
            done += len(block)
            progress(done, total)
        file.flush()
    return not total or done == total
