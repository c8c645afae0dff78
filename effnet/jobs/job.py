"""What is known of a job at one moment, wherever it runs; and a job that runs in a thread."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from effnet.base import current, speaking

if TYPE_CHECKING:
    from effnet.jobs.queue import Queue

PATIENCE_S = 0.3  # how long a drawing waits for a pass to end
HELD_S = 10.0  # how long the next pass waits for a drawing
LEAST_SHARE = 0.02  # from here on the time that is left can be told

State = Literal["waiting", "running", "stopping", "done", "stopped", "broken"]
OVER: tuple[State, ...] = ("done", "stopped", "broken")


class Stopped(Exception):
    """The job was asked to stop; what it has so far stays."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A job at one moment.

    Attributes:
        state: "stopping" where it was asked to stop and has not ended yet.
        share: What is done, from 0 to 1.
        text: What it is at, in words; "" where it has not said.
        before: How many jobs come before it while it waits.
        seconds_left: From the share that is done and the time that it took; None while unknown.
    """

    state: State
    share: float = 0.0
    text: str = ""
    before: int = 0
    seconds_left: float | None = None

    @property
    def over(self) -> bool:
        """Whether it has ended, in one way or another."""
        return self.state in OVER


class Watched(Protocol):
    """What a card needs of a job to show it."""

    @property
    def title(self) -> str:
        """What it does, in words."""

    def look(self) -> Progress:
        """How far it is."""

    def stop(self) -> None:
        """Ask it to end soon."""


def left(began: float, now: float, share: float) -> float | None:
    """Seconds that are left, by a share that grows evenly; None before much is done."""
    return (now - began) * (1 - share) / share if share >= LEAST_SHARE else None


class Job:
    """Work in a thread of this program, of which a page shows how far it is.

    Attributes:
        title: What it does, in words.
        key: Which card of a page asked for it.
        subject: What it is of; a card shows a result only where that is what its controls say.
        visitor: Who asked for it.
        queue: Where it waits for its turn.
        result: What it gave back; None before its end.
        error: What it raised; None where nothing.
        partial: What it has so far, as its work chose to report it.
    """

    def __init__(
        self,
        title: str,
        key: str,
        work: "Callable[[Job], Any]",
        *,
        subject: Any = None,
        visitor: str = "",
    ) -> None:
        self.title, self.key, self.subject, self.visitor = title, key, subject, visitor
        self.result: Any = None
        self.error: BaseException | None = None
        self.partial: Any = None
        self.share = 0.0
        self.text = ""
        self.began: float | None = None
        self.queue: Queue | None = None
        self._work: Callable[[Job], Any] | None = work
        self._language = current()  # a thread has none of its own
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._seen = time.monotonic()
        self._drawings = 0
        self._between = threading.Condition()
        self._resting = False

    # --- for the one who asked

    @property
    def ended(self) -> bool:
        """Whether it is over, in one way or another."""
        return self._ended.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    @property
    def value(self) -> Any:
        """What it gave back, or what it had when it was stopped."""
        return self.partial if self.result is None else self.result

    def stop(self) -> None:
        """Ask it to end after the pass that is running; one that waits ends at once."""
        with self._between:
            self._stop.set()
            if self.began is None:
                self._end()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end; gives whether it has ended."""
        return self._ended.wait(timeout_s)

    def look(self) -> Progress:
        """How far it is; whoever looks keeps it from being taken for abandoned."""
        self._seen = time.monotonic()
        if self.ended:
            broken = self.error is not None
            return Progress("broken" if broken else "stopped" if self.stopped else "done", 1.0)
        if self.began is None:
            return Progress("waiting", before=self.queue.before(self) if self.queue else 0)
        state: State = "stopping" if self.stopped else "running"
        remaining = left(self.began, time.monotonic(), self.share)
        return Progress(state, self.share, self.text, 0, remaining)

    @property
    def abandoned_s(self) -> float:
        """Seconds since somebody looked at it."""
        return time.monotonic() - self._seen

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Draw between two passes: waits a moment for the running one, and holds the next."""
        with self._between:
            self._drawings += 1
            if self.began is not None and not self.ended:
                self._between.wait_for(lambda: self._resting or self.ended, PATIENCE_S)
        try:
            yield
        finally:
            with self._between:
                self._drawings -= 1
                self._between.notify_all()

    # --- for the work

    def report(self, share: float, text: str = "", partial: Any = None) -> None:
        """Tell how far it is, between two passes; raises `Stopped` when it is to stop."""
        self.share = min(1.0, max(share, 0.0))
        self.text = text or self.text
        if partial is not None:
            self.partial = partial
        if self._drawings:
            with self._between:
                self._resting = True
                self._between.notify_all()
                self._between.wait_for(lambda: not self._drawings, HELD_S)
                self._resting = False
        if self._stop.is_set():
            raise Stopped

    # --- for its queue

    def run(self) -> None:
        """Do the work, unless it was stopped before; whatever it raises is kept."""
        with self._between:
            if self.ended or self._work is None:
                return
            self.began, self.text = time.monotonic(), self.queue.begins if self.queue else ""
        try:
            with speaking(self._language):
                self.result = self._work(self)
        except Stopped:
            pass
        except BaseException as error:
            self.error = error
        with self._between:
            self._end()

    def refuse(self, error: Exception) -> None:
        """End it before it began, with the reason."""
        with self._between:
            self.error = error
            self._end()

    def _end(self) -> None:
        self._work = None  # with all that it holds on to
        self._ended.set()
        self._between.notify_all()
