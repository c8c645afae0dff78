"""A class on one server: thirty visitors who drag phi on Scale, and what they see of it.

A drag is seen at once and reported on release, so this machine need not run thirty browsers: one
real page is dragged, and the others are websocket sessions that send what it sends, a report at
the end of each drag, and wait for the answer as it does. Of the page: milliseconds from the hand's
event to the end of the frame that shows other totals, frames, and messages a drag. Of the server:
waits for its answers, processor, memory. Then the static site's first page, as a file server
gives it to two hundred at once.

    python tests/benchmarks/bench_load.py --sessions 30 --seconds 120
"""

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))  # `servers` is a helper of the tests
from bench_browser import FLAGS, TOTALS, WATCH
from servers import HEALTH, Server, running, streamlit
from visitor import arrive

from effnet.site import PARTS, build

DRAG_S, REST_S = 2.0, 0.5
STATIC = 200  # visitors of the static site


def share(values: list[float], part: float) -> float:
    """The value below which such a part of them lies."""
    return sorted(values)[int(part * (len(values) - 1))]


async def enter(page: Page, server: Server, sent: list[int]) -> None:
    """Open Scale in a browser and watch its totals and what it sends."""

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda data: sent.append(len(data)))

    page.on("websocket", listen)
    await page.goto(f"{server.url}/?phi=1")
    await page.get_by_role("slider", name="phi").first.wait_for(timeout=90_000)
    await page.wait_for_timeout(4000)
    await page.evaluate(WATCH, TOTALS)
    sent.clear()


async def hand(page: Page, seconds: float) -> int:
    """Drag the slider to and fro, two seconds a drag; gives how many drags."""
    box = await page.get_by_role("slider", name="phi").first.bounding_box()
    assert box is not None
    y, until, drags = box["y"] + box["height"] / 2, time.monotonic() + seconds, 0
    while time.monotonic() < until:
        start, end = (0.2, 0.8) if drags % 2 == 0 else (0.8, 0.2)
        await page.mouse.move(box["x"] + start * box["width"], y)
        await page.mouse.down()
        await page.evaluate("() => { seen.asked = 0; }")
        began, moves = time.monotonic(), 0
        while (part := (time.monotonic() - began) / DRAG_S) < 1:
            await page.mouse.move(box["x"] + (start + part * (end - start)) * box["width"], y)
            moves += 1
            await asyncio.sleep(max(0.0, began + moves / 60 - time.monotonic()))
        await page.mouse.up()
        await asyncio.sleep(REST_S)
        drags += 1
    return drags


async def visit(server: Server, page: Page, options: argparse.Namespace) -> None:
    """Open all sessions, move all sliders, print what came of it."""
    sent: list[int] = []
    await enter(page, server, sent)
    before = server.resident()
    visitors, opened = [], []
    for seed in range(options.sessions - 1):
        visitors.append(await arrive(server, seed))
        opened.append(await visitors[-1].ask())
    full, others = server.resident(), len(visitors)
    print(
        f"{others} sessions beside a browser, first page {statistics.median(opened):.2f} s median"
    )
    print(f"memory: {before:.0f} MB with one, {(full - before) / others:.1f} MB a session more")
    spent = server.processor()
    moves = (one.move(options.seconds, DRAG_S + REST_S) for one in visitors)
    drags, *found = await asyncio.gather(
        hand(page, options.seconds), *moves, return_exceptions=True
    )
    if isinstance(drags, BaseException):
        raise drags
    used = server.processor() - spent
    seen = await page.evaluate("() => ({ waits: seen.waits, frames: seen.frames.length })")
    print(
        f"seen in the browser: {drags} drags, median {statistics.median(seen['waits']):.0f} ms, "
        f"p95 {share(seen['waits'], 0.95):.0f} ms, p99 {share(seen['waits'], 0.99):.0f} ms; "
        f"{len(sent) / drags:.1f} messages and {sum(sent) / drags:,.0f} bytes sent a drag"
    )
    lost = [one for one in found if isinstance(one, BaseException)]
    waits = [1000 * wait for one in found if isinstance(one, list) for wait in one]
    errors = [error for one in visitors for error in one.errors]
    print(
        f"answers to {len(waits)} reports, under the tabs: median {statistics.median(waits):.0f} "
        f"ms, p95 {share(waits, 0.95):.0f} ms"
    )
    print(
        f"server's processor: {1000 * used / (len(waits) + drags):.0f} ms a drag, "
        f"{100 * used / options.seconds:.0f} % of a core"
    )
    print(f"errors: {len(errors)} in pages, {len(lost)} sessions lost {sorted(set(errors))[:3]}")
    for one in visitors:
        await one.socket.close()


async def in_class(options: argparse.Namespace) -> None:
    """The class on a server of its own, with one page in Chromium."""
    with running(streamlit(), HEALTH) as server:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=shutil.which("chromium") or "chromium", args=FLAGS
            )
            page = await browser.new_page(viewport={"width": 1280, "height": 1400})
            await visit(server, page, options)
            await browser.close()


async def of_files(visitors: int) -> None:
    """The static site's first page from a file server, for all at once; nothing is asked after."""

    def fetch(url: str) -> tuple[float, int]:
        start = time.perf_counter()
        with urllib.request.urlopen(url) as answer:
            size = len(answer.read())
        return 1000 * (time.perf_counter() - start), size

    with tempfile.TemporaryDirectory() as folder:
        build(f"{folder}/site", without=PARTS)
        command = ["http.server", "{port}", "--bind", "127.0.0.1", "--directory", f"{folder}/site"]
        with running(command, "/index.html") as server:
            spent = server.processor()
            each = (asyncio.to_thread(fetch, f"{server.url}/index.html") for _ in range(visitors))
            found = await asyncio.gather(*each)
            used = server.processor() - spent
    waits = [wait for wait, _ in found]
    print(
        f"static site, {visitors} visitors at once: {found[0][1] / 1e6:.2f} MB each, p95 "
        f"{share(waits, 0.95):.0f} ms, {1000 * used / visitors:.1f} ms of processor each, in all"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=120.0)
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    asyncio.run(in_class(chosen))
    asyncio.run(of_files(STATIC))
