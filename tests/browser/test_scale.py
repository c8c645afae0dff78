"""The lock, a pin and the permalink, in a real browser, in every width and theme."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

PHI = "input[type=range][aria-label=phi]"
STEPS = """(slider, end) => {
  for (let i = 59; i >= 0; i -= 1) {
    slider.value = end - i / 20;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }
}"""
RED = """() => {
  const inside = [...document.querySelectorAll('.st-key-explorer *')];
  const { shadowRoot } = inside.find((one) => one.shadowRoot);
  const canvas = shadowRoot.querySelector('.drawing canvas'), { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let red = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] > 240 && data[i + 1] < 15 && data[i + 2] < 15) red += 1;
  }
  return red > 500;
}"""
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


def turn(page, name, width):
    """Bring a slider into a phone's bar, which shows one of them."""
    if width == 390:
        page.locator(".chips").get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_lock_pin_and_link_open_again_as_they_were(visit, width, theme):
    tab = visit(width=width, theme=theme)
    page = tab.go("/?phi=1")
    if width == 390:
        page.get_by_role("button", name="All controls").click()
    page.locator(".budget").get_by_role("button", name="gamma", exact=True).click()
    turn(page, "alpha", width)
    alpha = page.get_by_label("alpha, exact value")
    alpha.fill("1.3")
    alpha.press("Enter")
    gamma = page.get_by_label("gamma, exact value")
    turn(page, "gamma", width)
    expect(gamma).to_have_value("1.13")  # sqrt(2 / (1.3 x 1.1 x 1.1)) = 1.1276
    expect(gamma).to_be_disabled()
    expect(page.get_by_text("On the budget", exact=False).first).to_be_visible()
    if width == 390:
        page.get_by_role("button", name="All controls").click()
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="Pin this design").click()
    expect(page).to_have_url(re.compile("lock=gamma.*pin=|pin=.*lock=gamma"))
    turn(page, "phi", width)
    phi = page.get_by_label("phi, exact value")
    phi.fill("2")
    phi.press("Enter")
    expect(page.locator("h3").first).to_contain_text("phi = 2.00")
    expect(page).to_have_url(re.compile("[?&]phi=2&"))
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    tab.shoot(f"compare-{width}-{theme}")
    claim, link = tab.claim(), page.url

    fresh = visit(width=width, theme=theme)
    page = fresh.go(link.removeprefix(re.match(r"https?://[^/]+", link)[0]))
    assert fresh.claim() == claim
    expect(page.get_by_label("gamma, exact value")).to_be_disabled()
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_role("button", name="Unpin all")).to_be_enabled()


def test_the_server_hears_of_a_drag_once(visit):
    """Sixty steps and another sixty are two messages, and nothing moves that is not dragged."""
    tab = visit(height=720)
    sent = []
    tab.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda data: sent.append(len(data)))
    )
    page = tab.go("/?phi=1")
    page.locator("html[data-whole]").wait_for(state="attached")
    page.get_by_text("Next, ").wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")
    sent.clear()
    for end in (4, 6):
        page.locator(PHI).evaluate(STEPS, end)
        expect(page.locator("h3").first).to_contain_text(f"phi = {end}.00")
        expect(page).to_have_url(re.compile(f"phi={end}"))  # the answer has come
    assert len(sent) == 2
    assert sum(value for value, _ in tab.shifts()) < 0.02, tab.shifts()  # loading and dragging


def test_ones_own_photo_enters_the_drawing(visit):
    tab = visit()
    page = tab.go("/classify")
    file = io.BytesIO()
    Image.new("RGB", (300, 400), (255, 0, 0)).save(file, "PNG")
    own = {"name": "red.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.locator("input[type=file]").first.set_input_files(own)
    page.get_by_text("red.png").first.wait_for()
    page.get_by_test_id("stPageLink-NavLink").filter(has_text="Scale").click()
    page.locator(".totals .value").first.wait_for()
    page.wait_for_function(RED)
