"""`explore()` in a real JupyterLab: a slider moves, and totals, drawing and table follow."""

from pathlib import Path

import lab
import pytest

import effnet
from effnet.base.language import say, speaking
from effnet.base.units import millions

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
CELLS = ("import effnet\nexplorer = effnet.explore()\nexplorer",)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A folder that one JupyterLab serves for all tests here, and its address."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "room").mkdir()
    with lab.serving(folder / "room", folder / "log") as url:
        yield folder / "room", url


def test_a_slider_moves_and_everything_follows(browser, room):
    folder, url = room
    lab.write(folder / "explorer.ipynb", *CELLS)
    page = browser.new_page(viewport={"width": 1280, "height": 1900})
    page.set_default_timeout(120_000)
    outside, broken = [], []
    local = (url, url.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(local) else outside.append(r.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    lab.run_all(page, url, "explorer.ipynb")
    page.locator(".effnet-figure .main-svg").first.wait_for()
    totals = page.locator(".widget-html table").first
    assert millions(effnet.count(effnet.compound_scale(1)).params) in totals.inner_text()
    phi = page.locator(".noUi-handle").first
    phi.focus()
    for _ in range(20):  # of 0.05 each
        phi.press("ArrowRight")
    expected = millions(effnet.count(effnet.compound_scale(2.0)).params)
    page.locator(".widget-html table", has_text=expected).first.wait_for()
    claim = page.locator(".widget-html h3").inner_text()
    assert claim.startswith("phi = 2.00 gives")
    drawn = page.locator(".effnet-figure").first
    page.wait_for_function("place => Number(place.dataset.drawn) > 1", arg=drawn.element_handle())
    channels = f"{effnet.compound_scale(2.0).head_channels}"
    drawn.locator(".annotation-text", has_text=channels).first.wait_for()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "notebook.png")
    page.close()
    assert outside == []
    assert broken == []


def test_the_explorer_speaks_chinese_after_a_slider_as_well(browser, room):
    folder, url = room
    cells = ("import effnet\neffnet.explore(language='zh')", "effnet.base.language.use('zh')")
    lab.write(folder / "chinese.ipynb", *cells, "effnet.get_variant('b0')")
    page = browser.new_page(viewport={"width": 1280, "height": 2300})
    page.set_default_timeout(120_000)
    lab.run_all(page, url, "chinese.ipynb")
    page.locator(".effnet-figure .main-svg").first.wait_for()
    before = page.locator(".widget-html h3").inner_text()
    phi = page.locator(".noUi-handle").first
    phi.focus()
    for _ in range(20):
        phi.press("ArrowRight")
    expected = millions(effnet.count(effnet.compound_scale(2.0)).params)
    page.locator(".widget-html table", has_text=expected).first.wait_for()
    after = page.locator(".widget-html h3").inner_text()
    assert before != after
    with speaking("zh"):
        words = [say("base"), say("Reset"), say("parameters"), say("Formula")]
        page.locator(".jp-OutputArea table", has_text=say("kernel")).last.wait_for()
    for text in (before, after):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text)
    shown = page.locator(".jp-OutputArea").first.inner_text()
    assert [word for word in words if word not in shown] == []
    tips = page.locator(".modebar-btn").evaluate_all("all => all.map((one) => one.dataset.title)")
    assert tips
    assert not [tip for tip in tips if tip.isascii()]
    page.screenshot(path=SCREENSHOTS / "notebook-zh.png")
    page.close()
