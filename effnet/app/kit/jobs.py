"""A job on a page: the button that asks for it, progress and a stop, then what it gave.

Everything that outlives a page's run is shown here, whether a thread or a process does it. Only the
progress is drawn again and again: a button that is redrawn with it changes under the pointer, and
on a busy machine it can't be pressed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from effnet.app.kit import frame, projector, state
from effnet.base import EffnetError, say, speaking, verbatim
from effnet.jobs import WAITS, Job, Progress, Queue, Watched, measuring

LOOK_S = 1.0  # seconds between two looks

Work = Callable[[Job], Any]  # runs in a thread; torch may be loaded there, Streamlit not used
Draw = Callable[[Any], None]  # shows what a job has so far; None before it has anything


# --- what this visit has asked for ----------------------------------------------------------------


def ask(queue: Queue, key: str, title: str, work: Work, subject: Any = None) -> None:
    """Start a job in the place of the card's last one, which is stopped."""
    if last := _asked().get(key):
        last.stop()
    with speaking(state.language()):  # what it raises is shown on the page
        visitor = state.visitor()
        job = queue.ask(title, key, work, subject=subject, visitor=visitor)
    _asked()[key] = job


def running(key: str) -> bool:
    """Whether this card shows a job that waits or runs."""
    return key in _asked()


def results() -> dict[str, Job]:
    """What this visit's jobs gave, by card; each has ended."""
    found: dict[str, Job] = st.session_state.setdefault(state.RESULTS, {})
    return found


def of(key: str, subject: Any) -> Job | None:
    """The card's job, where it is of this subject; one of another subject is stopped."""
    job = _asked().get(key) or results().get(key)
    if job is not None and job.subject != subject:
        job.stop()
        _forget(key)
        job = None
    if job is not None and job.error is not None:
        _forget(key)
        raise job.error
    return job


def _asked() -> dict[str, Job]:
    found: dict[str, Job] = st.session_state.setdefault(state.JOBS, {})
    return found


def _forget(key: str) -> None:
    _asked().pop(key, None)
    results().pop(key, None)


# --- cards ----------------------------------------------------------------------------------------


def card(
    key: str,
    label: str,
    note: str,
    subject: Any,
    title: str,
    work: Work,
    *,
    draw: Draw | None = None,
    main: bool = False,
    queue: Queue = measuring,
    again: bool = True,
    help: str | None = None,
) -> Job | None:
    """A button that asks for a job; while it goes on, progress and a stop; then the job.

    Args:
        key: The card's name.
        label: The button's.
        note: How long it takes, and what is done.
        subject: What it is of; a result of another subject is told, and not given.
        title: The subject in words.
        work: What is done.
        draw: Shows what the job has so far.
        main: Whether this is the page's main button.
        queue: Where it waits for its turn.
        again: Whether the button can be pressed where the result is there.
        help: The button's.
    """
    mine = _asked().get(key)
    if mine is None and queue.a_visitor == 1:
        mine = next((job for job in _asked().values() if job.queue is queue), None)
    if mine is not None and (mine.key == key or main):  # another's card may be in a shut tab
        watch(mine, key, draw if mine.key == key else None)
        return None if mine.key == key else _last(key, label, subject)
    last = results().get(key)
    there = last is not None and last.subject == subject and last.value is not None
    with _row(key):
        st.button(
            label,
            key=f"run_{key}",
            type="primary" if main else "secondary",
            disabled=mine is not None or (there and not again),
            help=say("Another measurement of yours is running") if mine else help,
            on_click=ask,
            args=(queue, key, title, work, subject),
        )
        if not projector.on():
            st.caption(note)
    return _last(key, label, subject)


def _last(key: str, label: str, subject: Any) -> Job | None:
    """The card's result, where it is of this subject."""
    last = results().get(key)
    if last is None:
        return None
    if last.error is not None:
        if not isinstance(last.error, EffnetError):
            _forget(key)
            raise last.error
        st.error(verbatim(last.error))
        if not last.value:
            return None
    if last.subject != subject:
        st.info(
            say(
                "The last measurement was of {title}. Press {label} to measure what the "
                "controls say now.",
                title=verbatim(say(last.title)),
                label=label,
            )
        )
        return None
    if last.stopped and last.value is not None:
        st.caption(say("Stopped before its end: this is what had been measured."))
    return last


def watch(
    job: Watched, key: str, draw: Draw | None = None, *, question: str = "", may: bool = True
) -> None:
    """Progress and a stop, looked at once a second until the job has ended.

    Args:
        job: What is looked at.
        key: The card's name.
        draw: Shows below what the job has so far.
        question: Asked before it is stopped; "" stops at once.
        may: Whether this visitor may stop it.
    """

    def stop() -> None:
        pressed = job.look().state == "stopping"
        if question:
            sure(f"stop_{key}", say("Stop"), question, say("Stop it"), job.stop, disabled=pressed)
        else:
            st.button(say("Stop"), key=f"stop_{key}", on_click=job.stop, disabled=pressed)

    def look() -> None:
        now = job.look()
        if now.over:
            st.rerun()
        with _drawing(job):
            st.progress(now.share, text=verbatim(words(job, now)))

    def show() -> None:
        with _drawing(job):
            if draw is not None:
                draw(job.partial if isinstance(job, Job) else None)

    with _row(key):
        if may:  # a part of its own: a press needs no run of the whole page
            with st.container(width="content"):
                frame.part(stop)()
        frame.part(look, every_s=LOOK_S)()
    if draw is not None:
        frame.part(show, every_s=LOOK_S)()


def _row(key: str) -> DeltaGenerator:
    """A line for the button, or for stop and progress in its place."""
    return st.container(key=f"job_{key}", horizontal=True, vertical_alignment="center")


def _drawing(job: Watched) -> AbstractContextManager[None]:
    """Between two passes of what is measured."""
    return job.drawing() if isinstance(job, Job) else nullcontext()


def sure(
    key: str, label: str, question: str, yes: str, do: Callable[[], None], *, disabled: bool = False
) -> None:
    """A button that asks before it does something that can't be undone."""
    with st.popover(label, disabled=disabled):
        st.markdown(question)
        st.button(yes, key=key, type="primary", on_click=do)


def words(job: Watched, now: Progress) -> str:
    """How far a job is, in a line."""
    if now.state == "waiting":
        waits = job.queue.waits if isinstance(job, Job) and job.queue else WAITS
        doing = say(waits, n=now.before) if now.before else say("Waiting")
    elif now.state == "stopping":
        doing = say("stopping")
    else:
        doing = say(now.text or "Getting ready")
        if now.seconds_left is not None:
            doing = say("{doing}; {seconds:.0f} s left", doing=doing, seconds=now.seconds_left)
    return say("{title}: {state}", title=say(job.title), state=doing)
