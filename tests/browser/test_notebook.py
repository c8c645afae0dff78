"""`explore()` in a real JupyterLab: a slider moves, and totals, drawing and table follow."""

import re

import lab
import pytest
from playwright.sync_api import expect

import effnet
from effnet.base.language import say, speaking
from effnet.base.units import millions
from effnet.scaling import edits

CELLS = ("import effnet\nexplorer = effnet.explore()\nexplorer", "explorer.spec.resolution")


def room(tmp_path_factory, *, dark):
    """A folder of notebooks and the address of a JupyterLab that serves it, for several tests."""
    folder = tmp_path_factory.mktemp("dark" if dark else "light")
    (folder / "room").mkdir()
    with lab.serving(folder / "room", folder / "log", dark=dark) as url:
        yield folder / "room", url


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    yield from room(tmp_path_factory, dark=False)


@pytest.fixture(scope="module")
def dark(tmp_path_factory):
    yield from room(tmp_path_factory, dark=True)


def opened(browser, url, name, outside, broken):
    """The notebook with all its cells run, and the first total of its explorer."""
    page = browser.new_page(viewport={"width": 1280, "height": 1500})
    page.set_default_timeout(120_000)
    local = (url, url.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(local) else outside.append(r.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    lab.run_all(page, url, name)
    return page, page.locator(".effnet .totals .value").first


def test_a_slider_moves_everything_follows_and_the_kernel_hears(browser, light):
    folder, url = light
    lab.write(folder / "explorer.ipynb", *CELLS)
    outside, broken = [], []
    page, total = opened(browser, url, "explorer.ipynb", outside, broken)
    expect(total).to_have_text(millions(effnet.count(effnet.compound_scale(1)).params))
    phi = page.get_by_role("slider", name="phi")
    for _ in range(20):  # of 0.05 each; JupyterLab leaves the keys to the slider
        phi.press("ArrowRight")
    expect(total).to_have_text(millions(effnet.count(effnet.compound_scale(2)).params))
    expect(page.locator(".effnet h3")).to_contain_text("phi = 2.00 gives")
    channels = f"{effnet.compound_scale(2).stages[5].channels}"
    expect(page.locator(".effnet tbody tr").nth(6)).to_contain_text(channels)
    lab.asked_until(page, page.locator(".jp-CodeCell").nth(1), "296")
    page.close()
    assert outside == []
    assert broken == []


def test_the_explorer_speaks_chinese_and_is_set_from_a_cell(browser, light):
    folder, url = light
    cells = (
        "import effnet\nexplorer = effnet.explore(language='zh')\nexplorer",
        "explorer.design = effnet.scaling.Design(phi=2)",
    )
    lab.write(folder / "chinese.ipynb", *cells)
    outside, broken = [], []
    page, total = opened(browser, url, "chinese.ipynb", outside, broken)
    expect(total).to_have_text(millions(effnet.count(effnet.compound_scale(2)).params))
    with speaking("zh"):
        words = [say(word) for word in ("Reset", "Parameters", "Formula", "kernel")]
    shown = page.locator(".effnet").inner_text()
    assert [word for word in words if word not in shown] == []
    page.close()
    assert outside == []
    assert broken == []


def test_the_pages_tabs_stand_below_follow_the_design_and_can_be_read_in_the_dark(browser, dark):
    folder, url = dark
    lab.write(folder / "explorer.ipynb", CELLS[0])
    outside, broken = [], []
    page, total = opened(browser, url, "explorer.ipynb", outside, broken)
    tabs = page.get_by_role("tab")
    page.get_by_role("button", name="No squeeze-and-excitation").click()
    plain = effnet.explore("?phi=1")
    plain.parts.children[0].swapped(edits.without_squeeze)
    expect(total).to_have_text(millions(effnet.count(plain.spec).params))
    shots, faint = [], []
    for number, title in enumerate(("One dimension", "Search", "Compare", "Take away"), 1):
        tabs.filter(has_text=title).click()
        if number < 4:
            page.locator(".js-plotly-plot:visible .gtitle").first.wait_for()
        page.locator(".effnet").screenshot()  # what is drawn late is there
        shots += lab.contrasts(page)
    faint = [one for one in shots if one["figure"] and one["contrast"] < 4.5]
    tabs.filter(has_text="One dimension").click()
    page.get_by_role("button", name="Use resolution only").click()
    expect(total).to_have_text(millions(effnet.count("b0").params))
    page.close()
    assert sum(one["figure"] for one in shots) > 50
    assert faint == []
    assert outside == []
    assert broken == []


def test_a_photo_is_uploaded_or_taken_and_class_method_and_layer_are_chosen(browser, dark, chelsea):
    folder, url = dark
    cells = (
        "import effnet\nphoto = effnet.explore_photo()\nphoto",
        "photo.explanation.image.size",
    )
    lab.write(folder / "photo.ipynb", *cells)
    page = browser.new_page(viewport={"width": 1280, "height": 1500})
    page.set_default_timeout(120_000)
    lab.run_all(page, url, "photo.ipynb")
    answer = page.locator(".jp-OutputArea-output").first
    expect(answer).to_contain_text("looked for espresso")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Photo").click()
    chooser.value.set_files(chelsea)
    expect(answer).to_contain_text(re.compile("looked for (tiger|Egyptian) cat"))
    page.get_by_label("Method").select_option(label="HiResCAM")
    expect(answer).to_contain_text("method hirescam")
    page.get_by_role("button", name="Camera").click()
    camera = page.locator(".camera")
    expect(camera.locator(".bar")).to_have_count(5)
    answered = camera.get_attribute("data-answered")
    expect(camera).not_to_have_attribute("data-answered", answered)
    camera.get_by_role("button", name="Freeze").click()
    expect(camera).to_have_count(0)
    expect(answer).not_to_contain_text(" cat probability")
    page.locator(".jp-CodeCell").nth(1).click()
    page.keyboard.press("Control+Enter")
    page.locator(".jp-OutputArea-output", has_text="(1280, 720)").wait_for()
    page.close()
