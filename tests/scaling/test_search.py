"""Step 1's grid and the solver: exact counts, limits that hold, nothing better passed over."""

import itertools

import pytest

from effnet.base import EffnetError
from effnet.counting import memory
from effnet.counting.cost import count
from effnet.network.variants import get_variant, list_variants
from effnet.scaling import search
from effnet.scaling.compound import compound_scale, scale
from effnet.scaling.search import Grid, Limits, released, solve, step_one

MIB = 2**20
BUDGETS = {
    "macs": Limits(macs=10**9),
    "weights": Limits(macs=10**9, weights_bytes=40 * MIB, resolution=224),
    "int8": Limits(macs=2 * 10**9, weights_bytes=8 * MIB, itemsize=1, resolution=96),
    "memory": Limits(macs=10**9, peak_bytes=12 * MIB, params=10**7),
}


# --- step 1 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tolerance", [0.0, 0.02, 0.1, 0.3])
def test_all_choices_near_the_budget_are_found(tolerance):
    axes = ([i / 20 for i in range(20, 41)], *([[i / 20 for i in range(20, 31)]] * 2))
    near = {
        choice
        for choice in itertools.product(*axes)
        if abs(choice[0] * choice[1] ** 2 * choice[2] ** 2 - 2) <= tolerance + 1e-9
    }
    found = step_one("b0", tolerance)
    assert {(one.alpha, one.beta, one.gamma) for one in found} == near
    assert len(found) == len(near)


@pytest.mark.parametrize("base", ["b0", "lite0", "resnet50"])
def test_candidates_are_counted(base):
    start = count(get_variant(base)).macs
    for one in step_one(base, 0.1)[::9]:
        spec = compound_scale(1, one.alpha, one.beta, one.gamma, base=base)
        cost = count(spec)
        assert (one.params, one.macs, one.activations) == (
            cost.params,
            cost.macs,
            cost.activations,
        )
        assert (one.blocks, one.resolution) == (spec.blocks, spec.resolution)
        assert one.ratio == pytest.approx(cost.macs / start)


def test_equal_numbers_are_equal_networks():
    found = step_one("b0", 0.1)
    specs = {
        one: (spec.stages, spec.head_channels, spec.stem_channels, spec.resolution)
        for one in found
        for spec in [compound_scale(1, one.alpha, one.beta, one.gamma)]
    }
    assert len(set(specs.values())) == len({one.network for one in found})
    for one, other in itertools.combinations(found, 2):
        assert (one.network == other.network) == (specs[one] == specs[other])


def test_the_published_choice_is_marked_and_is_8_hundredths_under():
    (paper,) = [one for one in step_one("b0", 0.1) if one.published]
    assert (paper.alpha, paper.beta, paper.gamma) == (1.2, 1.1, 1.15)
    assert paper.product == pytest.approx(1.9203, abs=1e-4)
    assert paper.ratio == pytest.approx(2.57, abs=0.005)  # not 2: rounding
    assert not any(one.published for one in step_one("b0", 0.07))


def test_bounds_narrow_the_grid():
    def choices(found):
        return {(one.alpha, one.beta, one.gamma) for one in found}

    inside = {
        (alpha, beta, gamma)
        for alpha, beta, gamma in choices(step_one("b0", 0.2))
        if 1.1 <= alpha <= 1.3 and beta <= 1.2 and 1.1 <= gamma <= 1.3
    }
    grid = Grid(alpha=(1.1, 1.3), beta=(1.0, 1.2), gamma=(1.1, 1.3))
    assert choices(step_one("b0", 0.2, grid)) == inside != set()


@pytest.mark.parametrize(
    "wrong",
    [{"tolerance": -0.1}, {"tolerance": float("nan")}, {"grid": Grid(alpha=(2, 1))}],
    ids=str,
)
def test_a_useless_grid_is_named(wrong):
    with pytest.raises(EffnetError, match="expected"):
        step_one("b0", **{"tolerance": 0.1, **wrong})


# --- a network for a budget -------------------------------------------------------------------


def within(spec, limits):
    cost, held = count(spec), memory.weights(spec)
    pairs = (
        (limits.macs, cost.macs),
        (limits.params, cost.params),
        (limits.weights_bytes, held.bytes(limits.itemsize)),
        (limits.peak_bytes, memory.peak(spec).live),
    )
    keeps = all(limit is None or value <= limit for limit, value in pairs)
    return keeps and spec.resolution >= limits.resolution


