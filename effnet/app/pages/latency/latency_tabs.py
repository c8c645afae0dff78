"""The Latency page's further cards, as tabs that compute only when they are open."""

from effnet.app.kit import open_tab
from effnet.app.pages.latency import (
    fused_card,
    options_card,
    predictor_card,
    printed_card,
    roofline_card,
    sweep_card,
    versus_card,
)
from effnet.app.pages.latency.stopwatch import Chosen
from effnet.base import mark
from effnet.network import Spec
from effnet.scaling import Design


def tabs(design: Design, spec: Spec, chosen: Chosen) -> None:
    """All cards but the first."""
    open_tab.cards(
        "latency_tabs",
        {
            mark("Roofline"): lambda: roofline_card.card(design, spec, chosen),
            mark("Options"): lambda: options_card.card(design, spec, chosen),
            mark("Race"): lambda: versus_card.card(design, spec, chosen),
            mark("Sweeps"): lambda: sweep_card.card(design, spec, chosen),
            mark("Why V2"): lambda: fused_card.card(design, spec, chosen),
            mark("Published"): lambda: printed_card.card(chosen),
            mark("Predict"): lambda: predictor_card.card(design, spec),
        },
    )
