"""Explain: where a network looked for a class, and whether to believe it."""

import streamlit as st

from effnet.app.kit import cache, frame, live
from effnet.app.pages.explain import explain_controls, explain_tabs, explain_view


@frame.part
def explorer() -> None:
    """Controls and everything that follows them."""
    claim = live.claim_room()
    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        network, photo = explain_controls.network_and_photo()
    classifier = cache.classifier(network)
    prediction = cache.prediction(network, photo)
    with right:
        panels = st.container()
        asked = explain_controls.asked(network, photo, classifier, prediction)
    explanation = explain_view.the_map(classifier, asked)
    with panels:
        if explanation is None:
            explain_view.slow_map(classifier, asked)
        else:
            explain_view.photo_and_map(classifier, asked, explanation)
    with claim:
        live.claim(explain_view.claim(classifier, asked, explanation))
    explain_view.film_strip(classifier, asked)
    explain_tabs.tabs(classifier, asked, explanation)


with frame.page(__file__):
    explorer()
