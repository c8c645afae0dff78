"""What a map is asked about: network, photo, class, method, layer. All but a photo is linked."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from effnet.app.kit import cache, photos, state
from effnet.app.kit.cache import Photo
from effnet.base import DEFAULT, class_name, current, either_name, percent, say, verbatim
from effnet.classify import answers
from effnet.counting import layer_title
from effnet.jobs import runs
from effnet.pixels import list_samples
from effnet.report import remarks
from effnet.weights import offline_variants

if TYPE_CHECKING:
    from effnet.classify import Classifier, Prediction

DEFAULT_METHOD = "gradcam"
PAIR_WIDTH = 180  # px, the least of one of two controls side by side
PAIR = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")  # 967, or 967-968: why 967 rather than 968


# the map of another network, layer or method from the next run on; the lists follow
choose_network = partial(state.remember, state.NETWORK)
choose_layer = partial(state.remember, state.LAYER)
choose_method = partial(state.remember, state.METHOD)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a map is asked about.

    Attributes:
        network: A variant's name, or a training's.
        photo: The picture, with a place painted over where the visitor hides one.
        whole: The picture as it was chosen; the same one where nothing is hidden.
        before: Probability of the target in the whole picture.
        target: Class index.
        against: Rather than which class; None for none.
        method: Of `cam.METHODS`.
        layer: Of `cam.list_layers`.
        top: Indices of the most probable classes, highest first.
    """

    network: str
    photo: Photo
    whole: Photo
    before: float
    target: int
    against: int | None
    method: str
    layer: str
    top: tuple[int, ...]

    @property
    def question(self) -> int | tuple[int | str, int | str]:
        """The target as `Classifier.explain` takes it."""
        return self.target if self.against is None else (self.target, self.against)


# --- the link -----------------------------------------------------------------------------------


def _take(key: str, kept: str, allowed: Collection[str]) -> None:
    """Remember what the link says, where it says something new and known."""
    said = state.newly_said(key)
    if said is None:
        return
    if said not in allowed:
        said = said.replace(" ", "+")  # gradcam++, as somebody typed it
    if said in allowed:
        state.remember(kept, said)
    else:
        note = say("{key} {said} is not known here", key=key, said=repr(said[:40]))
        st.warning(say("From the link: {note}", note=verbatim(note)))


# --- network and photo --------------------------------------------------------------------------


def network_and_photo() -> tuple[str, Photo]:
    """The network and the photo; the same choices as on Classify."""
    _take("network", state.NETWORK, [*offline_variants(), *runs.trained()])
    _take("photo", state.PHOTO, [sample.name for sample in list_samples()])
    network = photos.network()
    photo = photos.photo()
    state.say_in_link("network", network if network != photos.DEFAULT_NETWORK else None)
    sample = state.remembered(state.PHOTO, photos.DEFAULT_PHOTO)
    state.say_in_link("photo", sample if sample != photos.DEFAULT_PHOTO else None)
    return network, photo


# --- the class ----------------------------------------------------------------------------------


def _classes(classifier: "Classifier", photo: Photo, best: int) -> tuple[int, int | None]:
    """The class asked for and the one it is held against; another photo starts at its best."""
    count = len(classifier.classes)
    said = state.newly_said("class")
    if said is not None:
        found = PAIR.fullmatch(said)
        if found and all(int(one) < count for one in found.groups() if one):
            against = int(found[2]) if found[2] else None
            st.session_state[state.CLASSES] = (photo.digest, int(found[1]), against)
        else:
            note = say(
                "class {said}; expected a number up to {last}, or two as 967-968",
                said=repr(said[:40]),
                last=count - 1,
            )
            st.warning(say("From the link: {note}", note=verbatim(note)))
    digest, target, against = st.session_state.get(state.CLASSES, ("", best, None))
    if digest != photo.digest or not 0 <= target < count:
        return best, None
    if against is not None and (against == target or not 0 <= against < count):
        against = None
    return target, against


def _ask(photo: Photo, target: int, against: int | None) -> None:
    st.session_state[state.CLASSES] = (photo.digest, target, against)


def choose_class(photo: Photo, target: int) -> None:
    """Ask about a class of a photo."""
    _ask(photo, target, None)


