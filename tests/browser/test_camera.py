"""The live camera in a real browser, with Chromium's fake device: a test pattern that moves."""

import re

from playwright.sync_api import Page, expect


def switched_on(page: Page) -> Page:
    """The page with the camera's first answers on it."""
    page.get_by_text("Camera", exact=True).click()
    expect(page.locator(".camera .bar")).to_have_count(5)
    return page


def counts(page: Page) -> tuple[int, int]:
    """How many frames were sent, and which one was answered last."""
    sent, answered = page.locator(".camera").evaluate(
        "(root) => [root.dataset.sent, root.dataset.answered].map(Number)"
    )
    return sent, answered


def test_frames_are_answered_one_at_a_time_and_one_is_frozen_for_every_page(visit):
    page = switched_on(visit().go("/classify"))
    camera = page.locator(".camera")
    first = counts(page)[1]
    for _ in range(40):
        sent, answered = counts(page)
        assert sent - answered in (0, 1), "nothing queues, however slow the network is"
        page.wait_for_timeout(20)
    expect(camera).not_to_have_attribute("data-answered", str(first))
    expect(camera.locator(".pace")).to_have_text(
        re.compile(r"[\d.]+ frames/s, each answered in \d+ ms")
    )
    camera.locator(".bar").nth(3).click()
    expect(camera.get_by_role("button", name="Follow the best")).to_have_attribute(
        "aria-pressed", "false"
    )
    assert camera.evaluate("(root) => root.classList.contains('mirrored')")
    camera.get_by_role("button", name="Freeze: use this picture").click()
    expect(page.get_by_text("The photo, 1280 x 720 px")).to_be_visible()
    expect(camera).to_have_count(0)
    page.get_by_role("link", name="Explain").first.click()
    expect(page.locator("h3").first).to_contain_text("the camera's photo")


def test_a_hidden_tab_stops_and_goes_on_when_it_is_seen(visit):
    page = switched_on(visit().go("/explain"))
    show = """(hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    video = page.locator(".camera video")
    page.evaluate(show, True)
    assert video.evaluate("(node) => node.srcObject") is None
    sent = counts(page)[0]
    page.wait_for_timeout(500)
    assert counts(page)[0] == sent
    page.evaluate(show, False)
    expect(page.locator(".camera")).not_to_have_attribute("data-sent", str(sent))


def test_a_page_without_a_safe_address_says_why_there_is_no_camera(visit):
    tab = visit(width=390)
    tab.page.add_init_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page = tab.go("/classify")
    page.get_by_text("Camera", exact=True).click()
    expect(page.get_by_text("only to a page over https or on localhost")).to_be_visible()
