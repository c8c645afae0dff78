"""Notebooks run from a clean kernel, are short, and keep no outputs."""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import effnet
from effnet.figures import theme

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
ids = [path.stem for path in NOTEBOOKS]


@pytest.fixture(scope="module")
def client(environment_without_weights):
    """One kernel that runs all notebooks."""
    place = {"metadata": {"path": str(NOTEBOOKS[0].parent)}}
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=120, resources=place)
    with client.setup_kernel(env=environment_without_weights):
        yield client


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_runs(path, client):
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


def test_there_are_nine_notebooks_in_order():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(1, 10)]


def test_the_explorer_follows_its_sliders():
    explorer = effnet.explore()
    assert explorer.spec == effnet.compound_scale(1)
    explorer._dials["phi"].value = 2.0
    assert explorer.spec == effnet.compound_scale(2)
    assert "12.3 M" in explorer._claim.value
    assert f"<b>{explorer.spec.head_channels}</b>" in drawing(explorer)
    assert explorer.link == "?phi=2"


def drawing(explorer):
    return "".join(
        note["text"] for note in json.loads(explorer._drawing.figure)["layout"]["annotations"]
    )


def test_the_explorer_counts_as_the_core_does():
    explorer = effnet.explore("v2_s")
    explorer._mode.value = "free"
    explorer._dials["depth"].value = 1.5
    explorer._dials["resolution"].value = 320
    assert explorer.spec == effnet.scale("v2_s", depth=1.5, resolution=320)
    cost = effnet.count(explorer.spec)
    for total in cost.by_stage().values():
        assert f">{total.macs:,}<" in explorer._stages.value
    explorer._mode.value = "released"
    explorer._released.value = "b4"
    assert explorer.spec == effnet.get_variant("b4")


def test_the_lock_keeps_the_product_at_two():
    explorer = effnet.explore()
    explorer._lock.value = "gamma"
    explorer._dials["alpha"].value = 1.4
    alpha, beta, gamma = (explorer._dials[name].value for name in ("alpha", "beta", "gamma"))
    assert alpha * beta**2 * gamma**2 == pytest.approx(2, abs=0.03)  # the slider's steps
    assert explorer._dials["gamma"].disabled
    explorer._reset()
    assert explorer.spec == effnet.compound_scale(1)


def test_a_dark_notebook_has_light_ink():
    explorer = effnet.explore()
    explorer._drawing.dark = True
    assert json.loads(explorer._drawing.figure)["layout"]["template"]["layout"]["font"][
        "color"
    ] == theme.ink(True)


def test_the_explorer_refuses_what_is_no_base():
    with pytest.raises(effnet.EffnetError, match="b4"):
        effnet.explore("b4")


def test_a_widgets_module_is_small():
    """anywidget gives it two seconds to load, on a busy machine too."""
    explorer = effnet.explore()
    loader = explorer.children[0]
    assert len(loader.source) > 1_000_000
    for widget in (loader, explorer._drawing, explorer._curve):
        assert len(widget._esm) < 5_000
