"""The Train page in a browser: a run outlives a reload and its tab, and can be stopped."""

from playwright.sync_api import expect


def test_the_schedule_follows_its_slider(visit):
    tab = visit()
    page = tab.go("/train")
    expect(page.locator("h3").first).to_contain_text("from 128 to 300 px in 4 stages")
    slider = page.get_by_role("slider", name="stages M")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.locator("h3").first).to_contain_text("in 3 stages")


def test_a_run_outlives_a_reload_and_its_tab_and_is_stopped_by_another_visitor(visit):
    first = visit()
    page = first.go("/train")
    page.get_by_role("tab", name="Run").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True).last).to_be_enabled()
    page.reload()
    page.close()
    second = visit()
    page = second.go("/train")
    page.get_by_role("tab", name="Run").click()
    stop = page.get_by_role("button", name="Stop", exact=True).last
    expect(stop).to_be_enabled()
    stop.click()
    page.get_by_role("button", name="Stop it", exact=True).click()  # another visit started it
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_enabled()
    expect(page.get_by_text("State: stopped")).to_be_visible()
    second.shoot("train-stopped")
