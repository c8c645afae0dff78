"""The marks under a slider are exactly where the network changes."""

import itertools

import pytest

import effnet
from effnet.network.variants import get_variant
from effnet.scaling.flat_spots import changes_along

FINE = 1e-6


def stages(name: str, value: float, base: str, **others: float):
    if name in ("depth", "width"):
        return effnet.scale(base, **{name: value}).stages
    return effnet.compound_scale(**{**others, name: value}, base=base).stages


CASES = {
    "phi": ("phi", -1.0, 3.0, "b0"),
    "phi of V2-B0, which has no 90 % rule": ("phi", 0.0, 3.0, "v2_b0"),
    "phi of Lite0, whose outer stages keep their depth": ("phi", 0.0, 3.0, "lite0"),
    "phi of ResNet-50, rounded to multiples of 32": ("phi", 0.0, 3.0, "resnet50"),
    "alpha": ("alpha", 1.0, 2.0, "b0"),
    "beta": ("beta", 1.0, 1.5, "b0"),
    "depth": ("depth", 0.25, 3.0, "b0"),
    "width": ("width", 0.25, 2.0, "b0"),
}


@pytest.mark.parametrize(("name", "low", "high", "base"), CASES.values(), ids=CASES)
def test_the_network_changes_at_every_mark_and_nowhere_else(name, low, high, base):
    others = {"phi": 1.5, "alpha": 1.2, "beta": 1.1}
    marks = changes_along(name, get_variant(base), **others, low=low, high=high)
    inner = [mark for mark in marks if low + FINE < mark < high - FINE]
    assert inner
    for mark in inner:
        assert stages(name, mark - FINE, base, **others) != stages(
            name, mark + FINE, base, **others
        )
    edges = [low, *inner, high]
    for left, right in itertools.pairwise(edges):
        if right - left > 4 * FINE:
            near = stages(name, left + FINE, base, **others)
            assert near == stages(name, (left + right) / 2, base, **others)
            assert near == stages(name, right - FINE, base, **others)


def test_resolution_has_no_flat_spots_to_draw():
    b0 = get_variant("b0")
    assert changes_along("gamma", b0, phi=1, alpha=1.2, beta=1.1, low=1, high=1.5) == ()
