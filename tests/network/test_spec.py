"""Architecture as data: rounding, checks, scaling by the family's rules, round trips."""

import dataclasses
import json

import pytest
from torchvision.models._utils import _make_divisible

import effnet
from effnet.base import EffnetError
from effnet.network.spec import (
    MAX_RESOLUTION,
    Spec,
    Stage,
    check_resolution,
    operator_label,
    out_size,
    round_channels,
    round_repeats,
)

STAGE = Stage("mbconv", 16, 1)
TINY = Spec("tiny", "v1", (STAGE,), stem_channels=8, head_channels=32, resolution=32)


# --- rounding


def test_channels_round_as_torchvision_rounds_them():
    for channels in range(1, 700):
        for percent in (10, 25, 35, 50, 75, 90, 100, 110, 120, 140, 180, 220, 430):
            exact = channels * percent / 100
            assert round_channels(exact) == _make_divisible(exact, 8), exact


@pytest.mark.parametrize(
    ("exact", "limit", "rounded"),
    [
        pytest.param(16 * 1.2, 0.9, 24, id="B3's first stage: the 90 % rule fires"),
        pytest.param(16 * 1.2, 0.0, 16, id="V2-B3's first stage: no such rule"),
        pytest.param(32 * 1.1, 0.9, 32, id="B2's stem: 35.2 goes down"),
        pytest.param(20, 0.9, 24, id="halves go up"),
        pytest.param(1280 * 1.1, 0.9, 1408, id="B2's head"),
        pytest.param(0.01, 0.9, 8, id="never below 8"),
    ],
)
def test_channel_rounding_of_the_released_code(exact, limit, rounded):
    assert round_channels(exact, limit=limit) == rounded


@pytest.mark.parametrize("divisor", [1, 4, 8, 32])
def test_rounded_channels_are_multiples_and_keep_nine_tenths(divisor):
    for tenths in range(1, 5000, 7):
        rounded = round_channels(tenths / 10, divisor=divisor)
        assert rounded % divisor == 0
        assert rounded >= divisor
        assert rounded >= 0.9 * tenths / 10


@pytest.mark.parametrize(
    ("exact", "rounded"), [(1.0, 1), (1.1, 2), (4 * 1.1, 5), (3 * 1.4, 5), (4 * 3.1, 13), (0.2, 1)]
)
def test_repeats_round_up(exact, rounded):
    assert round_repeats(exact) == rounded


@pytest.mark.parametrize("size", [1, 2, 7, 8, 15, 224, 225])
def test_a_stride_halves_a_side_rounding_up(size):
    assert out_size(size, 2) == (size + 1) // 2
    assert out_size(size, 1) == size


# --- checks


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"operator": "conv"}, "'conv'"),
        ({"kernel": 4}, "4"),
        ({"kernel": float("nan")}, "nan"),
        ({"stride": 3}, "3"),
        ({"channels": 0}, "channels 0"),
        ({"channels": -8}, "-8"),
        ({"channels": 10**9}, "1000000000; expected 1 to 10,000,000"),
        ({"repeats": 0}, "blocks in a stage 0"),
        ({"repeats": 10**6}, "1000000"),
        ({"expand_ratio": 0}, "0"),
        ({"expand_ratio": float("nan")}, "nan"),
        ({"expand_ratio": float("inf")}, "inf"),
        ({"se_ratio": 1.5}, "1.5"),
        ({"se_ratio": -0.25}, "-0.25"),
    ],
    ids=str,
)
def test_a_stage_refuses_what_it_cannot_be(change, named):
    with pytest.raises(EffnetError, match=named):
        dataclasses.replace(STAGE, **change)


def test_a_network_needs_stages():
    with pytest.raises(EffnetError, match="'empty' has no stages"):
        Spec("empty", "v1", (), 8, 32, 32)


def test_a_network_of_too_many_blocks_is_refused():
    deep = dataclasses.replace(STAGE, repeats=9000)
    with pytest.raises(EffnetError, match="18,000 blocks"):
        dataclasses.replace(TINY, stages=(deep, deep))


@pytest.mark.parametrize("resolution", [0, -1, 224.0, 224.5, "224", None, MAX_RESOLUTION + 1])
def test_a_resolution_is_whole_pixels_above_zero(resolution):
    with pytest.raises(EffnetError, match=f"resolution {resolution!r}"):
        check_resolution(resolution)


@pytest.mark.parametrize("resolution", [1, 224, MAX_RESOLUTION])
def test_a_usable_resolution_is_given_back(resolution):
    assert check_resolution(resolution) == resolution


@pytest.mark.parametrize("field", ["depth", "width"])
@pytest.mark.parametrize("value", [0, -1.5, float("nan"), float("inf"), -float("inf")])
def test_multipliers_are_positive_and_finite(field, value):
    with pytest.raises(EffnetError, match=f"{field} multiplier {value!r}"):
        TINY.scaled(**{field: value})


