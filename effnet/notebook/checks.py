"""What an exercise's last cell says of the answer: right, or not yet."""

from dataclasses import dataclass
from typing import Any

from effnet.base import Card, Rich, Text, brief, is_number, mark


@dataclass(frozen=True, slots=True)
class Checked(Rich):
    """Whether an answer is right, in words as well; true where it is."""

    right: bool
    words: Text

    def __bool__(self) -> bool:
        return self.right

    def card(self) -> Card:
        """The words."""
        return Card(notes=(str(self.words),))


def check(answer: Any, expected: Any, *, within: float = 0.0) -> Checked:
    """Hold the answer to an exercise against what the cell computes.

    Args:
        answer: The reader's; `...` is none yet. Case and spaces around a word don't matter.
        expected: What is right: a number, a word, True or False, or a collection.
        within: How far a number may lie from it.
    """
    answer, expected = _plain(answer), _plain(expected)
    if answer is ...:
        return Checked(False, Text(mark("not yet: put your answer in the place of the dots")))
    if type(expected) in (int, float):
        if isinstance(answer, bool) or not is_number(answer):
            return _wrong(mark("not yet: {answer} is no number"), answer)
        if abs(answer - expected) <= within + 1e-9 * abs(expected):
            return Checked(True, Text(mark("that is right")))
        if answer < expected:
            return _wrong(mark("not yet: {answer} is too small"), answer)
        return _wrong(mark("not yet: {answer} is too large"), answer)
    if answer == expected:
        return Checked(True, Text(mark("that is right")))
    return _wrong(mark("not yet: it is not {answer}"), answer)


def _wrong(words: str, answer: Any) -> Checked:
    return Checked(False, Text(words, answer=brief(answer)))


def _plain(value: Any) -> Any:
    """NumPy's and PyTorch's numbers as Python's, words without case."""
    if isinstance(value, str):
        return value.strip().casefold()
    if isinstance(value, (set, frozenset)):
        return {_plain(one) for one in value}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
