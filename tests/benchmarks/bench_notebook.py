"""From a key on a slider to repainted numbers in JupyterLab: `explore()` beside an empty slider.

Both live in one notebook and one kernel and are asked in turn. The empty one is an ipywidgets
slider whose kernel writes its value into a label. A key counts from when the browser has it to the
end of the frame that shows the new numbers, as in bench_browser.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from bench_browser import FLAGS, WATCH
from playwright.sync_api import Locator, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
import lab

KEYS = 25
BARE = """import ipywidgets as widgets
slider = widgets.FloatSlider(value=1, min=-1, max=8, step=0.05, description="bare")
label = widgets.Label("1")
label.add_class("bare-label")
slider.observe(lambda change: setattr(label, "value", f"{change['new']:.2f}"), names="value")
widgets.VBox([slider, label])"""
EXPLORER = "import effnet\nexplorer = effnet.explore()\nexplorer"
SHOWN = ".bare-label, .effnet .totals .value"


def press(page: Page, slider: Locator) -> float:
    """Milliseconds from a key on a slider to what it changes."""
    slider.focus()
    page.wait_for_timeout(400)
    page.evaluate("() => Object.assign(globalThis.seen, { asked: 0, waits: [] })")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => globalThis.seen.waits.length")
    page.wait_for_timeout(900)
    return float(page.evaluate("() => globalThis.seen.waits[0]"))


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
        sliders = page.locator(".noUi-handle"), page.get_by_role("slider", name="phi")
        page.locator(".effnet .totals .value").first.wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(WATCH, SHOWN)
        turns = [[press(page, slider) for slider in sliders] for _ in range(KEYS)][3:]
        browser.close()
    bare, ours = (statistics.median(turn[i] for turn in turns) for i in range(2))
    print(f"empty slider to label: {bare:.0f} ms")
    print(f"explore() to totals: {ours:.0f} ms, {ours - bare:+.0f} ms, {ours / bare:.2f} x")
