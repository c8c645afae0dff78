"""Explain: where a network looked for a class, and whether to believe it."""

import streamlit as st

from effnet.app.kit import cache, camera, frame, live, photos
from effnet.app.pages.explain import explain_controls, explain_tabs, explain_view


@frame.part
def explorer() -> None:
    """Controls and everything that follows them."""
    claim = live.claim_room()
    camera_place = st.container()
    left, right = st.columns([3.2, 1], gap="medium")
    with right:
        network, photo = explain_controls.network_and_photo()
    classifier = cache.classifier(network)
    seen = explain_view.with_paint(photo)
    if photos.camera_on():
        with camera_place:
            camera.card(network)
    with left:
        chips, panels = st.container(), st.container()
        asked = explain_controls.asked(network, photo, seen, classifier, chips)
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
