"""What people do to networks: tracing, scripting, export, copies; the logits stay the same."""

import copy
import io
import pickle
import warnings
from collections.abc import Callable

import pytest
import torch
from oracles import calibrate
from torch import nn
from torch.export import Dim
from torch.utils.checkpoint import checkpoint
from torchvision.models.feature_extraction import create_feature_extractor

import effnet

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated"),
    pytest.mark.filterwarnings("ignore:.*torch.ao.quantization is deprecated"),
]
BASES = ("b0", "v2_b0", "lite0", "mobilenet_v1", "mobilenet_v2", "resnet50")
SIDE = 64
CAPTURED = torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
# another batch, sides that are odd at every other stride
OTHER = torch.randn(3, 3, 97, 130, generator=torch.Generator().manual_seed(2))


def small(base: str, **options) -> nn.Module:
    return effnet.build(
        effnet.scale(base, depth=0.4, width=0.25, resolution=SIDE), num_classes=7, **options
    )


@pytest.fixture(scope="module", params=BASES)
def network(request) -> nn.Module:
    torch.manual_seed(0)
    return calibrate(small(request.param), side=SIDE, images=16)


def traced_in_training(network: nn.Module) -> nn.Module:
    """`symbolic_trace` of a network in training mode; `eval()` of the result must still work."""
    return torch.fx.symbolic_trace(copy.deepcopy(network).train()).eval()


def exported(network: nn.Module) -> Callable:
    sides = {2: Dim("H", min=33, max=1024), 3: Dim("W", min=33, max=1024)}
    shapes = ({0: Dim("N", min=1, max=64), **sides},)
    return torch.export.export(network, (CAPTURED,), dynamic_shapes=shapes).module()


def saved_and_loaded(network: nn.Module) -> nn.Module:
    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def prepared_for_quantisation(network: nn.Module) -> nn.Module:
    from torch.ao.quantization import get_default_qconfig_mapping
    from torch.ao.quantization.quantize_fx import prepare_fx

    return prepare_fx(copy.deepcopy(network), get_default_qconfig_mapping("x86"), (CAPTURED,))


@pytest.mark.parametrize(
    "change",
    [
        torch.fx.symbolic_trace,
        traced_in_training,
        pytest.param(torch.jit.script, marks=pytest.mark.flaky(reruns=2)),  # see below
        lambda network: torch.jit.trace(network, CAPTURED),
        lambda network: torch.compile(network, backend="eager"),
        exported,
        copy.deepcopy,
        lambda network: pickle.loads(pickle.dumps(network)),
        saved_and_loaded,
        nn.DataParallel,
        prepared_for_quantisation,
        lambda network: copy.deepcopy(network).to(memory_format=torch.channels_last),
        lambda network: create_feature_extractor(copy.deepcopy(network), {"classifier": "x"}),
    ],
    ids=[
        "fx",
        "fx-train",
        "script",
        "trace",
        "compile",
        "export",
        "deepcopy",
        "pickle",
        "save",
        "parallel",
        "quantisation",
        "channels-last",
        "extractor",
    ],
)
def test_the_logits_are_the_same_at_every_size(network, change, request):
    if "resnet50-extractor" in request.node.name:
        change = lambda network: create_feature_extractor(copy.deepcopy(network), {"fc": "x"})  # noqa: E731
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # PyTorch's own, of its observers
        changed = change(network)
    with torch.no_grad():
        for images in (CAPTURED, OTHER):
            wanted, found = network(images), changed(images)
            found = found["x"] if isinstance(found, dict) else found
            assert float(wanted.std()) > 1e-3, "an untrained network's logits prove nothing"
            torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4 * float(wanted.std()))
    assert not network.training


