"""The card of the prediction: learn this machine's pace, and what a design would take here."""

import streamlit as st

from effnet.design import Design
from effnet.figures import prediction_check
from effnet.spec import Spec
from effnet.speed import plans
from effnet.speed.predicted import FEATURES, Pace, estimate, host, pace, save
from effnet.speed.records import Options
from effnet.speed.turns import Job
from effnet.ui import live, stopwatch
from effnet.ui.stopwatch import KEEP, Work
from effnet.units import milliseconds, percent, significant

KEY = "pace"


def card(design: Design, spec: Spec, *, dark: bool) -> None:
    """What the pace that was learned here says of the design, and a button that learns it."""
    known = pace()
    st.markdown(
        "Learning a machine's pace: networks of many shapes are timed, layer by layer. For each "
        "kind of layer the time is then a sum of a fixed cost, multiply-adds and bytes. With that "
        "the time of a design is known before it is measured, and Scale shows it while the sliders "
        "move."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seconds = st.select_slider(
            "Seconds to learn", (30, 60, 120, 240), value=60, key="pace_box", persist_state=KEEP,
            width=260,
        )  # fmt: skip
    stopwatch.card(
        KEY,
        "Learn this machine's pace" if known is None else "Learn it again",
        f"About {seconds} s, batch 1, plain eager fp32; leave the machine alone meanwhile.",
        None,
        "this machine's pace",
        _work(float(seconds)),
    )
    if stopwatch.running(KEY):
        return
    if known is None:
        st.info(
            f"No pace was learned on this machine ({host()}) yet. Learn it here, or by "
            "`python -m effnet bench --fit`."
        )
        return
    _shown(known, design, spec, dark=dark)


def _work(seconds: float) -> Work:
    def run(job: Job) -> Pace:
        job.report(0.0, "Loading PyTorch")
        from effnet.latency.predictor import gather, learn

        networks = plans.learning_networks()
        timed = gather(
            networks,
            options=Options("cpu"),
            budget_s=seconds,
            progress=lambda share, name: job.report(share, f"Timing {name}"),
        )
        job.report(1.0, "Fitting")
        found = learn(timed)
        save(found)
        return found

    return run


def _shown(known: Pace, design: Design, spec: Spec, *, dark: bool) -> None:
    found = estimate(known, spec)
    st.markdown(
        f"**{design.title}: {found.words}.** Nine predictions in ten were as close as "
        f"{significant(found.low)} to {milliseconds(found.high)} is here."
    )
    live.figure(
        "prediction_check",
        prediction_check(known, dark=dark),
        alt="Predicted against measured times of networks that a fit did not see",
    )
    where = known.environment
    threads = f"{where.threads} thread{'s' * (where.threads > 1)}"
    st.caption(
        f"Learned {where.date.replace('T', ' ')[:16]} UTC from {known.networks} networks, "
        f"{where.processor}, {threads}, {known.precision}. Each dot was predicted "
        "from a fit to other networks (six parts, one left out in turn). Nine in ten are within "
        f"{percent(known.error_p90)}. A line through multiply-adds alone: "
        f"{known.line[0]:.2f} ms + {known.line[1]:.4f} ms per M MACs, half within "
        f"{percent(known.line_error)}."
    )
    with st.expander("What was learned", on_change="rerun", key="pace_table") as opened:
        if opened.open:
            st.dataframe(
                [
                    {"kind of work": kind} | dict(zip(FEATURES, values, strict=True))
                    for kind, values in known.coefficients.items()
                ],
                hide_index=True,
                width="stretch",
                column_config={
                    name: st.column_config.NumberColumn(f"ms {name}", format="%.5f")
                    for name in FEATURES
                },
                alt="Milliseconds by kind of work and feature",
            )
