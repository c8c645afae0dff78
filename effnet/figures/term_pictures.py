"""Small pictures of the glossary's terms, as SVG: of real networks, layers and formulas.

They hold numbers and no words, so they are the same in every language.
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from statistics import NormalDist

from effnet.base import check_known, colours
from effnet.counting import layer_counts
from effnet.network import Block, Layer, Spec, get_variant, walk
from effnet.scaling import ALPHA, BETA, GAMMA, compound_scale, scale

WIDE, HIGH = 300, 120
MIDDLE = 56  # px: what is drawn lies around this line, numbers below it
INK = "light-dark(#1A1C22, #FAFAFA)"
FAINT = "light-dark(#C3C7D1, #4B4F5A)"
MEANS = (0.9, 0.3, 0.7, 0.2, 0.5)  # of five channels, and the gates that a network makes of them
GATES = (1.0, 0.2, 0.8, 0.1, 0.4)
LOGITS = (2.0, 4.0, 3.0, 0.5)


def _colour(of: Callable[[str], str], name: str) -> str:
    """A colour for light and for dark, as style sheets write it."""
    with colours.on_page(dark=False):
        light = of(name)
    with colours.on_page(dark=True):
        return f"light-dark({light}, {of(name)})"


kind, way = partial(_colour, colours.kind), partial(_colour, colours.way)
ONE, TWO, THREE = kind("stem"), kind("depthwise"), kind("squeeze-and-excitation")


# --- strokes --------------------------------------------------------------------------------------


def _box(x: float, y: float, wide: float, high: float, fill: str, opacity: float = 1) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect {place} rx="1" style="fill:{fill};fill-opacity:{opacity:.2f}"/>'


def _bar(x: float, value: float, fill: str) -> str:
    """A bar that stands on the floor; `value` is its height, of 1."""
    return _box(x, 92 - 76 * value, 14, 76 * value, fill)


def _line(points: Iterable[tuple[float, float]], colour: str = INK, dash: str = "none") -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    look = f"fill:none;stroke:{colour};stroke-width:1.5;stroke-dasharray:{dash}"
    return f'<polyline points="{places}" style="{look}"/>'


def _arrow(x: float, y: float = MIDDLE, length: float = 20) -> str:
    end, tip = x + length, math.copysign(4, length)
    return _line([(x, y), (end, y)]) + _line([(end - tip, y - 4), (end, y), (end - tip, y + 4)])


def _said(x: float, y: float, text: str, size: int = 12) -> str:
    look = f"fill:{INK};font:{size}px system-ui,sans-serif"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" style="{look}">{text}</text>'


def _grid(x: float, side: float, cells: int, fill: str, shade: Callable[[int, int], float]) -> str:
    """A square map whose places are as strong as `shade` says of row and column, from 0 to 1."""
    step, top = side / cells, MIDDLE - side / 2
    return "".join(
        _box(x + column * step, top + row * step, step - 1, step - 1, FAINT, 0.5)
        + _box(x + column * step, top + row * step, step - 1, step - 1, fill, shade(row, column))
        for row in range(cells)
        for column in range(cells)
    )


def _blob(row: float, column: float, spread: float) -> Callable[[int, int], float]:
    """Places that are strong around one."""
    return lambda r, c: math.exp(-((r - row) ** 2 + (c - column) ** 2) / spread)


# --- networks, block by block ---------------------------------------------------------------------


def _network(
    spec: Spec, x: float, fill: Callable[[Block], str], size: float = 1
) -> tuple[str, float]:
    """Every block a slab, as wide as its channels and as high as its map; and where it ends."""
    drawn = ""
    for block in walk(spec):
        if 1 <= block.stage <= len(spec.stages):
            last = block.layers[-1]
            wide, high = size * last.out_channels / 32, size * last.out_size * 0.42
            drawn += _box(x, MIDDLE - high / 2, wide, high, fill(block))
            x += wide + 1
    return drawn, x


def _beside_b0(name: str, larger: Spec) -> str:
    """B0, and what it is scaled to, in the colour of the way to scale."""
    small, end = _network(get_variant("b0"), 4, lambda _: FAINT)
    large, _ = _network(larger, end + 32, lambda _: way(name))
    return small + _arrow(end + 6) + large


def _coefficients() -> str:
    growth = {"depth": ALPHA, "width": BETA**2, "resolution": GAMMA**2}
    drawn = "".join(
        _bar(40 + 66 * place, value / 2, way(name)) + _said(47 + 66 * place, 110, f"{value:.2f}")
        for place, (name, value) in enumerate(growth.items())
    )
    product = math.prod(growth.values())
    signs = "".join(_said(80 + 66 * place, 110, sign) for place, sign in enumerate("xx="))
    return (
        drawn + signs + _bar(238, product / 2, way("compound")) + _said(245, 110, f"{product:.2f}")
    )


def _stage() -> str:
    lit, others = (ONE, FAINT)
    return _network(get_variant("b0"), 74, lambda b: lit if b.stage == 5 else others, 2.2)[0]


# --- a block --------------------------------------------------------------------------------------


def _layers(network: str, stage: int) -> tuple[Layer, ...]:
    """The layers of a block that has a skip."""
    return next(b.layers for b in walk(get_variant(network)) if b.stage == stage and b.residual)


def _block(network: str, stage: int, lit: str = "") -> str:
    """A block's maps in a row, as wide as their channels, with gates and skip; one part lit."""
    row = [layer for layer in _layers(network, stage) if layer.kind != "squeeze-and-excitation"]
    maps = [("", row[0].in_channels), *((layer.kind, layer.out_channels) for layer in row)]
    gap, total = 26, sum(channels for _, channels in maps)
    unit, x = (WIDE - 40 - gap * len(row)) / total, 20.0
    drawn, centres = "", []
    for place, (name, channels) in enumerate(maps):
        wide = channels * unit
        drawn += _box(x, MIDDLE - 24, wide, 52, kind(name) if name and lit in ("", name) else FAINT)
        drawn += _said(x + wide / 2, 102, str(channels))
        drawn += _arrow(x + wide + 4, length=gap - 8) if place < len(row) else ""
        if name == "depthwise" and lit in ("", "gates"):
            drawn += "".join(
                _box(x + wide * (i + 0.5) / 6, MIDDLE - 24, wide / 14, 52 * (1 - gate), THREE)
                for i, gate in enumerate(GATES)
            )
        centres.append(x + wide / 2)
        x += wide + gap
    high, skip = MIDDLE - 44, INK if lit in ("", "skip") else FAINT
    around = [(centres[0], MIDDLE - 26), (centres[0], high), (centres[-1], high)]
    return drawn + _line([*around, (centres[-1], MIDDLE - 26)], skip)


