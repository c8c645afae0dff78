"""A classifier from a network of one's own: what it leaves alone, and the ways out of it."""

import copy
import pickle

import numpy as np
import onnxruntime
import pytest
import torch
from oracles import calibrate
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

import effnet
from effnet.pixels.preparation import open_image, to_array, view
from effnet.weights.checkpoints import Preprocessing

SPEC = effnet.scale("lite0", depth=0.4, width=0.25, resolution=64)
SETTINGS = Preprocessing(72, 64, "bilinear")
NAMES = ("cat", "cup", "rocket")


@pytest.fixture(scope="module")
def network() -> nn.Module:
    torch.manual_seed(0)
    return calibrate(effnet.build(SPEC, num_classes=3), side=64, images=16)


@pytest.fixture(scope="module")
def mine(network) -> effnet.Classifier:
    return effnet.Classifier(network, classes=NAMES, preprocessing=SETTINGS, device="cpu")


def test_the_given_network_stays_as_it_was_and_trainable():
    given = effnet.build(SPEC, num_classes=3).train()
    before = copy.deepcopy(given.state_dict())
    classifier = effnet.Classifier(given, classes=NAMES, preprocessing=SETTINGS, device="cpu")
    classifier.predict(Image.new("RGB", (80, 70), "red"))
    assert given.training
    assert all(parameter.requires_grad for parameter in given.parameters())
    given(torch.randn(4, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in given.linear.parameters())
    assert set(before) == set(classifier.model.state_dict())
    assert all(torch.equal(v, before[k]) for k, v in classifier.model.state_dict().items())


def test_without_a_copy_the_network_is_the_classifiers_own():
    given = effnet.build(SPEC, num_classes=3)
    assert effnet.Classifier(given, preprocessing=SETTINGS, copy=False).model is given
    assert not given.training


def test_outputs_are_read_from_the_last_layer():
    given = effnet.build(SPEC)
    given.classifier[1] = nn.Linear(1280, 5)  # as people do with torchvision's
    classifier = effnet.Classifier(given)
    assert classifier.classes == tuple(f"class {i}" for i in range(5))
    assert len(classifier.predict(Image.new("RGB", (64, 64)))[0].logits) == 5
    with pytest.raises(effnet.EffnetError, match="3 class names for 5 outputs"):
        effnet.Classifier(given, classes=NAMES)


def changed(change) -> nn.Module:
    given = effnet.build(SPEC, num_classes=3)
    change(given)
    return given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda: nn.Linear(3, 4), "Linear is no network of effnet.build"),
        (lambda: effnet.build(SPEC, in_channels=1), "takes 1 channel;"),
        (
            lambda: changed(lambda net: net.classifier.append(nn.Linear(3, 2))),
            "no longer what its spec says",
        ),
        (
            lambda: changed(lambda net: setattr(net, "avgpool", nn.AdaptiveMaxPool2d(1))),
            r"AdaptiveMaxPool2d\(.* in the place of AdaptiveAvgPool2d",
        ),
        (
            lambda: changed(lambda net: net.get_submodule("features.0").add_module("2", nn.ReLU())),
            r"ReLU\(\) in the place of ReLU6",
        ),
        (
            lambda: changed(lambda net: effnet.nn.Backbone(net, output_stride=8)),  # its own layers
            r"Conv2d\(.* in the place of SamePadding",
        ),
    ],
)
def test_what_is_no_such_network_is_refused(given, message):
    with pytest.raises(effnet.EffnetError, match=message):
        effnet.Classifier(given())


def test_preprocessing_is_the_specs_own_where_none_is_given(network):
    assert effnet.Classifier(network).preprocessing.crop == 64


# --- tensors in, features and tensors out


def test_the_transform_is_what_predict_feeds(mine, coffee):
    wanted = to_array(view(open_image(coffee), SETTINGS), SETTINGS)
    tensor = mine.transform()(coffee)
    assert tensor.dtype == torch.float32
    assert np.array_equal(tensor.numpy(), wanted)


def test_a_prepared_tensor_gives_what_its_pictures_give(mine, coffee, chelsea):
    by_picture = mine.predict([coffee, chelsea])
    by_tensor = mine.predict(torch.stack([mine.transform()(one) for one in (coffee, chelsea)]))
    for one, two in zip(by_picture, by_tensor, strict=True):
        np.testing.assert_allclose(one.logits, two.logits, atol=1e-5)
        assert one.labels[0].name == two.labels[0].name
    assert mine.predict(torch.empty(0, 3, 64, 64)) == []


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(3, 64, 64),
        torch.zeros(1, 64, 64, 3),
        torch.zeros(1, 3, 64, 64, dtype=torch.uint8),
    ],
)
def test_a_tensor_that_is_not_prepared_is_refused(mine, tensor):
    with pytest.raises(effnet.EffnetError, match=r"expected \(N, 3, H, W\) of floats"):
        mine.predict(tensor)


