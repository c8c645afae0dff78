"""A map lies on the photo where its evidence was: known pictures, and photos with known objects."""

import copy

import numpy as np
import pytest
import torch

import effnet
from effnet import cam
from effnet.cam.agreement import share_in_box
from effnet.cam.faithfulness import judge, shuffle, stages_down
from effnet.report import remarks

ASPECTS = ((440, 400), (480, 360), (640, 400), (600, 300))
POSITIONS = [(across, down) for across in (0.2, 0.4, 0.6, 0.8) for down in (0.2, 0.5, 0.8)]
PLAIN, BRIGHT = (128, 128, 128), (255, 240, 90)

# left, top, right, bottom in the photo's pixels
CUP = (172, 18, 408, 308)  # coffee, 600 x 400: cup and handle
FACE = (115, 80, 330, 260)  # chelsea, 451 x 300: eyes, cheeks, nose and mouth


def scene(size, middle, radius) -> np.ndarray:
    """One bright disc on a plain ground."""
    width, height = size
    rows, columns = np.mgrid[:height, :width] + 0.5
    picture = np.full((height, width, 3), PLAIN, np.uint8)
    picture[(columns - middle[0]) ** 2 + (rows - middle[1]) ** 2 < radius**2] = BRIGHT
    return picture


@pytest.mark.parametrize("turned", [False, True], ids=["wide", "tall"])
@pytest.mark.parametrize("aspect", ASPECTS, ids=lambda size: "{}x{}".format(*size))
def test_the_peak_falls_where_the_bright_object_is(lite0, aspect, turned):
    """Twelve places in what the network sees; a cell's half is allowed around the object."""
    size = aspect[::-1] if turned else aspect
    plain = scene(size, (0, 0), 0)
    explanation = lite0.explain(plain)
    left, top, right, bottom = explanation.box
    assert right - left == pytest.approx(bottom - top, abs=2)
    side = right - left
    for across, down in POSITIONS:
        middle = (left + across * side, top + down * side)
        radius = 0.15 * side
        explanation = lite0.explain(scene(size, middle, radius))
        assert not explanation.blank
        y, x = np.unravel_index(explanation.map.argmax(), explanation.map.shape)
        near = radius + side / explanation.native.shape[1] / 2
        assert abs(x - middle[0]) <= near, (across, down)
        assert abs(y - middle[1]) <= near, (across, down)


@pytest.mark.parametrize("turned", [False, True], ids=["wide", "tall"])
@pytest.mark.parametrize("aspect", ASPECTS, ids=lambda size: "{}x{}".format(*size))
def test_the_border_that_was_never_seen_is_zero_and_dimmed(lite0, aspect, turned):
    size = aspect[::-1] if turned else aspect
    picture = scene(size, (size[0] / 2, size[1] / 2), 40)
    explanation = lite0.explain(picture)
    left, top, right, bottom = explanation.window
    seen = np.zeros(explanation.map.shape, bool)
    seen[top:bottom, left:right] = True
    assert 0.2 < (~seen).mean() < 0.7
    assert not explanation.map[~seen].any()
    overlay = np.asarray(explanation.overlay(0.0), dtype=float)
    np.testing.assert_allclose(overlay[~seen], picture[~seen] * cam.DIMMED, atol=1)
    np.testing.assert_array_equal(overlay[seen], picture[seen])


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "layercam", "gradcam++", "xgradcam"])
@pytest.mark.parametrize(
    ("photo", "box", "target"), [("coffee", CUP, "espresso"), ("chelsea", FACE, "tiger cat")]
)
def test_over_half_of_the_map_lies_on_the_object(lite0, photo, box, target, method, request):
    explanation = lite0.explain(request.getfixturevalue(photo), method=method, target=target)
    share = share_in_box(explanation, box)
    assert share.mass > 0.5
    assert share.gain > 1.2, "an even map would do nearly as well"
    assert share.area < 0.6


def shuffled(classifier: effnet.Classifier, seed: int) -> effnet.Classifier:
    """The same network with every tensor's weights in random order."""
    private = copy.deepcopy(classifier.model)
    generator = torch.Generator().manual_seed(seed)
    for _, tensors in stages_down(private):
        for tensor in tensors:
            shuffle(tensor, generator)
    settings = classifier.preprocessing
    return effnet.Classifier(private, weights="shuffled", preprocessing=settings, device="cpu")


@pytest.mark.parametrize(("photo", "box"), [("coffee", CUP), ("chelsea", FACE)])
def test_random_weights_are_near_chance_in_the_box(lite0, photo, box, request):
    picture = request.getfixturevalue(photo)
    gains = []
    for seed in range(6):
        explanation = shuffled(lite0, seed).explain(picture, target="espresso")
        if not explanation.blank:
            gains.append(share_in_box(explanation, box).gain)
    trained = share_in_box(lite0.explain(picture), box).gain
    assert len(gains) >= 4
    assert 0.5 < np.mean(gains) < 1.2
    assert np.mean(gains) < trained


def test_the_verdict_says_that_a_shuffled_network_knows_nothing(lite0, coffee):
    classifier = shuffled(lite0, 0)
    explanation = classifier.explain(coffee, target="espresso")
    verdict = judge(classifier, explanation, steps=2, random_orders=2)
    assert verdict.level == "nothing"
    assert remarks.verdict_claim(verdict, explanation).startswith("There is nothing to explain")


def test_the_verdict_says_that_random_weights_learned_nothing(coffee):
    classifier = effnet.load("lite0", weights="random", device="cpu")
    explanation = classifier.explain(coffee, target="espresso")
    verdict = judge(classifier, explanation, steps=2, random_orders=2)
    assert verdict.level == "untrained"
    claim = remarks.verdict_claim(verdict, explanation)
    assert claim.startswith("Nothing in this map was learned")
    assert "espresso gets 0.1 % where chance is 0.1 %" in claim
