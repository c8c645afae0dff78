"""Editing a network and taking it away, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

ROW = 35  # px, of the table


def card(tab, name, path):
    page = tab.go(path)
    page.get_by_role("tab", name=name).click()
    return page


def fill_cell(page, row, across, text):
    """Type into a cell of the stage table, counted from its first stage, once the page rests."""
    table = page.get_by_test_id("stDataFrame").first
    table.wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_function(  # they are drawn after the page, and move what lies below
        "() => [...document.querySelectorAll('.figure')].every((box) => box.dataset.drawn)"
    )
    table.scroll_into_view_if_needed()
    table.element_handle().wait_for_element_state("stable")
    box = table.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + across * box["width"], box["y"] + ROW * (row + 1) + ROW / 2)
    editor = page.locator("#portal input")
    editor.fill(text)
    editor.press("Enter")


@pytest.mark.parametrize(
    ("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_a_swap_moves_totals_drawing_and_link(visit, width, theme):
    tab = visit(width=width, theme=theme)
    page = card(tab, "What if", "/?mode=released&released=b0")
    page.get_by_role("button", name="No squeeze-and-excitation").click()
    claim = page.locator("h3").first
    expect(claim).to_contain_text("Your own network has 4.65 M parameters")
    expect(page).to_have_url(re.compile("mode=edited"))
    expect(page.get_by_text("0.880 x, -0.637 M")).to_be_visible()
    overflow = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    tab.shoot(f"what-if-{width}-{theme}")


def test_a_cell_that_is_typed_changes_the_network(visit):
    tab = visit()
    page = card(tab, "What if", "/?mode=released&released=b0")
    fill_cell(page, 1, 0.85, "40")
    claim = page.locator("h3").first
    expect(claim).to_contain_text("stage 2 differs from that of EfficientNet-B0")
    strings = page.get_by_role("textbox", name="Block strings")
    expect(strings).to_have_value(re.compile("i16_o40.*\n.*i40_o40"))
    fill_cell(page, 1, 0.85, "0")
    expect(page.get_by_text("stage 2: channels 0")).to_be_visible()
    expect(strings).to_have_value(re.compile("i16_o40"))
    page.get_by_role("button", name="Undo").last.click()
    expect(claim).to_contain_text("EfficientNet-B0 has 5.29 M")


def test_pasted_block_strings_become_the_network(visit):
    tab = visit()
    page = card(tab, "What if", "/?mode=released&released=b0")
    strings = page.get_by_role("textbox", name="Block strings")
    strings.fill("r1_k3_s11_e1_i32_o16_se0.25, r2_k4_s22_e6_i16_o24_se0.25")
    strings.press("Control+Enter")
    expect(page.get_by_text("kernel 4 is not an odd size")).to_be_visible()
    strings.fill("r1_k3_s11_e1_i32_o16_se0.25, r2_k3_s22_e6_i16_o24_se0.25")
    strings.press("Control+Enter")
    expect(page.locator("h3").first).to_contain_text("2 stages instead of the 7")


@pytest.mark.parametrize(
    ("label", "ending", "begins"),
    [
        ("Stages (CSV)", "csv", b"# made_by: effnet"),
        ("Spec (JSON)", "json", b'{\n  "manifest"'),
        ("Code (Python)", "py", b'"""EfficientNet-B0'),
        ("ONNX", "onnx", b"\x08\x08"),
    ],
)
def test_a_file_is_made_when_its_button_is_pressed(visit, label, ending, begins, tmp_path):
    tab = visit()
    page = card(tab, "Take away", "/?mode=released&released=b0")
    with page.expect_download() as download:
        page.get_by_role("button", name=label).click()
    assert re.fullmatch(rf"effnet-b0-224px-\w+-[\d-]+\.{ending}", download.value.suggested_filename)
    download.value.save_as(tmp_path / "file")
    assert (tmp_path / "file").read_bytes().startswith(begins)


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_a_figure_is_saved_with_its_link(visit, kind, tmp_path):
    tab = visit()
    page = tab.go("/cost?mode=released&released=b4")
    figure = page.locator(".figure").first
    figure.locator(".main-svg").first.wait_for()
    figure.hover()
    expect(figure.get_by_role("button", name="Share chart")).to_have_count(0)  # it would upload
    with page.expect_download() as download:
        figure.get_by_role("button", name=f"Save as {kind}").click()
    assert "b4" in download.value.suggested_filename
    download.value.save_as(tmp_path / "figure")
    data = (tmp_path / "figure").read_bytes()
    if kind == "PNG":
        assert data.startswith(b"\x89PNG")
    else:
        assert b"released=b4" in data
