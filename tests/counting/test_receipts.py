"""Receipts: formulas compute their values, and every level adds up to the counted network."""

import random
import re

import pytest

import effnet
from effnet.counting import formulas, memory, receipts
from effnet.counting.formulas import QUANTITIES
from effnet.counting.receipts import Part, read_part
from effnet.network.variants import display_name
from effnet.report import claims


def computed(formula: str) -> int:
    """What a formula says, by arithmetic on its text."""
    assert re.fullmatch(r"[\d, x+()]+", formula), formula
    return eval(formula.replace(",", "").replace(" x ", "*"))


def whole(spec: effnet.Spec, quantity: str) -> int:
    cost = effnet.count(spec)
    if quantity == "memory":
        return memory.training_bytes(spec)
    return {"macs": cost.macs, "params": cost.params, "activations": cost.activations}[quantity]


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("name", effnet.list_variants())
def test_every_formula_computes_its_value(name, quantity):
    found = formulas.items(effnet.get_variant(name), quantity)
    assert [item for item in found if computed(item.formula) != item.value] == []


@pytest.mark.parametrize("quantity", ["macs", "params", "activations"])
@pytest.mark.parametrize("name", ["b0", "b7", "v2_s", "lite4", "mobilenet_v2", "resnet50"])
def test_sums_by_stage_and_kind_are_the_counters(name, quantity):
    spec = effnet.get_variant(name)
    cost, sums = effnet.count(spec), receipts.grid(formulas.items(spec, quantity))
    for stage, totals in cost.by_stage().items():
        assert sum(v for (s, _), v in sums.items() if s == stage) == getattr(totals, quantity)
    for kind, totals in cost.by_kind().items():
        assert sum(v for (_, k), v in sums.items() if k == kind) == getattr(totals, quantity)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("name", effnet.list_variants())
def test_the_tree_and_its_receipts_add_up(name, quantity):
    spec = effnet.get_variant(name)
    found = formulas.items(spec, quantity)
    nodes = receipts.tree(found, name)
    assert nodes[0].total == whole(spec, quantity)
    inside: dict[Part, int] = {}
    for node in nodes[1:]:
        inside[node.parent] = inside.get(node.parent, 0) + node.total
    for node in nodes:
        assert inside.get(node.part, node.total) == node.total
        opened = receipts.receipt(found, quantity, node.part, name)
        assert opened.part == node.part
        assert sum(line.total for line in opened.lines) == opened.total == node.total


def test_parts_of_the_tree_are_told_apart():
    nodes = receipts.tree(formulas.items(effnet.get_variant("b7"), "macs"), "B7")
    assert len({str(node.part) for node in nodes}) == len(nodes)
    assert [read_part(str(node.part)) for node in nodes] == [node.part for node in nodes]


def test_the_depthwise_layer_of_b0s_second_stage():
    found = formulas.items(effnet.get_variant("b0"), "macs")
    opened = receipts.receipt(found, "macs", Part(2, 1, "depthwise"), "B0")
    (line,) = opened.lines
    assert opened.title == "Stage 2, MBConv6, block 1, depthwise"
    assert (line.formula, line.total) == ("3 x 3 x 96 x 56 x 56", 2_709_504)
    assert line.rule == "kernel x kernel x channels x height x width"


@pytest.mark.parametrize(
    ("part", "labels"),
    [
        (Part(), ["stem", *(f"{i} MBConv{1 if i == 1 else 6}" for i in range(1, 8)), "head"]),
        (Part(4), ["block 1", "blocks 2 to 3"]),
        (Part(4, 2), ["expand", "depthwise", *["squeeze-and-excitation"] * 2, "project"]),
        (Part(3, None, "expand"), ["expand, block 1", "expand, block 2"]),
        (Part(0), ["stem"]),
        (Part(8), ["head", "classifier"]),
    ],
    ids=["network", "stage", "blocks", "kind in a stage", "stem", "head"],
)
def test_a_receipt_opens_the_next_level(part, labels):
    found = formulas.items(effnet.get_variant("b0"), "macs")
    opened = receipts.receipt(found, "macs", part, "B0")
    assert [line.label for line in opened.lines] == labels


def test_a_part_that_is_not_there_opens_the_nearest_one():
    found = formulas.items(effnet.get_variant("v2_s"), "macs")
    assert receipts.receipt(found, "macs", Part(1, 1, "depthwise"), "x").part == Part(1, 1)
    assert receipts.receipt(found, "macs", Part(2, 77), "x").part == Part(2)
    assert receipts.receipt(found, "macs", Part(99, 1, "head"), "x").part == Part()


def test_any_text_is_some_part():
    generator = random.Random(1)
    for _ in range(500):
        text = "".join(generator.choice("0123456789/-²٣ depthwise") for _ in range(12))
        read_part(text)
    assert read_part("4/2/depthwise") == Part(4, 2, "depthwise")
    assert read_part("-/3/expand") == Part(None, None, "expand")
    assert read_part("nonsense") == read_part("") == Part()


def test_the_peaks_receipt_is_the_peak():
    for name in effnet.list_variants():
        spec = effnet.get_variant(name)
        opened = receipts.peak_receipt(spec)
        assert opened.total == sum(computed(line.formula) for line in opened.lines)
        assert opened.total == memory.peak(spec).live


def test_an_unknown_quantity_is_refused():
    with pytest.raises(effnet.EffnetError, match="expected one of macs, params"):
        formulas.items(effnet.get_variant("b0"), "flops")


@pytest.mark.parametrize(
    ("name", "quantity", "said"),
    [
        (
            "b0",
            "macs",
            "EfficientNet-B0 spends 87.7 % of its 0.386 G multiply-adds in 1x1 convolutions, "
            "9.0 % in depthwise convolutions and 0.2 % in squeeze-and-excitation.",
        ),
        (
            "b0",
            "params",
            "EfficientNet-B0 holds 59.9 % of its 5.29 M parameters in 1x1 convolutions, 24.2 % in "
            "the classifier, 12.0 % in squeeze-and-excitation and 3.8 % in depthwise convolutions.",
        ),
        (
            "resnet50",
            "macs",
            "ResNet-50 spends 51.8 % of its 4.09 G multiply-adds in 1x1 convolutions and 48.1 % "
            "in full convolutions.",
        ),
    ],
    ids=["b0 macs", "b0 parameters", "resnet"],
)
def test_the_claim_says_where_it_goes(name, quantity, said):
    found = formulas.items(effnet.get_variant(name), quantity)
    assert claims.cost_claim(display_name(name), found, quantity) == said


def test_a_claim_never_says_nothing_of_something():
    found = formulas.items(effnet.get_variant("v2_s"), "macs")
    assert "under 0.1 % in squeeze-and-excitation" in claims.cost_claim("S", found, "macs")
