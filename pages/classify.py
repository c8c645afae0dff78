"""Classify: what a pretrained network sees in a photo."""

import streamlit as st

from effnet import claims
from effnet.ui import cache, cards, frame, live, photos

with frame.page(__file__):
    claim = st.container()
    left, middle, right = st.columns([1, 1.2, 1.6], gap="medium")
    with left:
        network = photos.network()
        photo = photos.photo()
    classifier = cache.classifier(network)
    prediction = cache.prediction(network, photo)
    with claim:
        live.claim(claims.prediction_claim(network, prediction))
    with middle:
        cards.seen(photo.image, classifier)
    with right:
        cards.top_classes_card(prediction, classifier.spec.family, dark=frame.dark())
