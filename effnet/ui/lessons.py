"""Lessons in the app: a step's panel, what a link hides, presenter mode, the teacher's page."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import plotly.graph_objects as go
import streamlit as st

from effnet import lessons
from effnet.lessons import HIDEABLE, Lesson
from effnet.ui import live, state

# hidden on a projector
PRESENTED = frozenset({"mode", "base", "table", "curve", "tabs", "budget", "totals"})
LARGER = 1.5  # a figure's type and height on a projector
ADDRESS = "http://localhost:8501"


def start() -> list[str]:
    """Read lesson, step, hidden controls and presenter mode from the link; what can't be used."""
    notes: list[str] = []
    known = lessons.lessons()
    said = _said(state.LESSON)
    if said and said not in known:
        notes.append(f"lesson {said[:40]!r} is not one of {', '.join(known)}")
        state.remember(state.LESSON, "")
    lesson = known.get(state.remembered(state.LESSON, ""))
    step = _said(state.STEP)
    steps = [str(number + 1) for number in range(len(lesson.steps))] if lesson else []
    if lesson and step and step not in steps:
        notes.append(f"step {step[:20]!r} is not one of {', '.join(steps)}")
    if lesson and state.remembered(state.STEP, "") not in steps:
        state.remember(state.STEP, "1")
    if _said(state.HIDE):
        names, wrong = lessons.read_hidden(state.remembered(state.HIDE, ""))
        notes += wrong
        state.remember(state.HIDE, ",".join(sorted(names)))
    present = _said(state.PRESENT)
    if present not in ("", "0", "1"):
        notes.append(f"present {present[:20]!r} is not 0 or 1")
    if state.remembered(state.PRESENT, "") != "1":
        state.remember(state.PRESENT, "")
    _write()
    return notes


def _said(key: str) -> str:
    """What the link newly says under a key, now remembered; "" where it says nothing new."""
    said, seen = st.query_params.get(key, ""), f"{key} in the link"
    if not said or said == st.session_state.get(seen):
        return ""
    st.session_state[seen] = said
    state.remember(key, said)
    return said


def _write() -> None:
    """The link says what is remembered, on every page."""
    for key in (state.LESSON, state.STEP, state.HIDE, state.PRESENT):
        value = state.remembered(key, "")
        if key == state.STEP and not state.remembered(state.LESSON, ""):
            value = ""
        if value != st.query_params.get(key, ""):
            if value:
                st.query_params[key] = value
            else:
                del st.query_params[key]
        st.session_state[f"{key} in the link"] = value


def shows(name: str) -> bool:
    """Whether the lesson, the link and the presenter leave this part on the page."""
    hidden = set(state.remembered(state.HIDE, "").split(","))
    lesson = current()
    if lesson:
        hidden |= set(lesson.steps[_step(lesson) - 1].hide)
    if presenting():
        hidden |= PRESENTED
    return name not in hidden


def presenting() -> bool:
    """Whether this is for a projector: large type, one figure."""
    return state.remembered(state.PRESENT, "") == "1"


def sized(drawn: go.Figure) -> go.Figure:
    """A figure with the type and height that a projector asks for; itself where there is none."""
    if not presenting():
        return drawn
    values = drawn.to_dict()
    layout = values["layout"]
    layout["height"] = round(LARGER * layout["height"])
    _enlarge(layout)
    return go.Figure(values, _validate=False)


def _enlarge(values: Any) -> None:
    """Every font in a figure's layout, by `LARGER`."""
    for key, value in values.items() if isinstance(values, dict) else enumerate(values):
        if key == "font" and isinstance(value, dict) and "size" in value:
            value["size"] = round(LARGER * value["size"])
        elif isinstance(value, (dict, list, tuple)):
            _enlarge(value)


def current() -> Lesson | None:
    """The lesson that runs, if one does."""
    return lessons.lessons().get(state.remembered(state.LESSON, ""))


def _step(lesson: Lesson) -> int:
    number = state.remembered(state.STEP, "1")
    return min(max(int(number), 1), len(lesson.steps)) if number.isdigit() else 1


