"""Lessons: nine for a class, with a page for the teacher, and links that fix what a class sees."""

import streamlit as st

from effnet.app.kit import frame, lesson_view, live
from effnet.base import say

with frame.page(__file__):
    live.claim(say("Nine lessons of 45 minutes: predict a number, then see it counted."))
    lesson_view.teacher()
    st.markdown(say("**A link of one's own**"))
    st.caption(
        say(
            "It opens Scale with the current design; what is hidden stays hidden on every page, "
            "and one button shows everything again."
        )
    )
    lesson_view.own_link()
