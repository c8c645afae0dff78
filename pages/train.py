"""Train: sizes and regularisation that grow, and the scaling experiment, run by oneself."""

import streamlit as st

from effnet import claims
from effnet.language import mark
from effnet.train.schedule import relative_cost
from effnet.ui import (
    frame,
    live,
    open_tab,
    train_gallery,
    train_results,
    train_runs,
    train_schedule,
    train_teach,
)
from effnet.variants import get_variant

TABS = (
    mark("Experiment"),
    mark("Fixed or progressive"),
    mark("Run"),
    mark("Gallery"),
    mark("Teach it"),
    mark("Grid search"),
)


@frame.part
def schedule() -> None:
    """The schedule and everything that follows its sliders."""
    claim = st.container()
    left, right = st.columns([1, 2.6], gap="medium")
    with left, st.container(border=True):
        train_schedule.controls()
    network, chosen = train_schedule.schedule()
    with claim:
        relative = relative_cost(chosen, get_variant(network))
        live.claim(claims.schedule_claim(network, chosen, relative))
    with right:
        train_schedule.card(dark=frame.dark())
        train_schedule.stopwatch()


with frame.page(__file__):
    schedule()
    results, progressive, runs, gallery, teach, search = open_tab.tabs("train_tabs", TABS)
    dark = frame.dark()
    if results.open:
        with results:
            train_results.scaling(dark=dark)
    if progressive.open:
        with progressive:
            train_results.progressive(dark=dark)
    if runs.open:
        with runs:
            train_runs.start()
            train_runs.watch(dark=dark)
    if gallery.open:
        with gallery:
            train_gallery.gallery(dark=dark)
    if teach.open:
        with teach:
            train_teach.teach()
    if search.open:
        with search:
            train_results.search(dark=dark)
