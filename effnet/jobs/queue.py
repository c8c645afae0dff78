"""Who comes next: threads that live as long as the program serve a line of jobs, in their order."""

import threading
from collections.abc import Callable
from typing import Any

from effnet.base import EffnetError, mark
from effnet.jobs.job import Job

ABANDONED_S = 30.0  # a job that nobody looks at makes way for others after this
A_VISITOR, IN_ALL = 3, 24  # jobs that wait or run
WAITS = mark("waiting for {n} {n:other|others}")
BEGINS = mark("Getting ready")


class Queue:
    """A line of jobs, and the threads that serve it.

    The threads stay, so that their caches and thread pools stay warm.

    Args:
        name: Of the threads.
        at_once: How many jobs run at the same time.
        a_visitor: How many jobs of one visitor wait or run.
        in_all: How many jobs wait or run.
        waits: What a job that waits says of those before it.
        begins: What a job says until it reports.
    """

    def __init__(
        self,
        name: str,
        *,
        at_once: int = 1,
        a_visitor: int = A_VISITOR,
        in_all: int = IN_ALL,
        waits: str = WAITS,
        begins: str = BEGINS,
    ) -> None:
        self.name, self.at_once, self.a_visitor, self.in_all = name, at_once, a_visitor, in_all
        self.waits, self.begins = waits, begins
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._threads: list[threading.Thread] = []
        self._change = threading.Condition()

    def ask(
        self,
        title: str,
        key: str,
        work: Callable[[Job], Any],
        *,
        subject: Any = None,
        visitor: str = "",
    ) -> Job:
        """Queue a job; `work` gets it, reports to it, and gives back the result.

        Where a limit is reached, the job that comes back has ended with an `EffnetError`.
        """
        job = Job(title, key, work, subject=subject, visitor=visitor)
        job.queue = self
        with self._change:
            self._tidy()
            if refusal := self._refusal(visitor):
                job.refuse(refusal)
                return job
            self._waiting.append(job)
            self._tidy()
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            if len(self._threads) < self.at_once:
                thread = threading.Thread(target=self._serve, name=self.name, daemon=True)
                self._threads.append(thread)
                thread.start()
            self._change.notify()
        return job

    def before(self, job: Job) -> int:
        """How many jobs come before this one, those that run included."""
        with self._change:
            self._tidy()
            if job not in self._waiting:
                return 0
            return max(0, self._waiting.index(job) + len(self._running) - self.at_once + 1)

    def _tidy(self) -> None:
        """Drop what was stopped while it waited; where others wait, stop what nobody looks at."""
        self._waiting = [job for job in self._waiting if not job.ended]
        if self._waiting:
            for job in self._running:
                if job.abandoned_s > ABANDONED_S:
                    job.stop()

    def _refusal(self, visitor: str) -> EffnetError | None:
        there = [job for job in (*self._running, *self._waiting) if not job.stopped]
        mine = sum(bool(visitor) and job.visitor == visitor for job in there)
        if mine >= self.a_visitor:
            return EffnetError(
                "You already have {n} {n:job|jobs} running or waiting; stop {n:it|one}, or wait "
                "until {n:it|one} ends",
                n=mine,
            )
        if len(there) >= self.in_all:
            return EffnetError(
                "This machine is busy with {n} {n:job|jobs}; try again later", n=len(there)
            )
        return None

    def _next(self) -> Job | None:
        """The first that somebody still looks at; the last one in any case."""
        self._tidy()
        while self._waiting:
            job = self._waiting.pop(0)
            if job.abandoned_s <= ABANDONED_S or not self._waiting:
                return job
            job.stop()
        return None

    def _serve(self) -> None:
        while True:
            with self._change:
                job = self._next()
                while job is None:
                    self._change.wait()
                    job = self._next()
                self._running.append(job)
            job.run()
            with self._change:
                self._running.remove(job)
            del job


measuring = Queue(
    "effnet-measuring",
    a_visitor=1,
    waits=mark(
        "Waiting: {n:another visitor measures|other visitors measure}; two at once would "
        "disturb each other"
    ),
    begins=mark("Loading PyTorch"),
)
working = Queue("effnet-working", at_once=2)
