"""A lesson's link in a fresh browser, presenter mode, and a report opened with no network."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

import effnet
from effnet import report
from effnet.base.units import millions
from effnet.report.lesson_answers import answer
from effnet.report.lessons import lessons
from effnet.scaling.design import Design


def test_a_lesson_link_opens_exactly_its_state(visit):
    lesson = lessons()["one-step"]
    found = answer(lesson.steps[0].question)
    one = visit()
    page = one.go("/?lesson=one-step&step=1&mode=formula&phi=0")
    page.get_by_text(lesson.steps[0].question.ask).wait_for()
    page.get_by_role("slider", name="phi").wait_for()
    assert page.get_by_role("slider").count() == 1
    assert one.claim().startswith("phi = 0.00")
    page.get_by_text(found.choices[1]).click()
    page.get_by_role("button", name="Reveal").click()
    page.get_by_text(found.shown).wait_for()
    one.shoot("lesson")
    page.get_by_role("button", name="Next step").click()
    page.get_by_text(lesson.steps[1].question.ask).wait_for()
    page.wait_for_function("() => location.search.includes('step=2')")


def test_a_wrong_lesson_is_told(visit):
    page = visit().go("/?lesson=nonsense&hide=alpha")
    page.get_by_text("lesson 'nonsense' is not one of").wait_for()
    page.get_by_role("slider", name="beta").wait_for()
    assert page.get_by_role("slider", name="alpha").count() == 0


def test_a_projector_sees_large_type_and_one_figure(visit):
    page = visit().go("/?present=1&phi=2")
    drawing = page.locator(".effnet.present .drawing canvas")
    drawing.wait_for()
    page.wait_for_function("() => getComputedStyle(document.documentElement).fontSize === '21px'")
    assert page.locator(".effnet.present").evaluate("n => getComputedStyle(n).fontSize") == "20px"
    assert drawing.bounding_box()["height"] >= 440
    assert page.locator(".js-plotly-plot").count() == 0


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (1920, 1080)])
def test_a_remote_turns_a_projectors_steps(visit, width, height):
    lesson = lessons()["one-step"]
    page = visit(width=width, height=height).go(f"/?{urlencode(lesson.query())}&present=1")
    page.get_by_text(lesson.steps[0].question.ask).first.wait_for()
    page.get_by_role("slider", name="phi").focus()  # it has a use of its own for the key
    page.keyboard.press("PageDown")
    page.wait_for_function("() => location.search.includes('step=2')")
    page.get_by_text(lesson.steps[1].question.ask).first.wait_for()
    page.keyboard.press("PageUp")
    page.wait_for_function("() => location.search.includes('step=1')")
    page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("button", name="Reveal")).to_be_visible()


def test_the_page_that_a_remote_turns_to_is_for_the_projector_too(visit):
    link = urlencode(lessons()["budget"].query(3))
    page = visit(width=1024, height=768).go(f"/?{link}&present=1")
    page.get_by_role("button", name="Next step").wait_for()
    page.keyboard.press("PageDown")
    page.wait_for_function("() => location.pathname === '/train'")
    expect(page.locator(".figure[data-drawn]").first).to_be_in_viewport(ratio=0.96)
    page.wait_for_function("() => location.search.includes('present=1')")
    expect(page.locator(".st-key-menu")).to_have_count(0)


def test_a_projector_shows_a_whole_figure(visit):
    page = visit(width=1024, height=768).go("/cost?mode=released&released=b0&present=1")
    page.locator(".figure[data-drawn]").first.wait_for()
    page.locator("html[data-whole]").wait_for(state="attached")
    above = page.locator(".st-key-claim_room")
    for room in (0, 60, 0):  # also where what stands above it comes after it
        above.evaluate("(element, room) => { element.style.marginBottom = `${room}px`; }", room)
        expect(above).to_have_css("margin-bottom", f"{room}px")
        page.wait_for_function(
            "() => { const { bottom } = document.querySelector('.figure').getBoundingClientRect();"
            " return bottom > 672 && bottom <= 768; }"
        )
        box = page.locator(".figure").first.bounding_box()
        assert box["height"] >= 400
        assert box["y"] + box["height"] <= 768


def test_a_report_opens_with_no_network(browser, tmp_path):
    found = report.sections(Design(phi=2), beside=[Design(mode="released", released="b3")])
    report.write(tmp_path / "report.html", found)
    context = browser.new_context(offline=True, viewport={"width": 1100, "height": 900})
    page = context.new_page()
    asked, broken = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    figures = sum(len(section.drawn) for section in found)
    page.wait_for_function(
        f"() => document.querySelectorAll('.js-plotly-plot').length === {figures}"
    )
    page.get_by_role("slider", name="phi").press("ArrowRight")
    total = millions(effnet.count(effnet.compound_scale(2.05)).params)
    expect(page.locator(".totals .value").first).to_have_text(total)
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert broken == []
    context.close()
