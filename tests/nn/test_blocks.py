"""The blocks' own behaviour: padding, stochastic depth, squeeze-and-excitation."""

import numpy as np
import pytest
import torch
from oracles import TORCHVISION, torchvision_on_meta
from torch import nn
from torch.nn import functional
from torchvision.ops import SqueezeExcitation as TorchvisionSqueezeExcitation
from torchvision.ops import StochasticDepth as TorchvisionStochasticDepth

import effnet
from effnet.network.layer_walk import walk
from effnet.network.spec import OPERATORS
from effnet.nn.blocks import BLOCKS, MBConv, SamePadding, SqueezeExcitation, stochastic_depth

# --- TensorFlow's SAME padding


def same_convolution(image: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    """One channel, window by window: output i reads from i * stride less half the padding."""
    kernel, sides, befores = weight.shape[0], [], []
    for side in image.shape:
        out = -(-side // stride)
        total = max((out - 1) * stride + kernel - side, 0)
        sides.append(out)
        befores.append(total // 2)
    result = np.zeros(sides, dtype=np.float64)
    for y in range(sides[0]):
        for x in range(sides[1]):
            for i in range(kernel):
                for j in range(kernel):
                    row, column = y * stride - befores[0] + i, x * stride - befores[1] + j
                    if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                        result[y, x] += weight[i, j] * image[row, column]
    return result


def same_conv(channels: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        SamePadding(kernel), nn.Conv2d(channels, outputs, kernel, stride=2, bias=False)
    )


@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize("shape", [(8, 8), (7, 7), (8, 7), (5, 10), (2, 2), (1, 1)], ids=str)
def test_same_padding_is_tensorflows(shape, kernel):
    source = np.random.default_rng(kernel)
    image, weight = source.normal(size=shape), source.normal(size=(kernel, kernel))
    conv = same_conv(1, 1, kernel).double()
    with torch.no_grad():
        conv[1].weight.copy_(torch.from_numpy(weight)[None, None])
        found = conv(torch.from_numpy(image)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(found, same_convolution(image, weight, 2), atol=1e-12)


@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_at_stride_one_same_padding_is_pytorchs_even_one(kernel):
    source = np.random.default_rng(kernel)
    image, weight = source.normal(size=(6, 5)), source.normal(size=(kernel, kernel))
    tensors = torch.from_numpy(image)[None, None], torch.from_numpy(weight)[None, None]
    found = functional.conv2d(*tensors, padding=kernel // 2)[0, 0].numpy()
    np.testing.assert_allclose(found, same_convolution(image, weight, 1), atol=1e-12)


def test_same_padding_by_hand():
    """A 3x3 of ones at stride 2 over 0..15: the odd pixel of padding lies right and below."""
    conv = same_conv(1, 1, 3)
    with torch.no_grad():
        conv[1].weight.fill_(1)
        found = conv(torch.arange(16.0).reshape(1, 1, 4, 4))
    assert found.flatten().tolist() == [45, 39, 66, 50]


@pytest.mark.parametrize(
    ("kernel", "edges"), [(3, (0, 1, 0, 1)), (5, (1, 2, 1, 2))], ids=["3x3", "5x5"]
)
def test_same_padding_at_stride_two_of_an_even_side_is_uneven(kernel, edges):
    torch.manual_seed(0)
    conv = same_conv(4, 6, kernel)
    weight = conv[1].weight
    image = torch.randn(2, 4, 12, 12)
    with torch.no_grad():
        padded = functional.conv2d(functional.pad(image, edges), weight, stride=2)
        symmetric = functional.conv2d(image, weight, stride=2, padding=kernel // 2)
        found = conv(image)
    torch.testing.assert_close(found, padded)
    assert found.shape == symmetric.shape
    assert not torch.allclose(found, symmetric, atol=1e-2)


@pytest.mark.parametrize("variant", ["lite0", "lite4"])
def test_lites_strided_convolutions_pad_as_tensorflow_does(variant):
    with torch.device("meta"):
        model = effnet.build(effnet.get_variant(variant))
    padded = 0
    for chain in (m for m in model.modules() if isinstance(m, nn.Sequential)):
        convolutions = [m for m in chain if type(m) is nn.Conv2d and m.stride == (2, 2)]
        for conv in convolutions:
            assert isinstance(chain.pad, SamePadding)
            assert (chain.pad.kernel,) * 2 == conv.kernel_size
            assert conv.padding == (0, 0)
            padded += 1
    assert padded == 5  # the stem and the four stages that halve the map


@pytest.mark.parametrize("variant", ["b0", "v2_s", "mobilenet_v1", "mobilenet_v2", "resnet50"])
def test_the_others_pad_as_torchvision_does(variant):
    with torch.device("meta"):
        model = effnet.build(effnet.get_variant(variant))
    assert not any(isinstance(m, SamePadding) for m in model.modules())
    for conv in (m for m in model.modules() if isinstance(m, nn.Conv2d)):
        assert conv.padding == ((conv.kernel_size[0] - 1) // 2,) * 2


# --- stochastic depth


@pytest.mark.parametrize("name", [name for name in TORCHVISION if name[0] in "bv"])
def test_drop_rates_are_torchvisions_block_by_block(name):
    theirs = [
        (module.p, module.mode)
        for module in torchvision_on_meta(name).modules()
        if isinstance(module, TorchvisionStochasticDepth)
    ]
    with torch.device("meta"):
        model = effnet.build(effnet.get_variant(name))
    ours = [m.p for m in model.modules() if isinstance(m, nn.Dropout3d)]
    assert ours == pytest.approx([rate for rate, _ in theirs])
    assert {mode for _, mode in theirs} == {"row"}


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_whole_samples_drop_and_the_rest_is_rescaled(rate):
    torch.manual_seed(1)
    samples = 4000
    factors = stochastic_depth(rate).train()(torch.ones(samples, 3, 2, 2))
    per_sample = factors.flatten(1)
    assert (per_sample == per_sample[:, :1]).all()
    alive = per_sample[:, 0] != 0
    torch.testing.assert_close(
        per_sample[alive, 0], torch.full((int(alive.sum()),), 1 / (1 - rate))
    )
    spread = (rate * (1 - rate) / samples) ** 0.5
    assert float(alive.float().mean()) == pytest.approx(1 - rate, abs=5 * spread)
    assert float(factors.mean()) == pytest.approx(1, abs=5 * spread / (1 - rate))


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True), (0.0, False)])
def test_stochastic_depth_is_the_identity_in_evaluation_and_at_rate_zero(rate, training):
    x = torch.randn(4, 3, 2, 2)
    assert torch.equal(stochastic_depth(rate).train(training)(x), x)


def test_a_dropped_block_passes_its_input_through_the_skip():
    spec = effnet.get_variant("b0")
    block = next(b for b in walk(spec) if b.name == "features.2.1")
    module = MBConv(block, spec)
    module.stochastic_depth.p = 0.5
    torch.manual_seed(0)
    x = torch.randn(64, 24, 6, 6)
    same = (module.train()(x) == x).flatten(1).all(1)
    assert 0 < int(same.sum()) < 64


# --- squeeze and excitation, and the table of blocks


def test_squeeze_and_excitation_is_torchvisions():
    spec = effnet.get_variant("b0")
    block = next(b for b in walk(spec) if b.name == "features.3.1")
    squeeze, excite = (la for la in block.layers if la.kind == "squeeze-and-excitation")
    torch.manual_seed(0)
    ours = SqueezeExcitation(squeeze, excite, spec)
    theirs = TorchvisionSqueezeExcitation(
        squeeze.in_channels, squeeze.out_channels, activation=nn.SiLU
    )
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, squeeze.in_channels, 5, 5)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))
        gates = ours.gates(x)
    assert gates.shape == (2, squeeze.in_channels, 1, 1)
    assert ((gates > 0) & (gates < 1)).all()


def test_every_operator_has_a_block():
    assert set(BLOCKS) == set(OPERATORS)


def test_fused_blocks_of_expansion_one_are_one_convolution_with_its_activation():
    spec = effnet.get_variant("v2_s")
    block = next(b for b in walk(spec) if b.name == "features.1.0")
    kinds = [type(m) for m in MBConv(block, spec).block.modules() if not list(m.children())]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.SiLU]


def test_projections_are_linear():
    spec = effnet.get_variant("b0")
    with torch.device("meta"):
        model = effnet.build(spec)
    for block in walk(spec):
        if block.operator == "mbconv":
            project = model.get_submodule(block.name).block[-1]
            assert [type(m) for m in project] == [nn.Conv2d, nn.BatchNorm2d]
