"""The what-if card: edit the stages in a table or as block strings, and see what that costs."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from effnet.app.kit import cache, cards, sheet, state
from effnet.app.pages.scale import stage_editor
from effnet.base import EffnetError, factor, giga, millions, say, verbatim
from effnet.counting import Cost
from effnet.network import Spec, blocks_of, joined
from effnet.scaling import Blocks, Design, edits


def what_if(design: Design, spec: Spec, cost: Cost) -> None:
    """Edit the network's stages; the design becomes one of one's own, and the page follows.

    Call it where a change of the design runs the whole page again: its callbacks change the shared
    design before that run.
    """
    start, start_cost = spec, cost
    if design.mode == "edited":
        start, start_cost = design.base_spec, cache.counted_cost(design.base_spec)
    try:
        blocks = blocks_of(spec)
    except EffnetError as error:
        st.info(
            say(
                "{error}. Choose another network, or start from EfficientNet-B0.",
                error=verbatim(error),
            )
        )
        instead = replace(design.unedited(), mode="released", released="b0").begun()
        st.button(say("Edit EfficientNet-B0"), on_click=state.edit, args=(instead,))
        _kept(design)
        return
    st.caption(
        say(
            "Compared with {start}. Every change makes the design your own: totals, drawing and "
            "link follow it.",
            start=design.start.title,
        )
    )
    _totals(spec, cost, start, start_cost)
    _buttons(design, blocks)
    _kept(design)
    stage_editor.table(blocks)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        _differences(spec, cost, start, start_cost)
    with right:
        _ends(spec, blocks)
        stage_editor.strings(spec)


# --- totals and buttons -----------------------------------------------------------------------


def _totals(spec: Spec, cost: Cost, start: Spec, start_cost: Cost) -> None:
    entries = (
        (say("Parameters"), cost.params, start_cost.params, millions),
        (say("Multiply-adds"), cost.macs, start_cost.macs, giga),
        (say("Activations"), cost.activations, start_cost.activations, millions),
        (say("Blocks"), spec.blocks, start.blocks, str),
    )
    cards.row(
        (
            label,
            write(now),
            factor(now / before)
            + say(", ")
            + ("+" if now > before else "-")
            + write(abs(now - before))
            if now != before
            else say("the same"),
            say("{now:,}; before the edit {before:,}", now=now, before=before),
        )
        for label, now, before, write in entries
    )


def _buttons(design: Design, blocks: Blocks) -> None:
    with st.container(horizontal=True, gap="small"):
        for number, swap in enumerate(edits.SWAPS):
            swapped = swap.swapped(blocks)
            st.button(
                say(swap.title),
                key=f"swap_{number}",
                on_click=stage_editor.edit,
                kwargs={"blocks": joined(swapped)},
                disabled=swapped == blocks,
                help=say(swap.line),
            )
        st.button(
            say("Undo"),
            on_click=state.undo,
            disabled=not state.history(),
            help=say("Back to the network before the last edit"),
        )
        st.button(
            say("Reset"),
            on_click=lambda: state.edit(design.unedited()),
            disabled=design.mode != "edited",
            help=say("Back to {start}, without the edit", start=design.start.title),
        )


def _kept(design: Design) -> None:
    """An edit that another mode hides, and the way back to it."""
    if design.mode == "edited" or not design.has_edit:
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(say("Back to your own"), on_click=state.change, kwargs={"mode": "edited"})
        st.caption(say("Your earlier edit is kept. If you edit this network, a new edit begins."))


# --- stem and head, differences ---------------------------------------------------------------


def _ends(spec: Spec, blocks: Blocks) -> None:
    def stem_entered(channels: int) -> None:
        first = replace(blocks[0], in_channels=channels)
        stage_editor.edit(blocks=joined((first, *blocks[1:])))

    stem, head = st.columns(2)
    with stem:
        _number("stem_channels", say("Stem channels"), spec.stem_channels, stem_entered)
    with head:
        _number(
            "head_channels",
            say("Head channels"),
            spec.head_channels,
            lambda n: stage_editor.edit(own_head=n),
        )


def _number(key: str, label: str, value: int, entered: Callable[[int], None]) -> None:
    """A number of channels; 0 is none, and can't be changed."""
    st.number_input(
        label,
        min_value=min(1, value),
        max_value=max(stage_editor.MOST, value),
        step=8,
        key=key,
        disabled=not value,
        on_change=state.told(key, entered),
        **state.show(key, value, value=value),
    )


def _differences(spec: Spec, cost: Cost, start: Spec, start_cost: Cost) -> None:
    sheet.show(
        edits.stage_differences(spec, cost, start, start_cost),
        *edits.DIFFERENCES,
        key="stage_differences",
        fit=True,
        alt=say("What the edit changes, stage by stage"),
    )
