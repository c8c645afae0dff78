"""Sweeps keep every sample on disk and stop in time; learning and training give whole records."""

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import effnet
from effnet.base import EffnetError
from effnet.counting.memory.backward import training_bytes
from effnet.timing import measurement_store, plans, predicted, reading
from effnet.timing.measure import measured_sweep, predictor, roofline, training_steps
from effnet.timing.measure.prepare import OutOfMemory
from effnet.timing.measurements import Environment
from effnet.timing.options import Options
from effnet.timing.traffic import work

TINY = effnet.scale("b0", depth=0.1, width=0.1, resolution=24)
HERE = Environment("cpu", "p", 2, 0.1, "2.15", "3", "x", "2026-07-01T00:00:00+00:00")


def points(*batches: int) -> tuple[plans.Point, ...]:
    cost = effnet.count(TINY)
    counted = cost.macs, cost.params, cost.activations
    return tuple(plans.Point(str(n), n, TINY, Options("cpu", n), *counted) for n in batches)


# --- sweeps


@pytest.fixture
def roomy_box(monkeypatch):
    """A time box in which no time passes and no point takes too long, and short points."""
    monkeypatch.setattr(measured_sweep, "time", SimpleNamespace(perf_counter=lambda: 0.0))
    monkeypatch.setattr(measured_sweep, "_too_slow", lambda *_: False)
    monkeypatch.setattr(measured_sweep, "LEAST_S", 0.01)


def test_a_sweep_measures_every_point_and_keeps_every_sample(tmp_path, roomy_box):
    heard = []
    found = measured_sweep.sweep(
        "batch",
        points(1, 2),
        budget_s=0.1,
        keep_in=tmp_path,
        link="phi=1",
        progress=lambda share, label, rows: heard.append((share, label, len(rows))),
    )
    kept = {row.run: row for row in reading.kept(tmp_path)}
    assert [row.latency.batch_size for row in found] == [1, 2]
    for row in found:
        same = kept[row.run]
        assert same.latency.samples_ms == pytest.approx(row.latency.samples_ms, rel=1e-5)
        assert (same.what, same.latency.link, same.macs) == ("batch", "phi=1", row.macs)
    assert {label for _, label, _ in heard} == {"1", "2"}
    assert all(0 <= share <= 1 for share, _, _ in heard)
    assert heard[-1][2] == 2


def test_a_sample_is_on_disk_before_the_next_is_taken(tmp_path):
    def progress(_share, samples):
        if len(samples) == 3:
            raise KeyboardInterrupt

    rows = []
    with pytest.raises(KeyboardInterrupt):
        measured_sweep.record(
            "latency", points(1)[0], rows, budget_s=60, keep_in=tmp_path, heard=progress
        )
    (row,) = rows
    assert len(row.latency.samples_ms) == 3, "what was measured stays"
    (kept,) = reading.kept(tmp_path)
    assert len(kept.latency.samples_ms) == 3


