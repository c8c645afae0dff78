"""CondConv's networks against timm's, on the same weights."""

import warnings

import pytest
import torch
from oracles import calibrate

import effnet
from effnet.nn import with_experts

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    timm = pytest.importorskip("timm")

SMALL = effnet.scale("b0", depth=0.3, width=0.25)
PICTURES = torch.randn(2, 3, 65, 64, generator=torch.Generator().manual_seed(1))


def agree(found: torch.Tensor, wanted: torch.Tensor) -> bool:
    """Whether logits are the same but for the order of additions."""
    return bool(wanted.std() > 0.1 and (found - wanted).abs().max() < 1e-3 * wanted.std())


@pytest.mark.parametrize("theirs", ["efficientnet_cc_b0_4e", "tf_efficientnet_cc_b0_4e"])
def test_logits_are_timms_and_names_go_there_and_back(theirs):
    torch.manual_seed(0)
    model = calibrate(timm.create_model(theirs), side=64, images=4)
    state = model.state_dict()
    tag = "" if theirs.startswith("tf_") else ".in1k"
    ours = with_experts(effnet.build(f"{theirs.replace('cc_b0_4e', 'b0')}{tag}"), 4).eval()
    here = effnet.convert(state, to="torchvision")
    ours.load_state_dict(here, strict=True)
    with torch.inference_mode():
        assert agree(ours(PICTURES), model(PICTURES))
    assert effnet.convert(here, to="timm").keys() == state.keys()


@pytest.mark.parametrize(
    ("theirs", "base", "experts"),
    [("b0_4e", "b0", 4), ("b0_8e", "b0", 8), ("b1_8e", "b1", 8)],
)
def test_names_and_shapes_are_timms(theirs, base, experts):
    with torch.device("meta"):
        wanted = timm.create_model(f"efficientnet_cc_{theirs}").state_dict()
        ours = with_experts(effnet.build(base), experts).state_dict()
    found = effnet.convert(ours, to="timm")
    assert {k: v.shape for k, v in found.items()} == {k: v.shape for k, v in wanted.items()}


def test_experts_begin_near_the_network_and_leave_it_alone():
    plain = calibrate(effnet.build("b0"), side=64, images=4)
    mixed = with_experts(plain)
    for module in mixed.modules():
        if hasattr(module, "routing"):
            torch.nn.init.zeros_(module.routing.weight)
            torch.nn.init.zeros_(module.routing.bias)
    with torch.inference_mode():
        assert agree(mixed(PICTURES), plain(PICTURES))
    assert not any("routing" in name for name in plain.state_dict())


@pytest.mark.parametrize(
    "followed",
    [
        torch.fx.symbolic_trace,
        lambda net: torch.jit.trace(net, torch.zeros(1, 3, 64, 64)),
        lambda net: torch.export.export(
            net, (torch.zeros(2, 3, 65, 64),), dynamic_shapes=({0: torch.export.Dim("N")},)
        ).module(),
    ],
    ids=["fx", "jit", "export"],
)
@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
def test_a_batch_of_another_size_goes_through_a_traced_network(followed):
    plain = calibrate(effnet.build(SMALL), side=64, images=4)
    mixed = with_experts(plain, 2)
    with torch.no_grad():
        wide = torch.cat([PICTURES, PICTURES.flip(0)])
        assert agree(followed(mixed)(wide), mixed(wide))


def test_they_part_in_training():
    mixed = with_experts(effnet.build(SMALL), 2).train()
    mixed(PICTURES).square().mean().backward()
    one, two = mixed.get_submodule("features.7.0.block.1.0").weight.grad
    assert not torch.equal(one, two)


@pytest.mark.parametrize(
    ("base", "experts", "stages", "words"),
    [
        ("b0", 0, 3, "experts 0; expected 1 to 64"),
        ("b0", 2.5, 3, "experts 2.5; expected a whole number, 1 to 64"),
        ("b0", 4, 8, "stages with experts 8; expected 1 to 7"),
        ("mobilenet_v2", 4, 3, "stage 5 of 'mobilenet_v2' has no MBConv"),
        ("v2_s", 4, 4, "stage 3 of 'v2_s' has no MBConv"),
    ],
)
def test_what_cant_have_experts_is_said(base, experts, stages, words):
    with torch.device("meta"), pytest.raises(effnet.EffnetError, match=words):
        with_experts(effnet.build(base), experts, stages=stages)


def test_experts_have_no_experts_and_no_classifier_takes_them():
    mixed = with_experts(effnet.build(SMALL))
    with pytest.raises(effnet.EffnetError, match=r"stage 5 of .* has no MBConv"):
        with_experts(mixed)
    with pytest.raises(effnet.EffnetError, match="no longer what its spec says"):
        effnet.Classifier(mixed)
    with pytest.raises(effnet.EffnetError, match="Conv2d is no network of"):
        with_experts(torch.nn.Conv2d(3, 3, 1))


def test_lukemelas_has_no_such_networks():
    with torch.device("meta"):
        state = with_experts(effnet.build("b0")).state_dict()
    with pytest.raises(effnet.EffnetError, match="b0 is no network of lukemelas"):
        effnet.convert(state, to="lukemelas")
