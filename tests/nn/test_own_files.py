"""Files that people have: wrapped, prefixed, averaged, odd, hostile; and what is said of them."""

import argparse
import io
import json
import os
import pickle
import random
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save as save_tensors
from safetensors.torch import save_file

import effnet
from effnet.base import EffnetError
from effnet.cli import main
from effnet.nn.reading import read_bytes, read_file
from effnet.nn.weight_files import fit, load_state
from effnet.weights import sources
from effnet.weights.sources import from_hub

SMALL = effnet.scale("b0", depth=0.3, width=0.25, resolution=64)
PLAIN = effnet.Preprocessing(72, 64)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {key: value.clone() for key, value in effnet.build(SMALL).state_dict().items()}


@pytest.fixture(scope="module")
def lite0_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return effnet.build("lite0", num_classes=3).state_dict()


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr("effnet.classify.loading.spec_of", lambda _: SMALL)


def written(content: object) -> bytes:
    data = io.BytesIO()
    torch.save(content, data)
    return data.getvalue()


def loaded(content: object, name: str = "mine.pth") -> tuple[dict[str, torch.Tensor], str]:
    """The network's weights as they end up, and all that is said of the file."""
    contents = read_bytes(content if isinstance(content, bytes) else written(content), name)
    found = fit(SMALL, contents.state)
    assert found.problems == {}
    model = load_state(SMALL, contents.state, origin=name)
    return model.state_dict(), " ".join((*contents.notes, *found.notes))


def same(one: dict, two: dict) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[key], two[key]) for key in one)


def other(state: dict) -> dict:
    return {key: value + 1 for key, value in state.items()}


# --- averaged weights beside the raw ones


@pytest.mark.parametrize(
    ("wrap", "said"),
    [
        (lambda raw, mean: {"state_dict": raw, "state_dict_ema": mean}, "state_dict_ema"),
        (lambda raw, mean: {"model": raw, "model_ema": mean}, "model_ema"),
        (lambda raw, mean: {"model": raw, "ema": {"module": mean}}, "ema.module"),
        (lambda raw, mean: {"model": raw, "ema": mean, "epoch": 3}, "ema"),
        (lambda raw, mean: {"ema_state_dict": mean, "state_dict": raw}, "ema_state_dict"),
        (lambda raw, mean: {"net": {"model": raw, "model_ema": mean}}, "model_ema"),
    ],
)  # fmt: skip
def test_the_averaged_weights_are_taken_and_said(state, wrap, said):
    found, notes = loaded(wrap(other(state), state))
    assert same(found, state)
    assert f"{said}) were taken" in notes


def test_timm_takes_the_same_of_the_two(tmp_path, state):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        helpers = pytest.importorskip("timm.models._helpers")
    for keys in (("state_dict", "state_dict_ema"), ("model", "model_ema")):
        path = tmp_path / "both.pth"
        torch.save(dict(zip(keys, (other(state), state), strict=True)), path)
        assert same(helpers.load_state_dict(str(path)), read_file(path).state)


@pytest.mark.parametrize("ema", [0.999, None, {}, {"decay": 0.9}, []], ids=repr)
def test_what_is_called_so_but_holds_no_weights_is_passed_over(state, ema):
    found, notes = loaded({"state_dict": state, "ema": ema, "state_dict_ema": ema})
    assert same(found, state)
    assert notes == ""


def test_an_averaged_model_of_pytorchs_loads(state):
    averaged = torch.optim.swa_utils.AveragedModel(effnet.build(SMALL))
    averaged.module.load_state_dict(state)
    found, notes = loaded(averaged.state_dict())
    assert same(found, state)
    assert "'module.' was taken from the start" in notes
    assert "left aside: n_averaged" in notes


# --- wrappers, prefixes, endings


@pytest.mark.parametrize(
    "keys",
    ["state_dict", "model", "model_state_dict", "net", "network", "weights", "params", "module",
     "ema", "model.state_dict", "net.params.model"],
)  # fmt: skip
def test_wrappers(state, keys):
    content: object = state
    for key in reversed(keys.split(".")):
        content = {key: content, "epoch": 3}
    assert same(loaded(content)[0], state)


