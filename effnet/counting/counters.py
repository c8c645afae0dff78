"""What other tools count for the same network, in closed form, difference by difference. No torch.

Seven counters agree on the multiply-adds of convolutions and fully connected layers and differ in
what they add. Each tool is a list of terms; a term is a part of the network (elements that a
BatchNorm writes, say) times a factor of the tool's rule. The rules were read in the tools' source
and were last compared with the releases in `data/counters.csv`; the tests run those that are
installed.

The network is the one that torchvision builds, in evaluation mode, for one `(1, 3, R, R)` image;
designs that torchvision lacks are counted as its blocks would be written. That matters, because
some tools look at modules and some at functions: torchvision pools with a module in
squeeze-and-excitation and before the classifier, in MobileNetV2 with a function.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import mark, say, table
from effnet.counting.cost import layer_counts
from effnet.counting.repeats import Run, runs
from effnet.network import Layer, Spec
from effnet.scaling import takes_network

# The named differences, in the order in which figures and tables show them.
PARTS = {
    "layers": mark("convolutions and fully connected layers"),
    "bias": mark("biases"),
    "norm": mark("BatchNorm"),
    "activation": mark("activation functions"),
    "average pooling": mark("average pooling"),
    "max pooling": mark("max pooling"),
}
# What none of the seven counts, though the network computes it.
UNCOUNTED = {
    "sigmoid": mark("sigmoid in squeeze-and-excitation"),
    "gates": mark("multiplying maps by their gates"),
    "shortcut": mark("adding the shortcut"),
}


@dataclass(frozen=True, slots=True)
class Elements:
    """What a network computes besides multiply-adds, in elements of one image's maps.

    Attributes:
        macs: Multiply-adds of convolutions and fully connected layers.
        bias: Outputs that get a bias: squeeze-and-excitation's and the classifier's.
        norm: Written by BatchNorms.
        norm_params: Scales and shifts of the BatchNorms.
        activation: Written by activation functions, sigmoids aside.
        pooled: Read by average pooling, in all.
        pooled_by_module: Of these, read by pooling that is a module.
        means: Written by average pooling that is a module.
        max_pooled: Read by max pooling.
        sigmoid, gates, shortcut: Written by gates' sigmoids, by products with the gates, by sums.
    """

    macs: int = 0
    bias: int = 0
    norm: int = 0
    norm_params: int = 0
    activation: int = 0
    pooled: int = 0
    pooled_by_module: int = 0
    means: int = 0
    max_pooled: int = 0
    sigmoid: int = 0
    gates: int = 0
    shortcut: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """One named part of a tool's count: `factor` times `elements`, and why, in English."""

    part: str
    factor: int
    elements: int
    rule: str

    @property
    def value(self) -> int:
        """What it adds."""
        return self.factor * self.elements


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a tool says of a network, and how it comes to it.

    Attributes:
        tool: Its key in `data/counters.csv`.
        title, version, unit: Its name, the release that it was last compared with, and what
            it calls its number.
        says: The number that it prints.
        terms: Their sum is `says`, or half of it for a tool that prints FLOPs.
        leaves_out: Named parts of the network that it does not count.
    """

    tool: str
    title: str
    version: str
    unit: str
    says: int
    terms: tuple[Term, ...]
    leaves_out: tuple[str, ...]

    @property
    def counted(self) -> int:
        """The sum of its terms: what it says, in units of one multiply-add."""
        return sum(term.value for term in self.terms)

    @property
    def formula(self) -> str:
        """The closed form with its values: `385,814,752 + 2 x 6,737,696 (BatchNorm)`."""
        first, *others = (
            f"{term.factor} x {term.elements:,}" if term.factor > 1 else f"{term.elements:,}"
            for term in self.terms
        )
        named = zip(others, self.terms[1:], strict=True)
        said = " + ".join([first, *(f"{text} ({say(PARTS[term.part])})" for text, term in named)])
        return said if self.says == self.counted else f"{self.says // self.counted} x {said}"


@takes_network
@lru_cache(maxsize=128)
def elements(spec: Spec, *, resolution: int | None = None) -> Elements:
    """The sums that the tools' rules are made of."""
    total: Counter[str] = Counter()
    last: Layer | None = None
    for run in runs(spec, resolution=resolution):
        for name, value in _of_block(spec, run).items():
            total[name] += run.blocks * value
        if last is not None and run.block.operator == "classifier":
            by_module = spec.layout != "flat"
            _pool(total, last.out_channels, last.out_size, by_module=by_module)
        last = _main(run)
    return Elements(**total)


def _main(run: Run) -> Layer:
    """The layer that writes the block's output; a bottleneck's last one may be its shortcut."""
    return run.layers[2 if run.block.operator == "bottleneck" else -1]


