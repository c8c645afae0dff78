"""Records as tables to compute with: a dictionary a row, and pandas' data frames of them."""

from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from effnet.base.extras import needing

if TYPE_CHECKING:
    from pandas import DataFrame

T = TypeVar("T")


def rows_of(records: Iterable[Any]) -> list[dict[str, Any]]:
    """One dictionary a data class's record; `asdict` copies, and takes eight times as long."""
    return [{f.name: getattr(record, f.name) for f in fields(record)} for record in records]


@needing
def as_frame(rows: Iterable[dict[str, Any]]) -> "DataFrame":
    """Rows as pandas' data frame; what is None in numbers is NaN."""
    from pandas import DataFrame

    frame = DataFrame(list(rows))
    empty = [name for name in frame if frame[name].isna().all()]
    return frame.astype(dict.fromkeys(empty, float))


class Tabular:
    """What can be had as a data frame: it says its rows in `as_rows`."""

    __slots__ = ()

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a row, all with the same keys."""
        raise NotImplementedError

    def to_pandas(self) -> "DataFrame":
        """The rows as pandas' data frame."""
        return as_frame(self.as_rows())


class Table(tuple[T, ...], Tabular):
    """Records of one data class, one a row."""

    __slots__ = ()

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a record."""
        return rows_of(self)

    def _repr_html_(self) -> str:
        return self.to_pandas().to_html(index=False)
