"""The built wheel as people have it: alone, then with each extra, and what each is for is used.

    make wheel-check
    python tests/benchmarks/wheel_check.py --only app
    python tests/benchmarks/wheel_check.py --torch-of .venv   # as it is there: no gigabytes

Each extra gets a virtual environment and an empty folder of its own. Prints a row a line; ends with
1 where what a line printed, or what it was refused with, isn't what it should be.
"""

import argparse
import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from servers import HEALTH, running

ROOT = Path(__file__).parents[2]
HEAVY = re.compile(r"torch|torchvision|triton|(nvidia|cuda)[-_].*")
PATIENCE = 600  # seconds for one line
ALONE = "alone"
WIDGET = """
import nbconvert, nbformat
from nbconvert.preprocessors import ExecutePreprocessor
cells = ['import effnet; effnet.explore("?phi=1")',
         'from effnet import figures, network; blocks = network.walk(effnet.get_variant("b0"))',
         'figures.block_anatomy(list(blocks)[1], title="B0")']
book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
ExecutePreprocessor(timeout=300).preprocess(book)
page, _ = nbconvert.HTMLExporter().from_notebook_node(book)
state = book.metadata.widgets['application/vnd.jupyter.widget-state+json']['state'].values()
print('widget-view' in page, any('_esm' in one['state'] for one in state), 'plotly' in page)
"""
ONNX = """
import numpy, onnxruntime
session = onnxruntime.InferenceSession('lite0.onnx')
print(session.run(['logits'], {'image': numpy.zeros((2, 3, 224, 224), numpy.float32)})[0].shape)
"""
# a command or a program, and what its output must match
LINES = {
    ALONE: [
        ("import effnet; print(effnet.count('b0').macs)", "385814752"),
        ("import effnet; effnet.explore()", r"pip install 'effnet\[notebook\]'"),
        ("import effnet; effnet.load('lite0')", r"pip install 'effnet\[train\]'"),
        ("effnet --version", r"effnet \d"),
        ("effnet count '?phi=1'", r"parameters: 9\.11 M"),
        ("effnet compare b0 b1 --csv", r"(?s)B0,.*B1,"),
        ("effnet notebooks lessons", r"13_scaling_others\.ipynb +yes"),
        ("effnet app", r"pip install 'effnet\[app\]'"),
    ],
    "notebook": [
        (WIDGET, "True True True"),
        ("import effnet; print(effnet.count('b0').to_pandas().shape)", r"\(82, 13\)"),
        ("effnet report b2.html --design b2", r"b2\.html"),
        ("effnet classify coffee", r"pip install 'effnet\[train\]'"),
    ],
    "train": [
        ("effnet classify coffee", "espresso"),
        ("effnet explain coffee map.png", r"map\.png"),
        ("effnet train fit --images 200 --epochs 1 --output run", "(?i)accuracy|top-1"),
        ("effnet bench lite0 --resolution 64 --seconds 0.2", "lite0"),
        ("effnet classify coffee --model hf-hub:a/b", r"pip install 'effnet\[hub\]'"),
    ],
    "export": [
        ("effnet export lite0 lite0.onnx", r"lite0\.onnx"),
        (ONNX, r"\(2, 1000\)"),
    ],
    "app": [("effnet app --headless --port {port}", "answers")],
}


def wheel(into: Path) -> Path:
    """The wheel, built from a copy: a `build` folder left behind would go into the next one."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in listed.split("\0")[:-1]:
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (into / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, into / "source" / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", into, into / "source"], check=True)
    return next(into.glob("*.whl"))


def environment(folder: Path, built: Path, extra: str, torch_of: Path | None) -> Path:
    """A virtual environment with the wheel and one extra; its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    if torch_of and extra in ("train", "export", "app"):
        site, lent = (next(v.glob("lib/python*/site-packages")) for v in (folder, torch_of))
        for one in importlib.metadata.distributions(path=[str(lent)]):
            unasked = extra == "export" and one.name == "torchvision"
            if HEAVY.fullmatch(one.name.lower()) and not unasked:
                tops = {path.parts[0] for path in one.files or ()} - {"..", "__pycache__"}
                for top in tops - {place.name for place in site.iterdir()}:
                    (site / top).symlink_to((lent / top).absolute())
    what = str(built) if extra == ALONE else f"{built}[{extra}]"
    subprocess.run([python, "-m", "pip", "install", "--quiet", what], check=True)
    return python


def outcome(line: str, python: Path, folder: Path) -> str:
    """What a line printed; "answers" of a server whose page can be had."""
    own = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    variables = {name: v for name, v in os.environ.items() if name != "PYTHONPATH"} | own
    words = ["-c", line]
    if line.startswith("effnet "):
        words = ["-m", *shlex.split(line)]
    if "{port}" in line:
        log = folder / "log"
        try:
            with running(
                words[1:], HEALTH, folder=folder, environment=variables, log=log, python=str(python)
            ):
                return "answers"
        except RuntimeError as error:
            return str(error)
    done = subprocess.run(
        [python, *words],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout


def main() -> None:
    """Check all extras, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(LINES))
    parser.add_argument("--torch-of", type=Path, help="a virtual environment that has PyTorch")
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as made:
        built = wheel(Path(made))
        for extra in [options.only] if options.only else LINES:
            python = environment(Path(made, extra), built, extra, options.torch_of)
            folder = Path(made, f"{extra}-empty")
            folder.mkdir()
            for line, expected in LINES[extra]:
                said = outcome(line, python, folder)
                fits = re.search(expected, said) is not None
                wrong += not fits
                shown = " ".join(line.split())[:80]
                print(f"{extra:10}{'yes' if fits else 'NO':5}{shown}", flush=True)
                if not fits:
                    print(said[-3000:])
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
