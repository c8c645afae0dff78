"""`explore()` in a real JupyterLab: a slider moves, and totals, drawing and table follow."""

from pathlib import Path

import lab
from playwright.sync_api import expect

import effnet
from effnet.base.language import say, speaking
from effnet.base.units import millions

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
CELLS = ("import effnet\nexplorer = effnet.explore()\nexplorer", "explorer.spec.resolution")


def opened(browser, url, name, outside, broken):
    """The notebook with all its cells run, and the first total of its explorer."""
    page = browser.new_page(viewport={"width": 1280, "height": 1500})
    page.set_default_timeout(120_000)
    local = (url, url.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(local) else outside.append(r.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    lab.run_all(page, url, name)
    return page, page.locator(".effnet .totals .value").first


def test_a_slider_moves_everything_follows_and_the_kernel_hears(browser, tmp_path):
    (tmp_path / "room").mkdir()
    lab.write(tmp_path / "room" / "explorer.ipynb", *CELLS)
    outside, broken = [], []
    with lab.serving(tmp_path / "room", tmp_path / "log") as url:
        page, total = opened(browser, url, "explorer.ipynb", outside, broken)
        expect(total).to_have_text(millions(effnet.count(effnet.compound_scale(1)).params))
        phi = page.get_by_role("slider", name="phi")
        for _ in range(20):  # of 0.05 each; JupyterLab leaves the keys to the slider
            phi.press("ArrowRight")
        expect(total).to_have_text(millions(effnet.count(effnet.compound_scale(2)).params))
        expect(page.locator(".effnet h3")).to_contain_text("phi = 2.00 gives")
        channels = f"{effnet.compound_scale(2).stages[5].channels}"
        expect(page.locator(".effnet tbody tr").nth(6)).to_contain_text(channels)
        page.wait_for_timeout(1500)  # the report is on its way
        page.locator(".jp-CodeCell").nth(1).click()
        page.keyboard.press("Control+Enter")
        page.locator(".jp-OutputArea-output", has_text="296").wait_for()
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / "notebook.png")
        page.close()
    assert outside == []
    assert broken == []


def test_the_explorer_speaks_chinese_and_is_set_from_a_cell(browser, tmp_path):
    (tmp_path / "room").mkdir()
    cells = (
        "import effnet\nexplorer = effnet.explore(language='zh')\nexplorer",
        "explorer.design = effnet.scaling.Design(phi=2)",
    )
    lab.write(tmp_path / "room" / "explorer.ipynb", *cells)
    outside, broken = [], []
    with lab.serving(tmp_path / "room", tmp_path / "log") as url:
        page, total = opened(browser, url, "explorer.ipynb", outside, broken)
        expect(total).to_have_text(millions(effnet.count(effnet.compound_scale(2)).params))
        with speaking("zh"):
            words = [say(word) for word in ("Reset", "Parameters", "Formula", "kernel")]
        shown = page.locator(".effnet").inner_text()
        assert [word for word in words if word not in shown] == []
        page.screenshot(path=SCREENSHOTS / "notebook-zh.png")
        page.close()
    assert outside == []
    assert broken == []
