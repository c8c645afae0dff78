"""New heads, other inputs and maps for other heads, against timm's networks on the same weights."""

import copy

import pytest
import timm
import torch
from timm.models import efficientnet as timms
from timm.optim import param_groups_layer_decay
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

import effnet
from effnet.nn.pretrained import adapted
from effnet.nn.weight_files import under_our_names
from effnet.train.optim import parameter_groups

IMAGES = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def timms_lite0(tmp_path_factory):
    """timm's own Lite0 with the trained weights that lie here, and the file of its state dict."""
    ours = effnet.load("lite0", device="cpu").model
    theirs = timm.create_model("tf_efficientnet_lite0")
    names = under_our_names({key: torch.tensor(0) for key in theirs.state_dict()}, ours.spec)
    state = ours.state_dict()
    for (key, value), name in zip(theirs.state_dict().items(), names, strict=True):
        value.copy_(state[name])
        assert key.rpartition(".")[2] == name.rpartition(".")[2]
    path = tmp_path_factory.mktemp("timm") / "tf_efficientnet_lite0.pth"
    torch.save(theirs.state_dict(), path)
    return path


@pytest.mark.parametrize("channels", [1, 2, 4, 5, 6])
def test_the_stem_is_adapted_as_timm_does_it(timms_lite0, channels):
    theirs = timm.create_model(
        "tf_efficientnet_lite0",
        in_chans=channels,
        pretrained=True,
        pretrained_cfg_overlay={"file": str(timms_lite0)},
    ).eval()
    ours = effnet.build("lite0", in_channels=channels, weights="default").eval()
    images = torch.randn(2, channels, 96, 96, generator=torch.Generator().manual_seed(3))
    assert torch.equal(ours.get_submodule("features.0.0").weight, theirs.conv_stem.weight)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-4)


def test_a_grey_picture_gives_what_it_gives_in_colour():
    grey = IMAGES[:, :1]
    with torch.inference_mode():
        one = effnet.build("lite0", in_channels=1, weights="default").eval()(grey)
        three = effnet.build("lite0", weights="default").eval()(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(one, three, rtol=1e-4, atol=1e-4)


def test_channels_repeat_and_are_scaled_by_hand():
    weight = torch.tensor([1.0, 2.0, 4.0]).reshape(1, 3, 1, 1)
    assert adapted(weight, 1).flatten().tolist() == [7]
    assert adapted(weight, 2).flatten().tolist() == [1.5, 3.0]
    assert adapted(weight, 6).flatten().tolist() == [0.5, 1, 2, 0.5, 1, 2]


def test_another_number_of_classes_gives_a_new_head_on_the_trained_trunk():
    trained = effnet.build("lite0", weights="default").eval()
    net = effnet.build("lite0", weights="default", num_classes=5).eval()
    with torch.inference_mode():
        assert torch.equal(net.forward_features(IMAGES), trained.forward_features(IMAGES))
        assert net(IMAGES).shape == (2, 5)
    assert net.num_classes == 5
    assert float(net.linear.weight.detach().abs().max()) <= 5**-0.5
    assert float(net.linear.bias.detach().abs().max()) == 0
    assert all(parameter.requires_grad for parameter in net.parameters())


def test_a_files_own_head_and_channels_are_kept_where_they_are_wanted(tmp_path):
    spec = effnet.scale("b0", depth=0.3, width=0.25, resolution=64)
    saved = effnet.build(spec, num_classes=4, in_channels=1)
    path = tmp_path / "grey.pth"
    torch.save(saved.state_dict(), path)
    again = effnet.build(spec, num_classes=4, in_channels=1, weights=path)
    for key, value in saved.state_dict().items():
        assert torch.equal(again.state_dict()[key], value)
    assert effnet.build(spec, weights=path).in_channels == 3


def test_a_networks_classifier_is_made_anew():
    net = effnet.build(effnet.scale("b0", depth=0.3, width=0.25, resolution=64))
    before = net.linear.weight
    net.reset_classifier(3)
    assert net(IMAGES).shape == (2, 3)
    assert net.linear.weight is not before
    assert net.num_classes == 3


def test_another_normalisation_stands_wherever_batchnorm_stood():
    net = effnet.build("lite0", weights="default", norm_layer=lambda n: nn.GroupNorm(8, n))
    trained = effnet.build("lite0", weights="default")
    norms = [m for m in trained.modules() if isinstance(m, nn.BatchNorm2d)]
    groups = [m for m in net.modules() if isinstance(m, nn.GroupNorm)]
    assert [m.num_channels for m in groups] == [m.num_features for m in norms]
    assert not any(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    assert torch.equal(net.linear.weight, trained.linear.weight)
    with torch.inference_mode():
        assert net(IMAGES).shape == (2, 1000)


def test_checkpointing_changes_no_gradient():
    net = effnet.build(
        effnet.scale("b0", depth=0.3, width=0.25, resolution=64), dropout=0, stochastic_depth=0
    )
    again = copy.deepcopy(net)
    again.grad_checkpointing = True
    kept = []
    for one in (net, again):
        tensors = []
        with saved_tensors_hooks(lambda t, into=tensors: into.append(t) or t, lambda t: t):
            loss = one.train()(IMAGES).square().mean()
        loss.backward()
        kept.append(len(tensors))
    for one, two in zip(net.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(two.grad, one.grad)
    assert kept[1] < kept[0] / 3
    with torch.inference_mode():
        assert torch.equal(again.eval()(IMAGES), again(IMAGES))


@pytest.mark.parametrize("name", ["lite0", "v2_b0", "mobilenet_v2", "resnet50"])
def test_layer_groups_hold_every_parameter_once_from_stem_to_classifier(name):
    with torch.device("meta"):
        net = effnet.build(name)
    groups = net.layer_groups()
    assert len(groups) == net.spec.blocks + 2
    assert [id(p) for group in groups for p in group] == [id(p) for p in net.parameters()]


def test_rates_by_layer_are_timms():
    with torch.device("meta"):
        net, theirs = effnet.build("lite0"), timm.create_model("tf_efficientnet_lite0")
    wanted = param_groups_layer_decay(theirs, weight_decay=0.05, layer_decay=0.75)
    found = parameter_groups(net, learning_rate=0.1, weight_decay=0.05, layer_decay=0.75)
    assert [group["lr"] for group in found] == pytest.approx([0.1 * g["lr_scale"] for g in wanted])
    assert [group["weight_decay"] for group in found] == [g["weight_decay"] for g in wanted]
    sizes = [[sum(p.numel() for p in g["params"]) for g in groups] for groups in (found, wanted)]
    assert sizes[0] == sizes[1]
    net.requires_grad_(False).linear.requires_grad_(True)
    assert len(parameter_groups(net, learning_rate=0.1)) == 2


def test_rates_are_in_the_built_network_and_its_spec():
    net = effnet.build("b0", dropout=0.45, stochastic_depth=0.32)
    assert [m.p for m in net.modules() if isinstance(m, nn.Dropout)] == [0.45]
    drops = [m.p for m in net.modules() if isinstance(m, nn.Dropout3d)]
    assert drops == pytest.approx([0.32 * i / 16 for i in range(16)])
    assert (net.spec.dropout, net.spec.stochastic_depth) == (0.45, 0.32)
    with pytest.raises(effnet.EffnetError, match=r"dropout 1\.5"):
        effnet.build("b0", dropout=1.5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"in_channels": 0}, "input channels 0"),
        ({"in_channels": 2.5}, r"input channels 2\.5"),
        ({"num_classes": 0}, "classes 0"),
        ({"weights": "nowhere.pth"}, "no weights file at nowhere.pth"),
        ({"weights": "IMAGENET21K"}, "unknown weights 'IMAGENET21K'"),
    ],
)
@pytest.mark.parametrize("weights", [None, "default"])
def test_what_cannot_be_built_is_refused(given, message, weights):
    with pytest.raises(effnet.EffnetError, match=message):
        effnet.build("lite0", **{"weights": weights, **given})


