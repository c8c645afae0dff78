"""The main part of Explain: the photo with its map, the film strip, the top classes' maps."""

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from effnet.app.kit import jobs, maps, state, viewer
from effnet.app.kit.cache import Photo
from effnet.app.pages.explain import explain_controls
from effnet.app.pages.explain.explain_controls import Asked
from effnet.base import class_name, mark, percent, say, significant, verbatim
from effnet.classify import perturbations
from effnet.counting import field_of, stage_title, stages
from effnet.jobs import Job, working
from effnet.network import display_name
from effnet.report import remarks

if TYPE_CHECKING:
    from effnet.cam import Explanation
    from effnet.classify import Classifier

WAIT_HEIGHT = 430  # px: the room of the map while a slow one is made
AGREEMENT = mark(
    " Agreement compares a map with the one before it, where both networks saw the photo: at 1 "
    "they rank the places alike, at 0 their ranks have nothing in common (rank correlation)."
)
STAND_IN = "gradcam"  # where many maps are shown at once and the chosen method can't make them


# --- what a visit drew on the photo -------------------------------------------------------------


def box(asked: Asked) -> viewer.Fractions | None:
    """The box around the object, in fractions of the photo; None where none was drawn."""
    digest, found = st.session_state.get(state.BOX, ("", None))
    return found if digest == asked.whole.digest else None


def paint(whole: Photo) -> tuple[perturbations.Stroke, ...]:
    """What the visitor painted on the photo, stroke by stroke."""
    digest, *strokes = st.session_state.get(state.PAINT, ("",))
    return tuple(strokes) if digest == whole.digest else ()


def with_paint(whole: Photo) -> Photo:
    """The photo with what is painted over it; itself where nothing is."""
    strokes = paint(whole)
    if not strokes:
        return whole
    digest = hashlib.sha256(repr(strokes).encode()).hexdigest()[:16]
    image = perturbations.painted(whole.image, strokes)
    return Photo(whole.name, f"{whole.digest} {digest}", image)


def box_on(explanation: "Explanation", asked: Asked) -> tuple[float, float, float, float] | None:
    """The same in pixels of a map's photo."""
    found = box(asked)
    if found is None:
        return None
    left, top, right, bottom = found
    width, height = explanation.image.size
    return left * width, top * height, right * width, bottom * height


def cell(asked: Asked, explanation: "Explanation") -> tuple[int, int] | None:
    """The place of the map that was picked; None where none was, or the map has another grid."""
    where, found = st.session_state.get(state.CELL, ("", None))
    rows, columns = explanation.native.shape
    if where != (asked.network, asked.layer) or found is None:
        return None
    return found if found[0] < rows and found[1] < columns else None


def _draw_box(asked: Asked, drawn: viewer.Fractions | None) -> None:
    st.session_state[state.BOX] = (asked.whole.digest, drawn)


def _paint(asked: Asked, strokes: list[perturbations.Stroke]) -> None:
    st.session_state[state.PAINT] = (asked.whole.digest, *strokes)


def _pick(asked: Asked, place: tuple[int, int]) -> None:
    st.session_state[state.CELL] = ((asked.network, asked.layer), place)


# --- the map ------------------------------------------------------------------------------------


def the_map(classifier: "Classifier", asked: Asked) -> "Explanation | None":
    """The map that is asked for: at once, or for a slow method when its job has ended."""
    from effnet.cam import METHODS

    if not METHODS[asked.method].slow:
        (made,) = maps.explanations(
            classifier, asked.network, asked.photo,
            method=asked.method, targets=[asked.question], layers=[asked.layer],
        )  # fmt: skip
        return made
    return maps.here(asked.network, asked.photo, asked.method, asked.question, asked.layer)


