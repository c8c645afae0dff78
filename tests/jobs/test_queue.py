"""Jobs in threads: their turns, their limits, how they are stopped, and what they give."""

import threading
import time
from types import SimpleNamespace

import pytest

from effnet.base import EffnetError
from effnet.base.language import speaking
from effnet.jobs import Job, Queue, Stopped

PATIENCE_S = 120


def settled(job: Job) -> Job:
    assert job.wait(PATIENCE_S)
    return job


def test_a_job_gives_its_result_and_what_it_reported():
    def work(job):
        job.report(0.5, "half", [1.0])
        return "done"

    job = settled(Queue("test").ask("a", "card", work))
    assert (job.result, job.partial, job.share, job.error) == ("done", [1.0], 0.5, None)


def test_two_visitors_never_measure_at_once_and_the_second_knows_its_place():
    queue, measuring, most = Queue("test"), [], []
    first_runs, let_go = threading.Event(), threading.Event()

    def work(job):
        measuring.append(job)
        most.append(len(measuring))
        first_runs.set()
        let_go.wait(PATIENCE_S)
        measuring.remove(job)
        return "clean"

    first = queue.ask("first", "a", work)
    assert first_runs.wait(PATIENCE_S)
    second, third = queue.ask("second", "b", work), queue.ask("third", "c", work)
    assert [queue.before(job) for job in (first, second, third)] == [0, 1, 2]
    assert second.began is None
    let_go.set()
    assert [settled(job).result for job in (first, second, third)] == ["clean"] * 3
    assert most == [1, 1, 1]
    assert queue.before(third) == 0


def test_stopping_ends_a_job_at_its_next_report_and_keeps_what_it_has():
    begun = threading.Event()

    def work(job):
        samples = []
        while True:
            samples.append(float(len(samples)))
            begun.set()
            job.report(0.1, partial=samples)

    job = Queue("test").ask("endless", "a", work)
    assert begun.wait(PATIENCE_S)
    job.stop()
    settled(job)
    assert job.partial
    assert job.result is None
    assert job.error is None


def test_a_job_that_is_stopped_while_it_waits_never_begins():
    queue, hold = Queue("test"), threading.Event()
    first = queue.ask("first", "a", lambda _: hold.wait(PATIENCE_S))
    second = queue.ask("second", "b", lambda _: pytest.fail("began"))
    second.stop()
    hold.set()
    settled(first)
    assert settled(second).error is None


def test_an_error_is_kept_and_the_next_job_runs():
    queue = Queue("test")
    bad = queue.ask("bad", "a", lambda _: 1 / 0)
    good = queue.ask("good", "b", lambda _: "fine")
    assert isinstance(settled(bad).error, ZeroDivisionError)
    assert settled(good).result == "fine"


def test_a_job_that_nobody_looks_at_makes_way_for_the_next(monkeypatch):
    queue, begun = Queue("test"), threading.Event()

    def endless(job):
        while True:
            begun.set()
            job.report(0.0)

    lost = queue.ask("lost", "a", endless)
    assert begun.wait(PATIENCE_S)
    lost._seen = time.monotonic() - 1000
    following = queue.ask("next", "b", lambda _: "mine")
    assert settled(following).result == "mine"
    assert lost.stopped


def test_a_page_draws_between_two_passes_never_during_one(monkeypatch):
    for name in ("PATIENCE_S", "HELD_S"):  # however slow this machine is
        monkeypatch.setattr(f"effnet.jobs.job.{name}", PATIENCE_S)
    passing = threading.Event()
    seen = []

    def work(job):
        for _ in range(400):
            passing.set()
            time.sleep(0.0005)
            passing.clear()
            job.report(0.0)

    job = Queue("test").ask("drawn", "a", work)
    for _ in range(10):
        with job.drawing():
            during = passing.is_set()
            time.sleep(0.002)
            seen.append((job.ended, during or passing.is_set()))
        if job.ended:
            break
    settled(job)
    assert not any(passed for ended, passed in seen[1:] if not ended)


