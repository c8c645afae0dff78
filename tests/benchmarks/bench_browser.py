"""From a key on the slider to repainted totals and figure, in Chromium, beside a bare page.

The bare page has one slider, one table and one chart of the same size, by Streamlit's own elements.
Both are asked in turn; `ratio` is what the Scale page takes of what the bare page takes.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, running, streamlit

KEYS = 25
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
BARE = """
import streamlit as st
import plotly.graph_objects as go
st.set_page_config(layout="wide")
value = st.slider("phi", -1.0, 8.0, 1.0, 0.05, key="phi")
st.metric("total", f"{1.92**value:.4f}")
st.dataframe([{str(c): f"{r * value + c:.3f}" for c in range(14)} for r in range(9)])
xs = [i / 20 - 1 for i in range(181)]
curve = go.Scatter(x=xs, y=[1.92**x for x in xs])
st.plotly_chart(go.Figure([curve, go.Scatter(x=[value], y=[1.92**value])]), height=420)
"""
WATCH = """() => {
  const seen = { text: '', painted: 0, drawn: 0 };
  globalThis.seen = seen;
  const total = () => [...document.querySelectorAll('[data-testid=stMetricValue]')]
    .map((node) => node.textContent).join();
  const chart = () => document.querySelectorAll('.js-plotly-plot .main-svg').length
    ? [...document.querySelectorAll('.figure')].map((n) => n.dataset.drawn).join()
      || document.querySelector('.js-plotly-plot .scatterlayer')?.innerHTML.length
    : '';
  let figure = chart();
  const look = () => {
    if (total() !== seen.text) { seen.text = total(); seen.painted = performance.now(); }
    const now = chart();
    if (now !== figure) { figure = now; seen.drawn = performance.now(); }
    requestAnimationFrame(look);
  };
  look();
}"""


def press(page: Page) -> tuple[float, float]:
    """Milliseconds from a key on the slider to the new total, and to the redrawn figure."""
    page.bring_to_front()  # a page in the back is not painted
    page.wait_for_timeout(150)
    before = page.evaluate("() => [performance.now(), globalThis.seen.text]")
    page.get_by_role("slider", name="phi").first.press("ArrowRight")
    page.wait_for_function("before => globalThis.seen.text !== before", arg=before[1])
    page.wait_for_timeout(700)
    seen = page.evaluate("() => globalThis.seen")
    return seen["painted"] - before[0], seen["drawn"] - before[0]


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    (folder / "bare.py").write_text(BARE)
    here = running(streamlit(), HEALTH)
    bare = running(streamlit("bare.py"), HEALTH, folder=folder)
    with here as one, bare as other, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        pages = []
        for url in (one.url, other.url):
            page = browser.new_page(viewport={"width": 1280, "height": 1600})
            page.goto(url)
            page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
            page.wait_for_timeout(2000)
            page.evaluate(WATCH)
            page.get_by_role("slider", name="phi").first.focus()
            pages.append(page)
        taken = [[press(page) for page in pages] for _ in range(KEYS)][3:]
        browser.close()
    names = ("Scale page", "bare page")
    for what, i in (("totals", 0), ("figure", 1)):
        medians = [statistics.median(turn[j][i] for turn in taken) for j in range(2)]
        shown = ", ".join(f"{n} {m:.0f} ms" for n, m in zip(names, medians, strict=True))
        print(f"slider to repainted {what}: {shown}, ratio {medians[0] / medians[1]:.2f}")