@pytest.mark.parametrize("limits", BUDGETS.values(), ids=BUDGETS)
@pytest.mark.parametrize("base", ["b0", "lite0", "mobilenet_v2"])
def test_what_fits_keeps_within_limits_and_has_no_room_left(base, limits):
    found = solve(base, limits)
    assert found.fits
    for fit in (*found.fits[:: max(1, len(found.fits) // 12)], *found.front):
        spec = scale(base, depth=fit.depth, width=fit.width, resolution=fit.resolution)
        cost = count(spec)
        assert within(spec, limits), fit
        assert (fit.params, fit.macs, fit.activations) == (
            cost.params,
            cost.macs,
            cost.activations,
        )
        for more in range(1, 4):
            wider = scale(base, depth=fit.depth, width=fit.width, resolution=fit.resolution + more)
            assert not within(wider, limits) or fit.resolution == 1024, fit


@pytest.mark.parametrize("limits", BUDGETS.values(), ids=BUDGETS)
def test_no_shape_is_passed_over(limits):
    """Every depth and width of a coarser grid that fits at the least input is among the fits."""
    base = get_variant("b0")
    found = {
        (scale(base, depth=fit.depth, width=fit.width).stages, fit.width)
        for fit in solve("b0", limits).fits
    }
    for depth, width in itertools.product(
        (0.5, 1.0, 1.5, 2.0, 3.0, 5.0), (0.4, 0.8, 1.1, 1.6, 2.5)
    ):
        spec = base.scaled(depth=depth, width=width, resolution=limits.resolution)
        assert ((spec.stages, width) in found) == within(spec, limits), (depth, width)


@pytest.mark.parametrize("limits", BUDGETS.values(), ids=BUDGETS)
def test_nothing_beats_the_front(limits):
    found = solve("b0", limits)
    for fit in found.front:
        assert not any(other.macs >= fit.macs and other.spread < fit.spread for other in found.fits)


@pytest.mark.parametrize("limits", BUDGETS.values(), ids=BUDGETS)
def test_the_choice_is_the_most_balanced_that_spends_95_percent(limits):
    found = solve("b0", limits)
    most = max(fit.macs for fit in found.fits)
    spending = [fit for fit in found.fits if fit.macs >= 0.95 * most]
    assert found.best.macs >= 0.95 * most
    assert found.best.spread == min(fit.spread for fit in spending)


def test_the_front_knows_its_peak():
    for fit in solve("b0", Limits(macs=10**9)).front:
        spec = scale("b0", depth=fit.depth, width=fit.width, resolution=fit.resolution)
        assert fit.peak_bytes == memory.peak(spec).live


def test_a_billion_multiply_adds_buy_the_released_b2():
    best = solve("b0", Limits(macs=10**9)).best
    spec = scale("b0", depth=best.depth, width=best.width, resolution=best.resolution)
    assert spec.stages == get_variant("b2").stages
    assert best.resolution == pytest.approx(260, abs=6)


@pytest.mark.parametrize(
    ("multipliers", "value"),
    [
        ((1.0, 1.0, 1.0), 0.0),
        ((1.2, 1.1, 1.15), 0.0),
        ((1.2**3, 1.1**3, 1.15**3), 0.0),
        ((1.8, 1.4, 380 / 224), 3.78 - 3.22),  # B4's implied phi: depth 3.22, resolution 3.78
    ],
    ids=["base", "one step", "three steps", "B4"],
)
def test_imbalance_is_the_spread_of_phi(multipliers, value):
    assert search.spread(*multipliers) == pytest.approx(value, abs=0.01)


def test_limits_that_nothing_keeps_give_nothing():
    found = solve("resnet50", Limits(macs=10**6, resolution=512))
    assert (found.fits, found.front, found.best) == ((), (), None)


@pytest.mark.parametrize("limits", BUDGETS.values(), ids=BUDGETS)
def test_published_networks_fit_or_not(limits):
    assert {one.name: one.fits for one in released(limits)} == {
        name: within(get_variant(name), limits) for name in list_variants()
    }


@pytest.mark.parametrize(
    "wrong", [{"macs": 0}, {"params": -1}, {"resolution": 0}, {"resolution": 4096}], ids=str
)
def test_useless_limits_are_named(wrong):
    with pytest.raises(EffnetError, match="expected"):
        solve("b0", Limits(**wrong))
