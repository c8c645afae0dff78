"""Ladder, ensemble, resolutions, damage and mistakes: what they are made of and leave."""

import numpy as np
import pytest
import torch
from PIL import Image

import effnet
from effnet.base import EffnetError
from effnet.classify import answers, breakage, perturbations
from effnet.classify.breakage import MISTAKES, broken, right
from effnet.classify.perturbations import DAMAGES
from effnet.classify.prediction import softmax
from effnet.pixels.preparation import open_image, view


@pytest.fixture(scope="module")
def cup(coffee):
    return open_image(coffee)


@pytest.fixture(scope="module")
def usual(lite0, cup):
    return lite0.predict(cup)[0]


# --- other networks


def test_a_rung_says_where_the_class_stands(usual):
    same = answers.rung("lite0", usual, usual.labels[0].index)
    assert same.agrees
    assert same.probability == pytest.approx(same.reference_probability)
    third = answers.rung("lite0", usual, usual.labels[2].index)
    assert not third.agrees
    assert third.reference_rank == 3
    assert third.reference_probability == pytest.approx(usual.labels[2].probability)


def test_standings_of_all_classes_are_a_permutation_and_sum_to_one(usual):
    found = [answers.standing(usual, i) for i in range(1000)]
    assert sorted(rank for rank, _ in found) == list(range(1, 1001))
    assert sum(probability for _, probability in found) == pytest.approx(1)


def test_the_ensemble_is_the_mean_of_probabilities(cup, usual):
    other = effnet.load("lite1", device="cpu").predict(cup)[0]
    found = answers.mean_probabilities([usual, other])
    assert found == pytest.approx((softmax(usual.logits) + softmax(other.logits)) / 2)
    assert answers.mean_probabilities([usual]) == pytest.approx(softmax(usual.logits))
    with pytest.raises(EffnetError, match="at least one"):
        answers.mean_probabilities([])


# --- resolutions


def test_the_dial_at_the_usual_side_is_the_usual_answer(lite0, cup, usual):
    found = dict(answers.resolution_dial(lite0, cup, [96, 224]))
    np.testing.assert_allclose(found[224].logits, usual.logits, atol=1e-4)
    assert np.abs(found[96].logits - usual.logits).max() > 0.1


@pytest.mark.parametrize("side", [32, 224, 300])
def test_the_crop_keeps_its_share(lite0, side):
    settings = answers.at_resolution(lite0.preprocessing, side)
    assert settings.crop == side
    assert settings.resize / side == pytest.approx(256 / 224, abs=0.02)


@pytest.mark.parametrize("side", [0, 31, 5000])
def test_a_side_that_is_not_sane_is_refused(lite0, side):
    with pytest.raises(EffnetError, match=f"resolution {side}; expected 32 to 1,024"):
        answers.at_resolution(lite0.preprocessing, side)


# --- damage


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_grows_from_none(name, lite0, cup):
    damage, seen = DAMAGES[name], view(cup, lite0.preprocessing)

    def changed(strength: float) -> float:
        found = damage.apply(seen, strength)
        assert (found.size, found.mode) == (seen.size, "RGB")
        return float(np.abs(np.asarray(found, float) - np.asarray(seen, float)).mean())

    strengths = sorted(damage.strengths, key=lambda s: abs(s - damage.harmless))
    assert damage.harmless in damage.strengths
    assert changed(strengths[0]) < 3
    assert changed(strengths[-1]) > 4 + changed(strengths[0])


def test_a_curve_has_the_usual_answer_where_nothing_is_damaged(lite0, cup, usual):
    found = perturbations.curve(lite0, cup, "blur")
    assert len(found) == len(DAMAGES["blur"].strengths)
    np.testing.assert_allclose(found[0].logits, usual.logits, atol=1e-4)
    espresso = usual.labels[0].index
    assert answers.standing(found[-1], espresso)[1] < usual.labels[0].probability / 2


def test_a_box_covers_what_it_says():
    seen = Image.new("RGB", (20, 10), "white")
    found = np.asarray(perturbations.covered(seen, (5, 2, 8, 4)))
    grey = (found == perturbations.GREY).all(axis=2)
    assert grey.sum() == 6
    assert grey[2:4, 5:8].all()
    assert np.asarray(perturbations.covered(seen, (5, 5, 5, 9))).min() == 255


def test_a_round_brush_paints_what_it_says():
    """A dot of diameter 40 px, a line of it, and a box, by their areas in geometry."""
    white = Image.new("RGB", (200, 100), "white")

    def area(*strokes):
        found = np.asarray(perturbations.painted(white, strokes))
        grey = (found == perturbations.GREY).all(axis=2)
        assert (found[~grey] == 255).all()
        return grey.sum()

    dot, line = (0.4, ((0.5, 0.5),)), (0.4, ((0.25, 0.5), (0.75, 0.5)))
    assert area(dot) == pytest.approx(np.pi * 20**2, rel=0.05)
    assert area(line) == pytest.approx(np.pi * 20**2 + 100 * 40, rel=0.05)
    assert area(dot, line) == pytest.approx(area(line), rel=0.01)
    assert area((0.0, ((0.75, 0.6), (0.25, 0.1)))) == 100 * 50
    assert area() == 0


# --- mistakes


@pytest.mark.parametrize("name", [n for n in MISTAKES if n != "training"])
def test_a_mistake_gives_the_network_other_numbers(name, lite0, cup):
    wrong = MISTAKES[name].pixels(lite0, cup)
    good = right(lite0, cup)
    assert wrong.shape == good.shape
    assert wrong.dtype == np.float32
    assert not np.allclose(wrong, good, atol=1e-3)


def test_mistakes_are_what_they_are_called(lite0, cup):
    good = right(lite0, cup)
    given = {name: one.pixels(lite0, cup) for name, one in MISTAKES.items()}
    np.testing.assert_allclose(given["bgr"], good[..., ::-1], atol=1e-6)
    assert 0 <= given["unnormalised"].min() < given["unnormalised"].max() <= 1
    assert given["bytes"].max() > 200
    np.testing.assert_allclose(given["bytes"] / 255, given["unnormalised"], atol=1e-6)
    np.testing.assert_allclose(
        given["other_numbers"],
        (given["unnormalised"] - np.float32((0.485, 0.456, 0.406)))
        / np.float32((0.229, 0.224, 0.225)),
        atol=1e-5,
    )


def test_training_mode_changes_the_answer_and_not_the_model(lite0, cup, usual):
    before = {key: value.clone() for key, value in lite0.model.state_dict().items()}
    found = broken(lite0, cup, "training")
    assert np.abs(found.logits - usual.logits).max() > 1
    after = lite0.model.state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
    assert not any(module.training for module in lite0.model.modules())


def test_bytes_ruin_the_answer(lite0, cup, usual):
    assert broken(lite0, cup, "bytes").labels[0].index != usual.labels[0].index


def test_every_mistake_says_how_it_happens():
    assert all(one.title and one.code for one in breakage.MISTAKES.values())
