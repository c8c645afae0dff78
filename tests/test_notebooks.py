"""Notebooks run from a clean kernel, are short, and keep no outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import effnet

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
ids = [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_runs(path, environment_without_weights, monkeypatch):
    for name, value in environment_without_weights.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_a_notebook_is_short_and_clean(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        assert cell.outputs == []
        assert cell.execution_count is None
        lines = cell.source.splitlines()
        assert len(lines) <= 15
        assert not any(line.lstrip().startswith(("def ", "class ")) for line in lines)


def test_the_explorer_follows_its_sliders():
    explorer = effnet.explore()
    assert explorer.spec == effnet.compound_scale(1)
    explorer._dials["phi"].value = 2.0
    assert explorer.spec == effnet.compound_scale(2)
    assert "12.3 M" in explorer._claim.value
    assert list(explorer._drawing.data[-1].width)[-1] == explorer.spec.head_channels


def test_the_explorer_refuses_what_is_no_base():
    with pytest.raises(effnet.EffnetError, match="b4"):
        effnet.explore("b4")
