"""A program that is asked one question, and ends with whoever asked: on a stop, or killed."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import effnet

POLL_S = 0.05


class Late(Exception):
    """No answer came in time."""


class Failed(Exception):
    """The program ended badly; the message is the last line that it wrote."""


def ask(
    module: str,
    question: str,
    *,
    timeout_s: float,
    between: Callable[[], None] = lambda: None,
    arguments: Sequence[str] = (),
) -> str:
    """Run a module of this package as a program; gives back what it printed.

    Args:
        module: Such as "effnet.second_opinion"; it reads its question by `heard`.
        question: One line.
        timeout_s: The program is ended after this.
        between: Called some twenty times a second; what it raises ends the program.
        arguments: Of the program.

    Raises:
        Late: No answer in time.
        Failed: It ended with another status than 0.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
        process: Any = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=wrong,
            cwd=Path(effnet.__file__).parents[1],
        )
        try:
            with suppress(BrokenPipeError):  # where it has ended its status tells
                process.stdin.write(f"{question}\n".encode())
                process.stdin.flush()  # left open: that it closes tells the program to end
            until = time.monotonic() + timeout_s
            while process.poll() is None:
                between()
                if time.monotonic() > until:
                    raise Late
                time.sleep(POLL_S)
        finally:
            process.kill()
            process.wait()
            with suppress(BrokenPipeError):
                process.stdin.close()
        said.seek(0)
        wrong.seek(0)
        if process.returncode:
            lines = wrong.read().decode("utf-8", "replace").strip().splitlines()
            raise Failed(lines[-1] if lines else f"status {process.returncode}")
        return str(said.read(), "utf-8")


def heard() -> str:
    """In the program: its question. From here on it ends when the one who asked does."""
    question = sys.stdin.readline()
    threading.Thread(target=_end_with_input, daemon=True).start()
    return question


def _end_with_input() -> None:
    while os.read(0, 4096):  # below Python's buffer, whose lock would be held at the program's end
        pass
    os._exit(1)


def end_with_parent() -> None:
    """In a process that `multiprocessing` made: end it when its parent is gone, however it went.

    A worker of a pool that is asleep would stay for ever where its parent was killed.
    """
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()


def _end_with(join: Callable[[], None]) -> None:
    join()
    os._exit(1)
