"""What the process is told once: what the garbage collector passes over, how sockets send."""

import gc
import socket

import pytest

from effnet.ui import live, process


@pytest.fixture
def thawed():
    yield
    gc.unfreeze()
    process._settled[:] = [0]


def test_what_was_imported_is_frozen_once_not_at_every_run(monkeypatch, thawed):
    monkeypatch.setattr(live, "in_browser", lambda: True)
    monkeypatch.setattr(process.atexit, "register", lambda _: None)
    process.settle()
    frozen = gc.get_freeze_count()
    assert frozen > 50_000
    more = [[number] for number in range(1000)]
    process.settle()
    assert gc.get_freeze_count() <= frozen
    assert len(process._settled) == 2
    assert len(more) == 1000


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
