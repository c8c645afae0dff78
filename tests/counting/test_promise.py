"""The steps from the formula's promise lead to the exact count, each for its own reason."""

import pytest

import effnet
from effnet.counting.promise import steps_from_promise
from effnet.scaling.compound import budget
from effnet.scaling.design import BASES


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("phi", [-0.5, 0.5, 1.0, 4.0])
def test_the_steps_go_from_promise_to_truth(base, phi):
    network, scaled = effnet.get_variant(base), effnet.compound_scale(phi, base=base)
    steps = steps_from_promise(
        network, depth=1.2**phi, width=1.1**phi, resolution=scaled.resolution
    )
    assert steps[0].macs == pytest.approx(
        budget() ** phi * effnet.count(network).macs, rel=0.01
    )  # but for the rounded resolution
    assert steps[-1].macs == effnet.count(scaled).macs


@pytest.mark.parametrize("base", BASES)
def test_a_network_that_is_not_scaled_keeps_its_cost_at_every_step(base):
    network = effnet.get_variant(base)
    macs = effnet.count(network).macs
    for step in steps_from_promise(network, depth=1, width=1, resolution=network.resolution):
        assert step.macs == pytest.approx(macs)


def test_blocks_that_divide_evenly_do_not_round():
    """Depth 2 of B0 doubles every stage: only the added blocks' own cost is left."""
    steps = steps_from_promise(effnet.get_variant("b0"), depth=2, width=1, resolution=224)
    by_reason = {step.label: step.macs for step in steps}
    assert by_reason["blocks round up"] == pytest.approx(by_reason["added blocks"])
    assert by_reason["channels round"] == pytest.approx(by_reason["blocks round up"])
    assert by_reason["real"] == pytest.approx(by_reason["channels round"])


def test_resolution_alone_misses_the_promise_by_map_sizes_and_fixed_layers():
    """At 448 px every map halves evenly, so only squeeze-and-excitation and classifier differ."""
    steps = steps_from_promise(effnet.get_variant("b0"), depth=1, width=1, resolution=448)
    fixed = effnet.count(effnet.get_variant("b0")).by_kind()
    missing = 3 * (fixed["squeeze-and-excitation"].macs + fixed["classifier"].macs)
    assert steps[0].macs - steps[-1].macs == pytest.approx(missing)