def photo_and_map(classifier: "Classifier", asked: Asked, explanation: "Explanation") -> None:
    """The three panels, and what to keep in mind about them."""
    from effnet.cam import METHODS

    crop = classifier.preprocessing.crop
    if explanation.blank:
        st.warning(verbatim(remarks.blank_note(classifier.spec, explanation)))
    viewer.map_viewer(
        explanation,
        field=field_of(classifier.spec, explanation.layer, resolution=crop),
        crop=crop,
        box=box(asked),
        cell=cell(asked, explanation),
        subject=asked.whole.digest,
        paint=paint(asked.whole),
        on_box=lambda drawn: _draw_box(asked, drawn),
        on_paint=lambda strokes: _paint(asked, strokes),
        on_cell=lambda place: _pick(asked, place),
    )
    found = remarks.notes(classifier.spec, explanation, local=METHODS[asked.method].local)
    shared = box_on(explanation, asked)
    if shared and not explanation.blank:
        from effnet.cam import share_in_box

        share = share_in_box(explanation, shared)
        found.insert(
            0,
            say(
                "{part} of the map lies in the box, {gain} x what an even map would have ({area}).",
                part=percent(share.mass),
                gain=significant(share.gain, 2),
                area=percent(share.area),
            ),
        )
    found.append(say("Computed on this machine in {ms:.0f} ms.", ms=1000 * explanation.seconds))
    st.caption("  \n".join(found), help=remarks.why_same(classifier.spec, explanation) or None)


def slow_map(classifier: "Classifier", asked: Asked) -> None:
    """In the map's place: how long a slow one takes, a button, progress and a stop."""
    from effnet.cam import METHODS

    title = METHODS[asked.method].title
    subject = (asked.network, asked.photo.digest, asked.method, asked.layer, asked.question)
    with st.container(border=True, height=WAIT_HEIGHT, vertical_alignment="center"):
        with st.spinner(say("Measuring one slice")):
            seconds, passes = maps.estimate(classifier, asked.network, asked.method, asked.layer)
        job = jobs.of("map", subject)
        st.markdown(
            say(
                "**{title} takes {passes:,} {passes:pass|passes}: about {time} here.**",
                title=say(title),
                passes=passes,
                time=_time(seconds),
            )
        )
        estimated = say(
            "The time is estimated from a small part that was measured. The same passes "
            "give the maps of all top classes, which are kept as long as the photo is used."
        )
        stopped = say(" It was stopped; nothing of it is kept.")
        going = jobs.running("map")
        st.caption(estimated + stopped * (job is not None and not going))
        if job is not None and going:  # the same places as the buttons, so nothing jumps
            jobs.watch(job, "map")
            return

        def work(job: Job) -> None:
            wanted = list(dict.fromkeys([asked.question, *asked.top]))
            maps.explanations(
                classifier, asked.network, asked.photo,
                method=asked.method, targets=wanted, layers=[asked.layer], progress=job.report,
            )  # fmt: skip

        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                say("Compute {title}", title=say(title)),
                type="primary",
                key="compute_map",
                on_click=jobs.ask,
                args=(working, "map", title, work, subject),
            )
            st.button(
                say("Grad-CAM instead, at once"),
                key="quick_map",
                on_click=explain_controls.choose_method,
                args=(STAND_IN,),
            )


def _time(seconds: float) -> str:
    if seconds >= 90:
        return say("{minutes:.1f} min", minutes=seconds / 60)
    return f"{significant(seconds, 2)} s"


# --- many maps beside each other ----------------------------------------------------------------


def quick_method(asked: Asked, *, every_layer: bool = False) -> str:
    """The chosen method where it can make many maps at once; Grad-CAM where not."""
    from effnet.cam import METHODS

    cannot = METHODS[asked.method].slow or (every_layer and asked.method == "cam")
    return STAND_IN if cannot else asked.method


