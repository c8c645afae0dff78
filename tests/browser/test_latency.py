"""The Latency page in a browser: measure with the smallest budget, stop, and a second visitor."""

from playwright.sync_api import Page, expect

SMALL = "/latency?mode=free&base=lite0&resolution=64"


def seconds(page: Page, key: str, about: int) -> None:
    """Put the budget to its lowest or highest, and wait until the page says how long that takes."""
    slider = page.locator(".st-key-budget").get_by_role("slider")
    slider.focus()
    slider.press(key)
    expect(page.get_by_text(f"About {about} s.")).to_be_visible()


def test_a_measurement_shows_its_median_and_where_time_goes(visit):
    """In the places that it had before: nothing moves; and it is there after a look elsewhere."""
    tab = visit()
    page = tab.go(SMALL)
    seconds(page, "Home", 3)
    page.evaluate("() => { globalThis.shifts.length = 0; }")
    page.get_by_role("button", name="Measure", exact=True).click()
    claim = page.locator("h3").first
    expect(claim).to_contain_text("On this machine")
    expect(claim).to_contain_text(" ms, ")
    median = page.get_by_test_id("stMetric").first
    expect(median).to_contain_text("ms")
    expect(page.get_by_role("button", name="Samples as CSV", exact=True)).to_be_visible()
    page.locator(".st-key-samples .main-svg").first.wait_for()
    assert sum(value for value, _ in tab.shifts()) <= 0.05, tab.shifts()
    said, found = claim.inner_text(), median.inner_text()
    for name in ("Cost", "Latency"):
        page.locator(".st-key-menu").get_by_role("link", name=name, exact=True).click()
    expect(claim).to_have_text(said)
    expect(median).to_have_text(found, use_inner_text=True)
    expect(page.locator(".st-key-mirror .gtitle")).to_contain_text("of the time")
    page.set_viewport_size({"width": 1920, "height": 1080})
    boxes = [page.locator(f".st-key-{key}").bounding_box() or {} for key in ("samples", "mirror")]
    assert boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"]
    assert boxes[1]["y"] < boxes[0]["y"] + boxes[0]["height"]
    tab.shoot("latency-measured")


def test_stop_keeps_what_was_measured_and_a_second_visitor_waits(visit):
    first, second = visit(), visit(width=390, theme="dark")
    page = first.go("/latency?mode=free&base=lite0&resolution=80")
    other = second.go("/latency?mode=free&base=lite0&resolution=88")  # there before the first ends
    seconds(page, "End", 67)
    page.get_by_role("button", name="Measure", exact=True).click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(page.get_by_text("passes,").first).to_be_visible()

    other.get_by_role("button", name="Measure", exact=True).click()
    expect(other.get_by_text("another visitor measures").first).to_be_visible()
    second.shoot("latency-waiting-phone-dark")
    other.get_by_role("button", name="Stop", exact=True).click()

    stop.click()
    expect(page.locator("h3").first).to_contain_text("On this machine")
    expect(page.get_by_text("Stopped before its end").first).to_be_visible()


def test_every_tab_opens_with_something_to_see(visit):
    tab = visit()
    page = tab.go(SMALL)
    for name, said in (
        ("Options", "One thread"),
        ("Race", "Against"),
        ("Sweeps", "Load a file of measurements"),
        ("Why V2", "Depthwise convolutions are slow"),
        ("Published", "Printed for"),
        ("Predict", "The app can learn how fast a machine is"),
        ("Roofline", "arithmetic intensity"),
    ):
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.get_by_text(said).first).to_be_visible()
    tab.shoot("latency-tabs")
