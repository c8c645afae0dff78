"""Every page's main job by Tab, arrows and Enter alone, the focus always seen."""

import re

import pytest
from playwright.sync_api import Page, expect

from effnet.app.kit import frame

DRAWN = """() => document.querySelector('.stApp').dataset.testScriptState === 'notRunning'
  && [...document.querySelectorAll('.figure')].every((box) => box.dataset.drawn)"""
# What has the focus, through shadow roots: its name, and whether it looks other than without it.
FOCUSED = """() => {
  let node = document.activeElement;
  while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  const around = [];
  for (let one = node; one && around.length < 5; one = one.parentElement) around.push(one);
  const looks = () => [...around, node.querySelector('img')].filter(Boolean).map((one) => {
    const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(one);
    return [outline, boxShadow, borderColor, backgroundColor];
  }).join();
  for (const one of around) one.style.transition = 'none';
  const focused = looks();
  node.blur();
  const seen = looks() !== focused;
  node.focus({ focusVisible: true, preventScroll: true });
  const label = node.getAttribute('aria-label') ?? node.labels?.[0]?.innerText ?? node.textContent;
  return { seen, label: label.trim(), what: node.outerHTML.slice(0, 200) };
}"""
JOBS = {  # page: its address, what Tab must reach, the keys there, and a pattern of the claim then
    "Scale": ("/?phi=1", "^phi$", ("ArrowRight",), r"phi = 1\.05"),
    "Cost": ("/cost?phi=1", "^Multiply-adds$", ("ArrowRight", "Enter"), "parameters"),
    "Latency": ("/latency?mode=free&base=lite0&resolution=64", "^Measure$", ("Enter",), "takes"),
    "Classify": ("/classify", "^Cat$", ("Enter",), "cat|tabby"),
    "Explain": ("/explain", "^espresso", ("ArrowRight", "Enter"), "speaks for cup"),
    "Train": ("/train", "^stages M$", ("ArrowRight",), "5 stages"),
    "Papers": ("/papers", "^Next$", ("Enter",), "Table 1"),
    "Lessons": ("/lessons", "^Begin", ("Enter",), "deeper, wider"),
}
FURTHEST = 60  # presses of Tab


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus, which is seen wherever it is."""
    for _ in range(FURTHEST):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        assert found["seen"], found["what"]
        if re.search(name, found["label"]) and 'class="term"' not in found["what"]:
            return  # a term of the claim may be called as a control is
    pytest.fail(f"{FURTHEST} presses of Tab don't reach {name}")


@pytest.mark.parametrize("title", [page.title for page in frame.PAGES])
def test_a_page_does_its_job_by_keyboard_alone(visit, title):
    path, name, keys, claim = JOBS[title]
    tab = visit()
    page = tab.go(path)
    page.locator("html[data-whole]").wait_for(state="attached")
    page.wait_for_function(DRAWN)
    before = tab.claim()
    tab_to(page, name)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("h3").first).not_to_have_text(before)
    expect(page.locator("h3").first).to_contain_text(re.compile(claim))
