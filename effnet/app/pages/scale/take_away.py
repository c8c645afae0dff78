"""The take-away card: the design as tables, spec, code and models, made when asked for."""

from collections.abc import Callable, Sequence
from datetime import date
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from effnet import report
from effnet.app.kit import jobs, state
from effnet.app.pages.scale import report_photo
from effnet.base import EffnetError, current, in_a_row, plural, say, speaking, verbatim
from effnet.counting import Cost
from effnet.network import Spec
from effnet.report import export, lessons
from effnet.scaling import Design
from effnet.timing import Latency

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

    st.caption(
        say(
            "Every file says when it was made and with which versions, and holds the exact "
            "counts and this link:"
        )
    )
    st.code(link, language=None, wrap_lines=True)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.markdown(say("**Tables and text**"))
        with st.container(horizontal=True, gap="small"):
            button(
                say("Stages (CSV)"),
                "stages.csv",
                "text/csv",
                lambda: export.stage_csv(spec, cost, about),
                say("The stage table; lines that begin with # say where it came from"),
            )
            button(
                say("Layers (CSV)"),
                "layers.csv",
                "text/csv",
                lambda: export.layer_csv(cost, about),
                say(
                    "All {n:,} layers with shapes and costs, named as in PyTorch",
                    n=len(cost.layers),
                ),
            )
            button(
                say("Spec (JSON)"),
                "spec.json",
                "application/json",
                lambda: export.spec_json(spec, cost, about),
                say("Read back by effnet.Spec.from_dict"),
            )
            button(
                say("Code (Python)"),
                "design.py",
                "text/x-python",
                lambda: export.python_code(design, about),
                say("Makes the design again, counts it, and fails where a count differs"),
            )
    with right, st.container(border=True, height="stretch"):
        st.markdown(say("**Models with random weights**"))
        _models(spec, cost, about, button)
    with st.container(border=True):
        st.markdown(say("**The whole report in one file**"))
        _report(design, link, today, button)
    st.caption(
        say(
            "Figures: point at one; its bar has Save as PNG and Save as SVG, with the date and the "
            "link under the picture."
        )
    )
    with st.expander(say("The code"), on_change="rerun") as opened:
        if opened.open:
            st.code(export.python_code(design, about), language="python")


def _report(
    design: Design,
    link: str,
    today: date,
    button: Callable[[str, str, str, Maker, str], None],
) -> None:
    """The design, the pinned ones, what this visit measured, and the photo it looked at."""
    pins, timed, written_in = state.pins(), _timed(), current()
    photo, look = report_photo.shown(), report_photo.looker()
    network = state.remembered(state.NETWORK, "")

    def made(write: Callable[[Sequence[report.Section]], str]) -> str:
        with speaking(written_in):  # pressed later, outside this run
            found = report.sections(
                design,
                beside=pins,
                records=timed,
                looks=[look()] if look else (),
                link=link,
                today=today,
            )
            return write(found)

    with st.container(horizontal=True, gap="small"):
        button(
            say("Report (HTML)"),
            "report.html",
            "text/html",
            lambda: made(report.to_html),
            say("Can be opened offline and printed; about 5 MB, most of it plotly.js"),
        )
        button(
            say("Report (notebook)"),
            "report.ipynb",
            "application/x-ipynb+json",
            lambda: made(report.to_notebook),
            say("The same as cells to run"),
        )
    more = [plural(len(pins), "{n} pinned design", "{n} pinned designs")]
    more += [plural(len(timed), "{n} measurement", "{n} measurements")]
    if photo and look:
        more += [
            say("what {network} sees in your photo", network=network)
            if photo.own
            else say("what {network} sees in the sample photo", network=network)
        ]
    st.caption(
        say(
            "With tables, figures, the link, versions, and the Python behind the numbers; besides "
            "this design: {more}.",
            more=in_a_row(more),
        )
    )


def _timed() -> list[Latency]:
    """What this visit has measured."""
    values = [result.value for result in jobs.results().values()]
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
        st.info(say("{error}.", error=verbatim(error)))
        return
    with st.container(horizontal=True, gap="small"):
        button(
            "ONNX",
            "model.onnx",
            "application/octet-stream",
            lambda: export.onnx_file(spec, cost, about),
            say(
                "image (N, 3, {side}, {side}) to logits (N, 1000), opset 17",
                side=cost.resolution,
            ),
        )
        button(
            say("State dict (safetensors)"),
            "weights.safetensors",
            "application/octet-stream",
            lambda: export.state_dict_file(spec, cost, about),
            say(
                "For effnet.build(spec).load_state_dict, and torchvision's network where it has one"
            ),
        )
    st.caption(
        say(
            "{random} About {size:,.0f} MB each, built when pressed; the first one waits a few "
            "seconds for PyTorch.",
            random=say(export.RANDOM),
            size=4 * cost.params / 1e6,
        )
    )


def permalink(design: Design) -> str:
    """The address that opens this design: the page's own, with the design as its query."""
    scheme, host, path, _, _ = urlsplit(st.context.url or "http://localhost:8501/")
    query = urlencode(design.to_query() | lessons.in_language(current()), safe=",")
    return urlunsplit((scheme, host, path or "/", query, ""))