def test_weights_that_are_not_here_say_where_to_put_them():
    with pytest.raises(effnet.WeightsUnavailable, match="put efficientnet_b0_rwightman"):
        effnet.build("b0", weights="default")


# --- maps of a network

TIMM_NAMES = {
    "b0": "efficientnet_b0",
    "b4": "efficientnet_b4",
    "v2_s": "efficientnetv2_s",
    "v2_b0": "tf_efficientnetv2_b0",
    "lite0": "tf_efficientnet_lite0",
    "mobilenet_v2": "mobilenetv2_100",
    "resnet50": "resnet50",
}


@pytest.mark.parametrize(("name", "theirs"), TIMM_NAMES.items())
def test_the_maps_have_timms_channels_and_strides(name, theirs):
    with torch.device("meta"):
        told = timm.create_model(
            theirs, features_only=True, **({"rw": False} if name == "v2_s" else {})
        ).feature_info
        ours = effnet.backbone(name, weights=None)
        maps = ours(torch.empty(1, 3, 224, 192))
    assert list(ours.channels) == told.channels()
    assert list(ours.strides) == told.reduction() == [2, 4, 8, 16, 32]
    assert [m.shape for m in maps] == [
        (1, c, 224 // s, 192 // s) for c, s in zip(ours.channels, ours.strides, strict=True)
    ]


def test_the_maps_are_timms(timms_lite0):
    theirs = timm.create_model(
        "tf_efficientnet_lite0",
        features_only=True,
        pretrained=True,
        pretrained_cfg_overlay={"file": str(timms_lite0)},
    ).eval()
    ours = effnet.backbone("lite0").eval()
    whole = effnet.build("lite0", weights="default").eval()
    with torch.inference_mode():
        for wanted, found, also in zip(
            theirs(IMAGES), ours(IMAGES), whole.pyramid(IMAGES), strict=True
        ):
            torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)
            assert torch.equal(found, also)


