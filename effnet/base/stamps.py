"""What stands for a file's content in results that are kept. Standard library only."""

import hashlib
import os
from pathlib import Path


def stamp(path: Path) -> str:
    """Twelve digits for a file, or a folder with all in it, by names, sizes and times of change.

    They change when something there is written, also under the same name; "" where nothing is.
    """
    try:
        below = sorted(one for one in path.rglob("*") if one.is_file()) or [path]
        stats = [(one.relative_to(path).as_posix(), os.stat(one)) for one in below]
    except (OSError, ValueError):
        return ""
    lines = "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()[:12]
