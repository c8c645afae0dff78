"""The trainer against a plain PyTorch loop on torchvision's network: the same losses and hits.

Same beginning and same order of the pictures; everything else is written a second time here.
`tests/benchmarks/bench_base_accuracy.py` does the same on all of Fashion-MNIST, by its own order.
"""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models.efficientnet import EfficientNet, MBConvConfig

from effnet.base.tolerant import read_lines
from effnet.jobs.runs import METRICS
from effnet.nn.model import build
from effnet.train import claim
from effnet.train.batches import order_of, seed_of
from effnet.train.data import digits
from effnet.train.trainer import train

BATCH, EPOCHS, RATE = 256, 4, 0.04
# expansion, kernel, stride, channels in and out, blocks: as the plan prints the base
ROWS = ((1, 3, 1, 8, 8, 1), (4, 3, 2, 8, 12, 1), (4, 3, 1, 12, 16, 2))


def torchvisions_base() -> nn.Module:
    settings = [MBConvConfig(*row) for row in ROWS]
    for setting, row in zip(settings, ROWS, strict=True):
        setting.input_channels, setting.out_channels = row[3:5]  # it rounds to multiples of 8
    return EfficientNet(settings, 0.0, 0.0, 10, partial(nn.BatchNorm2d, eps=1e-3), last_channel=64)


def floats(images) -> torch.Tensor:
    x = torch.from_numpy(images).float()
    x = functional.interpolate(x, size=(14, 14), mode="bilinear", antialias=True).round()
    return (x / 255 - 0.5) / 0.25


def plain_loop(recipe, beginning) -> tuple[list[float], float]:
    """Mean loss of every epoch, and the final accuracy by the averaged weights."""
    train_set, test_set = digits()
    images, labels = floats(train_set.images), torch.from_numpy(train_set.labels)
    model = torchvisions_base()
    model.load_state_dict(beginning)
    average = {name: value.clone() for name, value in model.state_dict().items()}
    squares = {p: torch.ones_like(p) for p in model.parameters()}
    moves = {p: torch.zeros_like(p) for p in model.parameters()}
    steps, step, losses = len(images) // BATCH, 0, []
    for epoch in range(EPOCHS):
        order, found = order_of(recipe, epoch, len(images)), []
        for position in range(steps):
            chosen = order[position * BATCH : (position + 1) * BATCH]
            loss = functional.cross_entropy(
                model(images[chosen]), labels[chosen], label_smoothing=0.1
            )
            model.zero_grad()
            loss.backward()
            found.append(float(loss.detach()))
            past = (step - steps) / (EPOCHS * steps - steps)  # warmed up in the first epoch
            rate = RATE * (step + 1) / steps if step + 1 < steps else (
                RATE * (1 + math.cos(math.pi * max(0.0, past))) / 2
            )  # fmt: skip
            with torch.no_grad():
                for p in model.parameters():
                    gradient = p.grad + 1e-5 * p if p.ndim > 1 else p.grad
                    squares[p] += 0.1 * (gradient**2 - squares[p])
                    moves[p] = 0.9 * moves[p] + rate * gradient / (squares[p] + 1e-3).sqrt()
                    p.sub_(moves[p])
            step += 1
            decay = min(0.98, (1 + step) / (10 + step))
            for name, value in model.state_dict().items():
                average[name] = decay * average[name] + (1 - decay) * value
        losses.append(sum(found) / steps)
    model.load_state_dict({name: average[name].to(value) for name, value in beginning.items()})
    with torch.inference_mode():
        hits = model.eval()(floats(test_set.images)).argmax(1).numpy() == test_set.labels
    return losses, float(hits.mean())


@pytest.mark.parametrize("seed", [0, 1])
def test_the_trainer_does_what_a_plain_loop_does(tmp_path, seed):
    spec = replace(claim.base_of(), dropout=0.0)
    recipe = replace(
        claim.recipe_of(spec, rate=RATE, seed=seed, epochs=EPOCHS), data="digits", flip=False
    )
    result = train(recipe, tmp_path)
    torch.manual_seed(seed_of(seed, 0))
    beginning = build(spec, num_classes=10).state_dict()
    losses, top1 = plain_loop(recipe, beginning)
    assert [row["loss"] for row in read_lines(tmp_path / METRICS)] == pytest.approx(
        losses, rel=2e-3
    )
    assert result.top1 == pytest.approx(top1, abs=0.01)
    assert losses[-1] < losses[0]
