"""Files of this project: written whole, added to, locked, and where they lie.

A full disk, a folder that can't be written into or a file of another's is the user's to mend, so
every refusal of the system comes back as one line.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from effnet.base.errors import EffnetError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PATIENCE_S = 0.4  # whoever looks whether a file is locked has it for a moment


class Unwritable(EffnetError):
    """A file that can't be written: says which and why.

    Attributes:
        result: What was worked out all the same, for whoever shows the message; None if nothing.
    """

    result: Any = None


def cache_folder(*names: str) -> Path:
    """A folder in the user's cache, such as `~/.cache/effnet/runs`; not made yet."""
    import platformdirs

    return platformdirs.user_cache_path("effnet", appauthor=False).expanduser().joinpath(*names)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Says in one line why a file or folder can't be written; hold nothing else inside.

    Raises:
        Unwritable: The disk is full, or the place can't be written.
    """
    try:
        yield
    except OSError as error:
        raise Unwritable(
            "can't write {path} ({reason}); free some space or name another place",
            path=path,
            reason=error.strerror or error,
        ) from error


def make_folder(path: Path) -> Path:
    """The folder, made with those above it where it is not there; `Unwritable` where it can't."""
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)
    return path


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file so that a reader, or a crash, finds the old one or the new one, never a part.

    The bytes go into a hidden file of the same folder, to the disk, and only then into place. A
    link stays one and keeps pointing where it did; what is no plain file (`/dev/stdout`) is written
    as it is.

    Args:
        path: Where it goes.
        data: All of it; text is written as UTF-8.

    Raises:
        Unwritable: It can't be written; what was there before is as it was.
    """
    content = data.encode() if isinstance(data, str) else data
    with writing(path):
        place = path.resolve()
        if place.exists() and not place.is_file():
            place.write_bytes(content)
            return
        part = place.with_name(f".effnet-{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if place.exists():
                part.chmod(place.stat().st_mode & 0o777)
            part.replace(place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def add_to(path: Path, text: str) -> None:
    """Add text to the end of a file; `Unwritable` where it can't be."""
    with writing(path), path.open("a", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def locked(path: Path, busy: EffnetError) -> Iterator[None]:
    """Hold a lock file inside the block, or for as long as the process lives.

    Args:
        path: The file; left there empty.
        busy: Raised where another holds it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    with writing(path):
        try:
            lock.acquire(timeout=PATIENCE_S, poll_interval=PATIENCE_S / 20)
        except Timeout:
            raise busy from None
    try:
        yield
    finally:
        lock.release()


def is_locked(path: Path) -> bool:
    """True while some process, or another thread of this one, holds the lock file."""
    try:
        if not path.is_file():
            return False
        if fcntl is None:
            return _taken(path)
        with path.open("rb") as file:  # shared: two who look don't take each other for the holder
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # another user's, which can't be asked
        return False
    return False


def _taken(path: Path) -> bool:
    """The same where files can't be locked for several."""
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    lock.release()
    return False
