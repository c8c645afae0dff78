"""The app in a real browser: it follows the finger, reads photos, and looks as it should."""

import re

import pytest
from playwright.sync_api import expect

from effnet.app.kit import frame

PATHS = {page.title.lower(): page.file for page in frame.PAGES}


def path(name: str) -> str:
    return "/" if name == "scale" else f"/{name}"


def test_arrow_keys_on_phi_move_totals_table_and_link(visit):
    tab = visit()
    page = tab.go("/?phi=1")
    total = page.locator(".totals .value").first
    expect(total).to_have_text("9.11 M")
    slider = page.get_by_role("slider", name="phi")
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    expect(total).to_have_text("12.3 M")
    expect(page).to_have_url(re.compile(r"phi=2$"))
    expect(page.locator("h3").first).to_contain_text("EfficientNet-B3's widths and depths")


def test_everything_follows_while_the_slider_is_dragged_and_the_server_on_release(visit):
    tab = visit()
    page = tab.go("/?phi=1")
    slider = page.get_by_role("slider", name="phi")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(1, 6):  # before the button is released
        before = tab.claim()
        across = box["x"] + (0.25 + 0.08 * step) * box["width"]
        page.mouse.move(across, box["y"] + box["height"] / 2)
        expect(page.locator("h3").first).not_to_have_text(before)
    page.mouse.up()
    value = float(slider.input_value())
    expect(page).to_have_url(re.compile(rf"phi={value:g}"))
    assert f"phi = {value:.2f}" in tab.claim()


def test_a_button_below_the_explorer_changes_the_explorer(visit):
    """The server has heard the last report, so its word counts."""
    page = visit().go("/?phi=1")
    slider = page.get_by_role("slider", name="phi")
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"phi=1\.05"))
    page.get_by_role("tab", name="What if").click()
    page.get_by_role("button", name="No squeeze-and-excitation").click()
    expect(page.locator("h3").first).to_contain_text("Your own network has")
    page.get_by_role("button", name="Formula", exact=True).click()
    expect(page.locator("h3").first).to_contain_text("phi = 1.05")


RELEASED_AND_PRESSED = """(slider, [values, button]) => {
  for (const value of values) {
    slider.value = value;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    slider.dispatchEvent(new Event('change', { bubbles: true }));
  }
  button.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, composed: true }));
  button.click();
}"""


def released_and_pressed(slider, values, button):
    """A slider is let go at each value, and a button pressed before the server heard of any."""
    slider.evaluate(RELEASED_AND_PRESSED, [values, button.element_handle()])


def test_a_button_pressed_right_after_the_explorer_acts_on_what_it_shows(visit):
    page = visit().go("/?phi=1")
    page.get_by_role("tab", name="What if").click()
    button = page.get_by_role("button", name="No squeeze-and-excitation")
    button.wait_for()
    released_and_pressed(page.get_by_role("slider", name="phi"), ["2", "3"], button)
    expect(page.locator("h3").first).to_contain_text("Your own network has")
    page.get_by_role("button", name="Formula", exact=True).click()
    expect(page.locator("h3").first).to_contain_text("phi = 3.00")


def test_a_button_pressed_right_after_a_slider_has_the_last_word(visit):
    page = visit().go("/cost?phi=2")
    slider, reset = page.get_by_role("slider", name="phi"), page.get_by_role("button", name="Reset")
    reset.wait_for()
    released_and_pressed(slider, ["3"], reset)
    expect(page.locator("h3").first).to_contain_text("at phi 1.00")
    expect(slider).to_have_value("1")
    slider.press("ArrowRight")
    expect(page.locator("h3").first).to_contain_text("at phi 1.05")
    expect(slider).to_have_value("1.05")


def test_a_click_on_a_stage_turns_the_anatomy_to_it(visit):
    page = visit().go("/?mode=released&released=b0")
    page.get_by_role("button", name=re.compile("^stage 5: MBConv6, 112 channels")).click()
    expect(page.locator(".block")).to_contain_text("depthwise 5x5")
    expect(page.get_by_role("radio", name=re.compile("^5 MBConv6"))).to_be_checked()


def test_a_number_typed_beyond_the_range_is_clamped(visit):
    tab = visit()
    page = tab.go("/?phi=1")
    field = page.get_by_label("phi, exact value")
    field.fill("99")
    field.press("Enter")
    expect(page.locator("h3").first).to_contain_text("phi = 8.00")
    expect(field).to_have_value("8.00")


def test_an_emptied_number_comes_back_as_it_was(visit):
    """The slider beside it stands on its nearest step, which is another number."""
    page = visit().go("/?phi=0.33")
    field = page.get_by_label("phi, exact value")
    expect(field).to_have_value("0.33")
    field.fill("")
    field.press("Enter")
    expect(field).to_have_value("0.33")


