"""The compare card: pinned designs beside each other and beside published networks."""

import streamlit as st

from effnet.app.kit import live, sheet, state
from effnet.base import Column, factor, giga, mark, millions, say
from effnet.counting import QUANTITIES
from effnet.figures import accuracy_against_cost, designs_beside
from effnet.papers import Quantity, pinned, rivals
from effnet.scaling import Design

COSTS: tuple[Quantity, ...] = ("macs", "params", "activations")
RIVALS = (  # columns of the published networks' table
    *("name", "family", "params", "macs", "activations"),
    Column(mark("top-1 (%), printed"), "top1"),
    "computed",
    "source",
)
WORDS = {mark("lite"), mark("mobilenet"), mark("resnet"), mark("other")}  # families in it


def compare(design: Design) -> None:
    """Pinned designs beside the current one, and the published networks."""
    pins = state.pins()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            say("Pin this design"),
            on_click=lambda: state.pin(state.design()),
            disabled=design in pins or len(pins) >= state.MOST_PINS,
        )
        st.button(say("Unpin all"), on_click=state.unpin_all, disabled=not pins)
        quantity = st.segmented_control(
            say("Cost"),
            COSTS,
            format_func=lambda name: say(QUANTITIES[name].title),
            default="macs",
            key="compare_cost",
            required=True,
            label_visibility="collapsed",
        )
    current = pinned(design)
    designs = [*(pinned(one) for one in pins if one != design), current]
    drawn = accuracy_against_cost(rivals(), quantity or "macs", designs=designs)
    live.figure(
        "pareto", drawn, alt=say("Published accuracy against cost, with the designs as lines")
    )
    st.caption(
        say(
            "Hollow diamonds are published accuracies. Costs of networks by others are as "
            "printed, all other costs are computed. An EfficientNet's accuracy is that of its "
            "own release's training."
        )
    )
    if len(designs) > 1:
        beside = designs_beside.values(designs[::-1])
        live.figure("beside", beside, alt=say("The design and its pins, drawn to one scale"))
    cost = current.cost
    sheet.show(
        designs[::-1],
        Column(mark("design"), "title"),
        Column(mark("parameters"), lambda one: one.cost.params, millions),
        Column(mark("of this"), lambda one: one.cost.params / cost.params, factor),
        Column("MACs", lambda one: one.cost.macs, giga),
        Column(mark("of this"), lambda one: one.cost.macs / cost.macs, factor),
        Column(mark("activations"), lambda one: one.cost.activations, millions),
        Column(mark("of this"), lambda one: one.cost.activations / cost.activations, factor),
        Column(mark("resolution (px)"), lambda one: one.cost.resolution),
        "blocks",
    )
    with st.expander(say("Published networks as a table"), on_change="rerun") as opened:
        if opened.open:
            sheet.show(rivals(), *RIVALS, height=300)
