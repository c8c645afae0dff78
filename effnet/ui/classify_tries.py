"""Classify's tabs that try things out: other resolutions, damage, mistakes on purpose."""

from typing import TYPE_CHECKING

import streamlit as st

from effnet import figures
from effnet.classify import answers, perturb
from effnet.design import Range
from effnet.preprocess import view
from effnet.ui import cache, live, pick
from effnet.ui.cache import Photo
from effnet.units import percent
from effnet.variants import display_name

if TYPE_CHECKING:
    from effnet.classify.breakage import Mistake
    from effnet.predict import Classifier, Prediction

SHARES = (0.25, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0)  # of the usual side
OCCLUSION = "occlusion"


@st.cache_data(max_entries=64, show_spinner="Trying resolutions", hash_funcs={Photo: cache.key_of})
def _dial(variant: str, photo: Photo) -> "list[tuple[int, Prediction]]":
    classifier = cache.classifier(variant)
    usual = classifier.preprocessing.crop
    sides = sorted({max(answers.SMALLEST, 8 * round(usual * share / 8)) for share in SHARES})
    sides = [side for side in sides if side <= answers.LARGEST]
    return list(answers.resolution_dial(classifier, photo.image, sides))


@st.cache_data(max_entries=128, show_spinner="Damaging", hash_funcs={Photo: cache.key_of})
def _curve(variant: str, photo: Photo, damage: str) -> "list[Prediction]":
    return perturb.curve(cache.classifier(variant), photo.image, damage)


@st.cache_data(max_entries=64, show_spinner="Breaking it", hash_funcs={Photo: cache.key_of})
def _broken(variant: str, photo: Photo) -> "dict[str, Prediction]":
    from effnet.classify import breakage

    classifier = cache.classifier(variant)
    return {name: breakage.broken(classifier, photo.image, name) for name in breakage.MISTAKES}


def _of_top(predictions: "list[Prediction]", usual: "Prediction") -> dict[str, list[float]]:
    """The probability of the usual answer's top three classes in each prediction."""
    return {
        label.name: [answers.standing(one, label.index)[1] for one in predictions]
        for label in usual.labels[:3]
    }


def _table(x: str, values: list[float], curves: dict[str, list[float]]) -> None:
    with st.expander("As a table", on_change="rerun") as opened:
        if opened.open:
            columns = {name: st.column_config.NumberColumn(format="percent") for name in curves}
            st.dataframe(
                {x: values, **curves}, hide_index=True, width="stretch", column_config=columns
            )


def dial(network: str, photo: Photo, usual: "Prediction", *, dark: bool) -> None:
    """Probability of the top classes against test resolution."""
    found = _dial(network, photo)
    sides = [side for side, _ in found]
    predictions = [one for _, one in found]
    curves = _of_top(predictions, usual)
    first = usual.labels[0]
    own = cache.classifier(network).preprocessing.crop
    best = max(range(len(sides)), key=lambda i: curves[first.name][i])
    drawn = figures.probability_curves(
        sides,
        curves,
        title=f"{first.name} is surest at {sides[best]} px, the network was tested at {own} px",
        unit="side of the input (px)",
        chosen=own,
        dark=dark,
    )
    live.figure("dial", drawn, alt="Probability of the top classes against test resolution")
    st.caption(
        "Computed. The same photo, resized and cropped in the same proportion for each side; the "
        "dotted line is the resolution that these weights were published for."
    )
    _table("side (px)", [float(side) for side in sides], curves)


