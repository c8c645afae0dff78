"""Texts that reach a reader through a run's files, read back in the reader's language. No torch.

A run's own process writes English, and everybody sees the same runs.
"""

import re
import string

from effnet.base import DEFAULT, current, mark, say

MISSING = mark(
    "{n} of {all} trainings are missing ({why}); run it again to go on, the finished ones are kept"
)
NO_DATA = mark("no data {name}; expected {known}, or a folder of pictures")
BUSY = mark("another process is working on {folder}")
FINE_TUNED = mark("Fine-tuned on {names}")
STEPS = mark("Step times of {network}")
STOPPED = mark("stopped")
TOLD = (MISSING, NO_DATA, BUSY, FINE_TUNED, STEPS)
MOST_TEXT = 300  # characters of what is read back: the patterns try every way to cut it
LED = re.compile(r"(?:effnet: |EffnetError )(?=.)")  # what the process puts before a message


def retold(text: str) -> str:
    """A title or message that stands in a file, in the reader's language; else as it is."""
    if current() == DEFAULT or len(text) > MOST_TEXT:
        return text
    if led := LED.match(text):
        return retold(text[led.end() :])
    for template in TOLD:
        if found := _pattern(template).fullmatch(text):
            return say(
                template, **{name: retold(value) for name, value in found.groupdict().items()}
            )
    return say(text)


def _pattern(template: str) -> re.Pattern[str]:
    """What matches the texts that a template gives, its values by name."""
    parts = string.Formatter().parse(template)
    return re.compile(
        "".join(
            re.escape(plain) + (f"(?P<{name}>.+)" if name else "") for plain, name, _, _ in parts
        ),
        re.DOTALL,
    )
