"""Work that goes on while its page is open: a Stop that stands still, and progress below it.

Only the progress is redrawn. A button that is redrawn with it changes under the pointer, and on a
busy machine it can't be pressed.
"""

from collections.abc import Callable

import streamlit as st

from effnet.app.kit import frame
from effnet.base import say

LOOK_S = 0.7  # seconds between two looks

Progress = Callable[[float, str], object]  # shows a share of 1 and a text


def watch(
    key: str,
    look: Callable[[Progress], None],
    *,
    stop: Callable[[], None],
    stopped: bool = False,
    every_s: float = LOOK_S,
) -> None:
    """A stop, and below it what `look` shows, which is called again and again.

    Args:
        key: Of the button.
        look: Is given the progress bar's place; what it draws besides stands below. It runs the
            page again when there is nothing left to watch.
        stop: What the button does, before the page runs again.
        stopped: Whether it was pressed.
        every_s: Seconds between two looks.
    """
    st.button(say("Stop"), key=key, on_click=stop, disabled=stopped)
    frame.part(lambda: look(st.empty().progress), every_s=every_s)()
