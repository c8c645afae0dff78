"""The script for a bare machine, on tiny networks: what it writes is what the pages read."""

import runpy
import sys
from pathlib import Path

import pytest

import effnet
from effnet.timing import reading

SCRIPT = Path(effnet.__file__).parents[1] / "tests" / "benchmarks" / "measure_machine.py"


def test_the_dry_way_writes_the_families_and_mirrors_that_the_latency_page_shows(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--dry", "--into", str(tmp_path)])
    script = runpy.run_path(str(SCRIPT), run_name="__main__")
    rows = reading.kept(tmp_path)
    families = [row for row in rows if row.what == "family" and row.latency.samples_ms]
    assert {row.latency.batch_size for row in families} == {1, 16, 128}
    cheapest = effnet.scale("b0", depth=0.2, width=0.1, resolution=32)
    assert cheapest.name in {row.latency.name for row in families}, "whatever the machine's pace"
    for name in script["MIRRORED"]:
        tiny = effnet.scale(effnet.get_variant(name), depth=0.2, width=0.1, resolution=32)
        found = reading.mirrors(rows, tiny)
        assert len(found) == 4, "plain and channels-last, one picture and sixteen"
        for where, stages in found:
            assert len(stages) == len(effnet.count(tiny).by_stage())
            assert sum(one.time_share for one in stages) == pytest.approx(1)
            assert all(one.batch_size == where.batch_size for one in stages)
            assert stages[1].macs == effnet.count(tiny).by_stage()[1].macs
        assert reading.mirrors(rows, effnet.get_variant(name)) == []


def test_on_a_gpu_every_way_is_timed_and_what_compiles_comes_last():
    script = runpy.run_path(str(SCRIPT))
    ways = script["ways"]("cuda")
    assert [way.words for way in ways] == [
        "PyTorch's default way (fp32)",
        "fp16",
        "fp16, channels-last",
        "PyTorch, float16",
        "fp16, channels-last, CUDA graph",
        "fp16, channels-last, torch.compile",
    ]
    for way in ways:
        way.check()
