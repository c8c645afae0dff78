"""Class activation maps: exact where they can be, on the cup, refused in words, leaving nothing."""

import copy
import threading
from functools import lru_cache

import numpy as np
import pytest
import torch
from oracles import calibrate, calibrated
from PIL import Image

import effnet
from effnet import cam
from effnet.base import EffnetError
from effnet.base.colours import VIRIDIS, coloured
from effnet.cam.core import cut_at, list_layers, unit_range
from effnet.cam.explanation import place
from effnet.cam.inside import prepared
from effnet.cam.methods import METHODS
from effnet.cam.question import Question
from effnet.nn import workers
from effnet.nn.weight_files import load_state
from effnet.pixels.preparation import crop_box
from effnet.pixels.samples import get_sample
from effnet.weights.checkpoints import Preprocessing

QUICK = [name for name, method in METHODS.items() if not method.slow]


@lru_cache(maxsize=2)
def classifier_of(name: str) -> effnet.Classifier:
    """Our network with the weights of torchvision's calibrated one, on small crops."""
    model = load_state(effnet.get_variant(name), calibrated(name).state_dict(), origin=name)
    settings = Preprocessing(144, 128, "bilinear")
    return effnet.Classifier(model, weights="calibrated", preprocessing=settings, device="cpu")


@lru_cache(maxsize=1)
def small_classifier() -> effnet.Classifier:
    """A network small enough for the methods that pass once a channel."""
    torch.manual_seed(0)
    spec = effnet.scale("b0", depth=0.3, width=0.25, resolution=64)
    model = calibrate(effnet.build(spec, num_classes=10), side=64)
    settings = Preprocessing(72, 64, "bilinear")
    return effnet.Classifier(model, weights="calibrated", preprocessing=settings, device="cpu")


def private_classifier() -> effnet.Classifier:
    """The small one with a network of its own, to be broken."""
    shared = small_classifier()
    return effnet.Classifier(
        copy.deepcopy(shared.model),
        weights=shared.weights,
        preprocessing=shared.preprocessing,
        device="cpu",
    )


def test_maps_tell_pictures_and_classes_apart(noise):
    classifier = classifier_of("b0")
    other = noise.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    first = classifier.explain(noise, target=3).native
    assert np.abs(first - classifier.explain(other, target=3).native).max() > 0.1
    assert np.abs(first - classifier.explain(noise, target=700).native).max() > 0.1


@pytest.mark.parametrize("target", [0, 285, 967, 999])
@pytest.mark.parametrize("photo", ["chelsea", "coffee"])
def test_cam_equals_gradcam_at_the_last_layer(lite0, photo, target):
    path = get_sample(photo).path
    by_weights = lite0.explain(path, method="cam", target=target)
    by_gradient = lite0.explain(path, method="gradcam", target=target)
    assert by_weights.layer == by_gradient.layer == "features.8"
    np.testing.assert_allclose(by_weights.native, by_gradient.native, atol=1e-5)