def test_the_time_left_is_told_from_the_share_that_is_done(monkeypatch):
    monkeypatch.setattr("effnet.jobs.job.time", SimpleNamespace(monotonic=lambda: 110.0))
    job = Job("a", "b", lambda _: None)
    assert job.look().seconds_left is None
    job.began, job.share = 100.0, 0.5
    assert job.look().seconds_left == 10


def test_reporting_a_stop_raises():
    job = Job("a", "b", lambda _: None)
    job.report(0.0)
    job.stop()
    with pytest.raises(Stopped):
        job.report(0.0)


# --- stopping, limits, what is asked at the same time


def test_a_job_that_waits_is_stopped_at_once_though_another_holds_the_line():
    queue, hold = Queue("test"), threading.Event()
    first = queue.ask("first", "a", lambda _: hold.wait(PATIENCE_S))
    second, third = (queue.ask(name, "b", lambda _: "ran") for name in ("second", "third"))
    second.stop()
    assert second.ended
    assert second.look().state == "stopped"
    assert queue.before(third) == 1
    hold.set()
    assert (settled(first).ended, settled(third).result) == (True, "ran")


def test_a_visitor_has_a_few_places_and_a_line_has_an_end():
    queue, hold = Queue("test", a_visitor=2, in_all=4), threading.Event()
    mine = [queue.ask("mine", "a", lambda _: hold.wait(PATIENCE_S), visitor="me") for _ in range(3)]
    assert [job.ended for job in mine] == [False, False, True]
    with pytest.raises(EffnetError, match="2 jobs running or waiting"):
        raise mine[2].error
    theirs = [queue.ask("theirs", "a", lambda _: "", visitor=name) for name in "abc"]
    assert [job.ended for job in theirs] == [False, False, True]
    assert "busy with 4 jobs" in str(theirs[2].error)
    mine[1].stop()  # what was stopped takes no place
    assert not queue.ask("mine", "a", lambda _: "", visitor="me").ended
    hold.set()
    assert [settled(job).error for job in (*mine[:2], *theirs[:2])] == [None] * 4


def test_a_line_with_two_places_runs_two_at_once_and_no_third():
    queue, gate, both = Queue("test", at_once=2), threading.Event(), threading.Barrier(3)

    def work(job):
        both.wait(PATIENCE_S)
        gate.wait(PATIENCE_S)

    first, second = (queue.ask(name, "a", work) for name in "ab")
    both.wait(PATIENCE_S)
    third = queue.ask("c", "a", lambda _: "later")
    assert (third.look().state, third.look().before) == ("waiting", 1)
    assert [job.look().state for job in (first, second)] == ["running", "running"]
    gate.set()
    assert settled(third).result == "later"


def test_what_is_said_in_a_thread_is_in_the_language_of_whoever_asked():
    from effnet.base.language import current

    with speaking("zh"):
        job = Queue("test").ask("a", "b", lambda _: current())
    assert settled(job).result == "zh"


def test_a_job_lets_go_of_its_work_when_it_ends():
    import gc
    import weakref

    class Photo:
        pass

    photo = Photo()
    seen = weakref.ref(photo)
    job = Queue("test").ask("a", "b", lambda _, kept=photo: bool(kept))
    settled(job)
    del photo
    gc.collect()
    assert seen() is None


@pytest.mark.parametrize(
    ("work", "state"),
    [
        (lambda _: "done", "done"),
        (lambda job: job.stop() or job.report(0.5), "stopped"),
        (lambda _: 1 / 0, "broken"),
    ],
    ids=["done", "stopped", "broken"],
)
def test_an_end_has_a_name(work, state):
    now = settled(Queue("test").ask("a", "b", work)).look()
    assert (now.state, now.over) == (state, True)
