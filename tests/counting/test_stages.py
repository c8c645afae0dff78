"""The stage table agrees with the counts, the papers and the network's real maps."""

from dataclasses import replace

import pytest
import torch
from oracles import expected

import effnet
from effnet.counting.stage_table import stage_rows
from effnet.network.variants import list_variants


@pytest.mark.parametrize("name", list_variants())
def test_rows_sum_to_the_totals(name):
    spec = effnet.get_variant(name)
    rows, cost = stage_rows(spec), effnet.count(spec)
    assert sum(row.params for row in rows) == cost.params
    assert sum(row.macs for row in rows) == cost.macs
    assert sum(row.activations for row in rows) == cost.activations
    assert sum(row.macs_share for row in rows) == pytest.approx(1)


def test_b0_is_the_papers_table_1():
    table = expected("b0_stages")
    rows = stage_rows(effnet.get_variant("b0"))
    assert len(rows) == len(table)
    for row, printed in zip(rows, table, strict=True):
        assert row.channels == int(printed["output_channels"])
        assert row.repeats == int(printed["layers"])
        assert row.in_size == int(printed["input_resolution"])


def test_only_what_scaling_changed_is_marked():
    b0 = effnet.get_variant("b0")
    rows = stage_rows(effnet.scale("b0", depth=2.0), base=b0)
    assert {name for row in rows for name in row.changed} == {"repeats"}
    assert rows[0].changed == ()
    assert all(row.changed == () for row in stage_rows(b0, base=b0))


def test_exact_values_are_what_the_multipliers_ask_for():
    row = stage_rows(effnet.compound_scale(1), base=effnet.get_variant("b0"))[2]
    assert row.exact_channels == pytest.approx(24 * 1.1)
    assert row.exact_repeats == pytest.approx(2 * 1.2)
    assert (row.channels, row.repeats) == (24, 3)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet50", "b0"])
def test_the_receptive_field_is_where_gradients_reach(name):
    """Outputs of a stage's centre depend on exactly that many input pixels (SE gates aside)."""
    spec = effnet.get_variant(name)
    stages = tuple(replace(stage, se_ratio=0.0) for stage in spec.stages[:2])
    small = replace(spec, stages=stages, resolution=129)
    model = effnet.build(small).double().eval()
    image = torch.randn(1, 3, 129, 129, dtype=torch.float64, requires_grad=True)
    maps = image
    for _, step in model.steps()[: 1 + sum(stage.repeats for stage in stages)]:
        maps = step(maps)
    middle = maps.shape[-1] // 2
    maps[0, :, middle, middle].sum().backward()
    reached = image.grad.abs().sum((0, 1)).sum(0).nonzero()
    assert reached.max() - reached.min() + 1 == stage_rows(small)[2].receptive_field


def test_an_edited_stem_and_head_are_not_taken_for_rounding():
    base = effnet.compound_scale(1)
    rows = stage_rows(replace(base, stem_channels=40, head_channels=640), base=base)
    assert [(row.exact_channels, row.channels) for row in (rows[0], rows[-1])] == [
        (40, 40),
        (640, 640),
    ]