def _go(lesson: Lesson, number: int) -> None:
    state.remember(state.LESSON, lesson.key)
    state.remember(state.STEP, str(number))
    state.edit(lessons.read(lesson.steps[number - 1].design))


def _end() -> None:
    for key in (state.LESSON, state.STEP, state.HIDE, state.PRESENT):
        state.remember(key, "")


def panel(file: str) -> None:
    """The running lesson's step, its question and the way on; and the presenter's large type."""
    if presenting() and live.in_browser():
        _large()(key="present", data={}, height=1)
    lesson = current()
    if lesson is None:
        if presenting() or state.remembered(state.HIDE, ""):
            st.button("Show everything again", key="show_everything", on_click=_end)
        return
    number = _step(lesson)
    step = lesson.steps[number - 1]
    with st.container(border=True):
        st.caption(f"Step {number} of {len(lesson.steps)} of the lesson: {lesson.title}")
        st.markdown(step.say)
        if step.page != file:
            st.page_link(step.page, label="This step is on another page: go there")
        _question(lesson, number)
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Back",
                key="lesson_back",
                disabled=number == 1,
                on_click=_go,
                args=(lesson, max(number - 1, 1)),
            )
            st.button(
                "Next step",
                key="lesson_next",
                disabled=number == len(lesson.steps),
                on_click=_go,
                args=(lesson, min(number + 1, len(lesson.steps))),
            )
            st.button("End the lesson", key="lesson_end", on_click=_end)


@st.fragment
def _question(lesson: Lesson, number: int) -> None:
    """Predict, then reveal."""
    question = lesson.steps[number - 1].question
    found = lessons.answer(question)
    place = f"{lesson.key}_{number}"
    chosen = st.radio(
        question.ask, found.choices, index=None, key=f"predict_{place}", horizontal=True
    )
    asked = st.button("Reveal", key=f"reveal_{place}", disabled=chosen is None)
    if asked and chosen is not None:
        start = "Right" if chosen == found.choices[found.right] else "Not so"
        st.info(f"**{start}.** {found.shown} {question.because}")


@lru_cache(maxsize=1)
def _large() -> Any:
    css = (live.COMPONENTS / "present.css").read_text("utf-8")
    js = "export default function () {\n}"
    component: Any = st.components.v2.component
    return component("effnet_present", html="<span></span>", css=css, js=js, isolate_styles=False)


# --- the teacher's page -----------------------------------------------------------------------


def address() -> str:
    """Where this app is, without page and query."""
    scheme, host, *_ = urlsplit(st.context.url or ADDRESS)
    return f"{scheme}://{host}"


def teacher() -> None:
    """Every lesson with its plan, its link, and its questions with the computed answers."""
    for lesson in lessons.lessons().values():
        with st.expander(lesson.title, key=f"lesson_{lesson.key}", on_change="rerun") as opened:
            if opened.open:
                _plan(lesson)


def _plan(lesson: Lesson) -> None:
    st.markdown(f"**Goal.** {lesson.goal}")
    st.markdown("\n".join(f"- {line}" for line in lesson.plan))
    st.caption("The link for the class; it opens the first step with its controls and no others:")
    st.code(lessons.link(address(), lesson), language=None, wrap_lines=True)
    for number, step in enumerate(lesson.steps, start=1):
        found = lessons.answer(step.question)
        st.markdown(
            f"**Step {number}.** {step.say}\n\n*{step.question.ask}* {found.shown} "
            f"{step.question.because}"
        )
    st.button("Begin", key=f"begin_{lesson.key}", on_click=_go, args=(lesson, 1))


def own_link() -> None:
    """A link of one's own: the current design, with what is hidden."""
    hidden = st.multiselect(
        "Hide on Scale and Cost",
        list(HIDEABLE),
        format_func=lambda name: HIDEABLE[name],
        key="link_hide",
    )
    large = st.toggle("For a projector: large type, one figure", key="link_present")
    said = {"mode": "formula"} | state.design().to_query()
    if hidden:
        said["hide"] = ",".join(hidden)
    if large:
        said["present"] = "1"
    st.code(f"{address()}/?{urlencode(said, safe=',')}", language=None, wrap_lines=True)
