"""The race: looks change nothing of a training, and say what they say of it."""

import base64
import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from effnet.base.tolerant import read_lines
from effnet.jobs.runs import METRICS
from effnet.train import claim, race
from effnet.train.many_trainings import job
from effnet.train.plan import WAYS
from effnet.train.trainer import CHECKPOINT, Stopped, train


def looks(folder):
    return [row for row in read_lines(folder / METRICS) if "right" in row]


def test_looks_change_no_weight_and_none_is_lost_where_a_run_goes_on(tiny, tmp_path):
    recipe = replace(tiny, looks=5)
    assert recipe.key == tiny.key
    whole, cut, plain = (tmp_path / name for name in ("whole", "cut", "plain"))
    for folder in (whole, cut, plain):
        folder.mkdir()
    expected = train(tiny, plain)
    found = train(recipe, whole)
    assert found.digest == expected.digest
    steps = 2 * 96 // 16
    rows = looks(whole)
    assert [row["step"] for row in rows] == [math.ceil(steps * (i / 5) ** 2) for i in range(1, 6)]
    last = np.unpackbits(np.frombuffer(bytes.fromhex(rows[-1]["right"]), np.uint8))[:30]
    assert last.mean() == pytest.approx(found.top1)
    asked = []
    with pytest.raises(Stopped):
        train(recipe, cut, stop=lambda: asked.append(None) or len(asked) == 8)
    assert (cut / CHECKPOINT).exists()
    assert train(recipe, cut).digest == expected.digest
    assert [row["right"] for row in looks(cut)] == [row["right"] for row in rows]


def test_the_pictures_shown_are_the_first_of_every_class():
    assert race.shown([1, 0, 0, 1, 1, 0, 0, 1, 0]) == [1, 0, 2, 3, 5, 4]
    assert race.shown([1, 0, 0]) == [1, 0, 2]


def test_lanes_are_read_as_far_as_they_came(tmp_path):
    facts = dict.fromkeys((*race.PLAN, *race.LANE), 1)
    names = {way: facts | {"way": way} for way in ("searched", "width", "depth")}
    names |= {"damaged": {"way": "resolution"}, "../up": facts | {"way": "compound"}}
    (tmp_path / "jobs.json").write_text(json.dumps(names))
    assert race.lanes(tmp_path, [0]) is None
    bits = "01" + 988 * "1" + 10 * "0"
    row = {"step": 10, "share": 0.25, "cpu_seconds": 3.14, "right": f"{int(bits, 2):0250x}"}
    folder = tmp_path / "jobs" / "width"
    folder.mkdir(parents=True)
    wrong = [row | {"right": "ff"}, row | {"share": 2}, row | {"step": None}, {"epoch": 1}]
    lines = "".join(json.dumps(one) + "\n" for one in [*wrong, row])
    (folder / METRICS).write_text(lines + '{"step": 11, "sha')
    found = race.lanes(tmp_path, [0, 1, 999])
    assert found["plan"]["steps"] == 40
    depth, width = found["lanes"]
    assert (depth["way"], depth["top1"]) == ("depth", [])
    assert (width["steps"], width["top1"], width["right"]) == ([10], [0.989], ["010"])
    assert width["cpu_seconds"] == 3.1


def test_a_lane_is_the_same_training_as_the_claims():
    (one, *_) = claim.scaling_jobs(0.04, None, budgets=(4.0,), seeds=(0,))
    assert race.watched(one).key == one.key
    assert race.watched(one).recipe.looks == race.LOOKS
    assert job(one.recipe, way="x").recipe.looks == 0


def test_the_shipped_race_is_of_the_plans_networks():
    found = race.recorded()
    networks = {one.way: one for one in claim.networks(found["plan"]["budget"])}
    assert tuple(lane["way"] for lane in found["lanes"]) == WAYS
    for lane in found["lanes"]:
        network = networks[lane["way"]]
        assert (lane["macs"], lane["params"]) == (network.macs, network.params)
        assert len(lane["steps"]) == len(lane["top1"]) == len(lane["right"]) == race.LOOKS
        assert lane["steps"][-1] == found["plan"]["steps"] == 6 * (60_000 // 256)
        assert lane["top1"][0] < 0.2  # chance is 0.1
        assert lane["top1"][-1] > 0.85
    pictures = found["pictures"]
    assert sorted(pictures["labels"]) == sorted(3 * list(range(10)))
    sprite = Image.open(io.BytesIO(base64.b64decode(pictures["png"])))
    assert sprite.size == (28 * 30, 28)
