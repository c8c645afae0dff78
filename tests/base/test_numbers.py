"""Numbers of any kind become Python's own where they enter a record; no cache is poisoned."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

import effnet
from effnet.base import EffnetError
from effnet.base.numbers import brief, check_range, is_finite, is_whole, plain
from effnet.network.spec import Stage
from effnet.scaling.design import Design
from effnet.scaling.search import Limits
from effnet.timing.options import Options
from effnet.train.recipe import Recipe
from effnet.train.schedule import Progressive


def of_kind(kind):
    stages = tuple(
        dataclasses.replace(
            stage,
            channels=kind(stage.channels),
            repeats=kind(stage.repeats),
            kernel=kind(stage.kernel),
            stride=kind(stage.stride),
        )
        for stage in effnet.get_variant("b7").stages
    )
    return dataclasses.replace(effnet.get_variant("b7"), stages=stages, resolution=kind(600))


def zero_dimensional(value):
    return np.array(value, np.int16)


def one_element(value):
    return np.array([value], np.int32)


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.uint16, zero_dimensional, one_element])
def test_numpys_integers_count_as_pythons_and_poison_nothing(kind):
    network = of_kind(kind)
    usual = effnet.count("b7")
    assert effnet.count(network) == usual
    assert effnet.count("b7").params == 66_347_960  # torchvision's documentation
    assert all(type(stage.channels) is int for stage in network.stages)
    assert effnet.Spec.from_dict(network.to_dict()) == effnet.get_variant("b7")
    assert effnet.count("b0", num_classes=kind(1000)) == effnet.count("b0")
    assert effnet.count("b0", resolution=kind(224)).macs == effnet.count("b0").macs


def test_numpys_floats_scale_as_pythons():
    for phi in (np.float32(1), np.float64(1), np.array(1.0), Fraction(1), np.int8(1)):
        assert effnet.compound_scale(phi) == effnet.compound_scale(1)
    assert effnet.scale("b0", width=np.array([2.0])) == effnet.scale("b0", width=2.0)
    with pytest.raises(EffnetError, match="too large"):
        effnet.compound_scale(np.float32(1e6))


NO_WHOLE = (True, np.True_, 1.0, np.float32(8), np.array([8, 8]), np.array([]), float("nan"), "8",
            None, 10**5000, [8], {}, np.array("8"))  # fmt: skip


@pytest.mark.parametrize("field", ["channels", "repeats", "kernel", "stride", "divisor"])
@pytest.mark.parametrize("value", NO_WHOLE, ids=brief)
def test_what_is_no_whole_number_is_refused(field, value):
    with pytest.raises(EffnetError):
        dataclasses.replace(Stage("mbconv", 16, 1), **{field: value})


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        (effnet.get_variant("b0"), "depth", 0),
        (effnet.get_variant("b0"), "width", np.nan),
        (effnet.get_variant("b0"), "name", ["b0"]),
        (effnet.get_variant("b0"), "activation", np.array(["silu", "relu"])),
        (effnet.get_variant("b0"), "stem_pool", "yes"),
        (effnet.get_variant("b0"), "stem_kernel", True),
        (effnet.get_variant("b0"), "round_limit", np.inf),
        (effnet.get_variant("b0"), "stages", 7),
        (effnet.get_variant("b0"), "stages", (1, 2)),
        (Stage("mbconv", 16, 1), "operator", ["mbconv"]),
        (Design(), "mode", {}),
        (Design(), "mode", "sideways"),
        (Design(), "base", ["b0"]),
        (Options(), "engine", []),
        (Recipe(), "epochs", np.array([1, 2])),
        (Recipe(), "learning_rate", "fast"),
        (Progressive(), "size", (128,)),
        (Progressive(), "dropout", (np.nan, 0.1)),
    ],
)
def test_a_record_refuses_what_does_not_belong(record, field, value):
    with pytest.raises(EffnetError, match=r".{10}"):
        dataclasses.replace(record, **{field: value})


def test_other_records_hold_pythons_numbers_too():
    assert type(Limits(macs=np.int32(7)).macs) is int
    assert type(Options(batch_size=np.uint8(2)).batch_size) is int
    assert type(Design(phi=np.float32(1)).phi) is float
    assert [type(end) for end in Progressive(size=(np.int16(128), np.array(300))).size] == [int] * 2
    assert type(dataclasses.replace(effnet.count("b0"), macs=np.int64(5)).macs) is int


def test_true_is_no_number():
    assert not is_whole(True, 0)
    assert not is_finite(np.True_)
    assert plain(np.True_) is True
    assert plain(2**5000) == float("inf")


@pytest.mark.parametrize(
    ("limits", "value", "said"),
    [
        ({"low": 1, "high": 4096, "whole": True}, 5000, "n 5000; expected 1 to 4,096"),
        ({"low": 1, "high": 9, "whole": True}, 2.5, "n 2.5; expected a whole number, 1 to 9"),
        ({"low": 0, "above": True}, float("inf"), "n inf; expected a finite number above 0"),
        ({"low": 0, "high": 7, "above": True}, 0, "n 0; expected above 0, at most 7"),
        ({"low": 0.5}, "x", "n 'x'; expected at least 0.5"),
    ],
)
def test_a_number_out_of_its_range_is_told_with_the_range(limits, value, said):
    with pytest.raises(EffnetError) as refused:
        check_range("n", value, **limits)
    assert str(refused.value) == said
    check_range("n", limits["low"] + limits.get("above", 0), **limits)
