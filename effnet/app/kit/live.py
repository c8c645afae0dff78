"""Controls and figures that follow the finger: small components of Streamlit's components v2.

`st.slider` reports on release and `st.plotly_chart` is rebuilt at every change. These report about
every 80 ms while dragged, and redraw in place, keeping zoom and selection. Without a browser (in
tests) Streamlit's own elements stand in, with the same keys.
"""

import gzip
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from streamlit.delta_generator import DeltaGenerator

import effnet
from effnet.app.kit import projector, state
from effnet.base import (
    DEFAULT,
    Unwritable,
    cache_folder,
    colours,
    content,
    current,
    make_folder,
    say,
    write_whole,
)
from effnet.figures import Values, locale
from effnet.report import glossary
from effnet.scaling import Range

COMPONENTS = Path(__file__).parent / "components"
TERM_PICTURE = "term-{key}-{theme}.svg"  # the address of a term's picture
PLOTLY = f"plotly-{plotly.__version__}.js"  # its address: one a version, for caches


def in_browser() -> bool:
    """False where a test harness runs the page: nothing there can draw a component."""
    return st.context.url is not None


def read(name: str) -> str:
    """The text of a file of `components`."""
    return (COMPONENTS / name).read_text("utf-8")


@lru_cache(maxsize=32)
def component(name: str, *, isolate_styles: bool = True, **parts: str) -> Callable[..., Any]:
    """A component of our own, declared once: of the files of `components` that bear its name.

    What it is given as `data` is the first thing in its own: Streamlit looks for tables among the
    values of a mapping, and loads pandas and pyarrow to know one (0.4 s of a first page); not so in
    a list.

    Args:
        name: The files', without their endings.
        isolate_styles: Whether its styles and the page's don't reach each other.
        parts: HTML, CSS or JavaScript where that stands in no file.
    """
    files = {kind: COMPONENTS / f"{name}.{kind}" for kind in ("html", "css", "js")}
    found = {kind: file.read_text("utf-8") for kind, file in files.items() if file.is_file()}
    registered: Any = st.components.v2.component
    mount = registered(f"effnet_{name}", isolate_styles=isolate_styles, **found | parts)

    def shown(*, key: str, data: Mapping[str, Any], **options: Any) -> Any:
        return mount(key=key, data=[data], **options)

    return shown


@lru_cache(maxsize=1)
def _plotly_file() -> tuple[Path, dict[str, str]]:
    """The plotly package's plotly.js, compressed once for all visitors, and its headers."""
    packed = cache_folder("plotly", plotly.__version__) / "parsed_once.js.gz"
    if not packed.is_file():
        source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
        text = parsed_once(source.read_text("utf-8"))
        try:
            make_folder(packed.parent)
            write_whole(packed, gzip.compress(text.encode(), 1))
        except Unwritable:  # served as it is
            return source, {}
    return packed, {"Content-Encoding": "gzip"}


def parsed_once(bundle: str) -> str:
    """The bundle with brackets around the one function that all of it stands in.

    Browsers take that as a sign that it is called at once and parse it in full, beside the page.
    Without them they skim it, and parse it again, in the page's way, when it is called (0.25 s).
    """
    found = re.fullmatch(r"(.{,2000}?\bthis, )(\(\) => \{.*\})(\)\);\s*)", bundle, re.DOTALL)
    return "{}({}){}".format(*found.groups()) if found else bundle


def _plotly(_: Request) -> Response:
    file, headers = _plotly_file()
    kept = {"Cache-Control": "public, immutable, max-age=31536000"}
    return FileResponse(file, media_type="text/javascript", headers=headers | kept)


def _term_picture(request: Request) -> Response:
    term = glossary.terms().get(request.path_params["key"])
    if term is None:
        return Response(status_code=404)
    with colours.on_page(dark=request.path_params["theme"] == "dark"):
        return Response(term.picture, media_type="image/svg+xml")


# what the server gives besides; under whatever address the app has
ROUTES = (
    Route(f"/{{folder:path}}{PLOTLY}", _plotly),
    Route(f"/{{folder:path}}{TERM_PICTURE}", _term_picture),
)


