"""How long a training step takes on this machine, by image size."""

import statistics
import time

import torch
from torch.nn import functional

from effnet.network import Spec
from effnet.nn import build

WARM_UP, REPEATS = 1, 3


def step_times(spec: Spec, size: int, *, batch_size: int) -> float:
    """Median milliseconds of a training step: forward, loss, backward; random weights and pictures.

    Args:
        spec: The network.
        size: Side of the pictures.
        batch_size: Pictures a step.
    """
    model = build(spec).train().to(memory_format=torch.channels_last)
    pictures = torch.randn(batch_size, 3, size, size).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 1000, (batch_size,))
    samples = []
    for _ in range(WARM_UP + REPEATS):
        began = time.perf_counter()
        loss = functional.cross_entropy(model(pictures), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        samples.append(1000 * (time.perf_counter() - began))
        model.zero_grad(set_to_none=True)
    return statistics.median(samples[WARM_UP:])
