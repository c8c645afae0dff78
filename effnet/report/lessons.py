"""Lessons: steps that fix what a class sees, and questions whose answers are computed. No torch.

A lesson is data (`data/content/lessons_*.toml`): a question names designs and a quantity. The right
answer is counted when it is asked (`lesson_answers`), so none is typed in; what is typed in are
misconceptions, each with the reason why it is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlencode

from effnet.base import (
    DEFAULT,
    EffnetError,
    content,
    giga,
    mark,
    millions,
    significant,
)
from effnet.scaling import Design, from_query, unknown

if TYPE_CHECKING:
    from effnet.train import Progressive

Kind = Literal[
    "ratio",
    "share",
    "which",
    "released",
    "faster",
    "cells",
    "saved",
    "stage",
    "sees",
    "printed",
    "apart",
    "chance",
]
Entry = Literal["choice", "number", "bar", "stage"]
FILES = ("lessons_costs", "lessons_families", "lessons_judging")
LANGUAGE = "lang"  # the link's key of the language

HIDEABLE = {
    "mode": mark("the way to scale"),
    "base": mark("the base network"),
    "phi": "phi",
    "alpha": "alpha",
    "beta": "beta",
    "gamma": "gamma",
    "depth": mark("depth"),
    "width": mark("width"),
    "resolution": mark("resolution"),
    "budget": mark("the budget, its lock and presets"),
    "totals": mark("the totals"),
    "drawing": mark("the drawing"),
    "curve": mark("the phi curve"),
    "table": mark("the stage table"),
    "tabs": mark("the tabs"),
}
WRITTEN = {
    "params": (mark("parameters"), millions),
    "macs": (mark("multiply-adds"), giga),
    "activations": (mark("activations"), millions),
    "blocks": (mark("blocks"), str),
    "intensity": (mark("multiply-adds a byte"), significant),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A misconception: what it would answer, and why that is not so.

    Attributes:
        value: A number in the question's unit; or a quantity, whose ratio or share it would be.
        why: In one sentence.
    """

    value: float | str
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question on designs; `kind` says what is asked.

    Attributes:
        kind: "ratio" of a quantity of `of` to that of `against`; "share" of a kind of layer;
            "which" of `options` has the most; "released", which network has the same stages;
            "faster", which network was printed as taking the least time; "cells", how many places
            the last map has; "saved", what a growing schedule saves of training; "stage", which
            one has the most; "sees", how many pixels a place of the last map sees; "printed", which
            of an exhibit's rows has the most in a column; "apart", by how much two of them differ;
            "chance" that something as likely as `of` happens `trials` times, on one of `sides`.
        ask: The question.
        because: Why it is so, with no number in it that is computed.
        quantity: One of `WRITTEN`.
        of, against: Designs, as links write them; rows of an exhibit.
        options: Designs, names of networks, or rows of an exhibit.
        layer: One of `walk.KINDS`.
        bench: One of `speed.printed.benches`.
        resolution: Side of the picture; the design's own for 0.
        preset: Name of a published schedule.
        exhibit, column: Where the printed numbers stand.
        trials, sides: Of a chance.
        entry: How it is answered: a choice, a number that is typed, a bar that is dragged, a stage.
        wrong: Misconceptions, which are the other choices.
    """

    kind: Kind
    ask: str
    because: str
    quantity: str = ""
    of: str = ""
    against: str = ""
    options: tuple[str, ...] = ()
    layer: str = ""
    bench: str = ""
    resolution: int = 0
    preset: str = ""
    exhibit: str = ""
    column: str = ""
    trials: int = 0
    sides: int = 1
    entry: Entry = "choice"
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be chosen, which is right, and the right answer with its numbers.

    Attributes:
        choices: What can be chosen.
        right: Which of them is.
        shown: The right answer, told.
        why: What to say of each choice: the misconception behind it, "" where none is known.
        values: The choices as numbers, where they are such, in `unit`.
        unit: "x", "%", "px", or "points".
    """

    choices: tuple[str, ...]
    right: int
    shown: str
    why: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    unit: str = ""

    def nearest(self, given: float) -> int | None:
        """The choice that a number means: within a tenth of it, or four points of per cent."""
        apart = [abs(given - value) for value in self.values]
        place = apart.index(min(apart))
        slack = 4.0 if self.unit == "%" else 0.1 * abs(self.values[place])
        return place if apart[place] <= slack else None


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a page and what it opens with, what is hidden, what is said and asked.

    Attributes:
        page: Its file.
        design: As links write it.
        hide: Of `HIDEABLE`.
        say, question: What is said, and asked.
        network: What classifies and explains; "" leaves it as it is.
        preset, stages: The schedule on Train: a published one, cut into so many stages; "" leaves
            it as it is.
    """

    page: str
    design: str
    hide: tuple[str, ...]
    say: str
    question: Question
    network: str = ""
    preset: str = ""
    stages: int = 1

    def schedule(self) -> "tuple[str, Progressive] | None":
        """The network and the schedule that Train opens with, if the step names one."""
        return schedule_of(self.preset, self.stages) if self.preset else None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of 45 minutes; `picture` is the glossary's term whose picture stands on its card."""

    key: str
    title: str
    goal: str
    picture: str
    plan: tuple[str, ...]
    steps: tuple[Step, ...]

    def query(self, number: int = 1) -> dict[str, str]:
        """The link's query that opens a step, from 1."""
        step = self.steps[number - 1]
        said = dict(parse_qsl(step.design))
        return {"lesson": self.key, "step": str(number)} | {"mode": "formula"} | said


