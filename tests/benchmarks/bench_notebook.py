"""From a key on a slider to the repaint in JupyterLab: `explore()` beside an empty slider.

Both live in one notebook and one kernel and are asked in turn. The empty one is an ipywidgets
slider whose kernel writes its value into a label.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
import lab

KEYS = 25
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
BARE = """import ipywidgets as widgets
slider = widgets.FloatSlider(value=1, min=-1, max=8, step=0.05, description="bare")
label = widgets.Label("1")
label.add_class("bare-label")
slider.observe(lambda change: setattr(label, "value", f"{change['new']:.2f}"), names="value")
widgets.VBox([slider, label])"""
EXPLORER = "import effnet\nexplorer = effnet.explore()\nexplorer"
WATCH = """() => {
  const marks = {
    bare: () => document.querySelector('.bare-label').textContent,
    totals: () => document.querySelector('.widget-html table').textContent,
    figure: () => document.querySelector('.effnet-figure').dataset.drawn,
  };
  const last = {};
  globalThis.seen = {};
  const look = () => {
    for (const [name, read] of Object.entries(marks)) {
      const now = read();
      if (now !== last[name]) { last[name] = now; globalThis.seen[name] = performance.now(); }
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def press(page: Page, handle: int, names: tuple[str, ...]) -> list[float]:
    """Milliseconds from a key on a slider to each change."""
    page.locator(".noUi-handle").nth(handle).focus()
    page.wait_for_timeout(400)
    start = page.evaluate("() => performance.now()")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(900)
    seen = page.evaluate("() => globalThis.seen")
    return [seen[name] - start for name in names]


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    (folder / "room").mkdir()
    lab.write(folder / "room" / "race.ipynb", BARE, EXPLORER)
    with sync_playwright() as playwright, lab.serving(folder / "room", folder / "log") as url:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1900})
        page.set_default_timeout(120_000)
        lab.run_all(page, url, "race.ipynb")
        page.locator(".effnet-figure .main-svg").first.wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(WATCH)
        turns = [
            press(page, 0, ("bare",)) + press(page, 1, ("totals", "figure")) for _ in range(KEYS)
        ][3:]
        browser.close()
    bare, totals, figure = (statistics.median(turn[i] for turn in turns) for i in range(3))
    print(f"empty slider to label: {bare:.0f} ms")
    for name, value in (("totals", totals), ("figure", figure)):
        print(f"explore() to {name}: {value:.0f} ms, {value - bare:+.0f} ms, {value / bare:.2f} x")
