"""Networks beside each other and beside what was published. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from effnet.base import (
    Card,
    Column,
    EffnetError,
    Rich,
    Table,
    Tabular,
    factor,
    lines,
    mark,
    say,
)
from effnet.counting import Cost, count
from effnet.network import Spec, display_name
from effnet.papers.printed_rows import rows
from effnet.scaling import AnyNetwork, Design, design_of, spec_of

Quantity = Literal["params", "macs", "activations"]


@dataclass(frozen=True, slots=True)
class Rival:
    """A network with a published ImageNet accuracy.

    Attributes:
        name, family: As shown; other people's networks have the family "other".
        params, macs, activations: Computed for the networks that this project knows, at their own
            resolution; as printed for others, None where not printed.
        top1: Printed top-1 in percent.
        computed: True where the costs are this project's counts.
        source: Where the accuracy (and the printed costs) stand.
    """

    name: str
    family: str
    params: float
    macs: float | None
    activations: float | None
    top1: float
    computed: bool
    source: str


# where the accuracies of the networks that this project knows are printed: table, column, source
_ACCURACIES = (
    ("b_family", "paper_top1_percent_arxiv_v5", mark("top-1: 1905.11946v5 Table 2")),
    ("v2_family", "paper_top1_percent_in1k", mark("top-1: 2104.00298v3 Table 7")),
    (
        "lite_family",
        "readme_top1_percent_fp32",
        mark("top-1: EfficientNet-Lite README, tensorflow/tpu"),
    ),
)


@lru_cache(maxsize=1)
def rivals() -> Table[Rival]:
    """The networks of both papers and of the Lite release, and those the first compares with."""
    found = [
        counted_rival(row.network, row.number(column), source)
        for table, column, source in _ACCURACIES
        for row in rows(table)
        if row[column] and row.network
    ]
    found += [
        Rival(
            row["model"],
            "other",
            row.number("params_M"),
            row.maybe("mult_adds_B"),
            None,
            row.number("top1_percent"),
            False,
            mark("1905.11946v5 Table 2"),
        )
        for row in rows("convnet_comparison")
        if not row["model"].startswith("EfficientNet")
    ]
    return Table(found)


def counted_rival(spec: Spec, top1: float, source: str, *, name: str = "") -> Rival:
    """A network that this project knows with a printed accuracy; under another name if given."""
    cost = count(spec)
    costs = cost.params, cost.macs, cost.activations
    return Rival(name or display_name(spec), spec.family, *costs, top1, True, source)


def on_the_front(found: Sequence[Rival], quantity: Quantity) -> Table[Rival]:
    """Those that no other beats: none is as accurate and cheaper, cheapest first."""
    costs = {id(rival): getattr(rival, quantity) for rival in found}
    known = sorted(
        (rival for rival in found if costs[id(rival)] is not None),
        key=lambda rival: (costs[id(rival)], -rival.top1),
    )
    front: list[Rival] = []
    for rival in known:
        if not front or rival.top1 > front[-1].top1:
            front.append(rival)
    return Table(front)


@dataclass(frozen=True, slots=True)
class Pinned:
    """A design with its counts."""

    design: Design
    cost: Cost
    blocks: int

    @property
    def title(self) -> str:
        """The design's short name."""
        return self.design.title


def pinned(design: AnyNetwork) -> Pinned:
    """Count a design, or a network that a link can say."""
    design = design_of(design)
    spec = design.spec()
    return Pinned(design, count(spec), spec.blocks)


@dataclass(frozen=True, slots=True)
class SideBySide(Rich, Tabular):
    """Networks with their exact counts, all computed; the first is what the others are held to.

    Attributes:
        names: As shown.
        specs: The networks.
        costs: Their counts at their own resolutions.
    """

    names: tuple[str, ...]
    specs: tuple[Spec, ...]
    costs: tuple[Cost, ...]

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a network, with exact integers and ratios to the first."""
        first = self.costs[0]
        return [
            {
                "name": name,
                "params": cost.params,
                "macs": cost.macs,
                "activations": cost.activations,
                "resolution": cost.resolution,
                "blocks": spec.blocks,
                "params_ratio": cost.params / first.params,
                "macs_ratio": cost.macs / first.macs,
                "activations_ratio": cost.activations / first.activations,
            }
            for name, spec, cost in zip(self.names, self.specs, self.costs, strict=True)
        ]

    def card(self) -> Card:
        """The table, for notebooks and plain text."""
        columns, rows = lines(
            self.as_rows(),
            Column(mark("network"), lambda row: row["name"]),
            *("params", Column("", "params_ratio", factor)),
            *("macs", Column("", "macs_ratio", factor)),
            *("activations", Column("", "activations_ratio", factor)),
            Column(mark("resolution"), "resolution", "%d px"),
            "blocks",
        )
        most = max(cost.macs for cost in self.costs)
        return Card(
            say("Beside {network}, computed; bars are multiply-adds", network=self.names[0]),
            columns=columns,
            rows=rows,
            shares=tuple(cost.macs / most for cost in self.costs),
        )


def compare(*networks: AnyNetwork) -> SideBySide:
    """Networks beside each other; the first is what the others are held to.

    Args:
        *networks: Names, links, specs or designs.

    Raises:
        EffnetError: None was given, or a name is unknown.
    """
    if not networks:
        raise EffnetError("nothing to compare; expected names such as 'b0', specs or designs")
    names, specs = [], []
    for one in networks:
        spec = spec_of(one)
        names.append(one.title if isinstance(one, Design) else display_name(spec))
        specs.append(spec)
    return SideBySide(tuple(names), tuple(specs), tuple(count(spec) for spec in specs))
