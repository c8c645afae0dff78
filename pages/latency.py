"""Latency: how long the current design takes on this machine."""

import streamlit as st

from effnet import claims
from effnet.figures import latency_samples, stage_mirror
from effnet.ui import cache, cards, controls, frame, live, stopwatch

with frame.page(__file__):
    claim = st.container()
    left, right = st.columns([1, 2.6], gap="medium")
    with left, st.container(border=True):
        design = controls.design()
        options = controls.stopwatch_options()
    spec = design.spec()
    with right:
        measured = stopwatch.measured(spec, options)
    with claim:
        cost = cache.counted_cost(spec)
        live.claim(claims.latency_claim(design, cost, measured.latency if measured else None))
    if measured:
        with right:
            cards.latency_totals(measured.latency)
            drawn = latency_samples(measured.latency, dark=frame.dark())
            live.figure("samples", drawn, alt="Every measured pass with median and spread")
            drawn = stage_mirror(measured.profile, dark=frame.dark())
            live.figure("mirror", drawn, alt="Shares of multiply-adds and of time by stage")
            cards.latency_tables(measured)
