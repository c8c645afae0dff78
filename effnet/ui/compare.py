"""The compare card: pinned designs beside each other and beside published networks."""

import streamlit as st

from effnet.design import Design
from effnet.figures import accuracy_against_cost
from effnet.pareto import Quantity, pinned, rivals
from effnet.ui import live, state
from effnet.units import factor, giga, millions

QUANTITIES: dict[Quantity, str] = {
    "macs": "Multiply-adds",
    "params": "Parameters",
    "activations": "Activations",
}


def compare(design: Design, *, dark: bool) -> None:
    """Pinned designs beside the current one, and the published networks."""
    pins = state.pins()
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            "Pin this design",
            on_click=state.pin,
            args=(design,),
            disabled=design in pins or len(pins) >= state.MOST_PINS,
        )
        st.button("Unpin all", on_click=state.unpin_all, disabled=not pins)
        quantity = st.segmented_control(
            "Cost",
            list(QUANTITIES),
            format_func=lambda name: QUANTITIES[name],
            default="macs",
            key="compare_cost",
            required=True,
            label_visibility="collapsed",
        )
    current = pinned(design)
    designs = [*(pinned(one) for one in pins if one != design), current]
    drawn = accuracy_against_cost(rivals(), quantity or "macs", designs=designs, dark=dark)
    live.figure("pareto", drawn, alt="Published accuracy against cost, with the designs as lines")
    st.caption(
        "Hollow diamonds: published accuracies; other people's costs as printed, ours computed. "
        "EfficientNet accuracies are those of each release's own training."
    )
    cost = current.cost
    st.dataframe(
        [
            {
                "design": one.title,
                "parameters": millions(one.cost.params),
                "of this": factor(one.cost.params / cost.params),
                "MACs": giga(one.cost.macs),
                "of this ": factor(one.cost.macs / cost.macs),
                "activations": millions(one.cost.activations),
                "of this  ": factor(one.cost.activations / cost.activations),
                "resolution (px)": one.cost.resolution,
                "blocks": one.blocks,
            }
            for one in reversed(designs)
        ],
        hide_index=True,
        width="stretch",
    )
    with st.expander("Published networks as a table", on_change="rerun") as opened:
        if opened.open:
            st.dataframe(rivals(), hide_index=True, width="stretch", height=300)