def test_a_title_breaks_at_no_unit(visit):
    tab = visit(width=390)
    page = tab.go("/")
    page.get_by_role("tab", name="Compare").click()
    title = page.locator(".js-plotly-plot .gtitle").filter(has_text="The front runs")
    expect(title.locator("tspan.line").nth(1)).to_be_attached()
    lines = title.locator("tspan.line").all_text_contents()
    assert not [line for line in lines if line.startswith("%")]


def test_a_link_is_the_whole_state(visit):
    tab = visit()
    page = tab.go("/?base=v2_s&phi=0.5&alpha=1.3")
    expect(page.get_by_label("alpha, exact value")).to_have_value("1.30")
    expect(page.locator("h3").first).to_contain_text("phi = 0.50")
    page.get_by_role("link", name="Latency").click()
    expect(page.locator("h3").first).to_contain_text("EfficientNetV2-S at phi 0.50")
    expect(page).to_have_url(re.compile(r"/latency\?.*base=v2_s"))


def test_an_uploaded_photo_gets_its_label(visit, chelsea):
    tab = visit()
    page = tab.go("/classify")
    expect(page.locator("h3").first).to_contain_text("says espresso")
    page.locator("input[type=file]").set_input_files(chelsea)
    expect(page.locator("h3").first).to_contain_text(re.compile("tiger cat|tabby|Egyptian cat"))
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    tab.shoot("classify-upload")


def test_a_file_that_is_no_picture_is_told_and_the_page_lives_on(visit, chelsea):
    tab = visit()
    page = tab.go("/classify")
    bad = {"name": "text.jpg", "mimeType": "image/jpeg", "buffer": b"I am a text file"}
    page.locator("input[type=file]").set_input_files(bad)
    expect(page.get_by_text("not a picture that can be read")).to_be_visible()
    expect(page.locator("input[type=file]")).to_have_count(1)  # the one that was filled is gone
    page.locator("input[type=file]").set_input_files(chelsea)
    expect(page.locator("h3").first).to_contain_text(re.compile("tiger cat|tabby|Egyptian cat"))


def test_a_map_follows_the_class(visit):
    tab = visit()
    page = tab.go("/explain")
    expect(page.locator("h3").first).to_contain_text("speaks for espresso")
    page.get_by_role("radio", name=re.compile("^cup ")).click()
    expect(page.locator("h3").first).to_contain_text("speaks for cup")


def test_a_measurement_ends_with_a_median(visit):
    tab = visit()
    page = tab.go("/latency?mode=free&base=lite0&resolution=64")
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text("Median", exact=True)).to_be_visible()
    expect(page.locator("h3").first).to_contain_text("takes")
    page.locator(".js-plotly-plot .main-svg").nth(1).wait_for()
    tab.shoot("latency-measured")


def stands_still(tab):
    shifts = tab.shifts()
    assert sum(value for value, _ in shifts) <= 0.05, shifts


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", PATHS)
def test_a_page_opens_by_its_address_stands_still_and_fits_its_window(visit, name, width, theme):
    tab = visit(width=width, theme=theme)
    page = tab.go(path(name))
    expect(page).to_have_title(re.compile(f"^{name.title()} - EfficientNet explorer"))
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    page.locator("html[data-whole]").wait_for(state="attached")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.figure')].every((box) => box.dataset.drawn)"
    )
    stands_still(tab)
    expect(page.locator(".st-key-menu a[aria-current]")).to_be_in_viewport(ratio=1)
    if name in ("scale", "classify"):
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
    overflow = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    tab.shoot(f"{name}-{width}-{theme}")


@pytest.mark.parametrize(
    ("name", "width", "last", "until"),
    [
        ("latency", 390, "Metric", "html[data-whole]"),  # totals have their room before they come
        ("lessons", 390, "ImageList", ".st-key-begin_budget button"),
        ("lessons", 1280, "Html", ".st-key-begin_budget button"),  # it brings frame.css
    ],
)
def test_a_page_stands_still_whichever_of_its_files_comes_last(visit, name, width, last, until):
    tab, held = visit(width=width), []

    def hold(route):
        held.append(route)

    tab.page.route(re.compile(rf"/static/js/{last}\."), hold)
    page = tab.go(path(name))
    expect(page.locator("h3").first).not_to_be_empty()
    page.locator(until).first.wait_for(state="attached")
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    for route in held:
        route.continue_()
    page.locator("html[data-whole]").wait_for(state="attached")
    expect(page.locator("[data-testid=stSkeleton]:not(.stSkeleton)")).to_have_count(0)
    assert held
    stands_still(tab)
