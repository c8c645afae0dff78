"""The card of the seven counters: closed forms, the tools' own answers, the rules."""

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter

import streamlit as st

from effnet.app.kit import jobs, live, sheet
from effnet.base import Column, in_a_row, mark, say
from effnet.counting import PARTS, Opinion, counted_by_none, opinions
from effnet.figures import counters_compared
from effnet.jobs import working
from effnet.network import Spec, display_name, get_variant
from effnet.nn import Answer, ask, installed

COMPARED = ("b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "v2_s")
KEY = "ask"
ASKING = mark("Asking the tools")
UNITS = (mark("mult-adds"), mark("flops that are MACs"))  # of tools' own, in `data/counters.csv`


def counters(spec: Spec) -> None:
    """What seven tools say of the network, difference by difference, with a second opinion."""
    st.markdown(f"#### {say('Seven counters, one network')}")
    said = opinions(spec)
    answers = _answers(spec)
    measured = {a.tool: a.says for a in answers if a.says is not None}
    live.figure(
        "counters",
        counters_compared(said, measured=measured),
        alt=say(
            "What each tool adds to the multiply-adds of convolutions and fully connected layers"
        ),
    )
    asked = (
        Column(
            mark("it really said"),
            lambda one: measured.get(one.tool),
            ",",
            note=mark("Measured: by the tool, in a process of its own"),
        ),
    )
    sheet.show(
        said,
        Column(mark("tool"), "title", look={"pinned": True}),
        Column(mark("prints"), "says", ",", note=mark("In its own unit")),
        *asked[: bool(measured)],
        Column(mark("as"), "unit"),
        *(Column(name, partial(_sum, part=part), ",") for part, name in _parts(said).items()),
        Column(mark("closed form"), "formula"),
        Column(mark("leaves out"), lambda one: in_a_row(map(say, one.leaves_out))),
        Column(mark("last compared with"), "version"),
        Column(mark("installed here"), lambda one: installed(one.tool)),
        key="counters_table",
        fit=True,
        placeholder="",
        alt=say("Seven tools, what they print, and what it is made of"),
    )
    missing = counted_by_none(said)
    rule = say(
        "Computed for the modules as torchvision writes them, in evaluation mode, one image."
    )
    if missing:
        names = in_a_row([say(name) for name in missing])
        rule += say(" Left out by all seven: {names}.", names=names)
    st.caption(rule)
    _second_opinion(spec, said, answers)
    label = say("The rules, and the same for the released networks")
    with st.expander(label, key="counters_more", on_change="rerun") as one:
        if one.open:
            _rules(said)
            _released()


def _parts(said: Sequence[Opinion]) -> dict[str, str]:
    """The named parts that any of the tools counts here."""
    there = {term.part for opinion in said for term in opinion.terms}
    return {part: name for part, name in PARTS.items() if part in there}


def _sum(opinion: Opinion, part: str) -> int | None:
    """What a tool counts of a part; None where nothing."""
    return sum(term.value for term in opinion.terms if term.part == part) or None


def _answers(spec: Spec) -> tuple[Answer, ...]:
    """What the tools said when they were last asked, if it was about this network."""
    last = jobs.results().get(KEY)
    return last.value or () if last is not None and last.subject == spec else ()


@st.cache_data(max_entries=64, show_spinner=False)
def _asked(spec: Spec, _between: Callable[[], None]) -> tuple[Answer, ...]:
    return ask(spec, between=_between)


def _second_opinion(spec: Spec, said: Sequence[Opinion], answers: Sequence[Answer]) -> None:
    """A button that asks the tools themselves, and whether they agree with the closed forms."""
    note = say("Measured on demand, in a separate process; takes 10 to 60 seconds.")
    jobs.card(
        KEY,
        say("Ask the tools themselves"),
        _agreement(said, answers) if answers else note,
        spec,
        ASKING,
        lambda job: _asked(spec, lambda: job.report(0.0)),
        queue=working,
        again=False,
        help=say(
            "The network is built, and ptflops, PyTorch's counter and the other installed "
            "tools count it. They run in a process of their own, because they change the "
            "functions that they count."
        ),
    )


def _agreement(said: Sequence[Opinion], answers: Sequence[Answer]) -> str:
    expected = {opinion.tool: opinion for opinion in said}
    good = [a for a in answers if a.says == expected[a.tool].says]
    words = [
        say(
            "Measured just now, in a separate process: the closed form is exact for {good} "
            "of {n} {n:tool|tools}.",
            good=len(good),
            n=len(answers),
        )
    ]
    for one in answers:
        if one not in good:
            trouble = one.told or say("{number:,} instead", number=one.says)
            title = expected[one.tool].title
            words.append(say(" {tool}: {trouble}.", tool=title, trouble=trouble))
    return "".join(words)


def _rules(said: Sequence[Opinion]) -> None:
    sheet.show(
        [(opinion.title, term) for opinion in said for term in opinion.terms],
        Column(mark("tool"), itemgetter(0)),
        Column(mark("part"), lambda row: say(PARTS[row[1].part])),
        Column(mark("factor"), lambda row: row[1].factor),
        Column(mark("elements"), lambda row: row[1].elements, ","),
        Column(mark("adds"), lambda row: row[1].value, ","),
        Column(mark("rule"), lambda row: say(row[1].rule)),
        key="counters_rules",
        height=300,
        alt=say("The terms of each tool's closed form, with the rule behind each"),
    )


def _released() -> None:
    """The seven closed forms for the released networks at their own resolutions."""
    sheet.show(
        [
            {"network": display_name(name)}
            | {one.title: one.says for one in opinions(get_variant(name))}
            for name in COMPARED
        ],
        key="counters_released",
        fit=True,
        alt=say("What the seven tools print for B0 to B7 and V2-S"),
    )
