"""The live camera in a real browser, with Chromium's fake device: a test pattern that moves."""

import itertools
import re

from playwright.sync_api import Page, expect

from effnet import web

PARTS = ("stage", "map", "bars")


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
    stage, map_, bars = (camera.locator(f".{part}").bounding_box() for part in PARTS)
    assert stage["x"] < map_["x"] < map_["x"] + map_["width"] < stage["x"] + stage["width"]
    assert bars["x"] >= stage["x"] + stage["width"], "beside the picture, not below"
    camera.get_by_role("button", name="Freeze: use this picture").click()
    expect(page.get_by_text("The photo, 1280 x 720 px")).to_be_visible()
    expect(camera).to_have_count(0)
    page.get_by_role("link", name="Explain").first.click()
    expect(page.locator("h3").first).to_contain_text("the camera's photo")


def test_the_classes_are_named_in_the_readers_language(visit):
    page = visit().go("/classify?lang=zh")
    page.get_by_text("相机", exact=True).click()
    bars = page.locator(".camera .bar")
    expect(bars).to_have_count(5)
    expect(bars.first).to_contain_text(re.compile(r"[\u4e00-\u9fff]"))


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


SLOW = """async ({ source, data, rounds, dropped }) => {
  const place = document.createElement('div');
  document.body.append(place);
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const { mount } = await import(address);
  const sent = [];
  const shown = () => place.querySelector('video').getVideoPlaybackQuality().totalVideoFrames;
  const camera = mount(place, data, (kind, { number }) => sent.push({ number, at: shown() }));
  const until = async (holds) => {
    while (!holds()) await new Promise((go) => setTimeout(go, 5));
  };
  const say = { labels: [], target: 0, cells: btoa('a'), rows: 1, columns: 1, box: [0, 0, 1, 1] };
  camera.hear({ ...say, number: 57, wait: 0 }); // of a visit before
  for (let round = 1; round <= rounds; round += 1) {
    await until(() => sent.length === round);
    await until(() => shown() >= sent.at(-1).at + dropped);
    if (sent.length > round) return sent;
    const { number } = sent.at(-1);
    camera.hear({ ...say, number: number + 7, wait: 0 }); // of another view, not of this one
    camera.hear({ ...say, number, wait: 0 });
  }
  await until(() => sent.length > rounds);
  const stream = place.querySelector('video').srcObject;
  camera.destroy();
  if (stream.active) throw new Error('the camera is still on');
  place.remove();
  return sent;
}"""


def test_a_slow_engine_drops_frames_and_is_sent_the_newest(visit):
    page = visit().go("/papers")
    sent = page.evaluate(
        SLOW,
        {
            "source": web.camera_module(),
            "data": web.camera_data(64),
            "rounds": 5,
            "dropped": 8,
        },
    )
    assert len(sent) == 6, "one at a time"
    for last, this in itertools.pairwise(sent):
        assert this["number"] == last["number"] + 1
        assert this["at"] >= last["at"] + 8, "what was shown meanwhile is never sent"


def test_the_camera_answers_again_after_each_return_and_others_are_answered_too(visit, coffee):
    looking = visit()
    page = looking.go("/classify")
    for _ in range(3):
        switched_on(page)
        first = counts(page)[1]
        page.wait_for_function(
            """(first) => {
              const all = [document, ...[...document.querySelectorAll('*')]
                .map((node) => node.shadowRoot).filter(Boolean)];
              const root = all.map((one) => one.querySelector('.camera')).find(Boolean);
              return root && Number(root.dataset.answered) > first + 3;
            }""",
            arg=first,
        )
        page.get_by_role("link", name="Explain").first.click()
        expect(page.locator(".camera")).to_have_count(0)
        page.get_by_role("link", name="Classify").first.click()
    switched_on(page)
    other = visit().go("/classify")
    other.locator("input[type=file]").first.set_input_files(coffee)
    expect(other.get_by_text("The photo, 600 x 400 px")).to_be_visible()
    answered = counts(page)[1]
    expect(page.locator(".camera")).not_to_have_attribute("data-answered", str(answered))
