"""A head of one's own on a pretrained network."""

import numpy as np
import pytest
import torch

import effnet
from effnet.preprocess import open_image
from effnet.samples import get_sample
from effnet.train.transfer import features, teach


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
