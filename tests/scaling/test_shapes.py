"""Costs without a walk equal those of a walk; searches over them equal trying everything."""

import random

import pytest

from effnet.counting import memory
from effnet.counting.cost import count
from effnet.network.variants import get_variant
from effnet.scaling import shapes

BASES = ("b0", "v2_s", "v2_b0", "lite0", "mobilenet_v1", "mobilenet_v2", "resnet50")
PLACES = [
    (round(pick.uniform(0.1, 6), 4), round(pick.uniform(0.2, 4), 4), pick.randint(17, 700))
    for pick in [random.Random(5)]
    for _ in range(25)
]


@pytest.mark.parametrize("name", BASES)
def test_totals_are_those_of_the_whole_network(name):
    base = get_variant(name)
    for depth, width, side in PLACES:
        cost = count(base.scaled(depth=depth, width=width, resolution=side))
        totals = shapes.width_costs(base, width).curve(shapes.repeats_at(base, depth)).at(side)
        assert (totals.params, totals.macs, totals.activations) == (
            cost.params,
            cost.macs,
            cost.activations,
        ), (depth, width, side)


@pytest.mark.parametrize("name", BASES)
def test_memory_is_that_of_the_whole_network(name):
    base = get_variant(name)
    for depth, width, side in PLACES:
        spec = base.scaled(depth=depth, width=width, resolution=side)
        repeats = shapes.repeats_at(base, depth)
        curve = shapes.peak_curve(base, width, tuple(blocks > 1 for blocks in repeats))
        held = memory.weights(spec)
        assert curve.at(side) == memory.peak(spec).live, (depth, width, side)
        assert shapes.width_costs(base, width).numbers(repeats) == held.params + held.statistics


def test_depth_steps_are_the_distinct_networks():
    base = get_variant("b0")
    steps = shapes.depth_steps(base, 0.25, 8.0, 0.05)
    everything = [shapes.repeats_at(base, number / 20) for number in range(5, 161)]
    assert [shapes.repeats_at(base, depth) for depth in steps] == list(dict.fromkeys(everything))
    assert 1.0 in steps


def test_lites_outer_stages_stay_one_block():
    assert shapes.repeats_at(get_variant("lite0"), 4.0) == (1, 8, 8, 12, 12, 16, 1)


@pytest.mark.parametrize("name", ["b0", "resnet50"])
@pytest.mark.parametrize("macs", [1e8, 1e9, 7e9])
def test_the_largest_input_is_the_last_that_fits(name, macs):
    curve = shapes.width_costs(get_variant(name), 1.3).curve(
        shapes.repeats_at(get_variant(name), 1.5)
    )
    fitting = [side for side in range(32, 1025) if curve.at(side).macs <= macs]
    assert shapes.largest_resolution(curve, macs, 32, 1024) == (fitting[-1] if fitting else None)


@pytest.mark.parametrize("name", ["b0", "lite0"])
@pytest.mark.parametrize("mebibytes", [2, 5, 11.7, 30])
def test_the_largest_input_for_memory_is_the_last_that_fits(name, mebibytes):
    """Lite pads by hand at even sides, so its peak falls here and there as the side grows."""
    curve = shapes.peak_curve(get_variant(name), 1.0, (True,) * 7)
    most = round(mebibytes * 2**20)
    fitting = [side for side in range(32, 500) if curve.at(side) <= most]
    assert curve.largest(most, 32, 499) == (fitting[-1] if fitting else None)


@pytest.mark.parametrize(
    ("low", "high", "value"),
    [
        (9_000, 11_200, 1.0),
        (11_700, 12_999, 1.2),
        (13_334, 15_000, 1.5),
        (10_050, 10_099, 1.009),
        (12_345, 12_345, 1.2345),
    ],
)
def test_the_simplest_multiplier_has_the_fewest_decimals(low, high, value):
    assert shapes.simplest(low, high) == value
