"""Explain in a real browser: the map is blended, measured and picked on the photo itself."""

import re

import pytest
from playwright.sync_api import Page, expect


def drawn(page: Page) -> Page:
    """Wait until the photo and its map are there."""
    page.locator(".viewer[data-drawn]").wait_for()
    page.get_by_role("button", name="Stage 1").wait_for()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    return page


def pixel(page: Page, panel: str, across: float, down: float) -> list[int]:
    """The colour of a place of a panel, by parts of it."""
    canvas = page.locator(f"figure[data-panel={panel}] canvas")
    return canvas.evaluate(
        """(node, [x, y]) => Array.from(node.getContext('2d').getImageData(
            Math.floor(x * node.width), Math.floor(y * node.height), 1, 1).data)""",
        [across, down],
    )


def drag(
    page: Page,
    panel: str,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    release: bool = True,
) -> None:
    """From one place of a panel to another, by parts of it, once it stands still."""
    canvas = page.locator(f"figure[data-panel={panel}] canvas")
    size = canvas.bounding_box()
    assert size is not None
    canvas.hover(position={"x": start[0] * size["width"], "y": start[1] * size["height"]})
    page.mouse.down()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=6)
    if release:
        page.mouse.up()


def test_opacity_moves_the_picture_and_asks_nothing(visit):
    page = drawn(visit().go("/explain"))
    dial = page.get_by_role("slider", name="Opacity of the map")
    before, count = (
        pixel(page, "blend", 0.5, 0.5),
        page.locator(".viewer").get_attribute("data-drawn"),
    )
    dial.fill("0")
    assert pixel(page, "blend", 0.5, 0.5) == pixel(page, "photo", 0.5, 0.5) != before
    dial.fill("100")
    assert pixel(page, "blend", 0.5, 0.5) != before
    assert page.locator(".viewer").get_attribute("data-drawn") == count
    border = pixel(page, "photo", 0.02, 0.5)
    assert pixel(page, "grid", 0.02, 0.5) == pixel(page, "blend", 0.02, 0.5) == border


def test_a_dragged_box_is_measured_and_the_ladder_opens(visit):
    tab = visit()
    page = drawn(tab.go("/explain"))
    drag(page, "photo", (172 / 600, 18 / 400), (408 / 600, 308 / 400))
    expect(page.get_by_text("of the map lies in the box, 1.5 x")).to_be_visible()
    page.get_by_role("tab", name="Ladder of networks").click()
    expect(page.locator("strong").filter(has_text="Two maps side by side agree by")).to_be_visible()
    expect(page.get_by_text("in the box 82", exact=False)).to_be_visible()
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    tab.shoot("explain-ladder")
    page.get_by_role("button", name="Clear the box").click()
    expect(page.get_by_text("Drag a box around the object on the photo above")).to_be_visible()


GREY = [124, 116, 104, 255]


def is_grey(page: Page, across: float, down: float) -> bool:
    found = pixel(page, "photo", across, down)
    return all(abs(one - other) < 8 for one, other in zip(found, GREY, strict=True))


def test_painting_hides_a_place_and_undoing_shows_it_again(visit):
    """Nothing is sent while the brush moves; on release the claim follows."""
    tab = visit()
    sent: list[int] = []
    tab.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data)))
    )
    page = drawn(tab.go("/explain"))
    claim = page.locator("h3").first
    before = claim.inner_text()
    page.get_by_role("button", name="Paint over").click()
    page.get_by_role("button", name="Large brush").click()
    sent.clear()
    drag(page, "photo", (0.35, 0.3), (0.65, 0.3), release=False)
    assert is_grey(page, 0.5, 0.3)
    assert sent == []
    page.mouse.up()
    expect(claim).to_contain_text("Without the hidden place")
    one = claim.inner_text()
    assert is_grey(page, 0.5, 0.3)
    assert not is_grey(page, 0.5, 0.9)
    drag(page, "photo", (0.35, 0.55), (0.65, 0.55))
    expect(claim).not_to_have_text(one)
    page.get_by_role("button", name="Undo").click()
    expect(claim).to_have_text(one)
    page.get_by_role("button", name="Wipe off").click()
    expect(claim).to_have_text(before)
    assert not is_grey(page, 0.5, 0.3)


def test_the_photo_on_a_phone_stays_where_it_is_whatever_tool_is_chosen(visit):
    page = drawn(visit(width=390).go("/explain"))
    canvas = page.locator("figure[data-panel=blend] canvas")
    place = """(node) => node.getBoundingClientRect().top
        - node.closest('.viewer').getBoundingClientRect().top"""
    before = canvas.evaluate(place)
    page.get_by_role("button", name="Draw a box").click()
    drag(page, "blend", (0.2, 0.2), (0.5, 0.5))
    page.get_by_role("button", name="Hide what is in it").wait_for()
    assert canvas.evaluate(place) == before
    page.get_by_role("button", name="Paint over").click()
    page.get_by_role("group", name="Brush").wait_for()
    drag(page, "blend", (0.6, 0.6), (0.7, 0.7))
    page.get_by_role("button", name="Wipe off").wait_for()
    assert canvas.evaluate(place) == before


def test_the_likely_classes_stand_in_one_line_above_the_map(visit):
    page = drawn(visit(width=390).go("/explain"))
    page.get_by_role("button", name="Astronaut").click()
    expect(page.locator("h3").first).to_contain_text("of Astronaut")
    chips, map_viewer = (
        page.locator(f".st-key-{key}").bounding_box() or {} for key in ("class_chips", "map_viewer")
    )
    assert chips["height"] < 80
    assert 0 <= map_viewer["y"] - chips["y"] - chips["height"] < 30


