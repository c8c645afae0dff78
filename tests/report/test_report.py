"""A report is one file, opens by itself, and its Python gives the numbers and figures it shows."""

import base64
import contextlib
import html
import io
import json
import platform
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

import effnet
from effnet import report
from effnet.base import language
from effnet.cli.main import main
from effnet.jobs import runs
from effnet.nn import saved
from effnet.scaling.design import Design
from effnet.timing.measurements import Environment, Latency
from effnet.timing.options import Options

TODAY = date(2026, 1, 2)
MACHINE = Environment("cpu", "a <processor>", 2, 0.1, "2", "3.11", "Linux", "2026-01-01")
TIMED = Latency("b0", (20.0, 21.0, 22.0), Options(resolution=224), None, MACHINE)
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


def run(sections):
    """Run the blocks as a reader does; each prints and draws what the report shows."""
    room, ran = {}, 0
    with language.speaking("en"):  # what a block chooses ends with it
        for section in sections:
            if section.code:
                printed = io.StringIO()
                room["drawn"] = []
                with contextlib.redirect_stdout(printed):
                    exec(section.code, room)
                assert printed.getvalue().strip() == section.prints.strip()
                assert [drawn.to_json() for drawn in room["drawn"]] == [
                    drawn.to_json() for drawn in section.drawn
                ]
                ran += 1
    return ran


def test_its_python_prints_what_it_shows_and_draws_the_same_figures(found):
    assert run(found) >= 3


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


# --- photos -----------------------------------------------------------------------------------


class Pictures(HTMLParser):
    """The pictures of a page that can be saved, by the names they are saved under."""

    def __init__(self):
        super().__init__()
        self.found, self.last = {}, ""

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag == "img":
            self.last = told["src"]
        elif tag == "a" and "download" in told:
            self.found[told["download"]] = base64.b64decode(self.last.partition(",")[2])


def own(kind):
    """Photos that people may choose: a small one, a large one, one that PNG can't make small."""
    if kind == "noise":
        values = np.random.default_rng(0).integers(0, 256, (800, 900, 3), dtype=np.uint8)
        return Image.fromarray(values)
    side = {"small": (400, 300), "large": (4000, 3000)}[kind]
    return Image.radial_gradient("L").resize(side).convert("RGB")


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_a_sample_photo_needs_nothing_but_its_name(lite0, spoken):
    seen = report.look(lite0, report.sample_picture("coffee"))
    found = report.sections(Design(), looks=[seen], today=TODAY, language=spoken)
    assert run(found) == 6
    text = report.to_html(found)
    assert "Rachel Michetti" in text
    assert "download=" not in text[: text.index("plotly.js v")]
    assert "95.7 %" in text


