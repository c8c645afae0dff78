"""What people do with EfficientNets, in four packages: every cell is a line of code that was run.

    python tests/benchmarks/capabilities.py            # a table
    python tests/benchmarks/capabilities.py --code     # each line, and why it failed
    pip install efficientnet_pytorch                   # for the last column

A cell is "yes" where its line ran and what it gave is true (a tensor of the right shape, equal
logits), "no" where it raised or gave something else, "-" where the package has nothing for it.
The other packages' lines are what their documentation says; where they need pretrained weights,
theirs are not on this machine, so random ones are put into a file first and read from there.
"""

import argparse
import contextlib
import copy
import importlib.util
import io
import logging
import pickle
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import nn
from torch.export import Dim
from torch.utils.checkpoint import checkpoint, checkpoint_sequential
from torchvision.models.feature_extraction import create_feature_extractor

PACKAGES = ("effnet", "torchvision", "timm", "efficientnet_pytorch")
NETWORKS = {
    "effnet": "effnet.build('b0')",
    "torchvision": "torchvision.models.efficientnet_b0()",
    "timm": "timm.create_model('efficientnet_b0')",
    "efficientnet_pytorch": "EfficientNet.from_name('efficientnet-b0')",
}
SAME = "equal({}(x), net(x))"
FREE = "dynamic_shapes=({0: Dim('N', max=64), 2: Dim('H', min=33, max=512), 3: Dim('W', min=33, max=512)},)"

