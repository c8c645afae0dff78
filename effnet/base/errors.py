"""The one error that a user's mistake raises. Standard library only."""

from effnet.base.foreign import printable

MOST = 2000  # characters of a message: what was wrong may be a whole file


class EffnetError(ValueError):
    """A user's mistake: the message names the value, what is allowed and what to do next.

    A message holds what came from outside, so it is text alone: no control characters, no end.
    """

    def __init__(self, message: object = "") -> None:
        text = printable(str(message))
        super().__init__(text if len(text) <= MOST else f"{text[: MOST - 3]}...")
