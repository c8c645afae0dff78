"""axe-core on every page, in both themes and languages; and every page's main job by keyboard."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from effnet.app.kit import frame
from effnet.base.language import LANGUAGES

AXE = "axe-core@4.14.1"
RULES = """async () => {
  const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`);
}"""
DRAWN = """(language) => {
  const { lang, dataset } = document.documentElement;
  const { testScriptState } = document.querySelector('.stApp').dataset;
  return lang === language && 'whole' in dataset && testScriptState === 'notRunning'
    && !document.querySelector('[data-testid=stSkeleton]')
    && [...document.querySelectorAll('.figure')].every((box) => box.dataset.drawn);
}"""


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here, which brings axe-core")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--silent", "--no-save", "--prefix", str(folder), AXE]
    if subprocess.run(command, check=False, cwd=folder, timeout=300).returncode:
        pytest.skip("npm could not fetch axe-core")
    return Path(folder, "node_modules", "axe-core", "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("page", frame.PAGES, ids=lambda page: page.title)
def test_no_page_has_a_serious_violation(visit, axe, page):
    tab = visit().go("/" if page.file == "app.py" else f"/{Path(page.file).stem}")
    tab.evaluate(axe)
    found = []
    for theme, language in (("light", "en"), ("light", "zh"), ("dark", "en"), ("dark", "zh")):
        tab.emulate_media(color_scheme=theme)
        if tab.locator("html").get_attribute("lang") != language:
            tab.get_by_role("button", name=LANGUAGES[language], exact=True).click()
        tab.wait_for_function(DRAWN, arg=language)
        found += [f"{theme}, {language}: {one}" for one in tab.evaluate(RULES)]
    assert found == []


FOCUSED = """(name) => {
  let node = document.activeElement;
  while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  const around = [node, node.parentElement, node.parentElement?.parentElement].filter(Boolean);
  const looks = () => around.map((one) => {
    const style = getComputedStyle(one);
    return [style.outline, style.boxShadow, style.borderColor, style.backgroundColor].join();
  }).join();
  for (const one of around) one.style.transition = 'none';
  const focused = looks();
  node.blur();
  const seen = looks() !== focused;
  node.focus({ focusVisible: true });
  const label = node.getAttribute('aria-label') || node.labels?.[0]?.innerText || node.innerText;
  return { seen, label: label.trim(), what: node.outerHTML.slice(0, 200) };
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called so has the focus, which is seen wherever it is."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        assert found["seen"], found["what"]
        if re.search(name, found["label"]):
            return
    pytest.fail(f"no Tab leads to {name}")


@pytest.mark.parametrize(
    ("path", "name", "keys", "claim"),
    [
        ("/?phi=1", "^phi$", ("ArrowRight",), "phi = 1.05"),
        ("/cost?phi=1", "^Multiply-adds", ("ArrowRight", "Enter"), "parameters are in"),
        ("/latency?mode=free&base=lite0&resolution=64", "^Measure$", ("Enter",), "takes"),
        ("/classify", "^Chelsea", ("Enter",), "cat"),
        ("/explain", "^espresso", ("ArrowRight",), "speaks for"),
        ("/train", "^stages M$", ("ArrowRight",), "."),
        ("/papers", "^Next$", ("Enter",), "."),
        ("/lessons", "^Begin", ("Enter",), "phi = 0.00"),
    ],
    ids=[page.title for page in frame.PAGES],
)
def test_a_page_does_its_job_by_keyboard_alone(visit, path, name, keys, claim):
    tab = visit()
    page = tab.go(path)
    page.wait_for_function(DRAWN, arg="en")
    before = tab.claim()
    tab_to(page, name)
    for key in keys:
        page.keyboard.press(key)
    expect(page.locator("h3").first).not_to_have_text(before)
    expect(page.locator("h3").first).to_contain_text(claim)