def classes(
    classifier: "Classifier",
    whole: "Prediction",
    now: "Prediction",
    photo: Photo,
    others_place: DeltaGenerator,
) -> tuple[int, int | None]:
    """Chips of the top classes, a search of all, and "rather than".

    Args:
        classifier: The network.
        whole: What it says of the photo as it was chosen; the classes stay those.
        now: What it says with a place hidden; the probabilities are these, and a new first class
            joins.
        photo: As it was chosen.
        others_place: Where the two lists stand.
    """
    best = whole.labels[0].index
    target, against = _classes(classifier, photo, best)
    shown = dict.fromkeys(label.index for label in (*whole.labels, now.labels[0]))
    likely = {index: percent(answers.standing(now, index)[1]) for index in shown}
    names = classifier.classes
    chips = list(likely) if target in likely else [target, *likely]
    st.pills(
        say("What speaks for"),
        chips,
        format_func=lambda i: f"{verbatim(class_name(names[i]))}  {likely.get(i, '')}".rstrip(),
        key="class_chips",
        required=True,
        wrap=False,  # one line for any photo's classes, or the map below it would move
        on_change=state.told("class_chips", lambda chosen: _ask(photo, chosen, against)),
        help=say("The most probable classes of this photo"),
        **state.show("class_chips", target, default=target),
    )

    def searched(found: int | None) -> None:
        if found is not None:
            _ask(photo, found, against)
            st.session_state["class_search"] = None

    others = [*(i for i in likely if i != target)]
    rest = set(others) | {target}
    others += [i for i in range(len(names)) if i not in rest]
    place = None if against is None else others.index(against)
    with others_place, st.grid(2, min_column_width=PAIR_WIDTH):
        st.selectbox(
            say("or any class"),
            range(len(names)),
            index=None,
            format_func=lambda i: either_name(names[i]),
            placeholder=say("Search {number:,} {number:class|classes}", number=len(names)),
            key="class_search",
            on_change=state.told("class_search", searched),
        )
        st.selectbox(
            say("rather than"),
            others,
            format_func=lambda i: either_name(names[i]),
            placeholder=say("no other class"),
            key="rather_than",
            on_change=state.told("rather_than", partial(_ask, photo, target)),
            help=say(
                "Explains the difference of two scores: what speaks for the first and not for "
                "the second"
            ),
            **({"index": None} | state.show("rather_than", against, index=place)),
        )
    said = str(target) if against is None else f"{target}-{against}"
    state.say_in_link("class", said if (target, against) != (best, None) else None)
    return target, against


# --- method and layer ---------------------------------------------------------------------------


def method_and_layer(classifier: "Classifier", place: DeltaGenerator) -> tuple[str, str]:
    """How the map is made, and of which layer; both are chosen in `place`."""
    from effnet.cam import METHODS, list_layers, method_title

    layers = list_layers(classifier.model)
    method = _linked("method", state.METHOD, METHODS, DEFAULT_METHOD)
    layer = _linked("layer", state.LAYER, layers, layers[-1])
    spec = classifier.spec
    titles = {name: method_title(name) for name in METHODS}
    layer_titles = {name: layer_title(spec, name) for name in layers}
    only_last = method == "cam"
    layer = layers[-1] if only_last else layer
    chosen = METHODS[method]
    method_key, key = _in_language("choose_method"), _in_language(f"choose_layer_{spec.name}")
    with place, st.grid(2, min_column_width=PAIR_WIDTH):
        st.selectbox(
            say("Method"),
            list(METHODS),
            format_func=titles.__getitem__,
            key=method_key,
            on_change=state.told(method_key, choose_method),
            help=say(
                "Cost of {method}: {cost}. The quick ones are there at once; slow ones say first "
                "how long they take",
                method=say(chosen.title),
                cost=say(chosen.cost),
            ),
            **state.show(method_key, method, index=list(METHODS).index(method)),
        )
        st.select_slider(
            say("Layer, early to late"),
            layers,
            format_func=layer_titles.__getitem__,
            key=key,
            disabled=only_last,
            on_change=state.told(key, choose_layer),
            help=remarks.default_reason(spec),
            **state.show(key, layer, value=layer),
        )
    st.caption(say("{title}: {line}", title=say(chosen.title), line=say(chosen.line)))
    return method, layer


def _in_language(key: str) -> str:
    """A widget's key; options with other titles make another widget, whose choice is not lost."""
    return key if current() == DEFAULT else f"{key}_{current()}"


def _linked(key: str, kept: str, allowed: Collection[str] | Sequence[str], usual: str) -> str:
    _take(key, kept, allowed)
    value = state.remembered(kept, usual)
    value = value if value in allowed else usual
    state.say_in_link(key, value if value != usual else None)
    return value


def asked(
    network: str, whole: Photo, photo: Photo, classifier: "Classifier", chips: DeltaGenerator
) -> Asked:
    """Class, method and layer.

    Args:
        network: Its name.
        whole: The photo as it was chosen.
        photo: The same, or with a place hidden.
        classifier: The network.
        chips: Where the likely classes stand, above the map; the other choices are under it.
    """
    before, now = cache.prediction(network, whole), cache.prediction(network, photo)
    left, right = st.columns(2, gap="small")
    with chips:
        target, against = classes(classifier, before, now, whole, left)
    method, layer = method_and_layer(classifier, right)
    top = tuple(label.index for label in before.labels)
    probability = answers.standing(before, target)[1]
    return Asked(network, photo, whole, probability, target, against, method, layer, top)
