"""Where expected values come from: torchvision's networks, PyTorch's counter, papers' tables."""

import csv
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from unittest.mock import patch

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

EXPECTED = Path(__file__).parent / "expected"

TORCHVISION: dict[str, Callable[..., nn.Module]] = {
    "b0": models.efficientnet_b0,
    "b1": models.efficientnet_b1,
    "b2": models.efficientnet_b2,
    "b3": models.efficientnet_b3,
    "b4": models.efficientnet_b4,
    "b5": models.efficientnet_b5,
    "b6": models.efficientnet_b6,
    "b7": models.efficientnet_b7,
    "v2_s": models.efficientnet_v2_s,
    "v2_m": models.efficientnet_v2_m,
    "v2_l": models.efficientnet_v2_l,
    "mobilenet_v2": models.mobilenet_v2,
    "resnet50": models.resnet50,
}


def expected(name: str) -> list[dict[str, str]]:
    """The rows of `expected/<name>.csv`; each says its source."""
    with (EXPECTED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=32)
def torchvision_on_meta(name: str) -> nn.Module:
    """torchvision's network without memory behind its parameters, in evaluation mode."""
    with torch.device("meta"):
        return TORCHVISION[name](weights=None).eval()


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def counted_macs(model: nn.Module, resolution: int) -> int:
    """Multiply-adds of one image by PyTorch's own counter, for a network on the meta device.

    It counts none of BatchNorm's work, but takes most of its time for it: so that is passed by.
    """
    image = torch.empty(1, 3, resolution, resolution, device="meta")
    passed = patch.object(nn.BatchNorm2d, "forward", lambda _, maps: maps)
    with passed, FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    return counter.get_total_flops() // 2


def calibrate(model: nn.Module, *, side: int = 96, images: int = 24, seed: int = 0) -> nn.Module:
    """Set every BatchNorm's statistics from a batch of noise, and go to evaluation mode.

    An untrained network in evaluation mode puts out logits of about 1e-14, so that any comparison
    of two of them passes for nothing.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    usual = [norm.momentum for norm in norms]
    generator = torch.Generator().manual_seed(seed)
    model.train()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    with torch.no_grad():
        model(torch.randn(images, 3, side, side, generator=generator))
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum
    return model.eval()


@lru_cache(maxsize=8)
def calibrated(name: str) -> nn.Module:
    """torchvision's network with seeded weights and statistics from noise; leave it as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return calibrate(TORCHVISION[name](weights=None))
