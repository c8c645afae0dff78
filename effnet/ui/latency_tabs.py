"""The Latency page's further cards, as tabs that compute only when they are open."""

from effnet.design import Design
from effnet.language import mark
from effnet.spec import Spec
from effnet.ui import (
    latency_fused,
    latency_options,
    latency_predict,
    latency_published,
    latency_roofline,
    latency_sweeps,
    latency_versus,
    open_tab,
)
from effnet.ui.stopwatch import Chosen


def tabs(design: Design, spec: Spec, chosen: Chosen, *, dark: bool) -> None:
    """All cards but the first."""
    open_tab.cards(
        "latency_tabs",
        {
            mark("Roofline"): lambda: latency_roofline.card(design, spec, chosen, dark=dark),
            mark("Options"): lambda: latency_options.card(design, spec, chosen, dark=dark),
            mark("Race"): lambda: latency_versus.card(design, spec, chosen, dark=dark),
            mark("Sweeps"): lambda: latency_sweeps.card(design, spec, chosen, dark=dark),
            mark("Why V2"): lambda: latency_fused.card(design, spec, chosen, dark=dark),
            mark("Published"): lambda: latency_published.card(chosen, dark=dark),
            mark("Predict"): lambda: latency_predict.card(design, spec, dark=dark),
        },
    )
