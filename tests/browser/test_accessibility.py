"""axe-core on every page, light and dark: nothing that it calls serious or critical."""

import shutil
import subprocess
from pathlib import Path

import pytest

from effnet.app.kit import frame

AXE = "axe-core@4.14.1"
RULES = """async () => {
  const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`);
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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", frame.PAGES, ids=lambda page: page.title)
def test_no_page_has_a_serious_violation(visit, axe, page, theme):
    path = "/" if page.file == "app.py" else f"/{Path(page.file).stem}"
    tab = visit(theme=theme).go(path)
    tab.get_by_text("Next, ").wait_for()
    tab.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")
    tab.wait_for_function(
        "() => [...document.querySelectorAll('.figure')].every((box) => box.dataset.drawn)"
    )
    tab.evaluate(axe)
    assert tab.evaluate(RULES) == []
