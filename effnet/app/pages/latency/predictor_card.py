"""The card of the prediction: learn this machine's pace, and what a design would take here."""

from functools import partial

import streamlit as st

from effnet.app.kit import jobs, live, open_tab, sheet
from effnet.app.pages.latency.stopwatch import KEEP
from effnet.base import Column, mark, milliseconds, percent, plural, say, significant
from effnet.figures import prediction_check
from effnet.jobs import Job
from effnet.network import Spec
from effnet.scaling import Design
from effnet.timing import (
    CACHES,
    Options,
    Pace,
    cores,
    estimate,
    pace,
    plans,
    processor,
    save,
)

KEY = "pace"


def card(design: Design, spec: Spec) -> None:
    """What the pace that was learned here says of the design, and a button that learns it."""
    known = pace()
    st.markdown(
        say(
            "The app can learn how fast a machine is. It times networks of many shapes, layer "
            "by layer. For each kind of layer it then writes the time as a sum: a fixed cost, "
            "a part for multiply-adds and a part for bytes. From that it predicts the time of "
            "a design before it is measured, and Scale shows the prediction while the sliders "
            "move."
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seconds = st.select_slider(
            say("Seconds to learn"),
            (30, 60, 120, 240),
            value=60,
            key="pace_box",
            persist_state=KEEP,
            width=260,
        )
    jobs.card(
        KEY,
        say("Learn this machine's pace" if known is None else "Learn it again"),
        say(
            "Takes about {seconds} s, one image at a time, in PyTorch's default way "
            "(fp32). Please leave the machine alone meanwhile.",
            seconds=seconds,
        ),
        None,
        say("this machine's pace"),
        partial(_learn, float(seconds)),
    )
    if jobs.running(KEY):
        return
    if known is None:
        st.info(
            say(
                "The app has not yet learned how fast this machine is ({processor}, {cores} "
                "{cores:core|cores}). Learn it here, or with `python -m effnet bench --fit`.",
                processor=processor(),
                cores=cores(),
            )
        )
        return
    _shown(known, design, spec)


def _learn(seconds: float, job: Job) -> Pace:
    from effnet.timing.measure import gather, learn

    timed = gather(
        plans.learning_networks(),
        options=Options("cpu"),
        budget_s=seconds,
        progress=lambda share, name: job.report(share, say("Timing {name}", name=name)),
    )
    job.report(1.0, say("Fitting"))
    found = learn(timed)
    save(found)
    return found


def _shown(known: Pace, design: Design, spec: Spec) -> None:
    found = estimate(known, spec)
    st.markdown(
        say(
            "**{design}: {expected}.** Nine times in ten the real time lies between {low} "
            "and {high}.",
            design=design.title,
            expected=found.words,
            low=significant(found.low),
            high=milliseconds(found.high),
        )
    )
    live.figure(
        "prediction_check",
        prediction_check(known),
        alt=say("Predicted against measured times of networks that a fit did not see"),
    )
    where = known.environment
    st.caption(
        say(
            "Learned {when} UTC from {n} {n:network|networks}, {processor}, {threads}, "
            "{precision}. Each dot is predicted without having seen that network: the "
            "networks are split into six parts, and each part is predicted from the other "
            "five. Nine predictions in ten are within {error}. From multiply-adds alone "
            "({fixed:.2f} ms + {slope:.4f} ms per M MACs) only half are within "
            "{line_error}.",
            when=where.date.replace("T", " ")[:16],
            n=known.networks,
            processor=where.processor,
            threads=plural(where.threads, "{n} thread", "{n} threads"),
            precision=known.precision,
            error=percent(known.error_p90),
            fixed=known.line[0],
            slope=known.line[1],
            line_error=percent(known.line_error),
        )
    )
    open_tab.fold(say("What was learned"), partial(_coefficients, known), key="pace_table")


def _coefficients(known: Pace) -> None:
    """Milliseconds by kind of work; the columns are those of `FEATURES`."""
    titles = [
        *(say("ms each"), say("ms per M MACs"), say("ms per MB")),
        *(say("ms per MB beyond {size:g} MB", size=size) for size in CACHES),
    ]
    sheet.show(
        [
            {"kind": kind} | dict(zip(titles, values, strict=True))
            for kind, values in known.coefficients.items()
        ],
        Column(mark("kind of work"), "kind"),
        *(Column(title, title, "%.5f") for title in titles),
        alt=say("Milliseconds by kind of work and feature"),
    )
