"""What the process is told once: what the garbage collector passes over, how sockets send."""

import gc
import socket
import time
import weakref

import pytest

from effnet.app.kit import cache, live, process


@pytest.fixture
def thawed(monkeypatch):
    monkeypatch.setattr(live, "in_browser", lambda: True)
    monkeypatch.setattr(process.atexit, "register", lambda _: None)
    monkeypatch.setattr(process, "_swept", [(0, 0.0)])
    yield
    gc.unfreeze()


class Knot:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_what_lives_on_is_passed_over(thawed):
    process.settle()
    assert gc.get_freeze_count() > 50_000
    more = [[number] for number in range(1000)]
    process.settle()
    assert gc.is_tracked(more)
    assert len(gc.get_objects()) < 1000


def test_what_nothing_refers_to_is_freed_frozen_or_not(thawed):
    process.settle()
    knot = Knot()
    ended = weakref.ref(knot)
    process.settle()
    del knot
    gc.collect()
    assert ended() is not None  # frozen in time; it waits for the sweep
    process._swept[-1] = (process._swept[-1][0], time.monotonic() - 2 * process.SWEEP_S)
    process.settle()
    assert ended() is None


def test_a_test_harness_freezes_nothing():
    before = gc.get_freeze_count()
    process.settle()
    assert gc.get_freeze_count() == before


@pytest.mark.skipif(not process.OPEN_FILES.is_dir(), reason="sockets are looked up as Linux has it")
def test_connections_send_at_once_those_there_and_those_to_come():
    def at_once(one: socket.socket) -> bool:
        return bool(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        here = listening.getsockname()
        with socket.create_connection(here), listening.accept()[0] as early:
            assert not at_once(early)
            process.send_at_once.__wrapped__()
            assert at_once(early)
        with socket.create_connection(here), listening.accept()[0] as later:
            assert at_once(later)


def test_the_network_that_photos_are_asked_of_first_is_loaded_ahead(monkeypatch):
    loaded = []
    monkeypatch.setattr(cache, "classifier", loaded.append)
    process._load_ahead()
    assert loaded == ["lite0"]
    monkeypatch.setattr(process, "offline_variants", list)
    process._load_ahead()
    assert loaded == ["lite0"]
