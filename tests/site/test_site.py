"""The static folder, without a browser: what is fetched, what is checked, what is said."""

import base64
import csv
import hashlib
import re
import subprocess
import sys
import tarfile
import zipfile
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import numpy as np
import pytest

import effnet
from effnet.base import shipped
from effnet.nn import onnx_model
from effnet.papers import EXHIBITS
from effnet.site import PARTS, build, executed_notebooks, fetched
from effnet.site.browser_notebooks import NOTEBOOKS
from effnet.site.own_wheel import own_wheel


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """A site of pages alone: nothing is fetched for it."""
    folder = tmp_path_factory.mktemp("site") / "site"
    build(folder, without=PARTS)
    return folder


class Links(HTMLParser):
    """What a page asks for and leads to, and the ids that can be led to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.to: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        values = dict(attrs)
        self.to += [values[name] for name in ("href", "src") if values.get(name)]
        self.ids += [values["id"]] if "id" in values else []


def test_every_link_of_every_page_stays_in_the_folder_and_leads_somewhere(pages):
    found = list(pages.rglob("*.html"))
    assert len(found) == 2 * (6 + 9)  # two languages: the menu's pages and nine lessons
    for file in found:
        links = Links(file.read_text("utf-8"))
        assert len(set(links.ids)) == len(links.ids), file
        for link in links.to:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            assert not parts.scheme, f"{file}: {link}"
            assert not parts.netloc, f"{file}: {link}"
            target = file if not parts.path else (file.parent / parts.path).resolve()
            assert target.is_file(), f"{file}: {link}"
            assert target.is_relative_to(pages.resolve())


def test_a_page_without_its_part_says_why(pages):
    text = (pages / "classify.html").read_text("utf-8")
    assert "it was left out when this site was made" in text
    assert "生成这个网站时没有选入这一部分" in (pages / "zh/classify.html").read_text("utf-8")
    assert all(f'id="{key}"' in (pages / "papers.html").read_text("utf-8") for key in EXHIBITS)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, pages):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years")
    with pytest.raises(effnet.EffnetError, match=r"mine is not empty and holds no site; name"):
        build(mine, without=PARTS)
    with pytest.raises(effnet.EffnetError, match=r"thesis.txt is not empty and holds no site"):
        build(mine / "thesis.txt", without=PARTS)
    with pytest.raises(
        effnet.EffnetError, match=r"unknown part 'explorer'; expected one of classify"
    ):
        build(tmp_path / "site", without=["explorer"])
    assert (mine / "thesis.txt").read_text() == "years"
    build(pages, without=PARTS)  # an earlier site is written anew


# --- what is fetched ----------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "effnet" / "site"


def test_without_npm_the_site_is_made_without_what_needs_it(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(fetched.shutil, "which", lambda _: None)
    monkeypatch.setattr(fetched, "wheels", list)
    pages, classify, notebooks, as_run = build(tmp_path / "site", without=["executed"])
    assert not pages.missing
    assert classify.missing == notebooks.missing
    assert classify.missing == "npm is not installed; it comes with Node.js (nodejs.org)"
    assert classify.missing in (tmp_path / "site/notebooks.html").read_text("utf-8")
    assert as_run.missing == "it was left out when this site was made"


def test_a_package_that_is_another_is_refused_and_thrown_away(cache, tmp_path):
    cache.mkdir(parents=True)
    version, _ = fetched.NPM["pyodide"]
    tarball = cache / f"pyodide-{version}.tgz"
    tarball.write_bytes(b"something else")
    with pytest.raises(effnet.EffnetError, match=r"pyodide-.*tgz is not the file"):
        fetched.npm("pyodide", ["pyodide.mjs"], tmp_path / "there")
    assert not tarball.exists()
    assert not (tmp_path / "there").exists()


def test_a_package_that_is_the_pinned_one_gives_its_files(cache, tmp_path, monkeypatch):
    cache.mkdir(parents=True)
    (tmp_path / "package").mkdir()
    (tmp_path / "package/a.mjs").write_text("export {}")
    with tarfile.open(cache / "one-1.0.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    digest = hashlib.sha512((cache / "one-1.0.tgz").read_bytes()).digest()
    monkeypatch.setitem(fetched.NPM, "one", ("1.0", base64.b64encode(digest).decode()))
    fetched.npm("one", ["a.mjs"], tmp_path / "there")
    assert (tmp_path / "there/a.mjs").read_text() == "export {}"


def test_a_kept_wheel_that_is_damaged_is_fetched_again(cache, tmp_path, monkeypatch):
    """A stand-in for pip writes both wheels; one is damaged after that, as long as it was."""
    pinned = tmp_path / "wheels.txt"
    sums = [hashlib.sha256(data).hexdigest() for data in (b"one", b"two")]
    pinned.write_text(
        f"a==1 --hash=sha256:{sums[0]}\nb==1 --hash=sha256:{sums[1]}\n", encoding="utf-8"
    )
    asked = []

    def pip(_, command):
        asked.append(command)
        kept = Path(command[command.index("--dest") + 1])
        (kept / "a-1-py3-none-any.whl").write_bytes(b"one")
        (kept / "b-1-py3-none-any.whl").write_bytes(b"two")

    monkeypatch.setattr(fetched, "PINNED", pinned)
    monkeypatch.setattr(fetched, "_run", pip)
    wheels = fetched.wheels()
    assert [wheel.read_bytes() for wheel in fetched.wheels()] == [b"one", b"two"]
    assert len(asked) == 1
    wheels[1].write_bytes(b"tow")
    assert [wheel.read_bytes() for wheel in fetched.wheels()] == [b"one", b"two"]
    assert len(asked) == 2


def test_every_wheel_has_one_version_and_one_hash():
    lines = resources.files("effnet").joinpath("site/wheels.txt").read_text("utf-8")
    pins = [line for line in lines.splitlines() if not line.startswith("#")]
    assert len(pins) > 20
    for pin in pins:
        assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}", pin), pin


def test_the_own_wheel_is_this_package_and_asks_for_no_torch(tmp_path):
    wheel = own_wheel(tmp_path, ("plotly",))
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        info = f"effnet-{effnet.__version__}.dist-info"
        metadata = archive.read(f"{info}/METADATA").decode()
        record = archive.read(f"{info}/RECORD").decode().splitlines()
    assert {"effnet/__init__.py", "effnet/data/b_family.csv", "effnet/web/core.js"} <= names
    assert not [name for name in names if "__pycache__" in name]
    assert re.findall(r"Requires-Dist: (.*)", metadata) == ["plotly"]
    assert {line.partition(",")[0] for line in record} == names


def test_the_notebooks_of_the_site_are_notebooks_of_the_project():
    root = Path(effnet.__file__).parents[1]
    assert all((root / "notebooks" / f"{name}.ipynb").is_file() for name in NOTEBOOKS)


CELLS = (
    ("markdown", "# 1. Does it run?"),
    ("code", "import effnet\nfrom effnet import figures\neffnet.explore()"),
    ("code", "figures.equal_budget_drawings(effnet.scaling.at_budget('b0', 4))"),
    ("code", "from PIL import Image\nImage.new('RGB', (9, 9))"),
)


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """A place with one small notebook in the shipped ones' place."""
    made = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    book = nbformat.v4.new_notebook(cells=[made[kind](text) for kind, text in CELLS])
    nbformat.write(book, tmp_path / "01_small.ipynb")
    monkeypatch.setattr(executed_notebooks, "shipped", lambda *parts: tmp_path.joinpath(*parts[1:]))
    return tmp_path


