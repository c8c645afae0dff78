"""Lessons: steps that fix what a class sees, and questions whose answers are computed. No torch.

A lesson is data (`data/lessons.json`): a question names designs and a quantity. The right answer is
counted when it is asked, so none is typed in.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from effnet.claims import same_stages
from effnet.cost import count
from effnet.design import Design, from_query
from effnet.spec import EffnetError
from effnet.units import factor, giga, millions, percent, significant
from effnet.variants import display_name

Kind = Literal["ratio", "share", "which", "released"]

HIDEABLE = {
    "mode": "the way to scale",
    "base": "the base network",
    "phi": "phi",
    "alpha": "alpha",
    "beta": "beta",
    "gamma": "gamma",
    "depth": "depth",
    "width": "width",
    "resolution": "resolution",
    "budget": "the budget, its lock and presets",
    "totals": "the totals",
    "drawing": "the drawing",
    "curve": "the phi curve",
    "table": "the stage table",
    "tabs": "the tabs",
}
LADDER = (0.3, 0.5, 0.7, 1.0, 1.45, 2.0, 3.0)  # of the right value: what the choices are
RIGHT, CHOICES = LADDER.index(1.0), 4
WRITTEN = {
    "params": ("parameters", millions),
    "macs": ("multiply-adds", giga),
    "activations": ("activations", millions),
    "blocks": ("blocks", str),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question on designs; `kind` says what is asked.

    Attributes:
        kind: "ratio" of a quantity of `of` to that of `against`; "share" of a kind of layer;
            "which" of `options` has the most; "released", which network has the same stages.
        ask: The question.
        because: Why it is so, with no number in it that is computed.
        quantity: One of `WRITTEN`.
        of, against: Designs, as links write them.
        options: Designs, or names of networks.
        layer: One of `walk.KINDS`.
    """

    kind: Kind
    ask: str
    because: str
    quantity: str = ""
    of: str = ""
    against: str = ""
    options: tuple[str, ...] = ()
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be chosen, which is right, and the right answer with its numbers."""

    choices: tuple[str, ...]
    right: int
    shown: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a page, a design, what is hidden, what is said and asked."""

    page: str
    design: str
    hide: tuple[str, ...]
    say: str
    question: Question


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson of 45 minutes."""

    key: str
    title: str
    goal: str
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
    text = resources.files("effnet").joinpath("data/lessons.json").read_text("utf-8")
    return {one["key"]: _lesson(one) for one in json.loads(text)}


def _lesson(values: Mapping[str, Any]) -> Lesson:
    steps = []
    for step in values["steps"]:
        asked: dict[str, Any] = {**step["question"]}
        asked["options"] = tuple(asked.get("options", ()))
        hidden = tuple(step["hide"])
        steps.append(Step(step["page"], step["design"], hidden, step["say"], Question(**asked)))
    return Lesson(
        values["key"], values["title"], values["goal"], tuple(values["plan"]), tuple(steps)
    )


def read(query: str) -> Design:
    """The design of a link's query; raises `EffnetError` where any of it can't be used."""
    design, notes = from_query(dict(parse_qsl(query)))
    if notes:
        raise EffnetError(f"{query!r}: {'; '.join(notes)}")
    return design


def link(address: str, lesson: Lesson, number: int = 1) -> str:
    """The address of a step, from the app's own address."""
    page = lesson.steps[number - 1].page.removeprefix("pages/").removesuffix(".py")
    path = "" if page == "app" else page
    return f"{address.rstrip('/')}/{path}?{urlencode(lesson.query(number))}"


def read_hidden(text: str) -> tuple[frozenset[str], list[str]]:
    """What a link hides, and a note on each name that nothing here has."""
    names = [name.strip() for name in text.split(",") if name.strip()][: len(HIDEABLE)]
    unknown = [name[:20] for name in names if name not in HIDEABLE]
    notes = [f"hide {name!r} is not one of {', '.join(HIDEABLE)}" for name in unknown]
    return frozenset(names) & frozenset(HIDEABLE), notes


# --- answers ----------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def answer(question: Question) -> Answer:
    """The choices of a question and the right one, computed."""
    makers = {"ratio": _ratio, "share": _share, "which": _which, "released": _released}
    return makers[question.kind](question)


def value(query: str, quantity: str) -> int:
    """A quantity of a design."""
    spec = read(query).spec()
    return spec.blocks if quantity == "blocks" else int(getattr(count(spec), quantity))


def _ratio(question: Question) -> Answer:
    of, against = (value(one, question.quantity) for one in (question.of, question.against))
    word, write = WRITTEN[question.quantity]
    start = f"{write(of)} {word} against {write(against)}"  # type: ignore[operator]
    if of == against:
        same = ("it stays the same", factor(1.1), factor(2**0.5), factor(2))
        return Answer(same, 0, f"Nothing: {start}.")
    true = of / against
    choices, right = _ladder(question, true)
    return Answer(tuple(map(factor, choices)), right, f"{factor(true)}: {start}.")


def _share(question: Question) -> Answer:
    cost = count(read(question.of).spec())
    part = getattr(cost.by_kind()[question.layer], question.quantity)
    whole = getattr(cost, question.quantity)
    choices, right = _ladder(question, part / whole)
    word, write = WRITTEN[question.quantity]
    told = f"{write(part)} of {write(whole)} {word}"  # type: ignore[operator]
    return Answer(tuple(map(percent, choices)), right, f"{percent(part / whole)}: {told}.")


def _ladder(question: Question, true: float) -> tuple[list[float], int]:
    """Four values from low to high, with the true one at a place that the question decides."""
    start = zlib.crc32(question.ask.encode()) % CHOICES
    values = [true * step for step in LADDER[start : start + CHOICES]]
    if question.kind == "share" and values[-1] >= 1:
        start = 0
        values = [true * step for step in LADDER[:CHOICES]]
    return values, RIGHT - start


def _which(question: Question) -> Answer:
    found = [value(one, question.quantity) for one in question.options]
    titles = tuple(read(one).title for one in question.options)
    if question.quantity in ("params", "macs", "activations") and len(set(titles)) < len(titles):
        titles = tuple(_coefficients(read(one)) for one in question.options)
    word, write = WRITTEN[question.quantity]
    told = ", ".join(
        f"{title} {write(one)}"  # type: ignore[operator]
        for title, one in zip(titles, found, strict=True)
    )
    right = found.index(max(found))
    return Answer(titles, right, f"{titles[right]}. {word.capitalize()}: {told}.")


def _coefficients(design: Design) -> str:
    values = (design.alpha, design.beta, design.gamma)
    return "alpha {}, beta {}, gamma {}".format(*map(significant, values))


def _released(question: Question) -> Answer:
    twin = same_stages(read(question.of).spec())
    if twin is None or twin.name not in question.options:
        raise EffnetError(f"{question.of!r} has the stages of none of {question.options}")
    names = tuple(map(display_name, question.options))
    right = question.options.index(twin.name)
    return Answer(names, right, f"{names[right]}, stage by stage.")
