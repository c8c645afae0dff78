"""The explorer itself, as one file: what its controls do, and what is seen and heard of it."""

import re

import pytest
from playwright.sync_api import expect

import effnet
from effnet import web
from effnet.base.units import millions
from effnet.scaling import phi_curve
from effnet.scaling.design import Design

# How many pixels the network's drawing covers, and where its stages stand.
INKED = """() => {
  const canvas = document.querySelector('.drawing canvas'), { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  let inked = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 255 && (data[i] < 200 || data[i + 1] < 200)) inked += 1;
  }
  return [inked, [...document.querySelectorAll('.places button')].map((one) => one.offsetLeft)];
}"""
# A finger on phi as soon as it glides, which it does for four seconds.
TOUCH = """requestAnimationFrame(function look() {
  const field = document.querySelector('[aria-label="phi, exact value"]');
  globalThis.touched = field && field.value > 0 && field.value !== '1.00';
  if (globalThis.touched) field.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  else requestAnimationFrame(look);
})"""
SIZES = [(390, 844), (1024, 768), (1280, 720), (1920, 1080)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    links = {"photo": "photo.html", "lesson": "lesson.html"}
    for language in ("en", "zh"):
        (folder / f"{language}.html").write_text(web.page(language, links=links), "utf-8")
    return folder


@pytest.fixture
def explore(browser, files):
    """Open the file; it must ask for nothing and throw nothing."""
    opened, asked, broken = [], [], []

    def go(said="", *, size=(1280, 720), theme="light", language="en", motion="reduce", script=""):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            reduced_motion=motion,
        )
        opened.append(context)
        page = context.new_page()
        page.add_init_script(script)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto((files / f"{language}.html").as_uri() + said)
        page.locator(".totals .value").first.wait_for()
        expect(page.locator(".totals .value").first).not_to_be_empty()
        return page

    yield go
    for context in opened:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert broken == []


def total(page):
    return page.locator(".totals .value").first


def values(page, *names):
    return [float(page.get_by_label(f"{name}, exact value").input_value()) for name in names]


def test_arrow_keys_on_phi_move_totals_claim_table_and_address(explore):
    page = explore("#phi=1")
    expect(total(page)).to_have_text("9.11 M")
    slider = page.get_by_role("slider", name="phi")
    for _ in range(20):
        slider.press("ArrowRight")
    expect(total(page)).to_have_text("12.3 M")
    expect(page.locator("h3")).to_contain_text("EfficientNet-B3's widths and depths")
    expect(page.locator("tbody tr").nth(2)).to_contain_text("32 (29.04) •")
    expect(page).to_have_url(re.compile(r"#phi=2$"))
    expect(page.locator("[aria-live=polite]")).to_contain_text("phi = 2.00")


def test_the_table_is_the_networks_stages(explore):
    """arXiv:1905.11946 Table 1, and stem and head of the released code."""
    page = explore("#mode=released&released=b0")
    cells = page.locator("tbody tr td:nth-child(5)").all_text_contents()
    assert cells == ["32", "16", "24", "40", "80", "112", "192", "320", "1280"]
    macs = page.locator("tbody tr td:nth-child(9)").all_text_contents()
    assert sum(int(text.replace(",", "")) for text in macs) == 385_814_752


def test_a_number_typed_beyond_the_range_is_clamped_and_an_emptied_one_comes_back(explore):
    page = explore("#phi=0.33")
    field = page.get_by_label("phi, exact value")
    expect(field).to_have_value("0.33")
    field.fill("")
    field.press("Enter")
    expect(field).to_have_value("0.33")
    field.fill("99")
    field.press("Enter")
    expect(field).to_have_value("8.00")
    expect(page.locator("h3")).to_contain_text("phi = 8.00")


def test_reset_brings_the_defaults_back(explore):
    page = explore("#phi=5&alpha=1.4")
    page.get_by_role("button", name="Reset").click()
    expect(total(page)).to_have_text("9.11 M")
    assert values(page, "phi", "alpha") == [1.0, 1.2]
    expect(page).to_have_url(re.compile(r"#$"))


def test_the_button_puts_the_coefficients_onto_the_budget(explore):
    page = explore("#alpha=1.5")
    page.get_by_role("button", name="Onto the budget").click()
    expect(page.get_by_text("On the budget")).to_be_visible()
    alpha, beta, gamma = values(page, "alpha", "beta", "gamma")
    assert alpha * beta**2 * gamma**2 == pytest.approx(2, abs=0.04)