@pytest.mark.parametrize(
    "prefix",
    ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "model.", "net.",
     "backbone.", "encoder.network."],
)  # fmt: skip
@pytest.mark.parametrize("to", ["torchvision", "timm"])
def test_prefixes_are_taken_off_and_said(lite0_state, prefix, to):
    state = lite0_state
    named = {f"{prefix}{k}": v for k, v in effnet.convert(state, to=to).items()}
    found = fit(effnet.get_variant("lite0"), named)
    assert found.problems == {}
    assert same(found.state, state)
    assert repr(prefix) in found.notes[0]


def test_a_loss_beside_the_network_is_left_aside(state):
    named = {f"model.{key}": value for key, value in state.items()}
    found, notes = loaded({**named, "criterion.weight": torch.ones(3)})
    assert same(found, state)
    assert "criterion.weight" in notes


def test_resnets_own_conv1_in_every_block_is_no_prefix():
    state = effnet.build("resnet50", num_classes=2).state_dict()
    named = {f"module.{key}": value for key, value in state.items()}
    assert fit(effnet.get_variant("resnet50"), named).problems == {}


def test_two_networks_in_one_file_are_refused(state):
    both = {f"{who}.{key}": value for who in ("student", "teacher") for key, value in state.items()}
    with pytest.raises(EffnetError, match=r"2 networks in one file.*'student\.'.*'teacher\.'"):
        fit(SMALL, both)


@pytest.mark.parametrize(
    "name", ["a.pth", "a.PTH", "a.pth.tar", "a.ckpt", "a.bin", "a.pt", "a", "a.safetensors"]
)
@pytest.mark.parametrize("kind", ["torch", "safetensors"])
def test_the_content_says_what_it_is_whatever_the_name(small, tmp_path, state, name, kind):
    path = tmp_path / name
    path.write_bytes(written(state) if kind == "torch" else save_tensors(state))
    classifier = effnet.load("small", weights=str(path), device="cpu", preprocessing=PLAIN)
    assert same(classifier.model.state_dict(), state)
    assert classifier.notes == ()


# --- what lies beside the weights


@pytest.mark.parametrize(
    "beside",
    [np.float64(0.5), np.int64(3), np.float32(1), argparse.Namespace(lr=0.1, tags=["a"]), "text",
     OrderedDict(a=1), {"b": None}, [1, 2], 3.5, None, True],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
@pytest.mark.parametrize("where", ["outside", "among"])
def test_a_number_or_the_options_beside_the_weights_are_allowed(state, beside, where):
    content = {**state, "extra": beside} if where == "among" else {"model": state, "args": beside}
    found, notes = loaded(content)
    assert same(found, state)
    assert ("left aside: extra" in notes) == (where == "among")


class Code:
    def __init__(self, function, *arguments) -> None:
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: Code(Path.touch, path),
        lambda path: Code(open, str(path), "w"),
        lambda path: Code(eval, f"open({str(path)!r}, 'w')"),
        lambda _: np.array([1, 2]),
        lambda _: Path("x"),
        lambda _: random.Random(),
    ],
    ids=["touch", "open", "eval", "an array", "a path", "a generator"],
)
def test_nothing_else_is_allowed_and_nothing_runs(tmp_path, state, harm):
    ran = tmp_path / "ran"
    with pytest.raises(EffnetError, match="is not a file of plain weights"):
        read_bytes(written({"model": state, "args": harm(ran)}), "harm.pth")
    assert not ran.exists()


def test_what_is_allowed_here_is_allowed_nowhere_else(state):
    data = written({"model": state, "args": argparse.Namespace(a=1)})
    read_bytes(data, "a.pth")
    with pytest.raises(pickle.UnpicklingError):
        torch.load(io.BytesIO(data), weights_only=True)


def test_counters_left_in_the_names_are_left_aside(state):
    extra = {f"features.{i}.{what}": torch.ones(1) for i in range(3)
             for what in ("total_ops", "total_params")}  # fmt: skip
    found, notes = loaded({**state, **extra, "total_ops": torch.ones(1)})
    assert same(found, state)
    assert "left aside: features.0.total_ops" in notes


