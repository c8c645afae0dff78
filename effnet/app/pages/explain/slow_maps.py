"""Slow maps and verdicts in the background: an estimate first, progress, and a stop.

One at a time on the machine, in the order they were asked for. The page can be used meanwhile; a
job whose visitor has left makes way for the next.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from effnet.app.kit import state, watching
from effnet.base import plural, say, speaking
from effnet.jobs import Job, Turns

bench = Turns()  # beside the one of the Latency page, which is for measurements only


@dataclass(frozen=True, slots=True)
class Asked:
    """A job of this visit, and what it is of."""

    job: Job
    subject: Hashable


def _jobs() -> dict[str, Asked]:
    found: dict[str, Asked] = st.session_state.setdefault(state.MAP_JOBS, {})
    return found


def ask(card: str, subject: Hashable, title: str, work: Callable[[Job], Any]) -> None:
    """Start a job in the place of the card's last one; its title is marked, not said."""
    language = state.language()

    def spoken(job: Job) -> Any:
        with speaking(language):  # what it raises is shown on the page
            return work(job)

    last = _jobs().get(card)
    if last is not None:
        last.job.stop()
    _jobs()[card] = Asked(bench.ask(title, card, spoken), subject)


def of(card: str, subject: Hashable) -> Job | None:
    """The card's job, where it is of this subject; one of another subject is stopped."""
    asked = _jobs().get(card)
    if asked is None:
        return None
    if asked.subject != subject:
        asked.job.stop()
        del _jobs()[card]
        return None
    if asked.job.error is not None:
        del _jobs()[card]
        raise asked.job.error
    return asked.job


def watch(job: Job, card: str) -> None:
    """Progress and a stop, until the job has ended; then the page runs again."""

    def look(progress: watching.Progress) -> None:
        job.seen()
        if job.ended:
            st.rerun()
        progress(job.share, _told(job))

    watching.watch(f"stop_{card}", look, stop=job.stop, stopped=job.stopped)


def _told(job: Job) -> str:
    title, before, left = say(job.title), bench.before(job), job.seconds_left
    if before:
        return plural(
            before, "{title}: waiting for {n} other", "{title}: waiting for {n} others", title=title
        )
    if job.stopped:
        return say("{title}: stopping", title=title)
    if left is None:
        return say("{title}: getting ready", title=title)
    return say("{title}: {seconds:.0f} s left", title=title, seconds=left)