def test_the_features_are_what_the_last_layer_reads(mine, coffee, chelsea):
    pictures = [coffee, chelsea, coffee, chelsea, coffee]
    features = mine.features(pictures)
    assert features.shape == (5, 1280)
    assert features.dtype == np.float32
    weight, bias = (p.numpy() for p in mine.model.linear.parameters())
    logits = np.stack([one.logits for one in mine.predict(pictures)])
    np.testing.assert_allclose(features @ weight.T + bias, logits, atol=1e-4)
    assert mine.features([]).shape == (0, 1280)


def test_training_crops_differ_and_have_the_same_scale(mine, coffee):
    torch.manual_seed(0)
    train = mine.transform(train=True)
    tensors = [train(coffee) for _ in range(6)]
    assert all(t.shape == (3, 64, 64) and t.dtype == torch.float32 for t in tensors)
    assert not torch.equal(tensors[0], tensors[1])
    white = train(Image.new("RGB", (90, 120), "white"))
    wanted = (1 - torch.tensor(SETTINGS.mean)) / torch.tensor(SETTINGS.std)
    torch.testing.assert_close(white.mean((1, 2)), wanted)
    torch.manual_seed(0)
    assert torch.equal(train(coffee), tensors[0])


class Pictures(Dataset):
    def __init__(self, paths, transform):
        self.paths, self.transform = paths, transform

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return self.transform(self.paths[index])


def test_the_transform_works_in_a_loaders_workers(mine, coffee):
    pictures = Pictures([coffee] * 2, mine.transform())
    (batch,) = DataLoader(pictures, batch_size=2, num_workers=1, multiprocessing_context="spawn")
    assert torch.equal(batch[0], mine.transform()(coffee))


# --- ways out


def test_a_saved_classifier_is_loaded_as_it_was(mine, coffee, tmp_path):
    path = mine.save(tmp_path / "mine.safetensors")
    again = effnet.load(path, device="cpu")
    assert (again.spec, again.classes, again.preprocessing) == (SPEC, NAMES, SETTINGS)
    assert np.array_equal(again.predict(coffee)[0].logits, mine.predict(coffee)[0].logits)
    assert effnet.build(path, weights=path, num_classes=3).spec == SPEC


def test_a_classifier_goes_through_pickle(mine, coffee):
    again = pickle.loads(pickle.dumps(mine))
    assert (again.classes, again.preprocessing, again.weights) == (NAMES, SETTINGS, mine.weights)
    assert np.array_equal(again.predict(coffee)[0].logits, mine.predict(coffee)[0].logits)


@pytest.mark.parametrize(
    ("dynamic", "shape"),
    [
        ((), (1, 3, 64, 64)),
        (("N",), (3, 3, 64, 64)),
        (("H", "W"), (1, 3, 97, 130)),
        (("N", "H", "W"), (2, 3, 130, 65)),
    ],
)
def test_an_onnx_file_has_the_free_axes_that_were_asked_for(mine, tmp_path, dynamic, shape):
    path = mine.to_onnx(tmp_path / "mine.onnx", dynamic=dynamic)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (image,), (output,) = session.get_inputs(), session.get_outputs()
    sides = zip(("N", "C", "H", "W"), (1, 3, 64, 64), strict=True)
    assert image.shape == [axis if axis in dynamic else size for axis, size in sides]
    assert output.shape == ["N" if "N" in dynamic else 1, 3]
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    (found,) = session.run(None, {"image": x.numpy()})
    with torch.inference_mode():
        np.testing.assert_allclose(found, mine.model(x).numpy(), atol=1e-4)
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["classes"] == '["cat", "cup", "rocket"]'
    assert (facts["crop"], facts["interpolation"]) == ("64", "bilinear")


@pytest.mark.parametrize("dynamic", ["N", ("B",), ("N", "C")])
def test_unknown_axes_are_refused(mine, tmp_path, dynamic):
    with pytest.raises(effnet.EffnetError, match="expected some of N, H and W"):
        mine.to_onnx(tmp_path / "mine.onnx", dynamic=dynamic)


def test_names_with_other_endings_and_missing_folders_are_refused(mine, tmp_path):
    with pytest.raises(effnet.EffnetError, match=r"ends in \.safetensors"):
        mine.save(tmp_path / "mine.pth")
    with pytest.raises(effnet.EffnetError, match=r"ends in \.onnx"):
        mine.to_onnx(tmp_path / "mine.pt")
    with pytest.raises(effnet.EffnetError, match="can't write"):
        mine.save(tmp_path / "nowhere" / "mine.safetensors")


def test_what_does_nothing_in_an_answer_may_differ():
    net = effnet.build(SPEC, num_classes=3)
    net.classifier[0] = nn.Dropout(0.5)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    effnet.Classifier(nn.SyncBatchNorm.convert_sync_batchnorm(net), classes=("a", "b", "c"))