def test_missing_counts_of_batches_are_filled_in_and_said(state):
    short = {key: value for key, value in state.items() if not key.endswith("tracked")}
    found, notes = loaded(short)
    assert same(found, state)
    number = len(state) - len(short)
    assert f"{number} names that no answer depends on were filled in: num_batches" in notes


# --- what can't be weights


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda v: v.bool(), "torch.bool is no floating point"),
        (lambda v: v.to(torch.float8_e4m3fn), "torch.float8_e4m3fn is no floating point"),
        (lambda v: v.to(torch.complex64), "torch.complex64 is no floating point"),
        (lambda v: (v * 9).to(torch.int8), "torch.int8 is no floating point"),
        (lambda v: v * float("nan"), "NaN or infinity"),
        (lambda v: v + float("inf"), "NaN or infinity"),
        (lambda v: (v * float("nan")).bfloat16(), "NaN or infinity"),
        (lambda v: (v - float("inf")).half(), "NaN or infinity"),
    ],
)
def test_weights_that_are_no_numbers_are_refused_by_name(state, spoil, words):
    key = "features.1.0.block.0.0.weight"
    with pytest.raises(EffnetError, match=rf"mine .*numbers to compute with.*{key}: {words}"):
        load_state(SMALL, {**state, key: spoil(state[key])}, origin="mine")


def test_a_variance_under_zero_is_refused(state):
    key = "features.0.1.running_var"
    with pytest.raises(EffnetError, match="a variance under zero"):
        load_state(SMALL, {**state, key: -state[key]}, origin="mine")


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (lambda: torch.ones(3, 3).to_sparse(), "sparse"),
        (lambda: torch.ones(3, 3).to_sparse_csr(), "sparse|plain weights"),
        (lambda: torch.ones(3, device="meta"), "on the device 'meta'"),
        (lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), "quantised"),
        (lambda: torch.ones(1, 5).expand(3_000_000, 5), r"\(3000000, 5\).*only 20 bytes"),
        (lambda: torch.ones(4).as_strided((4, 4), (1, 0)), "only 16 bytes"),
    ],
    ids=["sparse", "csr", "meta", "quantised", "stride 0", "overlapping"],
)
def test_a_tensor_of_another_kind_is_one_line(state, tensor, words):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = written({**state, "classifier.1.weight": tensor()})
        with pytest.raises(EffnetError, match=words) as caught:
            read_bytes(data, "odd.pth")
    assert "\n" not in str(caught.value)


def test_classes_are_capped(state):
    many = {**state, "classifier.1.bias": torch.zeros(100_001)}
    with pytest.raises(EffnetError, match="classes 100001; expected 1 to 100,000"):
        fit(SMALL, many)


@pytest.mark.parametrize("key", [0, None, 1.5, b"x", ("a", 1)], ids=repr)
def test_keys_that_are_no_names(state, key):
    with pytest.raises(EffnetError, match="holds no state dict"):
        read_bytes(written({key: torch.ones(2)}), "keys.pth")
    found, notes = loaded({**state, key: torch.ones(2)})
    assert same(found, state)
    assert "left aside" in notes


def test_a_dictionary_in_itself_ends():
    content: dict = {}
    for key in ("model", "ema", "net"):
        content[key] = content
    with pytest.raises(EffnetError, match="holds no state dict"):
        read_bytes(written(content), "circle.pth")


def test_dictionaries_nested_deep_are_refused():
    """Written by hand: Python's own pickler goes no deeper than its stack."""
    deep = b"\x80\x02" + b"}" * 100_000 + b"."
    with pytest.raises(EffnetError):
        read_bytes(deep, "deep.pth")
    header = b'{"a":' * 100_000
    with pytest.raises(EffnetError, match="not a file of plain weights"):
        read_bytes(len(header).to_bytes(8, "little") + header, "deep.safetensors")


# --- sizes, before anything is unpacked


def repacked(data: bytes, change=lambda _, content: content, packed=zipfile.ZIP_DEFLATED):
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(new, "w", packed) as archive:
        for name in old.namelist():
            archive.writestr(name, change(name, old.read(name)))
    return new.getvalue()


