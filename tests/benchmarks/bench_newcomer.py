"""What a newcomer does in Chromium, in clicks and seconds: from opening the app to its report.

Open, see what phi does, count B4, classify an own photo, see its map, measure B0, export the
report: each as the app offers it, one visit, a new server. Clicks count presses, choices in a list,
a file that is put in and keys that are held; seconds go from the first of them until the answer is
on the screen. Several trees are compared in one run; a step that one has no way for is told as "-".

    python tests/benchmarks/bench_newcomer.py --tree ../before --tree .
"""

import argparse
import contextlib
import math
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Error, Locator, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, running, streamlit

from effnet.pixels import get_sample

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PHOTO = get_sample("chelsea").path  # stands for an own one
TOTAL = ".totals .value, [data-testid=stMetricValue]"  # the parameters
PATIENCE = 60_000  # ms


class Newcomer:
    """A visit whose clicks are counted."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.clicks = page, address, 0

    def click(self, what: Locator) -> None:
        """Click on the first of what is meant, once it is there."""
        self.clicks += 1
        what.locator("visible=true").first.click()

    def says(self, words: str) -> None:
        """Wait until the page's sentence says this."""
        expect(self.claim()).to_contain_text(re.compile(words), timeout=PATIENCE)

    def claim(self) -> Locator:
        return self.page.locator("h3").locator("visible=true").first

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def turn(self, name: str) -> None:
        """To another page by the menu."""
        self.click(self.page.get_by_role("link", name=name, exact=True))

    # --- what a newcomer wants --------------------------------------------------------------

    def open(self) -> None:
        self.page.goto(self.address)
        self.says("parameters|network")

    def understand_phi(self) -> None:
        self.clicks += 1
        slider = self.page.get_by_role("slider", name="phi").locator("visible=true").first
        total = self.page.locator(TOTAL).locator("visible=true").first
        before = total.inner_text()
        for _ in range(10):
            slider.press("ArrowRight")
        expect(total).not_to_have_text(before)

    def count_b4(self) -> None:
        station = self.page.locator(".stations button", has_text="B4")
        if station.count():
            self.click(station)
        else:
            self.click(self.page.get_by_role("radio", name="Released"))
            self.click(self.page.get_by_label("Released network"))
            self.click(self.page.get_by_role("option", name="EfficientNet-B4"))
        total = self.page.locator(TOTAL).locator("visible=true").first
        expect(total).to_contain_text("19.3 M", timeout=PATIENCE)

    def classify_an_own_photo(self) -> None:
        self.turn("Classify")
        self.says("says")
        self.clicks += 1
        self.page.locator("input[type=file]").first.set_input_files(str(PHOTO))
        self.says("cat|tabby")

    def see_its_map(self) -> None:
        self.turn("Explain")
        self.says("cat|tabby")
        self.page.locator(".viewer[data-drawn]").wait_for()

    def measure_b0(self) -> None:
        self.turn("Scale")
        self.says("parameters|network")
        station = self.page.locator(".stations button", has_text="B0")
        if station.count():
            self.click(station)
        else:
            self.click(self.page.get_by_label("Released network"))
            self.click(self.page.get_by_role("option", name="EfficientNet-B0"))
        self.turn("Latency")
        self.says("B0")
        self.click(self.button("Measure"))
        self.says("On this machine")

    def export_the_report(self) -> None:
        self.turn("Scale")
        self.click(self.page.get_by_role("tab", name="Take away"))
        with self.page.expect_download() as found:
            self.click(self.button("Report (HTML)"))
        assert found.value.suggested_filename.endswith(".html")


def visited(page: Page, address: str, pictures: Path | None) -> list[tuple[str, int, float]]:
    """Every step's name, clicks and seconds; NaN where there is no way. Its end as a picture."""
    person, rows = Newcomer(page, address), []
    steps: list[Callable[[], None]] = [
        person.open, person.understand_phi, person.count_b4, person.classify_an_own_photo,
        person.see_its_map, person.measure_b0, person.export_the_report,
    ]  # fmt: skip
    for step in steps:
        person.clicks, began = 0, time.monotonic()
        try:
            step()
            seconds = time.monotonic() - began
        except (Error, AssertionError, StopIteration):
            seconds = float("nan")
        rows.append((step.__name__.replace("_", " "), person.clicks, seconds))
        if pictures:
            page.screenshot(path=pictures / f"{len(rows)} {step.__name__}.png")
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path, action="append", help="a checkout; this one if none")
    parser.add_argument("--pictures", type=Path, help="a folder: what is seen after each step")
    asked = parser.parse_args()
    trees = [tree.resolve() for tree in asked.tree or [ROOT]]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("| tree | step | clicks | s |\n|---|---|---|---|")
    with sync_playwright() as playwright, contextlib.ExitStack() as stack:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        for tree in trees:
            kept = stack.enter_context(tempfile.TemporaryDirectory())  # what others measured is not
            own = os.environ | {"PYTHONPATH": str(tree), "EFFNET_TIMES": kept}
            with running(streamlit(), HEALTH, folder=tree, environment=own) as server:
                page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-US")
                page.set_default_timeout(PATIENCE / 3)
                rows = visited(page, server.url, asked.pictures)
                page.close()
            done = [(clicks, s) for _, clicks, s in rows if math.isfinite(s)]
            total = ("all", sum(clicks for clicks, _ in done), sum(s for _, s in done))
            for name, clicks, s in (*rows, total):
                shown = f"{s:.1f}" if math.isfinite(s) else "-"
                print(f"| {tree.name} | {name} | {clicks} | {shown} |", flush=True)
        browser.close()
