"""Measuring from a page: options, one measurement at a time on the machine, progress and a stop.

What is asked for runs on the machine's one bench (`speed.turns`), not in the page's own run: the
page can be used meanwhile, even left, and looks again once a second, between two passes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import streamlit as st

from effnet.app.kit import state
from effnet.app.kit.watching import Progress, watch
from effnet.base import EffnetError, language, mark, plural, say, verbatim
from effnet.jobs import Job, machine
from effnet.timing import ENGINES, Engine, Options, hardware

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
LOOK_S = 1.0  # seconds between two looks at a measurement
KEEP: Literal["session"] = "session"  # options outlive a change of page


@dataclass(frozen=True, slots=True)
class Chosen:
    """How to measure.

    Attributes:
        options: How a network runs.
        budget_s: Seconds for the samples.
    """

    options: Options
    budget_s: float


def options() -> Chosen:
    """The controls of what to measure besides the network."""
    here = hardware()
    batch = st.select_slider(say("Batch size"), BATCHES, key="batch_size", persist_state=KEEP)
    precision = st.segmented_control(
        say("Precision"),
        ("fp32", "bf16", "fp16"),
        default="fp32",
        required=True,
        key="precision",
        persist_state=KEEP,
        help=say("bf16 and fp16 by autocast, which casts weights and inputs operator by operator"),
    )
    if precision in here.notes:
        st.caption(say("{what}: {note}.", what=precision, note=say(here.notes[precision])))
    budget = st.select_slider(
        say("Seconds"),
        (1, 2, 5, 10, 30),
        value=2,
        key="budget",
        persist_state=KEEP,
        help=say(
            "For the samples; warming up until steady takes up to a third as long before them"
        ),
    )
    with st.expander(say("How it runs"), on_change="rerun", key="how_it_runs") as more:
        device, engine, switched, threads = _more() if more.open else _remembered()
    return Chosen(
        Options(
            device,
            int(batch),
            None,
            precision or "fp32",
            "channels_last" in switched,
            "folded" in switched,
            cast("Engine", engine),
            "cuda_graph" in switched,
            threads,
        ),
        float(budget),
    )


SWITCHES = {
    "channels_last": (
        mark("Channels-last"),
        mark("A pixel's channels lie side by side in memory, as many kernels read them"),
    ),
    "folded": (
        mark("Folded BatchNorm"),
        mark(
            "In evaluation BatchNorm is a scale and a shift, which move into the convolution "
            "before it"
        ),
    ),
    "cuda_graph": (
        mark("CUDA graph"),
        mark(
            "The pass is recorded once and replayed, without a launch from the processor for each "
            "step"
        ),
    ),
}
HOW = "how_it_runs_values"  # tuple: device, engine, switches, threads; the expander may be shut


def _more() -> tuple[str, str, tuple[str, ...], int | None]:
    here = hardware()
    device = "auto"
    if len(here.devices) > 1:
        device = st.segmented_control(
            say("Device"), here.devices, default=here.devices[0], required=True, key="device",
            persist_state=KEEP,
        )  # fmt: skip
    engines = [name for name in ENGINES if here.usable(name)]
    engine = st.selectbox(
        say("Engine"), engines, format_func=_engine, key="engine", persist_state=KEEP
    )
    if engine in here.notes:
        st.caption(say("{what}: {note}.", what=_engine(engine), note=say(here.notes[engine])))
    switched = []
    for name, (label, note) in SWITCHES.items():
        reason = here.reasons.get(name, "")
        on = st.toggle(
            say(label),
            key=name,
            persist_state=KEEP,
            disabled=bool(reason),
            help=say(reason or note),
        )
        if on and not reason:
            switched.append(name)
    threads = None
    if here.cores > 1:
        threads = st.select_slider(
            say("Threads"),
            range(1, here.cores + 1),
            value=here.cores,
            key="threads",
            persist_state=KEEP,
            help=say("Of the processor; a network in one thread runs slower, but steadier"),
        )
    _missing([*ENGINES, "cuda_graph"])
    found = device, engine, tuple(switched), threads if threads != here.cores else None
    st.session_state[HOW] = found
    return found


def _remembered() -> tuple[str, str, tuple[str, ...], int | None]:
    found: tuple[str, str, tuple[str, ...], int | None] = st.session_state.get(
        HOW, ("auto", "eager", (), None)
    )
    return found


def _engine(name: str) -> str:
    return say(ENGINES[name])


def _missing(names: Sequence[str]) -> None:
    """What is not here, greyed, each with its reason."""
    titles = ENGINES | {"cuda_graph": mark("CUDA graphs")}
    reasons = hardware().reasons
    lines = [
        say("{what}: {reason}.", what=say(titles[name]), reason=say(reasons[name]))
        for name in names
        if reasons.get(name)
    ]
    if lines:
        st.caption(say("Not here. {lines}", lines=" ".join(lines)))


# --- asking, looking, stopping ----------------------------------------------------------------


Work = Callable[[Job], Any]  # runs on the bench; torch may be loaded there, Streamlit not used


@dataclass(frozen=True, slots=True)
class Asked:
    """A measurement that this visit asked for, and what it is of."""

    job: Job
    subject: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What a measurement gave, kept for the visit.

    Attributes:
        subject: What it was of; the card shows it only where that is what the controls say.
        title: In words.
        value: What it gave back, or what it had when it was stopped.
        stopped: Whether it was stopped before its end.
        error: A user's mistake, in words.
    """

    subject: Any
    title: str
    value: Any
    stopped: bool
    error: str


