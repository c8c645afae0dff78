"""Numbers that come from outside, as Python's own: checked once, where they enter a record.

NumPy's integers overflow, its arrays can't be compared, and both are equal to the numbers that
caches know. So none gets past a record's door. Standard library only.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from numbers import Integral, Real
from typing import Any, cast, get_args, get_origin

from effnet.base.errors import EffnetError
from effnet.base.language import Text, say

OWN = (bool, float, str, type(None), tuple)
MOST_BITS = 1024  # of a whole number that a float holds; more can't even be written in a message
MOST_TEXT = 10_000  # characters
NO_LIMITS: dict[str, tuple[float, float]] = {}


def plain(value: Any) -> Any:
    """A number of any kind as Python's own: NumPy's, an array's only element, a fraction.

    A whole number past all that floats hold is infinite. What is no number, or several, stays as
    it is, for the check that follows to name.
    """
    if type(value) in OWN:
        return value
    item = getattr(value, "item", None)
    if callable(item):
        try:
            value = item()
        except (TypeError, ValueError, RuntimeError):  # several elements, or none
            return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        whole = int(value)
        return whole if whole.bit_length() < MOST_BITS else math.copysign(math.inf, whole > 0 or -1)
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else value


def is_finite(value: object) -> bool:
    """True for a real number of any kind that is not infinite or NaN; True and False are none."""
    value = plain(value)
    return type(value) in (int, float) and math.isfinite(cast(float, value))


def is_whole(value: object, least: int, most: float = math.inf) -> bool:
    """True for a whole number of any kind from `least` to `most`; True and False are none."""
    value = plain(value)
    return type(value) is int and least <= value <= most


def brief(value: object) -> str:
    """A value as messages show it: on one line of at most 60 characters."""
    huge = isinstance(value, Integral) and int(value).bit_length() >= MOST_BITS
    text = f"a whole number of {int(value).bit_length()} bits" if huge else repr(plain(value))  # type: ignore[call-overload]
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_range(
    what: str,
    value: object,
    low: float,
    high: float = math.inf,
    *,
    whole: bool = False,
    above: bool = False,
) -> None:
    """Raise `EffnetError` where a value is no finite number from `low` to `high`.

    Args:
        what: What it is, in English as `say` takes it: "batch size".
        value: As it came.
        low: The least.
        high: The most.
        whole: Whether it must be a whole number.
        above: Whether `low` itself is too little.
    """
    if (  # what nearly all are; networks are made by thousands
        (type(value) is int or (type(value) is float and not whole))
        and low <= value <= min(high, 2**53)
        and not (above and value == low)
    ):
        return
    known, number = is_whole(value, math.floor(low)) if whole else is_finite(value), plain(value)
    if known and low <= number <= high and not (above and number == low):
        return
    ends = {"low": _written(low), "high": _written(high)}
    if math.isinf(high):
        span = Text("a finite number above {low}" if above else "at least {low}", **ends)
    else:
        span = Text("above {low}, at most {high}" if above else "{low} to {high}", **ends)
    raise EffnetError(
        "{what} {value}; expected {range}"
        if not whole or is_whole(value, -(2**MOST_BITS))
        else "{what} {value}; expected a whole number, {range}",
        what=Text(what),
        value=brief(value),
        range=span,
    )


def _written(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


def settle(record: Any, limits: Mapping[str, tuple[float, float]] = NO_LIMITS) -> None:
    """Make the numbers of a frozen record Python's own; for its `__post_init__`, before all checks.

    Args:
        record: The record.
        limits: The least and the most of some of its numbers; whole ones stay whole.

    Raises:
        EffnetError: A text or a switch is something else, or a number outside its limits.
    """
    for name, kind in _kinds(cast(Hashable, type(record))):
        given = getattr(record, name)
        value = plain(given)
        if type(value) in (tuple, list) and get_origin(kind) is tuple:
            value = tuple(value if is_dataclass(get_args(kind)[0]) else map(plain, value))
        if value is not given:
            object.__setattr__(record, name, value)
        if kind in (str, bool):
            if isinstance(value, kind) and (kind is bool or len(value) <= MOST_TEXT):
                continue
            expected = (
                say("True or False")
                if kind is bool
                else say("a text of at most {most:,} characters", most=MOST_TEXT)
            )
            raise EffnetError(
                "{field} {value}; expected {expected}",
                field=name,
                value=brief(value),
                expected=expected,
            )
        if name in limits:
            check_range(name, value, *limits[name], whole=kind is int)


@lru_cache(maxsize=64)
def _kinds(record: Any) -> tuple[tuple[str, Any], ...]:
    """A record's fields with what each holds; a choice among texts is a text."""

    def kind(annotation: Any) -> Any:
        among = get_args(annotation)
        return str if among and all(isinstance(one, str) for one in among) else annotation

    return tuple((field.name, kind(field.type)) for field in fields(record))


def wilson(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bounds of a share that was counted, by Wilson's score interval (JASA 22, 1927).

    It stays between 0 and 1 and says something of 0 or all hits too, which the normal interval
    does not. Without trials it is everything.

    Example: of 10 hits in 10 trials, 0.722 to 1.
    """
    from statistics import NormalDist  # takes longer to load than all of this

    if not trials:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = hits / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight * weight / 4) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)