def instead(asked: Asked, used: str) -> str:
    """That another method stands in, in words; "" where it does not."""
    from effnet.cam import METHODS

    if used == asked.method:
        return ""
    titles = {"used": say(METHODS[used].title), "asked": say(METHODS[asked.method].title)}
    if METHODS[asked.method].slow:
        return say(" By {used}: {asked} is too slow for that.", **titles)
    return say(" By {used}: {asked} reads the last layer only.", **titles)


def film_strip(classifier: "Classifier", asked: Asked) -> None:
    """The map of every stage, early to late; a click makes it the one above."""
    from effnet.cam import rungs

    spec = classifier.spec
    ends, method = stages(spec), quick_method(asked, every_layer=True)
    names, layers = list(ends), list(ends.values())
    made = maps.explanations(
        classifier, asked.network, asked.photo,
        method=method, targets=[asked.question], layers=layers,
    )  # fmt: skip
    frames = []
    for number, rung in enumerate(rungs(made)):
        rows, columns = rung.explanation.native.shape
        lines = [f"{rows} x {columns}"]
        if rung.explanation.blank:
            lines.append(say("blank"))
        elif rung.agreement is not None:
            lines.append(say("agreement {value:.2f}", value=rung.agreement))
        frames.append(
            viewer.Frame(
                stage_title(names[number]).capitalize(),
                "\n".join(lines),
                viewer.thumbnail(rung.explanation),
                chosen=layers[number] == asked.layer,
            )
        )
    st.markdown(
        say("**From early to late stages**"),
        help=say("All maps come from one forward pass, each on its own grid.") + say(AGREEMENT),
    )
    viewer.strip(
        "film_strip",
        frames,
        label=say("Maps of every stage, early to late"),
        on_click=lambda number: explain_controls.choose_layer(layers[number]),
    )
    st.caption(say("Click one to see it above.") + instead(asked, method))


def top_classes(classifier: "Classifier", asked: Asked) -> None:
    """The maps of the most probable classes, from one forward pass."""
    from effnet.cam import rungs

    method = quick_method(asked)
    made = maps.explanations(
        classifier, asked.network, asked.photo,
        method=method, targets=list(asked.top), layers=[asked.layer],
    )  # fmt: skip
    st.markdown(
        f"**{remarks.ladder_claim(rungs(made))}**",
        help=say("Maps that agree show one object that goes by several names."),
    )
    frames = [
        viewer.Frame(
            class_name(explanation.label).capitalize(),
            percent(explanation.probability) + (f"\n{say('blank')}" if explanation.blank else ""),
            viewer.thumbnail(explanation),
            chosen=explanation.target == asked.target and asked.against is None,
        )
        for explanation in made
    ]
    viewer.strip(
        "top_classes",
        frames,
        label=say("Maps of the most probable classes"),
        on_click=lambda number: explain_controls.choose_class(asked.whole, asked.top[number]),
    )
    together = [explanation for explanation in made if explanation.seconds == made[-1].seconds]
    passed = say(
        "{network} made {count} of them from one forward pass, in {ms:.0f} ms. ",
        network=verbatim(display_name(classifier.spec)),
        count=len(together),
        ms=1000 * made[-1].seconds,
    )
    st.caption(passed + say("Click one to see it above.") + instead(asked, method))


def claim(classifier: "Classifier", asked: Asked, explanation: "Explanation | None") -> str:
    """The page's sentence."""
    from effnet.cam import METHODS

    photo = say(asked.photo.name)  # a sample's title; other names are what they are
    if explanation is not None and asked.photo is not asked.whole:
        label = class_name(classifier.classes[asked.target])
        network = display_name(classifier.spec)
        return remarks.hidden_claim(network, label, asked.before, explanation.probability)
    if explanation is not None:
        return remarks.explanation_claim(classifier.spec, photo, explanation)
    return say(
        "{title} has to ask {network} about {label} once for every channel. Its map of {photo} "
        "is not made yet.",
        title=say(METHODS[asked.method].title),
        network=display_name(classifier.spec),
        label=class_name(classifier.classes[asked.target]),
        photo=photo,
    )
