"""The published networks: the papers' rows as literals, and the names they answer to.

Scaled networks are made from their base by the coefficients that the released code uses. The
papers print none for B1 to B7; they cannot be had from one phi (see `scaling.implied_phi`).
Standard library only.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from effnet.base import check_known, no_such
from effnet.network.spec import Operator, Spec, Stage

FAMILIES = {
    "v1": "EfficientNet",
    "v2": "EfficientNetV2",
    "lite": "EfficientNet-Lite",
    "mobilenet": "MobileNet",
    "resnet": "ResNet",
}
# built, counted and converted as all others; no paper has them, so no page lists them
UNPRINTED = {"edgetpu": "EfficientNet-EdgeTPU"}

# expansion, kernel, stride, channels, repeats
Row = tuple[float, int, int, int, int]

# arXiv:1905.11946v5 Table 1; strides and squeeze ratio from the released block strings
B0_ROWS: tuple[Row, ...] = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)

# name: width, depth, resolution, dropout (released code, efficientnet_builder.py)
B_COEFFICIENTS = {
    "b1": (1.0, 1.1, 240, 0.2),
    "b2": (1.1, 1.2, 260, 0.3),
    "b3": (1.2, 1.4, 300, 0.3),
    "b4": (1.4, 1.8, 380, 0.4),
    "b5": (1.6, 2.2, 456, 0.4),
    "b6": (1.8, 2.6, 528, 0.5),
    "b7": (2.0, 3.1, 600, 0.5),
    "b8": (2.2, 3.6, 672, 0.5),
    "l2": (4.3, 5.3, 800, 0.5),
}
TORCHVISION_EPS = ("b1", "b2", "b3", "b4")  # torchvision's B0 to B4 have BatchNorm eps 1e-5

# arXiv:2104.00298v3 Table 4 (V2-S) and the released configurations: fused rows, then MBConv rows
V2_ROWS: dict[str, tuple[tuple[Row, ...], tuple[Row, ...]]] = {
    "v2_s": (
        ((1, 3, 1, 24, 2), (4, 3, 2, 48, 4), (4, 3, 2, 64, 4)),
        ((4, 3, 2, 128, 6), (6, 3, 1, 160, 9), (6, 3, 2, 256, 15)),
    ),
    "v2_m": (
        ((1, 3, 1, 24, 3), (4, 3, 2, 48, 5), (4, 3, 2, 80, 5)),
        ((4, 3, 2, 160, 7), (6, 3, 1, 176, 14), (6, 3, 2, 304, 18), (6, 3, 1, 512, 5)),
    ),
    "v2_l": (
        ((1, 3, 1, 32, 4), (4, 3, 2, 64, 7), (4, 3, 2, 96, 7)),
        ((4, 3, 2, 192, 10), (6, 3, 1, 224, 19), (6, 3, 2, 384, 25), (6, 3, 1, 640, 7)),
    ),
    "v2_xl": (
        ((1, 3, 1, 32, 4), (4, 3, 2, 64, 8), (4, 3, 2, 96, 8)),
        ((4, 3, 2, 192, 16), (6, 3, 1, 256, 24), (6, 3, 2, 512, 32), (6, 3, 1, 640, 8)),
    ),
    "v2_b0": (
        ((1, 3, 1, 16, 1), (4, 3, 2, 32, 2), (4, 3, 2, 48, 2)),
        ((4, 3, 2, 96, 3), (6, 3, 1, 112, 5), (6, 3, 2, 192, 8)),
    ),
}
# name: stem channels, resolution at evaluation, dropout (released configurations)
V2_SIZES = {
    "v2_s": (24, 384, 0.2),
    "v2_m": (24, 480, 0.3),
    "v2_l": (32, 480, 0.4),
    "v2_xl": (32, 512, 0.4),
}
# name: width, depth, resolution, dropout (released code, effnetv2_configs.py)
V2_B_COEFFICIENTS = {
    "v2_b1": (1.0, 1.1, 240, 0.2),
    "v2_b2": (1.1, 1.2, 260, 0.3),
    "v2_b3": (1.2, 1.4, 300, 0.3),
}

# name: width, depth, resolution, dropout (released code, efficientnet_lite_builder.py)
LITE_COEFFICIENTS = {
    "lite1": (1.0, 1.1, 240, 0.2),
    "lite2": (1.1, 1.2, 260, 0.3),
    "lite3": (1.2, 1.4, 280, 0.3),
    "lite4": (1.4, 1.8, 300, 0.3),
}

# released block strings, efficientnet_edgetpu_builder.py: fused rows, then MBConv rows
EDGETPU_ROWS: tuple[tuple[Row, ...], tuple[Row, ...]] = (
    ((4, 3, 1, 24, 1), (8, 3, 2, 32, 2), (8, 3, 2, 48, 4)),
    ((8, 5, 2, 96, 5), (8, 5, 1, 144, 4), (8, 5, 2, 192, 2)),
)
# name: width, depth, resolution, dropout (the same code)
EDGETPU_COEFFICIENTS = {"em": (1.0, 1.1, 240, 0.2), "el": (1.2, 1.4, 300, 0.3)}

# arXiv:1801.04381 Table 2
MOBILENET_V2_ROWS: tuple[Row, ...] = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 3, 2, 32, 3),
    (6, 3, 2, 64, 4),
    (6, 3, 1, 96, 3),
    (6, 3, 2, 160, 3),
    (6, 3, 1, 320, 1),
)
# arXiv:1704.04861 Table 1; the last block has stride 1, as every implementation has it
MOBILENET_V1_ROWS: tuple[Row, ...] = (
    (1, 3, 1, 64, 1),
    (1, 3, 2, 128, 2),
    (1, 3, 2, 256, 2),
    (1, 3, 2, 512, 6),
    (1, 3, 2, 1024, 2),
)
# arXiv:1512.03385 Table 1; the stride sits in the 3x3 convolution, as in torchvision
RESNET50_ROWS: tuple[Row, ...] = (
    (4, 3, 1, 256, 3),
    (4, 3, 2, 512, 4),
    (4, 3, 2, 1024, 6),
    (4, 3, 2, 2048, 3),
)


def _stages(operator: Operator, rows: Iterable[Row], **common: Any) -> tuple[Stage, ...]:
    return tuple(
        Stage(operator, channels, repeats, kernel, stride, expand, **common)
        for expand, kernel, stride, channels, repeats in rows
    )


def _v1() -> list[Spec]:
    b0 = Spec(
        name="b0",
        family="v1",
        stages=_stages("mbconv", B0_ROWS, se_ratio=0.25),
        stem_channels=32,
        head_channels=1280,
        resolution=224,
        stochastic_depth=0.2,
    )
    official_norm = {"norm_eps": 1e-3, "norm_momentum": 0.01}
    scaled = [
        b0.scaled(
            depth=depth,
            width=width,
            resolution=resolution,
            name=name,
            dropout=dropout,
            **({} if name in TORCHVISION_EPS else official_norm),
        )
        for name, (width, depth, resolution, dropout) in B_COEFFICIENTS.items()
    ]
    return [b0, *scaled]


def _with_scaled(
    base: Spec, coefficients: Mapping[str, tuple[float, float, int, float]]
) -> list[Spec]:
    """A family's base and the networks that its table scales from it."""
    return [
        base,
        *(
            base.scaled(depth=depth, width=width, resolution=resolution, name=name, dropout=dropout)
            for name, (width, depth, resolution, dropout) in coefficients.items()
        ),
    ]


