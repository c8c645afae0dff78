"""Networks of equal cost: nothing comes closer, counts are exact, the paper's ones are found."""

from itertools import pairwise

import pytest
from oracles import expected

from effnet.base import EffnetError
from effnet.counting.cost import count
from effnet.network.variants import get_variant
from effnet.scaling.compound import scale
from effnet.scaling.equal_cost_search import COMPARED, WAYS, at_budget, equal_cost, nearest

B0 = 385_814_752


def macs(base, depth=1.0, width=1.0, side=None):
    return count(scale(base, depth=depth, width=width, resolution=side)).macs


@pytest.mark.parametrize("base", COMPARED)
def test_counts_are_those_of_the_network(base):
    for one in at_budget(base, 3.3):
        spec = one.spec()
        cost = count(spec)
        assert (one.params, one.macs, one.activations, one.blocks) == (
            cost.params,
            cost.macs,
            cost.activations,
            spec.blocks,
        )


@pytest.mark.parametrize("base", COMPARED)
def test_once_the_base_is_the_base(base):
    for one in at_budget(base, 1):
        assert (one.depth, one.width, one.resolution) == (1, 1, get_variant(base).resolution)
        assert one.off == 0


@pytest.mark.parametrize("factor", [1.5, 4, 15.9])
def test_no_other_depth_comes_closer(factor):
    (found, *_) = at_budget("b0", factor)
    target = round(factor * B0)
    others = (abs(macs("b0", depth=blocks / 12) - target) for blocks in range(12, 12 * 20))
    assert abs(found.macs - target) == min(others)


@pytest.mark.parametrize("factor", [1.5, 4, 15.9])
def test_no_other_width_comes_closer(factor):
    found = at_budget("b0", factor)[1]
    target = round(factor * B0)
    near = range(round(found.width * 1000) - 60, round(found.width * 1000) + 61)
    assert abs(found.macs - target) <= min(
        abs(macs("b0", width=number / 1000) - target) for number in near
    )


@pytest.mark.parametrize("factor", [1.5, 4, 15.9])
def test_no_other_resolution_comes_closer(factor):
    found = at_budget("b0", factor)[2]
    target = round(factor * B0)
    sides = {side: abs(macs("b0", side=side) - target) for side in range(200, 1000)}
    best = min(sides.values())
    assert found.resolution == max(side for side, off in sides.items() if off == best)


@pytest.mark.parametrize("factor", [1.5, 4, 15.9])
def test_no_other_phi_comes_closer(factor):
    found = at_budget("b0", factor)[3]
    target = round(factor * B0)
    near = range(round(found.phi * 1000) - 150, round(found.phi * 1000) + 151)
    for number in near:
        phi = number / 1000
        depth, width = round(1.2**phi, 4), round(1.1**phi, 4)
        other = macs("b0", depth, width, round(224 * 1.15**phi))
        assert abs(found.macs - target) <= abs(other - target)


@pytest.mark.parametrize(
    "row",
    [row for row in expected("single_dimension") if float(row["coefficient"]) > 1],
    ids=lambda row: f"{row['dimension']} {row['coefficient']}",
)
def test_the_figures_networks_are_found_by_their_cost(row):
    """Figure 3 and Table 7, counted apart from this code."""
    found = nearest("b0", row["dimension"], round(float(row["gmacs"]) * 1e9))
    # counts are rounded to a million: the next width may lie nearer; odd sides cost the same
    assert found.params == pytest.approx(int(row["params"]), rel=2e-3)
    assert found.resolution == pytest.approx(int(row["resolution"]), abs=1)
    assert found.macs == pytest.approx(float(row["gmacs"]) * 1e9, abs=0.6e6)
    multipliers = {"depth": found.depth, "width": found.width, "resolution": found.resolution / 224}
    assert multipliers[row["dimension"]] == pytest.approx(float(row["coefficient"]), rel=8e-3)


def test_compound_at_three_times_is_near_the_released_b3():
    """Figure 8's compound dots are B0 to B4: B3 counts 1.827 G with 26 blocks at 300 px."""
    found = nearest("b0", "compound", count(get_variant("b3")).macs)
    assert (found.blocks, found.phi) == (26, pytest.approx(2.0, abs=0.05))
    assert found.resolution == pytest.approx(300, abs=6)


def test_a_larger_budget_never_gives_a_cheaper_network():
    for way in WAYS:
        costs = [nearest("b0", way, round(times * B0 / 10)).macs for times in range(15, 161, 5)]
        assert all(low <= high for low, high in pairwise(costs))


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf")])
def test_a_budget_must_be_a_number_above_0(factor):
    with pytest.raises(EffnetError, match="times the base"):
        at_budget("b0", factor)


def test_an_unknown_way_is_named():
    with pytest.raises(EffnetError, match="height"):
        nearest("b0", "height", B0)


# --- the surface ------------------------------------------------------------------------------


@pytest.mark.parametrize(("base", "times"), [("b0", 2.57), ("mobilenet_v1", 6), ("v2_s", 0.6)])
def test_every_dot_is_counted_and_no_other_input_is_nearer(base, times):
    target = round(times * count(get_variant(base)).macs)
    networks = equal_cost(base, target).networks()
    assert len(networks) > 40
    for depth, width, side, costs, activations in networks[::7]:
        cost = count(scale(base, depth=depth, width=width, resolution=side))
        assert (cost.macs, cost.activations) == (costs, activations)
        for other in (side - 2, side - 1, side + 1, side + 2):
            assert abs(costs - target) <= abs(macs(base, depth, width, other) - target)


def test_depths_of_the_surface_are_different_networks():
    found = equal_cost("b0", 3 * B0)
    repeats = [scale("b0", depth=depth).stages for depth in found.depths]
    assert len(set(repeats)) == len(repeats)


def test_one_dimension_alone_lies_inside_the_surface():
    found = equal_cost("b0", 3 * B0)
    corners = {way: nearest("b0", way, 3 * B0) for way in WAYS}
    assert found.depths[0] < 1 < corners["depth"].depth < found.depths[-1]
    assert found.widths[0] < 1 < corners["width"].width < found.widths[-1]
    sides = [side for _, _, side, *_ in found.networks()]
    assert min(sides) < 224 < corners["resolution"].resolution < max(sides)


def test_a_cost_out_of_reach_has_no_dots():
    assert equal_cost("b0", 10**14).networks() == ()
