"""How to measure: the controls of what is measured besides the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import streamlit as st

from effnet.base import mark, say
from effnet.timing import ENGINES, Engine, Options, hardware

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
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
        help=say("bf16 and fp16 use autocast: it converts weights and inputs operator by operator"),
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
            "How long samples are taken. Before that the network warms up, for up to a third "
            "of this time"
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
        mark(
            "The channels of one pixel lie side by side in memory. Many kernels read them that way"
        ),
    ),
    "folded": (
        mark("Folded BatchNorm"),
        mark(
            "When a network is used, BatchNorm is a scale and a shift. Both can move into the "
            "convolution before it"
        ),
    ),
    "cuda_graph": (
        mark("CUDA graph"),
        mark(
            "The pass is recorded once and then replayed. The processor no longer has to start "
            "each step"
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
            help=say(
                "Threads of the processor. With one thread the network runs slower, but "
                "its times vary less"
            ),
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
        st.caption(say("Not available here. {lines}", lines=" ".join(lines)))
