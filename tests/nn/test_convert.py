"""Key names from one project's to another's: strict, bit-equal, there and back."""

import warnings

import pytest
import torch
from oracles import calibrate

import effnet
from effnet.network.variants import every_variant
from effnet.nn.namings import LUKEMELAS, module_names

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    timm = pytest.importorskip("timm")

THEIRS = {
    **{name: f"tf_efficientnet_{name}" for name in effnet.list_variants("v1")},
    **{name: f"tf_efficientnet{name}" for name in effnet.list_variants("v2")},
    **{name: f"tf_efficientnet_{name}" for name in effnet.list_variants("lite")},
    **{name: f"tf_efficientnet_{name}" for name in effnet.list_variants("edgetpu")},
    "mobilenet_v1": "mobilenetv1_100",
    "mobilenet_v2": "mobilenetv2_100",
    "resnet50": "resnet50",
}
PICTURES = torch.randn(2, 3, 65, 64, generator=torch.Generator().manual_seed(1))
LUKEMELAS_HAS = [*effnet.list_variants("v1"), *effnet.list_variants("lite")]


def on_meta(make, *args, **options) -> torch.nn.Module:
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(*args, **options)


def numbered(model: torch.nn.Module) -> dict[str, tuple[int, tuple[int, ...]]]:
    """A state dict whose entries say which they are, without the tensors."""
    return {k: (i, tuple(v.shape)) for i, (k, v) in enumerate(model.state_dict().items())}


def test_every_variant_has_a_network_of_timms():
    assert set(THEIRS) == set(every_variant())


@pytest.mark.parametrize(("ours", "theirs"), THEIRS.items())
def test_names_and_shapes_are_those_of_timms_own_network_and_back(ours, theirs):
    state = numbered(on_meta(effnet.build, ours))
    wanted = {k: tuple(v.shape) for k, v in on_meta(timm.create_model, theirs).state_dict().items()}
    converted = effnet.convert(state, to="timm")
    assert {key: shape for key, (_, shape) in converted.items()} == wanted
    assert effnet.convert(converted, to="torchvision") == state
    assert effnet.convert(converted, to="timm") == converted


@pytest.mark.parametrize("ours", ["b0", "v2_s", "lite0", "es", "mobilenet_v2", "resnet50"])
def test_the_converted_loads_strictly_and_round_trips_to_the_last_bit(ours):
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = timm.create_model(THEIRS[ours])
    state = model.state_dict()
    here = effnet.convert(state, to="torchvision")
    effnet.build(ours).load_state_dict(here, strict=True)
    again = effnet.convert(here, to="timm")
    model.load_state_dict(again, strict=True)
    assert list(again) == list(state)
    assert all(torch.equal(again[key], value) for key, value in state.items())


@pytest.mark.parametrize("theirs", ["efficientnet_em.ra2_in1k", "tf_efficientnet_em.in1k"])
def test_edgetpus_outputs_are_timms_to_the_last_bit_with_either_padding(theirs):
    torch.manual_seed(0)
    model = calibrate(timm.create_model(theirs.partition(".")[0]), side=64, images=4)
    ours = effnet.build(theirs)
    ours.load_state_dict(effnet.convert(model.state_dict(), to="torchvision"), strict=True)
    with torch.inference_mode():
        wanted, found = model(PICTURES), ours.eval()(PICTURES)
    assert wanted.std() > 0.1
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("ours", LUKEMELAS_HAS)
def test_lukemelas_names_there_and_back(ours):
    state = numbered(on_meta(effnet.build, ours))
    converted = effnet.convert(state, to="lukemelas")
    assert converted.keys().isdisjoint(state)
    assert effnet.convert(converted, to="torchvision") == state
    assert effnet.convert(converted, to="timm") == effnet.convert(state, to="timm")
    assert {k.rpartition(".")[0] for k in converted} == set(
        module_names(LUKEMELAS, effnet.get_variant(ours))
    )


def test_lite0s_names_are_those_of_the_projects_own_file():
    state = numbered(on_meta(effnet.build, "lite0"))
    path = effnet.load("lite0", device="cpu").checkpoint.path
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    assert set(effnet.convert(state, to="lukemelas")) == set(theirs)


def test_another_number_of_classes_and_another_width_convert_too():
    slim = effnet.scale("b0", width=0.5)
    state = numbered(on_meta(effnet.build, slim, num_classes=7))
    assert effnet.convert(effnet.convert(state, to="timm"), to="torchvision") == state


@pytest.mark.parametrize(
    ("state", "to", "words"),
    [
        ({}, "torchvision", "names of no published network"),
        ({"a.weight": 1}, "timm", "names of no published network"),
        ({"features.0.0.weight": 1}, "keras", "unknown naming 'keras'; .*expected one of torchv"),
        ({1: 2}, "timm", "no state dict"),
        ([], "timm", "no state dict"),
    ],
)
def test_what_cant_be_converted_is_said(state, to, words):
    with pytest.raises(effnet.EffnetError, match=words):
        effnet.convert(state, to=to)


@pytest.mark.parametrize("name", ["v2_s", "es", "mobilenet_v2", "resnet50"])
def test_lukemelas_has_no_such_network(name):
    with pytest.raises(effnet.EffnetError, match=f"{name} is no network of lukemelas"):
        effnet.convert(numbered(on_meta(effnet.build, name)), to="lukemelas")
