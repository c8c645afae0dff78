"""Scale: what compound scaling makes of a network, while the sliders move."""

import streamlit as st

from effnet.app.kit import cache, cards, controls, frame, lesson_view, live, open_tab, state
from effnet.app.pages.scale import anatomy, compare, one_dimension, search_card, take_away, what_if
from effnet.base import mark, say
from effnet.counting import stage_table
from effnet.figures import network_drawing
from effnet.report import claims


@frame.part
def explorer() -> None:
    """Controls and everything that follows them."""
    claim = st.container()
    left, right = lesson_view.columns()
    design, dark = state.design(), frame.dark()
    try:  # what moves most stands before the controls, so that it is sent first
        spec, base = design.spec(), design.base_spec
        cost, base_cost = cache.counted_cost(spec), cache.counted_cost(base)
        with claim:
            live.claim(claims.design_claim(design, spec, cost))
        if lesson_view.shows("totals"):
            with right:
                cards.totals(spec, cost, base, base_cost)
    finally:
        with left, st.container(border=lesson_view.controls_shown()):
            controls.design()
    with right:
        if lesson_view.shows("drawing"):
            live.figure(
                "drawing",
                network_drawing.values(spec, base=base, dark=dark),
                alt=say("{design}: stages drawn to scale", design=design.title),
                on_click=lambda _, index: state.set_stage(index),
            )
        if lesson_view.shows("curve"):
            cards.phi_curve(design, dark=dark)
    if lesson_view.shows("table"):
        st.markdown(say("**Stages** (• differs from the base; exact values in brackets)"))
        cards.stage_table(stage_table.stage_rows(spec, cost=cost, base=base), key="stages")
    if not lesson_view.shows("tabs"):
        return
    open_tab.cards(
        "scale",
        {
            mark("Anatomy of a block"): lambda: anatomy.anatomy(spec, cost, dark=dark),
            mark("What if"): lambda: what_if.what_if(design, spec, cost),
            mark("One dimension"): one_dimension.one_dimension,
            mark("Search"): search_card.search_card,
            mark("Compare"): lambda: compare.compare(design, dark=dark),
            mark("Take away"): lambda: take_away.take_away(design, spec, cost),
        },
    )


with frame.page(__file__):
    explorer()
