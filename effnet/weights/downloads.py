"""A file over HTTP, whole or not at all: resumed after a break, its hash checked, put in place.

What has come lies beside the file as `NAME.part` until it is whole, so the next start goes on where
the last one stopped, however that one ended. Standard library only.
"""

import errno
import hashlib
import io
import os
import queue
import threading
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from effnet.base import EffnetError, after_fork, files, say

try:
    import fcntl
except ImportError:  # Windows: two programs may fetch the same file twice
    fcntl = None  # type: ignore[assignment]

BLOCK = 1 << 18  # bytes
PATIENCE_S = 20  # without a byte, or with fewer than LEAST
LEAST = 1 << 14  # bytes in that time; a server that sends less is taken for none
LOOK_S = 1.0  # a stop is noticed within
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


class FetchError(EffnetError):
    """The file could not be had; says why, and what is kept."""


def fetch(
    url: str,
    target: Path,
    *,
    sha256: str,
    most_bytes: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Fetch a file, going on from what an earlier try left behind.

    Args:
        url: Where it is; an address that begins with http:// or https://.
        target: Where it goes; replaced at once when all has come and the hash is right.
        sha256: Its SHA-256, or how that begins.
        most_bytes: How large it can be; a server that sends more is not listened to.
        progress: Called at least every second, as bytes come or none do; raising out of it stops,
            and keeps what is here.

    Raises:
        FetchError: It can't be had, or is another file: `target` is as it was.
        Unwritable: The disk is full, or the folder can't be written.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise FetchError(
            "{url} is no address; expected one that begins with http:// or https://", url=repr(url)
        )
    files.make_folder(target.parent)
    part = target.with_name(f"{target.name}.part")
    with _alone(part) as file:
        _receive(url, _Part(file, part, most_bytes), progress or (lambda _done, _total: None))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not digest.startswith(sha256.lower()):
            part.unlink()
            raise FetchError(
                "what came from {url} is another file: its SHA-256 starts {found}, expected "
                "{expected}; nothing was replaced",
                url=url,
                found=digest[:8],
                expected=sha256[:8],
            )
        with files.writing(target):
            file.flush()
            os.fsync(file.fileno())
            os.replace(part, target)
    return target


@contextmanager
def _alone(part: Path) -> Iterator[io.BufferedRandom]:
    """The part file, held so that no other thread or program fetches into it."""
    taken = FetchError("{file} is being fetched already", file=part.name)
    with _lock:
        if part in _busy:
            raise taken
        _busy.add(part)
    try:
        with _opened(part) as file:
            if fcntl:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise taken from None
            yield file
    finally:
        _busy.discard(part)


def _opened(part: Path) -> io.BufferedRandom:
    """The part file; what a link of that name points to is another's, and is left alone."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    with files.writing(part):
        try:
            number = os.open(part, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise FetchError("{file} is a link; delete it", file=part) from None
        return os.fdopen(number, "ab+")


class _Part:
    """What has come of a file, and how much more may."""

    def __init__(self, file: io.BufferedRandom, path: Path, most: int | None) -> None:
        self.file, self.path, self.most = file, path, most

    def size(self) -> int:
        return self.file.seek(0, os.SEEK_END)

    def empty(self) -> None:
        with files.writing(self.path):
            self.file.truncate(0)

    def add(self, block: bytes) -> None:
        self.check(self.size() + len(block))
        with files.writing(self.path):
            self.file.write(block)
            self.file.flush()

    def check(self, size: int) -> None:
        """Refuse a file that is larger than it can be; what has come of it goes."""
        if self.most is not None and size > self.most:
            self.empty()
            raise FetchError(
                "the server sends more than the {most:.1f} MiB that the file has; nothing was kept",
                most=self.most / 2**20,
            )


def _receive(url: str, part: _Part, progress: Progress) -> None:
    failures = 0
    while True:
        before = part.size()
        try:
            if _once(url, part, before, progress):
                return
            problem: object = say("the connection broke off")
        except urllib.error.HTTPError as error:
            raise FetchError(
                "{url}: the server answered {code} {reason}",
                url=url,
                code=error.code,
                reason=_line(error.reason),
            ) from None
        except ValueError as error:  # of an address, here or where the server points to
            if isinstance(error, EffnetError):
                raise
            raise FetchError("{url}: {problem}", url=url, problem=_line(error)) from None
        except (OSError, HTTPException) as error:
            problem = _line(getattr(error, "reason", None) or error)
        gained = part.size() - before > LEAST
        failures = 1 if gained else failures + 1
        if failures >= ATTEMPTS:
            kept = part.size()
            raise FetchError(
                "{url}: {problem}; {kept:.1f} MiB are kept, the next try goes on from there"
                if kept
                else "{url}: {problem}",
                url=url,
                problem=problem,
                kept=kept / 2**20,
            )
        time.sleep(PAUSE_S * failures)


def _line(said: object) -> str:
    """What a server or the system says, on one line."""
    return " ".join(str(said).split())[:200]


def _once(url: str, part: _Part, start: int, progress: Progress) -> bool:
    """One request; True where all has come."""
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(url, headers={"User-Agent": "effnet", **headers})
    try:
        answer = _answered(request, lambda: progress(start, 0))
    except urllib.error.HTTPError as error:
        if start and error.code == 416:  # nothing after what is here; the hash will tell
            return True
        raise
    with answer:
        if start and answer.status != 206:  # a server that knows no ranges begins anew
            part.empty()
            start = 0
        length = answer.length or 0  # as http.client understood it: nonsense is none
        done, total = start, start + length if length else 0
        part.check(total)
        progress(done, total)
        since, at = time.monotonic(), done
        while block := answer.read1(BLOCK):  # what there is, however little
            part.add(block)
            done += len(block)
            progress(done, total)
            if time.monotonic() - since > PATIENCE_S:
                if done - at < LEAST:
                    raise TimeoutError(
                        say(
                            "fewer than {bytes:,} bytes in {seconds} s",
                            bytes=LEAST,
                            seconds=PATIENCE_S,
                        )
                    )
                since, at = time.monotonic(), done
    return not total or done == total


def _let_go(error: BaseException) -> None:
    """Close what an error of another thread still holds open in its frames."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__context__


def _answered(request: urllib.request.Request, waiting: Callable[[], None]) -> HTTPResponse:
    """The server's answer, waited for where it can be stopped: its head may come byte by byte."""
    came: queue.SimpleQueue[HTTPResponse | Exception] = queue.SimpleQueue()
    given_up = threading.Event()

    def ask() -> None:
        try:
            answer = urllib.request.urlopen(request, timeout=PATIENCE_S)
        except Exception as error:
            _let_go(error)
            came.put(error)
            return
        came.put(answer)
        if given_up.is_set():
            answer.close()

    threading.Thread(target=ask, daemon=True).start()
    deadline = time.monotonic() + PATIENCE_S
    try:
        while True:
            try:
                answer = came.get(timeout=LOOK_S)
                break
            except queue.Empty:
                waiting()
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        say("no answer in {seconds} s", seconds=PATIENCE_S)
                    ) from None
    except BaseException:
        given_up.set()
        raise
    if isinstance(answer, Exception):
        raise answer
    return answer
