"""A head of one's own on a pretrained network."""

import argparse
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import effnet
from effnet.base import EffnetError
from effnet.network.variants import get_variant
from effnet.pixels.preparation import open_image
from effnet.pixels.samples import get_sample
from effnet.train import run_process
from effnet.train.data import digits
from effnet.train.linear_head import fine_tuning, fitted_head, packed, teach
from effnet.train.recipe import Recipe, small_base
from effnet.train.results import against_head
from effnet.train.schedule import Progressive
from effnet.train.trainer import train


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
    vectors = torch.from_numpy(lite0.features(photos))
    from effnet.pixels.preparation import to_array, view

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
    after = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["average"]
    assert set(tuned.classes) == {"cat", "cup"}
    assert not torch.equal(after["features.0.0.weight"], before["features.0.0.weight"])
    kept = "features.0.1.running_mean"
    torch.testing.assert_close(after[kept], before[kept])  # statistics stay


def test_fine_tuning_is_never_worse_than_the_head_that_it_begins_with(tmp_path):
    """Even at a rate that wrecks the network: the head's weights are then what is kept."""
    given = {"cat": crops("chelsea", 5), "cup": crops("coffee", 5), "sky": crops("rocket", 5)}
    (tmp_path / "photos.npz").write_bytes(packed(given, side=64))
    recipe = replace(fine_tuning("lite0", "./photos.npz"), epochs=1, learning_rate=5.0)
    recipe = replace(recipe, spec=replace(recipe.spec, resolution=64), warmup_epochs=0.0)
    result = train(recipe, tmp_path)
    assert result.head_top1 == 1.0
    assert result.top1 < 1.0
    assert result.best_top1 == 1.0
    assert "100.0 %" in against_head(result.best_top1, result.head_top1)
    kept = effnet.load(str(tmp_path / "best.safetensors"), device="cpu").model.state_dict()
    before = effnet.load("lite0", device="cpu").model.state_dict()
    assert torch.equal(kept["features.0.0.weight"], before["features.0.0.weight"])


def test_what_training_all_layers_gained_is_said():
    assert "gained 12.5 points" in against_head(0.75, 0.625)
    assert "which got 75.0 % right and was kept" in against_head(0.75, 0.75)


def test_too_few_photos_to_fine_tune_are_told():
    with pytest.raises(EffnetError, match=r"cat: 4, cup: 5.*5 photos each"):
        packed({"cat": crops("chelsea", 4), "cup": crops("coffee", 5)}, side=32)


def order(*words: str) -> Recipe:
    parser = argparse.ArgumentParser()
    run_process.add_arguments(parser)
    return Recipe.from_dict(run_process.order_of(parser.parse_args(["fit", *words]))["recipe"])


def test_a_start_on_the_command_line_is_fine_tuning():
    """Its rates, and its network: from-scratch rates would wreck what was learned."""
    assert order("--start", "lite0", "--data", "x") == fine_tuning("lite0", "x")
    chosen = order("--start", "lite0", "--epochs", "3", "--learning-rate", "0.001")
    assert (chosen.epochs, chosen.learning_rate, chosen.optimiser) == (3, 0.001, "adamw")
    assert order("--network", "lite0") == Recipe(spec=get_variant("lite0"))
    assert order().spec == small_base()


@pytest.fixture
def folder(tmp_path):
    for name in ("chelsea", "coffee"):
        (tmp_path / name).mkdir()
        for i, image in enumerate(crops(name, 3)):
            image.resize((96, 96)).save(tmp_path / name / f"{i}.jpg")
    return tmp_path


def test_a_start_that_is_another_network_is_refused(folder):
    recipe = replace(fine_tuning("lite0", str(folder)), spec=small_base())
    with pytest.raises(EffnetError, match="lite0 is another network than the one to train"):
        train(recipe, folder)


def test_what_is_trained_on_and_how_it_is_changed_is_said_first(folder):
    said = []
    schedule = Progressive(stages=1, epochs=1, size=(32, 32), randaugment=(5, 5), mixup=(0, 0.2))
    recipe = Recipe(data=str(folder), epochs=1, batch_size=2, schedule=schedule)
    train(recipe, folder, progress=said.append)
    assert said[0] == {
        "training": 4, "held_out": 2, "classes": ["chelsea", "coffee"], "side": 64,
        "augmentation": {"shift": "0.0625 of the side", "randaugment": (5, 5), "mixup": (0, 0.2)},
    }  # fmt: skip
    assert [row["epoch"] for row in said[1:]] == [1]


def test_a_head_is_scikit_learns_on_the_same_standardised_features():
    from sklearn.linear_model import LogisticRegression

    chance = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 8)
    own = chance.normal(size=(4, 60))[labels]
    vectors = np.abs(chance.normal(size=(32, 60)) + own).astype(np.float32)
    mean, std = vectors.mean(0), vectors.std(0, ddof=1) + 1e-3
    rival = LogisticRegression(max_iter=5000, tol=1e-8).fit((vectors - mean) / std, labels)
    weight, bias = fitted_head(vectors, labels, 4)
    asked = np.abs(chance.normal(size=(20, 60))).astype(np.float32)
    ours = torch.from_numpy(asked @ weight.T + bias).softmax(1).numpy()
    np.testing.assert_allclose(ours, rival.predict_proba((asked - mean) / std), atol=2e-3)


def test_eight_photos_a_class_give_what_logistic_regression_gives(lite0):
    """scikit-learn's on the same features, on 60 digits that neither saw; a tie within three."""
    from sklearn.linear_model import LogisticRegression

    own, held = digits()
    chosen = [np.flatnonzero(own.labels == label)[:8] for label in range(5)]
    shown = {
        own.classes[label]: [Image.fromarray(own.images[i].transpose(1, 2, 0)) for i in some]
        for label, some in enumerate(chosen)
    }
    network = teach(lite0, shown).network
    unseen = np.flatnonzero(held.labels < 5)[:60]
    vectors = lite0.features([photo for photos in shown.values() for photo in photos])
    asked = lite0.features([Image.fromarray(held.images[i].transpose(1, 2, 0)) for i in unseen])
    rival = LogisticRegression(max_iter=2000).fit(vectors, np.repeat(np.arange(5), 8))
    with torch.no_grad():
        said = network.linear(torch.from_numpy(asked)).argmax(1).numpy()
    truth = held.labels[unseen]
    assert (said == truth).sum() >= (rival.predict(asked) == truth).sum() - 3
    assert (said == truth).mean() > 0.6  # chance is 0.2