# what is done: the line of each package; one line for all where it says nothing of a package
ROWS: dict[str, dict[str, str] | str] = {
    "B0 to B7": {
        "effnet": "[effnet.build(f'b{i}') for i in range(8)]",
        "torchvision": "[getattr(torchvision.models, f'efficientnet_b{i}')() for i in range(8)]",
        "timm": "[timm.create_model(f'efficientnet_b{i}') for i in range(8)]",
        "efficientnet_pytorch": "[EfficientNet.from_name(f'efficientnet-b{i}') for i in range(8)]",
    },
    "B8, L2": {
        "effnet": "effnet.build('b8'), effnet.build('l2')",
        "torchvision": "",
        "timm": "timm.create_model('efficientnet_b8'), timm.create_model('efficientnet_l2')",
        "efficientnet_pytorch": "EfficientNet.from_name('efficientnet-b8'), EfficientNet.from_name('efficientnet-l2')",
    },
    "V2-S, M, L": {
        "effnet": "[effnet.build(f'v2_{size}') for size in 'sml']",
        "torchvision": "[getattr(torchvision.models, f'efficientnet_v2_{size}')() for size in 'sml']",
        "timm": "[timm.create_model(f'tf_efficientnetv2_{size}') for size in 'sml']",
        "efficientnet_pytorch": "",
    },
    "V2-XL, V2-B0 to B3": {
        "effnet": "[effnet.build(f'v2_{size}') for size in ('xl', 'b0', 'b1', 'b2', 'b3')]",
        "torchvision": "",
        "timm": "[timm.create_model(f'tf_efficientnetv2_{size}') for size in ('xl', 'b0', 'b1', 'b2', 'b3')]",
        "efficientnet_pytorch": "",
    },
    "Lite0 to Lite4": {
        "effnet": "[effnet.build(f'lite{i}') for i in range(5)]",
        "torchvision": "",
        "timm": "[timm.create_model(f'tf_efficientnet_lite{i}') for i in range(5)]",
        "efficientnet_pytorch": "",
    },
    "any depth, width and resolution": {
        "effnet": "effnet.build(effnet.scale('b0', depth=1.3, width=0.7, resolution=180))",
        "torchvision": "",
        "timm": "timm.models.efficientnet._gen_efficientnet('efficientnet_b0', 0.7, 1.3)",
        "efficientnet_pytorch": "EfficientNet.from_name('efficientnet-b0', width_coefficient=0.7, depth_coefficient=1.3)",
    },
    "other classes": {
        "effnet": "shape(effnet.build('b0', num_classes=5)(x)) == (2, 5)",
        "torchvision": "shape(torchvision.models.efficientnet_b0(num_classes=5)(x)) == (2, 5)",
        "timm": "shape(timm.create_model('efficientnet_b0', num_classes=5)(x)) == (2, 5)",
        "efficientnet_pytorch": "shape(EfficientNet.from_name('efficientnet-b0', num_classes=5)(x)) == (2, 5)",
    },
    "weights from a file": {
        "effnet": "equal(effnet.build('b0', weights=file(net)).eval()(x), net(x))",
        "torchvision": "net.load_state_dict(torch.load(file(net)))",
        "timm": "equal(timm.create_model('efficientnet_b0', checkpoint_path=file(net)).eval()(x), net(x))",
        "efficientnet_pytorch": "equal(EfficientNet.from_pretrained('efficientnet-b0', weights_path=file(net)).eval()(x), net(x))",
    },
    "a new head on weights from a file": {
        "effnet": "shape(effnet.build('b0', num_classes=5, weights=file(net))(x)) == (2, 5)",
        "torchvision": "",
        "timm": "shape(timm.create_model('efficientnet_b0', num_classes=5, pretrained=True, pretrained_cfg_overlay={'file': file(net)})(x)) == (2, 5)",
        "efficientnet_pytorch": "shape(EfficientNet.from_pretrained('efficientnet-b0', weights_path=file(net), num_classes=5)(x)) == (2, 5)",
    },
    "one channel, weights adapted": {
        "effnet": "equal(effnet.build('b0', in_channels=1, weights=file(net)).eval()(x[:, :1]), net(x[:, :1].expand(-1, 3, -1, -1)))",
        "torchvision": "",
        "timm": "equal(timm.create_model('efficientnet_b0', in_chans=1, pretrained=True, pretrained_cfg_overlay={'file': file(net)}).eval()(x[:, :1]), net(x[:, :1].expand(-1, 3, -1, -1)))",
        "efficientnet_pytorch": "equal(EfficientNet.from_pretrained('efficientnet-b0', in_channels=1, weights_path=file(net)).eval()(x[:, :1]), net(x[:, :1].expand(-1, 3, -1, -1)))",
    },
    "dropout and stochastic depth": {
        "effnet": "effnet.build('b0', dropout=0.4, stochastic_depth=0.3)",
        "torchvision": "torchvision.models.efficientnet_b0(dropout=0.4, stochastic_depth_prob=0.3)",
        "timm": "timm.create_model('efficientnet_b0', drop_rate=0.4, drop_path_rate=0.3)",
        "efficientnet_pytorch": "EfficientNet.from_name('efficientnet-b0', dropout_rate=0.4, drop_connect_rate=0.3)",
    },
    "the last map": {
        "effnet": "shape(net.forward_features(x)) == (2, 1280, 3, 3)",
        "torchvision": "shape(net.features(x)) == (2, 1280, 3, 3)",
        "timm": "shape(net.forward_features(x)) == (2, 1280, 3, 3)",
        "efficientnet_pytorch": "shape(net.extract_features(x)) == (2, 1280, 3, 3)",
    },
    "maps at strides 2 to 32": {
        "effnet": "[m.shape[-1] for m in net.pyramid(x)] == [48, 24, 12, 6, 3]",
        "torchvision": "",
        "timm": "[m.shape[-1] for m in timm.create_model('efficientnet_b0', features_only=True)(x)] == [48, 24, 12, 6, 3]",
        "efficientnet_pytorch": "[m.shape[-1] for m in net.extract_endpoints(x).values()][:5] == [48, 24, 12, 6, 3]",
    },
    "a backbone that says its channels": {
        "effnet": "effnet.backbone('b0', weights=None, levels=(3, 4, 5)).channels == (40, 112, 320)",
        "torchvision": "",
        "timm": "timm.create_model('efficientnet_b0', features_only=True, out_indices=(2, 3, 4)).feature_info.channels() == [40, 112, 320]",
        "efficientnet_pytorch": "",
    },
    "pooled features": {
        "effnet": "effnet.Classifier(net).features(photo).shape == (1, 1280)",
        "torchvision": "shape(net.avgpool(net.features(x)).flatten(1)) == (2, 1280)",
        "timm": "shape(net.forward_head(net.forward_features(x), pre_logits=True)) == (2, 1280)",
        "efficientnet_pytorch": "shape(net._avg_pooling(net.extract_features(x)).flatten(1)) == (2, 1280)",
    },
    "the weights' own transform": {
        "effnet": "shape(effnet.Classifier(net).transform()(photo)) == (3, 224, 224)",
        "torchvision": "shape(torchvision.models.EfficientNet_B0_Weights.DEFAULT.transforms()(photo)) == (3, 224, 224)",
        "timm": "shape(timm.data.create_transform(**timm.data.resolve_model_data_config(net))(photo)) == (3, 224, 224)",
        "efficientnet_pytorch": "",
    },
    "a training transform": {
        "effnet": "shape(effnet.Classifier(net).transform(train=True)(photo)) == (3, 224, 224)",
        "torchvision": "",
        "timm": "shape(timm.data.create_transform(**timm.data.resolve_model_data_config(net), is_training=True)(photo)) == (3, 224, 224)",
        "efficientnet_pytorch": "",
    },
    "torch.fx": f"fx = torch.fx.symbolic_trace(net); {SAME.format('fx')}",
    "a feature extractor that changes its mode": "copy.deepcopy(create_feature_extractor(net, [graph(net)])).train().eval()(x)",
    "TorchScript": f"script = torch.jit.script(net); {SAME.format('script')}",
    "traced at one size, run at another": "equal(torch.jit.trace(net, x)(larger), net(larger))",
    "torch.compile": f"made = torch.compile(net, backend='eager'); {SAME.format('made')}",
    "torch.export with free sides": f"made = torch.export.export(net, (x,), {FREE}).module(); equal(made(larger), net(larger))",
    "deepcopy": "equal(copy.deepcopy(net)(x), net(x))",
    "pickle": "equal(pickle.loads(pickle.dumps(net))(x), net(x))",
    "DataParallel": "equal(nn.DataParallel(net)(x), net(x))",
    "channels last": "equal(copy.deepcopy(net).to(memory_format=torch.channels_last)(x), net(x))",
    "autocast": "net(x)  # under torch.autocast",
    "gradient checkpointing": {
        "effnet": "shape(net.classify(checkpoint(net.forward_features, x, use_reentrant=False))) == (2, 1000)",
        "torchvision": "shape(checkpoint_sequential(net.features, 3, x, use_reentrant=False)) == (2, 1280, 3, 3)",
        "timm": "net.set_grad_checkpointing(); shape(net.train()(x)) == (2, 1000)",
        "efficientnet_pytorch": "shape(checkpoint(net.extract_features, x, use_reentrant=False)) == (2, 1280, 3, 3)",
    },
    "quantisation by torch.fx": "prepare_fx(copy.deepcopy(net), get_default_qconfig_mapping('x86'), (x,))(x)",
    "an ONNX file without an exporter's package": {
        "effnet": "effnet.Classifier(net).to_onnx(folder / 'b0.onnx', dynamic=('N', 'H', 'W')).is_file()",
        "torchvision": "",
        "timm": "",
        "efficientnet_pytorch": "",
    },
    "key names of the others": {
        "effnet": "list(effnet.convert(net.state_dict(), to='timm'))[0] == 'conv_stem.weight'",
        "torchvision": "",
        "timm": "",
        "efficientnet_pytorch": "",
    },
    "parameters and multiply-adds": {
        "effnet": "effnet.count('b0').macs == 385_814_752",
        "torchvision": "torchvision.models.EfficientNet_B0_Weights.DEFAULT.meta['_ops'] == 0.386",
        "timm": "",
        "efficientnet_pytorch": "",
    },
    "class names and activation maps": {
        "effnet": "effnet.Classifier(net).explain(photo).map.shape == (240, 300)",
        "torchvision": "",
        "timm": "",
        "efficientnet_pytorch": "",
    },
}