@pytest.mark.parametrize("name", ["b0", "v2_s"])
@pytest.mark.parametrize("seed", range(4))
def test_cam_equals_gradcam_at_the_last_layer_of_any_network(name, seed):
    """After ReLU and normalisation; the gradient of a mean is the weight over the places."""
    source = np.random.default_rng(seed)
    picture = source.integers(0, 256, (9, 11, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    by_weights, by_gradient = (
        classifier_of(name).explain(picture, method=method) for method in ("cam", "gradcam")
    )
    assert by_weights.native.std() > 0.05
    np.testing.assert_allclose(by_weights.native, by_gradient.native, atol=1e-5)


@pytest.mark.parametrize("name", ["lite0", "b0", "v2_s"])
def test_at_the_default_layer_the_places_add_up_to_the_score(name, lite0, coffee):
    """Why it is the default: there a map is a division of the score, not an estimate."""
    classifier = lite0 if name == "lite0" else classifier_of(name)
    x = prepared(classifier, coffee)
    found = cam.quick_maps(
        classifier.model, x, method="cam", questions=[Question(967)], layers=[None]
    )
    assert found.layers == [cam.default_layer(classifier.model)]
    bias = float(classifier.model.linear.bias[967])
    with torch.inference_mode():
        score = float(classifier.model(x)[0, 967])
    assert found.maps[0][0].mean() + bias == pytest.approx(score, rel=1e-3, abs=1e-4)


def test_several_classes_and_layers_are_those_asked_for_one_by_one(lite0, coffee):
    targets, layers = [967, (968, 967), None], ["features.4", "features.8"]
    together = lite0.explain_many(coffee, method="layercam", targets=targets, layers=layers)
    pairs = [(target, layer) for target in targets for layer in layers]
    for (target, layer), found in zip(pairs, together, strict=True):
        alone = lite0.explain(coffee, method="layercam", target=target, layer=layer)
        assert (found.target, found.against, found.layer) == (
            alone.target,
            alone.against,
            alone.layer,
        )
        np.testing.assert_allclose(found.native, alone.native, atol=1e-4)


def test_rather_than_turned_round_speaks_for_the_other(lite0, coffee):
    """Signed maps of A rather than B and of B rather than A are each other's negative."""
    x = prepared(lite0, coffee)
    found = cam.quick_maps(
        lite0.model, x, method="gradcam",
        questions=[Question(967, 968), Question(968, 967), Question(967), Question(968)],
        layers=[None],
    )  # fmt: skip
    forth, back, first, second = (maps[0] for maps in found.maps)
    np.testing.assert_allclose(forth, -back, atol=1e-6)
    np.testing.assert_allclose(forth, first - second, atol=1e-5)


# --- where it looks

CUP = (172, 18, 408, 308)  # cup and handle in the 600 x 400 picture: left, top, right, bottom


def centre_of_mass(values: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[: values.shape[0], : values.shape[1]] + 0.5
    total = values.sum()
    return float((values * columns).sum() / total), float((values * rows).sum() / total)


@pytest.mark.parametrize("method", ["gradcam", "cam", "gradcam++", "hirescam", "layercam"])
def test_the_espresso_is_seen_on_the_cup(lite0, coffee, method):
    explanation = lite0.explain(coffee, method=method, target="espresso")
    left, top, right, bottom = CUP
    x, y = centre_of_mass(explanation.map)
    assert left < x < right
    assert top < y < bottom
    row, column = np.unravel_index(explanation.map.argmax(), explanation.map.shape)
    assert left < column < right
    assert top < row < bottom
    inside = np.zeros(explanation.map.shape, bool)
    inside[top:bottom, left:right] = True
    seen = np.zeros_like(inside)
    seen[25:375, 125:475] = True
    assert explanation.map[inside & seen].mean() > 2 * explanation.map[seen & ~inside].mean()


@pytest.mark.parametrize(("cut", "side"), [(8, "right"), (172, "left")])
def test_the_map_follows_the_cup_to_the_side(lite0, coffee, cut, side):
    """The cup's middle lies at x = 290 of the whole picture; a 400 px window moves it."""
    window = Image.open(coffee).convert("RGB").crop((cut, 0, cut + 400, 400))
    explanation = lite0.explain(window, target="espresso")
    x, _ = centre_of_mass(explanation.map)
    assert abs(x - (290 - cut)) < 45
    assert (x > 200) is (side == "right")


def test_the_record_agrees_with_the_prediction(lite0, coffee):
    (prediction,) = lite0.predict(coffee)
    explanation = lite0.explain(coffee)
    best = prediction.labels[0]
    assert (explanation.target, explanation.label) == (best.index, best.name)
    assert explanation.probability == pytest.approx(best.probability, rel=1e-4)
    assert (explanation.method, explanation.layer) == ("gradcam", "features.8")
    assert explanation.seconds > 0
    assert not explanation.blank
    assert explanation.image.size == (600, 400)


@pytest.mark.parametrize("method", QUICK)
def test_a_map_covers_the_picture_from_zero_to_one(lite0, coffee, method):
    explanation = lite0.explain(coffee, method=method, target="espresso")
    assert explanation.map.shape == (400, 600)
    assert explanation.map.dtype == explanation.native.dtype == np.float32
    assert explanation.native.shape == (7, 7)
    for values in (explanation.map, explanation.native):
        assert values.min() == 0
        assert values.max() == 1
    left, top, right, bottom = (round(edge) for edge in explanation.box)
    assert explanation.box == crop_box(600, 400, lite0.preprocessing)
    seen = np.zeros((400, 600), bool)
    seen[top:bottom, left:right] = True
    assert not explanation.map[~seen].any()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 90), (90, 5), (301, 77)])
def test_pictures_of_any_size_have_a_map(lite0, size):
    source = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    explanation = lite0.explain(source)
    assert explanation.map.shape == (size[1], size[0])
    assert np.isfinite(explanation.map).all()
    assert explanation.overlay().size == size


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 3), (6, 2), (1, 5)])
def test_a_cell_of_the_map_lands_where_the_network_saw_it(row, column):
    native = np.zeros((7, 7), np.float32)
    native[row, column] = 1
    box = crop_box(600, 400, Preprocessing(256, 224))
    left, top, right, bottom = box
    values = place(native, (600, 400), box)
    y, x = np.unravel_index(values.argmax(), values.shape)
    # at an edge the peak reaches from the cell's middle outwards
    assert abs(x - (left + (column + 0.5) * (right - left) / 7)) <= (right - left) / 14
    assert abs(y - (top + (row + 0.5) * (bottom - top) / 7)) <= (bottom - top) / 14
    cells = place(native, (600, 400), box, smooth=False)
    assert set(np.unique(cells)) == {0, 1}
    assert centre_of_mass(cells) == pytest.approx(
        (left + (column + 0.5) * (right - left) / 7, top + (row + 0.5) * (bottom - top) / 7), abs=1
    )


