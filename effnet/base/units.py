"""How numbers are written: three significant digits and a unit, made in this one place."""

import math

from effnet.base.language import say


def significant(value: float, digits: int = 3) -> str:
    """A number with `digits` significant digits and no exponent: 5.29, 0.386, 1,280."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    places = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:,.{max(places, 0)}f}"


def millions(value: int) -> str:
    """Parameters or activations: 5.29 M; small ones in K or plain."""
    if value < 1000:
        return str(value)
    if value < 1e5:
        return f"{significant(value / 1e3)} K"
    return f"{significant(value / 1e6)} M"


def giga(value: int) -> str:
    """Multiply-adds: 0.386 G; a layer's 25.6 M, 4.22 K or 768; from 10,000 G on in T."""
    if value < 1e8:
        return millions(value)
    if value >= 1e13:
        return f"{significant(value / 1e12)} T"
    return f"{significant(value / 1e9)} G"


def factor(value: float) -> str:
    """A ratio, in the reader's language: 2.57 x."""
    return say("{times} x", times=significant(value))


def percent(share: float) -> str:
    """A share of 1: 9.6 %, 0.2 %."""
    return f"{100 * share:.1f} %"


def probability(value: float) -> str:
    """A probability, with a digit that says something where it is small: 95.7 %, 0.004 %."""
    return percent(value) if value >= 0.001 else f"{significant(100 * value, 1)} %"


def milliseconds(value: float) -> str:
    """A time: 41.2 ms."""
    return f"{significant(value)} ms"


def mebibytes(value: int) -> str:
    """Memory: 20.2 MiB."""
    return f"{significant(value / 2**20)} MiB"
