"""What the paper measured when it scaled one dimension, or all three: printed, never recomputed.

arXiv:1905.11946 Figures 3, 4 and 8 (read off the figures' own vector paths), Tables 3 and 7. Beside
each printed cost stands what the released networks count, where the coefficients are known: the
figures stand on two different baselines, and the tables on a third. No torch.
"""

from dataclasses import dataclass
from functools import lru_cache

from effnet.base import mark, say, table
from effnet.counting import cost_curve
from effnet.network import get_variant
from effnet.scaling import WAYS, Way, scale

# what Figure 4 varies the width of, as the way in which that baseline itself was scaled
_FIGURE_4: dict[tuple[str, str], tuple[Way, str]] = {
    ("1.0", "1.0"): ("width", mark("Width at d = 1, r = 1")),
    ("2.0", "1.0"): ("depth", mark("Width at d = 2, r = 1")),
    ("1.0", "1.3"): ("resolution", mark("Width at d = 1, r = 1.3")),
    ("2.0", "1.3"): ("compound", mark("Width at d = 2, r = 1.3")),
}
BASELINE = mark("Baseline")  # the series of the network that was scaled
_TABLE_3 = {"mobilenet_v1": "MobileNetV1", "mobilenet_v2": "MobileNetV2", "resnet50": "ResNet-50"}

_NOTES = {
    "Figure 8": mark(
        "Figure 8 puts the baseline at 0.39 G; every other dot stands where Figure 3 has it, on a "
        "baseline of 0.50 G. The compound dots are B0 to B4 of the paper's first version."
    ),
    "Figure 3": mark(
        "Figure 3 puts the baseline at 0.50 G: its depth dots follow 0.50 + 0.45 (d - 1), where "
        "the released B0 counts 0.386 + 0.396 (d - 1). Figure 8 moves the baseline to 0.39 G."
    ),
    "Figure 4": mark(
        "Figure 4 widens four baselines; the first stands at 0.50 G as in Figure 3. Legend and "
        "caption say r = 1.3 (299 px), the text r = 2.0; most width labels are not printed."
    ),
    "Table 7": mark(
        "Table 7 prints 1.8, 1.8 and 1.9 G for depth, width and resolution, where the released B0 "
        "counts 1.58, 1.45 and 1.54; its compound row agrees. Its baseline's accuracy is 77.3 "
        "here and 77.1 in Table 2."
    ),
    "Table 3": mark(
        "Table 3 prints the coefficients of the compound row for MobileNetV1 only, and has no "
        "depth row for it. It prints no top-5."
    ),
}


_SWAPPED = mark(
    " ResNet-50's depth and width rows print 16.2 and 14.7 G; the released network counts 14.6 "
    "and 16.1, as if the two were swapped."
)


def note(base: str, name: str) -> str:
    """What to know of a figure's or table's multiply-adds before comparing with them."""
    return say(_NOTES[name]) + (say(_SWAPPED) if base == "resnet50" else "")


@dataclass(frozen=True, slots=True)
class Measured:
    """One network that the paper trained, as it printed it.

    Attributes:
        series: The line it belongs to.
        way: What was scaled; in Figure 4, how the baseline that is widened was scaled.
        label: Its coefficients as printed; "" where none are.
        macs: Multiply-adds as printed or read off the figure.
        top1: Printed or read ImageNet top-1 in percent.
        counted: What these coefficients count on the released network; None where not known.
        source: Where it stands.
    """

    series: str
    way: Way
    label: str
    macs: float
    top1: float
    counted: int | None
    source: str


def experiments(base: str) -> tuple[str, ...]:
    """Figures and tables in which the paper scaled this network; none for some."""
    if base == "b0":
        return (mark("Figure 8"), mark("Figure 3"), mark("Figure 4"), mark("Table 7"))
    return (mark("Table 3"),) if base in _TABLE_3 else ()


@lru_cache(maxsize=32)
def experiment(base: str, name: str) -> tuple[Measured, ...]:
    """What one of those figures or tables shows, series by series, costs ascending."""
    read = {
        "Figure 8": _figure_8,
        "Figure 3": _figure_3,
        "Figure 4": _figure_4,
        "Table 7": _table_7,
    }
    rows = _table_3(base) if name == "Table 3" else read[name]()
    order = list(dict.fromkeys(row.series for row in rows))
    return tuple(sorted(rows, key=lambda row: (order.index(row.series), row.macs)))


def _counted(base: str, depth: float, width: float, side: int | None = None) -> int:
    network = scale(base, depth=depth, width=width, resolution=side)
    return cost_curve(network).at(network.resolution).macs


