"""What the server's process is told once, so that each step answers sooner."""

import atexit
import gc
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from effnet.app.kit import live
from effnet.weights import offline_variants

MANY_OBJECTS = 50_000  # made since the last round of the garbage collector
OPEN_FILES = Path("/proc/self/fd")  # Linux; elsewhere nothing is done
SWEEP_S = 15.0
AHEAD_S = 4.0  # after the start: a page that somebody opens at once is drawn by then
_sweeps: list[threading.Timer] = []  # the one to come, or the last


def settle() -> None:
    """Take what lives on out of the garbage collector's rounds.

    Streamlit collects in full after every run, fragments too. That would look at over 100,000
    objects that libraries, counted networks and other visits hold, and take longer than a slider's
    step; frozen, they are passed over. What is frozen is still freed when nothing refers to it;
    cycles among it wait for the sweep, which looks at all now and then, when nobody waits for it.
    """
    if not live.in_browser():
        return
    gc.freeze()
    if not (_sweeps and _sweeps[-1].is_alive()):
        _sweeps[:] = [_in_background(SWEEP_S, _sweep)]


def _sweep() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _in_background(seconds: float, function: Callable[[], None]) -> threading.Timer:
    later = threading.Timer(seconds, function)
    later.daemon = True
    later.start()
    return later


def collect_rarely() -> None:
    """Leave the garbage to the round that Streamlit makes after every run.

    Python's own, after each 700 objects, take a quarter of the time that torch needs to load.
    """
    atexit.register(gc.unfreeze)  # libraries look for what is left at the end
    gc.freeze()
    gc.set_threshold(MANY_OBJECTS)


def forget_parts_of_before() -> None:
    """Drop what parts of the page before have asked for while this one was drawn.

    Streamlit would run them after it, find them gone, and the browser would clear this page. There
    is no public way to its queue; a release that names its parts otherwise keeps what was asked.
    """
    context = get_script_run_ctx()
    requests = context.script_requests if context else None
    if context is None or requests is None:
        return
    with suppress(AttributeError), requests._lock:
        asked = requests._rerun_data.fragment_id_queue
        here, states = context.shared.new_fragment_ids.snapshot(), type(requests._state)
        if requests._state is states.RERUN and asked and not here.intersection(asked):
            requests._state = states.CONTINUE


@asynccontextmanager
async def serving(_: st.App) -> AsyncIterator[None]:
    """What the server does once, before anybody comes."""
    send_at_once()
    collect_rarely()
    _in_background(AHEAD_S, _load_ahead)
    yield


def _load_ahead() -> None:
    """Load what the pages about photos begin with, torch above all."""
    from effnet.app.kit import cache, photos  # they load numpy, which most pages don't need

    if photos.DEFAULT_NETWORK in offline_variants():
        cache.classifier(photos.DEFAULT_NETWORK)


def send_at_once() -> None:
    """Have the server's sockets send small messages at once.

    The server makes its sockets with no protocol named, so asyncio does not know them for TCP and
    leaves Nagle's algorithm on: the last messages of a step wait until the browser has confirmed
    those before, 40 ms on Linux. Connections inherit the option from the socket that listens.
    """
    for name in os.listdir(OPEN_FILES) if OPEN_FILES.is_dir() else ():
        try:
            mode = os.fstat(int(name)).st_mode
        except OSError:  # closed by now
            continue
        if stat.S_ISSOCK(mode):
            with socket.socket(fileno=os.dup(int(name))) as found:
                if found.type == socket.SOCK_STREAM and found.family != socket.AF_UNIX:
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
