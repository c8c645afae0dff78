"""Sweeps: any executor, nothing lost, the same table everywhere."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import effnet
from effnet.train.many_trainings import job, sweep
from effnet.train.results import read_rows, summaries, write_rows

MEASURED = ("seconds", "cpu_seconds", "date", "load", "threads", "processor", "cores", "device")


def learned(rows):
    """What must not depend on where a training ran."""
    return [{k: v for k, v in row.items() if k not in MEASURED} for row in rows]


def jobs_of(tiny, count=3):
    short = replace(tiny, epochs=1)
    return [job(replace(short, seed=seed), way="base", seed=seed) for seed in range(count)]


def test_other_files_under_the_same_names_make_another_training(tiny, tmp_path):
    """As long and as old as the first: a sweep must not give the first one's row for them."""
    for name in ("pictures.npz", "weights.pth"):
        (tmp_path / name).write_bytes(b"first")
    recipe = replace(
        tiny, data=str(tmp_path / "pictures.npz"), start=str(tmp_path / "weights.pth"), frozen=True
    )
    keys = [job(recipe).key]
    assert job(recipe).key == keys[0]
    for path in sorted(tmp_path.iterdir()):
        was = path.stat()
        path.write_bytes(b"other")
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
        keys.append(job(recipe).key)
    assert len(set(keys)) == 3


# --- sweeps


def test_rows_go_through_the_file(tmp_path):
    rows = [{"key": "a1", "way": "base", "top1": 0.25, "macs": 12, "x": "text"}]
    write_rows(tmp_path / "r.csv", rows)
    assert read_rows(tmp_path / "r.csv") == rows


def test_threads_give_the_table_of_the_serial_run(tiny, tmp_path):
    jobs = jobs_of(tiny, 2)
    serial = sweep(jobs, tmp_path / "serial.csv")
    with ThreadPoolExecutor(1) as executor:
        threaded = sweep(jobs, tmp_path / "threads.csv", executor=executor)
    assert learned(threaded) == learned(serial)


def test_finished_rows_are_not_trained_again(tiny, tmp_path, monkeypatch):
    jobs = jobs_of(tiny, 2)
    sweep(jobs[:1], tmp_path / "r.csv")
    trained = []
    sweep(jobs, tmp_path / "r.csv", progress=trained.append)
    assert [row["seed"] for row in trained] == [1]
    sweep(jobs, tmp_path / "r.csv", progress=trained.append)
    assert len(trained) == 1


def test_a_failed_training_loses_only_itself(tiny, tmp_path):
    good, *_ = jobs_of(tiny, 1)
    bad = job(replace(good.recipe, data="nowhere"), way="bad", seed=0)
    with pytest.raises(effnet.EffnetError, match=r"1 of 2 trainings is missing .*nowhere"):
        sweep([bad, good], tmp_path / "r.csv")
    assert [row["key"] for row in read_rows(tmp_path / "r.csv")] == [good.key]


def test_a_stopped_sweep_keeps_what_is_done(tiny, tmp_path):
    jobs = jobs_of(tiny, 3)

    def stop_now(row):
        (tmp_path / "stop").touch()

    with pytest.raises(effnet.EffnetError, match="2 of 3 trainings are missing"):
        sweep(jobs, tmp_path / "r.csv", watched=tmp_path, progress=stop_now)
    (tmp_path / "stop").unlink()
    assert len(sweep(jobs, tmp_path / "r.csv", watched=tmp_path)) == 3


def test_the_interval_is_students():
    """Three values 1, 2, 3: s = 1, t = 4.303, half-width 4.303 / sqrt(3) = 2.484."""
    rows = [
        {"way": "base", "budget": 1, "top1": v, "seconds": 1, "cpu_seconds": 1} for v in (1, 2, 3)
    ]
    (found,) = summaries(rows, "way")
    assert found.mean == 2
    assert found.spread == pytest.approx(2.484, abs=1e-3)


# --- beyond one machine


@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:dask")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_dask_cluster_gives_the_serial_table_though_a_worker_is_killed(tiny, tmp_path):
    distributed = pytest.importorskip("distributed")
    jobs = jobs_of(tiny, 4)
    serial = sweep(jobs, tmp_path / "serial.csv")
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
        local_directory=str(tmp_path / "dask"),
    )
    with cluster, distributed.Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))
        killer = threading.Thread(target=_kill_soon, args=(victim,))
        killer.start()
        rows = sweep(jobs, tmp_path / "dask.csv", executor=client.get_executor(pure=False))
        killer.join()
    assert learned(rows) == learned(serial)


def _kill_soon(process):
    time.sleep(1.0)
    os.kill(process, signal.SIGKILL)
