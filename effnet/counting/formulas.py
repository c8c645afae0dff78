"""What a quantity of a network is made of: layers with their formulas, values filled in. No torch.

A network's parameters, multiply-adds, activations and training memory are sums of items, one for
each layer of a run of alike blocks. Bars, treemap, tables and receipts show sums of the same items,
so they agree to the integer with each other and with `cost.count`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from effnet.base import check_known, giga, mark, mebibytes, millions, remembered, say
from effnet.counting.cost import layer_counts
from effnet.counting.memory import Kept, kept
from effnet.counting.repeats import Run, runs
from effnet.network import Layer, Spec
from effnet.scaling import takes_network


@dataclass(frozen=True, slots=True)
class Quantity:
    """What can be shown, and the words for it.

    Attributes:
        key, title: Its name in code and on controls. Words are English; `say` shows them.
        unit: What one of it is called.
        written: How its numbers are written.
        rule: What is counted.
    """

    key: str
    title: str
    unit: str
    written: Callable[[int], str]
    rule: str


QUANTITIES = {
    one.key: one
    for one in (
        Quantity(
            "macs",
            mark("Multiply-adds"),
            "MACs",
            giga,
            mark(
                "Multiply-adds of convolutions and fully connected layers for one image; the "
                "paper's FLOPS. FLOPs = 2 x MACs."
            ),
        ),
        Quantity(
            "params",
            mark("Parameters"),
            mark("parameters"),
            millions,
            mark("Trainable numbers: weights, biases, and BatchNorm's scale and shift."),
        ),
        Quantity(
            "activations",
            mark("Activations"),
            mark("elements"),
            millions,
            mark("Elements that convolutions and fully connected layers write for one image."),
        ),
        Quantity(
            "memory",
            mark("Training memory"),
            mark("bytes"),
            mebibytes,
            mark("What autograd keeps of one image for the backward pass, in 32-bit floats."),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Item:
    """One layer of a run of alike blocks, for one quantity.

    Attributes:
        stage, first, last: Where the run lies; blocks are counted from 1 within their stage.
        label: The operator, as the papers write it.
        kind, path: Of the layer; the path is the module's in the first of the blocks.
        rule, formula: How its value comes about, in words and in numbers.
        value: For one block.
    """

    stage: int
    first: int
    last: int
    label: str
    kind: str
    path: str
    rule: str
    formula: str
    value: int

    @property
    def blocks(self) -> int:
        """How many blocks have this layer."""
        return self.last - self.first + 1

    @property
    def total(self) -> int:
        """For all of them."""
        return self.blocks * self.value


def product(*factors: int) -> str:
    """A product as text: `3 x 3 x 96`."""
    return " x ".join(map(str, factors))


def _weights(layer: Layer) -> tuple[str, tuple[int, ...]]:
    """Words and factors of a layer's weights."""
    if not layer.norm:
        return say("in x out"), (layer.in_channels, layer.out_channels)
    kernel = (layer.kernel, layer.kernel)
    if layer.groups == layer.in_channels == layer.out_channels and layer.groups > 1:
        return say("kernel x kernel x channels"), (*kernel, layer.out_channels)
    return say("kernel x kernel x in x out"), (*kernel, layer.in_channels, layer.out_channels)


def _macs(layer: Layer) -> tuple[str, str, int]:
    words, factors = _weights(layer)
    value = layer_counts(layer)[1]
    if not layer.norm:
        return words, product(*factors), value
    place = (layer.out_size, layer.out_size)
    rule = say("{weights} x height x width", weights=words)
    return rule, product(*factors, *place), value


def _params(layer: Layer) -> tuple[str, str, int]:
    words, factors = _weights(layer)
    formula, value = product(*factors), layer_counts(layer)[0]
    if layer.bias:
        rule = say("{weights} + biases", weights=words)
        return rule, f"{formula} + {layer.out_channels}", value
    rule = say("{weights} + scale and shift", weights=words)
    return rule, f"{formula} + {product(2, layer.out_channels)}", value


def _activations(layer: Layer) -> tuple[str, str, int]:
    value = layer_counts(layer)[2]
    if not layer.norm:
        return say("outputs"), str(layer.out_channels), value
    shape = (layer.out_channels, layer.out_size, layer.out_size)
    return say("channels x height x width"), product(*shape), value


def _memory(one: Kept) -> tuple[str, str, int]:
    groups: dict[tuple[tuple[int, ...], int], list[str]] = {}
    for tensor in one.tensors:
        groups.setdefault((tensor.shape, tensor.itemsize), []).append(tensor.what)
    terms = []
    for (shape, itemsize), found in groups.items():
        times = (len(found),) if len(found) > 1 else ()
        terms.append(product(*times, *shape, itemsize))
    names = " + ".join(say(name) for found in groups.values() for name in found)
    return say("({names}) x bytes", names=names), " + ".join(terms), one.bytes


_OF_LAYER = {"macs": _macs, "params": _params, "activations": _activations}


@takes_network
@remembered(maxsize=256)
def items(spec: Spec, quantity: str) -> tuple[Item, ...]:
    """Everything that a quantity of the network is made of, in order.

    Args:
        spec: The network, counted at its own resolution.
        quantity: One of `QUANTITIES`.
    """
    check_known("quantity", quantity, QUANTITIES)
    if quantity == "memory":
        return tuple(_item(one.run, one.layer, *_memory(one)) for one in kept(spec))
    formula = _OF_LAYER[quantity]
    return tuple(_item(run, layer, *formula(layer)) for run in runs(spec) for layer in run.layers)


def _item(run: Run, layer: Layer, rule: str, formula: str, value: int) -> Item:
    path = run.block.path(layer)
    return Item(run.stage, run.first, run.last, run.label, layer.kind, path, rule, formula, value)
