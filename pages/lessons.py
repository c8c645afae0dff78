"""Lessons: six for a class, with a page for the teacher, and links that fix what a class sees."""

import streamlit as st

from effnet.language import say
from effnet.ui import frame, lessons, live

with frame.page(__file__):
    live.claim(
        say("Six lessons of 45 minutes: predict a number, then see it counted from the live model.")
    )
    lessons.teacher()
    st.markdown(say("**A link of one's own**"))
    st.caption(
        say(
            "It opens Scale with the current design; what is hidden stays hidden on every page, "
            "and one button shows everything again."
        )
    )
    lessons.own_link()
