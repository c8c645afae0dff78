"""Two languages in a real browser: the switch in the menu, the link, and a change of page."""

import re

from playwright.sync_api import expect

from effnet.base.language import say, speaking


def test_the_switch_turns_page_link_and_menu_and_back(visit):
    tab = visit()
    page = tab.go("/?phi=2")
    page.get_by_role("button", name="中文").click()
    expect(page).to_have_url(re.compile(r"lang=zh"))
    with speaking("zh"):
        expect(page.get_by_role("link", name=say("Scale"), exact=True)).to_be_visible()
        parameters, cost = say("Parameters"), say("Cost")
    expect(page.locator(".totals dt").first).to_contain_text(parameters)
    expect(page.locator(".totals .value").first).to_have_text("12.3 M")
    slider = page.get_by_role("slider", name="phi")
    slider.focus()
    slider.press("ArrowRight")  # runs a part of the page only
    expect(page).to_have_url(re.compile(r"phi=2\.05"))
    expect(page.locator(".totals dt").first).to_contain_text(parameters)
    page.get_by_role("link", name=cost, exact=True).click()
    expect(page).to_have_url(re.compile(r"/cost\?.*lang=zh"))
    expect(page.locator("h3").first).to_contain_text(re.compile(r"[\u4e00-\u9fff]"))
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Scale", exact=True)).to_be_visible()
    expect(page).not_to_have_url(re.compile(r"lang="))


def test_a_link_brings_its_language_to_a_fresh_browser(visit):
    page = visit().go("/?lesson=one-step&step=1&lang=zh")
    with speaking("zh"):
        reveal = say("Reveal")
    expect(page.get_by_role("button", name=reveal)).to_be_visible()
    other = visit().go("/?lang=xx")
    expect(other.get_by_test_id("stAlert")).to_contain_text("'xx' is not one of en, zh")
    expect(other.locator(".totals dt").first).to_contain_text("Parameters")


def test_streamlits_own_words_follow_the_switch(visit):
    page = visit().go("/classify?lang=zh")
    uploader = page.get_by_test_id("stFileUploader").first
    with speaking("zh"):
        expect(uploader.get_by_role("button", name=say("Upload"), exact=True)).to_be_visible()
        expect(uploader).to_contain_text(say(" per file"))
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.get_by_role("button", name="English").click()
    expect(uploader.get_by_role("button", name="Upload", exact=True)).to_be_visible()
    expect(uploader).to_contain_text("32MB per file")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_streamlits_words_beside_pictures_and_links_are_chinese_too(visit):
    page = visit().go("/lessons?lang=zh")
    with speaking("zh"):
        copy, whole, teachers = say("Copy to clipboard"), say("Fullscreen: "), say("For teachers")
    card = page.locator(".st-key-card_one-step")
    expect(card.get_by_role("button", name=re.compile(f"^{whole}"))).to_be_attached()
    page.get_by_text(teachers).click()
    link = page.get_by_test_id("stCode").first
    expect(link.locator(f"button[aria-label='{copy}']")).to_be_attached()  # seen under the mouse


def test_a_refused_file_is_told_in_chinese_and_keeps_its_name(visit):
    page = visit().go("/classify?lang=zh")
    refused = {"name": "Summer.exe", "mimeType": "application/x-msdownload", "buffer": b"x"}
    uploader = page.get_by_test_id("stFileUploader").first
    uploader.locator("input[type=file]").set_input_files(refused)
    file = uploader.get_by_test_id("stFileChip")
    expect(file).to_contain_text("Summer.exe")  # "Sum" is a word of Streamlit's tables
    with speaking("zh"):
        expect(file.get_by_role("button")).to_have_attribute(
            "aria-label", re.compile(say("Remove "))
        )
        told = say(" files are not allowed.")
    file.hover()
    expect(page.get_by_test_id("stTooltipErrorContent")).to_contain_text(told.strip())
