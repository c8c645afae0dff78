"""The take-away card: the design as tables, spec, code and models, made when asked for."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from effnet import export
from effnet.cost import Cost
from effnet.design import Design
from effnet.spec import EffnetError, Spec

Maker = Callable[[], str | bytes]


def take_away(design: Design, spec: Spec, cost: Cost) -> None:
    """Buttons that save the design, and the link that opens it again."""
    today, link = date.today(), permalink(design)
    about = export.manifest(design, cost, link=link, today=today)

    def button(
        label: str, what: str, mime: str, made: Callable[[], str | bytes], note: str
    ) -> None:
        st.download_button(
            label,
            made,
            file_name=export.file_name(spec, what, today),
            mime=mime,
            on_click="ignore",
            key=f"save_{what}",
            help=note,
        )

    st.caption("Every file says which versions made it and when, the exact counts, and this link:")
    st.code(link, language=None, wrap_lines=True)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.markdown("**Tables and text**")
        with st.container(horizontal=True, gap="small"):
            button(
                "Stages (CSV)",
                "stages.csv",
                "text/csv",
                lambda: export.stage_csv(spec, cost, about),
                "The stage table; lines that begin with # say where it came from",
            )
            button(
                "Layers (CSV)",
                "layers.csv",
                "text/csv",
                lambda: export.layer_csv(cost, about),
                f"All {len(cost.layers):,} layers with shapes and costs, named as in PyTorch",
            )
            button(
                "Spec (JSON)",
                "spec.json",
                "application/json",
                lambda: export.spec_json(spec, cost, about),
                "Read back by effnet.Spec.from_dict",
            )
            button(
                "Code (Python)",
                "design.py",
                "text/x-python",
                lambda: export.python_code(design, about),
                "Makes the design again, counts it, and fails where a count differs",
            )
    with right, st.container(border=True, height="stretch"):
        st.markdown("**Models with random weights**")
        _models(spec, cost, about, button)
    st.caption(
        "Figures: point at one; its bar has Save as PNG and Save as SVG, with the date and the "
        "link under the picture."
    )
    with st.expander("The code", on_change="rerun") as opened:
        if opened.open:
            st.code(export.python_code(design, about), language="python")


def _models(
    spec: Spec,
    cost: Cost,
    about: export.Manifest,
    button: Callable[[str, str, str, Maker, str], None],
) -> None:
    try:
        export.check_model(spec, cost)
    except EffnetError as error:
        st.info(f"{error}.")
        return
    with st.container(horizontal=True, gap="small"):
        button(
            "ONNX",
            "model.onnx",
            "application/octet-stream",
            lambda: export.onnx_file(spec, cost, about),
            f"image (N, 3, {cost.resolution}, {cost.resolution}) to logits (N, 1000), opset 17",
        )
        button(
            "State dict (safetensors)",
            "weights.safetensors",
            "application/octet-stream",
            lambda: export.state_dict_file(spec, cost, about),
            "For effnet.build(spec).load_state_dict, and torchvision's network where it has one",
        )
    st.caption(
        f"{export.RANDOM} About {4 * cost.params / 1e6:,.0f} MB each, built when pressed; the "
        "first one waits a few seconds for PyTorch."
    )


def permalink(design: Design) -> str:
    """The address that opens this design: the page's own, with the design as its query."""
    scheme, host, path, _, _ = urlsplit(st.context.url or "http://localhost:8501/")
    query = urlencode(design.to_query(), safe=",")
    return urlunsplit((scheme, host, path or "/", query, ""))
