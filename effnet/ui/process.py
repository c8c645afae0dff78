"""What the server's process is told once, so that each step answers sooner."""

import atexit
import gc
import os
import socket
import stat
import sys
from functools import lru_cache
from pathlib import Path

from effnet.ui import live

MANY_MODULES = 50
OPEN_FILES = Path("/proc/self/fd")  # Linux; elsewhere nothing is done
_settled = [0]  # how many modules there were each time


def settle() -> None:
    """Take what has been imported out of the garbage collector's rounds.

    Streamlit collects in full after every run, fragments too. With pandas and plotly loaded that
    looks at over 100,000 objects that never go, and takes longer than a slider's step; frozen,
    they are passed over. Done anew where a page has brought many modules, so a few times at most.
    """
    if live.in_browser() and len(sys.modules) > _settled[-1] + MANY_MODULES:
        if len(_settled) == 1:
            atexit.register(gc.unfreeze)  # libraries look for what is left at the end
        _settled.append(len(sys.modules))
        gc.collect()
        gc.freeze()


@lru_cache(maxsize=1)
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
