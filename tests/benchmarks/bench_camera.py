"""The live camera in Chromium, on a video that is known: answered frames, lag and memory.

Chromium's fake device plays a film of a sample photo that moves. The page is visited and left
several times, each visit as long; then the server's memory is told minute by minute, while another
visitor uploads a photo in each. Goals on two cores with Lite0: 10 answered frames a second with
map, a lag of at most two frames, no growth, the other visitor answered.

    python tests/benchmarks/bench_camera.py [--visits 4] [--seconds 15] [--minutes 0]
"""

import argparse
import io
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, Server, running, streamlit

from effnet.pixels.samples import get_sample

SIZE, FRAMES = (640, 480), 60
PHOTOS = ("coffee", "espresso"), ("chelsea", re.compile("cat|tabby"))  # what is said of it
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def film(path: Path) -> Path:
    """Motion JPEG: a window that moves over an enlarged sample photo, to and fro."""
    photo = Image.open(get_sample("coffee").path).convert("RGB").resize((900, 600))
    with path.open("wb") as file:
        for number in range(FRAMES):
            shift = 4 * min(number, FRAMES - number)
            buffer = io.BytesIO()
            window = (shift, shift // 2, shift + SIZE[0], shift // 2 + SIZE[1])
            photo.crop(window).save(buffer, "JPEG", quality=90)
            file.write(buffer.getvalue())
    return path


def watched(page: Page, seconds: float) -> str:
    """What the camera did for so long."""
    read = "(root) => [root.dataset.sent, root.dataset.answered].map(Number)"
    camera = page.locator(".camera")
    first, lag = camera.evaluate(read)[1], 0
    start = last = time.perf_counter()
    while last - start < seconds:
        page.wait_for_timeout(250)
        sent, answered = camera.evaluate(read)
        last, lag = time.perf_counter(), max(lag, sent - answered)
    rate = (answered - first) / (last - start)
    said = camera.locator(".pace").inner_text()
    return f"{rate:5.1f} answered frames a second, lag at most {lag}; the page says: {said}"


def visit(page: Page, server: Server) -> None:
    """Classify, by the menu where the app is open already, with the camera switched on."""
    if page.url.startswith(server.url):
        page.get_by_role("link", name="Classify").first.click()
    else:
        page.goto(f"{server.url}/classify")
    page.get_by_text("Camera", exact=True).click()
    page.locator(".camera .bar").nth(4).wait_for()


def uploaded(page: Page, name: str, said: str | re.Pattern[str]) -> float:
    """Seconds from another visitor's upload of a sample photo to the sentence about it."""
    start = time.perf_counter()
    page.locator("input[type=file]").set_input_files(get_sample(name).path)
    page.locator("h3").filter(has_text=said).first.wait_for()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--minutes", type=int, default=0, help="the last visit, for the memory")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = film(Path(folder, "film.mjpeg"))
        fake = [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={video}",
        ]
        with (
            running(streamlit(), HEALTH, log=Path(folder, "log")) as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=FLAGS + fake
            )
            page = browser.new_page()
            page.set_default_timeout(120_000)  # a loaded machine is slow
            for number in range(1, asked.visits + 1):
                visit(page, server)
                said = watched(page, asked.seconds)
                print(f"visit {number}: {said}; server {server.resident():.0f} MB", flush=True)
                if number < asked.visits:
                    page.get_by_role("link", name="Explain").first.click()
                    page.locator(".camera").wait_for(state="detached")
            other = browser.new_context().new_page()
            other.set_default_timeout(120_000)
            if asked.minutes:
                other.goto(f"{server.url}/classify")
                other.locator("h3").first.wait_for()
            for minute in range(1, asked.minutes + 1):
                seconds = uploaded(other, *PHOTOS[minute % len(PHOTOS)])
                said = watched(page, 60.0)
                print(
                    f"minute {minute}: {said}; server {server.resident():.0f} MB; "
                    f"another visitor's photo answered in {seconds:.1f} s",
                    flush=True,
                )
            browser.close()


if __name__ == "__main__":
    main()
