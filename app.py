"""Scale: what compound scaling makes of a network, while the sliders move."""

import streamlit as st

from effnet import claims, stages
from effnet.figures import network_drawing
from effnet.language import mark, say
from effnet.ui import (
    anatomy,
    cache,
    cards,
    compare,
    controls,
    frame,
    lessons,
    live,
    one_dimension,
    open_tab,
    search,
    state,
    take_away,
    what_if,
)


@frame.part
def explorer() -> None:
    """Controls and everything that follows them."""
    claim = st.container()
    left, right = lessons.columns()
    design, dark = state.design(), frame.dark()
    try:  # what moves most stands before the controls, so that it is sent first
        spec, base = design.spec(), design.base_spec
        cost, base_cost = cache.counted_cost(spec), cache.counted_cost(base)
        with claim:
            live.claim(claims.design_claim(design, spec, cost))
        if lessons.shows("totals"):
            with right:
                cards.totals(spec, cost, base, base_cost)
    finally:
        with left, st.container(border=lessons.controls_shown()):
            controls.design()
    with right:
        if lessons.shows("drawing"):
            live.figure(
                "drawing",
                network_drawing.values(spec, base=base, dark=dark),
                alt=say("{design}: stages drawn to scale", design=design.title),
                on_click=lambda _, index: state.set_stage(index),
            )
        if lessons.shows("curve"):
            cards.phi_curve(design, dark=dark)
    if lessons.shows("table"):
        st.markdown(say("**Stages** (• differs from the base; exact values in brackets)"))
        cards.stage_table(stages.stage_rows(spec, cost=cost, base=base), key="stages")
    if not lessons.shows("tabs"):
        return
    open_tab.cards(
        "scale",
        {
            mark("Anatomy of a block"): lambda: anatomy.anatomy(spec, cost, dark=dark),
            mark("What if"): lambda: what_if.what_if(design, spec, cost),
            mark("One dimension"): one_dimension.one_dimension,
            mark("Search"): search.search_card,
            mark("Compare"): lambda: compare.compare(design, dark=dark),
            mark("Take away"): lambda: take_away.take_away(design, spec, cost),
        },
    )


with frame.page(__file__):
    explorer()
