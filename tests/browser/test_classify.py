"""Classify in a real browser: pasting, tabs that compute when opened, many files, both themes."""

import base64
import csv
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from effnet.classify import perturbations

PASTE = """
(data) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], 'clip.png', { type: 'image/png' }));
  document.dispatchEvent(
    new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
  );
}
"""


def test_a_pasted_picture_is_answered_and_the_samples_come_back(visit, chelsea):
    one = visit()
    page = one.go("/classify")
    expect(page.locator("h3").first).to_contain_text("espresso")
    expect(page.get_by_text("or paste with Ctrl+V")).to_be_visible()
    page.locator("html[data-whole]").wait_for(state="attached")
    below = page.locator(".st-key-seen"), page.get_by_text("Computed on this machine")
    left, middle = (one.bounding_box() or {} for one in below)
    ends = left["y"] + left["height"], middle["y"] + middle["height"]
    assert ends[0] == pytest.approx(ends[1], abs=40)  # nothing is empty under the bars
    page.evaluate(PASTE, base64.b64encode(chelsea.read_bytes()).decode())
    expect(page.locator("h3").first).to_contain_text("cat")
    page.get_by_role("button", name="Coffee").click()
    expect(page.locator("h3").first).to_contain_text("espresso")
    page.get_by_role("button", name="the pasted picture", exact=True).click()
    expect(page.locator("h3").first).to_contain_text("cat")
    page.get_by_role("button", name="Remove the pasted picture").click()
    expect(page.locator("h3").first).to_contain_text("espresso")


def test_many_files_become_a_table(visit, chelsea, coffee):
    page = visit().go("/classify")
    page.get_by_role("tab", name="Many images").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="Pictures, or a zip of them")
    uploader.locator("input[type=file]").set_input_files([str(chelsea), str(coffee)])
    page.get_by_role("button", name="Classify them").click()
    expect(page.get_by_role("button", name="CSV", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def test_naming_many_can_be_stopped_and_gone_on_with(visit, tmp_path):
    Image.new("RGB", (3000, 2000)).save(tmp_path / "00.png")  # small, yet it takes its time
    for i in range(1, 60):
        shutil.copy(tmp_path / "00.png", tmp_path / f"{i:02}.png")
    page = visit().go("/classify")
    page.get_by_role("tab", name="Many images").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="A folder of pictures")
    uploader.locator("input[type=file]").set_input_files(tmp_path)
    expect(page.get_by_text("0 of 60")).to_be_visible()
    page.get_by_role("button", name="Classify them").click()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile(r"^\d+ of 60$"))).to_be_visible()
    go_on = page.get_by_role("button", name="Go on")
    expect(go_on).to_be_visible()
    expect(page.get_by_role("button", name="CSV", exact=True)).to_be_visible()
    go_on.click()
    expect(go_on).to_have_count(0)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)


def test_a_folder_is_uploaded_with_its_classes_and_its_csv_comes_back(
    visit, tmp_path, chelsea, coffee
):
    for folder, path in (("n07920052", coffee), ("tiger_cat", chelsea), ("others", coffee)):
        (tmp_path / "top" / folder).mkdir(parents=True)
        shutil.copy(path, tmp_path / "top" / folder / "1.png")
    (tmp_path / "top" / "notes.txt").write_text("no picture")
    page = visit().go("/classify")
    page.get_by_role("tab", name="Many images").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="A folder of pictures")
    uploader.locator("input[type=file]").set_input_files(tmp_path / "top")
    page.get_by_role("button", name="Classify them").click()
    expect(page.get_by_text("Not counted, as their folders are no class: others")).to_be_visible()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert {row["picture"]: row["is"] for row in rows} == {
        "top/n07920052/1.png": "espresso",
        "top/tiger_cat/1.png": "tiger cat",
        "top/others/1.png": "",
    }
    assert {row["says"] for row in rows if "tiger" not in row["picture"]} == {"espresso"}
    assert all(0 < float(row["second probability"]) < float(row["probability"]) for row in rows)


def grey_at(page: Page, across: float, down: float) -> bool:
    """True where the covered photo has the box's colour at a place, by parts of it."""
    found = page.locator(".cover canvas").evaluate(
        """(node, [x, y]) => Array.from(node.getContext('2d').getImageData(
            Math.floor(x * node.width), Math.floor(y * node.height), 1, 1).data)""",
        [across, down],
    )
    return tuple(found[:3]) == perturbations.GREY


def test_a_box_is_dragged_on_the_photo_and_the_answer_follows(visit):
    page = visit().go("/classify")
    page.get_by_role("tab", name="Perturb").click()
    page.get_by_role("radio", name="Cover a part").click()
    canvas = page.locator(".cover[data-drawn] canvas")
    canvas.scroll_into_view_if_needed()
    assert grey_at(page, 0.5, 0.5)
    before = page.get_by_test_id("stMetricValue").inner_text()
    size = canvas.bounding_box()
    assert size is not None
    start = {"x": 0.1 * size["width"], "y": 0.2 * size["height"]}
    canvas.hover(position=start)
    page.mouse.down()
    size = canvas.bounding_box()
    end = (size["x"] + 0.85 * size["width"], size["y"] + 0.9 * size["height"])
    page.mouse.move(*end, steps=6)
    assert grey_at(page, 0.8, 0.85), "the box follows the hand"
    page.mouse.up()
    value = page.get_by_test_id("stMetricValue")
    expect(value).not_to_have_text(before)
    width = page.get_by_role("slider", name="Width of the box (px)")
    expect(width).to_have_value("168")
    page.locator("[data-test-script-state='notRunning']").wait_for()
    assert grey_at(page, 0.8, 0.85), "and stays where it was left"
    assert not grey_at(page, 0.05, 0.1)
    width.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(width).to_have_value("165")  # the server and the photo may not know it yet
    canvas.click(position={"x": 0.9 * size["width"], "y": 0.5 * size["height"]})
    page.wait_for_function("() => document.querySelector('[data-test-script-state=notRunning]')")
    expect(width).to_have_value("165")
    assert grey_at(page, 0.95, 0.5)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_tabs_draw_within_the_page(visit, width, theme):
    one = visit(width=width, theme=theme)
    page = one.go("/classify")
    for tab, text in (
        ("Perturb", "Blur: sigma"),
        ("Break it on purpose", "the right preprocessing"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(text).first).to_be_visible()
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    one.shoot(f"classify-{width}-{theme}")