def _one(base: str, way: Way, factor: float) -> int:
    """What scaling one dimension by a factor counts."""
    side = get_variant(base).resolution
    return {
        "depth": lambda: _counted(base, factor, 1.0),
        "width": lambda: _counted(base, 1.0, factor),
        "resolution": lambda: _counted(base, 1.0, 1.0, round(side * factor)),
    }[way]()


def _letter(way: Way) -> str:
    return {"depth": "d", "width": "w", "resolution": "r"}[way]


def _way(text: str) -> Way:
    return next(way for way in WAYS if way == text)


def _figure_3() -> list[Measured]:
    rows = []
    for row in table("single_dimension_scaling"):
        if not row["figure_mult_adds_B"]:
            continue  # printed in Table 7 only
        way, factor = _way(row["dimension"]), float(row["coefficient"])
        rows.append(
            Measured(
                WAYS[way],
                way,
                f"{_letter(way)} = {factor:g}",
                1e9 * float(row["figure_mult_adds_B"]),
                float(row["figure_top1_percent"]),
                _one("b0", way, factor),
                mark("arXiv:1905.11946v5 Figure 3"),
            )
        )
    return rows


def _figure_8() -> list[Measured]:
    rows = []
    for row in table("figure8_scaling_methods"):
        way = _way(row["method"])
        if way == "compound":
            name = f"b{int(row['point_index']) - 1}"  # the dots coincide with B0 to B4
            label, spec = name.upper(), get_variant(name)
            counted = cost_curve(spec).at(spec.resolution).macs
        else:
            factor = float(row["coefficient"])
            label, counted = f"{_letter(way)} = {factor:g}", _one("b0", way, factor)
        rows.append(
            Measured(
                WAYS[way],
                way,
                label,
                1e9 * float(row["figure_mult_adds_B"]),
                float(row["figure_top1_percent"]),
                counted,
                mark("arXiv:1905.11946v5 Figure 8"),
            )
        )
    return rows


def _figure_4() -> list[Measured]:
    rows = []
    for row in table("width_by_depth_resolution"):
        depth, side = row["depth_coefficient_d"], row["resolution_coefficient_r"]
        width = row["width_coefficient_w"]
        way, series = _FIGURE_4[depth, side]
        counted = (
            _counted("b0", float(depth), float(width), round(224 * float(side))) if width else None
        )
        rows.append(
            Measured(
                series,
                way,
                f"w = {float(width):g}" if width else "",
                1e9 * float(row["figure_mult_adds_B"]),
                float(row["figure_top1_percent"]),
                counted,
                mark("arXiv:1905.11946v5 Figure 4"),
            )
        )
    return rows


def _table_7() -> list[Measured]:
    rows = []
    for row in table("cam_models"):
        depth, width, side = (
            float(row[f"{name}_coefficient_{letter}"] or 1)
            for name, letter in (("depth", "d"), ("width", "w"), ("resolution", "r"))
        )
        scaled = [n for n in ("depth", "width", "resolution") if f"by {n}" in row["model"]]
        way = _way(scaled[0]) if scaled else "compound"
        start = row["model"].startswith("baseline")
        rows.append(
            Measured(
                BASELINE if start else WAYS[way],
                way,
                "B0" if start else _coefficients(depth, width, side),
                1e9 * float(row["mult_adds_B"]),
                float(row["top1_percent_arxiv_v5"]),
                _counted("b0", depth, width, round(224 * side)),
                mark("arXiv:1905.11946v5 Table 7"),
            )
        )
    return rows


def _table_3(base: str) -> list[Measured]:
    rows = []
    for row in table("scaling_baselines"):
        if row["model"] != _TABLE_3[base]:
            continue
        texts = [row[name] for name in row if name.endswith(("_d", "_w", "_r"))]
        start = row["scaling"] == "baseline"
        known = start or any(texts)
        depth, width, side = (float(text or 1) for text in texts)
        way: Way = "compound" if start else _way(row["scaling"])
        rows.append(
            Measured(
                BASELINE if start else WAYS[way],
                way,
                row["model"] if start else _coefficients(depth, width, side) if known else "",
                1e9 * float(row["mult_adds_B"]),
                float(row["top1_percent"]),
                _counted(base, depth, width, round(224 * side)) if known else None,
                mark("arXiv:1905.11946v5 Table 3"),
            )
        )
    return rows


def _coefficients(depth: float, width: float, side: float) -> str:
    named = (("d", depth), ("w", width), ("r", side))
    return ", ".join(f"{letter} = {value:g}" for letter, value in named if value != 1)
