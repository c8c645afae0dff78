"""Pixels that are being decoded at one time, by everybody who shares this process.

A picture takes up to 16 bytes a pixel while it is decoded (WebP: two canvases, the frame and the
picture), so three of 64 million pixels at once would take 3 GB. Who comes when the room is full
waits in line, and is turned away after a while.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from effnet.base import EffnetError

PATIENCE_S = 60.0


class InFlight:
    """Room for so many pixels, first come, first served.

    Attributes:
        room: Pixels at one time. A larger picture is let in alone.
        used: Pixels that are being decoded now.
    """

    def __init__(self, room: int) -> None:
        self.room, self.used = room, 0
        self._line: deque[object] = deque()
        self._moved = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many wait in line."""
        return len(self._line)

    @contextmanager
    def hold(self, pixels: int, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Hold room for a picture while a `with` block runs.

        Raises:
            EffnetError: There was none for `patience_s` seconds.
        """
        mine, share = object(), min(pixels, self.room)
        with self._moved:
            self._line.append(mine)
            try:
                if not self._moved.wait_for(lambda: self._next(mine, share), patience_s):
                    raise EffnetError(
                        "too many pictures are being opened at this moment; try again soon"
                    )
                self.used += share
            finally:
                self._line.remove(mine)
                self._moved.notify_all()
        try:
            yield
        finally:
            with self._moved:
                self.used -= share
                self._moved.notify_all()

    def _next(self, mine: object, share: int) -> bool:
        return self._line[0] is mine and self.used + share <= self.room
