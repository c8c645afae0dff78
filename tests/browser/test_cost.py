"""Cost in a real browser: clicks open receipts, figures follow the finger, and it fits a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

B0 = "/cost?mode=released&released=b0"


def drawn(page: Page) -> Page:
    """Wait until the bars and the treemap are there."""
    page.locator("g.slice").nth(20).wait_for()
    page.locator(".barlayer g.trace").nth(5).wait_for()
    page.locator(".figure[data-drawn]").nth(1).wait_for()  # and hear clicks
    return page


def test_a_click_on_an_area_opens_its_receipt(visit):
    tab = visit()
    page = drawn(tab.go(B0))
    receipt = page.locator(".st-key-receipt")
    expect(receipt).to_contain_text("385,814,752")
    page.locator("g.slice").filter(has_text="stem").last.click()
    expect(receipt).to_contain_text("3 x 3 x 3 x 32 x 112 x 112")
    expect(receipt).to_contain_text("10,838,016")
    expect(page.locator("g.slice").filter(has_text="7 MBConv6")).to_be_visible()  # no zoom
    receipt.get_by_role("button", name="EfficientNet-B0").click()
    expect(receipt).to_contain_text("385,814,752")


def test_a_click_on_a_bar_opens_its_receipt(visit):
    tab = visit()
    page = drawn(tab.go(B0))
    depthwise = page.locator(".barlayer g.trace").nth(2).locator("path").nth(2)
    depthwise.click(force=True)
    receipt = page.locator(".st-key-receipt")
    expect(receipt).to_contain_text("Stage 2, MBConv6, depthwise")
    expect(receipt).to_contain_text("3 x 3 x 96 x 56 x 56")
    expect(receipt).to_contain_text("2,709,504")
    tab.shoot("cost-receipt")


def test_a_click_on_a_bar_opens_its_receipt_in_chinese(visit):
    tab = visit()
    page = drawn(tab.go(f"{B0}&lang=zh"))
    page.locator(".barlayer g.trace").nth(2).locator("path").nth(2).click(force=True)
    receipt = page.locator(".st-key-receipt")
    expect(receipt).to_contain_text("阶段 2，MBConv6 中的逐通道")
    expect(receipt).to_contain_text("卷积核 x 卷积核 x 通道 x 高 x 宽")
    expect(receipt).to_contain_text("2,709,504")
    tab.shoot("cost-receipt-zh")


def test_plotly_comes_compressed_and_is_kept(visit):
    page = drawn(visit().go(B0))
    script = page.locator("script#plotly")
    answer = page.request.get(script.evaluate("node => node.src"))
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text().startswith("/**\n* plotly.js")


@pytest.mark.parametrize(
    ("language", "term", "name"),
    [("en", "multiply-adds", "Multiply-adds"), ("zh", "乘加", "乘加次数")],
)
def test_a_term_of_the_claim_opens_its_card(visit, language, term, name):
    page = drawn(visit(width=390).go(f"{B0}&lang={language}"))
    card = page.locator(".term-card:popover-open")
    marked = page.locator("h3").get_by_role("button", name=term)
    marked.click()
    expect(card).to_contain_text(name)
    expect(card).to_be_in_viewport(ratio=1)
    expect(card.locator("img")).to_have_js_property("naturalWidth", 300)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    marked.press("Enter")
    expect(card).to_contain_text(name)


def test_everything_follows_the_slider(visit):
    tab = visit()
    page = drawn(tab.go("/cost?phi=0"))
    expect(page.locator("h3").first).to_contain_text("its 0.386 G multiply-adds")
    figure = page.locator(".figure").first
    figure.evaluate("node => { node.mark = 'kept'; }")
    slider = page.get_by_role("slider", name="phi", exact=True)
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    expect(page.locator("h3").first).to_contain_text("at phi 1.00 spends")
    expect(page.locator("h3").first).to_contain_text("0.993 G multiply-adds")
    expect(page.locator(".st-key-receipt")).to_contain_text(re.compile(r"99\d,\d{3},\d{3}"))
    assert figure.evaluate("node => node.mark") == "kept"  # redrawn in place


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_memory_on_the_switch_fits_its_window(visit, width, theme):
    tab = visit(width=width, theme=theme)
    page = drawn(tab.go(B0))
    page.get_by_role("radio", name="Training memory").click()
    expect(page.locator("h3").first).to_contain_text("84.3 MiB of training memory")
    overflow = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    tab.shoot(f"cost-memory-{width}-{theme}")