def _pool(total: Counter[str], channels: int, side: int, *, by_module: bool = True) -> None:
    total["pooled"] += channels * side * side
    if by_module:
        total["pooled_by_module"] += channels * side * side
        total["means"] += channels


def _of_block(spec: Spec, run: Run) -> Counter[str]:
    total: Counter[str] = Counter()
    before: Layer | None = None
    for layer in run.layers:
        _, macs, written = layer_counts(layer)
        total["macs"] += macs
        total["bias"] += written * layer.bias
        total["norm"] += written * layer.norm
        total["norm_params"] += 2 * layer.out_channels * layer.norm
        total["activation"] += written * (layer.norm and layer.activation)
        if layer.kind == "squeeze-and-excitation" and before is not None:
            if before.kind == layer.kind:
                total["sigmoid"] += written
            else:
                total["activation"] += written
                total["gates"] += layer.in_channels * before.out_size**2
                _pool(total, layer.in_channels, before.out_size)
        before = layer
    written = layer_counts(_main(run))[2]
    total["shortcut"] += written * run.block.residual
    total["activation"] += written * (run.block.operator == "bottleneck")
    if run.block.operator == "stem" and spec.stem_pool:
        total["max_pooled"] += written
    return total


# --- the tools' rules -------------------------------------------------------------------------


@takes_network
def opinions(spec: Spec, *, resolution: int | None = None) -> tuple[Opinion, ...]:
    """What each of the seven says of a network, from the leanest rule to the most inclusive.

    Args:
        spec: The network.
        resolution: Side of the square input in pixels; the network's own where not given.
    """
    sums = elements(spec, resolution=resolution)
    return tuple(_opinion(row, sums, spec) for row in table("counters"))


def counted_by_none(said: Sequence[Opinion]) -> tuple[str, ...]:
    """Named parts of the network that every one of the tools leaves out."""
    return tuple(name for name in said[0].leaves_out if all(name in one.leaves_out for one in said))


def _opinion(row: dict[str, str], sums: Elements, spec: Spec) -> Opinion:
    terms = tuple(term for term in _terms(row["tool"], sums, spec) if term.elements)
    counted = {term.part for term in terms}
    has = {
        "bias": sums.bias,
        "norm": sums.norm,
        "activation": sums.activation,
        "average pooling": sums.pooled,
        "max pooling": sums.max_pooled,
        "sigmoid": sums.sigmoid,
        "gates": sums.gates,
        "shortcut": sums.shortcut,
    }
    names = PARTS | UNCOUNTED
    total = sum(term.value for term in terms)
    return Opinion(
        row["tool"],
        row["title"],
        row["version"],
        row["unit"],
        2 * total if row["unit"].startswith("FLOPs") else total,
        terms,
        tuple(names[part] for part, size in has.items() if size and part not in counted),
    )


def _terms(tool: str, sums: Elements, spec: Spec) -> tuple[Term, ...]:
    layers = Term("layers", 1, sums.macs, mark("kernel x kernel x channels in x outputs / groups"))
    bias = Term("bias", 1, sums.bias, mark("one for each output with a bias"))
    if tool in ("effnet", "flop_counter"):
        return (layers,)
    if tool == "ptflops_aten":
        return layers, bias
    if tool == "torchinfo":
        norm = Term(
            "norm", 1, sums.norm_params, mark("one for each scale and shift, once an image")
        )
        return layers, bias, norm
    norm = Term("norm", 2, sums.norm, mark("two for each element: scale and shift"))
    if tool == "fvcore":
        pooling = Term("average pooling", 1, sums.pooled, mark("one for each element read"))
        return layers, norm, pooling
    if tool == "thop":
        norm = Term("norm", 4, sums.norm, mark("four for each element: mean, spread, scale, shift"))
        read = sums.pooled_by_module + sums.means
        rule = mark("one for each element read and each mean; pooling by a function is not seen")
        return layers, norm, Term("average pooling", 1, read, rule)
    return layers, bias, norm, *_seen_by_ptflops(sums, spec)


def _seen_by_ptflops(sums: Elements, spec: Spec) -> tuple[Term, ...]:
    """What ptflops counts by hooks on modules, by patched functions, or by both, and so twice."""
    twice = mark("its module and the function inside it are both counted: two for each element")
    rules = {
        "silu": (1, mark("one for each element, by the function")),
        "relu6": (1, mark("one for each element, by the module")),
        "relu": (2, twice),
    }
    factor, rule = rules[spec.activation]
    by_function = sums.pooled - sums.pooled_by_module
    return (
        Term("activation", factor, sums.activation, rule),
        Term("average pooling", 2, sums.pooled_by_module, twice),
        Term("average pooling", 1, by_function, mark("one for each element, by the function")),
        Term("max pooling", 2, sums.max_pooled, twice),
    )