def asked() -> Asked | None:
    """This visit's measurement that waits or runs; one that has ended is put with the results."""
    mine: Asked | None = st.session_state.get(state.TIMING)
    if mine is None or not mine.job.ended:
        return mine
    st.session_state[state.TIMING] = None
    job = mine.job
    if job.error is not None and not isinstance(job.error, EffnetError):
        raise job.error
    value = job.partial if job.result is None else job.result
    result = Result(mine.subject, job.title, value, job.stopped, str(job.error or ""))
    st.session_state[state.TIMED] = results() | {job.key: result}
    return None


def running(key: str) -> bool:
    """Whether this card shows a measurement that waits or runs.

    To be asked after the card: it alone takes note of an end, so that one run of the page never
    shows a measurement both as running and as ended.
    """
    mine: Asked | None = st.session_state.get(state.TIMING)
    return mine is not None and mine.job.key == key


def results() -> dict[str, Result]:
    """What this visit has measured, by card."""
    found: dict[str, Result] = st.session_state.get(state.TIMED, {})
    return found


def card(
    key: str,
    label: str,
    note: str,
    subject: Any,
    title: str,
    work: Work,
    *,
    draw: Callable[[Any], None] | None = None,
    main: bool = False,
) -> Result | None:
    """A button that measures; while it does, progress and a stop; then the result.

    Args:
        key: The card's name.
        label: The button's.
        note: How long it takes, and what is measured.
        subject: What it is of; a result of another subject is told, and not given.
        title: The subject in words.
        work: What the bench runs.
        draw: Shows what the job has so far; None before it has anything.
        main: Whether this is the page's main button.
    """
    mine = asked()
    if mine is not None and mine.job.key == key:
        _look(mine.job, key, draw)
        return None
    if mine is not None and main:  # its own card may be in a tab that is shut
        _look(mine.job, key, None)
        return _last(key, label, subject)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            label,
            key=f"run_{key}",
            type="primary" if main else "secondary",
            disabled=mine is not None,
            help=say("Another measurement of yours runs") if mine else None,
            on_click=_ask,
            args=(key, title, subject, work),
        )
        st.caption(note)
    return _last(key, label, subject)


def _last(key: str, label: str, subject: Any) -> Result | None:
    """The card's result, where it is of this subject."""
    last = results().get(key)
    if last is None:
        return None
    if last.error:
        st.error(verbatim(last.error))
        if not last.value:
            return None
    if last.subject != subject:
        st.info(
            say(
                "The last one was of {title}. Press {label} for what the controls say now.",
                title=last.title,
                label=label,
            )
        )
        return None
    if last.stopped:
        st.caption(say("Stopped before its end: this is what had been measured."))
    return last


def _ask(key: str, title: str, subject: Any, work: Work) -> None:
    if asked() is None:
        job = machine.ask(title, key, partial(_in_language, state.language(), work))
        st.session_state[state.TIMING] = Asked(job, subject)


def _in_language(code: str, work: Work, job: Job) -> Any:
    """The bench has a thread of its own, which would report in English."""
    with language.speaking(code):
        return work(job)


def _look(job: Job, place: str, draw: Callable[[Any], None] | None) -> None:
    """Progress and a stop, looked at once a second until the job has ended."""

    def look(progress: Progress) -> None:
        job.seen()
        if job.ended:
            st.rerun()
        with job.drawing():
            progress(job.share, say("{title}: {state}", title=job.title, state=_told(job)))
            if draw is not None:
                draw(job.partial)

    watch(f"stop_{place}", look, stop=job.stop, stopped=job.stopped, every_s=LOOK_S)


def _told(job: Job) -> str:
    before = machine.before(job)
    if before:
        return plural(
            before,
            "Waiting: another visitor measures; two at once would measure each other",
            "Waiting: {n} others measure first; two at once would measure each other",
        )
    if job.stopped:
        return say("Stopping after this pass")
    doing, left = say(job.text), job.seconds_left
    if left is None:
        return doing
    return say("{doing}; {seconds:.0f} s left", doing=doing, seconds=left)
