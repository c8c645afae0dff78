"""Maps under many visitors: sixteen threads get what one gets, and nothing stays behind."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

THREADS, PHOTOS = 16, 20
METHODS = ("gradcam", "layercam", "gradcam++", "eigengradcam")


def photos() -> list[np.ndarray]:
    """Seeded pictures that differ from each other, in several shapes."""
    return [
        np.random.default_rng(i)
        .integers(0, 256, (6 + i % 3, 7 + i % 4, 3), dtype=np.uint8)
        .repeat(30, axis=0)
        .repeat(30, axis=1)
        for i in range(PHOTOS)
    ]


def left_behind(classifier) -> list[str]:
    """What a careless method leaves on a shared model."""
    found = []
    for name, module in classifier.model.named_modules():
        if module.training:
            found.append(f"{name} trains")
        if module._forward_hooks or module._forward_pre_hooks or module._backward_hooks:
            found.append(f"{name} has a hook")
    for name, parameter in classifier.model.named_parameters():
        if parameter.requires_grad or parameter.grad is not None:
            found.append(f"{name} keeps a gradient")
    return found


class TiredError(Exception):
    """Whoever waited has left."""


def test_sixteen_threads_four_methods_twenty_photos_are_the_serial_ones(lite0):
    """Every eighth visitor leaves a slow map in its middle meanwhile."""
    pictures = photos()
    calls = [(method, number) for method in METHODS for number in range(PHOTOS)]

    def one(call):
        method, number = call
        layer = "features.4" if number % 2 else None
        return lite0.explain(pictures[number], method=method, target=number, layer=layer).native

    alone = [one(call) for call in calls]
    start = threading.Barrier(THREADS)

    def leave(share):
        if share > 0.3:
            raise TiredError

    def visitor(first):
        start.wait()
        if first % 8 == 0:
            with pytest.raises(TiredError):
                lite0.explain(pictures[0], method="scorecam", layer="features.0", progress=leave)
        return {n: one(calls[n]) for n in range(first, len(calls), THREADS)}

    with ThreadPoolExecutor(THREADS) as pool:
        together = {
            n: found for visit in pool.map(visitor, range(THREADS)) for n, found in visit.items()
        }
    assert len(together) == len(calls)
    for number, wanted in enumerate(alone):
        assert np.array_equal(together[number], wanted), calls[number]
    assert left_behind(lite0) == []


def tensors_alive() -> int:
    gc.collect()
    return sum(type(one) in (torch.Tensor, torch.nn.Parameter) for one in gc.get_objects())


@pytest.mark.parametrize("method", ["gradcam", "layercam", "eigencam"])
def test_maps_leave_no_tensor_alive(lite0, coffee, method):
    """The resident memory over 500 maps is in benchmarks/bench_gradcam.py."""

    def one():
        lite0.explain(coffee, method=method, target=967, layer="features.4")

    one()
    before = tensors_alive()
    for _ in range(8):
        one()
    assert tensors_alive() <= before
