"""Notebooks run from a clean kernel, are short, and keep no outputs."""

import ast
from dataclasses import asdict
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import effnet
from effnet.scaling import Design

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
ids = [path.stem for path in NOTEBOOKS]
STANDS_ON = {"12_int8": "onnx"}  # of the extra export; everything else is here for all tests


@pytest.fixture(scope="module")
def client(environment_without_weights):
    """One kernel that runs all notebooks."""
    place = {"metadata": {"path": str(NOTEBOOKS[0].parent)}}
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=120, resources=place)
    with client.setup_kernel(env=environment_without_weights):
        yield client


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_runs(path, client):
    if path.stem in STANDS_ON:
        pytest.importorskip(STANDS_ON[path.stem])
    notebook = client.nb = nbformat.read(path, as_version=4)
    client.reset_execution_trackers()
    client.execute_cell(nbformat.v4.new_code_cell("%reset -f"), 0)  # no names of the one before
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
    assert any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_is_short_and_clean(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        assert cell.outputs == []
        assert cell.execution_count is None
        assert len(cell.source.splitlines()) <= 15
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        assert not any(isinstance(node, defined) for node in ast.walk(ast.parse(cell.source)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_asks_one_question_says_what_to_see_and_ends_with_an_exercise(path):
    words = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"]
    assert words[0].startswith(f"# {int(path.stem[:2])}. ")
    assert words[0].splitlines()[0].endswith("?")
    assert any("**What to see:**" in text for text in words)
    assert "## Exercise" in words[-1]
    assert words[-1].count("<details>") == words[-1].count("</details>") == 1


def test_the_notebooks_stand_in_order():
    numbers = [int(path.stem[:2]) for path in NOTEBOOKS]
    assert numbers == list(range(1, 14))


def reported(explorer, **values):
    """What the explorer's browser would report of these values."""
    design = {name: str(value) for name, value in (asdict(explorer.design) | values).items()}
    explorer.said = {"design": design, "n": explorer.handed["answers"] + 1}


def test_the_explorer_follows_what_its_browser_reports():
    explorer = effnet.explore()
    assert explorer.spec == effnet.compound_scale(1)
    reported(explorer, phi=2.0)
    assert explorer.spec == effnet.compound_scale(2)
    assert explorer.design == Design(phi=2.0)
    assert explorer.link == "?phi=2"
    assert explorer.handed["answers"] == 1
    reported(explorer, mode="free", base="v2_s", depth=1.5, resolution=320)
    assert explorer.spec == effnet.scale("v2_s", depth=1.5, resolution=320)
    reported(explorer, mode="released", released="b4")
    assert explorer.spec == effnet.get_variant("b4")


def test_design_spec_and_link_are_set_read_and_observed_as_one():
    explorer = effnet.explore("?phi=1.5&lang=zh", language="zh")
    assert explorer.design == Design(phi=1.5)
    assert explorer.link == "?phi=1.5&lang=zh"
    seen = []
    explorer.observe(lambda change: seen.append(change["name"]), names=["design", "spec", "link"])
    explorer.design = Design(phi=3)
    assert explorer.spec == effnet.compound_scale(3)
    assert explorer.link == "?phi=3&lang=zh"
    assert explorer.handed["design"]["phi"] == 3
    assert sorted(seen) == ["design", "link", "spec"]
    explorer.link = "?mode=free&depth=2"
    assert explorer.spec == effnet.scale("b0", depth=2)
    explorer.spec = effnet.get_variant("b7")
    assert explorer.design == Design(mode="released", released="b7")
    explorer.spec = effnet.compound_scale(2)
    assert effnet.count(explorer.spec) == effnet.count(effnet.compound_scale(2))
    assert explorer.design.mode == "edited"


def test_what_cant_be_shown_changes_nothing():
    explorer = effnet.explore()
    with pytest.raises(effnet.EffnetError, match="blocks"):
        explorer.design = Design(base="v2_s", phi=8, alpha=2)
    with pytest.raises(effnet.EffnetError, match="phi 99 was set to 8"):
        explorer.link = "?phi=99"
    assert explorer.design == Design()
    assert explorer.spec == effnet.compound_scale(1)
    reported(explorer, base="v2_s", phi=8, alpha=2)  # the browser says so itself
    assert explorer.design == Design()
    explorer.said = {"design": "nonsense"}
    assert explorer.link == "?"


def test_the_explorer_opens_any_network_and_refuses_what_is_none():
    assert effnet.explore("b4").spec == effnet.get_variant("b4")
    assert effnet.explore("v2_s").design == Design(base="v2_s")
    assert effnet.explore(Design(phi=2)).spec == effnet.compound_scale(2)
    with pytest.raises(effnet.EffnetError, match="vgg"):
        effnet.explore("vgg")
    with pytest.raises(effnet.EffnetError, match="'xx'"):
        effnet.explore(language="xx")


def test_a_widgets_module_is_small():
    """anywidget gives it two seconds to load, on a busy machine too."""
    assert len(effnet.explore()._esm) < 200_000
