"""Pictures of the running app: the README's, or every page of two trees side by side.

`python tests/screenshots.py [NAME...]` opens pages with a state worth seeing and writes
`assets/images/NAME.png`, 1280 px wide.

`python tests/screenshots.py --tree ../before --tree . [--width 390] [--theme dark] [--lang zh]
[NAME...]` writes `.screenshots/NAME-WIDTH.png`: of each tree the first screen and below it the
whole page, for every theme and language; all widths, themes and languages if none is named.
"""

import argparse
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from servers import HEALTH, running, streamlit

ROOT = Path(__file__).parents[1]
IMAGES, SHEETS = ROOT / "assets" / "images", ROOT / ".screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
PATIENCE = 120_000  # ms
PAGES = {
    "scale": "/?phi=2",
    "cost": "/cost?mode=released&released=b0",
    "latency": "/latency?mode=released&released=b0",
    "classify": "/classify?",
    "explain": "/explain?",
    "train": "/train?",
    "papers": "/papers?",
    "lessons": "/lessons?",
    "scale-zh": "/?phi=2&lang=zh",
}
README = [name for name in PAGES if name != "lessons"]
HEIGHTS = {390: 844, 1024: 768, 1280: 900, 1920: 1080}  # px, of a phone, two projectors, a laptop
MOST = {"readme": 1250, "sheet": 3600}  # px; what is below is cut
GAP = 24
SETTLED = """async () => {
  const busy = () => document.querySelector('.stApp')?.dataset.testScriptState !== 'notRunning'
    || document.querySelector('[data-testid=stSkeleton]');
  for (let calm = 0; calm < 10; calm = busy() ? 0 : calm + 1) {
    await new Promise((next) => setTimeout(next, 100));
  }
}"""


def opened(page: Page, url: str) -> None:
    """Open a page and wait until it has settled."""
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    page.locator("h3").first.wait_for()
    page.evaluate(SETTLED)


def whole(page: Page, path: Path, most: int) -> None:
    """Save a page as far as it goes, down to `most` pixels, in a window of that height."""
    size = page.viewport_size or {"width": 1280, "height": 900}
    page.set_viewport_size(size | {"height": most})
    page.wait_for_timeout(500)
    box = page.get_by_test_id("stMainBlockContainer").bounding_box()
    height = min(most, int(box["height"]) + 20) if box else most
    clip = {"x": 0, "y": 0, "width": size["width"], "height": height}
    page.screenshot(path=path, clip=clip)  # type: ignore[arg-type]
    page.set_viewport_size(size)


def shot(browser: Browser, tree: Path, chosen: argparse.Namespace) -> None:
    """A tree's first screens and whole pages, each a file of its own."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    with running(streamlit(), HEALTH, folder=tree, environment=environment) as server:
        for width in chosen.width:
            for theme in chosen.theme:
                view = {"width": width, "height": HEIGHTS[width]}
                page = browser.new_page(viewport=view, color_scheme=theme, locale="en-US")  # type: ignore[arg-type]
                for language in chosen.lang:
                    for name in chosen.names:
                        opened(page, f"{server.url}{PAGES[name]}&lang={language}")
                        page.screenshot(path=part(tree, name, width, theme, language, "first"))
                        path = part(tree, name, width, theme, language, "whole")
                        whole(page, path, MOST["sheet"])
                page.close()


def part(tree: Path, name: str, width: int, *more: str) -> Path:
    """Where one picture of a sheet lies."""
    return SHEETS / "parts" / "-".join([tree.name, name, str(width), *more, ".png"])


def sheet(name: str, width: int, chosen: argparse.Namespace) -> None:
    """All pictures of a page at a width: trees side by side, first screens above whole pages."""
    combined = [(theme, lang) for theme in chosen.theme for lang in chosen.lang]
    for kind in ("first", "whole"):
        paths = [part(t, name, width, *c, kind) for c in combined for t in chosen.tree]
        images = [Image.open(path).convert("RGB") for path in paths if path.is_file()]
        size = len(images) * (width + GAP), max((image.height for image in images), default=1)
        pasted = Image.new("RGB", size, "#d33682")
        for number, image in enumerate(images):
            pasted.paste(image, (number * (width + GAP), 0))
        pasted.save(SHEETS / f"{name}-{width}-{kind}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PAGES))
    parser.add_argument("--tree", type=lambda tree: Path(tree).resolve(), action="append")
    parser.add_argument("--width", type=int, action="append", choices=HEIGHTS)
    parser.add_argument("--theme", action="append", choices=("light", "dark"))
    parser.add_argument("--lang", action="append", choices=("en", "zh"))
    asked = parser.parse_args()
    asked.width, asked.theme = asked.width or list(HEIGHTS), asked.theme or ["light", "dark"]
    asked.lang = asked.lang or ["en", "zh"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=FLAGS
        )
        if asked.tree:
            asked.names = asked.names or list(PAGES)[:-1]
            (SHEETS / "parts").mkdir(parents=True, exist_ok=True)
            for one in asked.tree:
                shot(chromium, one, asked)
            for page_name in asked.names:
                for page_width in asked.width:
                    sheet(page_name, page_width, asked)
        else:
            nothing_measured = os.environ | {"EFFNET_TIMES": mkdtemp()}
            with running(streamlit(), HEALTH, environment=nothing_measured) as app:
                window = {"width": 1280, "height": MOST["readme"]}
                tab = chromium.new_page(viewport=window, color_scheme="light", locale="en-US")  # type: ignore[arg-type]
                for picture in asked.names or README:
                    opened(tab, app.url + PAGES[picture])
                    whole(tab, IMAGES / f"{picture}.png", MOST["readme"])
        chromium.close()
