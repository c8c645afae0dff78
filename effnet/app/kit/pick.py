"""What the cards of searches share: numbers that a visit remembers, and a network that is picked.

These cards run by themselves, so a pick asks for one run of the whole page, sliders and all.
"""

import streamlit as st

from effnet.app.kit import live, state
from effnet.base import mark, say
from effnet.scaling import BASES, RANGES, Range

MOVED = "picked_network"  # str: "yes" where a card has changed the design


def dial(key: str, label: str, usual: float, span: Range, *, note: str = "") -> float:
    """A live slider whose number outlives a change of page; gives that number."""
    kept = f"number_{key}"
    value = min(max(float(state.remembered(kept, str(usual))), span.low), span.high)
    live.slider(
        key,
        label,
        value,
        span,
        note=note,
        on_change=lambda new: put(key, new),
    )
    return value


def put(key: str, value: float) -> None:
    """Set a dial from elsewhere, before the page runs again."""
    state.remember(f"number_{key}", str(round(value, 4)))


def network(base: str, depth: float, width: float, resolution: int) -> None:
    """Make a scaled network the current design, where the sliders reach it."""
    if base in BASES and not unreachable(depth, width, resolution):
        state.change(mode="free", base=base, depth=depth, width=width, resolution=resolution)
        state.remember(MOVED, "yes")


def coefficients(base: str, alpha: float, beta: float, gamma: float) -> None:
    """Put coefficients into the formula, at phi = 1."""
    state.set_lock(None)
    state.change(mode="formula", base=base, phi=1.0, alpha=alpha, beta=beta, gamma=gamma)
    state.remember(MOVED, "yes")


def released(name: str) -> None:
    """Make a published network the current design."""
    state.change(mode="released", released=name)
    state.remember(MOVED, "yes")


def follow() -> None:
    """Run the whole page once where something was picked; first thing in a card."""
    if state.remembered(MOVED, ""):
        state.remember(MOVED, "")
        st.rerun()


def unreachable(depth: float, width: float, resolution: int) -> str:
    """Which slider ends before this network, in words; "" where none does."""
    values = {mark("depth"): depth, mark("width"): width, mark("resolution"): resolution}
    over = [
        say(
            "{name} {value:g} ({low:g} to {high:g})",
            name=say(name),
            value=value,
            low=RANGES[name].low,
            high=RANGES[name].high,
        )
        for name, value in values.items()
        if not RANGES[name].low <= value <= RANGES[name].high
    ]
    return say("Beyond the sliders' range: {which}", which=say(", ").join(over)) if over else ""
