"""Latency: how long the current design takes on this machine, and why."""

import streamlit as st

from effnet.app.kit import cache, explorer, frame, lesson_view, live
from effnet.app.pages.latency import latency_cards, latency_tabs, stopwatch


@frame.part
def latency() -> None:
    """Controls, the measurement, and everything that follows them."""
    claim = live.claim_room()
    left, right = lesson_view.columns()
    with left:
        design = explorer.controls()
        chosen = stopwatch.options()
    spec = design.spec()
    with right, st.container(key="sides"):  # side by side where the window is wide
        with st.container():
            found = latency_cards.measure(design, spec, chosen)
        with st.container(key="where_time_goes"):
            latency_cards.mirror(found, spec)
            latency_cards.take_away(found, spec)
    with claim:
        live.claim(latency_cards.claimed(design, cache.counted_cost(spec), found))
    latency_tabs.tabs(design, spec, chosen)


with frame.page(__file__):
    explorer.start(dials=True)
    latency()
