"""Counts to the last integer, against torchvision, PyTorch's counter and the papers' tables."""

import dataclasses
from collections import Counter

import pytest
import torch
from oracles import TORCHVISION, counted_macs, expected, parameters, torchvision_on_meta
from torch import nn
from torchvision.models import get_weight, mobilenet_v2

import effnet
from effnet.base import EffnetError
from effnet.counting.cost import cost_curve, layer_counts
from effnet.network.layer_walk import KINDS, walk
from effnet.weights.checkpoints import known_checkpoints

ALL = effnet.list_variants()
FROM_TORCHVISION = [row for row in known_checkpoints() if row.origin == "torchvision"]


# --- against other implementations


@pytest.mark.parametrize("name", TORCHVISION)
def test_params_and_macs_are_those_of_torchvisions_network(name):
    spec, model = effnet.get_variant(name), torchvision_on_meta(name)
    cost = effnet.count(spec)
    assert cost.params == parameters(model)
    assert cost.macs == counted_macs(model, spec.resolution)


@pytest.mark.parametrize("name", TORCHVISION)
def test_activations_are_what_torchvisions_layers_write(name):
    spec, model, written = effnet.get_variant(name), torchvision_on_meta(name), []
    handles = [
        module.register_forward_hook(lambda _, __, output: written.append(output.numel()))
        for module in model.modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    with torch.no_grad():
        model(torch.empty(1, 3, spec.resolution, spec.resolution, device="meta"))
    for handle in handles:
        handle.remove()
    assert effnet.count(spec).activations == sum(written)


@pytest.mark.parametrize("checkpoint", FROM_TORCHVISION, ids=lambda row: row.weights)
def test_torchvisions_own_figures_for_its_weights_agree(checkpoint):
    meta = get_weight(checkpoint.weights).meta
    crop = checkpoint.preprocessing.crop
    cost = effnet.count(effnet.get_variant(checkpoint.variant), resolution=crop)
    assert cost.params == meta["num_params"]
    assert round(cost.macs / 1e9, 3) == meta["_ops"]


@pytest.mark.parametrize("row", expected("family"), ids=lambda row: row["variant"])
def test_counts_are_those_of_the_reference_table(row):
    cost = effnet.count(effnet.get_variant(row["variant"]))
    decimals = len(row["gmacs"].partition(".")[2])
    assert cost.params == int(row["params"])
    assert f"{cost.macs / 1e9:.{decimals}f}" == row["gmacs"]
    assert cost.params / 1e6 == pytest.approx(float(row["params_m"]), abs=0.005)


@pytest.mark.parametrize(
    "row",
    [row for row in expected("family") if row["params_with_statistics"]],
    ids=lambda row: row["variant"],
)
def test_running_statistics_are_all_that_the_official_totals_have_more(row):
    spec = effnet.get_variant(row["variant"])
    statistics = 2 * sum(
        layer.out_channels for block in walk(spec) for layer in block.layers if layer.norm
    )
    assert effnet.count(spec).params + statistics == int(row["params_with_statistics"])


def test_equal_costs_have_equal_layers_and_stochastic_depth_costs_nothing():
    b0 = effnet.get_variant("b0")
    found = effnet.count(b0)
    assert found == effnet.count(dataclasses.replace(b0, stochastic_depth=0.5))
    assert hash(found) == hash(effnet.count("b0"))
    for other in (effnet.count(b0, resolution=225), effnet.count("b1"), found.layers):
        assert found != other


def test_mobilenet_v1_is_that_of_the_paper():
    """arXiv:1704.04861 prints 4.2 M and 569 M; the exact integers are those of Keras' network."""
    cost = effnet.count(effnet.get_variant("mobilenet_v1"))
    assert cost.params == 4_231_976
    assert cost.macs == 568_740_352


@pytest.mark.parametrize(
    ("width", "macs_m", "params_m"), [(1.0, 569, 4.2), (0.75, 325, 2.6), (0.5, 149, 1.3)]
)
def test_mobilenet_v1s_width_multipliers_are_those_of_the_paper(width, macs_m, params_m):
    """arXiv:1704.04861 Table 6."""
    cost = effnet.count(effnet.scale("mobilenet_v1", width=width))
    assert round(cost.macs / 1e6) == macs_m
    assert round(cost.params / 1e6, 1) == params_m


@pytest.mark.parametrize("width", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4, 2.0])
def test_mobilenet_v2s_width_multipliers_are_torchvisions(width):
    with torch.device("meta"):
        model = mobilenet_v2(weights=None, width_mult=width).eval()
    cost = effnet.count(effnet.scale("mobilenet_v2", width=width))
    assert (cost.params, cost.macs) == (parameters(model), counted_macs(model, 224))


def test_b0s_stages_cost_what_the_table_says():
    stages = effnet.count(effnet.get_variant("b0")).by_stage()
    rows = expected("b0_stages")
    assert list(stages) == list(range(len(rows)))
    for stage, row in zip(stages.values(), rows, strict=True):
        assert (stage.params, stage.macs) == (int(row["params"]), int(row["macs"]))


