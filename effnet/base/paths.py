"""Paths as people write them."""

import os
from pathlib import Path

from effnet.base.errors import EffnetError
from effnet.base.language import say


def path_of(given: "str | os.PathLike[str]") -> Path:
    """A path that can be asked for, with `~` filled in.

    Raises:
        EffnetError: No file can have this name, or there is no such user.
    """
    try:
        path = Path(given).expanduser()
        if b"\0" in os.fsencode(path):
            raise ValueError(say("it holds a NUL"))
    except (RuntimeError, ValueError, TypeError) as error:
        raise EffnetError("{path} is no path ({error})", path=ascii(given), error=error) from None
    return path


def path_ending(given: "str | os.PathLike[str]", ending: str) -> Path:
    """A path as `path_of` gives it; `EffnetError` where it has another ending, such as ".onnx"."""
    path = path_of(given)
    if path.suffix != ending:
        raise EffnetError(
            "{path}; expected a file name that ends in {ending}", path=path, ending=ending
        )
    return path
