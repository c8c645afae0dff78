"""Classify's tabs that try things out: other resolutions, damage, mistakes on purpose."""

import math
from operator import itemgetter
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from effnet import figures
from effnet.app.kit import cache, frame, live, photos, pick, sheet, viewer
from effnet.app.kit.cache import Photo
from effnet.base import Column, class_name, mark, percent, say, share, verbatim
from effnet.classify import answers, perturbations
from effnet.pixels import view
from effnet.scaling import Range

if TYPE_CHECKING:
    from effnet.classify import Classifier, Prediction

SHARES = (0.25, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0)  # of the usual side
OCCLUSION, COVER = "occlusion", mark("Cover a part")


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Photo: cache.key_of})
def _dial(variant: str, photo: Photo) -> "list[tuple[int, Prediction]]":
    classifier = cache.classifier(variant)
    usual = classifier.preprocessing.crop
    sides = sorted({max(answers.SMALLEST, 8 * round(usual * share / 8)) for share in SHARES})
    sides = [side for side in sides if side <= answers.LARGEST]
    return list(answers.resolution_dial(classifier, photo.image, sides))


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs={Photo: cache.key_of})
def _curve(variant: str, photo: Photo, damage: str) -> "list[Prediction]":
    return perturbations.curve(cache.classifier(variant), photo.image, damage)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={Photo: cache.key_of})
def _broken(variant: str, photo: Photo) -> "dict[str, Prediction]":
    from effnet.classify import breakage

    classifier = cache.classifier(variant)
    return {name: breakage.broken(classifier, photo.image, name) for name in breakage.MISTAKES}


def _of_top(predictions: "list[Prediction]", usual: "Prediction") -> dict[str, list[float]]:
    """The probability of the usual answer's top three classes in each prediction."""
    return {
        class_name(label.name): [answers.standing(one, label.index)[1] for one in predictions]
        for label in usual.labels[:3]
    }


def _table(x: str, values: list[float], curves: dict[str, list[float]]) -> None:
    with st.expander(say("As a table"), on_change="rerun") as opened:
        if opened.open:
            sheet.show(
                [
                    {x: value, **dict(zip(curves, row, strict=True))}
                    for value, *row in zip(values, *curves.values(), strict=True)
                ],
                x,
                *(share(name, name) for name in curves),
            )


def dial(network: str, photo: Photo, usual: "Prediction") -> None:
    """Probability of the top classes against test resolution."""
    with st.spinner(say("Trying resolutions")):
        found = _dial(network, photo)
    sides = [side for side, _ in found]
    predictions = [one for _, one in found]
    curves = _of_top(predictions, usual)
    first = usual.labels[0]
    own = cache.classifier(network).preprocessing.crop
    best = max(range(len(sides)), key=lambda i: curves[class_name(first.name)][i])
    drawn = figures.probability_curves(
        sides,
        curves,
        title=say(
            "{name} is surest at {best} px, the network was tested at {own} px",
            name=class_name(first.name),
            best=sides[best],
            own=own,
        ),
        unit=say("side of the input (px)"),
        chosen=own,
    )
    alt = say("Probability of the top classes against test resolution")
    live.figure("dial", drawn, alt=alt)
    st.caption(
        say(
            "Computed. The same photo is resized and cropped in the same proportion for each "
            "side. The dotted line is the resolution for which these weights were published."
        )
    )
    _table(say("side (px)"), [float(side) for side in sides], curves)