def _v2() -> list[Spec]:
    def stages(name: str) -> tuple[Stage, ...]:
        fused, mbconv = V2_ROWS[name]
        return _stages("fused_mbconv", fused) + _stages("mbconv", mbconv, se_ratio=0.25)

    large = [
        Spec(
            name=name,
            family="v2",
            stages=stages(name),
            stem_channels=stem,
            head_channels=1280,
            resolution=resolution,
            dropout=dropout,
            stochastic_depth=0.2,
            norm_eps=1e-3,
        )
        for name, (stem, resolution, dropout) in V2_SIZES.items()
    ]
    b0 = replace(
        large[0],
        name="v2_b0",
        stages=stages("v2_b0"),
        stem_channels=32,
        resolution=224,
        round_limit=0.0,
    )
    return [*large, *_with_scaled(b0, V2_B_COEFFICIENTS)]


def _lite() -> list[Spec]:
    first, *middle, last = _stages("mbconv", B0_ROWS)
    outer = [replace(stage, scales_depth=False) for stage in (first, last)]
    lite0 = Spec(
        name="lite0",
        family="lite",
        stages=(outer[0], *middle, outer[1]),
        stem_channels=32,
        head_channels=1280,
        resolution=224,
        stochastic_depth=0.2,
        activation="relu6",
        norm_eps=1e-3,
        norm_momentum=0.01,
        padding="same",
        stem_scales=False,
        head_scaling="fixed",
    )
    return _with_scaled(lite0, LITE_COEFFICIENTS)


def _edgetpu() -> list[Spec]:
    fused, mbconv = EDGETPU_ROWS
    first, *others = _stages("fused_mbconv", fused) + _stages("mbconv", mbconv)
    small = Spec(
        name="es",
        family="edgetpu",
        stages=(replace(first, skip=False, expands_output=True), *others),
        stem_channels=32,
        head_channels=1280,
        resolution=224,
        stochastic_depth=0.2,
        activation="relu",
        norm_eps=1e-3,
        norm_momentum=0.01,
        padding="same",
    )
    return _with_scaled(small, EDGETPU_COEFFICIENTS)


