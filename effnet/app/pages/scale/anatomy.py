"""The anatomy card: one block of a chosen stage, taken apart."""

import streamlit as st

from effnet.app.kit import live, sheet, state
from effnet.base import content, say
from effnet.counting import Cost
from effnet.figures import block_anatomy
from effnet.network import OPERATORS, Block, Spec, operator_label, walk

LAYERS = (  # columns of the layers' table
    *("stage", "name", "kind", "in_channels", "out_channels", "kernel", "stride", "groups"),
    *("in_size", "out_size", "params", "macs", "activations"),
)


def anatomy(spec: Spec, cost: Cost) -> None:
    """Choose a stage, see its first or a repeated block with live shapes and costs."""
    stages = range(1, len(spec.stages) + 1)
    chosen = min(state.stage(), len(spec.stages))
    left, right = st.columns([2, 1])
    left.segmented_control(
        say("Stage"),
        list(stages),
        format_func=lambda n: f"{n} {say(operator_label(spec.stages[n - 1]))}",
        key="stage",
        required=True,
        on_change=state.told("stage", state.set_stage),
        **state.show("stage", chosen, default=chosen),
    )
    stage = spec.stages[chosen - 1]
    first = right.segmented_control(
        say("Block"),
        [True, False],
        format_func=lambda is_first: (
            say("the first") if is_first else say("the other {n}", n=stage.repeats - 1)
        ),
        key="anatomy_first",
        default=True,
        required=True,
        disabled=stage.repeats == 1,
    )
    block = _block(spec, chosen, position=0 if first or stage.repeats == 1 else 1)
    title = say(
        "Stage {number}, {operator}", number=chosen, operator=say(OPERATORS[stage.operator])
    )
    live.figure(
        "anatomy",
        block_anatomy.values(block, title=title),
        alt=say("{block} taken apart", block=title),
    )
    st.caption(
        say(
            "{words} Numbers under a slab: channels, and the side of its maps in px.",
            words=say(content("operators")[stage.operator]),
        )
    )
    with st.expander(say("Its layers as a table"), on_change="rerun") as opened:
        if opened.open:
            prefix = f"{block.name}."
            rows = [row for row in cost.layers if row.name.startswith(prefix)]
            sheet.show(rows, *LAYERS)


def _block(spec: Spec, stage: int, *, position: int) -> Block:
    blocks = [block for block in walk(spec) if block.stage == stage]
    return blocks[position]
