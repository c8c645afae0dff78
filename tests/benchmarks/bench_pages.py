"""How long a page takes to its claim and main figure in Chromium, and how far it moves meanwhile.

For every page: a new server's first visit (cold), a second one with the browser's cache (warm), and
the way there from the page before by the menu; the summed layout shift of each visit, and of a
change of language, of tab, of the first slider and of the photo, whether or not an input came just
before. Several trees are compared in one run, each page in all of them in turn:

    python tests/benchmarks/bench_pages.py --tree ../before --tree . --page cost --page train
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, running, streamlit

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
FIGURE = {  # what a page is opened for, as the trees that are compared name it
    "scale": ":is(.drawing canvas, .st-key-drawing .main-svg)",
    "cost": ".st-key-cost_bars .main-svg",
    "latency": ":is(.st-key-samples, .st-key-published_first) .main-svg",
    "classify": ":is(.st-key-top, [class*=st-key-top_]) .main-svg",
    "explain": "[data-panel=blend] canvas",
    "train": ".st-key-staircase .main-svg",
    "papers": "[class*=st-key-exhibit-] .main-svg",
    "lessons": ":is([class*=st-key-card_] button, [data-testid=stExpander] summary)",
}
PAGES = tuple(FIGURE)
QUIET = 1500  # ms without a message or a shift: the page has settled
STEPS = 12  # of the slider
PATIENCE = 120_000
WATCH = """(() => {
  const seen = globalThis.seen = { shifts: [], last: 0 };
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      const what = shift.sources.map(({ node }) => node?.dataset?.testid ?? node?.className ?? '');
      seen.shifts.push({ value: shift.value, at: shift.startTime, what: what.join(' ') });
      seen.last = performance.now();
    }
  }).observe({ type: 'layout-shift', buffered: true });
  const shown = (selector, root = document) => [...root.querySelectorAll('*')].find((node) => (
    (node.matches(selector) && node.getBoundingClientRect().height > 0
      && node.checkVisibility({ visibilityProperty: true }))
    || (node.shadowRoot && shown(selector, node.shadowRoot))
  ));
  const claim = (root = document) => {
    const found = shown('h3', root);
    return found?.shadowRoot ? claim(found.shadowRoot) : found?.textContent;
  };
  // from now on: when another claim than the one that is there is seen, and when the figure is
  seen.start = (figure) => {
    const [from, before] = [performance.now(), claim()];
    seen.claim = seen.figure = 0;
    const turn = seen.turn = (seen.turn ?? 0) + 1;
    const look = () => {
      if (turn !== seen.turn) return;
      const now = claim();
      if (!seen.claim && now && now !== before) seen.claim = performance.now() - from;
      if (!seen.figure && shown(figure)) seen.figure = performance.now() - from;
      if (!seen.claim || !seen.figure) setTimeout(look, 30);
    };
    look();
  };
  seen.start('FIGURE');
})()"""
SETTLED = """(quiet) => {
  const { seen } = globalThis;
  const running = document.querySelector(
    '[data-testid=stStatusWidgetRunningIcon], [data-testid=stSkeleton]');
  if (running || !seen.claim || !seen.figure) seen.last = performance.now();
  return performance.now() - seen.last > quiet;
}"""


def settled(page: Page) -> float:
    """Wait until the page is quiet, and give the layout shift since it was quiet before."""
    page.wait_for_function(SETTLED, arg=QUIET, timeout=PATIENCE, polling=200)
    return float(
        page.evaluate("() => globalThis.seen.shifts.splice(0).reduce((s, one) => s + one.value, 0)")
    )


def moved(page: Page, act: Callable[[], Any]) -> float:
    """Do something, wait until the page has settled, and give the layout shift it made."""
    page.evaluate("() => { globalThis.seen.last = performance.now(); }")
    act()
    return settled(page)


def seconds(page: Page) -> tuple[float, float]:
    """Until the claim and until the figure was seen."""
    seen = page.evaluate("() => globalThis.seen")
    return seen["claim"] / 1000, seen["figure"] / 1000


def visited(page: Page, url: str, told: bool) -> tuple[tuple[float, float], float]:
    """Seconds to the claim and the figure, and the layout shift while the page loads."""
    page.goto(url)
    page.wait_for_function(SETTLED, arg=QUIET, timeout=PATIENCE, polling=200)
    for one in page.evaluate("() => globalThis.seen.shifts") if told else ():
        if one["value"] > 0.005:
            print(f"    {one['value']:.3f} at {one['at'] / 1000:.1f} s: {one['what'][:150]}")
    return seconds(page), settled(page)


def turned_to(page: Page, server: str, name: str) -> tuple[float, float]:
    """Seconds to claim and figure on the way from the page before, by the menu."""
    before = PAGES[PAGES.index(name) - 1]
    page.goto(address(server, before))
    page.wait_for_timeout(2 * QUIET)
    page.evaluate("(figure) => { globalThis.seen.start(figure); }", FIGURE[name])
    page.locator(".st-key-menu a, a[data-testid=stPageLink-NavLink]:visible").filter(
        has_text=name.title()
    ).first.click()
    settled(page)
    return seconds(page)


def address(server: str, name: str) -> str:
    """A page's address."""
    return server + ("/" if name == "scale" else f"/{name}")


def acts(page: Page, name: str) -> list[Callable[[], Any] | None]:
    """A change of language, of tab, of a slider, and of the photo; None where a page has none."""
    tabs, slider = page.get_by_role("tab"), page.locator("input[type=range]:visible").first
    photo = page.locator("button.frame").nth(1)

    def dragged() -> None:
        slider.focus()
        for _ in range(STEPS):
            slider.press("ArrowRight")

    return [
        lambda: page.get_by_role("button", name="中文").click(),
        (lambda: tabs.nth(1).click()) if tabs.count() > 1 else None,
        dragged if name in ("scale", "cost", "latency", "train") else None,
        photo.click if photo.count() else None,
    ]


def measured(browser: Any, tree: Path, name: str, options: argparse.Namespace) -> str:
    """One page of one tree, as a row."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    with running(streamlit(), HEALTH, folder=tree, environment=environment) as server:
        context = browser.new_context(
            viewport={"width": options.width, "height": 900}, locale="en-US"
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(WATCH.replace("FIGURE", FIGURE[name]))
        cold, cold_shift = visited(page, address(server.url, name), options.sources)
        warm, warm_shift = visited(page, address(server.url, name), options.sources)
        shifts = [moved(page, act) if act else None for act in acts(page, name)]
        turned = turned_to(page, server.url, name)
        context.close()
    times = [f"{cold[i]:4.1f} / {warm[i]:4.1f} / {turned[i]:4.1f}" for i in (0, 1)]
    loads = f"{cold_shift:.2f} / {warm_shift:.2f}"
    told = ["-" if shift is None else f"{shift:.2f}" for shift in shifts]
    return f"| {' | '.join([f'{name:8}', f'{tree.name:10}', *times, loads, *told])} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path, action="append", help="a checkout; this one if none")
    parser.add_argument("--page", action="append", choices=PAGES, help="all if none")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--sources", action="store_true", help="also what moved while loading")
    chosen = parser.parse_args()
    trees = [tree.resolve() for tree in chosen.tree or [Path(__file__).parents[2]]]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {chosen.width} px wide")
    columns = ["page", "tree", "claim s, cold / warm / by the menu", "figure s", "shift"]
    columns += ["language", "tab", "slider", "photo"]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|", flush=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        for which in chosen.page or PAGES:
            for tree in trees:
                print(measured(opened, tree, which, chosen), flush=True)
        opened.close()