def test_a_lock_follows_a_preset_frees_and_a_second_press_frees(explore):
    page = explore()
    lock = page.get_by_role("button", name="gamma", exact=True)
    lock.click()
    alpha = page.get_by_label("alpha, exact value")
    alpha.fill("1.3")
    alpha.press("Enter")
    gamma = page.get_by_label("gamma, exact value")
    expect(gamma).to_have_value("1.13")  # sqrt(2 / (1.3 x 1.1 x 1.1)) = 1.1276
    expect(gamma).to_be_disabled()
    lock.click()
    expect(gamma).to_be_enabled()
    lock.click()
    page.get_by_role("button", name="Width only").click()
    expect(gamma).to_be_enabled()
    assert values(page, "alpha", "gamma") == [1.0, 1.0]


def test_stations_are_the_released_networks_on_the_way_of_phi(explore):
    page = explore("#phi=1")
    page.get_by_role("button", name="EfficientNet-B4").click()
    expect(total(page)).to_have_text(millions(effnet.count("b4").params))
    phi = page.get_by_label("phi, exact value")
    expect(phi).to_have_value("3.51")  # the mean of 3.22, 3.53 and 3.78
    phi.fill("3")
    phi.press("Enter")
    expect(page.locator("h3")).to_contain_text("phi = 3.00")


def test_the_curve_has_the_published_networks_for_b0_only(explore):
    page = explore("#phi=1")
    names = page.locator(".curve .released text").all_text_contents()
    assert names == [f"B{number}" for number in range(8)]
    page.get_by_label("Base network").select_option("v2_s")
    expect(page.locator(".curve .released")).to_have_count(0)


def test_a_network_that_no_phi_gives_is_told_by_the_phi_that_costs_as_much(explore):
    points = phi_curve([phi / 20 for phi in range(161)], 1.2, 1.1, 1.15)
    as_much = next(one.phi for one in points if one.macs >= effnet.count("b4").macs)
    page = explore("#mode=released&released=b4")
    words = f"costs as EfficientNet-B0 at phi {as_much:.2f}"
    expect(page.locator(".curve").get_by_text(words)).to_be_visible()
    page.get_by_label("Released network", exact=True).select_option("l2")  # past the curve's end
    expect(page.locator(".curve").get_by_text("costs as")).to_be_hidden()


def test_ones_own_begins_from_the_network_in_sight(explore):
    page = explore("#base=v2_s&phi=1")
    params = total(page).inner_text()
    page.get_by_role("button", name="Your own").click()
    expect(page.locator("h3")).to_contain_text("still the same as EfficientNetV2-S at phi 1.00")
    expect(total(page)).to_have_text(params)
    side = page.get_by_label("resolution, exact value").and_(page.locator(":visible"))
    side.fill("128")
    side.press("Enter")
    expect(page.locator("h3")).to_contain_text("at 128 px")


def test_a_design_past_what_can_be_shown_is_told(explore):
    page = explore("#base=v2_s&phi=8&alpha=2")
    expect(page.locator("h3")).to_contain_text("blocks; the limit is 10,000")


def test_a_stage_names_itself_and_opens_its_block(explore):
    """Stage 3 of B0 begins with 24 to 144 channels at 56 px: 24 * 144 * 56 * 56 = 10.8 M."""
    page = explore("#mode=released&released=b0")
    stage = page.get_by_role("button", name=re.compile("^stage 3: MBConv6, 40 channels, 28 x 28"))
    stage.focus()
    expect(page.locator(".tip")).to_contain_text("stage 3")
    stage.press("Enter")
    block = page.locator(".block")
    expect(block).to_contain_text("expand 1x1")
    expect(block).to_contain_text("24 → 144, 56 px")
    expect(block).to_contain_text("10.8 M MACs")
    for close in ("Escape", "Enter"):  # within the block, or by its button
        block.get_by_role("button", name="Close").press(close)
        expect(block).to_be_hidden()
        expect(stage).to_be_focused()
        stage.press("Enter")
    stage.press("Escape")
    expect(block).to_be_hidden()


def test_a_wide_window_has_the_stages_block_below_the_controls(explore):
    """B0's stage 5 begins with 80 to 480 channels at 14 px: 80 * 480 * 14 * 14 = 7.53 M."""
    page = explore("#mode=released&released=b0", size=(1920, 1080))
    block, controls = page.locator(".block"), page.locator(".controls").bounding_box()
    expect(block).to_contain_text("stage 2: MBConv6, 24 channels")
    place = block.bounding_box()
    assert (place["x"], place["width"]) == (controls["x"], controls["width"])
    assert place["y"] >= controls["y"] + controls["height"]
    assert place["y"] + place["height"] <= page.locator("table").bounding_box()["y"]
    page.get_by_role("button", name=re.compile("^stage 5: MBConv6")).click()
    expect(block).to_contain_text("80 → 480, 14 px")
    expect(block).to_contain_text("7.53 M MACs")


