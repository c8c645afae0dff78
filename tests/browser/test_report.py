"""A report as its reader gets it: from the app, in a browser with no network, in Chinese, saved."""

import gzip
import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from plotly.offline import get_plotlyjs

from effnet import report
from effnet.base.language import say, speaking
from effnet.pixels.preparation import open_image
from effnet.scaling.design import Design

BEFORE = Path(__file__).parents[1] / "data" / "before"


def chinese(text: str) -> str:
    with speaking("zh"):
        return say(text)


@pytest.fixture
def offline(browser: Browser):
    """Opens a file with no network; it must ask for nothing and break nothing."""
    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 900})
    context.set_default_timeout(120_000)  # ms; a loaded machine is slow
    asked, broken = [], []

    def opened(path: Path, *, figures: int) -> Page:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_function(
            f"() => document.querySelectorAll('.js-plotly-plot').length === {figures}"
        )
        return page

    yield opened
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert broken == []
    context.close()


def test_a_chinese_report_opens_with_no_network_and_prints(offline, tmp_path):
    found = report.sections(
        Design(phi=2), beside=[Design(mode="released", released="b3")], language="zh"
    )
    report.write(tmp_path / "report.html", found)
    page = offline(tmp_path / "report.html", figures=sum(len(one.drawn) for one in found))
    assert page.evaluate("document.documentElement.lang").startswith("zh")
    tips = page.locator(".modebar-btn").evaluate_all("all => all.map((one) => one.dataset.title)")
    assert chinese("Pan") in tips
    assert not [tip for tip in tips if tip.isascii()]
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_report_of_before_opens(offline, tmp_path):
    """One that was written before the rooms were made; it carries plotly.js of its own."""
    text = gzip.decompress((BEFORE / "report.html.gz").read_bytes()).decode()
    path = tmp_path / "report.html"
    path.write_text(text.replace("/* plotly.js */", get_plotlyjs()), "utf-8")
    expect(offline(path, figures=4).locator("h1").first).to_have_text("EfficientNet-B0 at phi 2.00")


def test_ones_own_photo_goes_from_classify_into_the_report_and_out_again(
    visit, offline, chelsea, tmp_path
):
    tab = visit()
    page = tab.go("/classify?lang=zh")
    page.locator("input[type=file]").first.set_input_files(chelsea)
    expect(page.locator("h3").first).to_contain_text("猫")
    page.get_by_role("link", name=chinese("Scale")).click()
    page.get_by_role("tab", name=chinese("Take away")).click()
    with speaking("zh"):
        page.get_by_text(say("what {network} sees in your photo", network="lite0")).wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name=chinese("Report (HTML)")).click()
    download.value.save_as(tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < report.MOST_BYTES
    told = offline(tmp_path / "report.html", figures=5)
    assert told.evaluate("document.documentElement.lang").startswith("zh")
    expect(told.locator("section", has=told.locator(".photo"))).to_contain_text("cat")
    with told.expect_download() as saved:
        told.locator("a.save").click()
    assert saved.value.suggested_filename == "chelsea.png"
    copy = Image.open(io.BytesIO(Path(saved.value.path()).read_bytes()))
    assert copy.tobytes() == open_image(chelsea).tobytes()
    told.locator(".photo").scroll_into_view_if_needed()
