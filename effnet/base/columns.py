"""Columns of tables, each declared once: page, notebook, report and command line all read it.

A table is a list of records or dictionaries and a list of its columns. A column that several tables
show is in `COLUMNS`, by the name of the field, and a table names it by that; one of a single table
is a `Column` there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from effnet.base.language import mark, say
from effnet.base.units import giga, mebibytes, millions, percent

THOUSANDS = ","
PERCENT = "%.1f %%"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: What it is called, in English as `say` takes it; with its unit where values are bare.
        of: The name of the value in a row, or a function that takes it from the row.
        form: How a number is written: printf's (`"%.2f ms"`), or "," for groups of thousands. Or a
            function that writes the value: the cell is then text, at the right as numbers are.
        scale: What one of the unit shown is in the value's own: 2**20 for bytes shown in MiB, 0.01
            for a share shown in percent.
        brief: How text media write the value; as `form` where not given.
        note: What is to be known of it, in English as `say` takes it. Its origin belongs here where
            a table mixes computed, measured and published.
        look: Beyond that, of whoever draws it: Streamlit's `pinned` or `width`.
    """

    title: str
    of: str | Callable[[Any], Any]
    form: str | Callable[[Any], str] = ""
    scale: float = 1
    brief: Callable[[Any], str] | None = None
    note: str = ""
    look: Mapping[str, Any] = field(default_factory=dict)

    def value(self, row: Any) -> Any:
        """What the row holds, None where that is nothing; a field's words in the reader's language.

        What a function gives stands as it is: it may be a name from outside.
        """
        if callable(self.of):
            return self.of(row)
        value = row.get(self.of) if isinstance(row, Mapping) else getattr(row, self.of)
        return say(value) if isinstance(value, str) else value

    def cell(self, row: Any) -> Any:
        """What a table that sorts shows of it: a number in the column's unit, or a text."""
        value = self.value(row)
        if value is None or isinstance(value, str):
            return value
        if callable(self.form):
            return self.form(value)
        return value / self.scale if self.scale != 1 else value

    def text(self, value: Any) -> str:
        """What text media write of a row's value."""
        write = self.brief or self.form
        if value is None:
            return "-"
        if isinstance(value, bool):
            return say("yes") if value else say("no")
        if isinstance(value, str):
            return value
        if callable(write):
            return write(value)
        if write == THOUSANDS:
            return f"{value:,}"
        value = value / self.scale if self.scale != 1 else value
        if write:
            return str(write % value)
        return f"{value:g}" if isinstance(value, float) else str(value)


def share(title: str, of: str | Callable[[Any], Any], note: str = "") -> Column:
    """A column of shares of 1, shown in percent."""
    return Column(title, of, PERCENT, 0.01, percent, note)


_DECLARED = (
    Column(mark("parameters"), "params", THOUSANDS, brief=millions),
    Column("MACs", "macs", THOUSANDS, brief=giga),
    Column(mark("activations"), "activations", THOUSANDS, brief=millions),
    Column("FLOPs = 2 MACs", "flops", THOUSANDS, brief=giga),
    Column(mark("multiply-adds (times the base)"), "relative_macs"),
    Column(mark("weights (MiB)"), "weights_bytes", "%.1f", 2**20, mebibytes),
    Column(mark("peak (MiB)"), "peak_bytes", "%.1f", 2**20, mebibytes),
    share(mark("MACs share"), "macs_share"),
    share(mark("activations share"), "activations_share"),
    share(mark("time share"), "time_share"),
    Column("x parameters", "params_ratio", "%.2f"),
    Column("x MACs", "macs_ratio", "%.2f"),
    Column("x activations", "activations_ratio", "%.2f"),
    Column(mark("median (ms)"), "median_ms", "%.2f"),
    Column("p10 (ms)", "p10_ms", "%.2f"),
    Column("p90 (ms)", "p90_ms", "%.2f"),
    Column(mark("images/s"), "images_per_s", "%.1f"),
    Column(
        mark("imbalance"),
        "spread",
        "%.2f",
        note=mark(
            "Depth, width and resolution each belong to some phi. This is the largest of the "
            "three minus the smallest"
        ),
    ),
    Column(mark("resolution (px)"), "resolution"),
    Column(mark("size (px)"), "size"),
    Column(mark("channels in"), "in_channels"),
    Column(mark("channels out"), "out_channels"),
    Column(mark("side in (px)"), "in_size"),
    Column(mark("side out (px)"), "out_size"),
    Column(mark("top-1 (%), printed"), "printed_top1"),
    share(mark("accuracy"), "top1"),
    Column(mark("top-5 (%)"), "top5"),
    Column(mark("size (MiB)"), "size_mib"),
    share(mark("best accuracy"), "best_top1"),
    share(mark("accuracy, detail"), "top1_detail"),
    share(mark("accuracy, context"), "top1_context"),
    share(mark("accuracy, patterns"), "top1_patterns"),
    share(mark("probability"), "probability"),
    Column(mark("round"), "rung"),
    Column(mark("budget (times the base)"), "budget"),
    Column(mark("learning rate"), "rate"),
    Column(mark("time (s)"), "seconds"),
    Column(mark("processor time (s)"), "cpu_seconds"),
    Column(mark("fingerprint of the weights"), "digest"),
    Column(mark("load of the machine"), "load"),
    Column("PyTorch", "torch"),
    Column("Python", "python"),
)
_SAME = (  # fields that are words already
    mark("key"), mark("way"), mark("arm"), mark("seed"), mark("depth"), mark("width"),
    mark("epochs"), mark("loss"), mark("steps"), mark("device"), mark("processor"),
    mark("cores"), mark("threads"), mark("date"), mark("training"), mark("epoch"), mark("step"),
    mark("stage"), mark("name"), mark("kind"), mark("kernel"), mark("stride"), mark("groups"),
    mark("family"), mark("computed"), mark("source"), mark("network"), mark("blocks"),
    mark("promise"),
)  # fmt: skip
COLUMNS = {str(one.of): one for one in _DECLARED} | {name: Column(name, name) for name in _SAME}


def column(which: str | Column) -> Column:
    """A column by its field's name; one that is declared nowhere is called by that name."""
    if isinstance(which, Column):
        return which
    return COLUMNS.get(which) or Column(which.replace("_", " "), which)


def lines(
    rows: Iterable[Any], *which: str | Column
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A table as text: its titles, and a line a row, as `Card` takes them."""
    shown = [column(one) for one in which]
    return (
        tuple(say(one.title) for one in shown),
        tuple(tuple(one.text(one.value(row)) for one in shown) for row in rows),
    )