def test_notebooks_as_they_ran_are_pages_with_their_figures(small):
    build(small / "site", without=("classify", "notebooks"))
    page = (small / "site/notebook-01_small.html").read_text("utf-8")
    links = Links(page)
    assert "assets/plotly.min.js" in links.to
    assert all(
        (small / "site" / to).exists() for to in links.to if to[:5] != "data:" and to[0] != "#"
    )
    assert "Plotly.newPlot(" in page
    assert "data:image/png;base64," in page
    assert "stands here in a notebook that runs" in page
    for folder in ("", "zh/"):
        overview = (small / "site" / folder / "notebooks.html").read_text("utf-8")
        assert 'href="notebook-01_small.html" lang="en">1. Does it run?</a>' in overview


def test_a_notebook_that_breaks_is_named_and_the_rest_of_the_site_is_made(small):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(book, small / "01_small.ipynb")
    *_, as_run = build(small / "site", without=("classify", "notebooks"))
    assert as_run.missing == "notebook 01_small failed: ZeroDivisionError: division by zero"
    assert (small / "site/index.html").is_file()


# --- all class maps from one pass ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["lite0", "b0", "resnet50", "mobilenet_v2"])
def test_the_second_output_is_every_classs_map_and_its_mean_is_the_logit(name):
    """Zhou et al., arXiv:1512.04150 equation 2, for every class, in any family."""
    onnxruntime = pytest.importorskip("onnxruntime")
    spec = effnet.scale(name, resolution=64)
    state = effnet.build(spec, num_classes=7).eval().state_dict()
    weights = {
        key: (tuple(value.shape), value.contiguous().numpy().data.cast("B"))
        for key, value in state.items()
        if value.ndim
    }
    session = onnxruntime.InferenceSession(
        onnx_model(spec, weights, about={}, num_classes=7, maps=True)
    )
    images = np.random.default_rng(0).normal(size=(3, 3, 64, 64)).astype(np.float32)
    logits, maps = session.run(None, {"image": images})
    assert maps.shape == (3, 7, 2, 2)
    bias = [value for key, value in state.items() if key.endswith(".bias")][-1].numpy()
    assert np.allclose(maps.mean((2, 3)) + bias, logits, rtol=1e-4, atol=1e-4)


