"""axe-core on every page, in both themes and languages: nothing it calls serious or critical."""

import shutil
import subprocess
from pathlib import Path

import pytest

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
