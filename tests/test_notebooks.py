"""Notebooks run from a clean kernel, are short, and keep no outputs."""

import ast
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import effnet
from effnet.base import speaking
from effnet.scaling import WAYS, Design

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
ids = [path.stem for path in NOTEBOOKS]
STANDS_ON = {"12_int8": "onnx"}  # of the extra export; everything else is here for all tests


@pytest.fixture(scope="module")
def client(environment_without_weights):
    """One kernel that runs all notebooks."""
    place = {"metadata": {"path": str(NOTEBOOKS[0].parent)}}
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=600, resources=place)
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
    checking, folded = notebook.cells[-2:]
    assert "not yet" in str(checking.outputs)
    expected = ast.unparse(ast.parse(checking.source).body[-1].value.args[1])
    client.execute_cell(nbformat.v4.new_code_cell(f"answer = {expected}"), 0)
    client.execute_cell(checking, 0)
    assert "right" in str(checking.outputs)
    for code in re.findall(r"```python\n(.*?)```", folded.source, re.DOTALL):
        client.execute_cell(nbformat.v4.new_code_cell(code), 0)


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
    assert "## Exercise" in words[-2]
    assert words[-1].endswith("</details>")
    assert sum(text.count("<details>") for text in words) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=ids)
def test_an_exercise_has_a_cell_for_the_answer_and_one_that_checks_it(path):
    *_, question, answer, checking, folded = nbformat.read(path, as_version=4).cells
    assert question.cell_type == folded.cell_type == "markdown"
    assert answer.source.startswith("answer = ...  # ")
    assert "from effnet.notebook import check\n" in checking.source
    last = ast.parse(checking.source).body[-1].value
    assert (last.func.id, last.args[0].id) == ("check", "answer")
    assert not isinstance(last.args[1], ast.Constant)  # what is right is computed


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
    assert explorer.design.mode == "free"


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
    assert explorer.link == "?phi=1"


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


def test_a_check_says_right_or_not_yet():
    assert effnet.notebook.check(9, 9)
    assert effnet.notebook.check(0.84, 0.85, within=0.02)
    assert effnet.notebook.check(" Width ", "width")
    assert effnet.notebook.check(np.float32(3.0), 3)
    assert effnet.notebook.check({4, 8}, {8, 4})
    assert effnet.notebook.check(False, np.bool_(False))
    assert str(effnet.notebook.check(9, 9)) == "that is right"
    for answer, expected, words in (
        (..., 9, "put your answer in the place of the dots"),
        (8, 9, "8 is too small"),
        (9.1, 9, r"9.1 is too large"),
        ("nine", 9, "'nine' is no number"),
        (True, 1.0, "True is no number"),
        (float("nan"), 9, "nan is no number"),
        ("depth", "width", "it is not 'depth'"),
        (True, False, "it is not True"),
        ([1], (1, 2), r"it is not \[1\]"),
    ):
        checked = effnet.notebook.check(answer, expected)
        assert not checked
        assert re.search(f"^not yet: .*{words}$", str(checked))
    with speaking("zh"):
        assert effnet.notebook.check(8, 9)._repr_html_() == "<div><div>还不对：8 太小了</div></div>"


@pytest.fixture
def parts():
    explorer = effnet.explore()
    return explorer, explorer.parts.children


def press(widget, title):
    """Click the button of that title somewhere in a widget."""
    if getattr(widget, "description", None) == title and hasattr(widget, "click"):
        widget.click()
        return True
    return any(press(child, title) for child in getattr(widget, "children", ()))


def test_what_if_edits_the_design_undoes_and_resets(parts):
    explorer, (what_if, *_) = parts
    explorer.design = Design(phi=0)
    assert press(what_if, "No squeeze-and-excitation")
    assert explorer.spec.stages == tuple(
        replace(s, se_ratio=0.0) for s in effnet.get_variant("b0").stages
    )
    what_if.head.value = 640
    assert explorer.spec.head_channels == 640
    assert "se" not in what_if.strings.value
    press(what_if, "Undo")
    assert explorer.spec.head_channels == 1280
    what_if.strings.value = "r1_k3"
    assert "stage 1" in what_if.said.value
    assert explorer.spec.blocks == 16
    press(what_if, "Reset")
    assert explorer.spec == effnet.compound_scale(0)
    assert what_if.said.value == ""


def test_one_dimension_and_search_give_designs_of_their_cost(parts):
    explorer, (_, one, searched, *_) = parts
    explorer.parts.selected_index = 1
    assert press(one, f"Use {WAYS['depth'].lower()}")
    assert explorer.design.mode == "free"
    assert effnet.count(explorer.spec).macs / effnet.count("b0").macs == pytest.approx(4, rel=0.05)
    assert [len(shown.outputs) for shown in (one.networks, one.measured)] == [1, 1]
    one.base.value = "v2_s"
    assert one.measured.outputs == ()  # nobody scaled it in one dimension
    explorer.parts.selected_index = 2
    searched.macs.value, searched.params.value = 0.5, 6
    assert press(searched, "Use best")
    cost = effnet.count(explorer.spec)
    assert cost.params <= 6_000_000
    assert 0.95 * 500_000_000 <= cost.macs <= 500_000_000


def test_pins_stand_beside_the_design_and_files_are_written(parts, tmp_path):
    explorer, (*_, compared, taken) = parts
    explorer.parts.selected_index = 3
    explorer.design = Design(phi=1)
    assert press(compared, "Pin this design")
    explorer.design = Design(mode="released", released="b4")
    assert compared.table.value.count("<tr>") == 3
    assert "phi 1.00" in compared.table.value
    explorer.parts.selected_index = 4
    assert "get_variant(&#x27;b4&#x27;)" in taken.table.value
    taken.folder.value = str(tmp_path)
    for title in ("Stages (CSV)", "Spec (JSON)", "Code (Python)", "Report (notebook)"):
        assert press(taken, title)
    written = {path.suffix: path for path in tmp_path.iterdir()}
    assert written.keys() == {".csv", ".json", ".py", ".ipynb"}
    spec = effnet.Spec.from_dict(json.loads(written[".json"].read_text())["spec"])
    assert spec == effnet.get_variant("b4")
    exec(compile(written[".py"].read_text(), "design.py", "exec"), {})


def test_the_parts_speak_the_explorers_language():
    parts = effnet.explore(language="zh").parts
    assert [parts.get_title(i) for i in range(5)] == ["假如", "单一维度", "搜索", "比较", "导出"]
    assert "阶段" in parts.children[0].table.value
