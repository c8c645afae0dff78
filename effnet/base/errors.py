"""The one error that a user's mistake raises. Standard library only."""

from effnet.base.foreign import printable
from effnet.base.language import Text

MOST = 2000  # characters of a message: what was wrong may be a whole file


class EffnetError(ValueError):
    """A user's mistake: the message names the value, what is allowed and what to do next.

    It holds its message as a `Text`, so whoever shows it reads it in a language of their own: a
    picture that one visitor could not open, in another's page, in an English CSV. A message holds
    what came from outside, so it is text alone: no control characters, no end.

    Args:
        message: In English, with braces for `values`; another error, or a text that is there.
        values: What the braces name; numbers come written out, with their units.
    """

    def __init__(self, message: object = "", /, **values: object) -> None:
        text = message if isinstance(message, Text) else Text(str(message), **values)
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        text = printable(str(self.text))
        return text if len(text) <= MOST else f"{text[: MOST - 3]}..."
