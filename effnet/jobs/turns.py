"""One measurement at a time on a machine: two at once would measure each other.

A single thread that lives as long as the program does all measuring, first come first served, so
its caches and thread pool stay warm. Whoever asked gets a `Job`: how far it is, what it has so far,
a way to stop it within one pass. A page that draws meanwhile asks the job to wait between two
passes (`Job.drawing`), so that drawing is never part of a sample.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from effnet.base import mark

ABANDONED_S = 30.0  # a job that nobody looks at makes way for others after this
PATIENCE_S = 0.3  # how long a drawing waits for a pass to end


class Stopped(Exception):
    """The job was asked to stop; what it has measured stays."""


class Job:
    """A measurement that waits, runs or has ended.

    Attributes:
        title: What it measures, in words.
        key: Which card of a page asked for it.
        result: What it gave back; None before its end.
        error: What it raised; None where nothing.
        partial: What it has so far, as its work chose to report it.
    """

    def __init__(self, title: str, key: str, work: Callable[["Job"], Any]) -> None:
        self.title = title
        self.key = key
        self.result: Any = None
        self.error: BaseException | None = None
        self.partial: Any = None
        self.share = 0.0
        self.text = mark("Waiting")
        self.began: float | None = None
        self._work = work
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

    def stop(self) -> None:
        """Ask it to end after the pass that is running."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end; gives whether it has ended."""
        return self._ended.wait(timeout_s)

    def seen(self) -> None:
        """Say that somebody still looks at it."""
        self._seen = time.monotonic()

    @property
    def seconds_left(self) -> float | None:
        """From the share that is done and the time that it took; None before it is known."""
        if self.began is None or self.share < 0.02:
            return None
        return (time.monotonic() - self.began) * (1 - self.share) / self.share

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
                self._between.wait_for(lambda: not self._drawings, 1.0)
                self._resting = False
        if self._stop.is_set():
            raise Stopped

    def _abandoned(self) -> bool:
        return time.monotonic() - self._seen > ABANDONED_S

    def _run(self) -> None:
        self.began, self.text = time.monotonic(), mark("Getting ready")
        try:
            if not self._stop.is_set():
                self.result = self._work(self)
        except Stopped:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self._end()

    def _end(self) -> None:
        self._ended.set()
        with self._between:
            self._between.notify_all()


class Turns:
    """The queue of a machine; a program has one, `machine`."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, title: str, key: str, work: Callable[[Job], Any]) -> Job:
        """Queue a measurement; `work` gets its job, reports to it, and gives back the result."""
        job = Job(title, key, work)
        with self._change:
            self._waiting.append(job)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._serve, name="effnet-bench", daemon=True
                )
                self._thread.start()
            if self._running is not None and self._running._abandoned():
                self._running.stop()
            self._change.notify_all()
        return job

    def before(self, job: Job) -> int:
        """How many measurements come before this one, the running one included."""
        with self._change:
            if job not in self._waiting:
                return 0
            if self._running is not None and self._running._abandoned():
                self._running.stop()
            return list(self._waiting).index(job) + (self._running is not None)

    def _serve(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: bool(self._waiting))
                job = self._waiting.popleft()
                if job._abandoned() and self._waiting:
                    job.stop()
                self._running = job
            job._run()
            with self._change:
                self._running = None


machine = Turns()
