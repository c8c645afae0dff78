"""Tabs that compute only when they are open, and stay open where the language changes."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

from effnet.base import LANGUAGES, EffnetError, say, speaking, verbatim


def tabs(key: str, titles: Sequence[str]) -> Sequence[TabContainer]:
    """A tab for every title.

    Streamlit knows a tab by its label, so that one in another language is another tab to it.

    Args:
        key: Their name in the session, which holds the open tab's label.
        titles: In English, as `mark` has them.
    """
    kept, labels = st.session_state.get(key), [say(title) for title in titles]
    if kept is not None and kept not in labels:
        for code in LANGUAGES:
            with speaking(code):
                others = [say(title) for title in titles]
            if kept in others:
                st.session_state[key] = labels[others.index(kept)]
    return st.tabs(labels, key=key, on_change="rerun")


def cards(key: str, drawn: Mapping[str, Callable[[], None]]) -> None:
    """A tab for every title, with the card that draws it; only the open one is computed."""
    for tab, card in zip(tabs(key, tuple(drawn)), drawn.values(), strict=True):
        if tab.open:
            with tab:
                try:
                    card()
                except EffnetError as error:  # a user's mistake in one card costs no other
                    st.error(verbatim(error))
