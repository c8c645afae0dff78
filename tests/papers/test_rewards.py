"""The searches' objectives: worked by hand, cost lowers the reward, T never changes the order."""

from itertools import pairwise

import pytest

from effnet.base import EffnetError
from effnet.papers.search_objectives import rated_by_first, rated_by_second


def order(ranked):
    return [one.name for one in ranked]


def by_name(ranked):
    return {one.name: one for one in ranked}


def test_the_first_objective_by_hand():
    """B0: 77.1 * (385.814752 / 400)**-0.07 = 77.1 * exp(0.07 * 0.036109) = 77.2951."""
    rated = by_name(rated_by_first())
    assert rated["EfficientNet-B0"].reward == pytest.approx(77.2951, abs=5e-4)
    # B7: 84.3 * (37,745.884 / 400)**-0.07 = 84.3 * 0.727389
    assert rated["EfficientNet-B7"].reward == pytest.approx(84.3 * 0.727389, abs=5e-3)


def test_the_second_objective_by_hand():
    """V2-S on Table 7: 83.9 * (7.1 / 10)**-0.07 * (21,458,488 / 12,233,232)**-0.05 = 83.55."""
    rated = by_name(rated_by_second(step="hours"))
    assert rated["EfficientNet-B3"].reward == pytest.approx(81.5)
    assert rated["EfficientNetV2-S"].reward == pytest.approx(83.55, abs=5e-3)


def test_v2_s_comes_first_by_training_hours_and_b0_by_multiply_adds():
    assert order(rated_by_second(step="hours"))[0] == "EfficientNetV2-S"
    assert order(rated_by_second(step="macs"))[0] == "EfficientNet-B0"
    assert order(rated_by_first())[0] == "EfficientNet-B0"


@pytest.mark.parametrize("target", [5e7, 1e9, 4e9])
def test_the_target_never_changes_the_order(target):
    assert order(rated_by_first(target=target)) == order(rated_by_first())


@pytest.mark.parametrize("others", [False, True], ids=["own", "others"])
def test_without_exponents_accuracy_alone_ranks(others):
    for ranked in (rated_by_first(w=0, others=others), rated_by_second(w=0, v=0, others=others)):
        assert all(one.reward == one.top1 for one in ranked)
        assert all(high.top1 >= low.top1 for high, low in pairwise(ranked))


@pytest.mark.parametrize("w", [-0.03, -0.07, -0.2])
def test_doubling_the_cost_costs_the_same_share_everywhere(w):
    at_t, at_half = (by_name(rated_by_first(w=w, target=target)) for target in (800e6, 400e6))
    for name, one in at_t.items():
        assert at_half[name].reward == pytest.approx(one.reward * 2**w)
        assert at_half[name].reward < one.reward


def test_a_positive_exponent_pays_for_cost():
    ranked = order(rated_by_first(w=0.1))
    assert ranked.index("EfficientNet-B7") < ranked.index("EfficientNet-B0")


@pytest.mark.parametrize("step", ["hours", "latency"])
def test_printed_times_rank_the_networks_of_table_7(step):
    names = set(order(rated_by_second(step=step)))
    assert names == {
        *(f"EfficientNet-B{i}" for i in range(3, 8)),
        *(f"EfficientNetV2-{size}" for size in "SML"),
    }


def test_other_peoples_networks_come_with_printed_costs():
    rated = by_name(rated_by_first(others=True))
    assert (rated["ResNet-50"].macs, rated["ResNet-50"].computed) == (pytest.approx(4.1e9), False)
    assert rated["EfficientNet-B0"].computed
    assert "ResNet-50" not in by_name(rated_by_first())


def test_more_training_data_is_another_matter():
    """V2-S after ImageNet-21k: the same network, other hours and accuracy; not in the plain row."""
    (plain, more) = (
        by_name(rated_by_second(step="hours", others=True))[f"EfficientNetV2-S{mark}"]
        for mark in ("", " (21k)")
    )
    assert (plain.params, plain.family) == (more.params, more.family)
    assert (plain.top1, more.top1) == (83.9, 84.9)
    assert not any("21k" in name for name in order(rated_by_second(step="hours")))


@pytest.mark.parametrize(
    "wrong", [{"w": float("nan")}, {"target": 0.0}, {"target": float("inf")}], ids=str
)
def test_useless_numbers_are_named(wrong):
    with pytest.raises(EffnetError, match="expected"):
        rated_by_first(**wrong)


def test_an_unknown_step_time_is_named():
    with pytest.raises(EffnetError, match="sundial"):
        rated_by_second(step="sundial")
