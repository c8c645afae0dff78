"""What an exhibit of a paper is made of: lines of printed numbers, ours beside them, charts, notes.

Standard library only.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from effnet.base import content, say
from effnet.network import Spec
from effnet.scaling import Design

Origin = Literal["published", "computed"]


@dataclass(frozen=True, slots=True)
class Paper:
    """Where exhibits come from: a short name, the full title, an address, the versions read."""

    key: str
    name: str
    title: str
    url: str
    versions: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A printed number beside ours for the same thing.

    Attributes:
        printed: As it stands in the table, "" where it is left out.
        computed: Ours in the same unit; None where it can't be computed.
        slack: How far ours may be off itself, where it is worked out from rounded numbers.
    """

    printed: str
    computed: float | None
    slack: float = 0.0

    @property
    def value(self) -> float | None:
        """The printed number."""
        return number(self.printed)

    @property
    def half(self) -> float:
        """Half a unit of the last printed digit: 0.05 for 5.3."""
        return half_unit(self.printed)

    @property
    def checked(self) -> bool:
        """True where both numbers are there."""
        return self.value is not None and self.computed is not None

    @property
    def off(self) -> float | None:
        """How far the printed number lies from ours, as a share of ours; None where unchecked."""
        if self.value is None or self.computed is None:
            return None
        return self.value / self.computed - 1

    @property
    def agrees(self) -> bool:
        """True where ours, rounded as the paper rounds, is the printed number."""
        if self.value is None or self.computed is None:
            return False
        return abs(self.value - self.computed) <= self.half + self.slack + 1e-9 * abs(self.computed)

    @property
    def hidden(self) -> float:
        """What rounding may hide on either side, as a share of ours."""
        return (self.half + self.slack) / self.computed if self.computed else 0.0


Value = str | int | float | Beside | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an exhibit.

    Attributes:
        name: What the row is about; unique in its exhibit.
        values: By column title, unit in brackets. Text that reads as a number is one, as printed.
        source: Where the printed numbers stand.
        note: What is odd about this row.
        design: The network of this row as the controls describe it, if they can.
        place: Its number in the exhibit, from 0; None before it is in one.
    """

    name: str
    values: Mapping[str, Value]
    source: str
    note: str = ""
    design: Design | None = None
    place: int | None = None

    def beside(self, column: str) -> Beside:
        """The pair of numbers in a column that has pairs."""
        found = self.values[column]
        assert isinstance(found, Beside)
        return found

    def number(self, column: str) -> float:
        """The number in a column; of a pair, the printed one."""
        found = self.values[column]
        if isinstance(found, Beside):
            found = found.value
        value = number(found) if isinstance(found, str) else found
        assert value is not None
        return float(value)

    def has(self, column: str) -> bool:
        """True where the column is not empty here."""
        found = self.values.get(column)
        return (found.value if isinstance(found, Beside) else found) not in ("", None)


Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a chart; `y` is text on an axis of names, `line` the row that it belongs to."""

    x: float
    y: float | str
    name: str
    label: str = ""
    spread: float = 0.0
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Points that belong together and where their numbers come from.

    `colour` is a family of networks, a way to scale, "other", or "setting 1", 2 and so on.
    """

    name: str
    colour: str
    marks: tuple[Mark, ...]
    origin: Origin = "published"


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its title with the unit in brackets."""

    title: str
    log: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """An exhibit drawn: the title says what to see.

    Attributes:
        title: A sentence.
        x, y: Axes; `y` is None where names stand on it.
        series: What is drawn, in this order.
        zero: What a line at x = 0 stands for; "" for none.
    """

    title: str
    x: Axis
    y: Axis | None
    series: tuple[Series, ...]
    zero: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """An architecture table drawn: the network, and another one behind it."""

    spec: Spec
    behind: Spec | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Where versions disagree or something is misprinted, with both values and the source.

    Attributes:
        text: What is to be noted, with names in braces for the values.
        source: Where both stand.
        values: Gives numbers worked out here, by those names.
    """

    text: str
    source: str
    values: Callable[[], Mapping[str, str]] = dict

    @property
    def said(self) -> str:
        """The text with its values, in the reader's language."""
        return say(self.text, **self.values())


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A table or figure of a paper, with everything to show and check it.

    Attributes:
        key: Its name in a link.
        paper: Key of its paper.
        label, title: As the paper counts it, and what it is about; all texts are English here,
            and go through `say` where they are shown.
        shows: What it shows, in one sentence.
        source: The version that is redrawn.
        read: Gives its lines.
        finding: Says in one sentence what follows from them, computed, in the reader's language.
        charts: Drawings by name, the first shown first.
        notes: Versions and misprints.
        pages: Files of the pages on which a line can be checked live.
        uncounted: What of it can't be computed, and why; "" for the usual.
        word: "printed", or "drawn" where values were measured from a figure.
    """

    key: str
    paper: str
    label: str
    title: str
    shows: str
    source: str
    read: Callable[[], Iterable[Line]]
    finding: Callable[[Lines], str]
    charts: tuple[tuple[str, Callable[[Lines], Chart | Network]], ...] = ()
    notes: tuple[Note, ...] = ()
    pages: tuple[str, ...] = ("app.py",)
    uncounted: str = ""
    word: str = "printed"


def exhibit(
    key: str,
    read: Callable[[], Iterable[Line]],
    finding: Callable[[Lines], str],
    *charts: Callable[[Lines], Chart | Network],
    values: Callable[[], Mapping[str, str]] = dict,
) -> Exhibit:
    """The exhibit of that key; its texts, notes and sources stand in `data/content/papers_*.toml`.

    Args:
        key: Its paper's key, a hyphen, and its own.
        read: Gives its lines.
        finding: Says what follows from them.
        *charts: In the order of their names in the file.
        values: What the notes' braces name.
    """
    paper = key.partition("-")[0]
    prose = content(f"papers_{paper}")
    told = {"charts": (), **prose["exhibits"][key]}
    return Exhibit(
        key,
        paper,
        read=read,
        finding=finding,
        notes=tuple(
            Note(note["text"], note["source"], values)
            for note in prose["notes"]
            if key in note["of"]
        ),
        **told | {"charts": tuple(zip(told["charts"], charts, strict=True))},
    )


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something often written wrongly: the topic, what is true, and where that stands."""

    topic: str
    truth: str
    source: str


def number(text: str) -> float | None:
    """The number that a text is, or None."""
    try:
        return float(text)
    except ValueError:
        return None


def half_unit(printed: str) -> float:
    """Half a unit of the last printed digit: 0.05 for 5.3, 0.5 for 26."""
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def grouped(printed: str) -> str:
    """Whole numbers with commas at their thousands; everything else as printed."""
    return f"{int(printed):,}" if printed.isdigit() else printed
