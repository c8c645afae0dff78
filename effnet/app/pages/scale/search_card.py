"""The card on searches: the paper's step 1, a network for a budget, the searches' objectives."""

import streamlit as st

from effnet import figures
from effnet.app.kit import budget, frame, live, pick, sheet, state
from effnet.app.pages.scale import objectives
from effnet.base import Column, factor, mark, remembered, say
from effnet.network import display_name
from effnet.scaling import PUBLISHED_GAP, Candidate, Grid, Range, search

PARTS = (
    mark("Step 1 of the paper"),
    mark("A network for a budget"),
    mark("The searches' objectives"),
)

_grid = remembered(maxsize=32)(figures.coefficient_grid)
_real = remembered(maxsize=32)(figures.promised_and_real)


@frame.part
def search_card() -> None:
    """One of the three searches; only the chosen one is computed."""
    pick.follow()
    part = st.pills(
        say("Search"),
        PARTS,
        format_func=say,
        default=PARTS[0],
        key="search_part",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    if part == PARTS[1]:
        budget.budget()
    elif part == PARTS[2]:
        objectives.objectives()
    else:
        _step_one()


# --- step 1 -----------------------------------------------------------------------------------


def _step_one() -> None:
    design = state.design()
    base = design.base if design.mode in ("formula", "free") else "b0"
    left, right = st.columns([1, 1], gap="medium", vertical_alignment="bottom")
    with left:
        tolerance = pick.dial(
            "step_one_tolerance",
            say("tolerance"),
            0.1,
            Range(0.0, 0.5, 0.01),
            note=say(
                "How far alpha beta² gamma² may lie from 2; the paper's own choice lies "
                "{gap:.2f} under it",
                gap=PUBLISHED_GAP,
            ),
        )
    with right:
        grid = _bounds()
    found = search.step_one(base, tolerance, grid)
    if not found:
        st.info(
            say("No choice on this grid lies so close to 2: widen the tolerance or the bounds.")
        )
        return
    st.markdown(_step_one_words(base, found))
    candidate, published = say("candidate"), say("published")  # as the traces are called

    def clicked(name: str, index: int) -> None:
        rows = [one for one in found if one.published] if name == published else found
        if name in (candidate, published) and index < len(rows):
            _use(base, rows[index])

    chosen = (design.alpha, design.beta, design.gamma) if design.mode == "formula" else None
    left, right = st.columns(2, gap="medium")
    with left:
        live.figure(
            "step_one_grid",
            _grid(found, chosen=chosen),
            alt=say("Alpha, beta and gamma near the budget, coloured by real multiply-adds"),
            on_click=clicked,
        )
    with right:
        live.figure(
            "step_one_real",
            _real(found),
            alt=say("Real multiply-adds of one step against the promise"),
            on_click=clicked,
        )
    _step_one_table(base, found)


def _bounds() -> Grid:
    with st.popover(say("Bounds of the grid"), width="stretch"):
        ends = {
            name: st.slider(
                name,
                low,
                high,
                (low, high),
                step=0.05,
                key=f"bounds_{name}",
                persist_state="session",
            )
            for name, (low, high) in (
                ("alpha", (1.0, 2.0)),
                ("beta", (1.0, 1.5)),
                ("gamma", (1.0, 1.5)),
            )
        }
    return Grid(**ends)


def _step_one_words(base: str, found: tuple[Candidate, ...]) -> str:
    networks = len({one.network for one in found})
    words = say(
        "With phi = 1, {n} {n:choice|choices} in steps of 0.05 round to {networks} "
        "different {networks:network|networks} of {base}. ",
        n=len(found),
        networks=networks,
        base=display_name(base),
    )
    paper = next((one for one in found if one.published), None)
    if paper is None:
        words += say("The published choice (1.2, 1.1, 1.15) is not among them. ")
    else:
        words += say(
            "The published choice (1.2, 1.1, 1.15) promises {promised} and costs {real}; "
            "{cheaper} of the others {cheaper:costs|cost} less. ",
            promised=factor(paper.product),
            real=factor(paper.ratio),
            cheaper=sum(one.ratio < paper.ratio for one in found),
        )
    return words + say(
        "The paper trained every choice and kept the most accurate one; it prints neither grid "
        "nor tolerance. Here nothing is trained, only counted."
    )


def _use(base: str, one: Candidate) -> None:
    pick.coefficients(base, one.alpha, one.beta, one.gamma)


def _step_one_table(base: str, found: tuple[Candidate, ...]) -> None:
    rows = sorted(found, key=lambda one: not one.published)
    sheet.show(
        rows,
        "alpha",
        "beta",
        "gamma",
        Column(mark("published"), lambda one: "•" if one.published else ""),
        Column(mark("promised"), "product", "%.3f x", note="alpha beta² gamma²"),
        Column(mark("real"), "ratio", "%.3f x", note=mark("Counted multiply-adds over the base's")),
        Column(
            mark("network"),
            "network",
            note=mark("Choices with the same number round to the same network"),
        ),
        *("resolution", "blocks", "params", "macs", "activations"),
        key="step_one_rows",
        height=300,
        on_row=lambda number: _use(base, rows[number]),
        alt=say("Choices of alpha, beta and gamma with their real costs; a row sets the sliders"),
    )
    st.caption(
        say(
            "First the published choice, then those closest to 2; all computed. A click on "
            "a row, or on a dot in a figure, sets the sliders to that choice at phi = 1."
        )
    )