def test_a_crop_larger_than_the_picture_is_cut_at_its_edges():
    values = place(np.ones((2, 2), np.float32) * [[0, 1]], (10, 8), (-2.0, -1.0, 12.0, 9.0))
    assert values.shape == (8, 10)
    assert values[:, -1].min() == 1


# --- blank maps and the overlay


def test_weights_that_are_no_numbers_are_said_to_be_so(noise):
    classifier = private_classifier()
    classifier.model.linear.weight.fill_(float("nan"))
    for ask in (classifier.explain, classifier.predict):
        with pytest.raises(EffnetError, match=r"weights of .* NaN .* in classifier\.1"):
            ask(noise)


def test_a_map_that_says_nothing_is_flagged(noise):
    classifier = private_classifier()
    classifier.model.linear.weight.fill_(0.0)
    explanation = classifier.explain(noise, target=1)
    assert explanation.blank
    assert not explanation.map.any()
    assert not explanation.native.any()


@pytest.mark.parametrize("raw", [[[1, 1], [1, 1]], [[0, np.nan]], [[0, np.inf]], [[0, 0]]], ids=str)
def test_flat_maps_and_non_numbers_become_zero(raw):
    values, blank = unit_range(np.array(raw, np.float32))
    assert blank
    assert not values.any()


def test_a_map_of_small_numbers_is_not_blank():
    values, blank = unit_range(np.array([[1e-14, 3e-14]], np.float32))
    assert not blank
    assert values.tolist() == [[0, 1]]


def test_the_overlay_mixes_where_it_was_seen_and_dims_where_not(lite0, coffee):
    explanation = lite0.explain(coffee, target="espresso")
    picture = np.asarray(explanation.image, dtype=float)
    seen = (slice(25, 375), slice(125, 475))
    clear, full = (np.asarray(explanation.overlay(alpha), dtype=float) for alpha in (0, 1))
    assert clear.shape == (400, 600, 3)
    np.testing.assert_array_equal(clear[seen], picture[seen])
    np.testing.assert_allclose(full[seen], coloured(explanation.map)[seen], atol=1)
    for overlay in (clear, full):
        np.testing.assert_allclose(overlay[:, :125], picture[:, :125] * cam.DIMMED, atol=1)
    half = np.asarray(explanation.overlay(), dtype=float)
    np.testing.assert_allclose(half[seen], (clear[seen] + full[seen]) / 2, atol=1)


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan")])
def test_an_opacity_is_from_zero_to_one(lite0, coffee, alpha):
    with pytest.raises(EffnetError, match=f"opacity {alpha!r}"):
        lite0.explain(coffee).overlay(alpha)


def test_the_colours_are_viridis():
    from matplotlib import colormaps

    places = np.linspace(0, 1, len(VIRIDIS))
    wanted = np.asarray(colormaps["viridis"](places))[:, :3] * 255
    np.testing.assert_allclose(coloured(places[None].astype(np.float32))[0], wanted, atol=1.5)


# --- what is refused


def test_an_unknown_method_hears_the_known_ones(lite0, coffee):
    with pytest.raises(
        EffnetError, match=r"unknown method 'smoothgrad'; expected one of cam, grad"
    ):
        lite0.explain(coffee, method="smoothgrad")


@pytest.mark.parametrize(
    ("layer", "near"),
    [
        ("features.99", r"did you mean features\.8, "),
        ("features.8.0", r"did you mean features\.7\.0, "),
        ("block", ""),
        ("", ""),
    ],
)
def test_an_unknown_layer_hears_the_known_ones(lite0, coffee, layer, near):
    wanted = rf"unknown layer '{layer}'; {near}.*expected one of features\.0"
    with pytest.raises(EffnetError, match=wanted):
        lite0.explain(coffee, layer=layer)


@pytest.mark.parametrize("target", [-1, 1000, 10**9])
def test_an_impossible_class_is_named(lite0, coffee, target):
    with pytest.raises(EffnetError, match=f"class {target}; expected 0 to 999"):
        lite0.explain(coffee, target=target)