def test_where_there_are_no_keys_no_word_is_said_of_them(visit):
    page = drawn(visit(width=390, touch=True).go("/explain"))
    said = page.locator(".reading")
    expect(said).to_have_text("Tap a place of the map to see what it sees.")
    expect(page.get_by_text("Ctrl+V")).to_be_hidden()
    page.get_by_role("button", name="Paint over").press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("figure[data-panel=blend] canvas")).to_be_focused()
    expect(said).to_be_hidden()


def test_another_tab_is_hidden_until_it_is_there_and_the_open_one_never(visit):
    page = drawn(visit().go("/explain"))
    page.evaluate(
        """() => {
            const { dataset } = document.documentElement;
            globalThis.turns = [];
            new MutationObserver(() => globalThis.turns.push(dataset.turns ?? 'over'))
                .observe(document.documentElement, { attributeFilter: ['data-turns'] });
        }"""
    )
    page.get_by_role("tab", name="Top classes").click()
    assert page.evaluate("globalThis.turns") == []
    page.get_by_role("tab", name="Take away").click()
    page.wait_for_function("globalThis.turns.at(-1) === 'over'")
    assert page.evaluate("globalThis.turns[0]") == "unseen"
    expect(page.get_by_role("button", name="Own grid (NPY)")).to_be_visible()
    expect(page.get_by_text("Next, Train")).to_be_visible()


def test_the_brush_moves_and_paints_by_keys(visit):
    page = drawn(visit().go("/explain"))
    page.get_by_role("button", name="Paint over").press("Enter")
    photo = page.locator("figure[data-panel=photo] canvas")
    page.keyboard.press("Tab")
    expect(photo).to_be_focused()
    expect(page.locator(".reading")).to_contain_text("Arrow keys move the brush")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    expect(page.locator("h3").first).to_contain_text("Without the hidden place")
    assert is_grey(page, 0.5, 0.43)


def test_what_lies_in_the_box_is_hidden_and_shown_again(visit):
    page = drawn(visit().go("/explain"))
    drag(page, "photo", (0.25, 0.02), (0.75, 0.6))
    claim = page.locator("h3").first
    page.get_by_role("button", name="Hide what is in it").click()
    expect(claim).to_contain_text("Without the hidden place")
    assert is_grey(page, 0.5, 0.3)
    page.get_by_role("button", name="Undo").click()
    expect(claim).to_contain_text("speaks for espresso")


def test_a_click_on_a_place_picks_it(visit):
    page = drawn(visit().go("/explain"))
    page.get_by_role("tab", name="Inside").click()
    page.get_by_role("radio", name="What a place sees").click()
    expect(page.get_by_text("The brightest place (row 3, column 4 of 7 x 7)")).to_be_visible()
    grid = page.locator("figure[data-panel=grid] canvas")
    box = grid.bounding_box()
    assert box is not None
    grid.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(page.get_by_text("The picked place (row 4, column 4 of 7 x 7)")).to_be_visible()
    expect(page.locator(".reading")).to_contain_text("Row 4, column 4")


def test_a_click_on_the_film_strip_changes_the_layer(visit):
    page = drawn(visit().go("/explain"))
    page.get_by_role("button", name="Stage 4").click()
    expect(page).to_have_url(re.compile(r"layer=features\.4\.2|layer=features\.4"))
    expect(page.get_by_text("The map at its own grid, 14 x 14")).to_be_visible()


def test_a_click_in_the_ladder_changes_the_network(visit):
    page = drawn(visit().go("/explain"))
    page.get_by_role("tab", name="Ladder of networks").click()
    page.get_by_role("button", name="Lite1").click()
    expect(page).to_have_url(re.compile(r"network=lite1"))
    expect(page.locator("h3").first).to_contain_text("EfficientNet-Lite1 saw of Coffee")
    expect(page.get_by_role("button", name="Lite1")).to_have_attribute("aria-pressed", "true")
    shown = page.get_by_test_id("stSelectbox").filter(has_text="Network").locator("input").first
    expect(shown).to_have_value(re.compile(r"^Lite1 \(top-1"))


def test_the_choices_outlive_a_change_of_language(visit):
    page = drawn(visit().go("/explain?method=layercam&layer=features.4.0"))
    page.get_by_role("tab", name="Inside").click()
    expect(page.get_by_text("is the strongest for espresso")).to_be_visible()
    page.get_by_role("button", name="中文", exact=True).click()
    expect(page.get_by_text("对浓缩咖啡的支持最强")).to_be_visible()
    expect(page).to_have_url(re.compile(r"method=layercam&layer=features\.4\.0&tab=Inside&lang=zh"))
    page.get_by_role("button", name="English", exact=True).click()
    expect(page.get_by_text("is the strongest for espresso")).to_be_visible()
    expect(page).to_have_url(re.compile(r"method=layercam&layer=features\.4\.0&tab=Inside$"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_map_and_the_film_strip_fit_their_window(visit, width, theme):
    tab = visit(width=width, theme=theme)
    page = drawn(tab.go("/explain?photo=chelsea&class=282-281&method=layercam"))
    page.get_by_role("button", name="Stage 1").wait_for()
    overflow = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    tab.shoot(f"explain-strip-{width}-{theme}")
