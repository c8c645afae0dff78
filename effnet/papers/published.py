"""What the papers printed, read from `data/`; every row keeps its source. No torch."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from effnet.base import as_frame, check_known, content, mark, needing, say, table
from effnet.network import get_variant
from effnet.papers.printed_rows import rows
from effnet.scaling import implied_phi

if TYPE_CHECKING:
    from pandas import DataFrame


def tables() -> dict[str, str]:
    """The names of the published tables, each with one line on what it holds."""
    return {name: say(line) for name, line in content("papers_tables").items()}


@needing
def frame(name: str) -> "DataFrame":
    """A published table as pandas' data frame; numbers are numbers, their units in the columns.

    `M` and `B` are millions and billions, `_x` a ratio. Where the rows come from stands in the
    column `source`, and once for each place in `.attrs["source"]`; `.attrs["title"]` says what the
    table holds.

    Raises:
        EffnetError: There is no table of that name.
    """
    titles = content("papers_tables")
    check_known("table", name, titles)
    from pandas import to_numeric

    cells = [{key: cell or None for key, cell in row.items()} for row in table(name)]
    found = as_frame(cells)
    for column in found.columns:
        numbers = to_numeric(found[column], errors="coerce")
        if numbers.notna().sum() == found[column].notna().sum() > 0:
            found[column] = numbers
    found.attrs["source"] = "; ".join(dict.fromkeys(found["source"].dropna()))
    found.attrs["title"] = titles[name]
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
