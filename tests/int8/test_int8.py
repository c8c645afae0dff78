"""int8: rounding by hand, biases that are mended, layers of the walk, and Lite0 beside fp32."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_network import tiny_spec

import effnet
from effnet import EffnetError
from effnet.base import wilson
from effnet.cli import main
from effnet.int8.correction import rounded
from effnet.int8.crops import crops
from effnet.int8.differences import _decibels
from effnet.int8.record import units_note
from effnet.network.layer_walk import walk
from effnet.timing import capabilities

onnx = pytest.importorskip("onnx", reason="comes with the extra export")


@pytest.fixture(scope="module")
def lite0_int8(lite0):
    return effnet.quantize(lite0, crops_compared=16, budget_s=0)


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    return effnet.Classifier(effnet.build(tiny_spec(), num_classes=4), weights="random")


def picture(side: int = 40, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (side, side + 8, 3), dtype=np.uint8)
    return Image.fromarray(values)


# --- by hand


def test_wilsons_interval_is_that_of_the_textbook():
    assert wilson(190, 200) == pytest.approx((0.9104, 0.9726), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(0, 0) == (0, 1)


def test_weights_are_rounded_to_steps_of_their_channel_or_of_the_tensor():
    weights = torch.tensor([[1.27, 0.014], [0.0127, 0.00004]])
    apart = torch.tensor([[1.27, 0.01], [0.0127, 0.0]])
    together = torch.tensor([[1.27, 0.01], [0.01, 0.0]])
    torch.testing.assert_close(rounded(weights, 127, per_channel=True), apart)
    torch.testing.assert_close(rounded(weights, 127, per_channel=False), together)


def test_noise_of_a_tenth_of_the_signal_is_20_db():
    assert _decibels(1.0, 0.1**2) == pytest.approx(20)


@pytest.mark.parametrize(("pictures", "number"), [(1, 11), (3, 10), (5, 2)])
def test_crops_are_as_many_as_asked_seeded_and_of_all_pictures(tiny, pictures, number):
    given = [picture(seed=seed) for seed in range(pictures)]
    found, again = (
        np.concatenate(list(crops(given, tiny.preprocessing, number, seed=1))) for _ in range(2)
    )
    assert found.shape == (number, 3, tiny.preprocessing.crop, tiny.preprocessing.crop)
    np.testing.assert_array_equal(found, again)
    other = np.concatenate(list(crops(given, tiny.preprocessing, number, seed=2)))
    assert not np.array_equal(found, other)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("flags : avx2 avx512_vnni", "This processor has int8 instructions."),
        ("Features : asimd asimddp", "This processor has int8 instructions."),
        ("flags : avx2", "This processor has no int8 instructions (VNNI or alike)."),
        ("", "This system does not say whether its processor has int8 instructions;"),
    ],
)
def test_what_is_said_of_the_processor_follows_its_flags(monkeypatch, flags, said):
    monkeypatch.setattr(capabilities, "_cpuinfo", lambda: flags)
    assert units_note(capabilities.has_units("int8")).startswith(said)


# --- a small network with gates and swish


@pytest.fixture(scope="module")
def tiny_int8(tiny):
    return effnet.quantize(tiny, [picture()], crops_compared=8, budget_s=0)


def test_every_layer_of_the_walk_has_a_row(tiny, tiny_int8):
    blocks = list(walk(tiny.spec, num_classes=4))
    paths = [block.path(layer) for block in blocks for layer in block.layers]
    assert list(tiny_int8.to_pandas()["layer"]) == paths
    assert "squeeze-and-excitation" in set(tiny_int8.to_pandas()["kind"])
    assert all(row["snr_db"] > 15 for row in tiny_int8.as_rows())


def test_the_file_says_classes_and_has_float_logits(tiny, tiny_int8, tmp_path):
    import onnxruntime

    file = tiny_int8.save(tmp_path / "tiny.onnx")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == list(tiny.classes)
    (pixels,) = crops([picture()], tiny.preprocessing, 3, seed=2)
    (logits,) = session.run(["logits"], {"image": pixels})
    assert logits.dtype == np.float32
    wanted = tiny.forward(pixels.transpose(0, 2, 3, 1))
    assert np.abs(logits - wanted).max() < 0.1 * np.abs(wanted).max()
    with pytest.raises(EffnetError, match=r"\.onnx"):
        tiny_int8.save(tmp_path / "tiny.bin")


def test_the_classifiers_weights_are_the_rounded_ones(tiny, tiny_int8):
    held = {
        one.name: onnx.numpy_helper.to_array(one)
        for one in onnx.load_from_string(tiny_int8.data).graph.initializer
    }
    name = "classifier.1.weight"
    scale = held[f"{name}_scale"].reshape(-1, 1)
    levels = 127 if tiny_int8.bits == 8 else 64
    np.testing.assert_allclose(
        held[f"{name}_quantized"] * scale,
        rounded(tiny.model.get_parameter(name), levels, per_channel=True).numpy(),
        atol=1e-6,
    )


def test_what_is_asked_wrongly_is_said(tiny):
    with pytest.raises(EffnetError, match="at least 1"):
        effnet.quantize(tiny, [picture()], crops_compared=0)
    with pytest.raises(EffnetError, match="photo"):
        effnet.quantize(tiny, ["no such photo.jpg"])


class Enough(Exception):
    """The visitor pressed Stop."""


def test_it_can_be_stopped_between_two_batches(tiny):
    def stop(share, text):
        if share >= 0.1:
            raise Enough

    with pytest.raises(Enough):
        effnet.quantize(tiny, [picture()], progress=stop)


def test_both_are_timed_in_turn(tiny):
    made = effnet.quantize(tiny, [picture()], crops_compared=1, budget_s=0.05)
    assert (made.times.first.name, made.times.second.name) == ("fp32", "int8")
    assert len(made.times.first.samples_ms) == len(made.times.second.samples_ms)
    assert made.card().rows[1][0] == "one picture, measured"


def test_the_command_line_writes_it_and_says_what_it_costs(tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    picture().save(folder / "one.png")
    network, file = tmp_path / "tiny.safetensors", tmp_path / "tiny.onnx"
    effnet.Classifier(effnet.build(tiny_spec(), num_classes=4)).save(network)
    command = ["export", str(network), str(file), "--int8", "--calibrate", str(folder), "--json"]
    assert main(command) == 0
    said = json.loads(capsys.readouterr().out)
    assert (
        said["bytes"]
        == file.stat().st_size
        == pytest.approx(said["size_ratio"] * said["fp32_bytes"])
    )
    assert said["same_best_class_low"] <= said["same_best_class"] <= said["same_best_class_high"]
    assert said["pictures"] == 200
    assert said["int8_ms"] > 0
    assert {row["kind"] for row in said["layers"]} >= {"stem", "depthwise", "classifier"}


# --- Lite0


def test_lite0_is_a_quarter_as_large_and_says_the_same(lite0_int8):
    assert lite0_int8.size_ratio <= 0.27
    assert lite0_int8.agreement.pictures == 16
    assert lite0_int8.agreement.share >= 0.75  # 0.96 of 200
    assert lite0_int8.agreement_when_sure.share == 1


def test_relu6_bounds_what_the_projections_do_not(lite0_int8):
    rows = lite0_int8.to_pandas().set_index("kind")
    assert rows.loc["depthwise", "high"].max() <= 6
    assert rows.loc["project", "own_db"].max() < rows.loc["depthwise", "own_db"].min()


def test_mended_biases_keep_more_of_the_signal(lite0, lite0_int8):
    plain = effnet.quantize(lite0, crops_compared=1, correct_bias=False, budget_s=0)
    gained = lite0_int8.layers[-1].snr_db - plain.layers[-1].snr_db
    assert gained > 3  # decibels; 5.5 with 8-bit weights