@pytest.mark.parametrize(("field", "unit"), [("depth", "blocks"), ("width", "channels")])
def test_a_multiplier_past_what_can_be_shown_is_refused(field, unit):
    with pytest.raises(EffnetError, match=rf"{field} multiplier 1e\+200 .*{unit}; use less"):
        TINY.scaled(**{field: 1e200})


# --- scaling by the family's rules


def test_scaling_keeps_what_it_asked_for_beside_what_it_got():
    first, *_ = effnet.get_variant("b3").stages
    assert (first.channels, first.exact_channels) == (24, pytest.approx(16 * 1.2))
    assert (first.repeats, first.exact_repeats) == (2, pytest.approx(1.4))


def test_multipliers_of_a_scaled_network_add_up():
    twice = TINY.scaled(depth=2, width=1.5).scaled(depth=1.5, width=2)
    assert (twice.depth, twice.width) == (3, 3)


def test_lites_ends_keep_their_channels_and_outer_stages_their_depth():
    spec = effnet.get_variant("lite0").scaled(depth=3, width=2)
    base = effnet.get_variant("lite0")
    assert (spec.stem_channels, spec.head_channels) == (base.stem_channels, base.head_channels)
    assert [s.repeats for s in spec.stages] == [1, 6, 6, 9, 9, 12, 1]
    assert [s.channels for s in spec.stages] == [2 * s.channels for s in base.stages]


def test_mobilenet_v2s_head_widens_but_never_narrows():
    base = effnet.get_variant("mobilenet_v2")
    assert base.scaled(width=0.5).head_channels == 1280
    assert base.scaled(width=1.4).head_channels == 1792


def test_further_fields_can_be_replaced_while_scaling():
    assert TINY.scaled(width=2, name="wide", dropout=0.5).dropout == 0.5


# --- value semantics


@pytest.mark.parametrize("name", effnet.list_variants())
def test_a_network_goes_through_json_unchanged(name):
    spec = effnet.get_variant(name)
    again = Spec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert hash(again) == hash(spec)
    assert again.to_dict() == spec.to_dict()  # fields that equality leaves out, too


def test_networks_compare_by_what_they_are_not_by_how_they_were_made():
    assert effnet.get_variant("b0") == dataclasses.replace(effnet.get_variant("b0"), depth=7.0)
    assert effnet.get_variant("b0") != effnet.get_variant("b1")
    assert len({effnet.get_variant(name) for name in effnet.list_variants()}) == 26


def test_a_network_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        effnet.get_variant("b0").resolution = 1


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="nothing"),
        pytest.param([1, 2], id="a list"),
        pytest.param(TINY.to_dict() | {"colour": "red"}, id="an unknown field"),
        pytest.param({"name": "x", "stages": []}, id="missing fields"),
        pytest.param(TINY.to_dict() | {"stages": []}, id="no stages"),
        pytest.param(TINY.to_dict() | {"stages": 7}, id="stages that are none"),
        pytest.param(TINY.to_dict() | {"stages": [{"operator": "mbconv"}]}, id="half a stage"),
        pytest.param(TINY.to_dict() | {"resolution": "large"}, id="a resolution in words"),
        pytest.param(
            TINY.to_dict() | {"stages": [{"operator": "mbconv", "channels": "16", "repeats": 1}]},
            id="channels in words",
        ),
    ],
)
def test_what_is_no_network_is_refused(values):
    with pytest.raises(EffnetError):
        Spec.from_dict(values)


def test_a_refused_dictionary_hears_which_fields_there_are():
    with pytest.raises(EffnetError, match="stem_channels"):
        Spec.from_dict({"name": "x"})


# --- display


@pytest.mark.parametrize(
    ("variant", "stage", "label"),
    [
        ("b0", 0, "MBConv1"),
        ("b0", 1, "MBConv6"),
        ("v2_s", 1, "Fused-MBConv4"),
        ("mobilenet_v2", 1, "Inverted residual"),
        ("mobilenet_v1", 0, "Depthwise separable"),
        ("resnet50", 0, "Bottleneck"),
    ],
)
def test_operators_are_written_as_the_papers_write_them(variant, stage, label):
    assert operator_label(effnet.get_variant(variant).stages[stage]) == label


def test_the_notebook_table_escapes_the_name():
    html = dataclasses.replace(TINY, name="<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_notebook_table_has_a_row_a_stage_with_the_output_sizes():
    html = effnet.get_variant("b0")._repr_html_()
    assert html.count("<tr>") == 1 + 7
    for size in ("112x112", "56x56", "28x28", "14x14", "7x7"):
        assert f">{size}<" in html
    assert "stem 32, 16 blocks, head 1280, 224 px" in html


def test_the_notebook_table_of_a_network_without_head_says_so():
    assert "head none" in effnet.get_variant("resnet50")._repr_html_()
    assert ">56x56<" in effnet.get_variant("resnet50")._repr_html_()