# PyTorch's compiler knows its builtins by the addresses of objects, some of them gone by then: once
# in thousands of compilations another object stands there ("builtin cannot be used as a value")
@pytest.mark.flaky(reruns=2)
@pytest.mark.parametrize("base", BASES)
def test_a_scripted_network_still_changes_its_mode(base):
    torch.manual_seed(0)
    scripted = torch.jit.script(small(base, stochastic_depth=0.9, dropout=0.5).train())
    scripted(CAPTURED)
    assert float((scripted(CAPTURED) - scripted(CAPTURED)).detach().abs().max()) > 0
    scripted.eval()
    assert torch.equal(scripted(CAPTURED), scripted(CAPTURED))


def test_a_traced_network_still_drops_whole_branches_in_training():
    torch.manual_seed(0)
    network = small("b0", stochastic_depth=0.9, dropout=0.0)
    for traced in (torch.fx.symbolic_trace(network.eval()), torch.fx.symbolic_trace(network)):
        dropped = [m for m in traced.modules() if isinstance(m, nn.Dropout3d) and m.p > 0.5]
        assert dropped
        traced.train()
        assert float((traced(CAPTURED) - traced(CAPTURED)).detach().abs().max()) > 0
        traced.eval()
        assert torch.equal(traced(CAPTURED), traced(CAPTURED))


@pytest.mark.parametrize("base", BASES)
def test_a_feature_extractor_follows_the_mode(base):
    extractor = create_feature_extractor(small(base).train(), {"avgpool": "pooled"})
    assert extractor.training
    pooled = extractor(CAPTURED)["pooled"]
    assert pooled.shape[2:] == (1, 1)
    extractor.eval()
    assert torch.equal(extractor(CAPTURED)["pooled"], extractor(CAPTURED)["pooled"])


@pytest.mark.parametrize("base", BASES)
def test_a_network_in_training_can_be_exported(base):
    network = small(base, stochastic_depth=0.0, dropout=0.0).train()
    program = torch.export.export(copy.deepcopy(network), (CAPTURED,))
    torch.testing.assert_close(program.module()(CAPTURED), network(CAPTURED))


@pytest.mark.parametrize("base", BASES)
def test_checkpointed_gradients_are_the_plain_ones(base):
    torch.manual_seed(0)
    network = small(base, stochastic_depth=0.0, dropout=0.0).train()
    network(CAPTURED).square().sum().backward()
    plain = [parameter.grad.clone() for parameter in network.parameters()]
    network.zero_grad()
    features = checkpoint(network.forward_features, CAPTURED, use_reentrant=False)
    network.classify(features).square().sum().backward()
    for parameter, wanted in zip(network.parameters(), plain, strict=True):
        assert torch.equal(parameter.grad, wanted)


@pytest.mark.parametrize("base", BASES)
def test_lower_precision_runs_in_both_modes(base):
    network = small(base)
    for mode in (True, False):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network.train(mode)(CAPTURED)
        assert logits.dtype == torch.bfloat16
        assert torch.isfinite(logits).all()


def test_counters_see_every_convolution_of_lite():
    """thop and ptflops look for PyTorch's own classes; a subclass gave 28 of 385 million."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # thop asks distutils for versions
        import thop
    from ptflops import get_model_complexity_info

    macs = effnet.count("lite0").macs
    assert macs == 385_187_552
    network = effnet.build("lite0").eval()
    image = torch.randn(1, 3, 224, 224)
    convolutions, _ = thop.profile(
        copy.deepcopy(network),
        (image,),
        custom_ops={nn.BatchNorm2d: lambda *_: None, nn.AdaptiveAvgPool2d: lambda *_: None},
        verbose=False,
    )
    assert convolutions == macs
    found, _ = get_model_complexity_info(
        copy.deepcopy(network),
        (3, 224, 224),
        as_strings=False,
        print_per_layer_stat=False,
        backend="pytorch",
        ignore_modules=[nn.BatchNorm2d, nn.ReLU6, nn.AdaptiveAvgPool2d],
    )
    assert macs <= found <= 1.01 * macs