def start(page: str) -> None:
    """Tell the browser page and language; it runs plotly.js while the server still works."""
    if in_browser():
        script = f"<script>{read('plotly.js')}bringPlotly('{PLOTLY}');</script>"
        with st.container(key="plotly"):  # a component would begin only when the page is there
            st.html(script, unsafe_allow_javascript=True)
        streamlits = () if current() == DEFAULT else content("library_words")["streamlit"]
        words = {word: say(word) for word in streamlits}
        data = {"page": page, "language": current(), "words": words, "terms": terms()}
        js = "".join(read(f"{name}.js") for name in ("terms", "captions", "page"))
        shown = component(
            "page", html="<span></span>", isolate_styles=False, js=js, css=read("terms.css")
        )
        shown(key="page", data=data, height=1)


def slider(
    key: str,
    label: str,
    value: float,
    span: Range,
    *,
    note: str = "",
    on_change: Callable[[float], None],
) -> None:
    """A slider with a number beside it that reports while it is dragged.

    Args:
        key: Its name in the session.
        label: What it sets.
        value: What it shows; the caller keeps the truth.
        span: Lowest, highest, step.
        note: A line under it.
        on_change: Called with the new value before the page runs again.
    """
    digits = 0 if span.step >= 1 else 2
    if not in_browser():
        if st.session_state.get(key) != value:
            st.session_state[key] = value
        st.slider(
            label,
            float(span.low),
            float(span.high),
            step=float(span.step),
            key=key,
            help=note or None,
            on_change=state.told(key, on_change),
        )
        return
    data = {
        "label": label,
        "exact": say("{label}, exact value", label=label),
        "note": note,
        "value": value,
        "low": span.low,
        "high": span.high,
        "step": span.step,
        "digits": digits,
        "answers": state.answered(key),
    }
    told = state.reported(key, "said", lambda said: on_change(float(said["value"])))
    component("slider")(key=key, data=data, on_said_change=told)


def claim_room() -> DeltaGenerator:
    """The room of the page's sentence, kept while what it says is still being worked out."""
    return st.container(
        key="claim_room", height=53, border=False
    )  # px; frame.css says it for each screen


def claim(text: str) -> None:
    """The page's one sentence, in a room that does not grow and shrink with it."""
    if in_browser():
        html = '<h3 class="claim" aria-live="polite"></h3>'
        with_terms("claim", html)(key="claim", data={"text": text, "terms": terms()})
    else:
        st.subheader(text, anchor=False)


@lru_cache(maxsize=8)
def with_terms(name: str, html: str) -> Callable[..., Any]:
    """A component whose sentence opens the cards of terms that it names."""
    js, css = (read(f"terms.{kind}") + read(f"{name}.{kind}") for kind in ("js", "css"))
    return component(name, html=html, js=js, css=css)


def terms() -> list[dict[str, str]]:
    """The terms that the page explains, as `terms.js` finds them in a sentence and shows them."""
    theme = "dark" if colours.dark() else "light"
    return [
        {
            "spot": term.spot_in(current()),
            "name": say(term.name),
            "line": say(term.line),
            "picture": TERM_PICTURE.format(key=term.key, theme=theme),
        }
        for term in map(glossary.terms().__getitem__, state.terms())
    ]


def figure(
    key: str,
    drawn: go.Figure | Values,
    *,
    alt: str,
    on_click: Callable[[str, int], None] | None = None,
) -> None:
    """Show a figure that is redrawn in place when it changes.

    Args:
        key: Its name in the session; zoom and selection live as long as it does.
        drawn: The figure, Plotly's or as plain data; its layout has a height.
        alt: What it shows, for those who don't see it.
        on_click: Called with a trace's name and the index of the point that was clicked, before
            the page runs again.
    """
    drawn = projector.sized(drawn)
    if not in_browser():
        shown = go.Figure(drawn, _validate=False) if isinstance(drawn, dict) else drawn
        st.plotly_chart(shown, key=key, theme=None, alt=alt)
        return
    data = {
        "figure": json.dumps(drawn) if isinstance(drawn, dict) else drawn.to_json(),
        "alt": alt,
        "key": key,
        "height": f"{drawn['layout']['height']}px",
        "fills": projector.on(),
        "locale": locale(),
        "saves": {"png": say("Save as PNG"), "svg": say("Save as SVG")},
        "clickable": on_click is not None,
        "madeBy": f"effnet {effnet.__version__}",
    }

    def clicked(event: Any) -> None:
        if on_click and event:
            on_click(str(event["trace"]), int(event["index"]))

    report = state.told(key, clicked, part="clicked")
    height = "content" if projector.on() else drawn["layout"]["height"]
    place = '<div class="figure"></div>'  # Plotly's own style sheet must reach it
    component("figure", html=place, isolate_styles=False)(
        key=key, data=data, on_clicked_change=report, height=height
    )
