"""A package that is not installed is named with the extra that brings it, in one line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import effnet
from effnet.base import extra_for, missing, needing
from effnet.base.extras import BROUGHT

ROOT = Path(effnet.__file__).parents[1]
# what a distribution is called where it is imported, if otherwise
IMPORTED = {
    "pillow": "PIL",
    "grad-cam": "pytorch_grad_cam",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
HIDDEN = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
import effnet
try:
    {code}
except effnet.EffnetError as error:
    print(error)
"""


def pins(file: str) -> dict[str, str]:
    """Distribution and range of every line of a requirements file."""
    lines = (ROOT / file).read_text().splitlines()
    found = (re.match(r"([\w\-\[\]]+)(\S+)", line) for line in lines if line and line[0] != "#")
    return {match[1]: match[2] for match in found}


@pytest.mark.parametrize("extra", ["core", "train", "notebook", "export", "hub"])
def test_the_extras_ask_for_the_ranges_that_are_tested(extra):
    tested = pins("tests/requirements.txt") | pins("requirements.txt")
    for name, ranges in pins(f".ci/extras/{extra}.txt").items():
        assert tested[name] == ranges, name


# come along with JupyterLab
WITH_JUPYTER = {"jinja2", "traitlets", "nbclient", "nbconvert", "nbformat"}


@pytest.mark.parametrize("extra", ["train", "notebook", "export", "hub"])
def test_what_an_extra_is_said_to_bring_is_in_it(extra):
    names = {IMPORTED.get(name, name).replace("-", "_") for name in pins(f".ci/extras/{extra}.txt")}
    assert BROUGHT[extra] - WITH_JUPYTER <= names


def test_the_app_needs_all_that_the_core_and_the_trainings_need():
    app = pins("requirements.txt")
    assert pins(".ci/extras/core.txt").items() <= app.items()
    assert pins(".ci/extras/train.txt").items() <= app.items()


def test_the_extra_is_that_of_the_room_that_asks():
    assert extra_for("numpy", "nn") == "train"
    assert extra_for("numpy", "notebook") == "notebook"
    assert extra_for("streamlit", "cli") == "app"
    assert extra_for("onnxruntime", "classify") == "export"
    assert extra_for("frobnicate", "nn") == ""
    assert missing(ModuleNotFoundError("no", name="frobnicate")) is None


def test_other_missing_modules_stay_what_they_are():
    @needing
    def wants():
        import frobnicate  # noqa: F401

    with pytest.raises(ModuleNotFoundError, match="frobnicate"):
        wants()


@pytest.mark.parametrize(
    ("hidden", "code", "extra"),
    [
        ("ipywidgets anywidget", "effnet.explore()", "notebook"),
        ("ipywidgets anywidget", "effnet.explore_photo()", "notebook"),
        ("torch", "effnet.explore_photo()", "train"),
        ("torch", "effnet.build('b0')", "train"),
        ("torch", "effnet.load('lite0')", "train"),
        ("pandas", "effnet.count('b0').to_pandas()", "notebook"),
        ("pandas", "effnet.published.frame('b_family')", "notebook"),
        ("plotly", "effnet.figures.macs_along_phi", "notebook"),
        ("streamlit", "from effnet.cli import main; print(main(['app']))", "app"),
    ],
)
def test_a_name_whose_package_is_missing_says_what_to_install(hidden, code, extra):
    script = HIDDEN.format(names=set(hidden.split()), code=code)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    (line, *_) = (done.stderr if "main" in code else done.stdout).splitlines()
    assert "is not installed; get it with: pip install" in line
    assert f"'effnet[{extra}]'" in line