def damage(network: str, photo: Photo, usual: "Prediction", *, dark: bool) -> None:
    """Damage by degrees, with the damaged picture and the curve."""
    titles = {name: one.title for name, one in perturb.DAMAGES.items()}
    titles[OCCLUSION] = "Cover a part"
    chosen = st.segmented_control(
        "Damage",
        list(titles),
        format_func=lambda name: titles[name],
        default="blur",
        key="damage",
        required=True,
    )
    classifier = cache.classifier(network)
    if chosen == OCCLUSION:
        _occlusion(classifier, photo, usual)
        return
    name = chosen or "blur"
    kind = perturb.DAMAGES[name]
    left, right = st.columns([1, 2], gap="medium")
    low, high = min(kind.strengths), max(kind.strengths)
    middle = sorted(kind.strengths)[len(kind.strengths) // 2]
    with left:
        step = 1 if high > 20 else 0.05
        strength = pick.dial(
            f"damage_{name}", f"{kind.title}: {kind.unit}", middle, Range(low, high, step)
        )
        damaged = kind.apply(view(photo.image, classifier.preprocessing), strength)
        (now,) = perturb.answers(classifier, [damaged])
        st.image(
            damaged,
            width="stretch",
            caption=_says(now, usual),
            alt=f"What the network sees at {kind.unit} {strength:g}",
        )
    with right:
        curves = _of_top(_curve(network, photo, name), usual)
        first = usual.labels[0]
        worst = min(range(len(kind.strengths)), key=lambda i: curves[first.name][i])
        drawn = figures.probability_curves(
            kind.strengths,
            curves,
            title=f"{first.name} falls to {percent(curves[first.name][worst])} at "
            f"{kind.title.lower()} {kind.strengths[worst]:g}",
            unit=f"{kind.title.lower()}: {kind.unit}",
            chosen=strength,
            dark=dark,
        )
        live.figure("damage_curve", drawn, alt=f"Probability of the top classes against {name}")
        _table(kind.unit, list(kind.strengths), curves)
    st.caption("Computed. The damage is done to what the network sees, after the crop.")


def _says(now: "Prediction", usual: "Prediction") -> str:
    first, right = now.labels[0], usual.labels[0]
    text = f"Now: {first.name}, {percent(first.probability)}"
    if first.index == right.index:
        return text
    return f"{text}; {right.name} has {percent(answers.standing(now, right.index)[1])} left"


def _occlusion(classifier: "Classifier", photo: Photo, usual: "Prediction") -> None:
    side = classifier.preprocessing.crop
    left, right = st.columns(2, gap="medium")
    with left:
        across = pick.dial("cover_x", "Across: centre (px)", side // 2, Range(0, side, 1))
        down = pick.dial("cover_y", "Down: centre (px)", side // 2, Range(0, side, 1))
        size = pick.dial("cover_size", "Size of the box (px)", side // 3, Range(0, side, 1))
        seen = view(photo.image, classifier.preprocessing)
        half = size / 2
        box = (
            max(0, round(across - half)),
            max(0, round(down - half)),
            min(side, round(across + half)),
            min(side, round(down + half)),
        )
        hidden = perturb.covered(seen, box)
        before, now = perturb.answers(classifier, [seen, hidden])
        first = before.labels[0]
        after = answers.standing(now, first.index)[1]
        st.metric(
            first.name,
            percent(after),
            f"{100 * (after - first.probability):+.1f} points",
            help="Probability with the box there, and what the box took from it",
        )
    with right:
        st.image(
            hidden, width="stretch", caption=_says(now, usual), alt="The photo with a box over it"
        )


def mistakes(network: str, photo: Photo, usual: "Prediction", *, dark: bool) -> None:
    """What the usual mistakes in preprocessing do to the answer."""
    from effnet.classify.breakage import MISTAKES

    found = _broken(network, photo)
    first = usual.labels[0]
    standings = [answers.standing(one, first.index)[1] for one in found.values()]
    drawn = figures.mistakes(
        [MISTAKES[name].title for name in found],
        standings,
        [one.labels[0].name for one in found.values()],
        right=first.name,
        usual=first.probability,
        dark=dark,
    )
    live.figure("mistakes", drawn, alt=f"Probability of {first.name} after each mistake")
    st.dataframe(
        [
            _mistake_row(MISTAKES[name], one, standing)
            for (name, one), standing in zip(found.items(), standings, strict=True)
        ],
        hide_index=True,
        width="stretch",
        column_config={
            "probability": st.column_config.NumberColumn(format="percent"),
            "of the right class": st.column_config.NumberColumn(format="percent"),
        },
    )
    st.caption(
        f"Computed. The dotted line is {display_name(network)}'s answer with its own "
        f"preprocessing: {first.name}, {percent(first.probability)}."
    )


def _mistake_row(mistake: "Mistake", one: "Prediction", standing: float) -> dict[str, object]:
    return {
        "mistake": mistake.title,
        "in code": mistake.code,
        "says": one.labels[0].name,
        "probability": one.labels[0].probability,
        "of the right class": standing,
    }