def _comparison() -> list[Spec]:
    return [
        Spec(
            name="mobilenet_v1",
            family="mobilenet",
            stages=_stages("separable", MOBILENET_V1_ROWS),
            stem_channels=32,
            head_channels=0,
            resolution=224,
            dropout=0.0,
            activation="relu",
        ),
        Spec(
            name="mobilenet_v2",
            family="mobilenet",
            stages=_stages("inverted_residual", MOBILENET_V2_ROWS),
            stem_channels=32,
            head_channels=1280,
            resolution=224,
            activation="relu6",
            layout="flat",
            head_scaling="widen_only",
        ),
        Spec(
            name="resnet50",
            family="resnet",
            stages=_stages("bottleneck", RESNET50_ROWS, divisor=32),
            stem_channels=64,
            head_channels=0,
            resolution=224,
            dropout=0.0,
            activation="relu",
            layout="resnet",
            stem_kernel=7,
            stem_pool=True,
        ),
    ]


# timm's names: of TensorFlow's weights, architecture, tag of the training
TIMMS_NAME = re.compile(
    r"(tf_)?((?:efficientnet|efficientnetv2|mobilenetv[12])_\w{1,20}|resnet50)"
    r"(\.\w{0,20}in\d{1,2}k\w{0,20})?"
)
WITH_ZEROS = {
    "es_pruned": "es",
    "el_pruned": "el",
}  # timm's names: the same network, most weights 0


@lru_cache(maxsize=1)
def _registry() -> dict[str, Spec]:
    return {spec.name: spec for spec in (*_v1(), *_v2(), *_lite(), *_comparison(), *_edgetpu())}


MOST_NAME = 200  # characters


def list_variants(family: str | None = None) -> list[str]:
    """Names of the published networks, in published order; of one family where one is given.

    The "edgetpu" family ("es", "em", "el") is listed only where it is asked for: it is in no paper.
    """
    if family is not None:
        check_known("family", family, FAMILIES | UNPRINTED)
    among = FAMILIES if family is None else (family,)
    return [name for name, spec in _registry().items() if spec.family in among]


def every_variant() -> list[str]:
    """Names of all networks that are known, those of no paper too."""
    return list(_registry())


def get_variant(name: str) -> Spec:
    """The published network of that name; torchvision's names (`efficientnet_b0`) work too.

    So do timm's: `tf_efficientnet_b0` pads and divides as TensorFlow does, and with the tag of its
    weights, `efficientnet_b0.ra_in1k` as PyTorch does.

    Raises `EffnetError` for an unknown name, with the nearest choices.
    """
    key = name if isinstance(name, str) else ""
    key = key[:MOST_NAME].strip().lower().replace("-", "_")
    if timms := TIMMS_NAME.fullmatch(key):
        tensorflows, key, tag = timms.groups()
        if tensorflows or tag:
            return (as_tensorflow if tensorflows else as_pytorch)(get_variant(key))
        key = key.replace("netv1_100", "net_v1").replace("netv2_100", "net_v2")
    key = key.removeprefix("efficientnet_").removeprefix("efficientnet").replace("edgetpu_", "e")
    key, known = WITH_ZEROS.get(key, key), _registry()
    if key not in known:
        raise no_such("variant", name, known, like=key)
    return known[key]


def as_tensorflow(spec: Spec) -> Spec:
    """The network as TensorFlow's weights want it: the odd pixel goes below right, epsilon 1e-3."""
    return replace(spec, padding="same", norm_eps=1e-3)


def as_pytorch(spec: Spec) -> Spec:
    """The network as timm trained it itself: padded evenly, epsilon 1e-5."""
    return replace(spec, padding="symmetric", norm_eps=1e-5)


def display_name(spec: Spec | str) -> str:
    """A network's name as the papers write it: EfficientNet-B0, EfficientNetV2-S, ResNet-50."""
    name = spec if isinstance(spec, str) else spec.name
    if name not in _registry():
        return name
    if name.startswith("v2_"):
        return f"EfficientNetV2-{name[3:].upper()}"
    if name.startswith("mobilenet_v"):
        return f"MobileNetV{name[-1]}"
    if name == "resnet50":
        return "ResNet-50"
    if name in ("es", *EDGETPU_COEFFICIENTS):
        return f"EfficientNet-EdgeTPU-{name[1:].upper()}"
    return f"EfficientNet-{name.capitalize() if name.startswith('lite') else name.upper()}"
