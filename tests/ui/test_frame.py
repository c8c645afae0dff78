"""The frame around the pages keeps what was imported out of the garbage collector's rounds."""

import gc

import pytest

from effnet.ui import frame, live


@pytest.fixture
def thawed():
    yield
    gc.unfreeze()
    frame._settled[:] = [0]


def test_what_was_imported_is_frozen_once_not_at_every_run(monkeypatch, thawed):
    monkeypatch.setattr(live, "in_browser", lambda: True)
    monkeypatch.setattr(frame.atexit, "register", lambda _: None)
    frame._settle()
    frozen = gc.get_freeze_count()
    assert frozen > 50_000
    more = [[number] for number in range(1000)]
    frame._settle()
    assert gc.get_freeze_count() <= frozen
    assert len(frame._settled) == 2
    assert len(more) == 1000


def test_a_test_harness_freezes_nothing():
    before = gc.get_freeze_count()
    frame._settle()
    assert gc.get_freeze_count() == before
