"""All notebooks in a real JupyterLab, on light and on dark: can every text be read?

    python tests/benchmarks/notebooks_in_browser.py            # all of them, both themes
    python tests/benchmarks/notebooks_in_browser.py 04 06      # these

Prints, for each, how many texts its outputs have and the one with the least contrast; pictures go
to `.screenshots`. Ends with 1 where a figure's text has less than 4.5 to what lies behind it.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
import lab

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / ".screenshots"
LEAST = 4.5  # WCAG 2.2, 1.4.3
WINDOW = {"width": 1280, "height": 1000}


def looked_at(browser: Browser, url: str, name: str, picture: Path) -> list[dict[str, object]]:
    """Run a notebook, take its picture, and give its texts."""
    page = browser.new_page(viewport=WINDOW)
    page.set_default_timeout(120_000)
    lab.run_all(page, url, f"{name}.ipynb")
    lab.idle(page, 600)
    lab.drawn(page)
    texts = lab.contrasts(page)
    height = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
    page.set_viewport_size({**WINDOW, "height": min(int(height) + 200, 14_000)})
    page.locator(".jp-WindowedPanel-outer").evaluate("(panel) => panel.scrollTo(0, 0)")
    page.screenshot(path=picture)
    page.close()
    return texts


def main() -> None:
    """Look at the notebooks that are named."""
    every = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    names = [name for name in every if not sys.argv[1:] or name[:2] in sys.argv[1:]]
    SCREENSHOTS.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    faint = 0
    print(
        "| notebook | theme | texts | in figures | least contrast | of |\n|---|---|---|---|---|---|"
    )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as made:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for dark in (False, True):
            theme = "dark" if dark else "light"
            room = Path(made) / theme / "room"
            shutil.copytree(ROOT / "notebooks", room)
            with lab.serving(room, room.parent / "log", dark=dark) as url:
                for name in names:
                    picture = SCREENSHOTS / f"notebook-{name[:2]}-{theme}.png"
                    texts = looked_at(browser, url, name, picture)
                    drawn = [one for one in texts if one["figure"]]
                    least = min(texts, key=lambda one: one["contrast"])
                    faint += sum(one["contrast"] < LEAST for one in drawn)
                    print(
                        f"| {name} | {theme} | {len(texts)} | {len(drawn)} "
                        f"| {least['contrast']:.1f} | {least['text']!r} |",
                        flush=True,
                    )
        browser.close()
    sys.exit(bool(faint))


if __name__ == "__main__":
    main()