def _channels(x: float, *, mixed: bool, fill: str) -> str:
    """Four channels and the four that a layer makes of them: each alone, or all of all."""
    places = [MIDDLE - 33 + 22 * channel for channel in range(4)]
    return "".join(
        _line([(x + 20, start), (x + 66, end)], fill)
        for start in places
        for end in places
        if mixed or start == end
    ) + "".join(_box(x + at, y - 8, 16, 16, fill) for y in places for at in (4, 66))


def _squeeze() -> str:
    drawn = ""
    for place, (mean, gate) in enumerate(zip(MEANS, GATES, strict=True)):
        drawn += _bar(10 + 16 * place, mean, FAINT) + _bar(112 + 16 * place, gate, THREE)
        drawn += _bar(212 + 16 * place, mean * gate, TWO)
    return drawn + _said(101, 60, "x", 14) + _said(202, 60, "=", 14)


def _receipt(quantity: str) -> str:
    """The number of a real layer: the depthwise one of B0's second stage."""
    layer = next(one for one in _layers("b0", 2) if one.kind == "depthwise")
    _, macs, written = layer_counts(layer)
    taps = f"{layer.kernel} x {layer.kernel} x {layer.out_channels}"
    places = f"{layer.out_size} x {layer.out_size}"
    kernel = _grid(20, 42, layer.kernel, TWO, lambda row, column: 0.3 + 0.2 * ((row + column) % 3))
    if quantity == "params":
        number = layer.kernel**2 * layer.out_channels
        return kernel + _said(180, 61, f"{taps} = {number:,}", 14)
    if quantity == "macs":
        moved = _grid(84, 70, 7, TWO, lambda row, column: 0.9 * (row < 3 and column < 3))
        return (
            kernel
            + _said(73, 61, "x", 14)
            + moved
            + _said(228, 52, taps)
            + _said(228, 68, f"x {places} =")
            + _said(228, 86, f"{macs:,}", 14)
        )
    slabs = "".join(_box(24 + 5 * i, 20 + 4 * i, 46, 46, ONE, 0.35) for i in range(6))
    return (
        slabs
        + _said(200, 52, f"{layer.out_channels} x {places} =")
        + _said(200, 72, f"{written:,}", 14)
    )


