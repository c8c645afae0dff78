"""The card of memory: along the network, by type of number, for training."""

from collections.abc import Sequence
from operator import itemgetter

import streamlit as st

from effnet.app.kit import live, sheet
from effnet.app.pages.cost.cost_cards import written
from effnet.base import Column, mark, mebibytes, say
from effnet.counting import memory, receipts
from effnet.figures import kept_memory, live_memory
from effnet.network import Spec

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
CARD_GIB = 16


def memory_card(spec: Spec) -> None:
    """Memory along the network, by type of number, and for training."""
    st.markdown(f"#### {say('Memory')}")
    points = memory.curve(spec)
    left, right = st.columns(2, gap="medium")
    with left:
        live.figure(
            "live_memory",
            live_memory(points),
            alt=say("Bytes alive at every layer of an inference, the highest marked"),
        )
    with right:
        live.figure(
            "kept_memory",
            kept_memory(points),
            alt=say("Bytes that autograd has kept by every layer of the forward pass"),
        )
    batch = st.select_slider(say("Batch size"), BATCHES, key="memory_batch")
    left, right = st.columns(2, gap="medium")
    with left:
        _inference_table(spec, batch)
    with right:
        _training_table(spec, batch)
    st.caption(
        say(
            "Computed: which tensors are alive at the same time while PyTorch runs one "
            "layer after another. Not counted: {what}.",
            what=say(memory.NOT_COUNTED),
        )
    )
    label = say("The rules, what is alive at the peak, and the curves as a table")
    with st.expander(label, key="memory_more", on_change="rerun") as opened:
        if opened.open:
            st.markdown(f"{say(memory.INFERENCE_RULE)}\n\n{say(memory.TRAINING_RULE)}")
            st.markdown(written(receipts.peak_receipt(spec)))
            _points_table(points)


def _points_table(points: Sequence[memory.CurvePoint]) -> None:
    sheet.show(
        points,
        "stage",
        Column(mark("where"), "name"),
        Column(mark("operation"), "operation", note=mark("At which most is alive in the layer")),
        Column(mark("alive (bytes)"), "live", ","),
        Column(mark("kept so far (bytes)"), "kept", ","),
        key="memory_points",
        height=300,
        alt=say("Bytes alive and bytes kept, layer by layer"),
    )


def _inference_table(spec: Spec, batch: int) -> None:
    held = memory.weights(spec)
    rows = [
        (name, held.bytes(size), memory.peak_bytes(spec, itemsize=size, batch=batch))
        for name, size in memory.DTYPES.items()
    ]
    sheet.show(
        rows,
        Column(mark("inference in"), lambda row: say(row[0])),
        Column(
            mark("weights"),
            itemgetter(1),
            mebibytes,
            note=mark("Parameters and BatchNorm's running statistics; int8 without its scales"),
        ),
        Column(mark("most alive at once"), itemgetter(2), mebibytes),
        Column(mark("together"), lambda row: row[1] + row[2], mebibytes),
        key="memory_inference",
        alt=say("Memory of an inference by type of number"),
    )


def _training_table(spec: Spec, batch: int) -> None:
    held, kept = memory.weights(spec), memory.training_bytes(spec, batch=batch)
    sheet.show(
        memory.OPTIMISERS,
        Column(mark("training with"), say),
        Column(mark("weights, gradients, state"), held.training_bytes, mebibytes),
        Column(mark("kept for backward"), lambda _: kept, mebibytes),
        Column(mark("together"), lambda name: held.training_bytes(name) + kept, mebibytes),
        key="memory_training",
        alt=say("Memory of training in 32-bit floats by optimiser"),
    )
    largest = memory.largest_batch(spec, CARD_GIB * 2**30)
    st.caption(
        say(
            "With {size} GiB and Adam in 32-bit floats the largest batch is about {batch:,}."
            if largest
            else "{size} GiB are too little to train this with Adam in 32-bit floats.",
            size=CARD_GIB,
            batch=largest,
        )
    )
