"""The Papers page in a browser: index, figure, live check, and the way back."""

import re

import pytest
from playwright.sync_api import expect

LEGEND_AT_THE_FOOT = """() => {
  const found = [".legend", ".xtitle", ".figure"].map((name) => document.querySelector(name));
  if (!found[0]) return true;
  const [below, above, whole] = found.map((node) => node.getBoundingClientRect());
  return below.top >= above.bottom - 2 && Math.abs(whole.bottom - below.bottom) < 2;
}"""


def drawn(page):
    page.locator(".js-plotly-plot .main-svg").first.wait_for()


def test_a_row_opens_live_in_scale_and_the_exhibit_is_there_again(visit):
    tab = visit()
    page = tab.go("/papers?exhibit=v1-table-7")
    expect(page.locator("h3").first).to_contain_text("14 to 24 % above")
    drawn(page)
    page.get_by_role("link", name="Check it live in Scale").click()
    expect(page.locator("h3").first).to_contain_text("Depth 1 and width 2 give")
    expect(page).to_have_url(re.compile(r"width=2"))
    page.get_by_role("link", name="Papers").click()
    expect(page.locator("h3").first).to_contain_text("EfficientNet, Table 7")
    expect(page).to_have_url(re.compile(r"exhibit=v1-table-7"))


def test_a_click_on_a_point_chooses_its_row(visit):
    tab = visit()
    page = tab.go("/papers?exhibit=v1-figure-3")
    drawn(page)
    figure = page.locator(".figure").first
    row = page.get_by_role("combobox", name="Check live")
    expect(row).to_have_value("resolution x 1.9")
    page.wait_for_function("document.querySelector('.figure')?.clickable")
    figure.evaluate(
        "node => node.emit('plotly_click', {points: [{data: {name: 'depth'}, pointIndex: 3}]})"
    )
    expect(row).to_have_value("depth x 4")
    page.get_by_role("link", name="Check it live in Scale").click()
    expect(page).to_have_url(re.compile(r"depth=4"))


def test_the_index_changes_claim_figure_and_link(visit):
    tab = visit()
    page = tab.go("/papers")
    page.get_by_role("radio", name="EfficientNetV2").click()
    expect(page.locator("h3").first).to_contain_text("EfficientNetV2, Table 4")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("h3").first).to_contain_text("EfficientNetV2, Table 7")
    expect(page).to_have_url(re.compile(r"exhibit=v2-table-7"))
    page.get_by_role("radio", name="Latency").click()
    expect(page.locator(".figure").first).to_have_attribute("aria-label", re.compile("latency"))


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light")])
@pytest.mark.parametrize("key", ["v1-figure-1", "v1-figure-8", "v1-table-3", "v2-released"])
def test_an_exhibit_fits_its_window(visit, key, width, theme):
    tab = visit(width=width, theme=theme)
    page = tab.go(f"/papers?exhibit={key}")
    drawn(page)
    overflow = page.evaluate(
        "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert overflow <= 0
    page.locator(".xtitle").first.wait_for()
    page.wait_for_function(LEGEND_AT_THE_FOOT)
    tab.shoot(f"papers-{key}-{width}-{theme}")


def test_the_glance_and_the_corrections_open(visit):
    tab = visit(width=390)
    page = tab.go("/papers")
    drawn(page)
    page.get_by_text("Common mistakes in write-ups").click()
    expect(page.get_by_text("Which letter is which.")).to_be_visible()
    page.get_by_text("All tables and figures at a glance").click()
    expect(page.get_by_text(re.compile(r"\d+ of \d+ printed or drawn numbers"))).to_be_visible()
    tab.shoot("papers-open-390")


MARKED = """() => {
  const [mark] = CSS.highlights.get('term');
  mark.startContainer.parentElement.scrollIntoView({ block: 'center' });
  const { left, top, width, height } = mark.getBoundingClientRect();
  return [mark.toString(), left + width / 2, top + height / 2];
}"""


def test_a_finger_on_a_term_of_a_caption_opens_its_card(visit):
    page = visit(width=390, touch=True).go("/papers")
    drawn(page)
    # one in a caption, each once
    page.wait_for_function("() => CSS.highlights.get('term')?.size === 2")
    named, *place = page.evaluate(MARKED)
    assert named == "MACs"
    page.touchscreen.tap(*place)
    card = page.locator(".term-card:popover-open")
    expect(card).to_contain_text("Multiply-adds (MACs)")
    expect(card).to_be_in_viewport(ratio=1)


LONGEST = ("v2-released", "lite-latency", "v2-table-4")  # sentences, of all exhibits


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_claim_has_one_line_in_a_wide_window(visit, language):
    tab = visit(width=1920, height=1080)
    for key in LONGEST:
        page = tab.go(f"/papers?exhibit={key}&lang={language}")
        drawn(page)
        heading = page.locator("h3").first
        assert heading.evaluate("node => node.offsetHeight") == 26  # 1.3 times a type of 20 px


def test_the_room_of_a_long_claim_stays(visit):
    page = visit(width=390).go("/papers?exhibit=lite-latency")
    drawn(page)
    heading = page.locator("h3").first
    before = heading.bounding_box()["height"]
    assert before > 4 * 26  # the room of four lines that a phone has from the start
    page.get_by_role("radio", name="EfficientNet", exact=True).click()
    expect(heading).to_contain_text("EfficientNet, Figures 1 and 5")
    assert heading.bounding_box()["height"] == before
