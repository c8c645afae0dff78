"""What stands for a file's content in results that are kept. Standard library only."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path


def stamp(path: Path) -> str:
    """Twelve digits for the bytes of a file, or for the names and bytes of all in a folder.

    Neither sizes nor times stand for a file: a picture may be replaced by one as long, and `cp -p`,
    `tar` and `rsync` keep times. A copy elsewhere is the same.

    Args:
        path: A file or a folder; all of it is read.

    Returns:
        Hexadecimal digits; "" where nothing can be read.
    """
    try:
        below = sorted(one for one in path.rglob("*") if one.is_file()) or [path]
        found = tuple((one.relative_to(path).as_posix(), os.stat(one)) for one in below)
        return _digest(path, tuple((name, _state(stat)) for name, stat in found))
    except (OSError, ValueError):
        return ""


def _state(stat: os.stat_result) -> tuple[int, ...]:
    """What a file can't be changed without while a program runs: nobody can set `st_ctime`."""
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


@lru_cache(maxsize=64)  # a sweep asks once a training for the same folder
def _digest(path: Path, states: tuple[tuple[str, tuple[int, ...]], ...]) -> str:
    digest = hashlib.sha256()
    for name, _ in states:
        with (path / name).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{name}\0{content}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()[:12]