# --- places ---------------------------------------------------------------------------------------


def _stride() -> str:
    kept = _grid(30, 88, 8, TWO, lambda row, column: float(row % 2 == 0 and column % 2 == 0))
    return kept + _arrow(132, length=30) + _grid(182, 44, 4, TWO, lambda _row, _column: 1)


def _sees() -> str:
    """Three 3x3 filters, one upon the other: 7, 5, 3 places and 1."""
    drawn = ""
    for level, reach in enumerate((7, 5, 3, 1)):
        y, first = 88 - 27 * level, (11 - reach) // 2
        drawn += "".join(
            _box(40 + 20 * i, y, 18, 18, ONE if first <= i < first + reach else FAINT)
            for i in range(11)
        )
        drawn += _said(280, y + 13, str(reach))
    return drawn


# --- curves and bars ------------------------------------------------------------------------------


def _curve(x: float, wide: float, height: Callable[[float], float], fill: str) -> str:
    """A function of 0 to 1 with values of 0 to 1."""
    steps = [step / 60 for step in range(61)]
    return _line([(x + wide * step, 96 - 80 * height(step)) for step in steps], fill)


def _bends() -> str:
    """Swish and ReLU6 from -8 to 8, on one scale."""

    def swish(value: float) -> float:
        return value / (1 + math.exp(-value))

    axis = _line([(20, 92), (280, 92)], FAINT) + _line([(150, 8), (150, 108)], FAINT)
    lines = [(swish, ONE), (lambda value: min(max(value, 0), 6), TWO)]
    return axis + "".join(
        _line([(150 + 16 * step / 4, 92 - 10.5 * of(step / 4)) for step in range(-32, 33)], fill)
        for of, fill in lines
    )


def _dropped() -> str:
    """Every second block of B0 with its chance to stay in training; one of them is left out."""
    drawn, blocks = _line([(8, MIDDLE), (292, MIDDLE)]), list(walk(get_variant("b0")))
    for place, block in enumerate(blocks[1:-2:2]):
        x = 18 + 34 * place
        if place == 5:
            drawn += _line([(x, 36), (x + 22, 36), (x + 22, 76), (x, 76), (x, 36)], FAINT, "3 3")
        else:
            drawn += _box(x, 36, 22, 40, ONE)
        drawn += _said(x + 11, 100, f"{1 - block.drop_rate:.2f}", 11)
    return drawn


def _growing() -> str:
    """The four stages of EfficientNetV2-S: 128 to 300 px (arXiv:2104.00298, Table 6)."""
    drawn, x = "", 12.0
    for place in range(4):
        side = round(128 + (300 - 128) * place / 3)
        drawn += _grid(x, side / 3.7, 4 + 2 * place, ONE, _blob(1.5 + place, 1.5 + place, 6))
        drawn += _said(x + side / 7.4, 114, str(side))
        x += side / 3.7 + 16
    return drawn


def _ranked() -> str:
    shares = (0.46, 0.3, 0.1, 0.06, 0.03)
    return "".join(
        _box(60, 12 + 19 * place, 330 * share, 13, THREE if place == 1 else FAINT)
        + _said(40, 23 + 19 * place, f"{place + 1}.")
        for place, share in enumerate(shares)
    )


def _softmax() -> str:
    powers = [math.exp(logit) for logit in LOGITS]
    drawn = _arrow(138)
    for place, (logit, power) in enumerate(zip(LOGITS, powers, strict=True)):
        chance, x = power / sum(powers), 10 + 32 * place
        drawn += _bar(x, logit / 5, FAINT) + _said(x + 7, 110, f"{logit:g}", 11)
        drawn += _bar(x + 164, chance, ONE) + _said(x + 171, 110, f"{100 * chance:.0f} %", 11)
    return drawn


