"""Maps against the grad-cam package's own, on private models in one thread: equal to 1e-4.

The package's traps (hooks, modes, shared gradients) do no harm there: its values are the yardstick.
"""

import copy
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pytest
import torch
from oracles import calibrate, calibrated
from PIL import Image

import effnet
from effnet.cam.core import list_layers
from effnet.cam.methods import METHODS
from effnet.nn import workers
from effnet.nn.weight_files import load_state
from effnet.pixels.preparation import to_array, view
from effnet.weights.checkpoints import Preprocessing

PACKAGE_NAMES = {
    "gradcam": "GradCAM",
    "gradcam++": "GradCAMPlusPlus",
    "hirescam": "HiResCAM",
    "xgradcam": "XGradCAM",
    "layercam": "LayerCAM",
    "eigencam": "EigenCAM",
    "eigengradcam": "EigenGradCAM",
    "scorecam": "ScoreCAM",
    "ablationcam": "AblationCAM",
}
QUICK = [name for name in PACKAGE_NAMES if not METHODS[name].slow]
SLOW = [name for name in PACKAGE_NAMES if METHODS[name].slow]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both sides in this thread, on one core: with more, sums differ by 1e-6 of the largest.

    Grad-CAM++ divides by nearly nothing where activations go below zero, and makes 0.04 of that.
    """
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr(workers, "call", lambda f, *values, **named: f(*values, **named))
    yield
    torch.set_num_threads(usual)


@lru_cache(maxsize=4)
def classifier_of(name: str, crop: int) -> effnet.Classifier:
    """Lite0 with its real weights; the others with torchvision's calibrated random state dict."""
    if name == "lite0":
        return effnet.load("lite0", device="cpu")
    model = load_state(effnet.get_variant(name), calibrated(name).state_dict(), origin=name)
    settings = Preprocessing(crop + 16, crop, "bilinear")
    return effnet.Classifier(model, weights="calibrated", preprocessing=settings, device="cpu")


def theirs(name: str, stage: int) -> tuple[torch.nn.Module, torch.nn.Module]:
    """A private model that nobody else touches, and its layer: torchvision's where it has one."""
    if name == "lite0":
        model = copy.deepcopy(classifier_of(name, 0).model).requires_grad_(True)
        return model, model.get_submodule(list_layers(model)[stage])
    model = copy.deepcopy(calibrated(name)).requires_grad_(True)
    return model, model.features[stage]


def ours_and_theirs(name, stage, layer, method, noise, *, crop) -> tuple[np.ndarray, np.ndarray]:
    """Both maps at the size of the network's input."""
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    classifier = classifier_of(name, crop)
    settings = classifier.preprocessing
    # as large as it is resized to, so that the crop is whole pixels
    image = noise.resize((settings.resize + 32, settings.resize), Image.Resampling.BICUBIC)
    explanation = classifier.explain(image, method=method, layer=layer)
    left, top, right, bottom = (round(edge) for edge in explanation.box)
    assert explanation.box == (left, top, right, bottom)
    assert right - left == bottom - top == settings.crop
    model, module = theirs(name, stage)
    x = torch.from_numpy(to_array(view(image, settings), settings))[None]
    with getattr(pytorch_grad_cam, PACKAGE_NAMES[method])(model, [module]) as explain:
        wanted = explain(x, [ClassifierOutputTarget(explanation.target)])[0]
    return explanation.map[top:bottom, left:right], wanted


@pytest.mark.parametrize("method", QUICK)
@pytest.mark.parametrize("layer", ["last", "mid"])
@pytest.mark.parametrize("name", ["b0", "b4", "v2_s", "lite0"])
def test_quick_maps_are_those_of_the_package(name, layer, method, noise):
    stage = -1 if layer == "last" else {"lite0": 7}.get(name, 4)
    at = {"last": None, "mid": "features.4"}[layer] if name != "lite0" else None
    if name == "lite0" and layer == "mid":
        at = list_layers(classifier_of(name, 0).model)[stage]
    found, wanted = ours_and_theirs(name, stage, at, method, noise, crop=128)
    assert wanted.std() > 0.02, "a flat map proves nothing"
    assert np.abs(found - wanted).max() < 1e-4


# one pass a channel: the layers with few channels here; other networks' last ones in
# bench_parity.py
FEW_CHANNELS = {"b0": 2, "b4": 2, "v2_s": 2, "lite0": 4}


@pytest.mark.parametrize("method", SLOW)
@pytest.mark.parametrize("name", FEW_CHANNELS)
def test_slow_maps_are_those_of_the_package(name, method, noise):
    stage = FEW_CHANNELS[name]
    at = (
        f"features.{stage}" if name != "lite0" else list_layers(classifier_of(name, 0).model)[stage]
    )
    found, wanted = ours_and_theirs(name, stage, at, method, noise, crop=64)
    assert wanted.std() > 0.02
    assert np.abs(found - wanted).max() < 1e-4


