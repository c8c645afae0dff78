"""A class on one server: sessions over websockets that move phi on Scale, and what they wait.

Each session speaks Streamlit's own protocol as a browser does: it opens the page, then moves the
slider by a step, waits until the answer has come in full, pauses, and moves on. Prints the waits
(median, p95, largest), errors, and the server's memory before, with all sessions open, and after
the last has moved. Drawing in the browser is not part of it: see bench_browser.

    python tests/benchmarks/bench_load.py --sessions 30 --seconds 120 --pause 1.0
"""

import argparse
import asyncio
import os
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # `servers` is a helper of the tests
from servers import HEALTH, Server, running, streamlit
from visitor import arrive


async def visit(server: Server, options: argparse.Namespace) -> None:
    """Open all sessions, move all sliders, print what came of it."""
    visitors, opened, before = [], [], 0.0
    for seed in range(options.sessions + 1):  # the first one brings what all share
        visitors.append(await arrive(server, seed))
        opened.append(await visitors[-1].ask())
        before = before or server.resident()
    await visitors.pop(0).socket.close()
    if not all(one.slider for one in visitors):
        said = visitors[0].errors or "the page's components have changed"
        raise SystemExit(f"no phi slider came: {said}")
    full = server.resident()
    per = (full - before) / options.sessions
    print(f"{options.sessions} sessions open, first page {statistics.median(opened):.2f} s median")
    print(f"memory: {before:.0f} MB with one, {full:.0f} MB with all: {per:.1f} MB a session")
    spent = server.processor()
    moves = (one.move(options.seconds, options.pause) for one in visitors)
    found = await asyncio.gather(*moves, return_exceptions=True)
    lost = [one for one in found if isinstance(one, BaseException)]
    waits = sorted(1000 * wait for one in found if isinstance(one, list) for wait in one)
    errors = [error for one in visitors for error in one.errors]
    after = server.resident()
    print(f"{len(waits)} moves: median {statistics.median(waits):.0f} ms, ", end="")
    print(f"p95 {waits[int(0.95 * (len(waits) - 1))]:.0f} ms, largest {waits[-1]:.0f} ms")
    print(f"processor: {1000 * (server.processor() - spent) / len(waits):.0f} ms a move")
    print(f"errors: {len(errors)} in pages, {len(lost)} sessions lost {sorted(set(errors))[:3]}")
    print(f"memory after: {after:.0f} MB, {(after - full) / options.sessions:+.1f} MB a session")
    for one in visitors:
        await one.socket.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--pause", type=float, default=1.0, help="between two moves, on average")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with running(streamlit(), HEALTH) as started:
        asyncio.run(visit(started, chosen))
