"""The one reader of the papers' tables: rows as printed, their numbers by unit, their networks.

Standard library only.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from effnet.base import table
from effnet.network import Spec
from effnet.papers.beside import network, released
from effnet.papers.records import Line, Value
from effnet.scaling import Design

UNITS = {"B": 1e9, "M": 1e6}  # a column's name ends in its unit


class Row(dict[str, str]):
    """A row of a published table by the columns of its file, as printed; "" where nothing is."""

    def number(self, column: str) -> float:
        """A number that is printed, `mult_adds_B` in multiply-adds and `params_M` in parameters."""
        return float(self[column]) * UNITS.get(column.rpartition("_")[2], 1.0)

    def maybe(self, column: str) -> float | None:
        """The same where it is printed, else None."""
        return self.number(column) if self[column] else None

    @property
    def factors(self) -> tuple[float, float, float]:
        """What depth, width and resolution are multiplied by; 1 where nothing is printed."""
        names = ("depth_coefficient_d", "width_coefficient_w", "resolution_coefficient_r")
        depth, width, resolution = (float(self[name] or 1) for name in names)
        return depth, width, resolution

    @property
    def network(self) -> Spec | None:
        """The network of that name, if it is one that can be counted here."""
        return network(self["model"])

    def line(
        self, values: Mapping[str, Value], *, name: str = "", design: Design | None = None
    ) -> Line:
        """The row as a line of an exhibit.

        Args:
            values: By column title.
            name: Instead of the model's.
            design: Instead of the released network of that name.
        """
        model = self.get("model", "")
        return Line(name or model, values, self["source"], self["notes"], design or released(model))


@lru_cache(maxsize=32)
def _table(name: str) -> tuple[Row, ...]:
    return tuple(map(Row, table(name)))


def rows(name: str, /, **where: str) -> list[Row]:
    """The rows of a published table whose columns have these values."""
    return [row for row in _table(name) if all(row[k] == v for k, v in where.items())]


def after_another(found: Sequence[Row]) -> list[tuple[Row, Row | None]]:
    """Rows that are printed in twos, each with the one before it of its two."""
    return [(row, found[i - 1] if i % 2 else None) for i, row in enumerate(found)]
