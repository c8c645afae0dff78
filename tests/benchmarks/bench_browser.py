"""Scale in Chromium: from a key to repainted totals, frames in a drag, bytes and processor.

    python tests/benchmarks/bench_browser.py [COMMIT]

With a commit, the page as it was there is asked in turn with today's, in the same run; once on a
quiet machine and once with one core held by a loop.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import Process
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, ROOT, Server, running, streamlit

KEYS, DRAGS, DRAG_S = 20, 3, 2.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
TOTALS = ".totals .value, [data-testid=stMetricValue]"
# every frame: whether the totals changed; components have roots of their own
WATCH = """(selector) => {
  const deep = (root) => [...root.querySelectorAll('*')].flatMap(
    (node) => (node.shadowRoot ? [node.shadowRoot, ...deep(node.shadowRoot)] : []));
  let roots = [];
  const find = () => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const seen = globalThis.seen = { text: '', painted: 0, changes: 0, frames: [] };
  const look = (now) => {
    if (!find().length) roots = [document, ...deep(document)];
    const text = find().map((node) => node.textContent).join();
    if (text !== seen.text) {
      Object.assign(seen, { text, painted: performance.now(), changes: seen.changes + 1 });
    }
    seen.frames.push(now);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


@dataclass
class Seat:
    """A page that is asked, its server, and what it answered."""

    name: str
    page: Page
    server: Server
    keys_ms: list[float] = field(default_factory=list)
    drags: list[dict[str, float]] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)  # bytes on the socket, both ways


def take(name: str, page: Page, server: Server) -> Seat:
    """Open Scale and watch its totals and its socket."""
    seat = Seat(name, page, server)

    def listen(socket: Any) -> None:
        socket.on("framereceived", lambda data: seat.sent.append(len(data)))
        socket.on("framesent", lambda data: seat.sent.append(len(data)))

    page.on("websocket", listen)
    page.goto(f"{server.url}/?phi=1")
    page.get_by_role("slider", name="phi").first.wait_for(timeout=90_000)
    page.wait_for_timeout(4000)
    page.evaluate(WATCH, TOTALS)
    return seat


def press(seat: Seat, number: int) -> None:
    """One arrow key, and the milliseconds until the totals are repainted."""
    page = seat.page
    page.bring_to_front()  # a page in the back is not painted
    page.wait_for_timeout(150)
    began, before = page.evaluate("() => [performance.now(), globalThis.seen.text]")
    key = "ArrowRight" if number % 2 == 0 else "ArrowLeft"
    page.get_by_role("slider", name="phi").first.press(key)
    page.wait_for_function("before => globalThis.seen.text !== before", arg=before, polling="raf")
    seat.keys_ms.append(page.evaluate("() => globalThis.seen.painted") - began)
    page.wait_for_timeout(700)


def drag(seat: Seat) -> None:
    """Two seconds with the thumb held: frames, changes of the totals, bytes, the server's work."""
    page = seat.page
    page.bring_to_front()
    box = page.get_by_role("slider", name="phi").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.22 * box["width"], y)
    page.mouse.down()
    page.wait_for_timeout(900)
    seat.sent.clear()
    before = seat.server.processor()
    page.evaluate("() => { seen.changes = 0; seen.frames = []; }")
    began, moves = time.monotonic(), 0
    while (share := (time.monotonic() - began) / DRAG_S) < 1:
        page.mouse.move(box["x"] + (0.22 + 0.6 * share) * box["width"], y)
        moves += 1
        time.sleep(max(0.0, began + moves / 60 - time.monotonic()))
    seen = page.evaluate("() => ({ frames: seen.frames, changes: seen.changes })")
    held = sum(seat.sent)
    page.mouse.up()
    page.wait_for_timeout(1500)
    seconds = (seen["frames"][-1] - seen["frames"][0]) / 1000
    seat.drags.append(
        {
            "frames a second": len(seen["frames"]) / seconds,
            "totals a second": seen["changes"] / seconds,
            "bytes while held": held,
            "bytes in all": sum(seat.sent),
            "server's ms": 1000 * (seat.server.processor() - before),
        }
    )


def show(seats: list[Seat], machine: str) -> None:
    """The medians, and begin anew."""
    for seat in seats:
        keys, drags = sorted(seat.keys_ms[2:]), seat.drags
        told = ", ".join(
            f"{name} {statistics.median(d[name] for d in drags):,.0f}" for name in drags[0]
        )
        print(
            f"{machine:5} {seat.name:12} key to totals {statistics.median(keys):.0f} ms, "
            f"p90 {keys[int(0.9 * len(keys))]:.0f}; drag: {told}"
        )
        seat.keys_ms.clear()
        seat.drags.clear()


def spin() -> None:
    """Hold a core."""
    while True:
        pass


@contextlib.contextmanager
def busy(*, is_busy: bool) -> Iterator[None]:
    """A machine with one core held by a loop, where asked for."""
    loop = Process(target=spin, daemon=True)
    if is_busy:
        loop.start()
    try:
        yield
    finally:
        if is_busy:
            loop.kill()
            loop.join()


@contextlib.contextmanager
def folders(commit: str | None) -> Iterator[dict[str, Path]]:
    """Where the app stands as it is, and as it was."""
    if commit is None:
        yield {"now": ROOT}
        return
    old = Path(tempfile.mkdtemp()) / "old"
    subprocess.run(["git", "worktree", "add", "--detach", str(old), commit], cwd=ROOT, check=True)
    try:
        yield {"as it was": old, "now": ROOT}
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(old)], cwd=ROOT, check=True)


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        apps = stack.enter_context(folders(sys.argv[1] if len(sys.argv) > 1 else None))
        chromium = stack.enter_context(sync_playwright()).chromium
        browser = chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        seats = []
        for name, folder in apps.items():
            own = os.environ | {"PYTHONPATH": str(folder)}
            server = stack.enter_context(
                running(streamlit(), HEALTH, folder=folder, environment=own)
            )
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            seats.append(take(name, page, server))
        for machine in ("quiet", "busy"):
            with busy(is_busy=machine == "busy"):
                for number in range(KEYS):
                    for seat in seats:
                        press(seat, number)
                for _ in range(DRAGS):
                    for seat in seats:
                        drag(seat)
            show(seats, machine)
        browser.close()
