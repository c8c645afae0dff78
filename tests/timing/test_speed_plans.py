"""Published times, the V2 experiments and plans of sweeps, against the papers' own numbers."""

import dataclasses
import json
import sys

import pytest

import effnet
from effnet.base import EffnetError
from effnet.papers import MACS, PARAMS, printed_times
from effnet.timing import capabilities, plans, predicted, v2_bottlenecks
from effnet.timing.measurement_store import FOLDER
from effnet.timing.measurements import Environment
from effnet.timing.options import Options
from effnet.timing.predicted import FEATURES, Pace, predicted_ms

HERE = Environment("cpu", "p", 2, 0.1, "2.15", "3", "x", "2026-07-01T00:00:00+00:00")


# --- published


@pytest.mark.parametrize(
    ("bench", "variant", "latency_ms"),
    [
        ("single core of Intel Xeon CPU E5-2690, batch 1 (V1 Table 4)", "b1", 98.0),
        ("single core of Intel Xeon CPU E5-2690, batch 1 (V1 Table 4)", "b7", 3100.0),
        ("V100 GPU, FP16, batch 16 (V2 Table 7)", "b3", 19.0),
        ("V100 GPU, FP16, batch 16 (V2 Table 7)", "v2_l", 98.0),
        ("Pixel 4 CPU, 4 threads, FP32, batch 1 (EfficientNet-Lite README)", "lite4", 76.0),
    ],
)
def test_a_printed_time_stands_with_its_hardware(bench, variant, latency_ms):
    (row,) = [row for row in printed_times.on(bench) if row.variant == variant]
    assert row.latency_ms == latency_ms
    assert row.source
    assert row.macs == effnet.count(effnet.get_variant(variant)).macs


def test_what_pages_show_of_the_table_is_known_to_the_catalogues():
    shown = set(printed_times.benches())
    for bench in printed_times.benches():
        shown |= {
            text for row in printed_times.on(bench) for text in (row.source, row.note) if text
        }
    assert {text for text in shown - printed_times.SAID if "README.md" not in text} == set()
    assert shown >= printed_times.SAID


def test_throughputs_are_told_apart_from_latencies():
    (row,) = [
        r for r in printed_times.on("V100 GPU, FP16, batch 128 (V2 Table 11)") if r.variant == "b1"
    ]
    assert (row.latency_ms, row.images_per_s) == (None, 2675.0)
    assert row.ms_per_image == pytest.approx(1000 / 2675)


def test_every_bench_compares_at_least_two_of_our_networks():
    assert len(printed_times.benches()) == 8
    for bench in printed_times.benches():
        assert len(printed_times.on(bench)) >= 2
        macs = [row.macs for row in printed_times.on(bench)]
        assert macs == sorted(macs)


def test_v2_l_does_half_again_the_multiply_adds_of_b7_in_six_tenths_of_the_time():
    """arXiv:2104.00298 Table 7: 98 and 170 ms."""
    found = printed_times.surprise("V100 GPU, FP16, batch 16 (V2 Table 7)")
    assert (found.more.variant, found.less.variant) == ("v2_l", "b7")
    assert found.time_ratio == pytest.approx(98 / 170)
    assert found.macs_ratio == pytest.approx(56.08 / 37.75, rel=0.01)


def test_where_time_follows_multiply_adds_there_is_no_surprise():
    bench = "Pixel 4 CPU, 4 threads, FP32, batch 1 (EfficientNet-Lite README)"
    assert printed_times.surprise(bench) is None


# --- the V2 experiment


def test_fusing_is_what_the_papers_table_3_counts():
    """B4: 20.0 M with stages 1 to 3 fused; 43.4 M and 132 M with more, at the stages' kernels."""
    (none, kept), (three, small), (five, _), (seven, _) = v2_bottlenecks.table_3()
    assert (kept.params, none.name) == (effnet.count("b4").params, "no fused")
    assert small.params == pytest.approx(1e6 * three.number(PARAMS), rel=0.005)
    assert small.macs == pytest.approx(1e9 * three.number(MACS), rel=0.025)
    for line in (five, seven):
        assert line.beside(PARAMS).computed == pytest.approx(line.number(PARAMS), rel=0.005)
    for hardware, rates in (("V100", [155, 216, 223, 206]), ("TPU", [262, 362, 327, 254])):
        (column,) = [title for title in none.values if hardware in title]
        assert [line.number(column) for line in (none, three, five, seven)] == rates


def test_a_fused_stage_is_a_full_convolution_without_squeeze_and_excitation():
    b0 = effnet.get_variant("b0")
    found = v2_bottlenecks.fused(b0, 2)
    assert [stage.operator for stage in found.stages[:3]] == ["fused_mbconv"] * 2 + ["mbconv"]
    assert [stage.se_ratio for stage in found.stages[:3]] == [0, 0, 0.25]
    assert found.stages[2:] == b0.stages[2:]
    assert found.name == "b0, fused 1-2"
    assert v2_bottlenecks.fused(b0, 0) is b0


