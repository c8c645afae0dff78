"""Key names, stems and widths against timm: strict, bit for bit, for every network it has.

    python tests/benchmarks/against_timm.py

1. `convert`: timm's state dict under our names loads strictly, back again it loads strictly into
   timm's network, and every tensor is the one that it was, to the last bit.
2. Stem adaptation: the stem of timm's network at 1, 2, 4 and 6 channels, and ours of one file.
3. Widths: head channels and parameters of networks that nobody released.
"""

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import timm
import torch
from timm.models import efficientnet as timms
from torch import nn

import effnet

WIDTHS = (0.5, 0.75, 1.0, 1.1, 1.4, 2.0)
CHANNELS = (1, 2, 4, 6)
BUILDERS = {
    "v2_s": (timms._gen_efficientnetv2_s, "tf_efficientnetv2_s"),
    "v2_b0": (timms._gen_efficientnetv2_base, "tf_efficientnetv2_b0"),
    "b0": (timms._gen_efficientnet, "tf_efficientnet_b0"),
    "lite0": (timms._gen_efficientnet_lite, "tf_efficientnet_lite0"),
}


def pairs() -> Iterator[tuple[str, str]]:
    """Every network that both have: our name and timm's, those padded evenly too."""
    there = set(timm.list_models())
    for ours in (*effnet.list_variants(), *effnet.list_variants("edgetpu")):
        v2 = ours.startswith("v2")
        names = (f"tf_efficientnet{'' if v2 else '_'}{ours}", f"efficientnet_{ours}")
        others = {"mobilenet_v1": "mobilenetv1_100", "mobilenet_v2": "mobilenetv2_100"}
        for theirs in (*names, others.get(ours, ours)):
            if theirs in there:
                yield ours, theirs


def converted(ours: str, theirs: str) -> tuple[int, bool, bool]:
    """Tensors, whether both ways load strictly, and whether all came back bit for bit."""
    model = timm.create_model(theirs)
    state = model.state_dict()
    here = effnet.convert(state, to="torchvision")
    with torch.device("meta"):
        network = effnet.build(ours)
    network.load_state_dict(here, strict=True, assign=True)
    again = effnet.convert(network.state_dict(), to="timm")
    model.load_state_dict(again, strict=True)
    same = list(again) == list(state) and all(torch.equal(again[k], v) for k, v in state.items())
    return len(state), True, same


def stem(theirs: str, file: Path, channels: int) -> bool:
    """Whether our stem of that many channels has timm's weights, from the same file."""
    overlay = {"file": str(file)}
    wanted = timm.create_model(
        theirs, in_chans=channels, pretrained=True, pretrained_cfg_overlay=overlay
    )
    net = effnet.build("lite0", in_channels=channels, weights=file)
    first = next(module for module in net.modules() if isinstance(module, nn.Conv2d))
    return torch.equal(first.weight, wanted.conv_stem.weight)


def main() -> None:
    """Print three tables."""
    warnings.simplefilter("ignore")
    print(f"timm {timm.__version__}, torch {torch.__version__}\n")
    print("| ours | timm's | tensors | strict both ways | bit-equal |\n|---|---|---|---|---|")
    for ours, theirs in pairs():
        tensors, strict, same = converted(ours, theirs)
        print(f"| {ours} | {theirs} | {tensors} | {strict} | {same} |", flush=True)
    print("\n| channels | stem bit-equal to timm's |\n|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tf_efficientnet_lite0.pth"
        torch.save(timm.create_model("tf_efficientnet_lite0").state_dict(), file)
        for channels in CHANNELS:
            print(f"| {channels} | {stem('tf_efficientnet_lite0', file, channels)} |")
    print("\n| network | width | head | timm's | parameters | timm's |\n|---|---|---|---|---|---|")
    for name, (build, called) in BUILDERS.items():
        for width in WIDTHS:
            with torch.device("meta"):
                theirs = build(called, channel_multiplier=width)
            spec = effnet.scale(name, width=width)
            params = sum(p.numel() for p in theirs.parameters())
            print(
                f"| {name} | {width} | {spec.head_channels} | {theirs.num_features} "
                f"| {effnet.count(spec).params:,} | {params:,} |"
            )


if __name__ == "__main__":
    main()
