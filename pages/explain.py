"""Explain: where a network looked for a class."""

import streamlit as st

from effnet import claims
from effnet.ui import cache, cards, controls, frame, live, photos

with frame.page(__file__):
    claim = st.container()
    left, right = st.columns([1, 3], gap="medium")
    with left:
        network = photos.network()
        photo = photos.photo()
    classifier = cache.classifier(network)
    prediction = cache.prediction(network, photo)
    with left:
        target = controls.target_class(prediction)
        method, layer = controls.map_options(classifier)
    explanation = cache.explanation(network, photo, method, target, layer)
    with claim:
        live.claim(claims.explanation_claim(network, photo.name, explanation))
    with right:
        cards.map_panels(explanation)
