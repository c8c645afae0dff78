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


def test_the_photo_beside_the_steps_fills_them_and_the_gallery(visit):
    page = visit().go("/train?tab=Gallery")
    expect(page.get_by_text("Label: 60.0 % coffee")).to_be_visible()
    picture = page.locator(".st-key-staircase image").first
    before = picture.get_attribute("href")
    page.locator(".st-key-photo_row").get_by_role("button", name="Cat").click()
    expect(page.get_by_text("Label: cat").first).to_be_visible()
    expect(picture).not_to_have_attribute("href", before or "")


def test_a_change_of_tab_moves_nothing_below(visit):
    """The row keeps its height until the other tab has come: the page's foot does not flash by."""
    tab = visit()
    page = tab.go("/train")
    page.get_by_role("tab", name="Experiment").wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.evaluate("() => { globalThis.shifts.length = 0; }")
    page.get_by_role("tab", name="Fixed or progressive").click()
    page.get_by_text("Growing pictures took").wait_for()
    assert sum(value for value, _ in tab.shifts()) <= 0.05, tab.shifts()


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


def test_the_recorded_race_plays_and_is_moved_by_keys(visit):
    """By itself once it is in sight; the scrubber's ends are the first look and the last."""
    page = visit().go("/train")
    race = page.locator(".race")
    race.wait_for()
    race.locator(".lanes").scroll_into_view_if_needed()
    expect(race.get_by_role("button", name="Pause")).to_be_visible()
    expect(race.locator(".when")).not_to_have_text("after 256 pictures")  # it goes on
    race.get_by_role("button", name="Pause").press("Enter")
    expect(race.get_by_role("button", name="Play", exact=True)).to_be_visible()
    dial = race.get_by_role("slider", name="Place in the race")
    dial.press("Home")
    expect(race.locator(".when")).to_have_text("after 256 pictures")  # a batch
    early = race.locator(".tiles .right").count()
    dial.press("End")
    expect(race.locator(".when")).to_have_text("after 359,424 pictures")  # six times 234 batches
    expect(race.get_by_role("button", name="Play again")).to_be_visible()
    assert race.locator(".tiles .right").count() > early + 60
    assert race.locator("h4").all_inner_texts()[:3] == [
        "Depth only",
        "Width only",
        "Resolution only",
    ]


def test_the_race_stands_at_its_end_where_motion_is_not_wanted(visit):
    tab = visit(width=390, theme="dark")
    tab.page.emulate_media(reduced_motion="reduce")
    page = tab.go("/train?lang=zh")
    race = page.locator(".race")
    race.wait_for()
    race.locator(".lanes").scroll_into_view_if_needed()
    expect(race.get_by_role("button", name="重新播放")).to_be_visible()
    expect(race.locator(".when")).to_have_text("已训练 359,424 张图片")