@pytest.mark.parametrize("name", effnet.list_variants())
def test_every_variant_has_five_maps_and_one_before_pooling(name):
    with torch.device("meta"):
        net = effnet.build(name, num_classes=3).eval()
        images = torch.empty(2, 3, 65, 97)
        sides = [(m.shape[2], m.shape[3]) for m in net.pyramid(images)]
        last = net.forward_features(images)
    assert sides == [(33, 49), (17, 25), (9, 13), (5, 7), (3, 4)]
    assert last.shape == (2, net.linear.in_features, 3, 4)


@pytest.mark.parametrize("stride", [8, 16])
def test_at_a_smaller_output_stride_the_maps_are_timms(timms_lite0, stride):
    theirs = timm.create_model(
        "tf_efficientnet_lite0",
        features_only=True,
        output_stride=stride,
        pretrained=True,
        pretrained_cfg_overlay={"file": str(timms_lite0)},
    ).eval()
    ours = effnet.backbone("lite0", output_stride=stride).eval()
    assert list(ours.strides) == theirs.feature_info.reduction()
    images = IMAGES[:, :, :, :65]
    with torch.inference_mode():
        for wanted, found in zip(theirs(images), ours(images), strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


def test_resnets_dilated_shortcuts_fit_their_maps():
    with torch.device("meta"):
        maps = effnet.backbone("resnet50", weights=None, output_stride=8)(torch.empty(1, 3, 65, 97))
    assert [m.shape[2:] for m in maps] == [(33, 49), (17, 25), (9, 13), (9, 13), (9, 13)]


@pytest.mark.parametrize("stride", [4, 64, 12, 1.5, "16", None])
def test_other_output_strides_are_refused(stride):
    with pytest.raises(effnet.EffnetError, match="expected one of 8, 16, 32"):
        effnet.backbone("lite0", weights=None, output_stride=stride)


def test_a_backbone_holds_only_what_it_uses():
    whole = effnet.build("lite0", weights="default")
    some = effnet.backbone("lite0", levels=(3, 2))
    assert some.levels == (3, 2)
    assert some.channels == (40, 24)
    assert some.strides == (8, 4)
    with torch.inference_mode():
        maps, every = some.eval()(IMAGES), whole.eval().pyramid(IMAGES)
    assert torch.equal(maps[0], every[2])
    assert torch.equal(maps[1], every[1])
    some.train()
    sum(m.sum() for m in some(IMAGES)).backward()
    assert all(parameter.grad is not None for parameter in some.parameters())


@pytest.mark.parametrize("levels", [(), (0,), (6,), (1.5,), "12", 3, None])
def test_levels_that_are_not_there_are_refused(levels):
    with pytest.raises(effnet.EffnetError, match="expected some of 1, 2, 3, 4, 5"):
        effnet.backbone("lite0", levels=levels, weights=None)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_a_backbone_is_scripted_traced_and_exported():
    ours = effnet.backbone("lite0", levels=(2, 4, 5), in_channels=4).eval()
    images = torch.randn(1, 4, 70, 64)
    with torch.no_grad():
        wanted = ours(images)
        for changed in (
            torch.jit.script(ours),
            torch.fx.symbolic_trace(ours),
            torch.export.export(ours, (images,)).module(),
        ):
            for one, two in zip(changed(images), wanted, strict=True):
                torch.testing.assert_close(one, two)


# --- widths that nobody released

WIDTHS = (0.25, 0.35, 0.5, 0.6, 0.75, 0.9, 1.0, 1.1, 1.2, 1.4, 1.5, 2.0, 3.0)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "build", "called"),
    [
        ("v2_s", timms._gen_efficientnetv2_s, "tf_efficientnetv2_s"),
        ("v2_b0", timms._gen_efficientnetv2_base, "tf_efficientnetv2_b0"),
        ("b0", timms._gen_efficientnet, "tf_efficientnet_b0"),
        ("lite0", timms._gen_efficientnet_lite, "tf_efficientnet_lite0"),
    ],
)
def test_a_widened_network_is_timms(name, build, called, width):
    with torch.device("meta"):
        theirs = build(called, channel_multiplier=width)
    spec = effnet.scale(name, width=width)
    assert spec.head_channels == theirs.num_features
    assert effnet.count(spec).params == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize("name", ["v2_s", "v2_m", "v2_l", "v2_xl", "v2_b0"])
def test_v2s_head_widens_as_the_released_code_has_it(name):
    """`Head` in automl's efficientnetv2/effnetv2_model.py: round_filters(1280, mconfig).

    timm widens the head of V2-S and V2-B only, and leaves 1280 in M, L and XL.
    """
    heads = [effnet.scale(name, width=width).head_channels for width in (0.5, 1.0, 1.1, 2.0)]
    assert heads == [640, 1280, 1408, 2560]
