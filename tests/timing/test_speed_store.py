"""Measurements on disk survive crashes and odd files; a queue lets one measure at a time."""

import contextlib
import dataclasses
import io
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from effnet.base import EffnetError
from effnet.network import get_variant
from effnet.timing import measurement_store, reading
from effnet.timing.measurement_store import Row, Writer, as_csv, file_name, keep
from effnet.timing.measurements import Environment, Latency
from effnet.timing.options import Options
from effnet.timing.profiles import StageProfile, with_times
from effnet.timing.reading import kept, newest, read, series, stages_of
from effnet.timing.traffic import computed_stages

B0 = get_variant("b0")

HERE = Environment(
    "cpu",
    "Intel(R) Xeon(R) CPU E5-2690 @ 2.60GHz",
    2,
    0.5,
    "2.15.0+cpu",
    "3.11",
    "Linux, here",
    "2026-07-01T00:00:00+00:00",
    cores=4,
    other_cores=0.125,
)


def row(*samples: float, run: str = "r1", **changes) -> Row:
    ran = HERE.settled(Options(batch_size=4, precision="bf16", channels_last=True), 224)
    latency = Latency("b0 at phi 1,5", samples, ran, 123, HERE, "phi=1.5")
    return dataclasses.replace(Row(run, "batch", latency, 10, 20, 30), **changes)


# --- files


def test_a_file_is_named_for_device_processor_version_and_precision():
    assert file_name(HERE, "fp32") == "cpu-intel-xeon-e5-2690-torch2.15-fp32.csv"
    gpu = dataclasses.replace(HERE, device="cuda", processor="NVIDIA H100 80GB HBM3")
    assert file_name(gpu, "fp16") == "cuda-h100-80gb-hbm3-torch2.15-fp16.csv"


def test_what_is_kept_comes_back_as_it_was(tmp_path):
    wanted = [row(1.5, 2.25, 3.125), row(9.0, run="r2"), row(run="r3", outcome="out of memory")]
    (path,) = keep(wanted, into=tmp_path)
    assert path.name == file_name(HERE, "bf16")
    assert list(kept(tmp_path)) == wanted


def test_one_row_a_sample_that_any_tool_reads(tmp_path):
    (path,) = keep([row(1.5, 2.5), row(3.5, run="r2")], into=tmp_path)
    table = pd.read_csv(path)
    assert list(table.columns) == list(measurement_store.COLUMNS)
    assert table["sample_ms"].tolist() == [1.5, 2.5, 3.5]
    assert table["sample"].tolist() == [1, 2, 1]
    assert table["network"].unique().tolist() == ["b0 at phi 1,5"]


def test_the_exported_text_is_what_the_file_holds(tmp_path):
    rows = [row(1.5, 2.5), row(run="r2", outcome="not measured")]
    (path,) = keep(rows, into=tmp_path)
    assert as_csv(rows) == path.read_text()
    assert list(read(as_csv(rows).encode()).rows) == rows


@pytest.mark.parametrize("cut", [1, 5, 40, 120])
def test_a_last_line_that_a_crash_tore_costs_itself_only(tmp_path, cut):
    (path,) = keep([row(1.5, 2.5, 3.5)], into=tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    (torn,) = kept(tmp_path)
    assert torn.latency.samples_ms in [(1.5, 2.5), (1.5, 2.5, 3.5)]
    keep([row(7.5, run="r2")], into=tmp_path)
    found = {one.run: one.latency.samples_ms for one in kept(tmp_path)}
    assert found == {"r1": torn.latency.samples_ms, "r2": (7.5,)}


def test_a_killed_writer_loses_no_sample_that_it_wrote(tmp_path):
    """A process that writes samples for ever is killed in the middle."""
    code = (
        "import sys; sys.path.insert(0, 'tests/timing'); from test_speed_store import *\n"
        f"writer = Writer(__import__('pathlib').Path({str(tmp_path / 'a.csv')!r}))\n"
        "for i in range(10**9):\n"
        "    writer.add(row(), i, 1.0 + i)\n"
        "    print(i, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        said = [child.stdout.readline() for _ in range(50)]
        child.send_signal(signal.SIGKILL)
    (found,) = kept(tmp_path)
    assert len(found.latency.samples_ms) >= len(said)
    assert found.latency.samples_ms[:3] == (1.0, 2.0, 3.0)


def test_two_writers_of_one_file_do_not_mix_lines(tmp_path):
    path = tmp_path / "both.csv"
    with Writer(path) as one, Writer(path) as other:
        for i in range(200):
            one.add(row(), i, 1.0)
            other.add(row(run="r2"), i, 2.0)
    found = {one.run: set(one.latency.samples_ms) for one in kept(tmp_path)}
    assert found == {"r1": {1.0}, "r2": {2.0}}


def test_a_missing_folder_holds_nothing(tmp_path):
    assert kept(tmp_path / "nowhere") == ()


def test_a_strange_file_in_the_folder_is_passed_over(tmp_path):
    (tmp_path / "notes.csv").write_text("hello,world\n1,2\n")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    keep([row(1.5)], into=tmp_path)
    assert len(kept(tmp_path)) == 1


def test_the_folder_is_the_variables_or_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_TIMES", str(tmp_path))
    assert measurement_store.folder() == tmp_path
    monkeypatch.setenv("EFFNET_TIMES", "~/times")
    assert measurement_store.folder() == Path.home() / "times"
    monkeypatch.delenv("EFFNET_TIMES")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    if sys.platform != "win32":
        assert measurement_store.folder().as_posix() == "/somewhere/effnet/times"


# --- files from somebody else


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no column run, network"),
        (b"a,b\n1,2\n", "no column run, network, batch_size"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "no column"),
        (("run,network,batch_size,resolution,sample_ms\n" + "x,y,1,2,no\n" * 3).encode(),
         "none of the 3 lines"),
    ],
    ids=["empty", "another table", "a picture", "no number"],
)  # fmt: skip
def test_a_file_that_is_none_is_told(data, said):
    with pytest.raises(EffnetError, match=said):
        read(data, name="from a student.csv")


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 10)
    with pytest.raises(EffnetError, match="expected at most 10"):
        read(b"x" * 11)


