"""Papers: the two papers' own tables and figures, checked against what can be computed."""

import streamlit as st

from effnet import papers
from effnet.app.kit import frame, live
from effnet.app.pages.papers import paper_cards
from effnet.report import claims

with frame.page(__file__):
    claim = live.claim_room()
    index = st.container(horizontal=True, horizontal_alignment="distribute")
    with index:
        exhibit = paper_cards.exhibit()
    lines = papers.lines(exhibit.key)
    left, right = st.container(key="beside_notes").columns([2, 1], gap="medium")
    with left:
        paper_cards.turns(exhibit)
        paper_cards.drawing(exhibit, lines, index)
        paper_cards.table(exhibit, lines)
    with right:
        paper_cards.reading(exhibit, lines)
        paper_cards.notes(exhibit)
    with claim:
        live.claim(claims.exhibit_claim(exhibit, lines))
    paper_cards.overview()
    paper_cards.mistakes()
