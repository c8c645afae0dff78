"""Schedules are those of the paper's Algorithm 1 and of the released code."""

import json
import subprocess
import sys

import pytest

import effnet
from effnet.base import table
from effnet.train.schedule import Progressive, presets, relative_cost, relative_time, stage_costs

ROWS = table("v2_progressive")
ids = [f"{row['model']} {row['setting']}" for row in ROWS]


@pytest.mark.parametrize(("row", "preset"), list(zip(ROWS, presets(), strict=True)), ids=ids)
def test_sizes_are_the_published_ones(row, preset):
    printed = [float(row[f"stage{i}_size_px_computed"]) for i in (1, 2, 3, 4)]
    plan = preset.schedule.plan()
    sizes = [s.exact_size if row["setting"] == "paper" else s.size for s in plan]
    assert sizes == pytest.approx(printed, abs=0.005)


@pytest.mark.parametrize(("row", "preset"), list(zip(ROWS, presets(), strict=True)), ids=ids)
def test_the_last_stage_has_the_published_strengths(row, preset):
    last = preset.schedule.plan()[-1]
    assert last.randaugment == float(row["randaugment_magnitude_max"])
    assert last.mixup == float(row["mixup_alpha_max"])
    assert last.dropout == float(row["dropout_rate_max"])
    assert last.cutmix == float(row["cutmix_alpha_max"] or 0)


def test_the_paper_starts_at_its_first_size_and_the_code_never_does():
    by_name = {preset.name: preset.schedule for preset in presets()}
    assert by_name["V2-S, paper"].plan()[0].size == 128
    assert [stage.size for stage in by_name["V2-S, code"].plan()] == [171, 214, 257, 300]


def test_stages_cover_all_epochs_without_gaps():
    plan = Progressive(stages=4, epochs=350).plan()
    assert [stage.first_epoch for stage in plan] == [0, 87.5, 175, 262.5]
    assert sum(stage.epochs for stage in plan) == 350


def test_one_stage_is_the_fixed_schedule():
    schedule = Progressive(stages=1)
    assert schedule.fixed() == schedule
    assert schedule.plan()[0].size == 300
    assert relative_cost(schedule, effnet.get_variant("b0")) == 1


def test_a_stages_cost_is_the_networks_count_at_its_size():
    spec = effnet.get_variant("v2_s")
    for row in stage_costs(Progressive(), spec, images=1000):
        counted = effnet.count(spec, resolution=row.stage.size).macs
        assert row.macs_per_image == counted
        assert row.macs == pytest.approx(counted * 1000 * 87.5)


def test_time_follows_measured_steps():
    schedule = Progressive(stages=2, epochs=10, size=(100, 200))
    assert relative_time(schedule, {100: 1.0, 200: 3.0}) == pytest.approx((1 + 3) / 6)
    with pytest.raises(effnet.EffnetError, match="no step time at 100 px"):
        relative_time(schedule, {200: 3.0})


def test_a_schedule_goes_through_json():
    schedule = Progressive(stages=3, mixup=(0, 0.2), rule="code")
    assert Progressive.from_dict(json.loads(json.dumps(schedule.to_dict()))) == schedule


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"stages": 0}, "stages 0"),
        ({"stages": 13}, "stages 13"),
        ({"size": (4, 300)}, "size 4"),
        ({"randaugment": (5, 31)}, "randaugment 31"),
        ({"rule": "cosine"}, "unknown rule"),
        ({"epochs": 0}, "epochs 0"),
    ],
)
def test_nonsense_is_refused(values, message):
    with pytest.raises(effnet.EffnetError, match=message):
        Progressive(**values)


@pytest.mark.parametrize("room", ["schedule", "recipe", "plan", "run_process", "gallery"])
def test_what_the_page_opens_with_loads_no_torch(room, environment_without_weights):
    code = f"import effnet.train.{room}, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env=environment_without_weights, check=True)
