"""What all tests share: two threads, no weights but the installed ones, one trained classifier."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

import effnet
from effnet.pixels.samples import get_sample

torch.set_num_threads(2)
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # for tests that open a session of their own

DOORS = tuple(
    f"effnet.{door.parent.name}" for door in Path(effnet.__file__).parent.glob("*/__init__.pyi")
)

# Left out of `make check`: what draws pages, drives browsers, runs or trains networks, or starts
# processes.
SLOW = (
    *("app", "browser", "cam", "classify", "int8", "nn", "notebook", "pixels", "train", "web"),
    *("base/test_rich", "counting/test_counters", "counting/test_memory", "report/test_export"),
    *("report/test_report", "timing/test_latency", "timing/test_measure", "weights/test_fetch"),
    *("test_mistakes", "test_notebooks", "test_threads"),
)


def _slow(path: Path) -> bool:
    return path.relative_to(Path(__file__).parent).as_posix().startswith(SLOW)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Spare `make check` the reading of what it leaves out."""
    return (config.getoption("markexpr") == "not slow" and _slow(collection_path)) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow ones by their place."""
    for item in items:
        if _slow(item.path):
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it again and again took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_runtest_setup() -> None:
    """What a test, or a fixture of its, draws has nothing to do with the tests before it."""
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def no_weights_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Checkpoints in the user's cache must not decide whether a test passes."""
    monkeypatch.delenv("EFFNET_WEIGHTS", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path_factory.getbasetemp() / "no-weights"))
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path_factory.getbasetemp() / "runs"))
    monkeypatch.setenv("EFFNET_TIMES", str(tmp_path_factory.getbasetemp() / "times"))


@pytest.fixture(autouse=True)
def doors_as_they_were() -> Iterator[None]:
    """A door remembers what it gave, so it would go on giving what a test put behind it."""
    before = {name: set(vars(sys.modules[name])) for name in DOORS if name in sys.modules}
    yield
    for name in DOORS:
        room = vars(sys.modules[name]) if name in sys.modules else {"__all__": ()}
        for given in set(room["__all__"]) & (set(room) - before.get(name, set())):
            if not isinstance(room[given], ModuleType):
                del room[given]


@pytest.fixture(autouse=True)
def main_module_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's harness leaves its page as `__main__`, which processes that start would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def lite0() -> effnet.Classifier:
    """The trained classifier that all tests share, as all visitors of a server do."""
    return effnet.load("lite0", device="cpu")


@pytest.fixture(scope="session")
def coffee() -> Path:
    """A cup of espresso seen from above, 600 x 400."""
    path = get_sample("coffee").path
    assert path is not None
    return path


@pytest.fixture(scope="session")
def chelsea() -> Path:
    """A tabby cat's face, 451 x 300."""
    path = get_sample("chelsea").path
    assert path is not None
    return path


@pytest.fixture
def noise() -> Image.Image:
    """A seeded picture of blurred noise, 96 x 80."""
    values = np.random.default_rng(0).integers(0, 256, (10, 12, 3), dtype=np.uint8)
    return Image.fromarray(values).resize((96, 80), Image.Resampling.BICUBIC)


@pytest.fixture(scope="session")
def environment_without_weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """For subprocesses: this environment with no checkpoint folders."""
    hidden = {"EFFNET_WEIGHTS", "XDG_CACHE_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    folder = tmp_path_factory.getbasetemp()
    own = {"EFFNET_RUNS": str(folder / "runs"), "EFFNET_TIMES": str(folder / "times")}
    return kept | own | {"TORCH_HOME": str(folder / "no-weights")}
