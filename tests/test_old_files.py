"""Files that an earlier effnet wrote, before its rooms were made, open as they did.

`tests/data/before` holds what commit 25b21e2 of 2026-11-23 wrote: measurements of `bench --keep`,
the table of `train progressive --epochs 2 --images 96 --seeds 1`, a finished training's folder,
links with the counts that it gave them, and a report without the copy of plotly.js in it.
"""

import csv
import gzip
import html
import json
import re
import shutil
from pathlib import Path
from statistics import median
from urllib.parse import parse_qsl

import numpy as np
import pytest

import effnet
from effnet.jobs import runs
from effnet.scaling.design import from_query
from effnet.timing import reading
from effnet.train.many_trainings import sweep
from effnet.train.progressive_trainings import progressive_jobs
from effnet.train.recipe import Recipe
from effnet.train.results import read_rows

BEFORE = Path(__file__).parent / "data" / "before"


def test_measurements():
    found = reading.read((BEFORE / "times.csv").read_bytes())
    with (BEFORE / "times.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert found.skipped == 0
    measured = [(row.latency.name, len(row.latency.samples_ms)) for row in found.rows]
    assert measured == [("b0", 9), ("v2_b0", 5)]
    for row in found.rows:
        times = [float(line["sample_ms"]) for line in lines if line["run"] == row.run]
        assert row.latency.median_ms == pytest.approx(median(times))
        assert len(row.latency.samples_ms) == len(times)
        assert (row.latency.batch_size, row.latency.resolution) == (1, 64)
    assert found.rows[0].macs == effnet.count("b0", resolution=64).macs


def test_a_sweep_goes_on_with_its_rows(tmp_path, monkeypatch):
    """Its trainings have the keys that they had, so none is done again."""
    results = Path(shutil.copy(BEFORE / "sweep.csv", tmp_path))
    order = json.loads((BEFORE / "sweep_order.json").read_text())
    recipe = Recipe.from_dict(order["options"]["recipe"])
    jobs = progressive_jobs(seeds=1, epochs=2, recipe=recipe, size=recipe.spec.resolution)
    arms = ["fixed", "progressive", "fixed, equal cost"]  # a fourth came later
    monkeypatch.setattr("effnet.train.many_trainings.train_job", None)
    rows = sweep([one for one in jobs if dict(one.facts)["arm"] in arms], results)
    assert rows == read_rows(BEFORE / "sweep.csv")
    assert [row["arm"] for row in rows] == arms


def test_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path))
    shutil.copytree(BEFORE / "run", tmp_path / "20261123-120000-one-network")
    (run,) = runs.list_runs("train")
    assert (run.title, run.state, run.last_words()) == ("One network", "done", "")
    assert run.result()["top1"] == json.loads((BEFORE / "run/result.json").read_text())["top1"]
    network = effnet.load(runs.network_file(run.name), device="cpu")
    assert network.classes == tuple("0123456789")
    (said,) = network.predict(np.zeros((20, 20, 3), np.uint8))
    assert sum(label.probability for label in said.labels) <= 1
    assert Recipe.from_dict(run.options["recipe"]).data == "digits"


def test_links():
    kept = json.loads((BEFORE / "links.json").read_text())
    assert len(kept) == 5
    for link, (params, macs) in kept.items():
        design, notes = from_query(dict(parse_qsl(link[1:])))
        cost = effnet.count(design.spec())
        assert (notes, cost.params, cost.macs) == ([], params, macs), link


def test_a_report_leads_to_the_design_that_it_tells_of():
    text = gzip.decompress((BEFORE / "report.html.gz").read_bytes()).decode()
    (link,) = set(re.findall(r"\?(phi=[^\"<]*)", html.unescape(text)))
    design, notes = from_query(dict(parse_qsl(link)))
    assert notes == []
    assert design.title in text
    cost = effnet.count(design.spec())
    assert f"{cost.params / 1e6:.1f} M parameters and {cost.macs / 1e9:.2f} G" in text
