"""Terms that open a card: a picture and two or three sentences."""

from collections.abc import Iterable

import streamlit as st

from effnet.base import say
from effnet.report import glossary

CARD_WIDTH = 260  # px: four in a row, one on a phone


def row(found: Iterable[glossary.Term]) -> None:
    """A button for each term, in one row that wraps; its card unfolds where it stands."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="terms"):
        st.caption(say("Glossary"), width="content")
        for term in found:
            with st.popover(say(term.name), type="tertiary"):
                _card(term)


def every_term() -> None:
    """The whole glossary, folded until somebody asks."""
    with st.expander(say("Glossary"), key="glossary", on_change="rerun") as opened:
        if opened.open:
            with st.grid(4, min_column_width=CARD_WIDTH):
                for term in glossary.terms().values():
                    with st.container(border=True, height="stretch"):
                        _card(term)


def _card(term: glossary.Term) -> None:
    st.image(term.picture, alt=say(term.name))
    st.markdown(f"**{say(term.name)}**  \n{say(term.line)}")
