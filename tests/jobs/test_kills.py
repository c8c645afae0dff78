"""SIGKILL at moments that nobody chose: nothing stays behind, nothing is lost, nothing doubles."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_network import tiny_spec

import effnet
from effnet.base import programs, tolerant
from effnet.base.language import Text
from effnet.jobs import runs
from effnet.train.many_trainings import CHECKPOINT, job, sweep
from effnet.train.recipe import Recipe
from effnet.train.trainer import train

ROOT = Path(effnet.__file__).parents[1]
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@pytest.fixture
def tiny() -> Recipe:
    return Recipe(
        spec=tiny_spec(), train_images=96, test_images=30, epochs=3, batch_size=16,
        checkpoint_steps=2, average=0.9,
    )  # fmt: skip


def until(done, seconds=300):
    """Wait for something that comes sooner or later."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def children(process: int) -> list[int]:
    """The processes below one, the deepest too."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == process:
                found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


def alive(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def started(folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "effnet", "train", "go", str(folder)],
        cwd=ROOT,
        env=environment | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def progressive_run(folder: Path, recipe: Recipe, workers: int) -> runs.Run:
    folder.mkdir()
    options = {"recipe": recipe.to_dict(), "seeds": 1, "workers": workers}
    run = runs.Run(folder, "progressive", Text("t"), options, 0.0)
    runs.write_order(run)
    return run


@LINUX
def test_a_killed_sweep_leaves_no_worker_behind(tmp_path, environment_without_weights):
    recipe = Recipe(train_images=300, test_images=100, epochs=40)
    run = progressive_run(tmp_path / "run", recipe, 2)
    process = started(run.folder, environment_without_weights)
    trained = until(lambda: list((run.folder / "jobs").glob(f"*/{CHECKPOINT}")))
    below = children(process.pid)
    assert trained
    assert len(below) >= 2  # the workers, and what watches over their semaphores
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not any(alive(one) for one in below))


@LINUX
def test_a_question_ends_with_whoever_asked(environment_without_weights):
    spec = replace(effnet.get_variant("b4"), name="big")
    code = (
        "import json, sys; from effnet.base import programs; print(flush=True);"
        f"programs.ask('effnet.nn.second_opinion', {json.dumps(json.dumps(spec.to_dict()))},"
        " timeout_s=300)"
    )
    asker = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment_without_weights
    )
    below = until(lambda: children(asker.pid))
    os.kill(asker.pid, signal.SIGKILL)
    asker.wait()
    until(lambda: not any(alive(one) for one in below))


def test_a_question_is_ended_by_a_stop():
    class Enough(Exception):
        pass

    def stop():
        raise Enough

    with pytest.raises(Enough):
        programs.ask("effnet.nn.second_opinion", "{}", timeout_s=300, between=stop)


def test_a_program_that_fails_says_its_last_line():
    with pytest.raises(programs.Failed, match="Error"):
        programs.ask("effnet.nn.second_opinion", "no json", timeout_s=300)


# --- rows and checkpoints


def test_a_checkpoint_stays_until_its_row_is_on_disk(tiny, tmp_path):
    """The worker may be done when the sweep is killed: what it learned is in its checkpoint."""
    short = replace(tiny, epochs=1)
    one = job(short, way="base", seed=0)
    seen = []

    def look(row):
        seen.append((keep / one.key / CHECKPOINT).exists())

    keep = tmp_path / "jobs"
    from effnet.train.many_trainings import train_job

    row = train_job(short.to_dict(), str(keep / one.key), None)  # and then the kill
    assert (keep / one.key / CHECKPOINT).exists()
    (done,) = sweep([one], tmp_path / "r.csv", keep=keep, progress=look)
    assert done["digest"] == row["digest"]
    assert done["seconds"] == row["seconds"]  # it was not trained again
    assert seen == [False]  # its row is there, so the checkpoint is not needed any more


def test_a_sweep_killed_again_and_again_ends_with_the_rows_of_an_unbroken_one(
    tiny, tmp_path, environment_without_weights
):
    jobs = [job(replace(tiny, seed=seed), way="base", seed=seed) for seed in range(2)]
    whole = sweep(jobs, tmp_path / "whole.csv")
    code = (
        "import json, sys, pathlib; from effnet.train.recipe import Recipe;"
        "from effnet.train.many_trainings import job, sweep; folder = pathlib.Path(sys.argv[1]);"
        "recipes = [Recipe.from_dict(r) for r in json.loads(sys.argv[2])];"
        "jobs = [job(r, way='base', seed=r.seed) for r in recipes];"
        "sweep(jobs, folder / 'r.csv', keep=folder / 'jobs')"
    )
    recipes = json.dumps([one.recipe.to_dict() for one in jobs])
    command = [sys.executable, "-c", code, str(tmp_path), recipes]
    rows = 0
    for _ in range(3):
        process = subprocess.Popen(command, cwd=ROOT, env=environment_without_weights)
        before = newest(tmp_path)
        until(lambda process=process, before=before: newest(tmp_path) > before or over(process))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kept = (tmp_path / "r.csv").read_text().count("\n") if (tmp_path / "r.csv").exists() else 0
        assert kept >= rows
        rows = kept
    again = sweep(jobs, tmp_path / "r.csv", keep=tmp_path / "jobs")
    assert [row["digest"] for row in again] == [row["digest"] for row in whole]
    for one in jobs:
        epochs = tolerant.read_lines(tmp_path / "jobs" / one.key / runs.METRICS, "epoch")
        assert [row["epoch"] for row in epochs] == [1, 2, 3]
        assert not (tmp_path / "jobs" / one.key / CHECKPOINT).exists()


def newest(folder: Path) -> float:
    found = [0.0]
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a checkpoint goes once its row is on disk
            found += [path.stat().st_mtime_ns] if path.suffix in (".pt", ".csv") else []
    return max(found)


def over(process: subprocess.Popen) -> bool:
    return process.poll() is not None


# --- metrics


MEASURED = ("seconds", "cpu_seconds")


def learned(folder: Path) -> list[dict]:
    rows = tolerant.read_lines(folder / runs.METRICS)
    return [{k: v for k, v in row.items() if k not in MEASURED} for row in rows]


@pytest.mark.parametrize(
    "lost", ["checkpoint", "metrics", "half of the metrics", "torn checkpoint"]
)
def test_a_resumed_runs_metrics_are_those_of_an_unbroken_one(tiny, tmp_path, lost):
    """Whatever a kill left of the two files: no epoch twice, none missing."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    train(tiny, whole)
    calls = []

    def stop() -> bool:
        calls.append(None)
        return len(calls) == 14  # in the third of three epochs of six steps

    from effnet.train.trainer import Stopped

    with pytest.raises(Stopped):
        train(tiny, cut, stop=stop)
    checkpoint, metrics = cut / CHECKPOINT, cut / runs.METRICS
    if lost == "checkpoint":
        checkpoint.unlink()
    elif lost == "metrics":
        metrics.unlink()
    elif lost == "half of the metrics":
        metrics.write_bytes(metrics.read_bytes()[:-30])
    else:
        checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    train(tiny, cut)
    assert learned(cut) == learned(whole)
