"""Classify's tabs about one answer: any class, the preprocessing, other networks, their mean."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image, ImageEnhance, ImageOps

from effnet import figures
from effnet.app.kit import cache, cards, live, sheet, state
from effnet.app.kit.cache import Photo
from effnet.base import (
    Column,
    class_name,
    either_name,
    mark,
    percent,
    probability,
    say,
    share,
    verbatim,
)
from effnet.classify import Label, Prediction, answers, imagenet_classes, softmax
from effnet.network import display_name
from effnet.pixels import crop_box, resized, resized_size, to_pixels, view
from effnet.weights import Preprocessing, offline_variants

if TYPE_CHECKING:
    from effnet.classify import Classifier

SHOWN_SIDE = 900  # px of the photo, at most
VIEW_SIDE = 224  # px of the screen for the network's view; it sees no fewer
CHANNELS = (mark("red"), mark("green"), mark("blue"))


def any_class(prediction: Prediction, classifier: "Classifier") -> None:
    """Rank and probability of any class, and all logits on demand."""
    names = classifier.classes
    index = _looked_for(prediction, names)
    rank, share = answers.standing(prediction, index)
    first, *rest = prediction.labels
    other = rest[0] if rest and index == first.index else first
    st.markdown(
        say(
            "**{name}** is number **{rank:,}** of {classes:,} with **{probability}**. Its "
            "logit is {logit:.2f}; the logit of {other} is {other_logit:.2f}.",
            name=verbatim(class_name(names[index])),
            rank=rank,
            classes=len(names),
            probability=probability(share),
            logit=prediction.logits[index],
            other=verbatim(class_name(other.name)),
            other_logit=prediction.logits[other.index],
        )
    )
    with st.expander(say("All logits"), on_change="rerun") as opened:
        if opened.open:
            order = np.argsort(-prediction.logits, kind="stable")
            probabilities = softmax(prediction.logits)
            sheet.show(
                order,
                Column(mark("class"), lambda i: class_name(names[i])),
                Column(mark("logit"), prediction.logits.__getitem__),
                Column(mark("probability"), probabilities.__getitem__, "%.1f %%", 0.01),
                Column(mark("index"), int),
                height=300,
            )


def _looked_for(prediction: Prediction, names: tuple[str, ...]) -> int:
    """The class that is looked for: the photo's best, until the visitor chooses another one."""
    best = prediction.labels[0].index
    of, index = st.session_state.get(state.LOOKED) or (names, best)
    if of != names:
        index = best

    def choose(chosen: int) -> None:
        st.session_state[state.LOOKED] = None if chosen == best else (names, chosen)

    st.selectbox(
        say("Look for a class"),
        range(len(names)),
        format_func=lambda i: f"{either_name(names[i])} ({i})",
        key="looked_for",
        on_change=state.told("looked_for", choose),
        **state.show("looked_for", index, index=index),
        help=say(
            "Type a part of its name. A class that you choose stays for other photos; the most "
            "probable class changes with the photo"
        ),
    )
    return int(index)


def seen(image: Image.Image, classifier: "Classifier") -> None:
    """The photo with what the network does not see dimmed, and its view pixel by pixel."""
    settings = classifier.preprocessing
    small = image if max(image.size) <= SHOWN_SIDE else ImageOps.contain(image, (SHOWN_SIDE,) * 2)
    photo = say(
        "The photo, {width} x {height} px; the dimmed part is never seen",
        width=image.width,
        height=image.height,
    )
    own = say("What it sees, {side} x {side} px", side=settings.crop)
    with st.container(key="seen", horizontal=True, gap="small"):
        st.image(_outside_dimmed(small, settings), caption=photo, width="stretch", alt=photo)
        st.image(view(image, settings), caption=own, width=VIEW_SIDE, alt=own)


def _outside_dimmed(image: Image.Image, settings: Preprocessing) -> Image.Image:
    """A picture of any size with everything outside the crop dimmed."""
    dimmed = ImageEnhance.Brightness(image).enhance(0.35)
    left, top, right, bottom = map(round, crop_box(image.width, image.height, settings))
    box = max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height)
    dimmed.paste(image.crop(box), box[:2])
    return dimmed


