"""Lessons: steps that fix what a class sees, and questions whose answers are computed. No torch.

A lesson is data (`data/lessons.json`): a question names designs and a quantity. The right answer is
counted when it is asked, so none is typed in. The file's texts are English; `say` shows them.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlencode

from effnet.base import (
    DEFAULT,
    EffnetError,
    factor,
    giga,
    in_a_row,
    mark,
    millions,
    milliseconds,
    percent,
    remembered,
    say,
    significant,
)
from effnet.counting import capital, count, fields
from effnet.network import display_name, get_variant
from effnet.papers import on
from effnet.report.claims import same_stages
from effnet.scaling import Design, from_query, unknown
from effnet.timing import work

if TYPE_CHECKING:
    from effnet.train import Progressive

Kind = Literal["ratio", "share", "which", "released", "faster", "cells", "saved"]
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
LADDER = (0.3, 0.5, 0.7, 1.0, 1.45, 2.0, 3.0)  # of the right value: what the choices are
RIGHT, CHOICES = LADDER.index(1.0), 4
WRITTEN = {
    "params": (mark("parameters"), millions),
    "macs": (mark("multiply-adds"), giga),
    "activations": (mark("activations"), millions),
    "blocks": (mark("blocks"), str),
    "intensity": (mark("multiply-adds a byte"), significant),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question on designs; `kind` says what is asked.

    Attributes:
        kind: "ratio" of a quantity of `of` to that of `against`; "share" of a kind of layer;
            "which" of `options` has the most; "released", which network has the same stages;
            "faster", which network was printed as taking the least time; "cells", how many places
            the last map has; "saved", what a growing schedule saves of training.
        ask: The question.
        because: Why it is so, with no number in it that is computed.
        quantity: One of `WRITTEN`.
        of, against: Designs, as links write them.
        options: Designs, or names of networks.
        layer: One of `walk.KINDS`.
        bench: One of `speed.printed.benches`.
        resolution: Side of the picture; the design's own for 0.
        preset: Name of a published schedule.
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be chosen, which is right, and the right answer with its numbers."""

    choices: tuple[str, ...]
    right: int
    shown: str


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
        return _schedule(self.preset, self.stages) if self.preset else None


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
        steps.append(Step(**{**step, "hide": hidden, "question": Question(**asked)}))
    return Lesson(
        values["key"], values["title"], values["goal"], tuple(values["plan"]), tuple(steps)
    )


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


# --- answers ----------------------------------------------------------------------------------


@remembered(maxsize=64)
def answer(question: Question) -> Answer:
    """The choices of a question and the right one, computed."""
    makers = {
        "ratio": _ratio,
        "share": _share,
        "which": _which,
        "released": _released,
        "faster": _faster,
        "cells": _cells,
        "saved": _saved,
    }
    return makers[question.kind](question)


def value(query: str, quantity: str) -> float:
    """A quantity of a design."""
    spec = read(query).spec()
    if quantity == "blocks":
        return spec.blocks
    if quantity == "intensity":
        units = work(spec)
        return sum(unit.macs for unit in units) / sum(unit.bytes for unit in units)
    return int(getattr(count(spec), quantity))


def _ratio(question: Question) -> Answer:
    of, against = (value(one, question.quantity) for one in (question.of, question.against))
    word, write = WRITTEN[question.quantity]
    told = {"of": write(of), "word": say(word), "against": write(against)}  # type: ignore[operator]
    if of == against:
        same = (say("it stays the same"), factor(1.1), factor(2**0.5), factor(2))
        return Answer(same, 0, say("Nothing: {of} {word} against {against}.", **told))
    true = of / against
    choices, right = _ladder(question, true)
    shown = say("{ratio}: {of} {word} against {against}.", ratio=factor(true), **told)
    return Answer(tuple(map(factor, choices)), right, shown)


def _share(question: Question) -> Answer:
    cost = count(read(question.of).spec())
    part = getattr(cost.by_kind()[question.layer], question.quantity)
    whole = getattr(cost, question.quantity)
    choices, right = _ladder(question, part / whole)
    word, write = WRITTEN[question.quantity]
    shown = say(
        "{share}: {part} of {whole} {word}.",
        share=percent(part / whole),
        part=write(part),  # type: ignore[operator]
        whole=write(whole),  # type: ignore[operator]
        word=say(word),
    )
    return Answer(tuple(map(percent, choices)), right, shown)