@pytest.mark.parametrize("name", ["b0", "b3", "v2_s", "v2_b0"])
def test_more_fused_stages_cost_more(name):
    found = v2_bottlenecks.fused_series(effnet.get_variant(name))
    macs = [one.macs for one in found]
    assert macs == sorted(macs)
    assert len({one.spec for one in found}) == len(found)
    assert found[-1].stages == len(found[-1].spec.stages)


def test_what_v2_has_fused_already_counts_as_fused():
    found = v2_bottlenecks.fused_series(effnet.get_variant("v2_s"))
    assert [one.stages for one in found] == [3, 4, 5, 6]
    assert found[0].spec == effnet.get_variant("v2_s")


@pytest.mark.parametrize(
    ("name", "stages", "said"),
    [
        ("resnet50", 1, "only MBConv can be fused"),
        ("b0", 8, "fused stages 8; expected 0 to 7"),
        ("b0", -1, "fused stages -1"),
    ],
)
def test_what_can_not_be_fused_is_told(name, stages, said):
    with pytest.raises(EffnetError, match=said):
        v2_bottlenecks.fused(effnet.get_variant(name), stages)


@pytest.mark.parametrize("name", ["b0", "b3", "v2_s", "v2_b0", "lite0"])
def test_deeper_late_costs_what_deeper_alike_costs(name):
    found = v2_bottlenecks.deepened(effnet.get_variant(name))
    assert found.late_macs == pytest.approx(found.alike_macs, rel=0.02)
    early = effnet.get_variant(name).stages[: -v2_bottlenecks.LATE]
    assert found.late.stages[: -v2_bottlenecks.LATE] == early
    assert all(
        new.repeats > old.repeats
        for new, old in zip(
            found.late.stages[-v2_bottlenecks.LATE :],
            effnet.get_variant(name).stages[-v2_bottlenecks.LATE :],
            strict=True,
        )
    )


def test_deepening_needs_a_factor_above_one():
    with pytest.raises(EffnetError, match=r"depth 1\.0 of 7 stages"):
        v2_bottlenecks.deepened(effnet.get_variant("b0"), 1.0)


# --- sweeps


@pytest.mark.parametrize("kind", plans.SWEEPS)
def test_a_sweep_goes_from_cheap_to_dear(kind):
    points = plans.sweep(kind, effnet.get_variant("b0"), Options("cpu", 2))
    work = [point.macs * point.options.batch_size for point in points]
    assert work == sorted(work)
    assert len({point.x for point in points}) == len(points)


def test_sweeps_change_what_they_say_and_keep_the_rest():
    spec, options = effnet.get_variant("v2_b0"), Options("cpu", 2, 160, "bf16", folded=True)
    batches = plans.sweep("batch", spec, options)
    assert {point.options.resolution for point in batches} == {160}
    assert [point.options.batch_size for point in batches] == list(plans.BATCHES)
    sides = plans.sweep("resolution", spec, options)
    assert {point.options.batch_size for point in sides} == {2}
    assert {point.spec for point in (*batches, *sides)} == {spec}
    family = plans.sweep("family", spec, options)
    assert {point.options.resolution for point in family} == {None}
    assert {point.options.precision for point in family} == {"bf16"}
    assert {"b0", "b7", "v2_s", "lite0", "mobilenet_v2", "resnet50"} <= {
        point.spec.name for point in family
    }


def test_an_unknown_sweep_is_named():
    with pytest.raises(EffnetError, match="sweep 'width'; expected one of batch"):
        plans.sweep("width", effnet.get_variant("b0"), Options())


def test_networks_to_learn_from_are_varied_small_and_none_is_released():
    found = plans.learning_networks()
    released = {effnet.get_variant(name).stages for name in effnet.list_variants()}
    assert not released & {spec.stages for spec in found}
    assert max(effnet.count(spec).macs for spec in found) <= plans.MOST_LEARNED_MACS
    assert found == plans.learning_networks(), "the same ones each time"
    kinds = {layer.kind for spec in found for layer in effnet.count(spec).layers}
    assert {"depthwise", "fused", "squeeze-and-excitation", "spatial", "shortcut"} <= kinds


# --- predictions


def a_pace(**changes) -> Pace:
    row = (0.01, 0.002, 0.1, 0.0, 0.0)
    kinds = ("stem", "1x1", "depthwise", "squeeze-and-excitation", "fused", "add", "classifier")
    found = Pace(
        dict.fromkeys(kinds, row), 0.05, 0.15, (1.0, 0.1), 0.3, 30, 10**8, predicted.host(), HERE
    )
    return dataclasses.replace(found, **changes)


def test_without_a_learned_pace_nothing_is_predicted(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path / "none"))
    assert predicted_ms(effnet.get_variant("b0")) is None


