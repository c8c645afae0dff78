"""Counting a network: the closed form against ptflops and PyTorch's own counter.

The rivals run the network (ptflops really, PyTorch's counter without data); both get a torchvision
network that is built already. `effnet.count` starts from the spec and gives every layer's row.
"""

import torch
from interleaved import medians, show, use_threads
from ptflops import get_model_complexity_info
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

import effnet
from effnet.network.layer_walk import block_layers

ROUNDS = 7


def closed_form(name: str) -> effnet.Cost:
    cost = effnet.count(effnet.get_variant(name))
    cost.as_rows()
    return cost


def cold(name: str) -> effnet.Cost:
    block_layers.cache_clear()
    return closed_form(name)


def flop_counter(model: torch.nn.Module, side: int) -> int:
    image = torch.empty(1, 3, side, side, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(image)
    return counter.get_total_flops() // 2


def ptflops(model: torch.nn.Module, side: int) -> int:
    macs, _ = get_model_complexity_info(
        model, (3, side, side), as_strings=False, print_per_layer_stat=False, backend="pytorch"
    )
    return macs


def compare(name: str) -> None:
    make = getattr(models, f"efficientnet_{name}")
    side = effnet.get_variant(name).resolution
    real = make(weights=None).eval()
    with torch.device("meta"):
        hollow = make(weights=None).eval()
    counts = {
        "ptflops": ptflops(real, side),
        "FlopCounterMode on meta": flop_counter(hollow, side),
        "effnet.count, nothing cached": closed_form(name).macs,
        "effnet.count, seen before": closed_form(name).macs,
    }
    found = medians(
        {
            "ptflops": lambda: ptflops(real, side),
            "FlopCounterMode on meta": lambda: flop_counter(hollow, side),
            "effnet.count, nothing cached": lambda: cold(name),
            "effnet.count, seen before": lambda: closed_form(name),
        },
        rounds=ROUNDS,
        warm_up=1,
    )
    notes = {case: f"{macs:>14,} MACs" for case, macs in counts.items()}
    show(f"{name} at {side} px, with every layer's row", found, rival="ptflops", notes=notes)


if __name__ == "__main__":
    use_threads()
    for variant in ("b0", "b4", "b7"):
        compare(variant)