@pytest.mark.parametrize(
    "row", expected("single_dimension"), ids=lambda r: "{dimension} {coefficient}".format(**r)
)
def test_one_dimension_scaling_costs_what_the_table_says(row):
    scaled = {}
    if row["dimension"] != "resolution":
        scaled[row["dimension"]] = float(row["coefficient"])
    cost = effnet.count(effnet.scale("b0", **scaled), resolution=int(row["resolution"]))
    assert cost.params == int(row["params"])
    decimals = len(row["gmacs"].partition(".")[2])
    assert f"{cost.macs / 1e9:.{decimals}f}" == row["gmacs"]


# --- against itself: every way to add up gives the same total


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("grouping", ["layers", "by_stage", "by_kind", "as_rows"])
def test_rows_sum_to_total(name, grouping):
    cost = effnet.count(effnet.get_variant(name))
    found = getattr(cost, grouping)
    parts = found if grouping == "layers" else found()
    parts = parts.values() if isinstance(parts, dict) else parts
    rows = [part if isinstance(part, dict) else dataclasses.asdict(part) for part in parts]
    for field in ("params", "macs", "activations"):
        assert sum(row[field] for row in rows) == getattr(cost, field)


@pytest.mark.parametrize("name", ALL)
def test_stages_and_kinds_come_in_order(name):
    spec = effnet.get_variant(name)
    cost = effnet.count(spec)
    assert list(cost.by_stage()) == list(range(len(spec.stages) + 2))
    assert list(cost.by_kind()) == [k for k in KINDS if k in {row.kind for row in cost.layers}]
    assert max(Counter(row.name for row in cost.layers).values()) == 1


@pytest.mark.parametrize("name", ALL)
def test_flops_are_twice_the_macs(name):
    cost = effnet.count(effnet.get_variant(name))
    assert cost.flops == 2 * cost.macs
    assert all(total.flops == 2 * total.macs for total in cost.by_stage().values())


def test_a_depthwise_layer_by_hand():
    """3 * 3 * 96 weights and 2 * 96 of BatchNorm; the weights work at 56 * 56 places."""
    rows = {row.name: row for row in effnet.count(effnet.get_variant("b0")).layers}
    row = rows["features.2.0.block.1.0"]
    assert (row.kind, row.groups, row.in_size, row.out_size) == ("depthwise", 96, 112, 56)
    assert (row.params, row.macs, row.activations) == (1056, 2_709_504, 301_056)


def test_a_fully_connected_layer_counts_its_bias_as_parameters_only():
    row = effnet.count(effnet.get_variant("b0")).layers[-1]
    assert (row.name, row.params, row.macs) == ("classifier.1", 1_281_000, 1_280_000)
    assert row.activations == 1000


def test_totals_add():
    stages = list(effnet.count(effnet.get_variant("b0")).by_stage().values())
    both = stages[0] + stages[1]
    assert both.macs == stages[0].macs + stages[1].macs
    assert both.params == stages[0].params + stages[1].params
    assert both.activations == stages[0].activations + stages[1].activations


@pytest.mark.parametrize("name", ["b0", "v2_s", "lite0", "mobilenet_v2", "resnet50"])
def test_rows_are_the_walks_layers(name):
    spec = effnet.get_variant(name)
    layers = [layer for block in walk(spec) for layer in block.layers]
    for row, layer in zip(effnet.count(spec).layers, layers, strict=True):
        assert (row.params, row.macs, row.activations) == layer_counts(layer)


# --- resolution


@pytest.mark.parametrize("name", ALL)
def test_parameters_do_not_depend_on_resolution_and_macs_grow_with_it(name):
    spec = effnet.get_variant(name)
    costs = [effnet.count(spec, resolution=size) for size in (1, 32, 33, 64, 224, 225)]
    assert len({cost.params for cost in costs}) == 1
    macs = [cost.macs for cost in costs]
    assert macs == sorted(macs)
    assert [cost.resolution for cost in costs] == [1, 32, 33, 64, 224, 225]


@pytest.mark.parametrize("name", ALL)
def test_the_curve_equals_the_count_at_every_size(name):
    spec = effnet.get_variant(name)
    curve = cost_curve(spec)
    for size in (*range(1, 70), 127, 128, 129, 224, 299, 600, 1023, 1024, 1025):
        cost, total = effnet.count(spec, resolution=size), curve.at(size)
        assert (total.params, total.macs, total.activations) == (
            cost.params,
            cost.macs,
            cost.activations,
        ), size


@pytest.mark.parametrize("resolution", [0, -224, 224.5, float("nan"), "224"])
def test_an_impossible_resolution_is_refused(resolution):
    with pytest.raises(EffnetError, match=f"resolution {resolution!r}"):
        effnet.count(effnet.get_variant("b0"), resolution=resolution)
