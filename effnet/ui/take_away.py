"""The take-away card: the design as tables, spec, code and models, made when asked for."""

from collections.abc import Callable, Sequence
from datetime import date
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from effnet import export, report
from effnet.cost import Cost
from effnet.design import Design
from effnet.rich import Rich
from effnet.spec import EffnetError, Spec
from effnet.speed.records import Latency
from effnet.ui import cache, state, stopwatch

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
    with st.container(border=True):
        st.markdown("**The whole report in one file**")
        _report(design, link, today, button)
    st.caption(
        "Figures: point at one; its bar has Save as PNG and Save as SVG, with the date and the "
        "link under the picture."
    )
    with st.expander("The code", on_change="rerun") as opened:
        if opened.open:
            st.code(export.python_code(design, about), language="python")


def _report(
    design: Design,
    link: str,
    today: date,
    button: Callable[[str, str, str, Maker, str], None],
) -> None:
    """The design, the pinned ones, what this visit measured, and the photo it looked at."""
    pins, timed = state.pins(), _timed()
    photo = ""
    if state.remembered(state.NETWORK, ""):
        photo = state.remembered(state.PHOTO, "")
    network = state.remembered(state.NETWORK, "")

    def made(write: Callable[[Sequence[report.Section]], str]) -> str:
        records: list[Rich] = [*timed]
        if photo:
            shown = cache.sample(photo)
            classifier = cache.classifier(network)
            records += classifier.predict([shown.image])
            records.append(classifier.explain(shown.image))
        found = report.sections(design, beside=pins, records=records, link=link, today=today)
        return write(found)

    with st.container(horizontal=True, gap="small"):
        button(
            "Report (HTML)",
            "report.html",
            "text/html",
            lambda: made(report.to_html),
            "Opens with no network and prints; about 5 MB, most of it plotly.js",
        )
        button(
            "Report (notebook)",
            "report.ipynb",
            "application/x-ipynb+json",
            lambda: made(report.to_notebook),
            "The same as cells to run",
        )
    more = [f"{len(pins)} pinned design{'s' * (len(pins) != 1)}"]
    more += [f"{len(timed)} measurement{'s' * (len(timed) != 1)}"]
    more += [f"what {network} sees in the sample photo"] if photo else []
    st.caption(
        f"With tables, figures, the link, versions, and the Python behind the numbers; "
        f"besides this design: {', '.join(more)}."
    )


def _timed() -> list[Latency]:
    """What this visit has measured."""
    values = [result.value for result in stopwatch.results().values()]
    found = [getattr(value, "latency", value) for value in values]
    return [one for one in found if isinstance(one, Latency)]


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
