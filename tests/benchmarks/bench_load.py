"""A class on one server: sessions over websockets that move phi on Scale, and what they wait.

Each session speaks Streamlit's own protocol as a browser does: it opens the page, then moves the
slider by a step, waits until the answer has come in full, pauses, and moves on. Prints the waits
(median, p95, largest), errors, and the server's memory before, with all sessions open, and after
the last has moved. Drawing in the browser is not part of it: see bench_browser.

    python tests/benchmarks/bench_load.py --sessions 30 --seconds 120 --pause 1.0
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
STEP = 0.05
PROTOCOLS = ["streamlit", "PLACEHOLDER"]  # as the browser sends them
PATIENCE = 60  # seconds for one answer


class Visitor:
    """One browser-like session."""

    def __init__(self, socket: ClientConnection, url: str, seed: int) -> None:
        self.socket, self.url = socket, url
        self.random = random.Random(seed)
        self.page, self.slider, self.fragment = "", "", ""
        self.cached: set[str] = set()
        self.value = 1.0
        self.claim = ""
        self.errors: list[str] = []

    async def ask(self, value: float | None = None) -> float:
        """Run the page, or its fragment with a new phi; gives the seconds until all has come."""
        asked = BackMsg()
        run = asked.rerun_script
        run.page_script_hash = self.page
        run.context_info.url = self.url
        run.context_info.locale = "en-US"
        run.cached_message_hashes.extend(self.cached)
        if value is not None:
            state = run.widget_states.widgets.add()
            state.id, state.json_value = self.slider, json.dumps({"value": value})
            run.fragment_id = self.fragment
        start = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        while True:
            data = await asyncio.wait_for(self.socket.recv(), PATIENCE)
            if self._read(ForwardMsg.FromString(data)):
                return time.perf_counter() - start

    def _read(self, message: ForwardMsg) -> bool:
        """Remember what the next message needs; True at the end of a run."""
        if message.metadata.cacheable:
            self.cached.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.page = message.new_session.page_script_hash
        elif kind == "delta" and message.delta.HasField("new_element"):
            element = message.delta.new_element
            what = element.WhichOneof("type")
            if what == "exception":
                self.errors.append(element.exception.message)
            elif what == "bidi_component":
                data = _data(element.bidi_component)
                if data.get("label") == "phi":
                    self.slider = element.bidi_component.id
                    self.fragment = message.delta.fragment_id
                if str(data.get("text", "")).startswith("phi = "):
                    self.claim = data["text"]
        return kind == "script_finished"

    async def move(self, seconds: float, pause: float) -> list[float]:
        """Move the slider back and forth for so long; gives what each move waited."""
        waits, until, step = [], time.perf_counter() + seconds, STEP
        await asyncio.sleep(self.random.uniform(0, pause))
        while time.perf_counter() < until:
            step = -step if not 0 <= self.value + step <= 6 else step
            self.value = round(self.value + step, 2)
            waits.append(await self.ask(self.value))
            if not self.claim.startswith(f"phi = {self.value:.2f} "):
                self.errors.append("the answer was to another value")
            await asyncio.sleep(self.random.uniform(0.5 * pause, 1.5 * pause))
        return waits


def _data(component: BidiComponent) -> dict[str, Any]:
    """What the page gave a component."""
    found = json.loads(component.json or component.mixed.json or "{}")
    return found if isinstance(found, dict) else {}


async def visit(url: str, options: argparse.Namespace, server: int) -> None:
    """Open all sessions, move all sliders, print what came of it."""
    stream = url.replace("http", "ws") + "_stcore/stream"
    visitors, opened, before = [], [], 0.0
    for seed in range(options.sessions + 1):  # the first one brings what all share
        connection = await connect(stream, subprotocols=PROTOCOLS, max_size=None)
        visitors.append(Visitor(connection, url, seed))
        opened.append(await visitors[-1].ask())
        before = before or resident(server)
    await visitors.pop(0).socket.close()
    if not all(one.slider for one in visitors):
        raise SystemExit("no phi slider came: the page's components have changed")
    full = resident(server)
    per = (full - before) / options.sessions
    print(f"{options.sessions} sessions open, first page {statistics.median(opened):.2f} s median")
    print(f"memory: {before:.0f} MB with one, {full:.0f} MB with all: {per:.1f} MB a session")
    spent = processor(server)
    moves = (one.move(options.seconds, options.pause) for one in visitors)
    found = await asyncio.gather(*moves, return_exceptions=True)
    lost = [one for one in found if isinstance(one, BaseException)]
    waits = sorted(1000 * wait for one in found if isinstance(one, list) for wait in one)
    errors = [error for one in visitors for error in one.errors]
    after = resident(server)
    print(f"{len(waits)} moves: median {statistics.median(waits):.0f} ms, ", end="")
    print(f"p95 {waits[int(0.95 * (len(waits) - 1))]:.0f} ms, largest {waits[-1]:.0f} ms")
    print(f"processor: {1000 * (processor(server) - spent) / len(waits):.0f} ms a move")
    print(f"errors: {len(errors)} in pages, {len(lost)} sessions lost {sorted(set(errors))[:3]}")
    print(f"memory after: {after:.0f} MB, {(after - full) / options.sessions:+.1f} MB a session")
    for one in visitors:
        await one.socket.close()


def resident(process: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return float("nan")


def processor(process: int) -> float:
    """Seconds of processor time that a process has used (Linux); other programs don't add to it."""
    values = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")


def serve() -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/"
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return server, url
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--pause", type=float, default=1.0, help="between two moves, on average")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    process, address = serve()
    try:
        asyncio.run(visit(address, chosen, process.pid))
    finally:
        process.terminate()
        process.wait(20)
