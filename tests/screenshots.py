"""The README's pictures, taken of the running app: `python tests/screenshots.py`.

Starts a server of its own, opens each page with a state worth seeing, and writes
`assets/images/NAME.png`, 1280 px wide.
"""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "assets" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDTH, MOST = 1280, 1250  # px; what is below is cut
PAGES = {
    "scale": "/?phi=2",
    "cost": "/cost?mode=released&released=b0",
    "latency": "/latency?mode=released&released=b0",
    "classify": "/classify",
    "explain": "/explain",
    "train": "/train",
    "papers": "/papers",
}


def serve() -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return server, url
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def shoot(page: Page, url: str, name: str) -> None:
    """Open a page, wait until it has settled, and save it down to `MOST` pixels."""
    page.set_viewport_size({"width": WIDTH, "height": MOST})
    page.goto(url)
    page.locator("h3").first.wait_for()
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")
    page.wait_for_timeout(6000)
    box = page.get_by_test_id("stMainBlockContainer").bounding_box()
    height = min(MOST, int(box["height"]) + 20) if box else MOST
    page.screenshot(
        path=IMAGES / f"{name}.png", clip={"x": 0, "y": 0, "width": WIDTH, "height": height}
    )


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(PAGES)
    running, address = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or "chromium", args=FLAGS
            )
            tab = browser.new_page(color_scheme="light", locale="en-US")
            tab.set_default_timeout(120_000)
            for picture in wanted:
                shoot(tab, address + PAGES[picture], picture)
            browser.close()
    finally:
        running.terminate()
        running.wait(20)
