"""Agreement, boxes, and the tests of a map: against SciPy, by hand, and the grad-cam package."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import spearmanr

from effnet.base import EffnetError, say, speaking
from effnet.cam import agreement
from effnet.cam.agreement import rank_correlation, rungs, share_in_box
from effnet.cam.explanation import Explanation
from effnet.cam.faithfulness import blurred, judge, places_in_order, prepared
from effnet.cam.map_verdict import Order, Randomised, Verdict, area
from effnet.pixels import Picture
from effnet.report import remarks


def map_of(native, *, size=(100, 80), box=(10.0, 0.0, 90.0, 80.0)) -> Explanation:
    """A map with given numbers on a grey picture."""
    values = np.asarray(native, np.float32)
    return Explanation(
        native=values, target=3, label="a thing", probability=0.5, method="gradcam",
        layer="features.8", seconds=0.01, box=box, blank=not values.any(),
        picture=Picture(Image.new("RGB", size, "grey")),
    )  # fmt: skip


# --- agreement ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_rank_correlation_is_scipys(seed):
    """With many ties, as maps cut off at zero have."""
    source = np.random.default_rng(seed)
    a = np.maximum(source.normal(size=(7, 9)), 0).round(1).astype(np.float32)
    b = (a + source.normal(size=a.shape) * seed).round(1).astype(np.float32)
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)


def test_a_flat_map_agrees_with_nothing():
    assert rank_correlation(np.ones((3, 3), np.float32), np.eye(3, dtype=np.float32)) == 0


def test_maps_of_different_shapes_are_refused():
    with pytest.raises(EffnetError, match="expected equal shapes"):
        rank_correlation(np.ones((3, 3), np.float32), np.ones((3, 4), np.float32))


def test_the_same_map_on_another_grid_agrees():
    coarse = np.add.outer(np.arange(7), 2 * np.arange(7)) / 18
    fine = np.add.outer(np.arange(13), 2 * np.arange(13)) / 36
    assert agreement(map_of(coarse), map_of(fine)) > 0.99
    assert agreement(map_of(coarse), map_of(1 - coarse)) < -0.99


def test_only_what_both_networks_saw_is_compared():
    """Two crops of one picture; the maps differ only where but one of them looked."""
    left = np.tile(np.linspace(0, 1, 8), (8, 1))
    first = map_of(left, box=(0.0, 0.0, 80.0, 80.0))
    second = map_of(left[:, 2:], box=(20.0, 0.0, 80.0, 80.0))
    assert agreement(first, second) > 0.98


# --- boxes --------------------------------------------------------------------------------------


def test_an_even_map_has_the_boxs_own_share():
    even = map_of(np.ones((4, 4)) - np.eye(4) * 1e-6)
    stretched = share_in_box(even, (10, 0, 50, 80))
    assert stretched.area == pytest.approx(0.5)
    assert stretched.seen == 1
    assert share_in_box(even, (0, 0, 20, 80)).seen == pytest.approx(0.5)


def test_all_of_a_corner_lies_in_the_corners_box():
    native = np.zeros((4, 4))
    native[0, 0] = 1
    share = share_in_box(map_of(native), (10, 0, 50, 40))
    assert share.mass > 0.99
    assert share.area == pytest.approx(0.25)
    assert share.gain == pytest.approx(share.mass / 0.25)
    assert share_in_box(map_of(native), (50, 40, 90, 80)).mass == 0


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (9, 1, 3, 8), (0, 9, 5, 9)], ids=str)
def test_an_empty_box_is_refused(box):
    with pytest.raises(EffnetError, match="expected left below right"):
        share_in_box(map_of(np.eye(3)), box)


def test_rungs_compare_each_with_the_one_before_and_skip_blank_ones():
    slope = np.tile(np.linspace(0, 1, 7), (7, 1))
    ladder = rungs([map_of(m) for m in (slope, slope, 0 * slope, slope)], box=(10, 0, 50, 80))
    assert [rung.agreement for rung in ladder] == [None, pytest.approx(1), None, None]
    assert [rung.share is None for rung in ladder] == [False, False, True, False]
    claim = remarks.ladder_claim(ladder)
    assert claim.startswith("Two maps side by side agree by 1.0 (rank correlation)")
    assert "an even map would have 50.0 %" in claim


# --- deletion and insertion ---------------------------------------------------------------------


def test_the_area_is_a_trapezoids():
    assert area((1.0, 0.0)) == 0.5
    assert area((1.0, 0.5, 0.0, 0.0)) == pytest.approx(np.trapezoid([1, 0.5, 0, 0], dx=1 / 3))


def test_places_go_brightest_first_and_ties_at_random():
    native = np.array([[0, 0], [0, 1]], np.float32)
    order = places_in_order(native, 8, np.random.default_rng(0)).numpy()
    assert sorted(order) == list(range(64))
    rows, columns = np.divmod(order[:4], 8)
    assert rows.min() >= 6
    assert columns.min() >= 6
    dark = [place for place in order if place // 8 < 2 and place % 8 < 2]
    assert dark != sorted(dark)


def test_a_blur_keeps_the_mean_and_takes_the_detail():
    x = torch.rand(1, 3, 66, 66, generator=torch.Generator().manual_seed(0))
    soft = blurred(x)
    assert soft.shape == x.shape
    assert float(soft.mean()) == pytest.approx(float(x.mean()), abs=0.01)
    assert float(soft.std()) < 0.25 * float(x.std())
    flat = torch.full((1, 3, 44, 44), 0.7)
    torch.testing.assert_close(blurred(flat), flat)


def test_the_drop_is_the_packages_remove_most_relevant_first(lite0, coffee):
    """The grad-cam package's metric with our blur as its imputer, at three quarters kept."""
    from pytorch_grad_cam.metrics.perturbation_confidence import (
        PerturbationConfidenceMetric,
        RemoveMostRelevantFirst,
    )
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget

    explanation = lite0.explain(coffee, target="espresso")
    verdict = judge(lite0, explanation, steps=4, random_orders=2)
    x = prepared(lite0, explanation.image)
    side = x.shape[-1]
    filters = Image.Resampling.BILINEAR
    mask = np.array(Image.fromarray(explanation.native).resize((side, side), filters))

    def blur(picture, keep):
        return torch.where(keep[None] > 0, picture, blurred(picture[None])[0])

    metric = PerturbationConfidenceMetric(RemoveMostRelevantFirst(75, blur))
    target = [ClassifierOutputSoftmaxTarget(explanation.target)]
    with torch.inference_mode():
        theirs = metric(x, mask[None], target, lite0.model, return_diff=False)
    assert verdict.shares[1] == 0.25
    assert verdict.by_map.deletion[1] == pytest.approx(float(theirs[0]), abs=2e-3)
    ends = verdict.by_map.deletion[0], verdict.by_map.insertion[-1]
    assert ends == pytest.approx((explanation.probability,) * 2, rel=1e-3)
    assert verdict.by_map.deletion[-1] == pytest.approx(verdict.by_map.insertion[0], rel=1e-3)
    assert verdict.level in ("follows", "partly")
    assert verdict.gain > 0
    assert len(verdict.cascade) >= 9
    assert verdict.cascade[0].layer == "classifier"
    assert verdict.cascade[-1].layer == "stem"