def spoilt(column: str, value: str) -> bytes:
    lines = as_csv([row(1.5), row(2.5, run="good")]).splitlines()
    cells = next(iter(pd.read_csv(io.StringIO("\n".join(lines[:2])), dtype=str).to_dict("records")))
    cells[column] = value
    bad = pd.DataFrame([cells]).to_csv(index=False).splitlines()[1]
    return "\n".join([lines[0], bad, lines[2]]).encode()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sample_ms", "nan"),
        ("sample_ms", "-1"),
        ("sample_ms", "1e99"),
        ("sample_ms", "=1+1"),
        ("batch_size", "0"),
        ("batch_size", "1e9"),
        ("resolution", "ten"),
        ("precision", "int3"),
        ("engine", "<script>"),
        ("outcome", "<b>"),
        ("run", ""),
    ],
)
def test_a_line_with_a_value_out_of_range_is_skipped_and_counted(column, value):
    found = read(spoilt(column, value))
    assert [one.run for one in found.rows] == ["good"]
    assert found.skipped == 1


def test_texts_of_a_file_are_cut_and_cleaned():
    found = read(spoilt("processor", "x" * 1000 + "\x1b[31m"))
    (bad, _) = found.rows
    assert len(bad.latency.environment.processor) <= 120


def test_random_damage_never_raises_anything_but_a_message():
    chance = random.Random(4)
    good = as_csv([row(1.5, 2.5, 3.5), row(9.0, run="r2")]).encode()
    for _ in range(300):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 30)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(EffnetError):
            read(bytes(data))


def test_the_last_measurement_of_a_network_run_this_way_is_found():
    old, new = row(1.0, what="latency"), row(2.0, run="r2", what="latency")
    options = Options("auto", 4, 224, "bf16", channels_last=True)
    rows = [old, new, row(3.0, run="r3")]
    assert newest(rows, "b0 at phi 1,5", 224, options) is new
    assert newest(rows, "b0 at phi 1,5", 225, options) is None
    assert newest(rows, "b0", 224, options) is None
    for change in ({"precision": "fp32"}, {"threads": 7}, {"device": "cuda"}, {"folded": True}):
        other = dataclasses.replace(options, **change)
        assert newest(rows, "b0 at phi 1,5", 224, other) is None


def test_runs_of_one_sweep_belong_together():
    rows = [row(1.0, run="s.00"), row(2.0, run="other"), row(3.0, run="s.01")]
    assert series(rows) == {"s": [rows[0], rows[2]], "other": [rows[1]]}


def test_what_was_kept_since_is_read_again(tmp_path):
    keep([row(1.0)], into=tmp_path)
    assert len(kept(tmp_path)) == 1
    keep([row(2.0, run="r2")], into=tmp_path)
    assert len(kept(tmp_path)) == 2


def test_where_the_time_went_is_kept_beside_the_samples(tmp_path):
    stages = with_times(computed_stages(B0), range(1, 10))
    how = HERE.settled(Options(), 224)
    measured = Latency("b0", (45.0,), how, None, HERE)
    keep(measurement_store.stage_rows("a", measured, stages), into=tmp_path)
    keep(measurement_store.stage_rows("cut", measured, stages[:4]), into=tmp_path)
    assert stages_of("a", B0, tmp_path) == stages
    assert stages[0].time_share == 1 / 45  # 1 + 2 + ... + 9 ms
    assert [stages_of(run, B0, tmp_path) for run in ("cut", "none")] == [(), ()]


def test_where_the_time_went_opens_as_it_was_kept_until_2026(tmp_path):
    stages = (StageProfile(0, 1.5, 0.25, 400, 0.1, 30, 20, 0.2, 99, 1),)
    line = {"run": "a", "stages": [dataclasses.asdict(stages[0])]}
    (tmp_path / "stages.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    with (tmp_path / "stages.jsonl").open("a") as file:
        file.write('{"run": "c", "stages": [{"stage": 0, "median_ms": "x"}]}\n{"run": "a", "st')
    assert stages_of("a", B0, tmp_path) == stages
    assert [stages_of(run, B0, tmp_path) for run in ("c", "none")] == [(), ()]
