"""Experiments: equal multiply-adds, any executor, nothing lost, the same table everywhere."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

import effnet
from effnet.train import plan
from effnet.train.experiment import progressive_jobs, reward, scaling_jobs, search
from effnet.train.many_trainings import job, sweep
from effnet.train.recipe import small_base
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


# --- the plan


@pytest.mark.parametrize("budget", [2.0, 4.0])
def test_the_four_ways_cost_the_same_within_ten_percent(budget):
    found = plan.at_equal_macs(small_base(), budget, classes=71)
    assert [one.way for one in found] == list(plan.WAYS)
    macs = [one.macs for one in found]
    assert max(macs) / min(macs) < 1.1
    base = effnet.count(small_base(), num_classes=71).macs
    assert all(0.8 * budget < m / base < 1.25 * budget for m in macs)


def test_each_way_changes_its_own_dimension_only():
    base = small_base()
    depth, width, resolution, compound = plan.at_equal_macs(base, 4.0, classes=71)
    assert depth.resolution == width.resolution == base.resolution
    assert depth.spec.blocks > base.blocks == width.spec.blocks == resolution.spec.blocks
    assert [s.channels for s in depth.spec.stages] == [s.channels for s in base.stages]
    assert resolution.spec.stages == base.stages
    assert compound.resolution > base.resolution
    assert compound.spec.blocks > base.blocks


def test_counts_are_those_of_the_built_networks():
    for one in plan.scaling_plan(classes=71):
        model = effnet.build(one.spec, num_classes=71)
        assert sum(p.numel() for p in model.parameters()) == one.params


def test_every_seed_trains_every_network():
    jobs = scaling_jobs(seeds=2, epochs=1)
    assert len(jobs) == 18
    assert len({one.key for one in jobs}) == 18


def test_progressive_and_its_rivals_are_compared_at_equal_epochs_and_equal_cost():
    fixed, grown, short = progressive_jobs(seeds=1, epochs=12)
    assert fixed.recipe.epochs == grown.recipe.epochs == 12
    share = dict(grown.facts)["relative_macs"]
    assert 0.4 < share < 0.7
    assert short.recipe.epochs == round(12 * share)
    last = grown.recipe.plan.plan()[-1]
    assert fixed.recipe.plan.plan()[0].dropout == last.dropout


def test_the_grid_lies_on_the_budget():
    grid = plan.search_plan(classes=71)
    assert len(grid) > 8
    for alpha, beta, gamma, _ in grid:
        assert alpha * beta**2 * gamma**2 == pytest.approx(2, rel=0.1)
    assert len({(one.spec.stages, one.resolution) for *_, one in grid}) == len(grid)


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
    with pytest.raises(effnet.EffnetError, match=r"1 of 2 trainings are missing .*nowhere"):
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


def test_halving_keeps_the_better_half_and_trains_it_longer(tmp_path):
    trained = []

    def pretend(jobs, path):
        rows = [
            {**dict(one.facts), "top1": dict(one.facts)["alpha"] / 10, "key": one.key}
            for one in jobs
        ]
        trained.append(rows)
        return rows

    ranked = search(tmp_path / "r.csv", rungs=(1, 2, 4), run=pretend)
    counts = [len(rows) for rows in trained]
    assert counts[1] == -(-counts[0] // 2)
    assert counts[2] == -(-counts[1] // 2)
    assert [rows[0]["epochs"] for rows in trained] == [1, 2, 4]
    assert ranked[0]["alpha"] == max(row["alpha"] for row in trained[2])


def test_the_reward_prefers_the_cheaper_of_equals():
    cheap, dear = {"top1": 0.5, "macs": 100}, {"top1": 0.5, "macs": 200}
    assert reward(cheap, 100) == 0.5
    assert reward(dear, 100) == pytest.approx(0.5 * 2**-0.07)


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