def cases(package: str) -> Iterator[tuple[str, str]]:
    """What is done, and the package's line for it; "" where it has none."""
    for title, line in ROWS.items():
        yield title, line if isinstance(line, str) else line[package]


def world(package: str, folder: Path) -> dict[str, Any]:
    """What the lines may use: a network in evaluation mode, inputs, and what compares them."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "copy": copy, "pickle": pickle, "Dim": Dim}
    names |= {"checkpoint": checkpoint, "checkpoint_sequential": checkpoint_sequential}
    names |= {"create_feature_extractor": create_feature_extractor, "folder": folder}
    names[package] = importlib.import_module(package)
    if package == "efficientnet_pytorch":
        names["EfficientNet"] = names[package].EfficientNet
    from torch.ao.quantization import get_default_qconfig_mapping
    from torch.ao.quantization.quantize_fx import prepare_fx

    names |= {"prepare_fx": prepare_fx, "get_default_qconfig_mapping": get_default_qconfig_mapping}
    torch.manual_seed(0)
    net = eval(NETWORKS[package], names)
    names["x"] = torch.randn(2, 3, 96, 96)
    net.train()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    with torch.no_grad():
        net(torch.randn(8, 3, 96, 96))

    def file(network: nn.Module) -> str:
        path = folder / f"{package}.pth"
        torch.save(network.state_dict(), path)
        return str(path)

    def equal(one: torch.Tensor, two: torch.Tensor) -> bool:
        return bool(two.std() > 1e-4 and (one - two).abs().max() <= 1e-3 * two.std())

    return names | {
        "net": net.eval(),
        "larger": torch.randn(1, 3, 130, 161),
        "photo": Image.effect_noise((300, 240), 60).convert("RGB"),
        "file": file,
        "equal": equal,
        "shape": lambda tensor: tuple(tensor.shape),
        "graph": lambda network: [name for name, _ in network.named_children()][-1],
    }


def run(line: str, names: dict[str, Any]) -> str:
    """ "yes", or why not; lines before a semicolon are done first."""
    *before, last = line.split("; ")
    scope = names | {"net": copy.deepcopy(names["net"])}
    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    context = torch.autocast("cpu", dtype=torch.bfloat16) if "autocast" in line else torch.no_grad()
    if "x)" not in line and "net" not in line:  # only built: shapes will do
        context = torch.device("meta")
    if "checkpoint(" in line or "checkpointing" in line or "checkpoint_sequential" in line:
        context = torch.enable_grad()
    try:
        with warnings.catch_warnings(), quiet[0], quiet[1], context:
            warnings.simplefilter("ignore")
            for statement in before:
                exec(statement, scope)
            found = eval(last, scope)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
    return "yes" if found is not False else "the result differs"


def main() -> None:
    """Print the table, or every line with what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", action="store_true", help="each line, and why it failed")
    code = parser.parse_args().code
    logging.disable(logging.CRITICAL)
    answers: dict[str, dict[str, str]] = {title: {} for title in ROWS}
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            if importlib.util.find_spec(package) is None:
                continue
            names = world(package, Path(folder))
            for title, line in cases(package):
                answers[title][package] = run(line, names) if line else "-"
                if code:
                    print(f"{package:22}{title:44}{answers[title][package]}\n    {line}")
    print(f"\n| | {' | '.join(PACKAGES)} |\n|---|{'---|' * len(PACKAGES)}")
    for title, cells in answers.items():
        said = [cells.get(package, "not installed") for package in PACKAGES]
        print(
            f"| {title} | {' | '.join('no' if ':' in one or 'differs' in one else one for one in said)} |"
        )


if __name__ == "__main__":
    main()
