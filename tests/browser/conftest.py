"""A real server on a free port and Debian's headless Chromium; nothing may leave the machine."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from servers import HEALTH, running, streamlit

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / ".screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing leaves the machine
    "--use-fake-device-for-media-stream",  # a camera that shows a test pattern
    "--use-fake-ui-for-media-stream",
]
PATIENCE = 120_000  # ms; a loaded machine is slow, and nothing here measures speed
expect.set_options(timeout=PATIENCE)
# what moves without being asked, and by how much: [share of the window, whose] each
SHIFTS = """(() => {
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const what = sources.map(({ node }) => node?.dataset?.testid ?? node?.className ?? '');
      globalThis.shifts.push([value, what.join(' ')]);
    }
  }).observe({ type: 'layout-shift', buffered: true });
})()"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))  # the summary counts what ran twice


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser. Missing it is a failure under CI, a skip elsewhere."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "no Chromium here; on Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def address(
    tmp_path_factory: pytest.TempPathFactory, environment_without_weights: dict[str, str]
) -> Iterator[str]:
    """The running app's address."""
    log = tmp_path_factory.mktemp("server") / "log"
    started = running(streamlit(), HEALTH, environment=environment_without_weights, log=log)
    with started as server:
        yield server.url
        assert server.alive, f"the server died: {log.read_text()[-2000:]}"


class Visit:
    """A browser tab that records what it asks for outside the machine, and what breaks in it.

    Requests are listened to, not routed: that would take each of a page's hundred through three
    processes, and turn the browser's cache off.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.outside: list[str] = []
        self.broken: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.add_init_script(SHIFTS)
        own = (address, "data:", "blob:")
        page.on("request", lambda r: r.url.startswith(own) or self.outside.append(r.url))
        page.on("pageerror", lambda error: self.broken.append(str(error)))

    def go(self, path: str = "/") -> Page:
        """Open a page and wait until its claim is there."""
        self.page.goto(self.address + path)
        self.page.locator("h3").first.wait_for()
        return self.page

    def claim(self) -> str:
        """The page's sentence."""
        return self.page.locator("h3").first.inner_text()

    def shifts(self) -> list[tuple[float, str]]:
        """What moved since the page was asked for: the layout shift's value, and whose."""
        return self.page.evaluate("() => globalThis.shifts")

    def shoot(self, name: str) -> None:
        """Save the whole page; Streamlit scrolls an inner box, so the window grows to it."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.wait_for_timeout(200)
        box = self.page.get_by_test_id("stMainBlockContainer").bounding_box()
        assert box is not None
        width = self.page.viewport_size["width"] if self.page.viewport_size else 1280
        self.page.set_viewport_size({"width": width, "height": int(box["height"]) + 40})
        self.page.wait_for_timeout(200)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Open tabs; each must have stayed on the machine and thrown no error by the end."""
    visits: list[Visit] = []
    contexts = []

    def opened(
        *, width: int = 1280, height: int = 900, theme: str = "light", touch: bool = False
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,  # type: ignore[arg-type]
            locale="en-US",
            has_touch=touch,
        )
        contexts.append(context)
        visits.append(Visit(context.new_page(), address))
        return visits[-1]

    yield opened
    for one in visits:
        assert one.outside == []
        assert one.broken == []
    for context in contexts:
        context.close()
