"""Memory in closed form against real tensors: lifetimes, what autograd saves, optimisers."""

import itertools
import weakref
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import effnet
from effnet.counting import memory
from effnet.counting.repeats import runs
from effnet.network.layer_walk import walk
from effnet.network.spec import Spec, Stage


class Lifetimes(TorchDispatchMode):
    """Follows every storage that an operation makes from its birth to its death.

    Attributes:
        births: Bytes alive just after each storage was made.
    """

    def __init__(self, known: nn.Module, image: torch.Tensor) -> None:
        super().__init__()
        self.known = storages(known)
        self.sizes: dict[int, int] = {}
        self.births: list[int] = []
        self._follow(image)

    def _follow(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self.known or key in self.sizes or not storage.nbytes():
            return
        self.sizes[key] = storage.nbytes()
        self.births.append(sum(self.sizes.values()))
        weakref.finalize(storage, self.sizes.pop, key)

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._follow(tensor)
        return made


def storages(model: nn.Module) -> set[int]:
    held = [*model.parameters(), *model.buffers()]
    return {tensor.untyped_storage()._cdata for tensor in held}


def saved_bytes(model: nn.Module, images: torch.Tensor) -> int:
    """Bytes of the distinct storages that autograd saves, parameters and buffers aside."""
    known, kept = storages(model), {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in known:
            kept[storage._cdata] = storage  # held, so that no later one gets its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(images)
    del output
    return sum(storage.nbytes() for storage in kept.values())


def networks() -> dict[str, Spec]:
    b0 = effnet.get_variant("b0")
    resnet = effnet.get_variant("resnet50")
    mixed = (Stage("separable", 24, 2), Stage("fused_mbconv", 24, 2, 3, 1, 4, 0.25))
    mixed += (Stage("inverted_residual", 40, 3, 5, 2, 6, 0.25), Stage("bottleneck", 64, 2, 3, 2, 4))
    return {
        **{name: effnet.get_variant(name) for name in
           ("b0", "b1", "v2_s", "lite0", "lite1", "mobilenet_v1", "mobilenet_v2", "resnet50")},
        "b0 at phi 0.7": effnet.compound_scale(0.7),
        "b0 with ReLU": replace(b0, name="r", activation="relu"),
        "b0 with ReLU6 and SAME padding": replace(b0, name="p", activation="relu6", padding="same"),
        "b0 without head and dropout": replace(b0, name="h", head_channels=0, dropout=0.0),
        "resnet50 with SiLU": replace(resnet, name="s", activation="silu"),
        "a mixture": replace(b0, name="m", stages=mixed, activation="relu"),
        "a mixture with SiLU": replace(b0, name="n", stages=mixed),
    }  # fmt: skip


@pytest.mark.parametrize("side", [64, 75])
@pytest.mark.parametrize("name", networks())
def test_what_is_alive_is_right_at_every_operation(name, side):
    """Not only the peak: the whole curve, to the byte."""
    spec = networks()[name]
    model, image = effnet.build(spec).eval(), torch.zeros(1, 3, side, side)
    with torch.no_grad(), Lifetimes(model, image) as lifetimes:
        model(image)
    computed = []
    found = memory.moments(spec, resolution=side)
    for run, of_block in itertools.groupby(found, key=lambda moment: moment.run):
        computed += [moment.live for moment in of_block] * run.blocks
    assert computed == lifetimes.births[1:]  # the first is the image itself
    assert memory.peak(spec, resolution=side).live == max(lifetimes.births)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", networks())
def test_what_training_keeps_is_what_autograd_saves(name, batch):
    spec, side = networks()[name], 64
    model, images = effnet.build(spec).train(), torch.rand(batch, 3, side, side)
    computed = memory.training_bytes(spec, batch=batch, resolution=side)
    assert saved_bytes(model, images) == computed


@pytest.mark.parametrize("name", ["b0", "lite0", "resnet50"])
def test_the_weights_are_the_networks(name):
    spec = effnet.get_variant(name)
    with torch.device("meta"):
        state = effnet.build(spec).state_dict()
    floats = [tensor for tensor in state.values() if tensor.is_floating_point()]
    held = memory.weights(spec)
    assert held.bytes(4) == sum(tensor.nbytes for tensor in floats)
    assert held.bytes(2) == sum(tensor.half().nbytes for tensor in floats)
    assert held.params == effnet.count(spec).params


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("SGD", lambda p: torch.optim.SGD(p, lr=0.1)),
        ("SGD with momentum", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        ("Adam", torch.optim.Adam),
    ],
    ids=memory.OPTIMISERS,
)
def test_an_optimisers_state_is_what_it_really_holds(name, make):
    spec = effnet.scale("mobilenet_v2", width=0.25)
    model = effnet.build(spec)
    optimiser = make(model.parameters())
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    held = [tensor for tensor in model.state_dict().values() if tensor.is_floating_point()]
    held += [parameter.grad for parameter in model.parameters()]
    for state in optimiser.state.values():
        held += [v for v in state.values() if isinstance(v, torch.Tensor) and v.dim()]
    assert memory.weights(spec).training_bytes(name) == sum(tensor.nbytes for tensor in held)


def test_half_precision_halves_maps_but_not_places():
    b0, resnet = effnet.get_variant("b0"), effnet.get_variant("resnet50")
    assert memory.peak_bytes(b0, itemsize=2) * 2 == memory.peak_bytes(b0)
    assert memory.peak_bytes(b0, batch=8) == 8 * memory.peak(b0).live
    assert memory.peak_bytes(resnet, itemsize=1) * 4 >= memory.peak_bytes(resnet)


@pytest.mark.parametrize("name", ["b0", "v2_s", "resnet50"])
def test_the_largest_batch_fits_and_one_more_does_not(name):
    spec, room = effnet.get_variant(name), 2 * 2**30
    fixed = memory.weights(spec).training_bytes("Adam")
    batch = memory.largest_batch(spec, room)
    assert fixed + memory.training_bytes(spec, batch=batch) <= room
    assert fixed + memory.training_bytes(spec, batch=batch + 1) > room
    assert memory.largest_batch(spec, 2**20) == 0


@pytest.mark.parametrize("name", [*effnet.list_variants(), "deep"])
def test_runs_are_the_walk_and_the_curve_ends_with_all(name):
    spec = effnet.scale("b0", depth=60) if name == "deep" else effnet.get_variant(name)
    found = runs(spec)
    layers = [layer for run in found for _ in range(run.blocks) for layer in run.layers]
    assert layers == [layer for block in walk(spec) for layer in block.layers]
    points = memory.curve(spec)
    assert points[-1].kept == memory.training_bytes(spec)
    assert max(point.live for point in points) == memory.peak(spec).live
    assert all(a.kept <= b.kept for a, b in itertools.pairwise(points))
    assert all(a.position < b.position for a, b in itertools.pairwise(points))
    assert len(points) < 3000


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("name", ["b0", "v2_s", "mobilenet_v2", "resnet50"])
def test_a_gpu_needs_at_least_that_much_and_not_far_more(name):
    """Its allocator rounds up, and its convolutions take a workspace of their own."""
    spec, batch = effnet.get_variant(name), 16
    model = effnet.build(spec).eval().cuda()
    images = torch.zeros(batch, 3, spec.resolution, spec.resolution, device="cuda")
    before = torch.cuda.memory_allocated() - images.nbytes
    torch.cuda.reset_peak_memory_stats()
    with torch.no_grad():
        model(images)
    measured = torch.cuda.max_memory_allocated() - before
    computed = memory.peak_bytes(spec, batch=batch)
    assert computed <= measured <= 2 * computed + 2**28
