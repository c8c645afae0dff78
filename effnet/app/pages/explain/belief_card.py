"""Can the map be believed? Deletion, insertion, random weights, and a verdict in plain words."""

from typing import TYPE_CHECKING

import streamlit as st

from effnet.app.kit import jobs, live, maps, sheet
from effnet.app.pages.explain.explain_controls import Asked
from effnet.base import Column, class_name, mark, say, share, verbatim
from effnet.counting import stage_title
from effnet.figures import deletion_and_insertion, randomised_maps
from effnet.jobs import Job, working
from effnet.report import remarks

if TYPE_CHECKING:
    from effnet.cam import Explanation, Verdict
    from effnet.classify import Classifier

TESTING = mark("Testing the map")


def belief(classifier: "Classifier", asked: Asked, explanation: "Explanation") -> None:
    """The verdict on the map; its test runs in the background when the tab is opened."""
    from effnet.cam import RANDOM_ORDERS, STEPS, judge

    if explanation.blank:
        st.info(say("The map is blank, so there is nothing to test."))
        return
    key = ("verdict", asked.network, asked.method, asked.layer, asked.question)
    found: Verdict | None = maps.kept(asked.photo, key)
    if found is None:
        subject = (*key, asked.photo.digest)

        def work(job: Job) -> None:
            tested = judge(classifier, explanation, progress=job.report)
            maps.keep(asked.photo, key, tested)

        job = jobs.of("verdict", subject)
        if job is None:
            jobs.ask(working, "verdict", TESTING, work, subject)
            job = jobs.of("verdict", subject)
        if job is not None and not jobs.running("verdict"):
            st.caption(say("The test was stopped."))
            args = (working, "verdict", TESTING, work, subject)
            st.button(say("Test the map"), key="test_map", on_click=jobs.ask, args=args)
            return
        if job is not None:
            jobs.watch(job, "verdict")
        st.caption(
            say(
                "About {passes} passes, in two tests. First, parts of the photo are blurred "
                "and brought back: in the order of the map, in {orders} random orders, and "
                "from the middle outwards. Then the weights of a copy are shuffled stage by "
                "stage, and the map is made again each time.",
                passes=2 * (STEPS + 1) * (RANDOM_ORDERS + 2),
                orders=RANDOM_ORDERS,
            )
        )
        return
    _shown(classifier, explanation, found)


def _shown(classifier: "Classifier", explanation: "Explanation", found: "Verdict") -> None:
    with st.container(border=True):
        st.markdown(f"**{verbatim(remarks.verdict_claim(found, explanation))}**")
        st.caption(remarks.centre_note(found))
    drawn = deletion_and_insertion(
        found, label=class_name(explanation.label), family=classifier.spec.family
    )
    alt = say("Probability of the class while places are blurred, and while they come back")
    live.figure("deletion", drawn, alt=alt)
    _areas(found)
    live.figure(
        "randomised",
        randomised_maps(found),
        alt=say("Rank correlation with the true map while the weights are randomised"),
    )
    st.caption(
        say(
            "In the grey band a map is too different from the true one to be called the same. "
            "A map that stays the same with random weights shows edges of the picture, not "
            "what the network learned (arXiv:1810.03292). Deletion and insertion follow "
            "arXiv:1806.07421, with one change: places are blurred and not painted grey, "
            "because the network could see a grey hole as an object."
        )
    )
    if explanation.against_label:
        st.caption(
            say(
                "The test reads the probability of {label} alone.",
                label=verbatim(class_name(explanation.label)),
            )
        )


def _areas(found: "Verdict") -> None:
    from effnet.cam import ORDERS

    with st.expander(say("As a table"), on_change="rerun", key="verdict_table") as opened:
        if not opened.open:
            return
        orders = [found.by_map, found.centre, *found.randoms]
        sheet.show(
            orders,
            Column(mark("order"), lambda order: say(ORDERS[order.name])),
            Column(mark("deletion area (low is good)"), "deletion_area"),
            Column(mark("insertion area (high is good)"), "insertion_area"),
            Column(mark("insertion minus deletion"), "score"),
            share(mark("after deleting 20 %"), lambda order: found.after_deleting(order, 0.2)),
        )
        sheet.show(
            found.cascade,
            Column(mark("random down to"), lambda step: stage_title(step.layer)),
            Column(mark("rank correlation"), "correlation"),
        )