# --- what a browser's Python lacks --------------------------------------------------------------

WITHOUT = """
import json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"numpy", "pandas", "PIL", "torch", "streamlit", "skimage"}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
cells = json.load(open(sys.argv[1], encoding="utf-8"))["cells"]
room = {}
for cell in cells:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), room)
"""


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_of_the_site_needs_nothing_that_the_browser_lacks(name):
    notebook = shipped("notebooks", f"{name}.ipynb")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(notebook)],
        cwd=Path(effnet.__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_step_on_bytes_shows_which_layers_wait_for_memory(pages):
    """A depthwise weight is used within its own channel alone, a 1x1 one for all outputs."""
    text = (pages / "lesson-where-it-goes.html").read_text("utf-8")
    (bars,) = re.findall(r'<dl class="intensity">(.*?)</dl>', text)
    found = re.findall(r"<dt>(.*?)</dt><dd style=\"inline-size: ([\d.]+)%", bars)
    shares = {kind: float(share) for kind, share in found}
    assert shares["depthwise"] < 10
    assert 30 < shares["expand"] < shares["project"] == 100


def step_of(pages: Path, lesson: str, number: int) -> tuple[str, str]:
    """What a step shows before its question, and what its answer adds."""
    text = (pages / f"lesson-{lesson}.html").read_text("utf-8")
    step = text.partition(f'id="step-{number}"')[2].partition("</section>")[0]
    return step.partition("<form")[0], step.partition('<div class="revealed">')[2]


def test_a_step_on_latency_shows_printed_times_after_the_prediction(pages):
    """arXiv:2104.00298 Table 11: 2675 images a second for B1, 5739 for V2-B0."""
    before, revealed = step_of(pages, "families", 4)
    assert "0.687 G" in before
    assert " ms" not in before
    assert re.findall(r'class="printed">([\d.]+) ms', revealed)[:2] == ["0.374", "0.174"]


def test_a_step_on_chance_shows_recorded_passes_and_then_the_chances(pages):
    before, revealed = step_of(pages, "measure-honestly", 2)
    assert before.count("<circle") == 216  # the samples of the shipped measurement
    assert re.findall(r'class="computed">([\d.]+) %', revealed)[4:8] == ["6.2", "3.1", "1.6", "0.8"]


def test_a_step_on_train_shows_what_grows_and_then_what_it_saved(pages):
    before, revealed = step_of(pages, "budget", 4)
    assert re.findall(r">(\d+) px<", before) == ["128", "185", "243", "300"]
    costs = [float(cost) for cost in re.findall(r">([\d.]+) %<", revealed)]
    for size, cost in zip((128, 185, 243, 300), costs, strict=True):
        assert abs(cost - 100 * (size / 300) ** 2) < 2  # about the square of the side
    text = shipped("assets", "experiments", "progressive.csv").read_text("utf-8")
    fixed = [
        float(row["top1"]) for row in csv.DictReader(text.splitlines()) if row["arm"] == "fixed"
    ]
    assert f">{100 * sum(fixed) / len(fixed):.1f}" in revealed