def test_the_network_grows_on_one_scale(explore):
    """Columns stand where they stood; B0's plates fill a part of them, B7's the whole."""
    heights = {}
    for name in ("b0", "b7"):
        page = explore(f"#mode=released&released={name}")
        heights[name] = page.evaluate(INKED)
    assert heights["b7"][0] > 2.5 * heights["b0"][0]
    assert heights["b7"][1] == heights["b0"][1]


def test_phi_glides_once_and_a_touch_stops_it(explore):
    page = explore(motion="no-preference")
    expect(page.get_by_text("deeper, wider, or with larger pictures?")).to_be_visible()
    expect(page.get_by_label("phi, exact value")).to_have_value("3.00")
    expect(page).to_have_url(re.compile("phi=3"))
    page = explore(motion="no-preference", script=TOUCH)
    page.wait_for_function("() => globalThis.touched")
    stopped = values(page, "phi")[0]
    page.wait_for_timeout(300)
    assert values(page, "phi")[0] == stopped < 3


def test_the_first_steps_lead_from_three_ways_to_a_guess_and_on(explore):
    page = explore()
    page.get_by_role("button", name="And one at a time?").click()
    page.get_by_role("button", name=re.compile("^Deeper")).click()
    expect(total(page)).to_have_text(millions(effnet.count(effnet.scale("b0", depth=3)).params))
    expect(page.get_by_role("button", name=re.compile("^All three"))).to_contain_text("79.8 %")
    page.get_by_role("button", name="A guess").click()
    page.get_by_role("button", name="B1", exact=True).first.click()
    expect(page.get_by_text("No: B2's widths and depths")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("link", name="your photo")).to_have_attribute("href", "photo.html")
    expect(page.get_by_role("link", name="lesson 1")).to_have_attribute("href", "lesson.html")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".intro")).to_have_count(0)
    assert page.get_by_role("heading").first.inner_text().startswith("phi = 1.00")


def test_a_link_with_a_state_skips_the_first_steps(explore):
    expect(explore("?phi=2").locator(".intro")).to_have_count(0)


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_the_drawing_is_saved_with_its_link(explore, kind, tmp_path):
    page = explore("#mode=released&released=b4")
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as {kind}").click()
    assert "b4" in download.value.suggested_filename
    download.value.save_as(tmp_path / "drawing")
    data = (tmp_path / "drawing").read_bytes()
    assert data.startswith(b"\x89PNG" if kind == "PNG" else b"<svg")
    assert kind == "PNG" or b"released=b4" in data


@pytest.mark.parametrize("size", SIZES)
def test_it_fits_its_window_in_both_languages_and_themes(explore, size):
    for theme, language in (("light", "en"), ("dark", "zh")):
        page = explore(size=size, theme=theme, language=language)
        wide = page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0
        if size == (1280, 720):  # headline, controls, drawing, totals and curve with no scrolling
            for part in (".intro", ".controls", ".drawing", ".totals", ".curve"):
                box = page.locator(part).bounding_box()
                assert box["y"] >= 0
                assert box["y"] + box["height"] <= 720, part


def test_a_phone_shows_drawing_and_totals_with_one_slider_at_the_thumb(explore):
    page = explore("#phi=1", size=(390, 844))
    slider = page.get_by_role("slider", name="phi").bounding_box()
    assert slider["y"] > 700
    assert page.locator(".drawing").bounding_box()["y"] < 300
    expect(page.get_by_role("slider")).to_have_count(1)
    page.get_by_role("button", name="beta", exact=True).first.click()
    expect(page.get_by_role("slider", name="beta")).to_be_visible()
    page.get_by_role("button", name="All controls").click()
    expect(page.get_by_label("Base network")).to_be_visible()


def test_its_start_is_pythons_default(explore):
    page = explore("#mode=formula")
    assert values(page, "phi", "alpha", "beta", "gamma") == [
        getattr(Design(), name) for name in ("phi", "alpha", "beta", "gamma")
    ]


@pytest.mark.parametrize(
    ("attribute", "value", "ink"),
    [
        ("class", "vscode-dark", "rgb(250, 250, 250)"),
        ("class", "vscode-high-contrast vscode-high-contrast-light", "rgb(26, 28, 34)"),
        ("theme", "dark", "rgb(250, 250, 250)"),
    ],
)
def test_the_themes_of_vs_code_and_colab_are_followed_whatever_widgets_say(
    explore, attribute, value, ink
):
    page = explore("#phi=1")
    page.evaluate("document.documentElement.style.setProperty('--jp-ui-font-color1', '#777')")
    assert page.locator(".effnet").evaluate("(e) => getComputedStyle(e).color") != ink
    page.evaluate("(mark) => document.body.setAttribute(...mark)", [attribute, value])
    assert page.locator(".effnet").evaluate("(e) => getComputedStyle(e).color") == ink