def test_a_file_that_unpacks_to_more_than_it_is_is_refused_unopened(monkeypatch):
    data = repacked(written({"a": torch.zeros(4_000_000)}))
    assert len(data) < 100_000
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(EffnetError, match=r"0\.0 MiB and would unpack to 15\.3 MiB"):
        read_bytes(data, "bomb.pth")


def test_a_directory_that_names_one_part_many_times_is_refused():
    data = written({"a": torch.zeros(10_000)})
    start = data.rindex(b"PK\x01\x02")
    entry, end = data[start : data.rindex(b"PK\x05\x06")], data.rindex(b"PK\x05\x06")
    entry = entry.partition(b"PK\x06\x06")[0]
    many = data[:start] + entry * 300 + data[end:]
    with pytest.raises(EffnetError):
        read_bytes(many, "many.pth")


def test_a_storage_that_says_it_is_larger_than_its_part_is_refused():
    def more(name: str, content: bytes) -> bytes:
        return content.replace(b"K\x04", b"J\x00\x00\x00\x10") if "data.pkl" in name else content

    data = repacked(written({"a": torch.arange(4.0)}), more, zipfile.ZIP_STORED)
    with pytest.raises(EffnetError):
        read_bytes(data, "lies.pth")


# --- preprocessing: what is known, what is not, what is given


def config(**values: object) -> str:
    cfg = {"input_size": [3, 224, 224], "mean": [0.5] * 3, "std": [0.5] * 3,
           "interpolation": "bilinear", "crop_pct": 0.875} | values  # fmt: skip
    return json.dumps({"architecture": "tf_efficientnet_b0", "pretrained_cfg": cfg})


@pytest.fixture(scope="module")
def b0_folder(tmp_path_factory):
    """A folder as the hub keeps it."""
    torch.manual_seed(2)
    folder = tmp_path_factory.mktemp("hub") / "tf_efficientnet_b0.ap_in1k"
    folder.mkdir()
    state = effnet.convert(effnet.build("b0").state_dict(), to="timm")
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(config())
    return folder


def test_a_hub_folder_says_all_itself(b0_folder):
    classifier = effnet.load(str(b0_folder), device="cpu")
    assert classifier.preprocessing == effnet.Preprocessing(
        256, 224, "bilinear", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    )
    assert (classifier.spec.padding, classifier.spec.norm_eps) == ("same", 1e-3)
    assert classifier.notes == ()


@pytest.mark.parametrize("given", ["folder", "file"])
def test_the_config_beside_a_file_is_read(b0_folder, given):
    weights = b0_folder if given == "folder" else b0_folder / "model.safetensors"
    assert effnet.load("b0", weights=weights, device="cpu").preprocessing.mean == (0.5,) * 3


def test_what_is_given_wins(b0_folder):
    wanted = {"resize": 300, "crop": 240, "interpolation": "bicubic"}
    classifier = effnet.load(str(b0_folder), device="cpu", preprocessing=wanted)
    assert classifier.preprocessing == effnet.Preprocessing(300, 240)
    lite = effnet.load("lite0", device="cpu", preprocessing=effnet.Preprocessing(224, 224))
    assert lite.preprocessing.resize == 224


def test_a_file_that_says_nothing_is_said_to(small, tmp_path, state):
    path = tmp_path / "mine.pth"
    path.write_bytes(written(state))
    (note,) = effnet.load("small", weights=path, device="cpu").notes
    assert "mine.pth does not say how pictures are prepared" in note
    assert "mean 0.485/0.456/0.406" in note
    assert "pass preprocessing=" in note


@pytest.mark.parametrize(
    ("name", "mean", "crop"),
    [
        ("tf_efficientnet_b0.ap_in1k.safetensors", 0.5, 224),
        ("tf_efficientnet_b0_ap-f262efe1.pth", 0.5, 224),
        ("tf_efficientnetv2_s.in21k_ft_in1k.bin", 0.5, 300),
        ("tf_efficientnet_b4.ns_jft_in1k.pth", 0.485, 380),
    ],
)
def test_timms_files_are_known_by_their_names(name, mean, crop):
    known = sources.named(name)
    assert known is not None
    assert (known.preprocessing.mean[0], known.preprocessing.crop) == (mean, crop)


