"""Files: whole or as they were, on a full disk, through links, beside other processes."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest

import effnet
from effnet.base import files
from effnet.base.files import Unwritable, is_locked, locked, write_whole
from effnet.cli.main import main


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_text_and_bytes_are_written(tmp_path):
    write_whole(tmp_path / "a", "é")
    write_whole(tmp_path / "b", b"\xff")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9"
    assert (tmp_path / "b").read_bytes() == b"\xff"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_on_a_full_disk_the_old_file_stays_and_no_part_is_left(tmp_path, monkeypatch, fails):
    path = tmp_path / "report.html"
    write_whole(path, "old")
    monkeypatch.setattr(*((os, "fsync") if fails == "fsync" else (Path, "replace")), full_disk)
    with pytest.raises(Unwritable, match=r"can't write .*report\.html \(No space left on device\)"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_a_full_device_is_one_line():
    with pytest.raises(effnet.EffnetError, match="No space left on device"):
        write_whole(Path("/dev/full"), b"x")
    with pytest.raises(effnet.EffnetError, match="No space left on device"):
        files.add_to(Path("/dev/full"), "x")


def test_a_device_is_written_and_stays_one():
    write_whole(Path(os.devnull), b"x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_link_stays_a_link_and_rights_stay_as_they_were(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_may_be_read_by_whom_the_system_says(tmp_path):
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "new", "x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("name", ["x" * 255, "名" * 85])
def test_the_longest_names_are_written(tmp_path, name):
    write_whole(tmp_path / name, "x")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("place", ["no/such/folder", ".", "file/below"])
def test_a_place_that_cant_be_is_named(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(Unwritable, match="free some space or name another place"):
        write_whole(tmp_path / place, "x")


def test_a_lock_is_held_once_and_let_go_of(tmp_path):
    path, busy = tmp_path / "lock", effnet.EffnetError("busy")
    assert not is_locked(path)
    with locked(path, busy):
        assert is_locked(path)
        with pytest.raises(effnet.EffnetError, match="busy"), locked(path, busy):
            pass
    assert not is_locked(path)


def test_the_cache_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert files.cache_folder("runs") == tmp_path / "effnet" / "runs"


# --- what was worked out is shown, though it could not be kept


def test_bench_shows_what_it_measured_on_a_full_disk(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "write", full_disk)
    asked = ["bench", "lite0", "--resolution", "32", "--seconds", "0.2", "--keep", str(tmp_path)]
    assert main([*asked, "--json"]) == 2
    said = capsys.readouterr()
    (row,) = json.loads(said.out)
    assert row["median_ms"] > 0
    assert said.err.count("\n") == 1
    assert "No space left on device" in said.err


def test_evaluate_shows_the_answers_it_had_on_a_full_disk(tmp_path, monkeypatch, capsys, coffee):
    (tmp_path / "espresso").mkdir()
    (tmp_path / "espresso" / "cup.png").write_bytes(coffee.read_bytes())
    monkeypatch.setattr(files, "add_to", lambda *_: files.write_whole(Path("/dev/full"), b"x"))
    asked = ["evaluate", str(tmp_path), "--results", str(tmp_path / "answers.jsonl")]
    assert main([*asked, "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["pictures"] == 1
    assert said.err.rstrip().splitlines()[-1].endswith("name another place")


@pytest.mark.parametrize("kind", ["fit", "progressive"])
def test_a_training_on_a_full_disk_ends_in_one_line(tmp_path, monkeypatch, capsys, kind):
    monkeypatch.setattr(os, "fsync", full_disk)
    small = ["--epochs", "1", "--images", "40", "--batch-size", "20", "--workers", "1"]
    assert main(["train", kind, "--output", str(tmp_path / "run"), *small]) == 2
    last = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert "No space left on device" in last


def test_a_report_on_a_full_disk_leaves_the_old_one(tmp_path, monkeypatch, capsys):
    path = tmp_path / "b0.ipynb"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full_disk)
    assert main(["report", str(path), "--design", "b0"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert path.read_text() == "old"