@pytest.mark.parametrize("target", ["dog house", "1000000"])
def test_an_unknown_class_name_is_named(lite0, coffee, target):
    with pytest.raises(EffnetError, match=f"unknown class '{target}'"):
        lite0.explain(coffee, target=target)


def test_cam_is_for_the_last_layer_only(lite0, coffee):
    with pytest.raises(EffnetError, match=r"only 'features\.8' will do; use gradcam"):
        lite0.explain(coffee, method="cam", layer="features.4")


def test_a_picture_that_cannot_be_read_is_refused(lite0):
    with pytest.raises(EffnetError, match="not a picture"):
        lite0.explain(b"words")


@pytest.mark.parametrize("name", ["b0", "mobilenet_v2", "resnet50", "mobilenet_v1", "v2_s"])
def test_layers_are_listed_from_stem_to_last_map(name):
    with torch.device("meta"):
        model = effnet.build(effnet.get_variant(name))
    names = list_layers(model)
    assert names == [step for step, _ in model.steps()[:-1]]
    assert cut_at(model, None) == (names[-1], len(names))
    for position, layer in enumerate(names, start=1):
        assert cut_at(model, layer) == (layer, position)


def test_a_stages_name_means_its_last_block():
    with torch.device("meta"):
        model = effnet.build(effnet.get_variant("b0"))
    assert cut_at(model, "features.4") == ("features.4.2", 9)


@pytest.mark.parametrize("layer", ["stem", "layer1", "layer4.0", None])
def test_every_layout_can_be_explained(layer, noise):
    classifier = effnet.load("resnet50", weights="random", device="cpu")
    calibrate(classifier.model, side=64, images=8)
    explanation = classifier.explain(noise, layer=layer)
    assert np.isfinite(explanation.map).all()


# --- nothing left behind


def traces(model: torch.nn.Module) -> dict[str, object]:
    """All that a careless method leaves on a model."""
    return {
        "modes": [module.training for module in model.modules()],
        "hooks": [
            (len(m._forward_hooks), len(m._forward_pre_hooks), len(m._backward_hooks))
            for m in model.modules()
        ],
        "modules": [type(module).__name__ for module in model.modules()],
        "grads": [p.grad is None for p in model.parameters()],
        "frozen": [p.requires_grad for p in model.parameters()],
        "state": {key: value.clone() for key, value in model.state_dict().items()},
    }


def assert_same(before: dict, after: dict) -> None:
    for key, value in before.pop("state").items():
        assert torch.equal(value, after["state"][key]), key
    assert before == {key: value for key, value in after.items() if key != "state"}
    assert all(before["grads"])
    assert not any(before["modes"])
    assert not any(map(any, before["hooks"]))


@pytest.mark.parametrize("method", METHODS)
def test_explaining_leaves_nothing_behind(method, noise):
    classifier = small_classifier()
    before = traces(classifier.model)
    classifier.explain(noise, method=method)
    assert_same(before, traces(classifier.model))
    for here in (True, False):
        enabled = torch.is_grad_enabled() if here else workers.call(torch.is_grad_enabled)
        assert enabled


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": 10},
        {"layer": "nowhere"},
        {"method": "none"},
        {"method": "cam", "layer": "features.2"},
    ],
    ids=str,
)
def test_a_refusal_leaves_nothing_behind(wrong, noise):
    classifier = small_classifier()
    before = traces(classifier.model)
    with pytest.raises(EffnetError):
        classifier.explain(noise, **wrong)
    assert_same(before, traces(classifier.model))


@pytest.mark.parametrize("method", ["gradcam", "scorecam", "ablationcam"])
def test_a_crash_in_the_middle_leaves_nothing_behind(method, noise, monkeypatch):
    classifier = private_classifier()
    before = traces(classifier.model)
    passes = iter(range(100))

    def breaks(features):
        if next(passes) >= (1 if method != "gradcam" else 0):
            raise RuntimeError("out of memory")
        return type(classifier.model).classify(classifier.model, features)

    monkeypatch.setattr(classifier.model, "classify", breaks)
    with pytest.raises(RuntimeError, match="out of memory"):
        classifier.explain(noise, method=method)
    monkeypatch.undo()
    assert_same(before, traces(classifier.model))


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_callers_gradient_mode_does_not_matter(lite0, coffee, mode):
    usual = lite0.explain(coffee, target=967)
    with mode():
        found = lite0.explain(coffee, target=967)
    assert np.array_equal(found.map, usual.map)


def test_calls_run_on_the_workers_and_errors_come_back(lite0):
    def name():
        return threading.current_thread().name

    assert workers.call(name).startswith("effnet-worker")
    assert workers.call(workers.call, name).startswith("effnet-worker")
    with pytest.raises(ZeroDivisionError):
        workers.call(lambda: 1 / 0)
