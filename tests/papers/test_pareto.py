"""Published networks and the front that nobody beats."""

import pytest

import effnet
from effnet.papers import comparison
from effnet.scaling.design import Design

PRINTED = {  # arXiv:1905.11946v5 Table 2: top-1 %, parameters M, multiply-adds B
    "ResNet-50": (76.0, 26, 4.1),
    "DenseNet-264": (77.9, 34, 6.0),
    "NASNet-A": (82.7, 89, 24),
    "GPipe": (84.3, 557, None),
}


def rival(name: str) -> comparison.Rival:
    return next(one for one in comparison.rivals() if one.name == name)


@pytest.mark.parametrize(("name", "printed"), PRINTED.items(), ids=PRINTED)
def test_other_peoples_networks_are_as_printed(name, printed):
    top1, params, macs = printed
    one = rival(name)
    assert not one.computed
    assert (one.top1, one.params) == (top1, params * 1e6)
    assert one.macs == (macs and macs * 1e9)


def test_our_networks_are_counted_at_their_own_resolution():
    one = rival("EfficientNet-B4")
    assert one.computed
    assert one.macs == effnet.count(effnet.get_variant("b4")).macs
    assert one.top1 == 82.9  # arXiv:1905.11946v5 Table 2


def test_every_release_is_there():
    names = {one.name for one in comparison.rivals()}
    assert {f"EfficientNet-B{i}" for i in range(8)} <= names
    assert {f"EfficientNetV2-{size}" for size in "SML"} <= names
    assert {f"EfficientNet-Lite{i}" for i in range(5)} <= names


@pytest.mark.parametrize("quantity", ["params", "macs", "activations"])
def test_nobody_on_the_front_is_beaten(quantity):
    front = comparison.on_the_front(comparison.rivals(), quantity)
    for one in front:
        cost = getattr(one, quantity)
        for other in comparison.rivals():
            if getattr(other, quantity) is not None:
                cheaper = getattr(other, quantity) < cost
                assert not (cheaper and other.top1 >= one.top1)


def test_a_pinned_design_carries_its_counts():
    one = comparison.pinned(Design(mode="released", released="b7"))
    assert one.title == "EfficientNet-B7"
    assert one.cost.params == 66_347_960
    assert one.blocks == 55
