"""Many designs at once: the grid, its order, and costs that `count` gives one by one."""

import math

import numpy as np
import pytest

import effnet


def test_every_design_costs_what_it_costs_alone():
    table = effnet.sweep("b0", phi=[-1, 0, 1, 2.5], gamma=(1.1, 1.15))
    assert len(table) == 8
    for row in table:
        cost = effnet.count(effnet.compound_scale(row.phi, gamma=row.gamma))
        assert (row.params, row.macs, row.flops, row.activations, row.resolution) == (
            cost.params,
            cost.macs,
            2 * cost.macs,
            cost.activations,
            cost.resolution,
        )


def test_free_multipliers_are_a_grid_with_the_last_fastest():
    table = effnet.sweep(["b0", "v2_s"], depth=(1, 2), width=1.5, resolution=[64, 97])
    assert [(r.base, r.depth, r.width, r.resolution) for r in table] == [
        (base, depth, 1.5, side) for base in ("b0", "v2_s") for depth in (1, 2) for side in (64, 97)
    ]
    for row in table:
        spec = effnet.scale(row.base, depth=row.depth, width=1.5, resolution=row.resolution)
        assert row.macs == effnet.count(spec).macs
        assert row.blocks == spec.blocks


def test_a_single_design_is_a_table_of_one_row():
    (row,) = effnet.sweep()
    assert (row.params, row.macs, row.blocks) == (5_288_548, 385_814_752, 16)
    assert row.phi is None


def test_free_multipliers_go_on_top_of_the_formula():
    (row,) = effnet.sweep("b0", phi=1, width=2, resolution=100)
    assert (row.depth, row.width, row.resolution) == (1.2, 2.2, 100)
    assert row.macs == effnet.count(effnet.scale("b0", depth=1.2, width=2.2, resolution=100)).macs


def test_the_data_frame_has_numbers_in_every_column_but_the_name():
    frame = effnet.sweep("b0", width=np.linspace(0.5, 2, 4), resolution=np.array([64, 128]))
    frame = frame.to_pandas()
    assert frame.shape == (8, 13)
    kinds = {name: kind.kind for name, kind in frame.drop(columns="base").dtypes.items()}
    assert set(kinds.values()) <= {"i", "f"}
    assert math.isnan(frame["phi"][0])
    assert frame["width"].tolist() == [0.5, 0.5, 1, 1, 1.5, 1.5, 2, 2]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"alpha": 1.3}, "need phi"),
        ({"phi": []}, "phi .*; expected a finite number, or several"),
        ({"depth": [1, None]}, r"depth \[1, None\]; expected a finite number, or several"),
        ({"width": np.zeros((2, 2))}, "width array.*; expected a finite number, or several"),
        ({"phi": "one"}, "expected a finite number"),
        ({"width": [1, -1]}, "width multiplier -1"),
        ({"resolution": [64.5]}, "resolution 64.5"),
        ({"width": range(1, 1100), "resolution": range(1, 1100)}, "expected at most 1,000,000"),
        ({"base": "b99"}, "unknown variant"),
    ],
)
def test_what_is_no_design_is_named(given, message):
    with pytest.raises(effnet.EffnetError, match=message):
        effnet.sweep(**given)
