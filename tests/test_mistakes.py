"""A user's mistake at any public name is one `EffnetError` that names the value, never a crash."""

import json
import math

import numpy as np
import pytest

import effnet
from effnet import EffnetError, Spec, Stage
from effnet.base import brief

MISTAKES = {
    "family of another type": (lambda: effnet.list_variants([]), r"\[\]"),
    "name of another type": (lambda: effnet.get_variant(object), "class 'object'"),
    "long name": (lambda: effnet.get_variant("x" * 10_000), r"x\.\.\.; expected one of b0"),
    "phi as text": (lambda: effnet.compound_scale("1"), "phi '1'"),
    "phi missing": (lambda: effnet.compound_scale(None), "phi None"),
    "phi past floats": (lambda: effnet.compound_scale(10**400), "phi a whole number of 1329 bits"),
    "phi as an array": (lambda: effnet.compound_scale(np.array([1, 2])), "phi array"),
    "alpha as text": (lambda: effnet.compound_scale(1, "1.2"), "alpha '1.2'"),
    "depth missing": (lambda: effnet.scale("b0", depth=None), "depth multiplier None"),
    "width as text": (lambda: effnet.scale("b0", width="2"), "width multiplier '2'"),
    "count of a number": (lambda: effnet.count(5), "unknown variant 5"),
    "no classes": (lambda: effnet.count("b0", num_classes=0), "classes 0"),
    "compared with a number": (lambda: effnet.compare("b0", 5), "unknown variant 5"),
    "compared as a list": (lambda: effnet.compare(["b0", "b1"]), "'b0', 'b1'"),
    "phi of a number": (lambda: effnet.implied_phi(5), "unknown variant 5"),
    "built from nothing": (lambda: effnet.build(None), "unknown variant None"),
    "built with no classes": (lambda: effnet.build("b0", num_classes=0), "classes 0"),
    "built with half a class": (lambda: effnet.build("b0", num_classes=1.5), "classes 1.5"),
    "built past memory": (lambda: effnet.build("b0", num_classes=10**12), "at?.*10,000,000"),
    "device missing": (lambda: effnet.load("lite0", device=None), "device None"),
    "too few names": (lambda: effnet.load("lite0", classes=["cat"]), "1 class name for 1,000"),
    "measured nothing": (lambda: effnet.measure_latency(None), "None can't be measured"),
    "budget as text": (lambda: effnet.measure_latency("b0", budget_s="5"), "budget in seconds '5'"),
    "channels as text": (lambda: Stage("mbconv", "16", 1), "channels '16'"),
    "half a channel": (lambda: Stage("mbconv", 16.5, 1), "channels 16.5"),
    "infinite head": (
        lambda: Spec.from_dict(effnet.get_variant("b0").to_dict() | {"head_channels": math.inf}),
        "head channels inf",
    ),
    "dropout as text": (
        lambda: Spec.from_dict(effnet.get_variant("b0").to_dict() | {"dropout": "x"}),
        "dropout 'x'",
    ),
}


@pytest.mark.parametrize(("wrong", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_on_one_line(wrong, words):
    with pytest.raises(EffnetError, match=words) as raised:
        wrong()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("top", ["5", 1.5, None, 0])
def test_a_wrong_top_is_named(lite0, coffee, top):
    with pytest.raises(EffnetError, match="at least 1"):
        lite0.predict([coffee], top=top)


def test_a_wrong_opacity_is_named(lite0, coffee):
    with pytest.raises(EffnetError, match="opacity 'half'"):
        lite0.explain(coffee).overlay("half")


def test_pictures_may_come_one_by_one(lite0, coffee):
    found = lite0.predict(path for path in [coffee, coffee])
    assert [one.labels[0].name for one in found] == ["espresso", "espresso"]


def test_names_do_where_specs_do():
    assert effnet.count("b0") == effnet.count(effnet.get_variant("b0"))
    assert effnet.build("efficientnet_b0").spec == effnet.get_variant("b0")
    assert effnet.implied_phi("b4") == effnet.implied_phi(effnet.get_variant("b4"))


def test_numpys_numbers_do():
    spec = effnet.scale("b0", depth=np.float32(1.5), resolution=np.int64(240))
    assert spec == effnet.scale("b0", depth=1.5, resolution=240)
    assert Spec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_a_shown_value_is_short_and_on_one_line():
    assert brief("a\nb") == r"'a\nb'"
    assert brief(np.zeros((3, 3))).count("\n") == 0
    assert len(brief("x" * 1000)) == 60
