"""What the process is told once: what the garbage collector passes over, how sockets send."""

import asyncio
import gc
import runpy
import socket
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st

from effnet.app.kit import cache, live, process

ROOT = Path(__file__).parents[2]


class Later:
    """What is to be done in the background, held back."""

    def __init__(self, _seconds: float, function: Callable[[], None]) -> None:
        self.function, self.waits = function, True

    def is_alive(self) -> bool:
        return self.waits


@pytest.fixture
def thawed(monkeypatch):
    thresholds = gc.get_threshold()
    monkeypatch.setattr(live, "in_browser", lambda: True)
    monkeypatch.setattr(process.atexit, "register", lambda _: None)
    monkeypatch.setattr(process, "_in_background", Later)
    monkeypatch.setattr(process, "_sweeps", [])
    yield
    process._sweep()  # frozen, as conftest left it
    gc.set_threshold(*thresholds)


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
    (sweep,) = process._sweeps
    sweep.function()
    assert ended() is None
    process.settle()
    assert process._sweeps == [sweep]  # which is still to come
    sweep.waits = False
    process.settle()
    assert process._sweeps != [sweep]


def test_python_makes_no_round_of_its_own_while_libraries_load(thawed):
    process.collect_rarely()
    gc.collect()
    made = [[number] for number in range(10_000)]  # many times Python's usual 700
    assert gc.get_count()[0] >= len(made)


def test_a_test_harness_freezes_nothing():
    gc.unfreeze()
    process.settle()
    frozen = gc.get_freeze_count()
    gc.freeze()  # as conftest left it
    assert frozen == 0


@pytest.mark.skipif(not process.OPEN_FILES.is_dir(), reason="sockets are looked up as Linux has it")
def test_the_server_sends_at_once_from_its_first_connection_on(thawed):
    def at_once(one: socket.socket) -> bool:
        return bool(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def served(listening: socket.socket) -> bool:
        async with process.serving(st.App("app.py")):
            here = listening.getsockname()
            with socket.create_connection(here), listening.accept()[0] as connection:
                return at_once(connection)

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert not at_once(listening)  # of itself the system waits for more to send
        with ThreadPoolExecutor(1) as aside:  # a browser's loop may run here
            assert aside.submit(asyncio.run, served(listening)).result()


def test_streamlit_starts_the_app_with_what_it_does_ahead(monkeypatch):
    given = {}
    monkeypatch.setattr(st, "App", lambda script, **options: given.update(options) or script)
    assert runpy.run_path(str(ROOT / "app.py"), run_name="app")["app"] == str(ROOT / "app.py")
    assert given == {"lifespan": process.serving, "routes": live.ROUTES}


def test_streamlit_finds_the_app():
    discovery = pytest.importorskip("streamlit.web.server.app_discovery")  # its own, it may move
    assert discovery.discover_asgi_app(ROOT / "app.py").import_string == "app:app"


def test_the_bundle_is_bracketed_so_that_a_browser_parses_it_once():
    bundle = "/* x */\n(\n function(root, make) {\n} (this, () => {\nlet f = () => {};\n}));\n"
    once = "/* x */\n(\n function(root, make) {\n} (this, (() => {\nlet f = () => {};\n})));\n"
    assert live.parsed_once(bundle) == once
    assert live.parsed_once("let other = 1;") == "let other = 1;"


def test_no_component_has_streamlit_look_for_tables_and_load_pandas(monkeypatch):
    handed = {}
    monkeypatch.setattr(
        live.st.components.v2, "component", lambda _name, **_: lambda **given: handed.update(given)
    )
    live.component("any", js="")(key="k", data={"words": {}}, height=1)
    assert handed == {"key": "k", "data": [{"words": {}}], "height": 1}  # in mappings it does


def test_the_network_that_photos_are_asked_of_first_is_loaded_ahead(monkeypatch):
    loaded = []
    monkeypatch.setattr(cache, "classifier", loaded.append)
    process._load_ahead()
    assert loaded == ["lite0"]
    monkeypatch.setattr(process, "offline_variants", list)
    process._load_ahead()
    assert loaded == ["lite0"]
