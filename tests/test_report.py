"""A report is one file, opens by itself, and its Python gives the numbers and figures it shows."""

import contextlib
import io
import json
import re
from datetime import date

import nbformat
import pytest

import effnet
from effnet import report
from effnet.__main__ import main
from effnet.design import Design
from effnet.speed.records import Environment, Latency

TODAY = date(2026, 1, 2)
MACHINE = Environment("cpu", "a <processor>", 2, 0.1, "2", "3.11", "Linux", "2026-01-01")
TIMED = Latency("b0", (20.0, 21.0, 22.0), 1, 224, "fp32", None, MACHINE)
DESIGNS = {
    "formula": Design(phi=2.5, alpha=1.3),
    "free": Design(mode="free", base="v2_s", depth=0.5, width=1.25, resolution=200),
    "released": Design(mode="released", released="lite2"),
    "edited": Design().edited(
        blocks="r2_k3_s2_e1_i32_o24_se0.25\nr1_k5_s2_e6_i24_o48", own_head=640
    ),
    "another head": Design(phi=1).edited(own_resolution=160),
}


@pytest.fixture(params=DESIGNS, scope="module")
def found(request):
    beside = [DESIGNS["released"], DESIGNS["edited"]]
    link = "http://localhost:8501/?x=</script><b>"
    return report.sections(
        DESIGNS[request.param], beside=beside, records=[TIMED], link=link, today=TODAY
    )


def test_its_python_prints_what_it_shows_and_draws_the_same_figures(found):
    room, ran = {}, 0
    for section in found:
        if section.code:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(section.code, room)
            assert printed.getvalue().strip() == section.prints.strip()
            assert [drawn.to_json() for drawn in room["drawn"]] == [
                drawn.to_json() for drawn in section.drawn
            ]
            ran += 1
    assert ran >= 3


def test_it_is_one_file_with_nothing_to_fetch(found):
    text = report.to_html(found)
    assert len(text.encode()) < report.MOST_BYTES
    own = text[: text.index("plotly.js v")]
    assert not re.search(r"(src|href)=\"(?!data:)", own)
    assert "@import" not in own
    assert "url(" not in own
    assert text.count("plotly.js v") == 1
    assert "&lt;/script&gt;&lt;b&gt;" in own  # the hostile link
    figures = re.findall(r'<script type="application/json">(.*?)</script>', own, re.DOTALL)
    assert len(figures) == sum(len(section.drawn) for section in found)
    for drawn in figures:
        assert json.loads(drawn)["layout"]["height"] > 100
    assert "a &lt;processor&gt;" in own
    assert TODAY.isoformat() in own
    cost = effnet.count(effnet.Spec.from_dict(effnet.get_variant("lite2").to_dict()))
    assert f"{cost.resolution} px" in own


def test_it_is_a_notebook_too(found):
    notebook = nbformat.reads(report.to_notebook(found), as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert [text for text in code if not text.startswith("drawn[")] == [
        section.code for section in found if section.code
    ]


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(effnet.EffnetError, match=r"\.html or \.ipynb"):
        report.write(tmp_path / "report.pdf", ())


def test_the_command_writes_a_report_of_a_link_or_a_name(tmp_path, capsys):
    told = ["--design", "http://localhost:8501/?phi=2", "--beside", "b3"]
    assert main(["report", str(tmp_path / "one.html"), *told]) == 0
    text = (tmp_path / "one.html").read_text("utf-8")
    assert "<h1>EfficientNet-B0 at phi 2.00</h1>" in text
    assert "EfficientNet-B3" in text
    assert main(["report", str(tmp_path / "two.ipynb"), "--design", "lite0"]) == 0
    assert (
        nbformat.read(tmp_path / "two.ipynb", as_version=4)
        .cells[0]
        .source.startswith("# EfficientNet-Lite0")
    )
    capsys.readouterr()
    assert main(["report", str(tmp_path / "three.html"), "--design", "?phi=frog"]) == 2
    assert "'frog' is not a number" in capsys.readouterr().err
