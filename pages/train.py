"""Train: sizes and regularisation that grow, and the scaling experiment, run by oneself."""

import streamlit as st

from effnet.app.kit import frame, lesson_view, live, open_tab, photos
from effnet.app.pages.train import (
    gallery_cards,
    results_card,
    runs_card,
    scaling_card,
    schedule_card,
    teach_card,
)
from effnet.base import mark
from effnet.network import get_variant
from effnet.report import claims
from effnet.train import relative_cost

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
    claim = live.claim_room()
    left, right = lesson_view.columns()
    with left:
        schedule_card.controls()
    network, chosen = schedule_card.schedule()
    with right:
        schedule_card.card()
        schedule_card.stopwatch()
        schedule_card.table()
    if photos.marked() != photo:
        st.rerun()  # the gallery shows it as well
    with claim:
        relative = relative_cost(chosen, get_variant(network))
        live.claim(claims.schedule_claim(network, chosen, relative))


with frame.page(__file__):
    photo = photos.marked()
    schedule()
    results, progressive, runs, gallery, teach, search = open_tab.tabs("train_tabs", TABS)
    if results.open:
        with results:
            scaling_card.scaling()
    if progressive.open:
        with progressive:
            results_card.progressive()
    if runs.open:
        with runs:
            runs_card.start()
            runs_card.watch()
    if gallery.open:
        with gallery:
            gallery_cards.gallery()
    if teach.open:
        with teach:
            teach_card.teach()
    if search.open:
        with search:
            scaling_card.search()
