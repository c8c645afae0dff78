"""Lessons in the app: a step's panel, what a link hides, presenter mode, the teacher's page."""

import json
from collections.abc import Set
from dataclasses import asdict
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from effnet.app.kit import glossary_view, live, projector, state
from effnet.base import language, plural, say
from effnet.report import (
    HIDEABLE,
    Answer,
    Lesson,
    Question,
    Step,
    answer,
    glossary,
    lessons,
    shown_by,
)
from effnet.scaling import Design, unknown

# hidden on a projector
PRESENTED = frozenset({"mode", "base", "table", "curve", "tabs", "budget", "totals"})
CARD_WIDTH = 270  # px, of a lesson's card, at least
ADDRESS = "http://localhost:8501"
MOST_TERMS = 5  # under a step
AS_MINE = ""  # the link's language is that of the page
TURN = "turn_to_step"  # str: "yes" where a link or a button opened a step, maybe of another page


def start() -> list[str]:
    """Read lesson, step, hidden controls and presenter mode from the link; what can't be used."""
    notes: list[str] = []
    known = lessons.lessons()
    said = _said(state.LESSON)
    if said and said not in known:
        notes.append(unknown("lesson", said, known))
        state.remember(state.LESSON, "")
    lesson = known.get(state.remembered(state.LESSON, ""))
    step = _said(state.STEP)
    steps = [str(number + 1) for number in range(len(lesson.steps))] if lesson else []
    if lesson and step and step not in steps:
        notes.append(unknown("step", step[:20], steps))
    if lesson and state.remembered(state.STEP, "") not in steps:
        state.remember(state.STEP, "1")
    if _said(state.HIDE):
        names, wrong = lessons.read_hidden(state.remembered(state.HIDE, ""))
        notes += wrong
        state.remember(state.HIDE, ",".join(sorted(names)))
    present = _said(state.PRESENT)
    if present not in ("", "0", "1"):
        notes.append(say("present {said} is not 0 or 1", said=repr(present[:20])))
    if state.remembered(state.PRESENT, "") != "1":
        state.remember(state.PRESENT, "")
    if lesson and (said or step):
        opened = lesson.steps[_step(lesson) - 1]
        if state.design() == Design():  # the link may well say another
            state.change(**asdict(lessons.read(opened.design)))
            state.write_link()
        _prepare(opened)
    _write()
    return notes


def _prepare(step: Step) -> None:
    """Set what a step opens with besides the design, and turn to its page."""
    if step.network:
        state.remember(state.NETWORK, step.network)
        st.session_state["network"] = step.network
    found = step.schedule()
    if found:
        network, schedule = found
        text = json.dumps({"network": network, "schedule": schedule.to_dict()})
        state.remember(state.SCHEDULE, text)
    state.remember(TURN, "yes")


def _said(key: str) -> str:
    """What the link newly says under a key, now remembered; "" where it says nothing new."""
    said = state.newly_said(key) or ""
    if said:
        state.remember(key, said)
    return said


def _write() -> None:
    """The link says what is remembered, on every page."""
    for key in (state.LESSON, state.STEP, state.HIDE, state.PRESENT):
        value = state.remembered(key, "")
        if key == state.STEP and not state.remembered(state.LESSON, ""):
            value = ""
        state.say_in_link(key, value or None)


def shows(name: str) -> bool:
    """Whether the lesson, the link and the presenter leave this part on the page."""
    hidden = set(state.remembered(state.HIDE, "").split(","))
    lesson = current()
    if lesson:
        hidden |= set(lesson.steps[_step(lesson) - 1].hide)
    if projector.on():
        hidden |= _presented(hidden) if lesson else PRESENTED
    return name not in hidden


def _presented(hidden: Set[str]) -> Set[str]:
    """What a projector hides of a step besides: the step speaks of its controls and its figure."""
    return {"table", "tabs"} if "curve" in hidden else {"table", "tabs", "drawing"}


def controls_shown() -> bool:
    """Whether any control of the design is left on the page; a released network has only two."""
    return state.design().mode != "released" or shows("mode") or shows("base")


def columns(*, shown: bool = True) -> tuple[DeltaGenerator, DeltaGenerator]:
    """A place for the controls and one for the rest.

    Side by side; the rest has the whole page where none of them is `shown`, and on a projector,
    where they unfold from a button above it.
    """
    if shown and projector.on():
        return st.container(key="unfold").popover(say("Controls")), st.container()
    if not shown:
        return st.container(), st.container()
    left, right = st.container(key="beside").columns([1, 2.6], gap="medium")
    return left.container(border=True, key="controls"), right


