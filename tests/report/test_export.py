"""What is taken away is the design: tables sum up, code runs, models compute what ours compute."""

import csv
import json
import struct
import subprocess
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import onnxruntime
import pytest
import safetensors.torch
import torch
from oracles import calibrate

import effnet
from effnet.network.block_strings import blocks_of, joined
from effnet.nn.onnx_graph import onnx_model
from effnet.report import export
from effnet.scaling.design import Design
from effnet.scaling.edits import early_stages_fused

TODAY = date(2026, 11, 22)
LINK = "https://example.org/app/?mode=edited&blocks=r1"
FUSED = joined(early_stages_fused(blocks_of(effnet.get_variant("b0"))))

DESIGNS = {
    "formula": Design(phi=1.35, alpha=1.25),
    "free": Design(mode="free", base="resnet50", depth=0.5, width=0.75, resolution=96),
    "free at its own size": Design(mode="free", base="lite0", width=1.5),
    "released": Design(mode="released", released="v2_b0"),
    "edited": Design(mode="released").edited(blocks=FUSED, own_resolution=160, own_head=640),
    "edited from the formula": Design(phi=0.5).edited(blocks=FUSED),
    "edited ends": Design(base="mobilenet_v2", phi=0.5).edited(own_resolution=160, own_head=640),
}


def taken(design):
    spec = design.spec()
    cost = effnet.count(spec)
    return spec, cost, export.manifest(design, cost, link=LINK, today=TODAY)


def test_the_manifest_has_versions_date_link_and_exact_counts():
    _, cost, about = taken(DESIGNS["edited"])
    assert about["made_by"] == f"effnet {effnet.__version__}"
    assert about["python"] == sys.version.split()[0]
    assert (about["date"], about["link"]) == ("2026-11-22", LINK)
    counts = cost.params, cost.macs, cost.activations, cost.resolution
    assert counts == tuple(about[k] for k in ("params", "macs", "activations", "resolution"))


@pytest.mark.parametrize(
    ("design", "name"),
    [
        (Design(), "effnet-b0-d1.2-w1.1-258px-stages-2026-11-22.csv"),
        (Design(mode="released", released="v2_s"), "effnet-v2-s-384px-stages-2026-11-22.csv"),
        (DESIGNS["edited"], "effnet-b0-edited-160px-stages-2026-11-22.csv"),
    ],
    ids=["formula", "released", "edited"],
)
def test_a_file_name_has_network_size_and_date(design, name):
    assert export.file_name(design.spec(), "stages.csv", TODAY) == name


def test_a_hostile_name_is_no_path():
    spec = replace(effnet.get_variant("b0"), name="../../<b>\n" + "x" * 300)
    name = export.file_name(spec, "model.onnx", TODAY)
    assert not set(name) & set('/\\<>\n"')
    assert len(name) < 120


# --- tables and specs ---------------------------------------------------------------------------


def read_csv(text):
    lines = text.splitlines()
    comments = [line for line in lines if line.startswith("# ")]
    return comments, list(csv.DictReader(lines[len(comments) :]))


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
@pytest.mark.parametrize("table", ["stages", "layers"])
def test_a_tables_rows_sum_to_the_manifests_totals(design, table):
    spec, cost, about = taken(design)
    text = export.layer_csv(cost, about)
    if table == "stages":
        text = export.stage_csv(spec, cost, about)
    comments, rows = read_csv(text)
    assert f"# link: {LINK}" in comments
    for name in ("params", "macs", "activations"):
        assert sum(int(row[name]) for row in rows) == about[name]
        assert f"# {name}: {about[name]}" in comments


def test_a_link_can_not_break_out_of_its_line():
    design = DESIGNS["released"]
    spec, cost, _ = taken(design)
    link = 'http://x/?a="""\nimport os\r\nb,c\\'
    about = export.manifest(design, cost, link=link, today=TODAY)
    comments, rows = read_csv(export.stage_csv(spec, cost, about))
    assert len(comments) == len(about)
    assert len(rows) == len(spec.stages) + 2
    compile(export.python_code(design, about), "design.py", "exec")


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_the_json_reads_back_as_the_network(design):
    spec, cost, about = taken(design)
    read = json.loads(export.spec_json(spec, cost, about))
    assert effnet.Spec.from_dict(read["spec"]) == spec
    assert read["manifest"] == about
    assert sum(row["macs"] for row in read["by_stage"].values()) == cost.macs
    assert (read["block_strings"] is None) == (spec.family == "resnet")


