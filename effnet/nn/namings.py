"""Whose names a state dict has: torchvision's (ours), lukemelas' or timm's, as rules in data."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from effnet.base import say
from effnet.network import Block, Spec, as_pytorch, as_tensorflow, walk

Pair = tuple[str, str]  # a convolution, and the BatchNorm behind it


@dataclass(frozen=True, slots=True)
class Naming:
    """How a project names the parts of the networks.

    Attributes:
        title: The project.
        sign: A key that only its state dicts have.
        prefix: Of a block, with its `index` in the network, or `stage` and `position`, from 0.
        ends: Stem, head and classifier.
        blocks: By the kinds of a block's layers, squeeze-and-excitation aside.
        squeeze: The two layers of squeeze-and-excitation.
        routing: What says the shares of a CondConv's kernels; "" where it has no such networks.
        same: True where its networks pad as TensorFlow does, with epsilon 1e-3, always.
        layouts: Layouts of `Spec` that it has networks of.
        same_layouts: Those whose networks it names as torchvision does.
    """

    title: str
    sign: str
    prefix: str
    ends: dict[str, Pair]
    blocks: dict[tuple[str, ...], tuple[Pair, ...]]
    squeeze: Pair
    routing: str = ""
    same: bool = False
    layouts: tuple[str, ...] = ("staged",)
    same_layouts: tuple[str, ...] = ()


LUKEMELAS = Naming(
    title="lukemelas' EfficientNet-PyTorch",
    sign="_conv_stem.weight",
    prefix="_blocks.{index}.",
    ends={
        "stem": ("_conv_stem", "_bn0"),
        "head": ("_conv_head", "_bn1"),
        "classifier": ("_fc", ""),
    },
    blocks={
        ("depthwise", "project"): (("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")),
        ("expand", "depthwise", "project"): (
            ("_expand_conv", "_bn0"),
            ("_depthwise_conv", "_bn1"),
            ("_project_conv", "_bn2"),
        ),
    },
    squeeze=("_se_reduce", "_se_expand"),
    same=True,
)
TIMM = Naming(
    title="timm",
    sign="conv_stem.weight",
    prefix="blocks.{stage}.{position}.",
    ends={
        "stem": ("conv_stem", "bn1"),
        "head": ("conv_head", "bn2"),
        "classifier": ("classifier", ""),
    },
    blocks={
        ("depthwise", "project"): (("conv_dw", "bn1"), ("conv_pw", "bn2")),
        ("expand", "depthwise", "project"): (
            ("conv_pw", "bn1"),
            ("conv_dw", "bn2"),
            ("conv_pwl", "bn3"),
        ),
        ("fused",): (("conv", "bn1"),),
        ("fused", "project"): (("conv_exp", "bn1"), ("conv_pwl", "bn2")),
    },
    squeeze=("se.conv_reduce", "se.conv_expand"),
    routing="routing_fn",
    layouts=("staged", "flat", "resnet"),
    same_layouts=("resnet",),
)
NAMINGS = (LUKEMELAS, TIMM)

# What timm calls its networks; files are named after them
_TENSORFLOWS = re.compile(r"(^|[^a-z0-9])tf_", re.IGNORECASE)
_TIMMS_OWN = re.compile(r"(efficientnet|efficientnetv2|mobilenetv[12])_", re.IGNORECASE)


def ends_with(key: str, name: str) -> bool:
    """Whether a key is this name, or ends with it behind a dot."""
    return key == name or key.endswith(f".{name}")


def naming_of(keys: Iterable[str]) -> Naming | None:
    """The project whose names these are; None for torchvision's, or nobody's."""
    signs = {naming.sign: naming for naming in NAMINGS}
    return next(
        (naming for k in keys for sign, naming in signs.items() if ends_with(k, sign)), None
    )


def module_names(naming: Naming, spec: Spec) -> dict[str, str]:
    """The project's module paths of a network, each with ours."""
    names: dict[str, str] = {}
    for prefix, block in _placed(naming, spec):
        pairs = [naming.ends[block.operator]] if not prefix else _pairs(naming, block)
        for layer, (conv, norm) in zip(block.layers, pairs, strict=False):
            names[prefix + conv] = block.path(layer)
            if layer.norm:
                names[prefix + norm] = block.norm_path(layer)
    return names


def routings(naming: Naming | None, spec: Spec) -> dict[str, str]:
    """Module paths that a network has besides where its MBConvs have experts, each with ours."""
    if naming is None:
        return {f"{b.name}.routing": f"{b.name}.routing" for b in walk(spec) if b.name}
    placed = _placed(naming, spec) if naming.routing else ()
    return {prefix + naming.routing: f"{b.name}.routing" for prefix, b in placed if prefix}


def _placed(naming: Naming, spec: Spec) -> Iterator[tuple[str, Block]]:
    """Every block, and what its names begin with; "" for stem, head and classifier."""
    index, positions = 0, dict.fromkeys(range(len(spec.stages) + 1), 0)
    for block in walk(spec):
        if block.operator in naming.ends:
            yield "", block
            continue
        yield (
            naming.prefix.format(
                index=index, stage=block.stage - 1, position=positions[block.stage]
            ),
            block,
        )
        positions[block.stage] += 1
        index += 1


def _pairs(naming: Naming, block: Block) -> list[Pair]:
    """The names of a block's layers in order; none where the project has no such block."""
    gate = "squeeze-and-excitation"
    kinds = tuple(layer.kind for layer in block.layers if layer.kind != gate)
    plain, squeeze = iter(naming.blocks.get(kinds, ())), iter(naming.squeeze)
    found = []
    for layer in block.layers:
        pair = (next(squeeze), "") if layer.kind == gate else next(plain, None)
        if pair is None:
            return []
        found.append(pair)
    return found


def padded_as_trained(spec: Spec, keys: Iterable[str], origin: str) -> Spec:
    """The network as the file's project computes it: TensorFlow's weights pad and divide otherwise.

    lukemelas' networks always do. timm has the same networks of both kinds, with the same keys and
    shapes: those whose name begins with `tf_` do, the others pad evenly with PyTorch's epsilon. Of
    a file whose name says neither the network stays as it is; `unsaid` says so.

    Args:
        spec: The network.
        keys: The file's.
        origin: The file's name, or timm's name of the network.
    """
    naming = naming_of(keys)
    if naming is None:
        return spec
    if naming.same or (naming is TIMM and _TENSORFLOWS.search(origin)):
        return as_tensorflow(spec)
    if naming is TIMM and _TIMMS_OWN.match(origin):
        return as_pytorch(spec)
    return spec


def unsaid(spec: Spec, keys: Iterable[str], origin: str) -> str:
    """What of timm's two paddings the file's name does not say, in words; "" where it is known."""
    known = _TENSORFLOWS.search(origin) or _TIMMS_OWN.match(origin)
    if naming_of(keys) is not TIMM or known:
        return ""
    way = (
        say("as TensorFlow does, with epsilon {eps:g}", eps=spec.norm_eps)
        if spec.padding == "same"
        else say("evenly, with epsilon {eps:g}", eps=spec.norm_eps)
    )
    return say(
        "{file} has timm's names, but does not say which of timm's networks it is: those whose "
        "name begins with tf_ pad as TensorFlow does and have epsilon 0.001, the others pad evenly "
        "and have 1e-05. Read here: {way}. If the answers are poor, begin the file's name with "
        "timm's name of the network, such as tf_efficientnet_b0 or efficientnet_b0.",
        file=origin,
        way=way,
    )