def _ladder(question: Question, true: float) -> tuple[list[float], int]:
    """Four values from low to high, with the true one at a place that the question decides."""
    start = zlib.crc32(question.ask.encode()) % CHOICES
    values = [true * step for step in LADDER[start : start + CHOICES]]
    if question.kind != "ratio" and values[-1] >= 1:
        start = 0
        values = [true * step for step in LADDER[:CHOICES]]
    return values, RIGHT - start


def _which(question: Question) -> Answer:
    found = [value(one, question.quantity) for one in question.options]
    titles = tuple(read(one).title for one in question.options)
    if question.quantity in ("params", "macs", "activations") and len(set(titles)) < len(titles):
        titles = tuple(_coefficients(read(one)) for one in question.options)
    word, write = WRITTEN[question.quantity]
    right = found.index(max(found))
    return _ranked(titles, right, say(word), [write(one) for one in found])  # type: ignore[operator]


def _ranked(titles: tuple[str, ...], right: int, word: str, written: list[str]) -> Answer:
    """One of several, told with the numbers of all."""
    shown = say(
        "{right}. {word}: {numbers}.",
        right=titles[right],
        word=capital(word),
        numbers=in_a_row([f"{a} ({b})" for a, b in zip(titles, written, strict=True)]),
    )
    return Answer(titles, right, shown)


def _coefficients(design: Design) -> str:
    values = (design.alpha, design.beta, design.gamma)
    return "alpha {}, beta {}, gamma {}".format(*map(significant, values))


def _released(question: Question) -> Answer:
    twin = same_stages(read(question.of).spec())
    if twin is None or twin.name not in question.options:
        raise EffnetError(
            "{design} has the stages of none of {options}",
            design=repr(question.of),
            options=question.options,
        )
    names = tuple(map(display_name, question.options))
    right = question.options.index(twin.name)
    return Answer(names, right, say("{network}, stage by stage.", network=names[right]))


def _faster(question: Question) -> Answer:
    """Which network took the least time on one bench, as printed."""
    times = {row.variant: row.ms_per_image for row in on(question.bench)}
    found = [times[name] for name in question.options]
    right = found.index(min(found))
    titles = tuple(map(display_name, question.options))
    return _ranked(titles, right, say(question.bench), [milliseconds(one) for one in found])


def _cells(question: Question) -> Answer:
    """How many places a side the last map has, for a picture of some size."""
    found = fields(read(question.of).spec(), resolution=question.resolution or None)
    last = list(found.values())[-1]
    start = 0 if last.cells % 2 else zlib.crc32(question.ask.encode()) % 2
    sides = [last.cells * 2**step // 2**start for step in range(CHOICES)]
    shown = say(
        "{side} x {side}: {cells} places, {step} px apart.",
        side=last.cells,
        cells=last.cells**2,
        step=last.step,
    )
    return Answer(tuple(f"{side} x {side}" for side in sides), start, shown)


def _saved(question: Question) -> Answer:
    """What a published schedule saves of training at its last size throughout."""
    from effnet.train import relative_cost

    network, schedule = _schedule(question.preset)
    saved = 1 - relative_cost(schedule, get_variant(network))
    choices, right = _ladder(question, saved)
    sizes = in_a_row([str(stage.size) for stage in schedule.plan()])
    shown = say("{saved}: it trains at {sizes} px.", saved=percent(saved), sizes=sizes)
    return Answer(tuple(map(percent, choices)), right, shown)


def _schedule(preset: str, stages: int = 0) -> "tuple[str, Progressive]":
    """A published schedule and its network; cut into so many stages where a number is given."""
    from effnet.train import presets

    one = next((one for one in presets() if one.name == preset), None)
    if one is None:
        raise EffnetError("no published schedule {name}", name=repr(preset))
    schedule = replace(one.schedule, stages=stages) if stages else one.schedule
    return one.variant, schedule