def test_the_table_of_timms_weights_is_timms():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        timm = pytest.importorskip("timm")
        from timm.data import resolve_data_config
    for row in sources.timms_weights():
        said = timm.get_pretrained_cfg(row.name)
        resolved = resolve_data_config({}, pretrained_cfg=said.to_dict())
        ours = row.preprocessing
        assert (3, ours.crop, ours.crop) == resolved["input_size"]
        assert ours.resize == int(ours.crop / resolved["crop_pct"])
        assert ours.interpolation == resolved["interpolation"]
        assert (ours.mean, ours.std) == (resolved["mean"], resolved["std"])
        assert (row.classes, row.squash) == (said.num_classes, said.crop_mode == "squash")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mean": [0.5, 0.5]}, "mean .*three finite numbers"),
        ({"std": [0.5, 0, 0.5]}, "std .*above 0"),
        ({"std": [0.5, float("nan"), 0.5]}, "std .*above 0"),
        ({"interpolation": "lanczos"}, "'lanczos'; expected one of bilinear, bicubic"),
        ({"crop_pct": 0}, "can't be followed"),
        ({"crop_pct": 7}, "the crop not larger"),
        ({"crop_pct": "all"}, "can't be followed"),
        ({"input_size": [3, 0, 0]}, "a crop of 0 px"),
        ({"input_size": [3, 10**9, 10**9]}, "from 1 to 4,096"),
        ({"input_size": 5}, "can't be followed"),
    ],
)
def test_a_config_that_cant_be_followed_is_one_line(tmp_path, values, words):
    (tmp_path / "config.json").write_text(config(**values))
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(EffnetError, match=words):
        sources.find(tmp_path)


def test_what_a_config_does_not_say_is_said(tmp_path):
    text = {"architecture": "efficientnet_b0", "input_size": [3, 224, 224], "mean": [0.5] * 3}
    (tmp_path / "config.json").write_text(json.dumps(text))
    (tmp_path / "model.safetensors").touch()
    found = sources.find(tmp_path)
    assert found.preprocessing == effnet.Preprocessing(256, 224, mean=(0.5,) * 3)
    assert "does not say std, interpolation, crop_pct: timm's default" in found.notes[0]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"architecture": 3}', "[" * 100_000, "\0"])
