"""Classify: what a pretrained network sees in a photo."""

import streamlit as st

from effnet.app.kit import cache, camera, cards, frame, live, open_tab, photos
from effnet.app.pages.classify import (
    answer_cards,
    int8_card,
    many_images,
    tries_cards,
    weights_card,
)
from effnet.base import mark
from effnet.report import claims

TABS = (
    *(mark("Preprocessing"), mark("Any class"), mark("Ladder"), mark("Ensemble")),
    *(mark("Resolution"), mark("Perturb"), mark("Break it on purpose")),
    *(mark("Many images"), mark("int8"), mark("Weights")),
)


@frame.part
def explorer() -> None:
    """The photo, the network, its answer, and everything that can be asked of it."""
    claim = live.claim_room()
    camera_place = st.container()
    left, middle, right = st.container(key="answer").columns([1.4, 1.6, 1], gap="medium")
    with right:
        network = photos.network()
        photo = photos.photo()
    classifier = cache.classifier(network)
    prediction = cache.prediction(network, photo)
    if photos.camera_on():
        with camera_place:
            camera.card(network)
    with left:
        answer_cards.seen(photo.image, classifier)
    with middle:
        cards.top_classes_card(prediction, classifier.spec.family)
    with claim:
        live.claim(claims.prediction_claim(photos.title(network, classifier), prediction))
    steps, one, ladder, ensemble, dial, damage, broken, many, eight, weights = open_tab.tabs(
        "classify_tabs", TABS
    )
    if steps.open:
        with steps:
            answer_cards.steps(photo.image, classifier)
    if one.open:
        with one:
            answer_cards.any_class(prediction, classifier)
    if ladder.open:
        with ladder:
            answer_cards.ladder(photo, prediction, classifier)
    if ensemble.open:
        with ensemble:
            answer_cards.ensemble(photo, classifier)
    if dial.open:
        with dial:
            tries_cards.dial(network, photo, prediction)
    if damage.open:
        with damage:
            tries_cards.damage(network, photo, prediction)
    if broken.open:
        with broken:
            tries_cards.mistakes(network, photo, prediction)
    if many.open:
        with many:
            many_images.many(network)
    if eight.open:
        with eight:
            int8_card.int8(network, photo)
    if weights.open:
        with weights:
            weights_card.weights(photo)


with frame.page(__file__):
    explorer()