def test_stopping_in_the_warm_up_leaves_nothing(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    rows = []
    with pytest.raises(KeyboardInterrupt):
        measured_sweep.record(
            "latency", points(1)[0], rows, budget_s=60, keep_in=tmp_path, heard=stop
        )
    assert rows == []


def test_the_edge_of_memory_is_kept_and_ends_a_sweep_that_only_grows(
    tmp_path, monkeypatch, roomy_box
):
    def check(spec, options, size):
        if options.batch_size >= 4:
            raise OutOfMemory(spec.name, options.batch_size, size, "cpu")

    monkeypatch.setattr(measured_sweep, "check_memory", check)
    found = measured_sweep.sweep("batch", points(1, 4, 8), budget_s=0.1, keep_in=tmp_path)
    assert [(row.latency.batch_size, row.outcome) for row in found] == [
        (1, "ok"),
        (4, "out of memory"),
    ]
    assert {row.outcome for row in reading.kept(tmp_path)} == {"ok", "out of memory"}


def test_what_the_time_box_has_no_room_for_is_told_not_dropped(tmp_path, monkeypatch, roomy_box):
    monkeypatch.setattr(measured_sweep, "_too_slow", lambda found, *_: len(found) >= 1)
    found = measured_sweep.sweep("batch", points(1, 2, 4), budget_s=0.1, keep_in=tmp_path)
    assert [row.outcome for row in found] == ["ok", "not measured", "not measured"]


@pytest.mark.parametrize(("left_s", "slow"), [(0.1, True), (100.0, False)])
def test_a_point_that_would_take_too_long_is_told_from_the_last_ones_pace(left_s, slow):
    one, large = points(1, 64)
    row = measurement_store.Row("r", "batch", latency(100.0), one.macs)
    assert measured_sweep._too_slow([row], large, left_s) is slow
    assert not measured_sweep._too_slow([], large, left_s)


def latency(*samples):
    from effnet.timing.measurements import Latency

    return Latency("t", samples, Options(resolution=24), None, HERE)


# --- learning a machine's pace


def linear_machine(spec):
    """A machine on which every unit costs 0.02 ms, 0.01 ms a M MACs and 0.05 ms a MB."""
    units = tuple(0.02 + 0.01 * u.macs / 1e6 + 0.05 * u.bytes / 1e6 for u in work(spec))
    return predictor.Timed(spec, sum(units), units, HERE)


def test_a_machine_that_follows_the_features_is_learned_exactly():
    timed = [linear_machine(spec) for spec in plans.learning_networks(18)]
    pace = predictor.learn(timed)
    assert pace.error < 1e-6
    assert pace.line_error > 0.1, "a line through MACs alone can't follow it"
    b3 = effnet.get_variant("b3")
    assert pace.milliseconds(b3) == pytest.approx(linear_machine(b3).whole_ms, rel=1e-6)
    assert pace.networks == 18


def test_whole_passes_count_where_units_alone_are_too_slow():
    timed = [linear_machine(spec) for spec in plans.learning_networks(12)]
    halved = [dataclasses.replace(one, whole_ms=one.whole_ms / 2) for one in timed]
    b0 = effnet.get_variant("b0")
    whole = predictor.learn(timed).milliseconds(b0)
    assert predictor.learn(halved).milliseconds(b0) == pytest.approx(whole / 2)


def test_too_few_networks_are_refused():
    with pytest.raises(EffnetError, match="3 networks were timed; expected at least 12"):
        predictor.learn([linear_machine(TINY)] * 3)


def test_no_coefficient_is_negative_and_the_best_of_all_choices_is_found():
    generator = np.random.default_rng(0)
    for _ in range(20):
        x, y = generator.normal(size=(12, 4)), generator.normal(size=12)
        found = np.array(predictor.nonnegative(x, y))
        from scipy.optimize import nnls

        wanted, _ = nnls(x, y)
        assert found == pytest.approx(wanted, abs=1e-9)


def test_gathering_times_every_network_and_its_units(monkeypatch):
    specs = [TINY, effnet.scale("resnet50", depth=0.1, width=0.1, resolution=24)]
    heard = []
    found = predictor.gather(
        specs,
        options=Options("cpu"),
        budget_s=0.2,
        progress=lambda share, name: heard.append((share, name)),
    )
    assert [one.spec for one in found] == specs[: len(found)]
    for one in found:
        assert len(one.units_ms) == len(work(one.spec))
        assert sum(one.units_ms) == pytest.approx(one.whole_ms)
    assert heard[0][1] == TINY.name
    assert all(0 <= share <= 1 for share, _ in heard)


def test_gathering_ends_with_its_budget(monkeypatch):
    ticks = iter(range(0, 10_000, 10))
    monkeypatch.setattr(predictor.time, "perf_counter", lambda: float(next(ticks)))
    assert len(predictor.gather([TINY] * 50, options=Options("cpu"), budget_s=100)) < 10


# --- roof and training step


def test_the_roof_is_a_product_of_n_cubed_and_a_copy_that_reads_and_writes(monkeypatch):
    monkeypatch.setattr(roofline, "SIDES", (32,))
    monkeypatch.setattr(roofline, "COPIED_BYTES", 4096)
    monkeypatch.setattr(roofline, "_best", lambda *_: 2.0)  # ms
    shares = []
    roof = roofline.calibrate(Options("cpu", threads=1), budget_s=0.01, progress=shares.append)
    assert roof.macs_per_s == pytest.approx(32**3 / 0.002)
    assert roof.bytes_per_s == pytest.approx(2 * 4096 / 0.002)
    assert roof.ridge == pytest.approx(roof.macs_per_s / roof.bytes_per_s)
    assert roof.environment.threads == 1


def test_calibrating_hears_its_progress(monkeypatch):
    monkeypatch.setattr(roofline, "SIDES", (16, 24))
    monkeypatch.setattr(roofline, "COPIED_BYTES", 4096)
    shares = []
    roof = roofline.calibrate(Options("cpu"), budget_s=0.02, progress=shares.append)
    assert math.isfinite(roof.ridge)
    assert shares == sorted(shares)
    assert min(shares) >= 0
    assert {0.25, 0.5, 1.0} <= set(shares)


def test_a_training_step_takes_what_autograd_keeps_and_more():
    heard = []
    found = training_steps.step_costs(
        effnet.scale("b0", depth=0.3, width=0.25),
        (48, 32),
        batch_size=2,
        device="cpu",
        budget_s=0.02,
        progress=lambda share, costs: heard.append((share, len(costs))),
    )
    assert [cost.resolution for cost in found] == [32, 48]
    for cost in found:
        spec = effnet.scale("b0", depth=0.3, width=0.25)
        assert cost.kept_bytes == training_bytes(spec, batch=2, resolution=cost.resolution)
        assert cost.peak_memory_bytes > cost.kept_bytes
        assert len(cost.samples_ms) >= 3
    assert heard[-1] == (1.0, 2)


def test_a_training_step_leaves_no_gradient_mode_behind():
    training_steps.step_costs(TINY, (24,), batch_size=2, device="cpu", budget_s=0.01)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("change", "named"),
    [({"sides": (4000,)}, "the limit is"), ({"sides": (24,), "free": 1000}, "does not fit")],
    ids=["too many multiply-adds", "too little memory"],
)
def test_a_step_that_is_too_large_is_refused(change, named, monkeypatch):
    if "free" in change:
        monkeypatch.setattr(training_steps.machine, "free_bytes", lambda _: change["free"])
    with pytest.raises(EffnetError, match=named):
        training_steps.step_costs(
            effnet.get_variant("b0"), change["sides"], batch_size=8, device="cpu", budget_s=0.01
        )


def test_the_learned_pace_is_found_again_on_this_machine_only(tmp_path, monkeypatch):
    monkeypatch.setenv(measurement_store.FOLDER, str(tmp_path))
    timed = [linear_machine(spec) for spec in plans.learning_networks(12)]
    predicted.save(predictor.learn(timed))
    b0 = effnet.get_variant("b0")
    assert predicted.predicted_ms(b0).ms == pytest.approx(linear_machine(b0).whole_ms, rel=1e-5)
    monkeypatch.setattr(predicted, "host", lambda: "another processor, 64 cores")
    assert predicted.predicted_ms(b0) is None
