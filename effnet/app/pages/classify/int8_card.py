"""Classify's tab of the network in 8-bit whole numbers, beside fp32."""

from typing import TYPE_CHECKING

import streamlit as st

from effnet import figures, papers
from effnet.app.kit import cache, jobs, live, sheet
from effnet.app.kit.cache import Photo
from effnet.base import Column, mark, say
from effnet.jobs import Job

if TYPE_CHECKING:
    from effnet.int8 import Quantized

KEY = "int8"
NO_BREAK = "\N{NO-BREAK SPACE}"  # between a number and its unit
SAMPLES, OWN = mark("sample photos"), mark("this photo")
TITLE = mark("Quantising")
BOUNDS = {
    "relu6": mark(
        "ReLU6 keeps maps between 0 and 6, so 256 steps are fine enough. The projections after "
        "it have no bounds, so their steps are coarser."
    ),
    "silu": mark("Swish has no upper bound: one large value makes all steps of its map coarse."),
    "relu": mark("ReLU has no upper bound: one large value makes all steps of its map coarse."),
}


def int8(network: str, photo: Photo) -> None:
    """Quantise the network, and show what it costs and where it hurts."""
    st.markdown(
        say(
            "int8 stores weights and maps as whole numbers of 8 bits, with ranges taken from "
            "pictures. The file is a quarter as large. The network is faster where the "
            "processor has instructions for it."
        )
    )
    on = st.segmented_control(
        say("Calibrate on"),
        (SAMPLES, OWN),
        default=SAMPLES,
        required=True,
        format_func=say,
        key="int8_on",
        help=say("32 crops give the ranges; 200 others are compared"),
    )
    subject = (network, photo.digest if on == OWN else "")

    def work(job: Job) -> "Quantized":
        from effnet.int8 import quantize

        return quantize(
            cache.classifier(network), [photo.image] if on == OWN else [], progress=job.report
        )

    job = jobs.card(
        KEY,
        say("Quantise"),
        say("Measured on demand, on this machine; takes 10 to 60 seconds."),
        subject,
        TITLE,
        work,
    )
    if job is not None and job.value is not None:
        _show(job.value, network)
    _published()


def _show(made: "Quantized", network: str) -> None:
    st.table(  # its cells wrap: on a phone nothing of them is cut
        [
            {say("compared"): name, "fp32": fp32.replace(" ", NO_BREAK), "int8": int8}
            for name, fp32, int8 in made.beside()
        ],
        hide_index=True,
        alt=say("Size, time and agreement in fp32 and in int8"),
    )
    st.caption("  \n".join(made.notes()))
    live.figure(
        "int8_layers",
        figures.layer_noise({"int8": made}),
        alt=say("Signal to noise of every layer's output in int8"),
    )
    spec = cache.classifier(network).spec
    st.caption(
        say("20 dB are noise of a tenth of the signal.") + " " + say(BOUNDS[spec.activation])
    )
    st.download_button(
        say("Download the int8 file (.onnx)"),
        made.data,
        file_name=f"{network}-int8.onnx",
        mime="application/octet-stream",
        key="int8_file",
    )


def _published() -> None:
    """What the README of the Lite networks prints, and what its authors saw with swish."""
    with st.expander(say("Published: what int8 costs Lite"), key="int8_published"):
        sheet.show(
            papers.lines("lite-family"),
            Column(mark("network"), "name"),
            Column("fp32 (%)", lambda line: line.number("top-1, FP32 (%)"), "%.1f"),
            Column("int8 (%)", lambda line: line.number("top-1, INT8 (%)"), "%.1f"),
            alt=say("ImageNet top-1 of the Lite networks in fp32 and int8, published"),
        )
        st.caption(
            say(
                "Published, ImageNet top-1 (%): README of EfficientNet-Lite. With swish in "
                "the place of ReLU6 the same network fell from 75 to 46 % in int8 "
                "(published: TensorFlow's blog, March 2020). B0 has swish and "
                "squeeze-and-excitation.",
            )
        )
