"""Scale in Chromium: from a key to repainted totals, frames in a drag, bytes and processor.

    python tests/benchmarks/bench_browser.py [COMMIT]

With a commit, the page as it was there is asked in turn with today's, in the same run; once on a
quiet machine and once with one core held by a loop. A key counts from when the browser has it,
which is its event's own time, to the end of the frame that shows other totals. First the explorer
alone, as a plain file: what its JavaScript takes a step from phi 6 to 8, one step a frame.
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

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, ROOT, Server, running, streamlit

from effnet import web

KEYS, DRAGS, DRAG_S = 20, 3, 2.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
TOTALS = ".totals .value, [data-testid=stMetricValue]"
# every frame: whether the totals changed, and what is drawn; components have roots of their own
WATCH = """(selector) => {
  const deep = (root) => [...root.querySelectorAll('*')].flatMap(
    (node) => (node.shadowRoot ? [node.shadowRoot, ...deep(node.shadowRoot)] : []));
  let roots = [], drawing = 0;
  const find = () => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const pen = CanvasRenderingContext2D.prototype, { lineTo, clearRect } = pen;
  pen.lineTo = function (x, y) {
    drawing = (31 * drawing + 10 * x + y) % 1e9;
    return lineTo.call(this, x, y);
  };
  pen.clearRect = function (...room) {
    drawing = 0;
    return clearRect.apply(this, room);
  };
  const seen = globalThis.seen = {
    text: '', drawing: 0, asked: 0, waits: [], totals: 0, drawings: 0, frames: [] };
  for (const kind of ['keydown', 'input']) { // the first that nothing has answered yet
    addEventListener(kind, (event) => { seen.asked ||= event.timeStamp; }, true);
  }
  const { port1, port2 } = new MessageChannel(); // heard after the frame
  port1.onmessage = ({ data }) => seen.waits.push(performance.now() - data);
  const look = (now) => {
    if (!find().length) roots = [document, ...deep(document)];
    const text = find().map((node) => node.textContent).join();
    if (text !== seen.text) {
      if (seen.asked) port2.postMessage(seen.asked);
      seen.text = text;
      seen.asked = 0;
      seen.totals += 1;
    }
    if (drawing !== seen.drawing) {
      seen.drawing = drawing;
      seen.drawings += 1;
    }
    seen.frames.push(now);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
STEPS = """async () => {
  const slider = document.querySelector('.dial.compound input[type=range]'), steps = [];
  for (let i = 0; i < 200; i += 1) {
    const before = globalThis.explorer.spent.total;
    slider.value = 6 + (i % 40) / 20;
    slider.dispatchEvent(new Event('input'));
    await new Promise(requestAnimationFrame);
    await new Promise((drawn) => setTimeout(drawn));
    steps.push(globalThis.explorer.spent.total - before);
  }
  return steps.slice(20).sort((a, b) => a - b);
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
    page.get_by_role("slider", name="phi").first.focus()
    page.wait_for_timeout(150)
    page.evaluate("() => Object.assign(globalThis.seen, { asked: 0, waits: [] })")
    page.keyboard.press("ArrowRight" if number % 2 == 0 else "ArrowLeft")
    page.wait_for_function("() => globalThis.seen.waits.length")
    seat.keys_ms.append(page.evaluate("() => globalThis.seen.waits[0]"))
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
    page.evaluate("() => Object.assign(seen, { totals: 0, drawings: 0, frames: [] })")
    began, moves = time.monotonic(), 0
    while (share := (time.monotonic() - began) / DRAG_S) < 1:
        page.mouse.move(box["x"] + (0.22 + 0.6 * share) * box["width"], y)
        moves += 1
        time.sleep(max(0.0, began + moves / 60 - time.monotonic()))
    seen = page.evaluate("() => ({ ...seen })")
    held = sum(seat.sent)
    page.mouse.up()
    page.wait_for_timeout(1500)
    seconds = (seen["frames"][-1] - seen["frames"][0]) / 1000
    seat.drags.append(
        {
            "frames a second": len(seen["frames"]) / seconds,
            "totals a second": seen["totals"] / seconds,
            "drawings a second": seen["drawings"] / seconds,
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


def steps(browser: Browser) -> None:
    """What the explorer's JavaScript takes a step: count, rows, redraw."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "explorer.html")
        file.write_text(web.page(intro=False), "utf-8")
        page.goto(f"{file.as_uri()}#phi=6")
        page.locator(".totals .value").first.wait_for()
        taken = page.evaluate(STEPS)
    page.close()
    print(
        f"JavaScript a step: median {statistics.median(taken):.1f} ms, "
        f"p90 {taken[int(0.9 * len(taken))]:.1f}"
    )


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
        steps(browser)
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
