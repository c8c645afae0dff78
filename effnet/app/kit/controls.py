"""Controls that pages share: each shows a value of the state and changes it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from effnet.app.kit import lesson_view, live, state
from effnet.app.pages.scale import what_if
from effnet.base import mark, percent, say, significant
from effnet.network import display_name, get_variant, list_variants
from effnet.scaling import (
    BASES,
    BUDGET,
    MODES,
    RANGES,
    SOLVABLE,
    Coefficient,
    Design,
    budget,
    changes_along,
    project_to_budget,
)
from effnet.web import PRESETS

HELP = {
    "phi": mark("How far to scale; 0 is the base network (arXiv:1905.11946, equation 3)"),
    "alpha": mark("Depth is alpha to the power phi"),
    "beta": mark("Width is beta to the power phi; costs its square"),
    "gamma": mark("Resolution is gamma to the power phi; costs its square"),
    mark("depth"): mark("Multiplies the blocks of every stage, rounded up"),
    mark("width"): mark("Multiplies the channels, rounded to multiples of 8"),
    mark("resolution"): mark("Side of the input image in pixels"),
}


def design() -> Design:
    """The controls of the current design, and what they say."""
    current = state.design()
    if lesson_view.shows("mode"):
        _choice("mode", say("Way to scale"), tuple(MODES), _mode_title, current.mode, kind="pills")
    if current.mode == "released":
        if lesson_view.shows("base"):
            _released(current)
    elif current.mode == "edited":
        what_if.dials(current)
    else:
        if lesson_view.shows("base"):
            _choice("base", say("Base network"), BASES, display_name, current.base)
        names = (
            ("phi", "alpha", "beta", "gamma")
            if current.mode == "formula"
            else ("depth", "width", "resolution")
        )
        for name in filter(lesson_view.shows, names):
            _dial(name, current)
    if current.mode in ("formula", "free"):
        st.caption(say("At each tick a stage changes. Between two ticks only the resolution does."))
    if current.mode == "formula" and lesson_view.shows("budget"):
        _budget(current)
    state.write_link()
    return state.design()


def _mode_title(mode: str) -> str:
    return say({str(key): title for key, title in MODES.items()}[mode])


def _dial(name: str, current: Design) -> None:
    value = getattr(current, name)
    if name == "resolution" and not value:
        value = get_variant(current.base).resolution
    live.slider(
        name,
        say(name),
        value,
        RANGES[name],
        note=say(HELP[name]),
        marks=_marks(name, current),
        disabled=current.mode == "formula" and state.lock() == name,
        on_change=lambda new: _set_number(name, new),
    )


def _marks(name: str, current: Design) -> tuple[float, ...]:
    """Where this slider changes the network's stages."""
    return changes_along(
        name,
        get_variant(current.base),
        phi=current.phi,
        alpha=current.alpha,
        beta=current.beta,
        low=RANGES[name].low,
        high=RANGES[name].high,
    )


def _set_number(name: str, value: float) -> None:
    state.change(**{name: round(value) if name == "resolution" else round(value, 4)})
    if name in SOLVABLE:
        state.hold_budget()


def _budget(current: Design) -> None:
    value = budget(current.alpha, current.beta, current.gamma)
    off = value / BUDGET - 1
    live.gauge(
        "budget_gauge",
        "alpha x beta² x gamma²",
        value,
        goal=BUDGET,
        span=(1.0, 4.0),
        text=say("{value} of 2", value=significant(value)),
        note=say("On the budget: each step of phi doubles the promised cost")
        if abs(off) < 0.005
        else say(
            "{share} over the paper's 2" if off > 0 else "{share} under the paper's 2",
            share=percent(abs(off)),
        ),
    )
    with st.expander(say("Presets and the budget"), key="hold_budget"):
        with st.container(horizontal=True, gap="small"):
            for title, values in PRESETS.items():
                st.button(
                    say(title),
                    key=f"preset_{title}",
                    type="primary" if _has(current, values) else "secondary",
                    on_click=_preset,
                    args=(title,),
                )
        with st.container(horizontal=True, gap="small"):
            st.button(
                say("Onto the budget"),
                key="onto_budget",
                on_click=_project,
                help=say("Keeps the three in proportion and sets their product to 2"),
            )
            st.button(say("Reset"), key="reset", on_click=_reset)
        _lock()


def _lock() -> None:
    """Which coefficient is solved: buttons, so that nothing of it comes back with a slider's value.

    What a browser still holds of a choice that the server has changed would be taken for a new one.
    """

    def pressed(name: Coefficient) -> None:
        state.set_lock(None if state.lock() == name else name)
        state.hold_budget()

    st.caption(
        say("Hold the budget by solving"),
        help=say("This coefficient follows the other two, so that the product stays at 2"),
    )
    with st.container(horizontal=True, gap="small"):
        for name in SOLVABLE:
            st.button(
                name,
                key=f"lock_{name}",
                type="primary" if state.lock() == name else "secondary",
                on_click=pressed,
                args=(name,),
            )


def _reset() -> None:
    state.set_lock(None)
    state.reset()


def _has(design: Design, values: dict[str, float]) -> bool:
    return all(getattr(design, name) == value for name, value in values.items())


def _preset(title: str) -> None:
    state.set_lock(None)
    state.change(**PRESETS[title])


def _project() -> None:
    now = state.design()
    alpha, beta, gamma = project_to_budget(now.alpha, now.beta, now.gamma)
    state.change(alpha=round(alpha, 4), beta=round(beta, 4), gamma=round(gamma, 4))


def _released(current: Design) -> None:
    _choice(
        "released",
        say("Released network"),
        tuple(list_variants()),
        display_name,
        current.released,
    )


def _choice(
    name: str,
    label: str,
    options: Sequence[str],
    show: Callable[[str], Any],
    value: str,
    *,
    kind: str = "list",
) -> None:
    """One of several, shown as pills or a list."""
    key = f"choose_{name}"
    chosen = state.told(key, lambda new: state.change(**{name: new}))
    common: dict[str, Any] = {"format_func": show, "key": key, "on_change": chosen}
    if kind == "pills":  # they wrap well where the column is narrow
        given = state.show(key, value, default=value)
        st.pills(label, options, required=True, **common, **given)
    else:
        given = state.show(key, value, index=list(options).index(value))
        st.selectbox(label, options, **common, **given)
