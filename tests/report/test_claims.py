"""The sentence on top of a page says what the state shows."""

import pytest

import effnet
from effnet.network.block_strings import blocks_of, joined
from effnet.report import claims
from effnet.scaling.design import Design

B0, B1 = (joined(blocks_of(effnet.get_variant(name))) for name in ("b0", "b1"))


def claim(design: Design) -> str:
    spec = design.spec()
    return claims.design_claim(design, spec, effnet.count(spec))


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (Design(), ["phi = 1.00", "9.11 M", "0.993 G", "258 px", "EfficientNet-B2's", "not B1's"]),
        (Design(phi=2), ["EfficientNet-B3's widths and depths", "1552 instead of 1536"]),
        (Design(phi=0), ["EfficientNet-B0 itself", "5.29 M"]),
        (Design(phi=5), ["no released network"]),
        (Design(mode="released", released="v2_s"), ["EfficientNetV2-S has 21.5 M", "384 px"]),
        (Design(mode="free", depth=1.1, resolution=240), ["EfficientNet-B1's", "7.79 M"]),
        (Design(base="resnet50", phi=0), ["ResNet-50 itself"]),
    ],
    ids=["phi 1", "phi 2", "phi 0", "phi 5", "released", "free is b1", "resnet"],
)
def test_the_claim_names_the_network(design, words):
    text = claim(design)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "still the same as EfficientNet-B0"),
        ({"own_head": 640, "own_resolution": 200}, "with another head and resolution"),
        ({"blocks": B0.replace("k5", "k3", 1)}, "stage 3 differs from that of EfficientNet-B0"),
        ({"blocks": B0.replace("k5", "k3", 2)}, "stages 3 and 5 differ from those of"),
        ({"blocks": B0.replace("_se0.25", "")}, "all 7 stages differ from those of"),
        ({"blocks": B0.partition(",")[0]}, "1 stage instead of the 7 of"),
        ({"blocks": B1}, "the stages of EfficientNet-B1, edited from EfficientNet-B0"),
    ],
    ids=["none", "ends", "one stage", "two stages", "all stages", "fewer", "b1"],
)
def test_the_claim_of_an_edit_says_what_differs(changes, words):
    text = claim(Design(mode="released").edited(**changes))
    assert text.startswith("Your own network has")
    assert words in text


def test_the_budget_claim_sets_promise_beside_truth():
    design = Design()
    base, cost = effnet.count(design.base_spec), effnet.count(design.spec())
    assert claims.budget_claim(design, base, cost) == (
        "The formula promises 1.92 x the multiply-adds; rounding up makes it 2.57 x."
    )