@lru_cache(maxsize=1)
def lessons() -> dict[str, Lesson]:
    """The lessons by their keys, in order."""
    return {one["key"]: _lesson(one) for name in FILES for one in content(name)["lessons"]}


def _lesson(values: Mapping[str, Any]) -> Lesson:
    steps = []
    for step in values["steps"]:
        asked: dict[str, Any] = {**step["question"]}
        asked["options"] = tuple(asked.get("options", ()))
        asked["wrong"] = tuple(Wrong(**wrong) for wrong in asked.get("wrong", ()))
        hidden = tuple(step["hide"])
        steps.append(Step(**{**step, "hide": hidden, "question": Question(**asked)}))
    words = {name: values[name] for name in ("key", "title", "goal", "picture")}
    return Lesson(**words, plan=tuple(values["plan"]), steps=tuple(steps))


def read(query: str) -> Design:
    """The design of a link's query; raises `EffnetError` where any of it can't be used."""
    design, notes = from_query(dict(parse_qsl(query)))
    if notes:
        raise EffnetError(f"{query!r}: {'; '.join(notes)}")
    return design


def link(address: str, lesson: Lesson, number: int = 1, *, language: str = DEFAULT) -> str:
    """The address of a step, from the app's own address; in a language."""
    page = lesson.steps[number - 1].page.removeprefix("pages/").removesuffix(".py")
    path = "" if page == "app" else page
    said = lesson.query(number) | in_language(language)
    return f"{address.rstrip('/')}/{path}?{urlencode(said)}"


def in_language(language: str) -> dict[str, str]:
    """What a link says of its language: nothing where it is English."""
    return {} if language == DEFAULT else {LANGUAGE: language}


def read_hidden(text: str) -> tuple[frozenset[str], list[str]]:
    """What a link hides, and a note on each name that nothing here has."""
    names = [name.strip() for name in text.split(",") if name.strip()][: len(HIDEABLE)]
    notes = [unknown("hide", name[:20], HIDEABLE) for name in names if name not in HIDEABLE]
    return frozenset(names) & frozenset(HIDEABLE), notes


def schedule_of(preset: str, stages: int = 0) -> "tuple[str, Progressive]":
    """A published schedule and its network; cut into so many stages where a number is given."""
    from effnet.train import presets

    one = next((one for one in presets() if one.name == preset), None)
    if one is None:
        raise EffnetError("no published schedule {name}", name=repr(preset))
    schedule = replace(one.schedule, stages=stages) if stages else one.schedule
    return one.variant, schedule
