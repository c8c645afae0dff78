"""Classify in a real browser: pasting, tabs that compute when opened, many files, both themes."""

import base64

import pytest
from playwright.sync_api import expect

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
    expect(page.get_by_text("or paste a picture")).to_be_visible()
    page.evaluate(PASTE, base64.b64encode(chelsea.read_bytes()).decode())
    expect(page.locator("h3").first).to_contain_text("cat")
    page.get_by_role("button", name="Back to the samples").click()
    expect(page.locator("h3").first).to_contain_text("espresso")


def test_many_files_become_a_table(visit, chelsea, coffee):
    page = visit().go("/classify")
    page.get_by_role("tab", name="Many images").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="Pictures, or a zip of them")
    uploader.locator("input[type=file]").set_input_files([str(chelsea), str(coffee)])
    page.get_by_role("button", name="Name them").click()
    expect(page.get_by_role("button", name="CSV", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_tabs_draw_within_the_page(visit, width, theme):
    one = visit(width=width, theme=theme)
    page = one.go("/classify")
    for tab, text in (("Perturb", "Blur: sigma"), ("Break it on purpose", "its own preprocessing")):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(text).first).to_be_visible()
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    one.shoot(f"classify-{width}-{theme}")
