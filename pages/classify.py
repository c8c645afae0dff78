"""Classify: what a pretrained network sees in a photo."""

import streamlit as st

from effnet import claims
from effnet.language import mark
from effnet.ui import (
    cache,
    cards,
    classify_answers,
    classify_many,
    classify_tries,
    classify_weights,
    frame,
    live,
    open_tab,
    photos,
)

TABS = (
    *(mark("Any class"), mark("Preprocessing"), mark("Ladder"), mark("Ensemble")),
    *(mark("Resolution"), mark("Perturb"), mark("Break it on purpose")),
    *(mark("Many images"), mark("Weights")),
)


@frame.part
def explorer() -> None:
    """The photo, the network, its answer, and everything that can be asked of it."""
    claim = st.container()
    left, middle, right = st.columns([1, 1.2, 1.6], gap="medium")
    with left:
        network = photos.network()
        photo = photos.photo()
    classifier = cache.classifier(network)
    prediction = cache.prediction(network, photo)
    with claim:
        live.claim(claims.prediction_claim(photos.title(network, classifier), prediction))
    dark = frame.dark()
    with middle:
        cards.seen(photo.image, classifier)
    with right:
        cards.top_classes_card(prediction, classifier.spec.family, dark=dark)
    one, steps, ladder, ensemble, dial, damage, broken, many, weights = open_tab.tabs(
        "classify_tabs", TABS
    )
    if one.open:
        with one:
            classify_answers.any_class(prediction, classifier)
    if steps.open:
        with steps:
            classify_answers.steps(photo.image, classifier)
    if ladder.open:
        with ladder:
            classify_answers.ladder(photo, prediction, classifier, dark=dark)
    if ensemble.open:
        with ensemble:
            classify_answers.ensemble(photo, classifier, dark=dark)
    if dial.open:
        with dial:
            classify_tries.dial(network, photo, prediction, dark=dark)
    if damage.open:
        with damage:
            classify_tries.damage(network, photo, prediction, dark=dark)
    if broken.open:
        with broken:
            classify_tries.mistakes(network, photo, prediction, dark=dark)
    if many.open:
        with many:
            classify_many.many(network)
    if weights.open:
        with weights:
            classify_weights.weights(photo)


with frame.page(__file__):
    explorer()
