"""Editing stages: cells, added and deleted rows, swaps, and what they change."""

import pytest

import effnet
from effnet.network.block_strings import blocks_of, joined
from effnet.scaling import from_block_strings
from effnet.scaling.edits import (
    SWAPS,
    as_rows,
    early_stages_fused,
    edited_rows,
    from_rows,
    small_kernels,
    stage_differences,
    without_squeeze,
)

B0 = effnet.get_variant("b0")
BLOCKS = blocks_of(B0)


def after(**changes):
    rows = edited_rows(as_rows(BLOCKS), changes)
    return from_rows(rows, stem_channels=32)


def test_rows_without_a_change_are_the_network():
    reading = after()
    assert reading.problems == ()
    assert from_block_strings(joined(reading.blocks), base=B0) is B0


def test_a_changed_cell_moves_the_next_stages_input():
    blocks = after(edited_rows={1: {"channels": 40, "operator": "Fused-MBConv"}}).blocks
    assert (blocks[1].channels, blocks[1].fused, blocks[2].in_channels) == (40, True, 40)


def test_a_row_can_be_deleted_and_added_at_once():
    blocks = after(
        edited_rows={0: {"kernel": 7}},
        deleted_rows=[3],
        added_rows=[{"channels": 512}, {"repeats": None}],
    ).blocks
    assert [block.channels for block in blocks] == [16, 24, 40, 112, 192, 320, 512, 512]
    assert blocks[0].kernel == 7
    assert blocks[3].in_channels == 40
    assert (blocks[6].stride, blocks[6].repeats, blocks[6].expand_ratio) == (1, 1, 6)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"channels": 0}, ["stage 2", "channels 0"]),
        ({"channels": None}, ["stage 2", "channels is empty"]),
        ({"kernel": 4}, ["kernel 4", "odd"]),
        ({"stride": 3}, ["stride 3"]),
        ({"repeats": 1.5}, ["repeats 1.5", "whole number"]),
        ({"expand_ratio": float("nan")}, ["expand ratio", "number"]),
        ({"se_ratio": "x"}, ["se ratio 'x'", "number"]),
        ({"operator": "Conv"}, ["'Conv'", "Fused-MBConv"]),
    ],
    ids=str,
)
def test_a_cell_that_can_not_be_used_is_named(cells, words):
    reading = after(edited_rows={1: cells})
    assert reading.blocks == ()
    (problem,) = reading.problems
    assert [word for word in words if word not in problem] == []


def test_the_last_row_can_not_be_deleted():
    assert after(deleted_rows=range(7)).problems == (
        "no stage is left; a network has at least one",
    )


def edited(blocks):
    return from_block_strings(joined(blocks), base=B0)


def test_without_squeeze_is_lite_with_b0s_depth():
    """Lite0 is B0 without squeeze-and-excitation; lite_family.csv has its published parameters."""
    mine, lite = (
        effnet.count(edited(without_squeeze(BLOCKS))),
        effnet.count(effnet.get_variant("lite0")),
    )
    assert mine.params == lite.params == 4_652_008
    assert "squeeze-and-excitation" not in mine.by_kind()


def test_fusing_touches_the_first_three_stages_only():
    spec = edited(early_stages_fused(BLOCKS))
    assert [s.operator for s in spec.stages] == ["fused_mbconv"] * 3 + ["mbconv"] * 4
    assert spec.stages[3:] == B0.stages[3:]
    assert [s.kernel for s in spec.stages] == [s.kernel for s in B0.stages]


def test_small_kernels_are_all_3x3():
    assert {s.kernel for s in edited(small_kernels(BLOCKS)).stages} == {3}


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.title)
def test_a_swap_done_twice_is_done_once(swap):
    assert swap.swapped(swap.swapped(BLOCKS)) == swap.swapped(BLOCKS) != BLOCKS


@pytest.mark.parametrize(
    "text",
    [
        joined(without_squeeze(BLOCKS)),
        "r1_k3_s1_e1_i40_o16",
        f"{joined(BLOCKS)},r1_k3_s2_e6_i320_o512_c1",
    ],
    ids=["swap", "fewer", "more"],
)
def test_differences_sum_to_the_difference_of_the_totals(text):
    spec = from_block_strings(text, base=B0, head_channels=640)
    cost, start = effnet.count(spec), effnet.count(B0)
    rows = stage_differences(spec, cost, B0, start)
    for name in ("params", "macs", "activations"):
        change = sum(getattr(row.now, name) - getattr(row.start, name) for row in rows)
        assert change == getattr(cost, name) - getattr(start, name)


def test_differences_say_what_changed():
    text = joined(BLOCKS[:6]).replace("r2_k3_s2_e6_i16_o24_se0.25", "r3_k5_s1_e4_i16_o24_c1")
    spec = from_block_strings(text, base=B0)
    rows = stage_differences(spec, effnet.count(spec), B0, effnet.count(B0))
    said = {row.stage: row.changed for row in rows}
    assert said["2"] == (
        "MBConv to Fused-MBConv, kernel 3 to 5, stride 2 to 1, expansion 6 to 4, SE 0.25 to 0, "
        "blocks 2 to 3"
    )
    assert said["7"] == "removed"
    assert said["1"] == said["stem"] == said["head"] == ""
