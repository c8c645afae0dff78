"""What people do with EfficientNets, in four packages: every cell is a line of code that was run.

    python tests/benchmarks/capabilities.py            # a table
    python tests/benchmarks/capabilities.py --code     # each line, and why it failed
    python tests/benchmarks/capabilities.py --write    # assets/benchmarks/capabilities.md, with the lines
    pip install efficientnet_pytorch                   # for the last column

The lines stand in `capabilities.toml`. A cell is "yes" where its line ran and what it gave is true
(a tensor of the right shape, equal logits), "no" where it raised or gave something else, "-" where
the package has nothing for it. The other packages' lines are what their documentation says; where
they need pretrained weights, theirs are not on this machine, so random ones are put into a file, a
folder or the hub's cache first and read from there.
"""

import argparse
import contextlib
import copy
import dataclasses
import importlib.metadata
import importlib.util
import inspect
import io
import json
import logging
import os
import pickle
import shutil
import tempfile
import tomllib
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.autograd.graph import saved_tensors_hooks
from torch.export import Dim
from torch.fx.experimental.optimization import fuse
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.checkpoint import checkpoint, checkpoint_sequential
from torchvision.models.feature_extraction import create_feature_extractor

PACKAGES = ("effnet", "torchvision", "timm", "efficientnet_pytorch")
NETWORKS = {
    "effnet": "effnet.build('b0')",
    "torchvision": "torchvision.models.efficientnet_b0()",
    "timm": "timm.create_model('efficientnet_b0')",
    "efficientnet_pytorch": "EfficientNet.from_name('efficientnet-b0')",
}
ROWS: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text("utf-8")
)
ONLY_BUILT = "Networks"  # its lines run where tensors have shapes and no numbers
WITH_GRADIENTS = ("checkpoint(", "checkpointing", "checkpoint_sequential", "kept(")
PAGE = Path(__file__).parents[2] / "assets" / "benchmarks" / "capabilities.md"
HEAD = """# What people do with EfficientNets, in four packages

Written by `python tests/benchmarks/capabilities.py --write` on {today}, with {versions}.
Every cell is a line of code that was run there: "yes" where it ran and what it gave is true, "no"
where it raised or gave something else, "-" where the package has nothing for it. The lines stand
below the table.
"""


def cell(lines: dict[str, str], package: str) -> str:
    """The package's line; "" where it has none."""
    return lines.get("all") or lines.get(package, "")


class Files:
    """A network's weights as people have them: files, folders and the hub's cache in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = 0

    def _new(self, ending: str) -> Path:
        self.made += 1
        return self.folder / f"efficientnet_b0_{self.made}{ending}"

    def _pth(self, content: Any) -> str:
        path = self._new(".pth")
        torch.save(content, path)
        return str(path)

    def file(self, network: nn.Module) -> str:
        return self._pth(network.state_dict())

    def safe(self, network: nn.Module) -> str:
        path = self._new(".safetensors")
        save_file(network.state_dict(), path)
        return str(path)

    def trainers(self, network: nn.Module) -> str:
        return self._pth({"epoch": 3, "state_dict": nn.DataParallel(network).state_dict()})

    def averaged(self, network: nn.Module) -> str:
        raw = {k: torch.zeros_like(v) for k, v in network.state_dict().items()}
        return self._pth({"state_dict": raw, "state_dict_ema": network.state_dict()})

    def hub(self, state: dict[str, torch.Tensor], folder: Path | None = None) -> str:
        """A folder as timm writes it, from a state dict under timm's names."""
        folder = folder or self._new("")
        folder.mkdir(parents=True)
        save_file(state, folder / "model.safetensors")
        config = {"architecture": "efficientnet_b0", "num_classes": 1000, "pretrained_cfg": {}}
        (folder / "config.json").write_text(json.dumps(config))
        return str(folder)

    def cached(self, state: dict[str, torch.Tensor]) -> None:
        """The same as the hub's cache has it of the repository some/net."""
        place, commit = Path(os.environ["HF_HUB_CACHE"]) / "models--some--net", "0" * 40
        shutil.rmtree(place, ignore_errors=True)
        self.hub(state, place / "snapshots" / commit)
        (place / "refs").mkdir()
        (place / "refs" / "main").write_text(commit)


def kept(network: nn.Module) -> int:
    """How many tensors the network's Swish keeps for its gradient."""
    swish = next(
        m for m in network.modules() if type(m).__name__ in ("SiLU", "MemoryEfficientSwish")
    )
    x = torch.randn(1, 2, 3, 3, requires_grad=True) * 1  # in place won't do on a leaf
    found: list[torch.Tensor] = []
    with saved_tensors_hooks(lambda tensor: found.append(tensor) or tensor, lambda tensor: tensor):
        swish(x)
    return len(found)


