"""The experiment's base by a plain PyTorch loop on torchvision's network, beside the shipped rows.

The same recipe, written a second time and sharing no code with the trainer: own order, own mirrored
pictures, own beginning. What differs between the two is chance, so their means should lie within a
point of each other; it prints both. About a minute a seed on one core.
"""

import argparse
import math
import statistics
import sys
from functools import partial

import torch
from interleaved import use_threads
from torch import nn
from torch.nn import functional
from torchvision.models.efficientnet import EfficientNet, MBConvConfig

from effnet.base import EffnetError
from effnet.train import claim
from effnet.train.fashion_mnist import fashion_mnist, find
from effnet.train.results import half_width, read_rows

BATCH, EPOCHS, WARM_UP = 256, 6, 1


def torchvisions_base() -> nn.Module:
    """The base of the plan by torchvision's own class."""
    rows = [(1, 3, 1, 8, 8, 1), (4, 3, 2, 8, 12, 1), (4, 3, 1, 12, 16, 2)]
    settings = [MBConvConfig(*row) for row in rows]
    for setting in settings:  # its rounding to multiples of 8 would make 12 channels 16
        setting.out_channels = rows[settings.index(setting)][4]
        setting.input_channels = rows[settings.index(setting)][3]
    norm = partial(nn.BatchNorm2d, eps=1e-3)
    return EfficientNet(settings, 0.1, 0.0, 10, norm, last_channel=64)


def batches(images: torch.Tensor, labels: torch.Tensor):
    """One epoch."""
    order = torch.randperm(len(images))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        chosen = order[start : start + BATCH]
        x = images[chosen]
        mirrored = torch.rand(len(x)) < 0.5
        x[mirrored] = x[mirrored].flip(-1)
        yield floats(x), labels[chosen]


def floats(x: torch.Tensor) -> torch.Tensor:
    """Three channels from -2 to 2."""
    return ((x.float() / 255 - 0.5) / 0.25).repeat(1, 3, 1, 1).to(memory_format=torch.channels_last)


def small(images) -> torch.Tensor:
    """At 14 px."""
    x = torch.from_numpy(images).float()
    return functional.interpolate(x, size=(14, 14), mode="bilinear", antialias=True).round().byte()


def accuracy(seed: int, rate: float) -> float:
    """Test accuracy after the last epoch, in percent, by the averaged weights."""
    torch.manual_seed(seed)
    (images, labels), (tests, truth) = fashion_mnist()
    images, tests, labels = small(images), small(tests), torch.from_numpy(labels)
    model = torchvisions_base().to(memory_format=torch.channels_last)
    average = {name: value.clone() for name, value in model.state_dict().items()}
    squares = [torch.ones_like(p) for p in model.parameters()]
    moves = [torch.zeros_like(p) for p in model.parameters()]
    total, step = EPOCHS * (len(images) // BATCH), 0
    warm = WARM_UP * (len(images) // BATCH)
    for _ in range(EPOCHS):
        for x, y in batches(images, labels):
            functional.cross_entropy(model(x), y, label_smoothing=0.1).backward()
            share = (step - warm) / (total - warm)
            now = rate * (step + 1) / warm if step + 1 < warm else (
                rate * 0.5 * (1 + math.cos(math.pi * max(0.0, share)))
            )  # fmt: skip
            with torch.no_grad():
                for p, square, move in zip(model.parameters(), squares, moves, strict=True):
                    g = p.grad + (1e-5 * p if p.ndim > 1 else 0)
                    square.mul_(0.9).add_(0.1 * g * g)
                    move.mul_(0.9).add_(now * g / (square + 1e-3).sqrt())
                    p.sub_(move)
                    p.grad = None
                step += 1
                decay = min(0.98, (1 + step) / (10 + step))
                for name, value in model.state_dict().items():
                    if value.is_floating_point():
                        average[name].lerp_(value, 1 - decay)
    model.load_state_dict(average)
    model.eval()
    with torch.inference_mode():
        right = sum(
            int((model(floats(x)).argmax(1) == torch.from_numpy(y)).sum())
            for x, y in ((tests[i : i + 500], truth[i : i + 500]) for i in range(0, 10_000, 500))
        )
    return right / 100


def told(values: list[float]) -> str:
    return f"{statistics.fmean(values):.2f} ± {half_width(values):.2f} % of {len(values)} seeds"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    use_threads()
    rate, _ = claim.settled()
    ours = [
        100 * row["top1"]
        for row in read_rows(claim.SHIPPED / "scaling.csv")
        if row["way"] == "base"
    ]
    try:
        find()
    except EffnetError as error:
        print(f"not run: {error}")
        sys.exit()
    plain = [accuracy(200 + seed, rate) for seed in range(asked.seeds)]
    print(f"the trainer's rows     {told(ours)}")
    print(f"a plain loop           {told(plain)}")
    print(f"apart                  {statistics.fmean(ours) - statistics.fmean(plain):+.2f} points")
