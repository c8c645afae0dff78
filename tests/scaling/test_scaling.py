"""Compound and free scaling: closed form against built networks, the budget, hostile input."""

import math
import random
from itertools import groupby, pairwise

import pytest
import torch
from oracles import counted_macs, expected, parameters
from torch import nn
from torchvision.models._utils import _make_divisible
from torchvision.models.efficientnet import EfficientNet, MBConvConfig

import effnet
from effnet.base import EffnetError
from effnet.counting.cost import cost_curve
from effnet.network.spec import Spec
from effnet.scaling.compound import (
    ALPHA,
    BETA,
    GAMMA,
    budget,
    phi_curve,
    project_to_budget,
    solve_budget,
)

PHIS = [step / 100 for step in range(701)]
BASES = ("b0", "v2_s", "v2_b0", "lite0", "mobilenet_v1", "mobilenet_v2", "resnet50")
WRONG_NUMBERS = [float("nan"), float("inf"), -float("inf")]


def on_meta(spec: Spec) -> nn.Module:
    with torch.device("meta"):
        return effnet.build(spec).eval()


# --- the closed form against networks


def macs_of_modules(model: nn.Module, sides: list[int]) -> list[int]:
    """Multiply-adds from the modules' own weights, strides and paddings, in their order.

    For networks whose convolutions follow each other, squeeze-and-excitation and classifier aside.
    """
    totals, sides = [0] * len(sides), list(sides)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) or name.endswith(("fc1", "fc2")):
            totals = [total + module.weight.numel() for total in totals]
        elif isinstance(module, nn.Conv2d):
            pad, kernel, stride = module.padding[0], module.kernel_size[0], module.stride[0]
            sides = [(side + 2 * pad - kernel) // stride + 1 for side in sides]
            weights = module.weight.numel()
            totals = [t + weights * side * side for t, side in zip(totals, sides, strict=True)]
    return totals


@pytest.mark.slow
def test_all_701_positions_of_phi_count_what_the_built_network_has(monkeypatch):
    """Each distinct network is built; every eighth also runs under PyTorch's counter."""
    for values in ("effnet.nn.model.initialise", "torch.nn.Conv2d.reset_parameters"):
        monkeypatch.setattr(values, lambda _: None)  # they don't matter
    networks = groupby(
        map(effnet.compound_scale, PHIS),
        lambda spec: (spec.stages, spec.stem_channels, spec.head_channels),
    )
    for number, (_, specs) in enumerate(networks):  # one of them in memory at a time
        first, *_ = alike = list(specs)
        model = on_meta(first)
        params = parameters(model)
        if number % 8 == 0:
            assert effnet.count(first).macs == counted_macs(model, first.resolution)
        macs = macs_of_modules(model, [spec.resolution for spec in alike])
        for spec, right in zip(alike, macs, strict=True):
            cost = effnet.count(spec)
            assert cost.params == params, spec.name
            assert cost.macs == right, spec.name
    assert number + 1 == 242


def test_the_phi_curve_is_the_count_at_every_position():
    points = phi_curve(PHIS)
    assert [point.phi for point in points] == PHIS
    specs = [effnet.compound_scale(phi) for phi in PHIS]
    for point, spec in zip(points, specs, strict=True):
        cost = effnet.count(spec)
        assert (point.resolution, point.params, point.macs, point.activations) == (
            spec.resolution,
            cost.params,
            cost.macs,
            cost.activations,
        ), point.phi


def test_the_phi_curve_tells_distinct_networks_apart():
    numbers = [point.network for point in phi_curve(PHIS)]
    keys = []
    for phi in PHIS:
        spec = effnet.compound_scale(phi)
        keys.append((spec.stages, spec.stem_channels, spec.head_channels))
    order = list(dict.fromkeys(keys))
    assert numbers == [order.index(key) for key in keys]


@pytest.mark.parametrize("base", BASES)
def test_the_phi_curve_of_any_base_is_its_count(base):
    for point in phi_curve([-1.5, 0, 0.7, 2.25], 1.3, 1.05, 1.2, base=base):
        spec = effnet.compound_scale(point.phi, 1.3, 1.05, 1.2, base=base)
        cost = effnet.count(spec)
        assert (point.resolution, point.params, point.macs, point.activations) == (
            spec.resolution,
            cost.params,
            cost.macs,
            cost.activations,
        )


@pytest.mark.parametrize("phi", [-2, -0.5, 0, 0.5, 1, 2, 3.5, 5, 7])
def test_a_network_along_phi_is_the_one_torchvision_would_scale(phi):
    """torchvision's own block settings under the same multipliers; its head is set to our rule."""
    depth, width = ALPHA**phi, BETA**phi
    rows = [
        (1, 3, 1, 32, 16, 1),
        (6, 3, 2, 16, 24, 2),
        (6, 5, 2, 24, 40, 2),
        (6, 3, 2, 40, 80, 3),
        (6, 5, 1, 80, 112, 3),
        (6, 5, 2, 112, 192, 4),
        (6, 3, 1, 192, 320, 1),
    ]
    settings = [MBConvConfig(*row, width_mult=width, depth_mult=depth) for row in rows]
    with torch.device("meta"):
        model = EfficientNet(settings, 0.2, last_channel=_make_divisible(1280 * width, 8)).eval()
    spec = effnet.compound_scale(phi)
    cost = effnet.count(spec)
    assert cost.params == parameters(model)
    assert cost.macs == counted_macs(model, spec.resolution)


def free_scalings(number: int) -> list[tuple[str, float, float, int]]:
    """Seeded multipliers, every base in turn, in the ranges that sliders offer."""
    source = random.Random(20260701)
    return [
        (
            BASES[i % len(BASES)],
            round(source.uniform(0.2, 3.0), 3),
            round(source.uniform(0.2, 2.5), 3),
            source.randrange(32, 640),
        )
        for i in range(number)
    ]


@pytest.mark.parametrize(
    ("base", "depth", "width", "resolution"),
    free_scalings(49),
    ids=str,
)
def test_free_multipliers_count_what_the_built_network_has(base, depth, width, resolution):
    spec = effnet.scale(base, depth=depth, width=width, resolution=resolution)
    model, cost = on_meta(spec), effnet.count(spec)
    assert cost.params == parameters(model)
    assert cost.macs == counted_macs(model, resolution)
    assert cost_curve(spec).at(resolution).macs == cost.macs


# --- the formula and the released networks


@pytest.mark.parametrize(("phi", "released"), [(1, "b2"), (2, "b3")])
def test_whole_phi_gives_a_released_networks_widths_and_depths(phi, released):
    scaled, spec = effnet.compound_scale(phi), effnet.get_variant(released)
    assert scaled.stages == spec.stages
    assert scaled.stem_channels == spec.stem_channels


def test_the_released_networks_do_not_lie_on_the_formula():
    points = {effnet.compound_scale(phi).stages for phi in PHIS}
    assert effnet.get_variant("b7").stages not in points


@pytest.mark.parametrize(
    ("phi", "resolution"),
    [(0, 224), (0.5, 240), (1, 258), (2, 296), (3.5, 365), (5, 451), (6, 518), (7, 596)],
)
def test_resolution_is_the_rounded_formula(phi, resolution):
    assert effnet.compound_scale(phi).resolution == resolution


def test_phi_zero_is_the_base_itself():
    assert effnet.compound_scale(0) == effnet.get_variant("b0")
    assert effnet.compound_scale(0, base="v2_s") == effnet.get_variant("v2_s")


@pytest.mark.parametrize("phi", [-1, -3, -8, -40])
def test_negative_phi_shrinks_and_never_vanishes(phi):
    small, base = effnet.compound_scale(phi), effnet.get_variant("b0")
    assert effnet.count(small).macs < effnet.count(base).macs
    assert small.resolution >= 1
    assert all(stage.repeats >= 1 and stage.channels >= 8 for stage in small.stages)


def test_cost_never_falls_as_phi_rises():
    points = phi_curve(PHIS)
    assert all(a.macs <= b.macs for a, b in pairwise(points))


@pytest.mark.parametrize("row", expected("implied_phi"), ids=lambda row: row["variant"])
def test_each_axis_of_a_released_network_stands_for_another_phi(row):
    found = effnet.implied_phi(effnet.get_variant(row["variant"]))
    assert f"{found.depth:.2f}" == row["phi_from_depth"]
    assert f"{found.width:.2f}" == row["phi_from_width"]
    assert f"{found.resolution:.2f}" == row["phi_from_resolution"]


@pytest.mark.parametrize("phi", [-2.0, 0.3, 4.0])
def test_the_implied_phi_of_a_compound_network_is_its_phi(phi):
    found = effnet.implied_phi(effnet.compound_scale(phi))
    assert found.depth == pytest.approx(phi)
    assert found.width == pytest.approx(phi)
    assert found.resolution == pytest.approx(phi, abs=0.05)  # whole pixels


def test_no_phi_is_implied_where_an_axis_never_scales():
    assert math.isnan(effnet.implied_phi(effnet.get_variant("b4"), alpha=1.0).depth)


def test_a_network_scaled_by_nothing_is_the_base():
    assert effnet.scale("b0") is effnet.get_variant("b0")
    spec = effnet.compound_scale(1.5)
    assert effnet.scale(spec) is spec


def test_a_scaled_network_says_what_was_done_to_it():
    assert effnet.scale("b0", depth=2, width=1.5, resolution=256).name == "b0 d2 w1.5 r256"


def test_any_spec_can_be_scaled_further():
    once = effnet.scale("b0", depth=2, width=1.5)
    assert effnet.scale(once, depth=2).depth == 4


# --- the budget


def test_the_published_coefficients_miss_the_budget_of_two():
    assert budget() == pytest.approx(1.9203, abs=5e-5)


@pytest.mark.parametrize("coefficient", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("start", [(1.2, 1.1, 1.15), (1.0, 1.0, 1.0), (2.0, 1.5, 1.05)], ids=str)
def test_solving_for_one_coefficient_lands_on_two(coefficient, start):
    values = dict(zip(("alpha", "beta", "gamma"), start, strict=True))
    solved = solve_budget(coefficient, **values)
    assert budget(**(values | {coefficient: solved})) == pytest.approx(2)


@pytest.mark.parametrize("start", [(1.2, 1.1, 1.15), (1.01, 1.0, 1.0), (2.0, 1.5, 1.05)], ids=str)
def test_projecting_lands_on_two_and_keeps_the_balance(start):
    found = project_to_budget(*start)
    assert budget(*found) == pytest.approx(2)
    powers = [
        math.log(new) / math.log(old) for new, old in zip(found, start, strict=True) if old > 1
    ]
    assert powers == pytest.approx([powers[0]] * len(powers))


@pytest.mark.parametrize(
    "start",
    [
        (1.0, 1.0, 1.0),
        (0.5, 0.9, 1.0),
        (-1.2, 1.1, 1.15),
        (0.0, 1.1, 1.15),
        (float("nan"), 1.1, 1.15),
        (1.2, float("inf"), 1.15),
    ],
    ids=str,
)
def test_projecting_from_nowhere_takes_the_published_balance(start):
    assert project_to_budget(*start) == pytest.approx(project_to_budget(ALPHA, BETA, GAMMA))


@pytest.mark.parametrize("target", [1.5, 2, 4])
def test_another_budget_can_be_aimed_at(target):
    assert budget(*project_to_budget(1.2, 1.1, 1.15, target=target)) == pytest.approx(target)
    alpha = solve_budget("alpha", 1, 1.1, 1.15, target=target)
    assert budget(alpha, 1.1, 1.15) == pytest.approx(target)


# --- hostile input


@pytest.mark.parametrize("phi", [*WRONG_NUMBERS, 1e9, 1e308, 64, 300], ids=str)
def test_a_phi_that_leads_nowhere_is_refused(phi):
    with pytest.raises(EffnetError, match=r"phi|multiplier|blocks|resolution"):
        effnet.compound_scale(phi)


@pytest.mark.parametrize("phi", WRONG_NUMBERS, ids=str)
def test_a_phi_that_is_no_number_is_named(phi):
    with pytest.raises(EffnetError, match=f"phi {phi!r}"):
        effnet.compound_scale(phi)
    with pytest.raises(EffnetError, match=f"phi {phi!r}"):
        phi_curve([phi])


@pytest.mark.parametrize("coefficient", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("value", [0, -1.2, *WRONG_NUMBERS], ids=str)
def test_a_coefficient_is_positive_and_finite(coefficient, value):
    with pytest.raises(EffnetError, match=f"{coefficient} {value!r}"):
        effnet.compound_scale(1, **{coefficient: value})


@pytest.mark.parametrize("coefficient", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("value", [0, -1.2, *WRONG_NUMBERS], ids=str)
def test_solving_from_a_wrong_coefficient_names_it(coefficient, value):
    values = {"alpha": 1.2, "beta": 1.1, "gamma": 1.15} | {coefficient: value}
    other = "beta" if coefficient != "beta" else "gamma"
    with pytest.raises(EffnetError, match=f"{coefficient} {value!r}"):
        solve_budget(other, **values)


@pytest.mark.parametrize("value", [0, -1.2, *WRONG_NUMBERS], ids=str)
def test_implied_phi_of_a_wrong_coefficient_names_it(value):
    with pytest.raises(EffnetError, match=f"gamma {value!r}"):
        effnet.implied_phi(effnet.get_variant("b4"), gamma=value)


def test_an_unknown_coefficient_is_named():
    with pytest.raises(EffnetError, match=r"unknown coefficient 'delta'; .*one of alpha"):
        solve_budget("delta", 1.2, 1.1, 1.15)


@pytest.mark.parametrize("axis", ["depth", "width"])
@pytest.mark.parametrize("value", [0, -2, *WRONG_NUMBERS, 1e300], ids=str)
def test_a_free_multiplier_is_positive_and_leads_somewhere(axis, value):
    with pytest.raises(EffnetError, match=f"{axis} multiplier"):
        effnet.scale("b0", **{axis: value})


@pytest.mark.parametrize("resolution", [0, -1, 224.5, "224", float("nan"), 2**40], ids=str)
def test_a_free_resolution_is_whole_pixels(resolution):
    with pytest.raises(EffnetError, match=f"resolution {resolution!r}"):
        effnet.scale("b0", resolution=resolution)


@pytest.mark.parametrize("base", ["b9", "", None])
def test_an_unknown_base_is_named(base):
    with pytest.raises(EffnetError, match=f"unknown variant {base!r}"):
        effnet.compound_scale(1, base=base)
    with pytest.raises(EffnetError, match=f"unknown variant {base!r}"):
        effnet.scale(base, width=2)


@pytest.mark.parametrize(
    ("base", "width", "head", "params"),
    [
        ("v2_s", 0.5, 640, 5_815_284),
        ("v2_s", 1.1, 1408, 25_712_826),
        ("v2_s", 2.0, 2560, 82_284_424),
        ("v2_b0", 0.5, 640, 2_153_584),
        ("v2_b0", 1.1, 1408, 8_252_102),
        ("v2_b0", 2.0, 2560, 25_612_552),
        ("b0", 0.5, 640, 1_712_522),
        ("b0", 1.1, 1408, 6_117_956),
        ("b0", 2.0, 2560, 18_122_720),
        ("lite0", 0.5, 1280, 2_293_672),
        ("lite0", 1.1, 1280, 5_197_480),
        ("lite0", 2.0, 1280, 13_491_176),
    ],
)
def test_networks_that_nobody_released_are_as_wide_as_timms(base, width, head, params):
    """timm 1.0.31 with `channel_multiplier`; `tests/benchmarks/against_timm.py` asks it again."""
    spec = effnet.scale(base, width=width)
    assert (spec.head_channels, effnet.count(spec).params) == (head, params)
