"""Runs live in processes of their own: they are seen, stopped, resumed."""

import json
import multiprocessing
import os
import signal
import time
from contextlib import ExitStack

import pytest

import effnet
from effnet.base import tolerant
from effnet.jobs import runs
from effnet.train import run_process


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
    assert len(tolerant.read_lines(run.folder / runs.METRICS)) == 2
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
    run.stop()
    wait_for(run, "stopped")
    runs.launch(run)
    assert run.state == "running"
    run.stop()
    wait_for(run, "stopped")
    runs.delete(run)
    assert runs.list_runs() == []


def test_a_run_that_broke_off_says_why(tiny):
    run = runs.create("train", "broken", order(tiny, data="nowhere"))
    runs.launch(run)
    wait_for(run, "broken")
    assert "no data 'nowhere'" in run.last_words()


def test_a_training_ends_before_the_app_where_memory_runs_out(tiny, tmp_path, monkeypatch):
    """Linux ends first what has 1000, the most that there is (proc_pid_oom_score_adj(5))."""
    monkeypatch.setattr(run_process.os, "nice", lambda _: 0)
    monkeypatch.setattr(run_process, "OOM_SCORE", tmp_path / "score")
    run = runs.create("train", "broken", order(tiny, data="nowhere"))
    with pytest.raises(effnet.EffnetError, match="no data 'nowhere'"):
        run_process.go(run.folder)
    assert (tmp_path / "score").read_text() == "1000"


def _hold(folder, ready):
    with runs.held(folder):
        ready.set()
        time.sleep(600)


def test_a_killed_process_lets_go_of_its_run(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(400)
    assert runs.is_held(tmp_path)
    with pytest.raises(effnet.EffnetError, match="another process"), runs.held(tmp_path):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not runs.is_held(tmp_path)


def test_a_line_cut_short_is_skipped(tmp_path):
    path = tmp_path / "m.jsonl"
    tolerant.append_line(path, {"epoch": 1})
    path.write_text(path.read_text() + '{"epoch": 2, "lo')
    assert tolerant.read_lines(path) == [{"epoch": 1}]


def test_runs_of_one_second_have_folders_of_their_own():
    names = {runs.create("train", "same", {}).name for _ in range(5)}
    assert len(names) == 5
    assert len(runs.list_runs("train")) == 5
    assert runs.list_runs("scaling") == []


def test_an_unknown_run_is_told():
    with pytest.raises(effnet.EffnetError, match="no run 'x'"):
        runs.find("x")


# --- turns, limits, owners


def test_runs_wait_for_their_turn_in_the_order_they_were_launched(tiny):
    mine = runs.create("train", "mine", {})
    (mine.folder / runs.WAITING).write_text("1")
    made = [runs.create("train", f"n{n}", order(tiny), owner=f"v{n}") for n in range(3)]
    first, second, third = made
    with runs.held(mine.folder), runs.turn(mine.folder):
        for run in made:
            runs.launch(run)
        assert [run.look().before for run in made] == [1, 2, 3]
        assert {run.look().state for run in made} == {"waiting"}
        second.stop()  # while it waits
        wait_for(second, "stopped")
    deadline = time.monotonic() + 400
    while (state := third.state) != "done":
        assert state == "waiting" or first.result(), "two at once"
        assert time.monotonic() < deadline, third.last_words()
        time.sleep(0.02)
    wait_for(first, "done")
    assert tolerant.read_lines(second.folder / runs.METRICS) == []
    assert third.look().share == 1.0


def test_a_waiting_run_whose_process_is_killed_is_passed_over(tiny, tmp_path):
    """The line is on disk, and who stands in it is known by a lock that the system lets go of."""
    killed = runs.create("train", "killed", {})
    (killed.folder / runs.WAITING).write_text("1")
    waits = runs.create("train", "waits", {})
    (waits.folder / runs.WAITING).write_text("2")
    with runs.turn(waits.folder) as mine:
        assert mine
        assert not (waits.folder / runs.WAITING).exists()


def test_a_visitor_has_two_trainings_and_a_machine_eight(monkeypatch):
    made = [runs.create("train", "t", {}, owner="me" if n < 2 else f"v{n}") for n in range(8)]
    with ExitStack() as alive:
        for run in made[:2]:
            alive.enter_context(runs.held(run.folder))
        assert "2 trainings running or waiting" in runs.refusal("me")
        assert runs.refusal("another") == ""
        with pytest.raises(effnet.EffnetError, match="2 trainings running"):
            runs.start("train", "t", {}, owner="me")
        assert len(runs.list_runs()) == 8  # nothing is left of what was refused
        for run in made[2:]:
            alive.enter_context(runs.held(run.folder))
        assert "busy with 8 trainings" in runs.refusal("another")
        monkeypatch.setenv("EFFNET_TRAININGS", "9")
        assert runs.refusal("another") == ""
    monkeypatch.setenv("EFFNET_TRAININGS", "0")
    assert "switched off" in runs.refusal("another")


def test_a_run_knows_who_started_it():
    assert runs.open_run(runs.create("train", "t", {}, owner="me").folder).owner == "me"
    old = runs.create("train", "t", {})
    values = json.loads((old.folder / runs.ORDER).read_text())
    del values["owner"]  # as runs were written before
    (old.folder / runs.ORDER).write_text(json.dumps(values))
    assert runs.open_run(old.folder).owner == ""
