"""Lessons: nine for a class, with plans for the teacher, and links that fix what a class sees."""

from effnet.app.kit import frame, glossary_view, lesson_view, live
from effnet.base import say

with frame.page(__file__):
    claim = live.claim_room()
    lesson_view.students()
    glossary_view.every_term()
    with claim:
        live.claim(say("Nine lessons of 45 minutes: predict a number, then see it counted."))
    lesson_view.teacher()
