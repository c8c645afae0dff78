"""How long a page takes to its title and main figure in Chromium, and how far it moves meanwhile.

For every page: a new server's first visit (cold) and a second one with the browser's cache (warm);
the summed layout shift of each, and of a change of language and of tab, whether or not an input
came just before. Several trees are compared in one run, each page in all of them in turn:

    python tests/benchmarks/bench_pages.py --tree ../before --tree . --page cost --page train
"""

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, running, streamlit

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
FIGURE = {  # what a page is opened for
    "scale": ".drawing canvas",
    "classify": "img[alt], .main-svg",
    "explain": ".viewer canvas, .viewer img, .main-svg",
    "lessons": "h3, details, [data-testid=stExpander]",
}
PLOTLY = ".main-svg"
PAGES = ("scale", "cost", "latency", "classify", "explain", "train", "papers", "lessons")
QUIET = 2500  # ms without a message or a shift: the page has settled
PATIENCE = 120_000
WATCH = """(() => {
  const seen = globalThis.seen = { title: 0, figure: 0, shifts: [], last: 0 };
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      const what = shift.sources.map(({ node }) => node?.dataset?.testid ?? node?.className ?? '');
      seen.shifts.push({ value: shift.value, at: shift.startTime, what: what.join(' ') });
      seen.last = performance.now();
    }
  }).observe({ type: 'layout-shift', buffered: true });
  const shown = (selector, root = document) => [...root.querySelectorAll('*')].some((node) => (
    (node.matches(selector) && node.getBoundingClientRect().height > 0 && node.checkVisibility())
    || (node.shadowRoot && shown(selector, node.shadowRoot))
  ));
  const look = () => {
    if (!seen.title && shown('h3')) seen.title = performance.now();
    if (!seen.figure && shown('FIGURE')) seen.figure = performance.now();
    if (!seen.title || !seen.figure) setTimeout(look, 30);
  };
  look();
})()"""
SETTLED = """(quiet) => {
  const { seen } = globalThis;
  const running = document.querySelector(
    '[data-testid=stStatusWidgetRunningIcon], [data-testid=stSkeleton]');
  if (running || !seen.title || !seen.figure) seen.last = performance.now();
  return performance.now() - Math.max(seen.last, seen.figure) > quiet;
}"""


def moved(page: Page, act: Any = None) -> float:
    """Do something, wait until the page has settled, and give the layout shift it made."""
    page.evaluate(
        "() => { globalThis.seen.shifts.length = 0; globalThis.seen.last = performance.now(); }"
    )
    act()
    return shift(page)


def shift(page: Page) -> float:
    """The layout shift until the page is quiet."""
    page.wait_for_function(SETTLED, arg=QUIET, timeout=PATIENCE, polling=200)
    return float(page.evaluate("() => globalThis.seen.shifts.reduce((s, one) => s + one.value, 0)"))


def visited(page: Page, url: str, told: bool) -> tuple[float, float, float]:
    """Seconds to the title and the figure, and the layout shift while the page loads."""
    page.goto(url)
    found = shift(page)
    seen = page.evaluate("() => globalThis.seen")
    if told:
        for one in seen["shifts"]:
            if one["value"] > 0.005:
                print(f"    {one['value']:.3f} at {one['at'] / 1000:.1f} s: {one['what'][:150]}")
    return seen["title"] / 1000, seen["figure"] / 1000, found


def measured(browser: Any, tree: Path, name: str, options: argparse.Namespace) -> str:
    """One page of one tree, as a row."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    with running(streamlit(), HEALTH, folder=tree, environment=environment) as server:
        context = browser.new_context(
            viewport={"width": options.width, "height": 900}, locale="en-US"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH.replace("FIGURE", FIGURE.get(name, PLOTLY)))
        url = server.url + ("/" if name == "scale" else f"/{name}")
        cold = visited(page, url, options.sources)
        warm = visited(page, url, False)
        chinese = moved(page, lambda: page.get_by_role("button", name="中文").click())
        tabs = page.get_by_role("tab")
        tab = moved(page, lambda: tabs.nth(1).click()) if tabs.count() > 1 else 0.0
        context.close()
    times = f"{cold[0]:5.1f} / {warm[0]:4.1f} | {cold[1]:5.1f} / {warm[1]:4.1f}"
    shifts = f"{cold[2]:.2f} / {warm[2]:.2f} | {chinese:.2f} | {tab:.2f}"
    return f"| {name:8} | {tree.name:10} | {times} | {shifts} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path, action="append", help="a checkout; this one if none")
    parser.add_argument("--page", action="append", choices=PAGES, help="all if none")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--sources", action="store_true", help="also what moved while loading")
    chosen = parser.parse_args()
    trees = [tree.resolve() for tree in chosen.tree or [Path(__file__).parents[2]]]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {chosen.width} px wide")
    print("| page | tree | title s, cold / warm | figure s | shift | language | tab |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        for which in chosen.page or PAGES:
            for tree in trees:
                print(measured(opened, tree, which, chosen), flush=True)
        opened.close()
