"""Runs live in processes of their own: they are seen, stopped, resumed."""

import multiprocessing
import os
import signal
import time

import pytest

import effnet
from effnet.train import runs


def wait_for(run, state, seconds=400):
    deadline = time.monotonic() + seconds
    while run.state != state:
        assert time.monotonic() < deadline, (run.state, run.last_words())
        time.sleep(0.05)


def order(tiny, **changes):
    from dataclasses import replace

    return {"recipe": replace(tiny, **changes).to_dict()}


def test_a_launched_run_ends_with_a_result_and_a_network(tiny):
    run = runs.create("train", "A tiny one", order(tiny))
    runs.launch(run)
    wait_for(run, "done")
    assert run.result()["steps"] == 12
    assert len(runs.read_lines(run.folder / runs.METRICS)) == 2
    assert effnet.load(str(run.folder / runs.BEST)).spec == tiny.spec
    assert [found.name for found in runs.list_runs()] == [run.name]


def test_a_stopped_run_is_resumed_and_ends(tiny):
    run = runs.create("train", "stop me", order(tiny, epochs=400))
    runs.launch(run)
    assert run.state == "running"
    with pytest.raises(effnet.EffnetError, match="running already"):
        runs.launch(run)
    with pytest.raises(effnet.EffnetError, match="stop it first"):
        runs.delete(run)
    runs.stop(run)
    wait_for(run, "stopped")
    runs.launch(run)
    assert run.state == "running"
    runs.stop(run)
    wait_for(run, "stopped")
    runs.delete(run)
    assert runs.list_runs() == []


def test_a_run_that_broke_off_says_why(tiny):
    run = runs.create("train", "broken", order(tiny, data="nowhere"))
    runs.launch(run)
    wait_for(run, "broken")
    assert "no data 'nowhere'" in run.last_words()


def _hold(folder, ready):
    with runs.held(folder):
        ready.set()
        time.sleep(600)


def test_a_killed_process_lets_go_of_its_run(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(60)
    assert runs.is_held(tmp_path)
    with pytest.raises(effnet.EffnetError, match="another process"), runs.held(tmp_path):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not runs.is_held(tmp_path)


def test_a_line_cut_short_is_skipped(tmp_path):
    path = tmp_path / "m.jsonl"
    runs.append_line(path, {"epoch": 1})
    path.write_text(path.read_text() + '{"epoch": 2, "lo')
    assert runs.read_lines(path) == [{"epoch": 1}]


def test_runs_of_one_second_have_folders_of_their_own():
    names = {runs.create("train", "same", {}).name for _ in range(5)}
    assert len(names) == 5
    assert len(runs.list_runs("train")) == 5
    assert runs.list_runs("scaling") == []


def test_an_unknown_run_is_told():
    with pytest.raises(effnet.EffnetError, match="no run 'x'"):
        runs.find("x")