def damage(network: str, photo: Photo, usual: "Prediction") -> None:
    """Damage by degrees, with the damaged picture and the curve."""
    titles = {name: one.title for name, one in perturbations.DAMAGES.items()}
    titles[OCCLUSION] = COVER
    chosen = st.segmented_control(
        say("Damage"),
        list(titles),
        format_func=lambda name: say(titles[name]),
        default="blur",
        key="damage",
        required=True,
    )
    classifier = cache.classifier(network)
    if chosen == OCCLUSION:

        @frame.part
        def cover_it() -> None:
            _occlusion(classifier, photo, usual)

        cover_it()
        return
    name = chosen or "blur"
    kind = perturbations.DAMAGES[name]
    left, right = st.columns([1, 2], gap="medium")
    low, high = min(kind.strengths), max(kind.strengths)
    middle = sorted(kind.strengths)[len(kind.strengths) // 2]
    with left:
        step = 1 if high > 20 else 0.05
        strength = pick.dial(f"damage_{name}", say(kind.dial), middle, Range(low, high, step))
        damaged = kind.apply(view(photo.image, classifier.preprocessing), strength)
        (now,) = perturbations.answers(classifier, [damaged])
        st.container(key="damaged").image(
            damaged,
            width="stretch",
            caption=verbatim(_says(now, usual)),
            alt=say(
                "What the network sees at {unit} {strength:g}",
                unit=say(kind.unit),
                strength=strength,
            ),
        )
    with right:
        with st.spinner(say("Damaging")):
            curves = _of_top(_curve(network, photo, name), usual)
        first = usual.labels[0]
        worst = min(range(len(kind.strengths)), key=lambda i: curves[class_name(first.name)][i])
        drawn = figures.probability_curves(
            kind.strengths,
            curves,
            title=say(
                "{name} falls to {probability} at {damage} {strength:g}",
                name=class_name(first.name),
                probability=percent(curves[class_name(first.name)][worst]),
                damage=say(kind.inside),
                strength=kind.strengths[worst],
            ),
            unit=say("{damage}: {unit}", damage=say(kind.inside), unit=say(kind.unit)),
            chosen=strength,
        )
        alt = say("Probability of the top classes against {damage}", damage=say(kind.inside))
        live.figure("damage_curve", drawn, alt=alt)
        _table(say(kind.unit), list(kind.strengths), curves)
    st.caption(say("Computed. The damage is done to what the network sees, after the crop."))


def _says(now: "Prediction", usual: "Prediction") -> str:
    first, right = now.labels[0], usual.labels[0]
    values = {"name": class_name(first.name), "probability": percent(first.probability)}
    if first.index == right.index:
        return say("Now: {name}, {probability}", **values)
    return say(
        "Now: {name}, {probability}; {right} has {left} left",
        right=right.name,
        left=percent(answers.standing(now, right.index)[1]),
        **values,
    )


def _occlusion(classifier: "Classifier", photo: Photo, usual: "Prediction") -> None:
    """A box over what the network sees, drawn on it or set by sliders, and what it says then."""
    side = classifier.preprocessing.crop
    seen = view(photo.image, classifier.preprocessing)
    left, middle, right = st.columns([1, 1.2, 1.3], gap="medium")
    with left:
        box = _box(side)
        hidden = perturbations.covered(seen, box)
        before, now = perturbations.answers(classifier, [seen, hidden])
        first = before.labels[0]
        after = answers.standing(now, first.index)[1]
        st.metric(
            verbatim(class_name(first.name)),
            percent(after),
            say("{change:+.1f} points", change=100 * (after - first.probability)),
            help=say("Probability with the box there, and what the box took from it"),
        )
    with middle:
        _covered(seen, hidden, box, _says(now, usual))
    with right:
        drawn = figures.top_classes(now.labels, family=classifier.spec.family)
        alt = say("The most probable classes with the box there")
        live.figure("covered", drawn, alt=alt)
    st.caption(say("Computed. Drag a box on the photo, or click where it should go."))


def _box(side: int) -> tuple[int, int, int, int]:
    """What the four sliders say: left, top, right, bottom in the input's pixels."""
    span = Range(0, side, 1)
    across = pick.dial("cover_x", say("Across: centre (px)"), side // 2, span)
    down = pick.dial("cover_y", say("Down: centre (px)"), side // 2, span)
    width = pick.dial("cover_width", say("Width of the box (px)"), side // 3, span)
    height = pick.dial("cover_height", say("Height of the box (px)"), side // 3, span)
    (left, right), (top, bottom) = edges(across, width, side), edges(down, height, side)
    return left, top, right, bottom


def edges(middle: float, size: float, side: int) -> tuple[int, int]:
    """Where a box begins and ends in pixels; as long as its size says, except beyond the photo."""
    first = math.floor(middle - size / 2 + 0.5)
    return max(0, first), min(side, first + round(size))


def _covered(
    seen: Image.Image, hidden: Image.Image, box: tuple[int, int, int, int], caption: str
) -> None:
    """The covered picture, on which a new box can be dragged."""
    side = seen.width
    if not live.in_browser():
        alt = say("The photo with a box over it")
        st.image(hidden, width="stretch", caption=verbatim(caption), alt=alt)
        return

    def moved(drawn: tuple[float, ...]) -> None:
        first, last = drawn[:2], drawn[-2:]  # its corners, or twice its middle
        for name, size, low, high in zip("xy", ("width", "height"), first, last, strict=True):
            pick.put(f"cover_{name}", (round(low * side) + round(high * side)) / 2)
            if len(drawn) == 4:
                pick.put(f"cover_{size}", round(high * side) - round(low * side))

    left, top, right, bottom = (edge / side for edge in box)
    viewer.cover(
        "cover",
        seen,
        (left, top, right, bottom),
        grey=perturbations.GREY,
        caption=caption,
        on_box=moved,
    )


def mistakes(network: str, photo: Photo, usual: "Prediction") -> None:
    """What the usual mistakes in preprocessing do to the answer."""
    from effnet.classify import MISTAKES

    with st.spinner(say("Breaking it")):
        found = _broken(network, photo)
    first, classifier = usual.labels[0], cache.classifier(network)
    standings = [answers.standing(one, first.index)[1] for one in found.values()]
    drawn = figures.mistakes(
        [say(MISTAKES[name].title) for name in found],
        standings,
        [one.labels[0].name for one in found.values()],
        right=first.name,
        usual=first.probability,
        family=classifier.spec.family,
    )
    alt = say("Probability of {name} after each mistake", name=class_name(first.name))
    live.figure("mistakes", drawn, alt=alt)
    sheet.show(
        [*zip(found, found.values(), standings, strict=True)],
        Column(mark("mistake"), lambda row: say(MISTAKES[row[0]].title)),
        Column(mark("in code"), lambda row: say(MISTAKES[row[0]].code)),
        Column(mark("says"), lambda row: class_name(row[1].labels[0].name)),
        share(mark("probability"), lambda row: row[1].labels[0].probability),
        share(mark("of the right class"), itemgetter(2)),
    )
    st.caption(
        say(
            "Computed. The bar “No mistake” is {network}'s answer with the right "
            "preprocessing: {name}, {probability}. Where a bar is hollow, another class comes "
            "first.",
            network=verbatim(photos.title(network, classifier)),
            name=verbatim(class_name(first.name)),
            probability=percent(first.probability),
        )
    )