def test_a_prediction_is_the_sum_over_units_with_its_range(tmp_path, monkeypatch):
    from effnet.timing.traffic import work

    monkeypatch.setenv(FOLDER, str(tmp_path))
    predicted.save(a_pace())
    spec = effnet.get_variant("b4")
    wanted = sum(0.01 + 0.002 * u.macs / 1e6 + 0.1 * u.bytes / 1e6 for u in work(spec))
    found = predicted_ms(spec)
    assert found.ms == pytest.approx(wanted)
    assert (found.low, found.high) == (pytest.approx(wanted / 1.15), pytest.approx(wanted * 1.15))
    assert "within 5.0 %" in found.words


def test_a_pace_goes_through_json():
    pace = a_pace()
    again = predicted.from_dict(json.loads(json.dumps(predicted.to_dict(pace))))
    assert again.milliseconds(effnet.get_variant("b0")) == pace.milliseconds(
        effnet.get_variant("b0")
    )
    assert again.environment == HERE


@pytest.mark.parametrize(
    "damage",
    [
        lambda values: values | {"version": 0},
        lambda values: values | {"features": ["each"]},
        lambda values: values | {"coefficients": {"stem": [1.0]}},
        lambda values: values | {"coefficients": {"stem": [-1.0] * len(FEATURES)}},
        lambda values: values | {"error": "wide"},
        lambda values: values | {"environment": {}},
        lambda _: {},
        lambda _: [],
    ],
)
def test_a_damaged_pace_is_as_none(tmp_path, damage):
    values = damage(json.loads(json.dumps(predicted.to_dict(a_pace()))))
    (tmp_path / predicted.FILE).write_text(json.dumps(values))
    assert predicted.pace(tmp_path) is None


def test_a_torn_pace_is_as_none(tmp_path):
    path = predicted.save(a_pace(), tmp_path)
    path.write_text(path.read_text()[:100])
    assert predicted.pace(tmp_path) is None


def test_another_machines_pace_is_as_none(tmp_path):
    predicted.save(a_pace(host="a Pentium, 1 cores"), tmp_path)
    assert predicted.pace(tmp_path) is None


def test_a_network_past_what_was_learned_is_told():
    b7, pace = effnet.get_variant("b7"), a_pace(largest_bytes=10**7)
    found = predicted.estimate(pace, b7)
    assert found.beyond
    assert "larger than anything" in found.words
    assert not predicted.estimate(a_pace(largest_bytes=10**10), b7).beyond


def test_a_kind_that_was_not_learned_costs_nothing():
    pace = a_pace(coefficients={})
    assert pace.milliseconds(effnet.get_variant("b0")) == 0


# --- what the machine has


@pytest.fixture
def fresh(monkeypatch):
    capabilities.hardware.cache_clear()
    yield monkeypatch
    capabilities.hardware.cache_clear()


def test_what_is_missing_has_a_reason_that_says_what_to_do(fresh):
    fresh.setattr(capabilities, "_cuda", lambda: False)
    fresh.setattr(capabilities.util, "find_spec", lambda _: None)
    fresh.setattr(capabilities.shutil, "which", lambda _: None)
    found = capabilities.hardware()
    assert found.devices[-1] == "cpu"
    assert "NVIDIA" in found.reasons["cuda_graph"]
    assert "pip install onnxruntime" in found.reasons["onnxruntime"]
    assert "pip install openvino" in found.reasons["openvino"]
    assert "compiler" in found.reasons["compile"]
    assert not found.usable("openvino")
    assert found.usable("channels_last")


def test_what_is_there_has_none(fresh):
    fresh.setattr(capabilities, "_cuda", lambda: True)
    fresh.setattr(capabilities.util, "find_spec", lambda _: object())
    fresh.setattr(capabilities.shutil, "which", lambda name: f"/usr/bin/{name}")
    found = capabilities.hardware()
    assert found.devices[0] == "cuda"
    assert all(found.usable(name) for name in ("cuda_graph", "onnxruntime", "openvino", "compile"))
    assert "bf16" not in found.notes


@pytest.mark.parametrize(
    ("flags", "bf16"),
    [("flags\t: avx2 avx512_bf16", True), ("flags\t: avx2", False), ("", None)],
)
def test_units_of_a_precision_are_read_from_the_processors_flags(fresh, flags, bf16):
    fresh.setattr(capabilities, "_cpuinfo", lambda: f"model name\t: A chip\n{flags}\n")
    assert capabilities.has_units("bf16") is bf16
    assert capabilities.processor() == "A chip"


def test_speed_loads_no_torch(environment_without_weights):
    import subprocess

    code = (
        "import sys, effnet.timing.measurement_store, effnet.timing.plans,"
        " effnet.papers.printed_times, effnet.jobs, effnet.timing.capabilities as h; h.hardware();"
        "print({'torch', 'numpy', 'streamlit'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment_without_weights,
    )
    assert done.stdout.strip() == "set()"
