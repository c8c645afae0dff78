"""Cards that pages share: totals, stage table, and the line that explains the marks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from effnet.app.kit import cache, live, projector, sheet
from effnet.base import Column, class_name, factor, mark, say
from effnet.counting import Cost, steps_from_promise
from effnet.figures import promise_to_real, top_classes
from effnet.network import Spec, display_name
from effnet.report import claims
from effnet.scaling import Design
from effnet.timing import predicted_ms

if TYPE_CHECKING:
    from effnet.classify import Prediction

CARD_WIDTH = 132  # px: four in a row beside the controls of a narrow projector
CARD_HEIGHT, SHORT_CARD_HEIGHT = 128, 98  # px: with a line below the number, and without
INTERPOLATIONS = (mark("bilinear"), mark("bicubic"))  # as weights' preprocessing names them
CLASS = Column(mark("class"), lambda label: class_name(label.name))
CURVE = ("phi", "network", "resolution", "params", "macs", "activations")  # columns of its table


def row(entries: Iterable[tuple[str, str, str | None, str]]) -> None:
    """Cards side by side, of one height: label, number, what stands below it, help.

    A projector's page has none: its claim says the number, and its figure takes the room.
    """
    if projector.on():
        return
    shown = tuple(entries)
    height = CARD_HEIGHT if any(below for _, _, below, _ in shown) else SHORT_CARD_HEIGHT
    with st.grid(len(shown), min_column_width=CARD_WIDTH, key="totals"):
        for label, value, below, note in shown:
            st.metric(
                label,
                value,
                delta=below,
                delta_color="off",
                delta_arrow="off",
                border=True,
                height=height,
                help=note,
            )


def time_here(spec: Spec, base: Spec) -> None:
    """The predicted time of a pass, where this machine's pace was learned."""
    here, start = predicted_ms(spec), predicted_ms(base)
    if here and start:
        words = here.words[0].upper() + here.words[1:]
        st.caption(
            say(
                "{words}, {ratio} {against}; see Latency.",
                words=words,
                ratio=factor(here.ms / start.ms),
                against=say(display_name(base)).removeprefix("EfficientNet").lstrip("-"),
            )
        )


def promise(design: Design) -> None:
    """What the formula promises beside what rounding gives, the reasons, and the curve's table."""
    start = cache.counted_cost(design.base_spec)
    budget = claims.budget_claim(design, start, cache.counted_cost(design.spec()))
    st.caption(
        say(
            "{budget} A published network's bar runs from the least to the greatest phi that its "
            "depth, width and resolution stand for.",
            budget=budget,
        )
    )
    with st.expander(say("Why the real cost differs"), on_change="rerun") as why:
        if why.open:
            _why(design, start)
    with st.expander(say("The curve as a table"), on_change="rerun") as opened:
        if opened.open:
            points = cache.curve(design.base, design.alpha, design.beta, design.gamma)
            sheet.show(points, *CURVE, height=300)


def _why(design: Design, base: Cost) -> None:
    steps = steps_from_promise(
        design.base_spec,
        depth=design.alpha**design.phi,
        width=design.beta**design.phi,
        resolution=design.spec().resolution,
    )
    drawn = promise_to_real(steps, base_macs=base.macs)
    live.figure(
        "why", drawn, alt=say("From the formula's promise to the real cost, reason by reason")
    )
    sheet.show(
        steps,
        Column(mark("reason"), "reason"),
        Column("MACs", lambda step: round(step.macs), ","),
        Column(mark("of the base"), lambda step: step.macs / base.macs, "%.3f x"),
    )


def top_classes_card(prediction: "Prediction", family: str) -> None:
    """Bars of the most probable classes, with their table."""
    drawn = top_classes(prediction.labels, family=family)
    key = f"top_{len(prediction.labels)}"
    live.figure(key, drawn, alt=say("The most probable classes and their probabilities"))
    with st.expander(say("As a table")):
        sheet.show(prediction.labels, CLASS, "probability", Column(mark("index"), "index"))
    if len(prediction.logits) == 1:
        from effnet.classify import ONE_OUTPUT

        st.caption(say(ONE_OUTPUT))
    st.caption(say("Computed on this machine in {ms:.0f} ms.", ms=1000 * prediction.seconds))
