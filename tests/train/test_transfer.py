"""A head of one's own on a pretrained network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import effnet
from effnet.preprocess import open_image
from effnet.samples import get_sample
from effnet.spec import EffnetError
from effnet.train.trainer import train
from effnet.train.transfer import features, fine_tuning, packed, teach


def crops(name, count=6):
    image = open_image(get_sample(name).path)
    wide, tall = image.width // 2, image.height // 2
    generator = np.random.default_rng(0)
    corners = generator.uniform(size=(count, 2)) * (image.width - wide, image.height - tall)
    return [image.crop((int(x), int(y), int(x) + wide, int(y) + tall)) for x, y in corners]


@pytest.fixture(scope="module")
def taught(lite0):
    return teach(lite0, {"cat": crops("chelsea"), "cup": crops("coffee")})


def test_two_unlike_photos_are_told_apart(taught):
    assert taught.held_out == 4
    assert taught.top1 == 1.0
    assert taught.mistakes == ()


def test_the_file_opens_and_says_the_same(taught, tmp_path, coffee):
    taught.write(tmp_path / "taught.safetensors")
    classifier = effnet.load(str(tmp_path / "taught.safetensors"), device="cpu")
    assert classifier.classes == ("cat", "cup")
    prediction = classifier.predict([coffee])[0]
    assert prediction.labels[0].name == "cup"
    assert classifier.explain(coffee).label == "cup"


def test_the_joined_network_is_head_of_features(taught, lite0):
    photos = crops("rocket", 2)
    vectors = torch.from_numpy(features(lite0, photos))
    from effnet.preprocess import to_array, view

    x = np.stack([to_array(view(p, lite0.preprocessing), lite0.preprocessing) for p in photos])
    with torch.no_grad():
        whole = taught.network(torch.from_numpy(x))
        parts = taught.network.linear(vectors)
    torch.testing.assert_close(whole, parts, rtol=1e-3, atol=1e-3)


def test_the_pretrained_network_is_left_alone(taught, lite0):
    assert lite0.model.linear.out_features == 1000
    assert taught.network.linear.out_features == 2
    assert not any(p.requires_grad for p in lite0.model.parameters())


@pytest.mark.parametrize("counts", [{"one": 5}, {"one": 5, "two": 2}, {}])
def test_too_few_photos_are_refused(lite0, counts):
    photos = {name: crops("coffee", n) for name, n in counts.items()}
    with pytest.raises(effnet.EffnetError, match="too few photos"):
        teach(lite0, photos)


def test_fine_tuning_moves_every_layer_and_opens(tmp_path, coffee):
    given = {"cat": crops("chelsea", 5), "cup": crops("coffee", 5)}
    (tmp_path / "photos.npz").write_bytes(packed(given, side=64))
    recipe = replace(fine_tuning("lite0", "./photos.npz"), epochs=4, warmup_epochs=0.0)
    recipe = replace(recipe, spec=replace(recipe.spec, resolution=64))
    result = train(recipe, tmp_path)
    assert result.best_top1 >= 0.5  # of two held-out photos
    tuned = effnet.load(str(tmp_path / "best.safetensors"), device="cpu")
    before = effnet.load("lite0", device="cpu").model.state_dict()
    after = tuned.model.state_dict()
    assert set(tuned.classes) == {"cat", "cup"}
    assert not torch.equal(after["features.0.0.weight"], before["features.0.0.weight"])
    kept = "features.0.1.running_mean"
    torch.testing.assert_close(after[kept], before[kept])  # statistics stay


def test_too_few_photos_to_fine_tune_are_told():
    with pytest.raises(EffnetError, match=r"cat: 4, cup: 5.*5 photos each"):
        packed({"cat": crops("chelsea", 4), "cup": crops("coffee", 5)}, side=32)
