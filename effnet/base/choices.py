"""A name among those that are known, and what is said of any other. Standard library only."""

import difflib
from collections.abc import Iterable

from effnet.base.errors import EffnetError
from effnet.base.language import Text
from effnet.base.numbers import brief

MOST_LIKE = 200  # characters that are compared


def no_such(what: str, value: object, among: Iterable[object], *, like: str = "") -> EffnetError:
    """The error of a name that is none of those known, the nearest in spelling first.

    Args:
        what: What it should be a name of, in English as `say` takes it: "layer".
        value: As it came.
        among: All that it may be.
        like: What is compared with them; the value where not given.
    """
    names = [str(name) for name in among]
    text = (like or str(value))[:MOST_LIKE] if isinstance(value, str) else ""
    near = difflib.get_close_matches(text, names, n=3, cutoff=0.5)
    return EffnetError(
        "unknown {what} {value}; did you mean {near}? expected one of {among}"
        if near
        else "unknown {what} {value}; expected one of {among}",
        what=Text(what),
        value=brief(value),
        near=", ".join(near),
        among=", ".join(names),
    )


def check_known(what: str, value: object, among: Iterable[object]) -> None:
    """Raise `no_such` where a value is none of those known."""
    names = tuple(among)
    if not (isinstance(value, (str, int)) and value in names):
        raise no_such(what, value, names)