def _weighted(*, backwards: bool) -> str:
    """Three channels' maps, weighted and added up to one; with the way that the weights come."""
    spots = (_blob(1, 1, 1.5), _blob(1, 3, 1.5), _blob(3, 2, 1.5))
    weights = (0.9, 0.1, 0.5)
    drawn = ""
    for place, (spot, weight) in enumerate(zip(spots, weights, strict=True)):
        drawn += _grid(8 + 64 * place, 46, 5, ONE, spot)
        drawn += _said(31 + 64 * place, 102, f"x {weight:g}", 11)
        drawn += _said(62 + 64 * place, 60, "+" if place < 2 else "=", 13)
    total = _grid(
        208, 60, 5, TWO, lambda r, c: sum(w * s(r, c) for w, s in zip(weights, spots, strict=True))
    )
    back = _line([(238, 20), (238, 12), (31, 12)], TWO) + _arrow(39, 12, -10)
    return drawn + total + (back if backwards else "")


def _steps() -> str:
    """A value as it runs on, and rounded to eight steps."""

    def smooth(share: float) -> float:
        return 0.5 - 0.45 * math.cos(4.6 * share)

    return _curve(20, 260, smooth, FAINT) + _curve(
        20, 260, lambda share: round(smooth(share) * 8) / 8, TWO
    )


def _together() -> str:
    drawn = "".join(_box(20 + 9 * i, 22 + 7 * i, 44, 44, ONE, 0.55) for i in range(4))
    rows = "".join(_box(208, 24 + 17 * i, 20 + 14 * (i % 3), 11, ONE) for i in range(4))
    return drawn + _arrow(104) + _box(132, 26, 40, 60, INK, 0.8) + _arrow(180) + rows


def _percentiles() -> str:
    """Times as they fall: many short, a few long (log-normal)."""
    middle, spread = 100.0, 0.35
    density = [
        math.exp(-((math.log(x / middle) / spread) ** 2) / 2) * middle / x
        for x in range(40, 290, 10)
    ]
    drawn = "".join(
        _box(x, 90 - 70 * high / max(density), 8, 70 * high / max(density), FAINT)
        for x, high in zip(range(40, 290, 10), density, strict=True)
    )
    for share, label in ((0.1, "10 %"), (0.5, "50 %"), (0.9, "90 %")):
        x = middle * math.exp(spread * NormalDist().inv_cdf(share))
        drawn += _line([(x, 12), (x, 94)], TWO, "none" if share == 0.5 else "3 3")
        drawn += _said(x, 110, label, 11)
    return drawn


PICTURES: dict[str, Callable[[], str]] = {
    "compound": lambda: _beside_b0("compound", compound_scale(3)),
    "coefficients": _coefficients,
    "depth": lambda: _beside_b0("depth", scale("b0", depth=2)),
    "width": lambda: _beside_b0("width", scale("b0", width=2)),
    "resolution": lambda: _beside_b0("resolution", scale("b0", resolution=448)),
    "stage": _stage,
    "mbconv": lambda: _block("b0", 3),
    "expansion": lambda: _block("b0", 3, "expand"),
    "skip": lambda: _block("b0", 3, "skip"),
    "fused": lambda: _block("v2_s", 2),
    "depthwise": lambda: _channels(102, mixed=False, fill=TWO),
    "pointwise": lambda: _channels(102, mixed=True, fill=kind("project")),
    "gates": _squeeze,
    "stride": _stride,
    "receptive": _sees,
    "params": lambda: _receipt("params"),
    "macs": lambda: _receipt("macs"),
    "activations": lambda: _receipt("activations"),
    "swish": _bends,
    "stochastic": _dropped,
    "progressive": _growing,
    "top1": _ranked,
    "logit": _softmax,
    "cam": lambda: _weighted(backwards=False),
    "gradcam": lambda: _weighted(backwards=True),
    "int8": _steps,
    "batch": _together,
    "percentiles": _percentiles,
}


def term_picture(key: str) -> str:
    """The picture of a term of the glossary, as an `svg` element for a light or a dark page.

    Where nobody says which it is (`colours.on_page`), its colours follow the page it stands in.

    Raises:
        EffnetError: There is no such term.
    """
    check_known("term", key, PICTURES)
    return _drawn(key, colours.dark())


@lru_cache(maxsize=3 * len(PICTURES))
def _drawn(key: str, dark: bool | None) -> str:
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" '
        f'height="{HIGH}" aria-hidden="true" style="max-width:100%">{PICTURES[key]()}</svg>'
    )
    if dark is None:
        return drawn
    return re.sub(r"light-dark\((.*?), (.*?)\)", r"\2" if dark else r"\1", drawn)