def test_a_config_of_something_else_is_left_aside_and_said(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    (tmp_path / "model.safetensors").touch()
    found = sources.find(tmp_path)
    assert (found.name, found.preprocessing) == ("model.safetensors", None)
    assert "left aside" in found.notes[0]


@pytest.mark.parametrize(
    "value", [5, "224", {}, {"resize": 256}, {"resize": 256, "crop": 224, "size": 3}, [256, 224]]
)
def test_preprocessing_of_another_kind_is_refused(value):
    with pytest.raises(EffnetError, match=r"expected effnet\.Preprocessing"):
        effnet.load("lite0", preprocessing=value)


@pytest.mark.parametrize(
    "changes",
    [{"crop": 0}, {"crop": 300}, {"resize": 2.5}, {"resize": 10**6}, {"interpolation": None},
     {"mean": 3}, {"mean": (1, 2)}, {"std": (1, 1, 0)}, {"std": (1, 1, float("nan"))},
     {"std": "abc"}, {"crop": True}],
)  # fmt: skip
def test_a_self_describing_file_with_a_wrong_header_is_refused(tmp_path, state, changes):
    said = {"resize": 72, "crop": 64, "interpolation": "bicubic", "mean": [0.5] * 3,
            "std": [0.5] * 3} | changes  # fmt: skip
    header = {"effnet": "1", "spec": json.dumps(SMALL.to_dict()), "classes": "[]",
              "preprocessing": json.dumps(said)}  # fmt: skip
    save_file(state, tmp_path / "own.safetensors", metadata=header)
    with pytest.raises(EffnetError, match="damaged header"):
        effnet.load(str(tmp_path / "own.safetensors"))


@pytest.mark.parametrize("part", ["spec", "classes", "preprocessing"])
@pytest.mark.parametrize("text", ["[" * 100_000, "", "5", "null", "1" * 5000])
def test_a_header_of_nonsense_is_refused(tmp_path, state, part, text):
    header = {"effnet": "1", "spec": json.dumps(SMALL.to_dict()), "classes": "[]",
              "preprocessing": '{"resize": 72, "crop": 64}'} | {part: text}  # fmt: skip
    save_file(state, tmp_path / "own.safetensors", metadata=header)
    with pytest.raises(EffnetError, match="damaged header"):
        effnet.load(str(tmp_path / "own.safetensors"))


# --- names and places


@pytest.mark.parametrize(
    ("name", "ours", "padding", "eps"),
    [
        ("tf_efficientnet_b0", "b0", "same", 1e-3),
        ("tf_efficientnet_b0.ns_jft_in1k", "b0", "same", 1e-3),
        ("efficientnet_b0.ra_in1k", "b0", "symmetric", 1e-5),
        ("tf_efficientnetv2_s.in21k", "v2_s", "same", 1e-3),
        ("efficientnet_lite0.ra_in1k", "lite0", "symmetric", 1e-5),
        ("mobilenetv2_100", "mobilenet_v2", "symmetric", 1e-5),
        ("tf_efficientnet_l2.ns_jft_in1k_475", "l2", "same", 1e-3),
        ("efficientnet_es_pruned.in1k", "es", "symmetric", 1e-5),
        ("efficientnet_el_pruned", "el", "same", 1e-3),
    ],
)
def test_timms_names_are_names(name, ours, padding, eps):
    spec = effnet.get_variant(name)
    assert (spec.name, spec.padding, spec.norm_eps) == (ours, padding, eps)


@pytest.mark.parametrize("name", ["tf_efficientnet_b0", "efficientnet_b0.ra_in1k"])
def test_timms_weights_that_are_not_here_say_where_they_are(name):
    with pytest.raises(effnet.WeightsUnavailable) as caught:
        effnet.load(name)
    assert "load('hf-hub:timm/" in str(caught.value)
    assert ".safetensors into" in str(caught.value)


def test_timms_file_in_the_folder_for_weights_is_taken(b0_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("EFFNET_WEIGHTS", str(tmp_path))
    file = tmp_path / "tf_efficientnet_b0.ap_in1k.safetensors"
    file.write_bytes((b0_folder / "model.safetensors").read_bytes())
    classifier = effnet.load("tf_efficientnet_b0.ap_in1k", device="cpu")
    assert classifier.preprocessing.mean == (0.5,) * 3
    assert classifier.weights == str(file)
    assert effnet.load("tf_efficientnet_b0", device="cpu").weights == str(file)


def test_an_address_on_the_hub_is_fetched(b0_folder, monkeypatch):
    hub = pytest.importorskip("huggingface_hub")
    asked = []

    def given(repository, name, *, revision, local_files_only):
        asked.append((repository, revision, local_files_only))
        if local_files_only:
            raise FileNotFoundError("not here yet")
        return str(b0_folder / name)

    monkeypatch.setattr(hub, "hf_hub_download", given)
    classifier = effnet.load("hf-hub:timm/tf_efficientnet_b0.ap_in1k@v1", device="cpu")
    assert classifier.preprocessing.mean == (0.5,) * 3
    assert classifier.weights == "hf-hub:timm/tf_efficientnet_b0.ap_in1k@v1"
    assert set(asked) == {("timm/tf_efficientnet_b0.ap_in1k", "v1", here) for here in (True, False)}


def test_the_hub_out_of_reach_is_one_line(monkeypatch):
    """And it is waited for once: its client tries again and again, for each file."""
    hub = pytest.importorskip("huggingface_hub")
    asked = []

    def gone(_, name, *, local_files_only, **__):
        asked.append((name, local_files_only))
        raise ConnectionError("no route\nto the hub")

    monkeypatch.setattr(hub, "hf_hub_download", gone)
    with pytest.raises(effnet.WeightsUnavailable, match=r"\(no route\)\. Offline, put"):
        effnet.load("hf-hub:timm/efficientnet_b0.ra_in1k")
    assert [name for name, offline in asked if not offline] == ["config.json"]


def test_a_repository_without_safetensors_gives_its_other_file(monkeypatch, tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    no_such = hub.errors.RemoteEntryNotFoundError

    def given(_, name, *, local_files_only, **__):
        if local_files_only or name == "model.safetensors":
            raise FileNotFoundError if local_files_only else no_such.__new__(no_such)
        return str(tmp_path / name)

    monkeypatch.setattr(hub, "hf_hub_download", given)
    assert from_hub("some/net") == tmp_path


def test_a_missing_package_for_the_hub_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(EffnetError, match=r"effnet\[hub\]"):
        effnet.load("hf-hub:timm/efficientnet_b0.ra_in1k")


@pytest.mark.parametrize(
    "place",
    ["~nobody-here/x.pth", "a\0b.pth", "x" * 300 + ".pth", ".", "no/such/file", "/dev/null"],
)
def test_a_place_that_holds_nothing_is_one_line(place, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EffnetError) as caught:
        effnet.load("b0", weights=place)
    assert "\n" not in str(caught.value)


def test_a_folder_that_cant_be_searched_hides_no_other_weights(monkeypatch, tmp_path):
    from effnet.weights import choose, offline_variants

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("EFFNET_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(Path, "is_file", refuse)
    assert choose("b0").path is None
    assert "lite0" in offline_variants()


def test_the_command_line_says_what_was_done(b0_folder, tmp_path, capsys):
    image, file = tmp_path / "a.png", tmp_path / "averaged.pth"
    Image.new("RGB", (40, 40), "red").save(image)
    state = effnet.build("lite0").state_dict()
    torch.save({"state_dict": state, "state_dict_ema": state}, file)
    assert main(["classify", str(image), "--model", "lite0", "--weights", str(file)]) == 0
    error = capsys.readouterr().err
    assert "effnet: The averaged weights (state_dict_ema) were taken" in error
    assert "does not say how pictures are prepared" in error


# --- 1,000 damaged files


FUZZED = int(os.environ.get("EFFNET_FUZZED", "200"))


def damaged(seed: int, wholes: list[bytes]) -> bytes:
    """A weight file with bytes changed, parts cut, doubled or swapped; the same for a seed."""
    source = random.Random(seed)
    data = bytearray(source.choice(wholes))
    for _ in range(source.choice([1, 1, 2, 5, 20])):
        kind, at = source.randrange(6), source.randrange(max(1, len(data)))
        to = min(len(data), at + source.choice([1, 4, 64, 1000]))
        if kind == 0:
            data[at:to] = source.randbytes(to - at)
        elif kind == 1:
            del data[at:to]
        elif kind == 2:
            data[at:at] = data[at:to]
        elif kind == 3:
            data[at:to] = bytes([source.choice([0, 255, 128, 75, 40])]) * (to - at)
        elif kind == 4:
            other = source.choice(wholes)
            data[at:to] = other[at:to]
        else:
            del data[source.randrange(max(1, len(data))) :]
    return bytes(data)


def test_damaged_files_are_read_or_refused_in_one_line(state):
    """The first 200 of 1,000; all of them were run when this was written."""
    small = {key: value for i, (key, value) in enumerate(state.items()) if i < 6}
    old = io.BytesIO()
    torch.save(small, old, _use_new_zipfile_serialization=False)
    said = {"spec": json.dumps(SMALL.to_dict()), "effnet": "1"}
    args = argparse.Namespace(a=np.float64(1))
    wholes = [written(small), written({"model": small, "args": args}), old.getvalue(),
              save_tensors(small, metadata=said)]  # fmt: skip
    refused = []
    for seed in range(FUZZED):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged bytes can say they are an older format
            try:
                contents = read_bytes(damaged(seed, wholes), "fuzzed.pth")
                load_state(SMALL, contents.state, origin="fuzzed.pth")
            except EffnetError as error:
                refused.append(str(error))
    assert len(refused) == FUZZED, "six tensors are no network"
    assert not [message for message in refused if "\n" in message]
    assert len({message.partition("(")[0][:30] for message in refused}) > 1
