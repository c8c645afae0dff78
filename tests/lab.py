"""A real JupyterLab on a free port of the loopback, for what drives it in a browser."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page, expect
from servers import running

QUIET = [
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]


def write(path: Path, *cells: str) -> None:
    """A notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


@contextmanager
def serving(folder: Path, log: Path, *, dark: bool = False) -> Iterator[str]:
    """The address of a JupyterLab that serves `folder`, with settings and kernels of its own."""
    configure(log.parent / "CONFIG", dark=dark)
    own = {f"JUPYTER_{kind}_DIR": str(log.parent / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["jupyterlab", "--port={port}", *QUIET]
    environment = os.environ | own | {"PATH": path}
    with running(command, "/api", folder=folder, environment=environment, log=log) as server:
        yield server.url


def run_all(page: Page, url: str, name: str) -> None:
    """Open a notebook alone on its page and run all its cells."""
    page.goto(f"{url}/doc/tree/{name}", wait_until="commit")
    run_cells(page)


def run_cells(page: Page) -> None:
    """Run all cells of the open notebook.

    Not before its kernel is there: until then JupyterLab asks which one to take, and runs nothing.
    """
    page.locator(".jp-Notebook").wait_for()
    page.get_by_text("| Idle").wait_for()
    if page.get_by_role("button", name="No", exact=True).count():  # the offer of news
        page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def asked_until(page: Page, cell: Locator, answer: str) -> None:
    """Run a cell again and again until it says this: what it tells may be on its way."""
    said, prompt = cell.locator(".jp-OutputArea-output"), cell.locator(".jp-InputPrompt")
    for _ in range(60):
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(re.compile(r"\d"))
        if said.inner_text() == answer:
            break
    expect(said).to_have_text(answer)


def idle(page: Page, seconds: float = 300) -> None:
    """Wait until every cell that was run has its number, and none has a star."""
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
            return prompts.length && prompts.every((one) => /\\[\\d+\\]/.test(one.textContent));
        }""",
        timeout=1000 * seconds,
    )


def drawn(page: Page) -> None:
    """Wait until every figure of the notebook has its texts."""
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-RenderedPlotly, .js-plotly-plot')]"
        ".every((one) => one.querySelector('.main-svg text'))"
    )


def configure(config: Path, *, dark: bool) -> None:
    """Choose JupyterLab's theme, and have it keep all cells in the page, those out of sight too.

    Before it starts; `config` is its configuration's folder.
    """
    chosen = {
        "apputils-extension/themes": {"theme": f"JupyterLab {'Dark' if dark else 'Light'}"},
        "notebook-extension/tracker": {"windowingMode": "none"},
    }
    for name, values in chosen.items():
        file = config / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(values))


# Every piece of text in an output, with its contrast to what lies behind it (WCAG 2.2, 1.4.3).
_CONTRASTS = """() => {
  const style = document.createElement('style');
  style.textContent = '.jp-OutputArea-output * { pointer-events: auto !important }';
  document.head.append(style);
  const channels = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((v, i) => a * v + (1 - a) * under[i]);
  const colour = (element, name) => {
    const said = getComputedStyle(element)[name], found = channels(said);
    const opacity = name === 'fill' ? Number(getComputedStyle(element).fillOpacity) : 1;
    return found.length < 3 ? [0, 0, 0, 0] : [...found.slice(0, 3), (found[3] ?? 1) * opacity];
  };
  const behind = (element, x, y) => {
    let layers = document.elementsFromPoint(x, y);
    const at = layers.findIndex((one) => one === element || one.contains(element));
    layers = layers.slice(Math.max(at, 0));
    const fills = layers.filter((one) => !one.closest('text')).map((one) =>
      one instanceof SVGGeometryElement ? colour(one, 'fill') : colour(one, 'backgroundColor'));
    return fills.reverse().reduce((under, fill) => over(fill, under), [255, 255, 255]);
  };
  const found = [];
  for (const output of document.querySelectorAll('.jp-OutputArea-output')) {
    const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement, text = node.data.trim();
      if (!text || element.closest('style, script, option, canvas')) continue;
      if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
      element.scrollIntoView({ block: 'center' });
      const box = element.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      if (box.width < 2 || x < 0 || y < 0 || x > innerWidth || y > innerHeight) continue;
      const under = behind(element, x, y);
      const inner = element instanceof SVGElement ? 'fill' : 'color';
      const [one, two] = [luminance(over(colour(element, inner), under)), luminance(under)];
      const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
      const figure = !!element.closest('.js-plotly-plot');
      found.push({ text: text.slice(0, 60), contrast, figure });
    }
  }
  style.remove();
  return found;
}"""


def contrasts(page: Page) -> list[dict[str, Any]]:
    """Each text of the notebook's outputs: itself, its contrast, whether it is in a figure."""
    found: list[dict[str, Any]] = page.evaluate(_CONTRASTS)
    return found
