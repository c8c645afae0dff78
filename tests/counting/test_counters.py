"""The closed forms of other tools' counts against the tools themselves, to the last integer."""

import copy
import json
import re
import warnings
from dataclasses import replace
from importlib import metadata

import pytest
import torch
from oracles import torchvision_on_meta
from packaging.version import Version
from torch import nn

import effnet
from effnet.base import table
from effnet.cli.main import main
from effnet.counting.counters import PARTS, UNCOUNTED, Opinion, counted_by_none, elements, opinions
from effnet.network.spec import Spec, Stage
from effnet.nn.second_opinion import TOOLS, WITHOUT_DATA, as_torchvision_writes, installed, say

# A side for each, small where the network is large: the forms hold at every size.
SIDES = {
    "b0": 224,
    "b1": 97,
    "b2": 75,
    "b3": 64,
    "b4": 64,
    "b5": 64,
    "b6": 33,
    "b7": 64,
    "v2_s": 128,
    "v2_m": 64,
    "mobilenet_v2": 224,
    "resnet50": 97,
}


def designs() -> dict[str, Spec]:
    """Networks that torchvision has no function for."""
    b0, lite0 = effnet.get_variant("b0"), effnet.get_variant("lite0")
    edited = replace(b0, stages=(Stage("fused_mbconv", 24, 3, 3, 2, 4, 0.25), *b0.stages[1:4]))
    return {
        "lite0": lite0,
        "mobilenet_v1": effnet.get_variant("mobilenet_v1"),
        "b0 at phi 0.5": effnet.compound_scale(0.5),
        "v2_s, wider": effnet.scale("v2_s", width=1.3, depth=0.4),
        "resnet50, deeper": effnet.scale("resnet50", depth=1.3),
        "edited": replace(edited, name="edited", head_channels=0, activation="relu6"),
    }


def empty(model: nn.Module) -> nn.Module:
    """The same modules with data, all of it 0: no count looks at values."""
    network = copy.deepcopy(model).to_empty(device="cpu").eval()
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.zero_()
    return network


def said(tool: str, model: nn.Module, side: int) -> int:
    with warnings.catch_warnings():  # the tools' own: deprecated imports, tracing
        warnings.simplefilter("ignore")
        return say(tool, model, side)


def opinion(tool: str, spec: Spec, side: int | None = None) -> Opinion:
    return next(one for one in opinions(spec, resolution=side) if one.tool == tool)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", SIDES)
def test_the_closed_form_equals_the_tool_on_torchvisions_network(name, tool):
    hollow = torchvision_on_meta(name)
    model = copy.deepcopy(hollow) if tool in WITHOUT_DATA else empty(hollow)
    expected = opinion(tool, effnet.get_variant(name), SIDES[name]).says
    assert said(tool, model, SIDES[name]) == expected


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", designs())
def test_the_closed_form_equals_the_tool_on_a_design(name, tool):
    spec = designs()[name]
    side = 75
    with torch.device("meta" if tool in WITHOUT_DATA else "cpu"):
        model = as_torchvision_writes(spec)
    assert said(tool, model, side) == opinion(tool, spec, side).says


@pytest.mark.parametrize("tool", WITHOUT_DATA)
def test_a_tool_says_the_same_with_data_and_without(tool):
    hollow = torchvision_on_meta("b0")
    assert said(tool, copy.deepcopy(hollow), 64) == said(tool, empty(hollow), 64)


@pytest.mark.parametrize("name", ["b0", "b3", "v2_s", "mobilenet_v2"])
def test_a_design_is_written_as_torchvision_writes_it(name):
    """Every tool that looks at modules sees the same kinds of leaves, as often."""

    def leaves(model: nn.Module) -> list[str]:
        kinds = [type(m).__name__ for m in model.modules() if not list(m.children())]
        drops = {"StochasticDepth", "Dropout3d"}
        return sorted(kind for kind in kinds if kind not in {*drops, "Pooling"})

    ours = as_torchvision_writes(effnet.get_variant(name))
    assert leaves(ours) == leaves(torchvision_on_meta(name))


def test_b0_spreads_over_eight_percent():
    """The numbers that people compare, at 224 px."""
    says = {one.tool: one.says for one in opinions(effnet.get_variant("b0"))}
    assert says == {
        "effnet": 385_814_752,
        "flop_counter": 2 * 385_814_752,
        "ptflops_aten": 385_825_092,
        "torchinfo": 385_867_108,
        "fvcore": 401_659_392,
        "ptflops": 410_196_896,
        "thop": 415_145_024,
    }


@pytest.mark.parametrize("name", effnet.list_variants())
def test_every_part_is_counted_or_named_as_left_out(name):
    spec = effnet.get_variant(name)
    sums = elements(spec)
    there = {"sigmoid": sums.sigmoid, "gates": sums.gates, "shortcut": sums.shortcut}
    for one in opinions(spec):
        assert sum(term.value for term in one.terms) == one.counted
        assert one.says == one.counted * (2 if one.tool == "flop_counter" else 1)
        counted = {PARTS[term.part] for term in one.terms}
        assert not counted & set(one.leaves_out)
        assert {UNCOUNTED[part] for part, size in there.items() if size} <= set(one.leaves_out)


def test_all_agree_on_the_layers():
    for name in effnet.list_variants():
        spec = effnet.get_variant(name)
        for one in opinions(spec):
            assert one.terms[0].value == effnet.count(spec).macs


@pytest.mark.parametrize("name", effnet.list_variants())
def test_the_formula_computes_what_the_tool_says(name):
    for one in opinions(effnet.get_variant(name)):
        plain = re.sub(r" \([A-Za-z ]+\)", "", one.formula).replace(",", "").replace(" x ", "*")
        assert eval(plain) == one.says


def test_the_command_line_has_them_too(capsys):
    assert main(["count", "b0", "--by", "tool", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    said = [one.says for one in opinions(effnet.get_variant("b0"))]
    assert [row["prints"] for row in rows] == said


def test_nobody_counts_gates_and_shortcuts():
    assert counted_by_none(opinions(effnet.get_variant("b0"))) == tuple(UNCOUNTED.values())
    assert counted_by_none(opinions(effnet.get_variant("mobilenet_v1"))) == ()


@pytest.mark.parametrize("row", table("counters"), ids=lambda row: row["tool"])
def test_a_closed_form_says_what_it_was_last_compared_with(row):
    """Which release is installed is another matter: the closed forms are held against that one."""
    if row["tool"] == "effnet":
        assert row["version"] == installed("effnet") == ""
        return
    assert Version(row["version"])
    assert installed(row["tool"]) == metadata.version(TOOLS[row["tool"]][0])