def current() -> Lesson | None:
    """The lesson that runs, if one does."""
    return lessons.lessons().get(state.remembered(state.LESSON, ""))


def _step(lesson: Lesson) -> int:
    number = state.remembered(state.STEP, "1")
    return min(max(int(number), 1), len(lesson.steps)) if number.isdigit() else 1


def _go(lesson: Lesson, number: int) -> None:
    state.remember(state.LESSON, lesson.key)
    state.remember(state.STEP, str(number))
    step = lesson.steps[number - 1]
    state.edit(lessons.read(step.design))
    _prepare(step)


def _end() -> None:
    for key in (state.LESSON, state.STEP, state.HIDE, state.PRESENT):
        state.remember(key, "")


def panel(file: str) -> None:
    """The running lesson's step, its question and the way on; and the presenter's large type."""
    if projector.on() and live.in_browser():
        large = live.component("present", html="<span></span>", isolate_styles=False)
        large(key="remote", data={}, height=1)  # "present" is what is remembered
    lesson = current()
    if lesson is None:
        if projector.on() or state.remembered(state.HIDE, ""):
            st.button(say("Show everything again"), key="show_everything", on_click=_end)
        return
    number = _step(lesson)
    step = lesson.steps[number - 1]
    turn = state.remembered(TURN, "")
    state.remember(TURN, "")
    if turn and step.page != file:
        st.switch_page(step.page)
    if projector.on():  # one line; what is said and asked unfolds over the figure
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key="lesson"):
            st.markdown(f"**{number}/{len(lesson.steps)}** {say(step.question.ask)}")
            with st.popover(say("Predict")):
                _said_and_asked(lesson, number, file)
            _turns(lesson, number)
        return
    with st.container(border=True):
        st.caption(
            say(
                "Step {number} of {n} of the lesson: {title}",
                number=number,
                n=len(lesson.steps),
                title=say(lesson.title),
            )
        )
        _said_and_asked(lesson, number, file)
        with st.container(horizontal=True, gap="small"):
            _turns(lesson, number)
        glossary_view.row(glossary.used_in(f"{step.say} {step.question.ask}")[:MOST_TERMS])


def _said_and_asked(lesson: Lesson, number: int, file: str) -> None:
    """What a step says, the way to its page, and its question."""
    step = lesson.steps[number - 1]
    st.markdown(say(step.say))
    if step.page != file:
        st.page_link(step.page, label=say("This step is on another page: go there"))
    _question(lesson, number)


def _turns(lesson: Lesson, number: int) -> None:
    """Buttons for the step before, the next, and the end."""
    st.button(
        say("Back"),
        key="lesson_back",
        disabled=number == 1,
        on_click=_go,
        args=(lesson, max(number - 1, 1)),
    )
    st.button(
        say("Next step"),
        key="lesson_next",
        disabled=number == len(lesson.steps),
        on_click=_go,
        args=(lesson, min(number + 1, len(lesson.steps))),
    )
    st.button(say("End the lesson"), key="lesson_end", on_click=_end)


@st.fragment
def _question(lesson: Lesson, number: int) -> None:
    """Predict, then reveal."""
    language.use(state.language())  # a fragment runs by itself
    question = lesson.steps[number - 1].question
    found = answer(question)
    place = f"{lesson.key}_{number}"
    given, chosen = _given(question, found, f"predict_{place}")
    revealed, now = f"revealed_{place}", repr(st.session_state.get(f"predict_{place}"))
    if st.button(
        say("Reveal"),
        key=f"reveal_{place}",
        disabled=not given,
        on_click=_reveal,
        args=(question, revealed, now),
    ):
        st.rerun()  # the whole page: its controls and figures go to the answer
    if not given or st.session_state.get(revealed) != now:
        return
    told = {"shown": found.shown, "because": say(question.because)}
    if chosen == found.right:
        st.success(say("**Right.** {shown} {because}", **told))
    elif chosen is not None and found.why and found.why[chosen]:
        st.info(say("**Not so:** {why}. {shown} {because}", why=found.why[chosen], **told))
    else:
        st.info(say("**Not so.** {shown} {because}", **told))


