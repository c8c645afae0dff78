"""The static site as its visitors get it: a file server, a browser, no other address."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import lab
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from servers import running

import effnet
from effnet import pixels as prepared
from effnet.base import millions, probability
from effnet.pixels import list_samples
from effnet.site import PARTS, Part, build
from effnet.weights import Preprocessing

START = 240_000  # ms: a Python of 45 MB begins in the browser, on a busy machine


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Part]]]:
    """The address of the site on a file server, and what it is made of.

    All but the notebooks as they ran, which tests/site makes of small ones.
    """
    folder = tmp_path_factory.mktemp("served") / "site"
    parts = {part.name: part for part in build(folder, without=["executed"])}
    command = ["http.server", "{port}", "--bind", "127.0.0.1", "--directory", str(folder)]
    with running(command, "/papers.html") as server:
        yield server.url, parts


@pytest.fixture
def opened(site, browser) -> Iterator[Callable[..., Page]]:
    """Open a page of the site; nothing may be asked of another address, and nothing may break.

    Requests are listened to, not routed, as in `Visit`; a browser of the tests finds no other host.
    """
    address, parts = site
    outside: list[str] = []
    broken: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")

    own = (address, "data:", "blob:")
    context.on("request", lambda r: r.url.startswith(own) or outside.append(r.url))

    def visit(path: str, *, needs: str = "", width: int = 1280) -> Page:
        if needs and parts[needs].missing:
            pytest.skip(f"the site has no {needs} here: {parts[needs].missing}")
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(f"{address}/{path}")
        return page

    yield visit
    context.close()
    assert outside == []
    assert broken == []


# --- pixels -------------------------------------------------------------------------------------


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """A smooth ramp with noise on it, so that every weight of a filter matters."""
    rng = np.random.default_rng(seed)
    ramp = np.linspace(0, 200, shape[0] * shape[1]).reshape(shape[:2] + (1,) * (len(shape) - 2))
    return (ramp + rng.integers(0, 56, shape)).astype(np.uint8)


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(Image.fromarray(noise(300, 420, 3)), "JPEG", quality=95, exif=exif)


def veiled() -> bytes:
    """Transparent, opaque and half-transparent parts over colours of their own."""
    pixels = np.dstack([noise(330, 300, 3), np.full((330, 300), 255, np.uint8)])
    pixels[:100, :, 3] = 0
    pixels[100:200, :150, 3] = 128
    return encoded(Image.fromarray(pixels, "RGBA"))


def palette() -> bytes:
    return encoded(Image.fromarray(noise(280, 310, 3)).quantize(64))


SMOOTH = Preprocessing(256, 224, "bilinear")
SHARP = Preprocessing(256, 224, "bicubic")
PICTURES = {
    "wide": (encoded(Image.fromarray(noise(300, 517, 3))), SMOOTH),
    "tall, bicubic": (encoded(Image.fromarray(noise(901, 333, 3, seed=1))), SHARP),
    "enlarged": (encoded(Image.fromarray(noise(90, 61, 3, seed=2))), SHARP),
    "at its size": (encoded(Image.fromarray(noise(256, 300, 3))), SMOOTH),
    "grey": (encoded(Image.fromarray(noise(300, 311))), SMOOTH),
    "palette": (palette(), SMOOTH),
    **{f"EXIF {number}": (turned(number), SMOOTH) for number in range(1, 9)},
    "WebP": (encoded(Image.fromarray(noise(300, 400, 3)), "WEBP", lossless=True), SHARP),
    "transparent": (veiled(), SMOOTH),
}
SEEN = """async ([data, preprocessing]) => {
  const { open, view } = await import('/assets/pixels.js');
  const blob = await (await fetch(`data:;base64,${data}`)).blob();
  const limits = { bytes: 2 ** 25, pixels: 6e7, aspect: 20 };
  const { data: seen } = view(await open(blob, limits), preprocessing);
  return btoa(Array.from(seen, (value) => String.fromCharCode(value)).join(''));
}"""  # as text: Playwright packs and unpacks values one by one


@pytest.fixture
def pixels(opened) -> Page:
    return opened("classify.html", needs="classify")


def test_the_browser_sees_the_pixels_that_pillow_sees(pixels):
    for name, (data, wanted) in PICTURES.items():
        steps = {
            "resize": wanted.resize,
            "crop": wanted.crop,
            "interpolation": wanted.interpolation,
        }
        theirs = pixels.evaluate(SEEN, [base64.b64encode(data).decode(), steps])
        seen = np.frombuffer(base64.b64decode(theirs), np.uint8)
        seen = seen.reshape(wanted.crop, wanted.crop, 4)
        ours = np.asarray(prepared.view(prepared.open_image(data), wanted))
        off = np.abs(seen[..., :3].astype(int) - ours.astype(int))
        assert off.max() == 0, name
        assert (seen[..., 3] == 255).all()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"GIF89a is no picture", "not a picture that can be read"),
        (encoded(Image.new("1", (3, 400))), "3 x 400 is too narrow"),
        (encoded(Image.new("1", (8001, 8000))), "8001 x 8000 is too many pixels"),
    ],
)
def test_a_picture_that_is_refused_says_why_as_python_does(opened, data, said):
    page = answered(opened("classify.html", needs="classify"), 1)
    with pytest.raises(effnet.EffnetError, match=said):
        prepared.open_image(data)
    file = {"name": "odd.png", "mimeType": "image/png", "buffer": data}
    page.locator("#file").set_input_files(file)
    expect(page.locator("#complaint")).to_contain_text(said)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (encoded(Image.fromarray(noise(60, 70).astype(np.uint16) << 8)), "a PNG of 16 bits"),
        (encoded(Image.fromarray(noise(60, 70, 3)), "TIFF"), "not a picture that can be read"),
    ],
    ids=["PNG of 16 bits", "TIFF"],
)
def test_a_picture_that_browsers_read_otherwise_is_refused(pixels, data, said):
    """Python takes both: no answer is better than another one."""
    assert prepared.open_image(data).size == (70, 60)
    answered(pixels, 1)
    file = {"name": "odd", "mimeType": "image/png", "buffer": data}
    pixels.locator("#file").set_input_files(file)
    expect(pixels.locator("#complaint")).to_contain_text(said)


# --- answers ------------------------------------------------------------------------------------


def answered(page: Page, times: int) -> Page:
    """Wait until the network in the browser has answered so often."""
    wanted = f"document.documentElement.dataset.answered === '{times}'"
    page.wait_for_function(wanted, timeout=START)
    return page


def read(page: Page) -> list[tuple[str, str]]:
    names = page.locator("#answers .name").all_inner_texts()
    return list(zip(names, page.locator("#answers .share").all_inner_texts(), strict=True))


def test_the_six_samples_get_the_five_answers_that_python_gives(opened):
    page = answered(opened("classify.html", needs="classify"), 1)
    network = effnet.load("lite0")
    for times, sample in enumerate(list_samples(), start=2):
        page.locator(f"#samples button[value={sample.name}]").click()
        answered(page, times)
        (prediction,) = network.predict([sample.path])
        ours = [(label.name, probability(label.probability)) for label in prediction.labels]
        assert read(page) == ours, sample.name


def test_the_first_answer_is_there_before_the_network_and_is_the_same(opened, site):
    page = opened("classify.html", needs="classify")
    page.locator("#answers li").nth(4).wait_for()
    before = read(page)
    assert read(answered(page, 1)) == before


def test_any_class_has_its_map_and_it_is_pythons(opened):
    """The values under the pointer are the classifier's own terms; the picture is CAM's map."""
    page = answered(opened("classify.html", needs="classify"), 1)
    page.locator("#search").fill("teapot")
    page.locator("#search").press("Enter")
    expect(page.locator("#answers li")).to_have_count(6)
    expect(page.locator("#answers [aria-pressed=true] .name")).to_have_text("teapot")
    expect(page.locator("#sum")).to_contain_text("logit of teapot")
    maps = page.evaluate("""async () => {
      const { finished } = await import('/assets/maps.js');
      const { answer } = JSON.parse(document.getElementById('config').textContent).samples[0];
      return answer.maps.map((map) => Array.from(finished(map)));
    }""")
    network, (sample, *_) = effnet.load("lite0"), list_samples()
    for label, theirs in zip(network.predict([sample.path])[0].labels, maps, strict=True):
        ours = network.explain(sample.path, method="cam", target=label.index).native
        assert np.allclose(np.reshape(theirs, ours.shape), ours, atol=1e-4)


def test_ones_own_photo_is_dropped_or_pasted(opened, chelsea):
    page = answered(opened("classify.html", needs="classify"), 1)
    data = base64.b64encode(Path(chelsea).read_bytes()).decode()
    for times, event in enumerate(("drop", "paste"), start=2):
        page.evaluate(
            """async ([event, data]) => {
              const file = await (await fetch(`data:image/png;base64,${data}`)).blob();
              const held = new DataTransfer();
              held.items.add(new File([file], 'mine.png', { type: 'image/png' }));
              const init = event === 'drop' ? { dataTransfer: held } : { clipboardData: held };
              const kind = event === 'drop' ? DragEvent : ClipboardEvent;
              document.body.dispatchEvent(new kind(event, { ...init, bubbles: true }));
            }""",
            [event, data],
        )
        answered(page, times)
        expect(page.locator("#credit")).to_have_text("mine.png")
    expect(page.locator("h1")).to_contain_text("cat")


# --- all pages ----------------------------------------------------------------------------------

MOVED = """() => new Promise((done) => {
  let moved = 0; // of the window; the page's own entry says that all earlier ones were told
  const told = new PerformanceObserver((list) => {
    for (const { value } of list.getEntriesByType('layout-shift')) moved += value;
    if (list.getEntriesByType('navigation').length) done(moved);
  });
  for (const type of ['layout-shift', 'navigation']) told.observe({ type, buffered: true });
})"""
CUT = """() => ['header nav', 'html'].filter((part) => {
  const { scrollWidth, clientWidth } = document.querySelector(part);
  return scrollWidth > clientWidth;
})"""


@pytest.mark.parametrize("width", [390, 1024])
@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("index", "#explorer .totals"),
        ("classify", "#answers li:nth-child(5)"),
        ("papers", "footer"),
        ("notebooks", "footer"),
    ],
)
def test_a_page_stands_still_while_it_loads_and_its_menu_is_whole(opened, name, there, width):
    page = opened(f"{name}.html", needs="classify" * (name == "classify"), width=width)
    page.locator(there).first.wait_for()
    assert page.evaluate(MOVED) <= 0.05
    assert page.evaluate(CUT) == []


# --- papers and lessons -------------------------------------------------------------------------


def test_a_table_is_sorted_by_any_column(opened):
    page = opened("papers.html#v1-table-2")
    section = page.locator("#v1-table-2")
    title = section.locator("thead th", has_text="top-1").first
    column = title.evaluate("cell => cell.cellIndex")
    for direction in ("ascending", "descending"):
        title.get_by_role("button").click()
        assert title.get_attribute("aria-sort") == direction
        cells = section.locator(f"tbody tr :nth-child({column + 1})").all()
        values = [float(cell.get_attribute("data-value")) for cell in cells]
        assert values == sorted(values, reverse=direction == "descending")
        assert len(set(values)) > 10


def test_every_exhibit_is_there_with_ours_beside_the_printed_numbers(opened):
    from effnet import papers

    page = opened("papers.html")
    assert page.locator("main section").evaluate_all("all => all.map((one) => one.id)") == list(
        papers.EXHIBITS
    )
    # EfficientNetV2-L: 53 G printed (arXiv 2104.00298v3 Table 7), 56.1 G counted
    row = page.locator("#v2-table-7 tr", has=page.locator("th", has_text="EfficientNetV2-L").first)
    expect(row.first).to_contain_text("56.1")


def test_a_lesson_hides_its_answer_until_a_prediction_is_made(opened):
    page = opened("lesson-one-step.html")
    first = page.locator("#step-1")
    expect(page.locator(".step:visible")).to_have_count(1)
    assert "2.57" not in first.locator(".answer").inner_text()
    reveal = first.get_by_role("button", name="Reveal")
    expect(reveal).to_be_disabled()
    first.locator("label", has_text="2.57").click()  # 0.993 G against 0.386 G
    reveal.click()
    expect(first.locator(".answer")).to_contain_text("Right.")
    expect(first.locator(".answer")).to_contain_text("0.993 G")
    page.get_by_role("button", name="Next step").click()
    second = page.locator("#step-2")
    second.locator("label", has_text="B1").click()
    second.get_by_role("button", name="Reveal").click()
    expect(second.locator(".answer")).to_contain_text("Not so.")
    expect(second.locator(".answer")).to_contain_text("B2")
    assert page.url.endswith("#step-2")


def test_pages_open_from_a_stick(browser, tmp_path):
    """With no server at all: the explorer moves, a table sorts, a lesson steps on in Chinese."""
    build(tmp_path / "site", without=PARTS)
    context = browser.new_context(offline=True)
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto((tmp_path / "site/index.html").as_uri() + "#phi=1")
    expect(page.locator("#explorer")).to_contain_text("9.11 M")
    page.get_by_role("slider", name="phi").first.press("ArrowRight")
    expect(page.locator("#explorer")).not_to_contain_text("9.11 M")
    page.goto((tmp_path / "site/papers.html").as_uri())
    page.locator("thead button").first.click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    page.goto((tmp_path / "site/zh/lesson-one-step.html").as_uri())
    inside = page.frame_locator(".step:visible iframe")
    expect(inside.locator("#explorer")).to_contain_text("5.29 M")
    expect(inside.get_by_role("slider")).to_have_count(1)  # phi; the step hides the others
    page.locator("#next").click()
    expect(page.locator("#where")).to_have_text("2 / 3")
    page.goto((tmp_path / "site/classify.html").as_uri())
    expect(page.locator("main")).to_contain_text("it was left out when this site was made")
    assert broken == []
    context.close()


# --- notebooks ----------------------------------------------------------------------------------


def run_to_the_end(page: Page) -> None:
    """Run all cells of the notebook; none may break."""
    page.set_default_timeout(START)
    lab.run_cells(page)
    cells = page.locator(".jp-CodeCell")
    errors = page.locator(".jp-OutputArea-output[data-mime-type*=error]")
    last = cells.last.locator(".jp-InputPrompt", has_text=f"[{cells.count()}]:")
    expect(last.or_(errors).first).to_be_visible(timeout=START)
    assert errors.all_inner_texts() == []


@pytest.mark.parametrize("name", ["03_counting", "09_reading_the_tables"])
def test_a_notebook_runs_to_the_end_in_the_browser(opened, name):
    run_to_the_end(opened(f"jupyter/lab/index.html?path={name}.ipynb", needs="notebooks"))


def test_the_first_notebook_runs_and_its_explorer_tells_the_kernel(opened):
    """The slider moves, totals follow at once, and `explorer.spec` is what is shown."""
    page = opened("jupyter/lab/index.html?path=01_compound_scaling.ipynb", needs="notebooks")
    run_to_the_end(page)
    one, two = (effnet.count(effnet.compound_scale(phi)) for phi in (1, 2))
    total = page.locator(".effnet .totals .value").first
    expect(total).to_have_text(millions(one.params))
    phi = page.get_by_role("slider", name="phi")
    for _ in range(20):  # of 0.05 each
        phi.press("ArrowRight")
    expect(total).to_have_text(millions(two.params))
    cell = page.locator(".jp-CodeCell", has_text="effnet.count(explorer.spec).macs")
    lab.asked_until(page, cell, str(two.macs))
