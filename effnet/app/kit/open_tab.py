"""Tabs and folds that compute only when they are open; an open tab stands in the link."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from effnet.app.kit import state
from effnet.base import LANGUAGES, EffnetError, say, speaking, verbatim
from effnet.scaling import unknown

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_tab_container import TabContainer

TAB = "tab"  # the link's key; a page has one row of tabs


def tabs(key: str, titles: Sequence[str]) -> "Sequence[TabContainer]":
    """A tab for every title; the open one outlives a change of page and of language.

    Streamlit forgets tabs with their page, and knows one by its label, so that one in another
    language is another tab to it.

    Args:
        key: Their name in the session, which holds the open tab's label.
        titles: In English, as `mark` has them.
    """
    labels, kept = [say(title) for title in titles], f"open of {key}"
    _remember(kept, st.session_state.get(key), titles)
    said = state.newly_said(TAB)
    if said and said in titles:
        state.remember(kept, said)
    elif said:
        wrong = unknown(TAB, said[:40], titles)
        st.warning(say("From the link: {note}", note=verbatim(wrong)))
    chosen = state.remembered(kept, titles[0])
    state.show(key, say(chosen))
    state.say_in_link(TAB, chosen if chosen != titles[0] else None)
    return st.tabs(labels, key=key, on_change="rerun")


def _remember(kept: str, label: str | None, titles: Sequence[str]) -> None:
    """Remember the title that is called this in some language."""
    for code in LANGUAGES if label else ():
        with speaking(code):
            named = {say(title): title for title in titles}
        if label in named:
            state.remember(kept, named[label])
            return


def cards(key: str, drawn: Mapping[str, Callable[[], None]]) -> None:
    """A tab for every title, with the card that draws it; only the open one is computed."""
    for tab, card in zip(tabs(key, tuple(drawn)), drawn.values(), strict=True):
        if tab.open:
            with tab:
                try:
                    card()
                except EffnetError as error:  # a user's mistake in one card costs no other
                    st.error(verbatim(error))


def fold(title: str, card: Callable[[], object], *, key: str | None = None) -> None:
    """A fold of this title; the card in it is only computed where it is open."""
    with st.expander(title, on_change="rerun", key=key) as opened:
        if opened.open:
            card()