def _given(question: Question, found: Answer, key: str) -> tuple[bool, int | None]:
    """Whether something was predicted, and which of the choices it is, if any."""
    ask = say(question.ask)
    if question.entry == "number":
        typed = st.number_input(
            ask, value=None, format="%g", key=key, placeholder=say("A number"), width=320
        )
        return typed is not None, None if typed is None else found.nearest(typed)
    if question.entry == "bar":
        dragged = st.slider(ask, 0, 100, 50, format="%d %%", key=key, width=480)
        return True, found.nearest(dragged)
    options, named = range(len(found.choices)), found.choices.__getitem__
    if question.entry == "stage":
        chosen = st.pills(ask, options, format_func=named, key=key)
    else:
        chosen = st.radio(ask, options, format_func=named, index=None, key=key, horizontal=True)
    return chosen is not None, chosen


def _reveal(question: Question, revealed: str, predicted: str) -> None:
    st.session_state[revealed] = predicted
    design = shown_by(question)
    if design:
        state.edit(lessons.read(design))


# --- the page of lessons ----------------------------------------------------------------------


def students() -> None:
    """A card for every lesson: what it is about, and the way in; no answer stands here."""
    with st.grid(3, min_column_width=projector.larger(CARD_WIDTH)):
        for lesson in lessons.lessons().values():
            with st.container(border=True, height="stretch", key=f"card_{lesson.key}"):
                with st.container(height="stretch", gap="small"):
                    term = glossary.terms()[lesson.picture]
                    st.image(term.picture, alt=say(term.name), width="stretch")
                    st.markdown(f"**{say(lesson.title)}**  \n{say(lesson.goal)}")
                st.button(
                    plural(len(lesson.steps), "Begin: {n} step", "Begin: {n} steps"),
                    key=f"begin_{lesson.key}",
                    on_click=_go,
                    args=(lesson, 1),
                )


def address() -> str:
    """Where this app is, without page and query."""
    scheme, host, *_ = urlsplit(st.context.url or ADDRESS)
    return f"{scheme}://{host}"


def teacher() -> None:
    """A lesson's plan, links, and questions with the computed answers; and a link of one's own."""
    with st.expander(say("For teachers"), key="for_teachers", on_change="rerun") as opened:
        if opened.open:
            known = lessons.lessons()
            chosen = st.selectbox(
                say("Plan, links and answers of"),
                known,
                format_func=lambda key: say(known[key].title),
                key="teachers_lesson",
            )
            _plan(known[chosen])
            _own_link()


def _plan(lesson: Lesson) -> None:
    st.markdown(say("**Goal.** {goal}", goal=say(lesson.goal)))
    st.markdown("\n".join(f"- {say(line)}" for line in lesson.plan))
    st.caption(
        say("The link for the class; it opens the first step with its controls and no others:")
    )
    said = lessons.link(address(), lesson, language=language.current())
    st.code(said, language=None, wrap_lines=True)
    st.caption(say("The same for a projector, in large type with one figure:"))
    st.code(f"{said}&{state.PRESENT}=1", language=None, wrap_lines=True)
    for number, step in enumerate(lesson.steps, start=1):
        question, found = step.question, answer(step.question)
        st.markdown(
            say(
                "**Step {number}.** {said}\n\n*{ask}* {shown} {because}",
                number=number,
                said=say(step.say),
                ask=say(question.ask),
                shown=found.shown,
                because=say(question.because),
            )
        )


def _own_link() -> None:
    """A link of one's own: the current design, with what is hidden."""
    st.markdown(say("**A link of your own**"))
    st.caption(
        say(
            "The link opens Scale with the current design. What is hidden stays hidden on "
            "every page. One button shows everything again."
        )
    )
    hidden = st.multiselect(
        say("Hide on Scale and Cost"),
        list(HIDEABLE),
        format_func=lambda name: say(HIDEABLE[name]),
        placeholder=say("Choose options"),
        key="link_hide",
    )
    large = st.toggle(say("For a projector: large type, one figure"), key="link_present")
    spoken = st.selectbox(
        say("Language of the link"),
        (AS_MINE, *language.LANGUAGES),
        format_func=lambda code: language.LANGUAGES.get(code) or say("as this page"),
        key="link_language",
    )
    spoken = language.current() if spoken == AS_MINE else spoken
    said = {"mode": "formula"} | state.design().to_query() | lessons.in_language(spoken)
    if hidden:
        said["hide"] = ",".join(hidden)
    if large:
        said["present"] = "1"
    st.code(f"{address()}/?{urlencode(said, safe=',')}", language=None, wrap_lines=True)
