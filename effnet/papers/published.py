"""What the papers printed, read from `data/`; every row keeps its source. No torch."""

from dataclasses import dataclass
from functools import lru_cache

from effnet.base import mark
from effnet.network import get_variant
from effnet.papers.printed_rows import rows
from effnet.scaling import implied_phi


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
    for row in rows("b_family"):
        if not row["paper_mult_adds_B"]:
            continue
        name = row["model"].lower()
        implied = implied_phi(get_variant(name))
        points.append(
            ReleasedPoint(
                name,
                row.number("paper_mult_adds_B"),
                row.number("paper_top1_percent_arxiv_v5"),
                (implied.depth, implied.width, implied.resolution),
                mark("arXiv:1905.11946v5 Table 2"),
            )
        )
    return tuple(points)
