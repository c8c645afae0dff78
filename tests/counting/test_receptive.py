"""What a place sees: against the gradient of a network whose weights are all positive."""

import numpy as np
import pytest
import torch

import effnet
from effnet.base import EffnetError
from effnet.cam.core import list_layers
from effnet.cam.inside import _influence
from effnet.counting.receptive_field import field_of, fields, layer_title, stage_ends

SIDE = 96


def seeing_everything(spec: effnet.Spec) -> torch.nn.Module:
    """Weights that average: nothing cancels and nothing saturates, so every input counts."""
    model = effnet.build(spec, num_classes=3).eval().requires_grad_(False)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.weight.fill_(1 / module.weight[0].numel())
    if hasattr(model, "maxpool"):  # of equal values it would let through the first alone
        model.maxpool = torch.nn.AvgPool2d(3, 2, padding=1)
    return model


@pytest.mark.parametrize("name", ["lite0", "mobilenet_v2", "resnet50"])
@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_exactly_the_pixels_of_the_field_move_a_place(name, number):
    """Padding of both kinds; networks without squeeze-and-excitation, which sees all."""
    model = seeing_everything(effnet.get_variant(name))
    layer = list_layers(model)[number]
    field = field_of(model.spec, layer, resolution=SIDE)
    assert not field.sees_all
    for cell in ((0, 0), (field.cells // 2, field.cells // 2), (field.cells - 1, 1)):
        moved = _influence(model, torch.full((1, 3, SIDE, SIDE), 0.05), layer, cell) > 0
        rows, columns = (np.flatnonzero(moved.any(axis)) for axis in (1, 0))
        for seen, along in ((rows, cell[0]), (columns, cell[1])):
            first, last = field.of(along)
            assert (seen[0], seen[-1] + 1) == (max(first, 0), min(last, SIDE))


@pytest.mark.parametrize("name", ["b0", "v2_s", "lite0", "resnet50", "mobilenet_v2"])
def test_there_is_a_field_for_every_layer_with_a_map(name):
    spec = effnet.get_variant(name)
    with torch.device("meta"):
        model = effnet.build(spec)
    found = fields(spec)
    assert list(found) == list_layers(model)
    x = torch.empty(1, 3, spec.resolution, spec.resolution, device="meta")
    for layer, step in model.steps()[:-1]:
        x = step(x)
        assert found[layer].cells == x.shape[-1]
    sides = [field.side for field in found.values()]
    assert sides == sorted(sides)


def test_b0s_stem_sees_three_pixels_and_its_last_layer_851():
    """By hand: (kernel - 1) x step before it, summed over the rows of the paper's Table 1, + 1."""
    spec = effnet.get_variant("b0")
    stem, *_, head = fields(spec).values()
    assert (stem.side, stem.step) == (3, 2)
    assert (head.side, head.step, head.cells) == (851, 32, 7)
    assert head.sees_all


def test_an_unknown_layer_hears_the_known_ones():
    with pytest.raises(EffnetError, match=r"unknown layer 'x'; expected one of features\.0"):
        field_of(effnet.get_variant("b0"), "x")


def test_layers_have_names_in_words():
    spec = effnet.get_variant("b0")
    assert [layer_title(spec, layer) for layer in stage_ends(spec)] == [
        "stem",
        "stage 1, block 1 of 1",
        "stage 2, block 2 of 2",
        "stage 3, block 2 of 2",
        "stage 4, block 3 of 3",
        "stage 5, block 3 of 3",
        "stage 6, block 4 of 4",
        "stage 7, block 1 of 1",
        "head",
    ]