def steps(image: Image.Image, classifier: "Classifier") -> None:
    """The preprocessing step by step, with the weights' own numbers."""
    settings = classifier.preprocessing
    size = resized_size(image.width, image.height, settings.resize)
    left, top, right, bottom = crop_box(image.width, image.height, settings)
    kept = (min(right, image.width) - max(left, 0)) * (min(bottom, image.height) - max(top, 0))
    numbers = to_pixels(view(image, settings), settings)
    pictures, words = st.columns([1, 2], gap="medium")
    smaller = say("Step 2; what step 3 leaves out is dimmed")
    with pictures.container(key="resized"):
        picture = _outside_dimmed(resized(image, settings), settings)
        st.image(picture, caption=smaller, width="stretch", alt=smaller)
    with words:
        st.markdown(
            say(
                "1. Turned upright, as RGB: {width} x {height} px\n"
                "2. Short side to {side} px, {interpolation}, antialiased: {wide} x {high} px\n"
                "3. The centre, {crop} x {crop} px: {share} of the photo\n"
                "4. Each value x becomes (x / 255 - mean) / std, channel by channel:",
                width=image.width,
                height=image.height,
                side=settings.resize,
                interpolation=say(settings.interpolation),
                wide=size[0],
                high=size[1],
                crop=settings.crop,
                share=percent(kept / (image.width * image.height)),
            )
        )
        sheet.show(
            [0, 1, 2],
            Column(mark("channel"), lambda i: say(CHANNELS[i])),
            Column(mark("mean"), settings.mean.__getitem__),
            Column(mark("std"), settings.std.__getitem__),
            Column(mark("lowest"), numbers.min(axis=(0, 1)).__getitem__),
            Column(mark("average"), numbers.mean(axis=(0, 1)).__getitem__),
            Column(mark("highest"), numbers.max(axis=(0, 1)).__getitem__),
        )
        row = classifier.checkpoint
        owner = (
            say("the weights {name}", name=row.short_name) if row else say("the network's own size")
        )
        st.caption(
            say(
                "These numbers belong to {owner}; another network's would blur its answer.",
                owner=owner,
            )
        )
        st.caption(classifier.runs_on())


def _alone(classifier: "Classifier") -> bool:
    """Whether no other network has its classes; then says so."""
    alone = classifier.classes != imagenet_classes()
    if alone:
        st.info(
            say(
                "This network has its own classes, so other networks can't answer the same "
                "question."
            )
        )
    return alone


def ladder(photo: Photo, prediction: Prediction, classifier: "Classifier") -> None:
    """The same photo through every network that is here."""
    if _alone(classifier):
        return
    names = offline_variants()
    reference = prediction.labels[0]
    found = _all(names, photo)
    rungs = [answers.rung(name, one, reference.index) for name, one in found.items()]
    titles = [display_name(name) for name in found]
    name = class_name(reference.name)
    drawn = figures.ladder(rungs, titles, reference.name)
    live.figure("ladder", drawn, alt=say("Probability of {name} by network", name=name))
    sheet.show(
        rungs,
        Column(mark("network"), lambda one: display_name(one.network)),
        Column(mark("says"), lambda one: class_name(one.label)),
        "probability",
        Column(mark("agrees"), _agrees),
        Column(
            mark("time (ms)"),
            "seconds",
            "%.0f",
            0.001,
            note=mark("Measured: one forward pass; the first one is slower"),
        ),
    )
    st.caption(say("Probabilities computed, times measured on this machine."))


def _agrees(one: answers.Rung) -> str:
    if one.agrees:
        return say("yes")
    return say("no, has it at rank {rank}", rank=one.reference_rank)


def _all(names: list[str], photo: Photo) -> "dict[str, Prediction]":
    """The answers of several networks, with a line that says which is at work."""
    found, place = {}, st.empty()
    for i, name in enumerate(names):
        place.progress(i / len(names), f"{display_name(name)} ...")
        found[name] = cache.prediction(name, photo)
    place.empty()
    return found


def ensemble(photo: Photo, classifier: "Classifier") -> None:
    """The mean of chosen networks' probabilities."""
    if _alone(classifier):
        return
    chosen = st.pills(
        say("Networks in the ensemble"),
        offline_variants(),
        selection_mode="multi",
        default=offline_variants()[:3],
        format_func=display_name,
        key="ensemble",
        wrap=True,
    )
    if not chosen:
        st.info(say("Choose at least one network."))
        return
    found = _all(chosen, photo)
    mean = answers.mean_probabilities(list(found.values()))
    order = np.argsort(-mean, kind="stable")[:5]
    labels = [Label(int(i), classifier.classes[i], float(mean[i])) for i in order]
    drawn = figures.top_classes(labels, family=classifier.spec.family)
    live.figure("ensemble_bars", drawn, alt=say("The ensemble's five most probable classes"))
    sheet.show(
        labels,
        cards.CLASS,
        share(mark("mean"), "probability"),
        *(share(display_name(name), partial(_share_of, one)) for name, one in found.items()),
    )


def _share_of(prediction: Prediction, label: Label) -> float:
    """The probability that a network gives to a class."""
    return answers.standing(prediction, label.index)[1]
