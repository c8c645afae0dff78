"""Built networks against torchvision's: keys, shapes, logits; and what a network promises."""

import pytest
import torch
from oracles import TORCHVISION, calibrate, calibrated, torchvision_on_meta
from torch import nn

import effnet
from effnet.nn.weight_files import load_state

SMALL = effnet.scale("b0", depth=0.3, width=0.25, resolution=64)


def built_on_meta(name: str, **options) -> nn.Module:
    with torch.device("meta"):
        return effnet.build(effnet.get_variant(name), **options)


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_state_dict_has_torchvisions_keys_and_shapes_in_order(name):
    ours = built_on_meta(name).state_dict()
    theirs = torchvision_on_meta(name).state_dict()
    assert [(k, v.shape) for k, v in ours.items()] == [(k, v.shape) for k, v in theirs.items()]


@pytest.mark.parametrize("name", TORCHVISION)
def test_batch_norms_are_torchvisions_one_by_one(name):
    def norms(model):
        return {
            path: (m.eps, m.momentum, m.affine)
            for path, m in model.named_modules()
            if isinstance(m, nn.BatchNorm2d)
        }

    assert norms(built_on_meta(name)) == norms(torchvision_on_meta(name))


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("b0", 128),
        ("b0", 97),
        ("b4", 97),
        ("b5", 96),
        ("v2_s", 97),
        ("mobilenet_v2", 97),
        ("resnet50", 97),
    ],
)
def test_the_same_weights_give_torchvisions_logits(name, side):
    theirs = calibrated(name)
    ours = load_state(effnet.get_variant(name), theirs.state_dict(), origin="torchvision").eval()
    images = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        wanted, found = theirs(images), ours(images)
    scale = float(wanted.std())
    assert scale > 1e-3, "an untrained network's logits prove nothing"
    assert float((wanted[0] - wanted[1]).abs().max()) > 0.1 * scale
    assert float((found - wanted).abs().max()) <= 1e-4 * max(scale, 1e-12)


@pytest.mark.parametrize("name", ["b0", "v2_s"])
def test_a_training_pass_without_drops_is_torchvisions(name):
    theirs = calibrated(name)
    ours = load_state(effnet.get_variant(name), theirs.state_dict(), origin="torchvision")
    with torch.device("meta"):
        copy = TORCHVISION[name](weights=None, stochastic_depth_prob=0.0, dropout=0.0)
    copy.load_state_dict({k: v.clone() for k, v in theirs.state_dict().items()}, assign=True)
    for module in ours.modules():
        if isinstance(module, (nn.Dropout, nn.Dropout3d)):
            module.p = 0.0
    ours.load_state_dict({k: v.clone() for k, v in theirs.state_dict().items()}, assign=True)
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        wanted, found = copy.train()(images), ours.train()(images)
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4 * float(wanted.std()))
    for key, value in copy.state_dict().items():
        if "running" in key:
            torch.testing.assert_close(ours.state_dict()[key], value, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", effnet.list_variants())
def test_every_variant_gives_a_logit_a_class(name):
    model = built_on_meta(name, num_classes=10).eval()
    with torch.no_grad():
        assert model(torch.empty(2, 3, 65, 65, device="meta")).shape == (2, 10)


def test_wide_and_high_pictures_pass():
    model = effnet.build(SMALL).eval()
    with torch.no_grad():
        assert model(torch.randn(1, 3, 40, 90)).shape == (1, 1000)


@pytest.mark.parametrize("name", ["b0", "mobilenet_v2", "resnet50", "mobilenet_v1"])
def test_the_forward_pass_is_the_chain_of_its_steps(name):
    spec = effnet.scale(name, depth=0.3, width=0.25, resolution=64)
    torch.manual_seed(0)
    model = calibrate(effnet.build(spec), side=64, images=8)
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        x = image
        for _, step in model.steps():
            x = step(x)
        assert torch.equal(x, model(image))
    assert len(model.steps()) == 2 + spec.blocks + bool(spec.head_channels)


@pytest.mark.parametrize("name", ["b0", "mobilenet_v2", "resnet50"])
def test_steps_are_named_after_their_modules(name):
    model = built_on_meta(name)
    first, *rest = [step for step, _ in model.steps()]
    assert first in ("features.0", "stem")
    assert rest[-1] == "classifier"
    for step in rest[:-1]:
        model.get_submodule(step)


@pytest.mark.parametrize("name", ["b0", "mobilenet_v2", "resnet50", "mobilenet_v1"])
def test_the_linear_layer_is_the_one_behind_the_pooling(name):
    model = built_on_meta(name, num_classes=12)
    assert model.linear.out_features == 12
    assert sum(isinstance(m, nn.Linear) for m in model.modules()) == 1


def test_fresh_weights_are_he_by_fan_out_and_bounded_by_the_classes():
    torch.manual_seed(0)
    model = effnet.build(effnet.get_variant("b0"))
    conv = model.get_submodule("features.8.0")
    assert float(conv.weight.detach().std()) == pytest.approx((2 / 1280) ** 0.5, rel=0.02)
    bound = 1 / 1000**0.5
    assert float(model.linear.weight.detach().abs().max()) <= bound
    assert float(model.linear.weight.detach().abs().max()) > 0.99 * bound
    assert float(model.linear.bias.detach().abs().max()) == 0


def test_a_seed_makes_the_same_network():
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(effnet.build(SMALL).state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_a_network_learns():
    torch.manual_seed(0)
    model = effnet.build(SMALL, num_classes=2).train()
    images, labels = torch.randn(8, 3, 64, 64), torch.tensor([0, 1] * 4)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _ in range(8):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    assert losses[-1] < losses[0]