@pytest.mark.parametrize("method", SLOW)
def test_slow_maps_of_the_last_layer_are_those_of_the_package(method, noise):
    """All 1,280 channels of B0's head, on a view of 48 px: a map of 2 x 2."""
    found, wanted = ours_and_theirs("b0", -1, None, method, noise, crop=48)
    assert wanted.std() > 0.02
    assert np.abs(found - wanted).max() < 1e-4


@lru_cache(maxsize=1)
def small_classifier() -> effnet.Classifier:
    """A network small enough for a pass per channel of its last layer."""
    torch.manual_seed(0)
    spec = effnet.scale("b0", depth=0.3, width=0.25, resolution=64)
    model = calibrate(effnet.build(spec, num_classes=10), side=64)
    settings = Preprocessing(72, 64, "bilinear")
    return effnet.Classifier(model, weights="calibrated", preprocessing=settings, device="cpu")


def packages_map(model, layer: str, method: str, x: torch.Tensor, target: int) -> np.ndarray:
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    private = copy.deepcopy(model).requires_grad_(True)
    module = private.get_submodule(layer)
    with getattr(pytorch_grad_cam, PACKAGE_NAMES[method])(private, [module]) as explain:
        return explain(x, [ClassifierOutputTarget(target)])[0]


@pytest.mark.parametrize("method", SLOW)
@pytest.mark.parametrize("stage", [-1, 4], ids=["last", "mid"])
def test_slow_maps_of_a_small_network_are_those_of_the_package(stage, method, noise):
    classifier, target = small_classifier(), 3
    image = noise.resize((80, 72))
    layer = list_layers(classifier.model)[stage]
    explanation = classifier.explain(image, method=method, target=target, layer=layer)
    settings = classifier.preprocessing
    x = torch.from_numpy(to_array(view(image, settings), settings))[None]
    wanted = packages_map(classifier.model, layer, method, x, target)
    assert explanation.box == (8, 4, 72, 68)
    assert wanted.std() > 0.05
    assert np.abs(explanation.map[4:68, 8:72] - wanted).max() < 1e-4


# --- the package's Ablation-CAM, and the paper's


def test_where_activations_end_at_zero_both_ablations_are_the_packages(lite0, noise):
    """Lite's head ends in ReLU6: its lowest activation is 0, and the package then writes 0 too."""
    image = noise.resize((288, 256))
    target = lite0.predict(image)[0].labels[0].index  # a score above zero
    found = lite0.explain(image, method="ablationcam-zero", target=target).native
    package = lite0.explain(image, method="ablationcam", target=target).native
    np.testing.assert_allclose(found, package, atol=1e-4)


def test_at_the_last_layer_the_papers_ablation_is_cam(lite0, coffee):
    """Behind it only a mean and a linear layer follow, so a channel's drop is weight times mean.

    CAM weighs by the weight alone; here the drop is compared channel by channel.
    """
    from effnet.cam.channel_sweeps import _scores, prepare
    from effnet.cam.faithfulness import prepared
    from effnet.cam.question import Question

    x = prepared(lite0, coffee)
    _, sweep = prepare(lite0.model, x, method="ablationcam-zero", layer=None)
    scores = np.concatenate([_scores(sweep, start, [Question(967)]) for start in sweep.starts])
    drops = float(sweep.logits[0, 967]) - scores[:, 0]
    weights = lite0.model.linear.weight[967].numpy()
    means = sweep.activation[0].mean((1, 2)).numpy()
    np.testing.assert_allclose(drops, weights * means, atol=1e-4)


def test_below_zero_the_packages_weights_grow_with_the_place_in_the_batch(noise):
    """SiLU goes below zero; the package then subtracts 1e7, once more for every row of a batch."""
    from pytorch_grad_cam import ablation_cam
    from pytorch_grad_cam.ablation_layer import AblationLayer
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    classifier = small_classifier()
    private = copy.deepcopy(classifier.model).requires_grad_(True)
    image = noise.resize((80, 72))
    settings = classifier.preprocessing
    x = torch.from_numpy(to_array(view(image, settings), settings))[None]
    weights = []

    class Spy(ablation_cam.AblationCAM):
        def get_cam_weights(self, *values, **named):
            weights.append(super().get_cam_weights(*values, **named)[0])
            return weights[0][None]

    layer = private.get_submodule(list_layers(private)[-1])
    with Spy(private, [layer], ablation_layer=AblationLayer()) as explain:
        explain(x, [ClassifierOutputTarget(3)])
    size = np.abs(weights[0])
    place = np.arange(size.size) % 32
    assert size[place >= 24].mean() > 3 * size[place < 8].mean()
    assert np.corrcoef(size, place)[0, 1] > 0.5
