"""The frame around every page: title, menu, messages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

import streamlit as st

from effnet.app.kit import glossary_view, lesson_view, live, process, projector, state
from effnet.base import EffnetError, colours, language, mark, say, shipped, verbatim
from effnet.report import glossary

MENU_HEIGHT = 44  # px, whatever comes into it
ICON = shipped("assets", "images", "icon.png")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the app: file, name in the menu, what it answers, and its terms in the glossary."""

    file: str
    title: str
    line: str
    terms: tuple[str, ...] = ()


PAGES = (
    Page(
        "app.py",
        mark("Scale"),
        mark("What compound scaling makes of a network"),
        ("compound", "coefficients", "depth", "width", "resolution", "stage", "mbconv"),
    ),
    Page(
        "pages/cost.py",
        mark("Cost"),
        mark("Where parameters, multiply-adds and memory go"),
        ("params", "macs", "activations", "expansion", "depthwise", "pointwise", "gates"),
    ),
    Page(
        "pages/latency.py",
        mark("Latency"),
        mark("How long a pass takes on this machine"),
        ("percentiles", "batch", "macs", "activations", "fused"),
    ),
    Page(
        "pages/classify.py",
        mark("Classify"),
        mark("What a pretrained network sees in a photo"),
        ("logit", "top1", "resolution", "swish", "int8"),
    ),
    Page(
        "pages/explain.py",
        mark("Explain"),
        mark("Where it looked"),
        ("cam", "gradcam", "logit", "receptive", "stride", "gates"),
    ),
    Page(
        "pages/train.py",
        mark("Train"),
        mark("How size and regularisation grow, and what scaling gains"),
        ("progressive", "stochastic", "resolution", "batch", "compound", "top1", "macs"),
    ),
    Page(
        "pages/papers.py",
        mark("Papers"),
        mark("The papers' own numbers, checked"),
        ("top1", "macs", "params", "compound", "mbconv", "fused", "progressive"),
    ),
    Page(
        "pages/lessons.py",
        mark("Lessons"),
        mark("Nine lessons for a class, and links that show it only what it needs"),
    ),
)


@contextmanager
def page(file: str) -> Iterator[Page]:
    """Set up the page that `file` is, draw the menu, and turn a user's mistake into a message.

    Any exception but `EffnetError` goes through as the bug it is.
    """
    this = next(p for p in PAGES if Path(p.file).name == Path(file).name)
    wrong = state.start_language()
    _draw_for_page()
    st.set_page_config(
        page_title=f"{say(this.title)} - {say('EfficientNet explorer')}",
        page_icon=str(ICON) if ICON.is_file() else None,
        initial_sidebar_state="collapsed",
    )
    st.html(live.COMPONENTS / "frame.css")
    state.start()
    st.session_state[state.TERMS] = this.terms
    state.settle_jobs()
    notes = lesson_view.start()
    with st.container(key="whole_page", height=1, border=False):  # frame.css opens it
        if projector.on():
            live.start(this.file)
        else:
            _menu(this)
        with st.container(key="content"):
            for note in (*wrong, *state.notes(), *notes):
                st.warning(say("From the link: {note}", note=verbatim(note)))
            lesson_view.panel(this.file)
            with _messages():
                yield this
            if lesson_view.current() is None and not projector.on():
                _terms(this)
                _next_step(this)
    process.settle()
    process.forget_parts_of_before()


@contextmanager
def _messages() -> Iterator[None]:
    try:
        yield
    except EffnetError as error:
        st.error(verbatim(error))


def part(function: Callable[[], None], *, every_s: float | None = None) -> Callable[[], None]:
    """Make a part of a page that runs by itself when its own controls change, and every so often.

    What it raises does not reach the page around it, so it has the same messages.
    """

    @wraps(function)
    def guarded() -> None:
        process.settle()
        language.use(state.language())
        _draw_for_page()
        with _messages():
            function()

    return st.fragment(guarded, run_every=every_s)


def _menu(current: Page) -> None:
    """Every page in one line, which scrolls where it is longer than the screen."""
    with st.container(
        key="menu",
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        height=MENU_HEIGHT,
        border=False,
    ):
        st.markdown(f"**{say('EfficientNet explorer')}**", width="content")
        for entry in PAGES:
            st.page_link(entry.file, label=say(entry.title), width="content")
        for code, name in language.LANGUAGES.items():
            if code != language.current():
                st.button(
                    name,
                    key=f"language_{code}",
                    type="tertiary",
                    on_click=state.remember,
                    args=(state.LANGUAGE, code),
                )
        live.start(current.file)  # it takes no room of the page here


def _terms(current: Page) -> None:
    """What the page's terms mean, a click away."""
    if current.terms:
        glossary_view.row(glossary.terms()[key] for key in current.terms)


def _next_step(current: Page) -> None:
    """A link to the page that goes on from here; design and photo go along with the visit."""
    following = PAGES[(PAGES.index(current) + 1) % len(PAGES)]
    with st.container(key="next_step"):
        st.page_link(
            following.file,
            label=say("Next, {page}: {line}", page=say(following.title), line=say(following.line)),
            icon=":material/arrow_forward:",
            icon_position="right",
        )


def _draw_for_page() -> None:
    """Figures follow the visitor's theme."""
    colours.use_page(st.context.theme.type == "dark")
