"""A program that serves on a free port of the loopback, while a `with` block runs."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE = 300  # seconds until it must be well, or have ended


@dataclass(frozen=True)
class Server:
    """A running program and its address."""

    process: subprocess.Popen[bytes]
    url: str

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def resident(self) -> float:
        """Its resident memory in MB (Linux)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
        return float("nan")

    def processor(self) -> float:
        """Seconds of processor time that it has used (Linux); other programs don't add to it."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        values = stat.rpartition(")")[2].split()
        return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    module: Sequence[str],
    health: str,
    *,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    log: Path = Path(os.devnull),
    python: str = sys.executable,
) -> Iterator[Server]:
    """Start `python -m module`, with "{port}" filled in, and wait until `health` answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", *(word.format(port=port) for word in module)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        server = Server(process, f"http://127.0.0.1:{port}")
        try:
            if not _well(server, health):
                raise RuntimeError(f"it did not start: {log.read_text()[-2000:]}")
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _well(server: Server, health: str) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.alive:
        try:
            with urllib.request.urlopen(server.url + health, timeout=2):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def streamlit(script: str = "app.py") -> list[str]:
    """The command of a Streamlit app for `running`; its health is at `/_stcore/health`."""
    command = ["streamlit", "run", script, "--server.headless", "true"]
    command += ["--server.port", "{port}", "--server.address", "127.0.0.1"]
    return [*command, "--browser.gatherUsageStats", "false"]


HEALTH = "/_stcore/health"