class LeftError(Exception):
    """Whoever waited has left."""


def test_a_test_can_be_stopped_and_leaves_the_network_alone(lite0, coffee):
    before = [parameter.clone() for parameter in lite0.model.parameters()]
    explanation = lite0.explain(coffee)

    def leave(share, text):
        if share > 0.2:
            raise LeftError(text)

    with pytest.raises(LeftError, match="Blurring"):
        judge(lite0, explanation, steps=2, random_orders=3, progress=leave)
    judge(lite0, explanation, steps=2, random_orders=2)
    for parameter, was in zip(lite0.model.parameters(), before, strict=True):
        assert torch.equal(parameter, was)


def test_what_a_test_is_at_is_said_in_the_readers_language(lite0, coffee):
    said = set()
    judge(
        lite0,
        lite0.explain(coffee),
        steps=1,
        random_orders=1,
        progress=lambda _share, text: said.add(text),
    )
    with speaking("zh"):
        assert not [text for text in said if text and say(text) == text]


# --- the verdict's words ------------------------------------------------------------------------


def verdict_of(ours, randoms, *, cascade=0.1, probability=0.9, trained=True) -> Verdict:
    """Curves of three points: whole, half, none; `ours` and `randoms` are their halves."""

    def order(name, half):
        return Order(name, (probability, half, 0.0), (0.0, probability - half, probability))

    return Verdict(
        probability=probability,
        chance=0.001,
        shares=(0.0, 0.5, 1.0),
        by_map=order("map", ours),
        centre=order("centre", 0.5),
        randoms=tuple(order("random", half) for half in randoms),
        cascade=(Randomised("classifier", 0.8), Randomised("stem", cascade)),
        trained=trained,
    )


@pytest.mark.parametrize(
    ("made", "level", "said"),
    [
        (verdict_of(0.1, (0.6, 0.5, 0.7)), "follows", "The map follows what the network learned"),
        (verdict_of(0.1, (0.6, 0.5, 0.7), cascade=0.9), "partly", "stays much the same"),
        (verdict_of(0.45, (0.3, 0.5, 0.7)), "chance", "no better than chance"),
        (verdict_of(0.0, (0.0, 0.0), probability=0.002), "nothing", "nothing to explain"),
        (verdict_of(0.1, (0.6, 0.5), trained=False), "untrained", "Nothing in this map was"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_verdict_says_what_its_numbers_say(made, level, said):
    assert made.level == level
    assert said in remarks.verdict_claim(made, map_of(np.eye(3)))


def test_a_verdict_tells_the_loss_of_the_brightest_fifth():
    claim = remarks.verdict_claim(verdict_of(0.1, (0.6, 0.5, 0.7)), map_of(np.eye(3)))
    assert "blurring its brightest 20 % takes a thing from 90.0 % to 58.0 %" in claim
    assert "a random 20 % to 78.0 %" in claim
