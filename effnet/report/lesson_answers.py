"""The right answers of the lessons' questions, computed when they are asked. No torch."""

from collections.abc import Callable

from effnet.base import (
    EffnetError,
    factor,
    in_a_row,
    milliseconds,
    percent,
    remembered,
    say,
    significant,
)
from effnet.counting import Field, capital, count, fields
from effnet.network import display_name, get_variant
from effnet.papers import lines, on
from effnet.papers import shown as shown_as
from effnet.report.claims import same_stages
from effnet.report.lessons import WRITTEN, Answer, Question, read, schedule_of
from effnet.scaling import Design
from effnet.timing import work


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
        "stage": _stage,
        "sees": _sees,
        "printed": _printed,
        "apart": _apart,
        "chance": _chance,
    }
    return makers[question.kind](question)


def shown_by(question: Question) -> str:
    """The design that shows the answer, as links write it; "" where no design does."""
    if question.kind in ("which", "faster"):
        right = question.options[answer(question).right]
        return right if question.kind == "which" else f"mode=released&released={right}"
    asked_of_designs = ("ratio", "share", "released", "cells", "stage", "sees")
    return question.of if question.kind in asked_of_designs else ""


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
    def ratio(quantity: str) -> float:
        return value(question.of, quantity) / value(question.against, quantity)

    of, against = (value(one, question.quantity) for one in (question.of, question.against))
    word, write = WRITTEN[question.quantity]
    told = {"of": write(of), "word": say(word), "against": write(against)}  # type: ignore[operator]
    if of == against:
        shown = say("Nothing: {of} {word} against {against}.", **told)
    else:
        shown = say("{ratio}: {of} {word} against {against}.", ratio=factor(of / against), **told)
    return _among(question, of / against, ratio, _times, "x", shown)


def _times(ratio: float) -> str:
    return say("it stays the same") if ratio == 1 else factor(ratio)


def _share(question: Question) -> Answer:
    cost = count(read(question.of).spec())
    layers = cost.by_kind()[question.layer]

    def share(quantity: str) -> float:
        return float(getattr(layers, quantity) / getattr(cost, quantity))

    part, whole = (getattr(one, question.quantity) for one in (layers, cost))
    word, write = WRITTEN[question.quantity]
    shown = say(
        "{share}: {part} of {whole} {word}.",
        share=percent(part / whole),
        part=write(part),  # type: ignore[operator]
        whole=write(whole),  # type: ignore[operator]
        word=say(word),
    )
    return _among(question, part / whole, share, percent, "%", shown)


def _among(
    question: Question,
    true: float,
    other: Callable[[str], float],
    write: Callable[[float], str],
    unit: str,
    shown: str,
) -> Answer:
    """The right value among the misconceptions, from low to high.

    Args:
        question: Has the misconceptions.
        true: The right value; shares and chances are of 1, in the choices' values of 100.
        other: The value that a misconception means by a quantity's name.
        write: How a value is shown.
        unit: Of the values.
        shown: The right answer, told.
    """
    wrong = (
        (other(one.value) if isinstance(one.value, str) else one.value, say(one.why))
        for one in question.wrong
    )
    rows = sorted([(true, ""), *wrong])
    scale = 100 if unit == "%" else 1
    return Answer(
        tuple(write(row) for row, _ in rows),
        rows.index((true, "")),
        shown,
        tuple(why for _, why in rows),
        tuple(scale * row for row, _ in rows),
        unit,
    )


def _no_other(quantity: str) -> float:
    raise EffnetError(f"{quantity!r} is no number")


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
    last = _last_field(question)
    shown = say(
        "{side} x {side}: {cells} places, {step} px apart.",
        side=last.cells,
        cells=last.cells**2,
        step=last.step,
    )
    return _among(question, last.cells, _no_other, lambda side: f"{side} x {side}", "", shown)


def _sees(question: Question) -> Answer:
    """How many pixels a side one place of the last map sees."""
    last = _last_field(question)
    shown = say(
        "{side} px, in a picture of {view} px.", side=last.side, view=last.cells * last.step
    )
    return _among(question, last.side, _no_other, lambda side: f"{side:g} px", "px", shown)


def _last_field(question: Question) -> Field:
    found = fields(read(question.of).spec(), resolution=question.resolution or None)
    return list(found.values())[-1]


def _stage(question: Question) -> Answer:
    """Which stage has the most of a quantity."""
    stages = count(read(question.of).spec()).by_stage()
    found = [int(getattr(totals, question.quantity)) for totals in stages.values()]
    names = tuple(say("stage {n}", n=stage) for stage in stages)
    word, write = WRITTEN[question.quantity]
    right = found.index(max(found))
    shown = say(
        "{right}: {most} of {whole} {word}.",
        right=names[right],
        most=write(found[right]),  # type: ignore[operator]
        whole=write(sum(found)),  # type: ignore[operator]
        word=say(word),
    )
    return Answer(names, right, shown)


def _printed(question: Question) -> Answer:
    """Which of an exhibit's rows has the most in a column."""
    rows = {line.name: line for line in lines(question.exhibit)}
    found = [rows[name].number(question.column) for name in question.options]
    titles = tuple(shown_as(name) for name in question.options)
    written = [f"{one:g}" for one in found]
    return _ranked(titles, found.index(max(found)), shown_as(question.column), written)


def _apart(question: Question) -> Answer:
    """By how many points two rows of an exhibit differ in a column."""
    rows = {line.name: line for line in lines(question.exhibit)}
    of, against = (rows[name].number(question.column) for name in (question.of, question.against))
    true = round(of - against, 2)
    shown = say("{points} {points:point|points}: {of} % against {against} %, as printed.",
                points=f"{true:g}", of=f"{of:g}", against=f"{against:g}")  # fmt: skip
    return _among(question, true, _no_other, _points, "points", shown)


def _points(points: float) -> str:
    return say("{points} {points:point|points}", points=f"{points:g}")


def _chance(question: Question) -> Answer:
    """How likely something is that must happen in every one of some trials, on either side."""
    true = question.sides * float(question.of) ** question.trials
    shown = say(
        "{chance}: {sides} x {of} to the power of {trials}.",
        chance=percent(true),
        sides=question.sides,
        of=question.of,
        trials=question.trials,
    )
    return _among(question, true, _no_other, percent, "%", shown)


def _saved(question: Question) -> Answer:
    """What a published schedule saves of training at its last size throughout."""
    from effnet.train import relative_cost

    network, schedule = schedule_of(question.preset)
    saved = 1 - relative_cost(schedule, get_variant(network))
    sizes = in_a_row([str(stage.size) for stage in schedule.plan()])
    shown = say("{saved}: it trains at {sizes} px.", saved=percent(saved), sizes=sizes)
    return _among(question, saved, _no_other, percent, "%", shown)