def equal(one: torch.Tensor, two: torch.Tensor) -> bool:
    """Whether two networks' logits are the same but for the order of additions."""
    return bool(two.std() > 1e-4 and (one - two).abs().max() <= 1e-3 * two.std())


def world(package: str, folder: Path) -> dict[str, Any]:
    """What the lines may use: a network in evaluation mode, inputs, and what compares them."""
    files = Files(folder / package)
    files.folder.mkdir()
    names: dict[str, Any] = {"torch": torch, "nn": nn, "copy": copy, "pickle": pickle, "Dim": Dim}
    names |= {"checkpoint": checkpoint, "checkpoint_sequential": checkpoint_sequential}
    names |= {"create_feature_extractor": create_feature_extractor, "folder": files.folder}
    names |= {"dataclasses": dataclasses, "inspect": inspect, "fuse": fuse, "kept": kept}
    names |= {"AveragedModel": AveragedModel, "get_ema_multi_avg_fn": get_ema_multi_avg_fn}
    names |= {name: getattr(files, name) for name in ("file", "safe", "trainers", "averaged")}
    names |= {"hub": files.hub, "cached": files.cached}
    names[package] = importlib.import_module(package)
    if package == "efficientnet_pytorch":
        names["EfficientNet"] = names[package].EfficientNet
    if package == "torchvision":
        importlib.import_module("torchvision.transforms.v2")
    if package == "timm":
        importlib.import_module("timm.optim")
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
    return names | {
        "net": net.eval(),
        "larger": torch.randn(1, 3, 130, 161),
        "photo": Image.effect_noise((300, 240), 60).convert("RGB"),
        "equal": equal,
        "shape": lambda tensor: tuple(tensor.shape),
        "graph": lambda network: [name for name, _ in network.named_children()][-1],
    }


def run(line: str, names: dict[str, Any], *, only_built: bool) -> str:
    """ "yes", or why not; lines before a semicolon are done first."""
    *before, last = line.split("; ")
    scope = names | {"net": copy.deepcopy(names["net"])}
    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    context: Any = torch.no_grad()
    if "autocast" in line:
        context = torch.autocast("cpu", dtype=torch.bfloat16)
    elif only_built:
        context = torch.device("meta")
    elif any(word in line for word in WITH_GRADIENTS):
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


def table(section: dict[str, dict[str, str]], answers: dict[str, dict[str, str]]) -> list[str]:
    """The section's rows in Markdown."""
    lines = [f"| | {' | '.join(PACKAGES)} |", f"|---|{'---|' * len(PACKAGES)}"]
    for title in section:
        said = [answers[title].get(package, "not installed") for package in PACKAGES]
        short = [one if one in ("yes", "-", "not installed") else "no" for one in said]
        lines.append(f"| {title} | {' | '.join(short)} |")
    return lines


def page(answers: dict[str, dict[str, str]]) -> str:
    """Versions, tables, and the lines behind them."""
    installed = [name for name in ("torch", *PACKAGES[1:]) if importlib.util.find_spec(name)]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in installed)
    text = [HEAD.format(today=date.today(), versions=versions)]
    for title, section in ROWS.items():
        text += [f"## {title}", "", *table(section, answers), ""]
    text += ["## The lines", ""]
    for section in ROWS.values():
        for title, lines in section.items():
            shown = [f"{'all' if 'all' in lines else p}: {cell(lines, p)}" for p in PACKAGES]
            kept_lines = dict.fromkeys(line for line in shown if not line.endswith(": "))
            text += [f"**{title}**", "", "```text", *kept_lines, "```", ""]
    return "\n".join(text)


def main() -> None:
    """Print the table, or every line with what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", action="store_true", help="each line, and why it failed")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    answers: dict[str, dict[str, str]] = {title: {} for rows in ROWS.values() for title in rows}
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HF_HUB_CACHE": f"{folder}/hub", "HF_HUB_OFFLINE": "1"}
        for package in PACKAGES:
            if importlib.util.find_spec(package) is None:
                continue
            names = world(package, Path(folder))
            for section, rows in ROWS.items():
                for title, lines in rows.items():
                    line = cell(lines, package)
                    said = run(line, names, only_built=section == ONLY_BUILT) if line else "-"
                    answers[title][package] = said
                    if options.code:
                        print(f"{package:22}{title:44}{said}\n    {line}", flush=True)
    if options.write:
        PAGE.write_text(page(answers), "utf-8")
    for title, rows in ROWS.items():
        print(f"\n{title}", *table(rows, answers), sep="\n")


if __name__ == "__main__":
    main()