@pytest.mark.parametrize(
    ("kind", "ending", "size"),
    [("small", "png", (400, 300)), ("large", "png", (1154, 866)), ("noise", "jpg", (900, 800))],
)
def test_a_photo_of_ones_own_is_saved_from_the_report_and_seen_again(
    lite0, kind, ending, size, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    shown = report.picture(own(kind), '../my "photo" <b>.jpeg')
    assert shown.file == f"my-photo-b.{ending}"
    assert shown.size == size
    assert shown.same == (kind == "small")
    seen = report.look(lite0, shown, method="layercam", target=(100, 200), layer="features.5")
    found = report.sections(Design(), looks=[seen], today=TODAY)
    with pytest.raises(effnet.EffnetError, match="can't read my-photo-b"):
        run(found)
    text = report.to_html(found)
    assert len(text.encode()) < report.MOST_BYTES
    pictures = Pictures()
    pictures.feed(text[: text.index("plotly.js v")])
    (tmp_path / shown.file).write_bytes(pictures.found[shown.file])
    assert run(found) == 6
    assert ("copy" in shown.caption()) == (kind != "small")
    notebook = nbformat.reads(report.to_notebook(found), as_version=4)
    nbformat.validate(notebook)
    attached = [cell.attachments for cell in notebook.cells if "attachments" in cell]
    assert base64.b64decode(attached[0]["picture-0"][shown.mime]) == shown.data
    words = next(cell.source for cell in notebook.cells if "attachments" in cell)
    assert "(attachment:picture-0)" in words
    assert '../my "photo" <b>.jpeg' in html.unescape(words)
    assert "<b>" not in words


@pytest.mark.parametrize("how", ["a run's name", "a file"])
def test_a_network_of_ones_own_is_loaded_again(lite0, tmp_path, monkeypatch, how):
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path))
    run_name = "20260101-120000-mine"
    file = tmp_path / run_name / runs.BEST
    file.parent.mkdir()
    spec = effnet.scale("lite0", depth=0.25, width=0.25, resolution=64)
    state = effnet.build(spec, num_classes=3).state_dict()
    own = {"spec": spec, "classes": ("cat", "cup", "sky"), "preprocessing": lite0.preprocessing}
    file.write_bytes(saved.to_bytes(state, **own))
    name = run_name if how == "a run's name" else str(file)
    seen = report.look(
        effnet.load(runs.network_file(name), device="cpu"),
        report.sample_picture("coffee"),
        network=name,
    )
    found = report.sections(Design(), looks=[seen], today=TODAY)
    assert run(found) == 6
    visible = [text for one in found for text in (one.title, one.says, *one.cards)]
    assert str(tmp_path) not in str(visible), "nobody else has this folder"


def test_a_photo_of_ones_own_keeps_no_word_of_its_file(coffee):
    photo = Image.open(coffee).convert("RGB")
    photo.info["comment"] = b"where it was taken"
    assert b"where it was taken" not in report.picture(photo, "x.jpg").data


def test_a_name_that_is_no_name_is_photo():
    for title in ("", "...", "/", "?.png"):
        assert report.picture(own("small"), title).file == "photo.png"
    assert report.picture(own("small"), "我的猫.jpg").file == "我的猫.png"


# --- in Chinese -------------------------------------------------------------------------------


def test_a_report_in_chinese_is_chinese_and_its_python_draws_chinese_figures():
    beside = [DESIGNS["released"], DESIGNS["edited"]]
    found = report.sections(
        DESIGNS["formula"], beside=beside, records=[TIMED], today=TODAY, language="zh"
    )
    assert run(found) >= 3
    assert {section.language for section in found} == {"zh"}
    text = report.to_html(found)
    assert '<html lang="zh' in text
    own_text = text[: text.index("plotly.js v")]
    words = re.sub(r"<(style|pre|script)[^>]*>.*?</\1>|<[^>]*>", " ", own_text, flags=re.DOTALL)
    assert "乘加次数" in words
    names = set(Path(__file__).parents[1].joinpath("app/names.txt").read_text("utf-8").split())
    names |= {
        "python",
        "effnet",
        "plotly",
        "streamlit",
        "numpy",
        "macs",
        "localhost",
        "processor",
        "cpu",
    }
    names |= {"edited"}  # a network's own name, as its file has it
    words = words.replace(platform.platform(), "")
    assert set(re.findall(r"[A-Za-z]{3,}", words)) - names == set()
    for section in found:
        for drawn in section.drawn:
            assert re.search("[\u4e00-\u9fff]", drawn.layout.title.text)
    assert language.current() == "en"


def test_a_language_that_is_not_there_is_refused():
    with pytest.raises(effnet.EffnetError, match="language 'xx'; expected one of en, zh"):
        report.sections(Design(), language="xx")


def test_the_command_writes_a_report_in_chinese(tmp_path):
    told = ["--design", "?phi=2", "--image", "coffee", "--language", "zh"]
    assert main(["report", str(tmp_path / "one.html"), *told]) == 0
    text = (tmp_path / "one.html").read_text("utf-8")
    assert '<html lang="zh' in text
    assert "phi=2&amp;lang=zh" in text
    assert "espresso" in text