# --- code ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_the_code_makes_the_same_network(design):
    spec, cost, about = taken(design)
    names = {}
    exec(export.python_code(design, about), names)
    assert replace(names["spec"], name=spec.name) == spec
    assert names["cost"].layers == cost.layers


def test_the_code_runs_as_a_program(tmp_path, environment_without_weights):
    _, cost, about = taken(DESIGNS["edited"])
    program = tmp_path / "design.py"
    program.write_text(export.python_code(DESIGNS["edited"], about), encoding="utf-8")
    command = [sys.executable, str(program)]
    done = subprocess.run(
        command, env=environment_without_weights, capture_output=True, text=True, check=True
    )
    assert f"{cost.macs:,} multiply-adds" in done.stdout


def test_the_code_fails_where_a_count_differs():
    design = DESIGNS["released"]
    _, _, about = taken(design)
    code = export.python_code(design, about | {"macs": 1})
    with pytest.raises(SystemExit, match=r"macs: counted [\d,]+, expected 1"):
        exec(code, {})


# --- models -------------------------------------------------------------------------------------


def test_the_state_dict_loads_into_the_network():
    spec, cost, about = taken(DESIGNS["edited"])
    data = export.state_dict_file(spec, cost, about)
    effnet.build(spec).load_state_dict(safetensors.torch.load(data), strict=True)
    (length,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    assert metadata["link"] == LINK
    assert metadata["macs"] == str(cost.macs)
    assert "Random weights" in metadata["weights"]
    assert metadata["torch"] == torch.__version__


def session(data):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def test_the_onnx_file_says_what_it_is():
    spec, cost, about = taken(DESIGNS["edited"])
    opened = session(export.onnx_file(spec, cost, about))
    (image,), (logits,) = opened.get_inputs(), opened.get_outputs()
    assert (image.name, image.shape, image.type) == ("image", ["N", 3, 160, 160], "tensor(float)")
    assert (logits.name, logits.shape) == ("logits", ["N", 1000])
    said = opened.get_modelmeta()
    assert said.producer_name == "effnet"
    assert "Random weights" in said.description
    assert said.custom_metadata_map["link"] == LINK


@pytest.mark.parametrize(
    ("base", "blocks"),
    [
        ("b0", ""),
        ("b0", FUSED),
        ("v2_b0", ""),
        ("lite0", ""),
        ("mobilenet_v1", ""),
        ("mobilenet_v2", ""),
        ("resnet50", ""),
    ],
    ids=["b0", "edited", "v2_b0", "lite0", "mobilenet_v1", "mobilenet_v2", "resnet50"],
)
def test_the_onnx_network_computes_what_pytorch_does(base, blocks):
    """onnxruntime against PyTorch, at an odd size, where "same" and symmetric padding differ."""
    spec = effnet.scale(
        Design(mode="released", released=base).edited(blocks=blocks).spec(), width=0.5
    )
    spec = replace(spec, resolution=75)
    model = calibrate(effnet.build(spec, num_classes=10))
    weights = {
        name: (tuple(tensor.shape), tensor.numpy().tobytes())
        for name, tensor in model.state_dict().items()
    }
    opened = session(onnx_model(spec, weights, about={}, num_classes=10))
    image = torch.randn(2, 3, 75, 75, generator=torch.Generator().manual_seed(1))
    (mine,) = opened.run(None, {"image": image.numpy()})
    with torch.no_grad():
        theirs = model(image).numpy()
    assert np.abs(theirs).max() > 0.05
    assert np.abs(mine - theirs).max() < 2e-4 * np.abs(theirs).max()


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (Design(mode="released", released="l2"), ["480 M parameters", "70.0 M", "effnet.build"]),
        (Design(mode="free", depth=100, width=0.25), ["blocks are too many", "1,000"]),
    ],
    ids=["too wide", "too deep"],
)
def test_a_model_that_is_too_large_is_refused_before_it_is_built(design, words):
    spec, cost, about = taken(design)
    for made in (export.onnx_file, export.state_dict_file):
        with pytest.raises(effnet.EffnetError) as error:
            made(spec, cost, about)
        assert [word for word in words if word not in str(error.value)] == []
