"""The main part of Explain: the photo with its map, the film strip, the top classes' maps."""

from typing import TYPE_CHECKING

import streamlit as st

from effnet import remarks
from effnet.receptive import field_of, layer_title, stage_ends
from effnet.ui import explain_controls, explain_jobs, maps, state, viewer
from effnet.ui.explain_controls import Asked
from effnet.units import percent, significant
from effnet.variants import display_name

if TYPE_CHECKING:
    from effnet.cam import Explanation
    from effnet.predict import Classifier
    from effnet.speed.turns import Job

WAIT_HEIGHT = 430  # px: the room of the map while a slow one is made
STAND_IN = "gradcam"  # where many maps are shown at once and the chosen method can't make them


# --- what a visit drew on the photo -------------------------------------------------------------


def box(asked: Asked) -> viewer.Fractions | None:
    """The box around the object, in fractions of the photo; None where none was drawn."""
    digest, found = st.session_state.get(state.BOX, ("", None))
    return found if digest == asked.photo.digest else None


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
    st.session_state[state.BOX] = (asked.photo.digest, drawn)


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
        st.warning(remarks.blank_note(classifier.spec, explanation))
    viewer.map_viewer(
        explanation,
        field=field_of(classifier.spec, explanation.layer, resolution=crop),
        crop=crop,
        box=box(asked),
        cell=cell(asked, explanation),
        on_box=lambda drawn: _draw_box(asked, drawn),
        on_cell=lambda place: _pick(asked, place),
    )
    found = remarks.notes(classifier.spec, explanation, local=METHODS[asked.method].local)
    shared = box_on(explanation, asked)
    if shared and not explanation.blank:
        from effnet.cam import share_in_box

        share = share_in_box(explanation, shared)
        found.insert(
            0,
            f"{percent(share.mass)} of the map lies in the box, {significant(share.gain, 2)} times "
            f"what an even map would have ({percent(share.area)}).",
        )
    found.append(f"Computed on this machine in {1000 * explanation.seconds:.0f} ms.")
    st.caption("  \n".join(found))


def slow_map(classifier: "Classifier", asked: Asked) -> None:
    """In the map's place: how long a slow one takes, a button, progress and a stop."""
    from effnet.cam import METHODS

    title = METHODS[asked.method].title
    subject = (asked.network, asked.photo.digest, asked.method, asked.layer, asked.question)
    with st.container(border=True, height=WAIT_HEIGHT, vertical_alignment="center"):
        with st.spinner("Measuring one slice"):
            seconds, passes = maps.estimate(classifier, asked.network, asked.method, asked.layer)
        job = explain_jobs.of("map", subject)
        st.markdown(f"**{title} takes {passes:,} passes: about {_time(seconds)} here.**")
        st.caption(
            "Estimated from one slice measured before. The map of every top class comes out of the "
            "same passes, and stays for as long as the photo is used."
            + " It was stopped; nothing of it is kept."
            * (job is not None and job.ended)
        )
        if job is not None and not job.ended:  # the same places as the buttons, so nothing jumps
            explain_jobs.watch(job, "map")
            return

        def work(job: "Job") -> None:
            wanted = list(dict.fromkeys([asked.question, *asked.top]))
            maps.explanations(
                classifier, asked.network, asked.photo,
                method=asked.method, targets=wanted, layers=[asked.layer], progress=job.report,
            )  # fmt: skip

        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"Compute {title}",
                type="primary",
                key="compute_map",
                on_click=explain_jobs.ask,
                args=("map", subject, title, work),
            )
            st.button(
                "Grad-CAM instead, at once",
                key="quick_map",
                on_click=explain_controls.choose_method,
                args=(STAND_IN,),
            )


def _time(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{significant(seconds, 2)} s"


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
    why = "is too slow for that" if METHODS[asked.method].slow else "reads the last layer only"
    return f" By {METHODS[used].title}: {METHODS[asked.method].title} {why}."


def film_strip(classifier: "Classifier", asked: Asked) -> None:
    """The map of every stage, early to late; a click makes it the one above."""
    from effnet.cam import rungs

    spec = classifier.spec
    layers, method = stage_ends(spec), quick_method(asked, every_layer=True)
    made = maps.explanations(
        classifier, asked.network, asked.photo,
        method=method, targets=[asked.question], layers=layers,
    )  # fmt: skip
    frames = []
    for number, rung in enumerate(rungs(made)):
        rows, columns = rung.explanation.native.shape
        lines = [f"{rows} x {columns}"]
        if rung.explanation.blank:
            lines.append("blank")
        elif rung.agreement is not None:
            lines.append(f"agreement {rung.agreement:.2f}")
        frames.append(
            viewer.Frame(
                layer_title(spec, layers[number]).partition(",")[0].capitalize(),
                "\n".join(lines),
                viewer.thumbnail(rung.explanation),
                chosen=layers[number] == asked.layer,
            )
        )
    st.markdown("**From early to late stages**")
    viewer.strip(
        "film_strip",
        frames,
        label="Maps of every stage, early to late",
        on_click=lambda number: explain_controls.choose_layer(layers[number]),
    )
    st.caption(
        "Each at its own grid, from one forward pass; click one to see it above. Agreement is the "
        "rank correlation with the stage before: 1 is the same order of places, 0 is none."
        + instead(asked, method)
    )


def top_classes(classifier: "Classifier", asked: Asked) -> None:
    """The maps of the most probable classes, from one forward pass."""
    from effnet.cam import rungs

    method = quick_method(asked)
    made = maps.explanations(
        classifier, asked.network, asked.photo,
        method=method, targets=list(asked.top), layers=[asked.layer],
    )  # fmt: skip
    compared = rungs([made[0], *made[1:]])
    frames = [
        viewer.Frame(
            explanation.label.capitalize(),
            percent(explanation.probability) + ("\nblank" if explanation.blank else ""),
            viewer.thumbnail(explanation),
            chosen=explanation.target == asked.target and asked.against is None,
        )
        for explanation in made
    ]
    viewer.strip(
        "top_classes",
        frames,
        label="Maps of the most probable classes",
        on_click=lambda number: explain_controls.choose_class(asked.photo, asked.top[number]),
    )
    alike = [rung.agreement for rung in compared if rung.agreement is not None]
    spread = (
        f"Neighbours agree by {significant(min(alike), 2)} to {significant(max(alike), 2)} (rank "
        "correlation): maps that agree are of one object under several names. "
        if alike
        else ""
    )
    st.caption(
        f"{spread}Five classes of {display_name(classifier.spec)} from one forward pass, in "
        f"{1000 * made[0].seconds:.0f} ms. Click one to see it above." + instead(asked, method)
    )


def claim(classifier: "Classifier", asked: Asked, explanation: "Explanation | None") -> str:
    """The page's sentence."""
    from effnet.cam import METHODS

    if explanation is not None:
        return remarks.explanation_claim(classifier.spec, asked.photo.name, explanation)
    label = classifier.classes[asked.target]
    return (
        f"{METHODS[asked.method].title} asks {display_name(classifier.spec)} about {label} once "
        f"for every channel: its map of {asked.photo.name} is not made yet."
    )
