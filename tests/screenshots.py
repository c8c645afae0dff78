"""The README's pictures, taken of the running app: `python tests/screenshots.py`.

Starts a server of its own, opens each page with a state worth seeing, and writes
`assets/images/NAME.png`, 1280 px wide.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from servers import HEALTH, running, streamlit

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
    "scale-zh": "/?phi=2&lang=zh",
}


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
    with running(streamlit(), HEALTH) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        tab = browser.new_page(color_scheme="light", locale="en-US")
        tab.set_default_timeout(120_000)
        for picture in wanted:
            shoot(tab, server.url + PAGES[picture], picture)
        browser.close()
