"""The one walk: each layer is a module of exactly that path and shape in the built model."""

from functools import cache
from itertools import pairwise

import pytest
import torch
from torch import nn

import effnet
from effnet.base import EffnetError
from effnet.network.layer_walk import KINDS, block_layers, walk
from effnet.nn.blocks import SamePadding
from effnet.nn.model import Network

ALL = effnet.list_variants()


@cache
def built(name: str) -> Network:
    with torch.device("meta"):
        return effnet.build(effnet.get_variant(name)).eval()


def paths(name: str) -> list[str]:
    return [block.path(layer) for block in walk(effnet.get_variant(name)) for layer in block.layers]


@pytest.mark.parametrize("name", ALL)
def test_the_walk_names_every_convolution_and_fully_connected_layer_once_in_order(name):
    modules = built(name).named_modules()
    real = [path for path, module in modules if isinstance(module, (nn.Conv2d, nn.Linear))]
    assert paths(name) == real


@pytest.mark.parametrize("name", ALL)
def test_the_walk_names_every_batch_norm(name):
    spec, model = effnet.get_variant(name), built(name)
    named = []
    for block in walk(spec):
        for layer in block.layers:
            if layer.norm:
                named.append(block.norm_path(layer))
                assert model.get_submodule(named[-1]).num_features == layer.out_channels
    real = [path for path, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)]
    assert sorted(named) == sorted(real)


@pytest.mark.parametrize("name", ALL)
def test_layers_have_the_shapes_of_the_modules_they_name(name):
    model = built(name)
    for block in walk(effnet.get_variant(name)):
        for layer in block.layers:
            module = model.get_submodule(block.path(layer))
            bias = module.bias is not None
            if isinstance(module, nn.Linear):
                found = (module.in_features, module.out_features, 1, 1, 1, bias)
            else:
                assert module.kernel_size[0] == module.kernel_size[1]
                assert module.stride[0] == module.stride[1]
                assert module.dilation == (1, 1)
                found = (
                    module.in_channels,
                    module.out_channels,
                    module.kernel_size[0],
                    module.stride[0],
                    module.groups,
                    bias,
                )
            assert found == (
                layer.in_channels,
                layer.out_channels,
                layer.kernel,
                layer.stride,
                layer.groups,
                layer.bias,
            ), block.path(layer)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("odd", [False, True], ids=["own resolution", "odd resolution"])
def test_sizes_are_those_of_a_real_forward_pass(name, odd):
    spec, model = effnet.get_variant(name), built(name)
    resolution = 113 if odd else spec.resolution
    sizes: dict[str, tuple[int, int]] = {}
    added: dict[str, int] = {}  # by the padding that stands before the convolution that is next

    def padded(module, args, output):
        added["pixels"] = output.shape[-1] - args[0].shape[-1]

    def remember(path):
        def hook(module, args, output):
            flat = output.ndim == 2
            before = args[0].shape[-1] - added.pop("pixels", 0)
            sizes[path] = (1, 1) if flat else (before, output.shape[-1])

        return hook

    handles = [
        model.get_submodule(path).register_forward_hook(remember(path)) for path in paths(name)
    ]
    handles += [
        module.register_forward_hook(padded)
        for module in model.modules()
        if isinstance(module, SamePadding)
    ]
    with torch.no_grad():
        model(torch.empty(1, 3, resolution, resolution, device="meta"))
    for handle in handles:
        handle.remove()
    walked = {
        block.path(layer): (layer.in_size, layer.out_size)
        for block in walk(spec, resolution=resolution)
        for layer in block.layers
    }
    assert walked == sizes


@pytest.mark.parametrize("name", ALL)
def test_blocks_follow_each_other(name):
    spec = effnet.get_variant(name)
    blocks = list(walk(spec))
    assert [block.operator for block in blocks[:1]] == ["stem"]
    assert blocks[-1].operator == "classifier"
    assert sum(block.operator not in ("stem", "head", "classifier") for block in blocks) == (
        spec.blocks
    )
    stages = [block.stage for block in blocks]
    assert stages == sorted(stages)
    assert set(stages) == set(range(len(spec.stages) + 2))
    for before, after in pairwise(blocks):
        assert after.layers[0].in_channels == before.layers[-1].out_channels
    assert {layer.kind for block in blocks for layer in block.layers} <= set(KINDS)


def test_nine_of_b0s_sixteen_blocks_have_a_skip():
    assert sum(block.residual for block in walk(effnet.get_variant("b0"))) == 9


def test_the_squeeze_is_a_quarter_of_the_blocks_input_not_of_its_hidden_channels():
    squeezes = [
        (block.layers[0].in_channels, layer.out_channels)
        for block in walk(effnet.get_variant("b0"))
        for layer in block.layers
        if layer.name.endswith("fc1")
    ]
    assert len(squeezes) == 16
    assert all(squeezed == max(1, channels // 4) for channels, squeezed in squeezes)


@pytest.mark.parametrize(("channels", "squeezed"), [(3, 1), (14, 3), (15, 3), (16, 4)])
def test_the_squeeze_is_cut_down_and_never_nothing(channels, squeezed):
    """As torchvision has it: max(1, channels // 4)."""
    layers = block_layers("mbconv", channels, 16, 8, 3, 1, 6, 0.25)
    (found,) = [layer.out_channels for layer in layers if layer.name.endswith("fc1")]
    assert found == squeezed


def test_drop_rates_rise_evenly_and_stop_short_of_the_last():
    rates = [b.drop_rate for b in walk(effnet.get_variant("b0")) if b.name.count(".") == 2]
    assert rates == pytest.approx([0.2 * i / 16 for i in range(16)])


def test_the_number_of_classes_changes_only_the_classifier():
    spec = effnet.get_variant("b0")
    *same, last = zip(walk(spec), walk(spec, num_classes=7), strict=True)
    assert all(usual == other for usual, other in same)
    assert last[1].layers[0].out_channels == 7


@pytest.mark.parametrize("resolution", [0, 2.5, "224"])
def test_a_walk_at_no_resolution_is_refused(resolution):
    with pytest.raises(EffnetError, match="resolution"):
        list(walk(effnet.get_variant("b0"), resolution=resolution))


def test_an_expansion_below_one_leaves_a_hidden_channel():
    """MobileNetV2's int(round(inp * expand_ratio)) is 0 for 1 * 0.25: a block without channels."""
    depthwise, _ = block_layers("inverted_residual", 1, 8, 7, 3, 1, 0.25, 0.0)
    assert (depthwise.in_channels, depthwise.groups) == (1, 1)
    depthwise = block_layers("inverted_residual", 2, 8, 7, 3, 1, 0.25, 0.0)[-2]
    assert depthwise.groups == 1
