"""What the papers printed, read from `data/`; every row keeps its source. No torch."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from effnet.base import EffnetError, as_frame, brief, mark, needing, say, table
from effnet.network import get_variant
from effnet.scaling import implied_phi

if TYPE_CHECKING:
    from pandas import DataFrame

TABLES = {
    "b0_stages": mark("EfficientNet-B0, stage by stage"),
    "b_family": mark("B0 to B8 and L2: coefficients, costs and accuracy, printed and released"),
    "cam_models": mark("The networks whose activation maps the first paper compares"),
    "convnet_comparison": mark("EfficientNets beside other networks of equal accuracy"),
    "figure8_scaling_methods": mark("Accuracy by scaling method, measured from Figure 8"),
    "inference_latency": mark("Inference times of both papers"),
    "lite_family": mark("EfficientNet-Lite0 to Lite4: costs and accuracy, float and int8"),
    "nas_objectives": mark("What the papers' architecture searches optimise"),
    "scaling_baselines": mark("Scaling MobileNets and ResNet-50"),
    "single_dimension_scaling": mark("Depth, width or resolution alone, measured from Figure 3"),
    "transfer_datasets": mark("Transfer learning on other data sets"),
    "v2_ablations": mark("What each part of EfficientNetV2's training brings"),
    "v2_family": mark("EfficientNetV2: costs, accuracy and times, printed and as released"),
    "v2_progressive": mark("The settings of progressive learning"),
    "v2_stages": mark("EfficientNetV2, stage by stage"),
    "width_by_depth_resolution": mark("Width by depth and resolution, measured from Figure 4"),
}


def tables() -> dict[str, str]:
    """The names of the published tables, each with one line on what it holds."""
    return {name: say(line) for name, line in TABLES.items()}


@needing
def frame(name: str) -> "DataFrame":
    """A published table as pandas' data frame; numbers are numbers, their units in the columns.

    `M` and `B` are millions and billions, `_x` a ratio. Where the rows come from stands in the
    column `source`, and once for each place in `.attrs["source"]`; `.attrs["title"]` says what the
    table holds.

    Raises:
        EffnetError: There is no table of that name.
    """
    if name not in TABLES:
        raise EffnetError(
            "unknown table {name}; expected one of {known}",
            name=brief(name),
            known=", ".join(TABLES),
        )
    from pandas import to_numeric

    rows = [{key: cell or None for key, cell in row.items()} for row in table(name)]
    found = as_frame(rows)
    for column in found.columns:
        numbers = to_numeric(found[column], errors="coerce")
        if numbers.notna().sum() == found[column].notna().sum() > 0:
            found[column] = numbers
    found.attrs["source"] = "; ".join(dict.fromkeys(found["source"].dropna()))
    found.attrs["title"] = TABLES[name]
    return found


@dataclass(frozen=True, slots=True)
class ReleasedPoint:
    """A network of the first paper as printed, and the phi that each of its axes implies.

    Attributes:
        name: The variant.
        paper_macs: Multiply-adds as printed ("FLOPS").
        top1: Printed ImageNet top-1 in percent (arXiv v5).
        phis: Implied by depth, width and resolution; computed.
        source: Where the printed numbers stand.
    """

    name: str
    paper_macs: float
    top1: float
    phis: tuple[float, float, float]
    source: str


@lru_cache(maxsize=1)
def released_points() -> tuple[ReleasedPoint, ...]:
    """B0 to B7 as arXiv:1905.11946v5 Table 2 prints them."""
    points = []
    for row in table("b_family"):
        if not row["paper_mult_adds_B"]:
            continue
        name = row["model"].lower()
        implied = implied_phi(get_variant(name))
        points.append(
            ReleasedPoint(
                name,
                float(row["paper_mult_adds_B"]) * 1e9,
                float(row["paper_top1_percent_arxiv_v5"]),
                (implied.depth, implied.width, implied.resolution),
                mark("arXiv:1905.11946v5 Table 2"),
            )
        )
    return tuple(points)
