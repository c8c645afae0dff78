"""The card's part that finds a network for a budget."""

from dataclasses import replace

import streamlit as st

from effnet import figures
from effnet.app.kit import live, pick, sheet
from effnet.base import COLUMNS, Column, mark, remembered, say
from effnet.counting.memory import DTYPES
from effnet.network import display_name
from effnet.scaling import BASES, Fit, Limits, Range, Solution, search

_front = remembered(maxsize=32)(figures.budget_front)

# name: label, usual value, range, note; in the units of the slider
LIMITS: dict[str, tuple[str, float, Range, str]] = {
    "macs": (
        mark("multiply-adds (G)"),
        1.0,
        Range(0.05, 40.0, 0.05),
        mark("At most, per image"),
    ),
    "params": (mark("parameters (M)"), 10.0, Range(0.5, 150.0, 0.5), mark("At most")),
    "weights": (
        mark("weights (MiB)"),
        40.0,
        Range(1.0, 600.0, 1.0),
        mark("At most; BatchNorm's running statistics included"),
    ),
    "peak": (
        mark("peak memory (MiB)"),
        20.0,
        Range(1.0, 300.0, 0.5),
        mark(
            "The most memory that an inference of one image may need at a time: 32-bit floats, "
            "without the weights"
        ),
    ),
    "resolution": (mark("resolution (px)"), 224.0, Range(32, 1024, 8), mark("At least")),
}
TITLES = {
    "macs": mark("Multiply-adds"),
    "params": mark("Parameters"),
    "weights": mark("Weight file"),
    "peak": mark("Peak memory"),
    "resolution": mark("Lowest resolution"),
}


def budget() -> None:
    """Limits on the left, what fits them on the right, tables below."""
    left, right = st.columns([1, 2.2], gap="medium")
    with left, st.container(border=True):
        base, limits = _limits()
    with right:
        found = search.solve(base, limits)
        enough = search.USED * found.front[0].macs if found.front else None
        drawn = _front(found.fits, found.front, best=found.best, enough=enough)

        front, best, fits = say("front"), say("best"), say("fits")  # as the traces are called

        def clicked(name: str, index: int) -> None:
            rows = {
                front: found.front,
                best: (found.best,) if found.best else (),
                fits: tuple(sorted(found.fits, key=lambda fit: fit.spread)),
            }.get(name, ())
            if index < len(rows):
                _use_fit(base, rows[index])

        live.figure(
            "budget_front",
            drawn,
            alt=say("Networks within the limits: multiply-adds against balance, with the front"),
            on_click=clicked,
        )
        _best(base, found)
    _front_table(base, found, limits)
    _released_table(limits)


def _limits() -> tuple[str, Limits]:
    base: str = st.selectbox(
        say("Network to scale"),
        BASES,
        format_func=display_name,
        key="budget_base",
        persist_state="session",
    )
    used = st.pills(
        say("Limits"),
        tuple(TITLES),
        selection_mode="multi",
        default=["macs", "weights", "resolution"],
        format_func=lambda name: say(TITLES[name]),
        key="budget_limits",
        persist_state="session",
    )
    values: dict[str, float] = {}
    itemsize = 4
    for name in TITLES:
        if name in used:
            label, usual, span, note = LIMITS[name]
            values[name] = pick.dial(f"limit_{name}", say(label), usual, span, note=say(note))
        if name == "weights" and name in used:
            dtype = st.segmented_control(
                say("Weights stored as"),
                tuple(DTYPES),
                format_func=say,
                default="fp32",
                key="budget_dtype",
                required=True,
                persist_state="session",
            )
            itemsize = DTYPES[dtype or "fp32"]

    def scaled(name: str, unit: float) -> int | None:
        return round(values[name] * unit) if name in values else None

    return base, Limits(
        macs=scaled("macs", 1e9),
        params=scaled("params", 1e6),
        weights_bytes=scaled("weights", 2**20),
        itemsize=itemsize,
        peak_bytes=scaled("peak", 2**20),
        resolution=round(values.get("resolution", 32)),
    )


def _best(base: str, found: Solution) -> None:
    best = found.best
    st.caption(
        say(
            "{n:,} {n:pair|pairs} of depth and width were tried, each at the largest input "
            "that fits. Networks right of the dotted line spend at least 95 % of the "
            "multiply-adds that the limits allow; of these the most balanced is chosen. "
            "Balanced means that depth, width and resolution belong to nearly the same phi. A "
            "network on the front (blue) is beaten in both by no other. All numbers are "
            "computed. Balance is the paper's advice, not a measured accuracy.",
            n=found.looked_at,
        )
    )
    if best is None:
        return
    why = pick.unreachable(best.depth, best.width, best.resolution)
    st.button(
        say(
            "Use depth {depth:g}, width {width:g}, {side} px",
            depth=best.depth,
            width=best.width,
            side=best.resolution,
        ),
        key="use_best",
        type="primary",
        on_click=_use_fit,
        args=(base, best),
        disabled=bool(why),
        help=why or say("Makes it the current design"),
    )


def _use_fit(base: str, fit: Fit) -> None:
    pick.network(base, fit.depth, fit.width, fit.resolution)


def _front_table(base: str, found: Solution, limits: Limits) -> None:
    st.markdown(say("**On the front**, most balanced first"))
    rows = found.front[::-1]
    sheet.show(
        rows,
        Column(mark("choice"), lambda fit: "•" if fit is found.best else ""),
        "depth",
        "width",
        "resolution",
        "spread",
        *_costs(limits),
        key="front_rows",
        height=250,
        on_row=lambda number: _use_fit(base, rows[number]),
        alt=say("Networks on the front; choosing a row makes it the design"),
    )


def _costs(limits: Limits) -> tuple[str | Column, ...]:
    """The columns of costs that both tables have."""
    weights = say(
        "Stored as {bits}-bit numbers, BatchNorm's running statistics included",
        bits=8 * limits.itemsize,
    )
    peak = mark(
        "The most memory that an inference needs at a time: 32-bit floats, without the weights"
    )
    return (
        "macs",
        "params",
        replace(COLUMNS["weights_bytes"], note=weights),
        replace(COLUMNS["peak_bytes"], note=peak),
        "activations",
        "blocks",
    )


def _released_table(limits: Limits) -> None:
    fitting = [one for one in search.released(limits) if one.fits]
    st.markdown(say("**Published networks that fit** ({n})", n=len(fitting)))

    sheet.show(
        fitting,
        Column(mark("network"), lambda one: display_name(one.name)),
        "resolution",
        *_costs(limits),
        key="released_rows",
        height=250,
        on_row=lambda number: pick.released(fitting[number].name),
        alt=say("Published networks within the limits; choosing a row makes it the design"),
    )
    st.caption(say("All numbers computed. Choosing a row makes that network the design."))
