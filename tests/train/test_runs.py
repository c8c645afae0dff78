"""Runs live in processes of their own: they are seen, stopped, resumed."""

import multiprocessing
import os
import signal
import time

import pytest

import effnet
from effnet.train import run_folders


def wait_for(run, state, seconds=400):
    deadline = time.monotonic() + seconds
    while run.state != state:
        assert time.monotonic() < deadline, (run.state, run.last_words())
        time.sleep(0.05)


def order(tiny, **changes):
    from dataclasses import replace

    return {"recipe": replace(tiny, **changes).to_dict()}


def test_a_launched_run_ends_with_a_result_and_a_network(tiny):
    run = run_folders.create("train", "A tiny one", order(tiny))
    run_folders.launch(run)
    wait_for(run, "done")
    assert run.result()["steps"] == 12
    assert len(run_folders.read_lines(run.folder / run_folders.METRICS)) == 2
    assert effnet.load(str(run.folder / run_folders.BEST)).spec == tiny.spec
    assert [found.name for found in run_folders.list_runs()] == [run.name]


def test_a_stopped_run_is_resumed_and_ends(tiny):
    run = run_folders.create("train", "stop me", order(tiny, epochs=400))
    run_folders.launch(run)
    assert run.state == "running"
    with pytest.raises(effnet.EffnetError, match="running already"):
        run_folders.launch(run)
    with pytest.raises(effnet.EffnetError, match="stop it first"):
        run_folders.delete(run)
    run_folders.stop(run)
    wait_for(run, "stopped")
    run_folders.launch(run)
    assert run.state == "running"
    run_folders.stop(run)
    wait_for(run, "stopped")
    run_folders.delete(run)
    assert run_folders.list_runs() == []


def test_a_run_that_broke_off_says_why(tiny):
    run = run_folders.create("train", "broken", order(tiny, data="nowhere"))
    run_folders.launch(run)
    wait_for(run, "broken")
    assert "no data 'nowhere'" in run.last_words()


def _hold(folder, ready):
    with run_folders.held(folder):
        ready.set()
        time.sleep(600)


def test_a_killed_process_lets_go_of_its_run(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(60)
    assert run_folders.is_held(tmp_path)
    with pytest.raises(effnet.EffnetError, match="another process"), run_folders.held(tmp_path):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not run_folders.is_held(tmp_path)


def test_a_line_cut_short_is_skipped(tmp_path):
    path = tmp_path / "m.jsonl"
    run_folders.append_line(path, {"epoch": 1})
    path.write_text(path.read_text() + '{"epoch": 2, "lo')
    assert run_folders.read_lines(path) == [{"epoch": 1}]


def test_runs_of_one_second_have_folders_of_their_own():
    names = {run_folders.create("train", "same", {}).name for _ in range(5)}
    assert len(names) == 5
    assert len(run_folders.list_runs("train")) == 5
    assert run_folders.list_runs("scaling") == []


def test_an_unknown_run_is_told():
    with pytest.raises(effnet.EffnetError, match="no run 'x'"):
        run_folders.find("x")
