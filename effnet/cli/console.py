"""What the command line prints: rows as aligned tables, and lines that grow."""

import sys
from typing import Any

from effnet.base import giga, millions, percent, printable

Rows = list[dict[str, Any]]

COLUMNS = {
    "params": ("parameters", millions),
    "macs": ("MACs", giga),
    "flops": ("FLOPs = 2 MACs", giga),
    "activations": ("activations", millions),
    "probability": ("probability", percent),
    "macs_share": ("MACs share", percent),
    "median_ms": ("median ms", "{:.2f}".format),
    "time_share": ("time share", percent),
    "p10_ms": ("p10", "{:.2f}".format),
    "p90_ms": ("p90", "{:.2f}".format),
    "images_per_s": ("images/s", "{:.1f}".format),
}
HIDDEN = {
    "spec",
    "samples_ms",
    "environment",
    "changed",
    "source",
    "mean",
    "std",
    "params_share",
    "activations_share",
    "exact_channels",
    "exact_repeats",
    "drop_rate",
    "link",
    "doubts",
    "peak_memory_bytes",
}


def show(result: dict[str, Any] | Rows) -> None:
    """Print rows as an aligned table; a dictionary's single values first, then its rows."""
    if isinstance(result, dict):
        rows = next((value for value in result.values() if isinstance(value, list)), [])
        for key, value in result.items():
            if key not in HIDDEN and not isinstance(value, list):
                title, written = _cell(key, value)
                print(printable(f"{title}: {written}"))
        if rows:
            print()
    else:
        rows = result
    if not rows:
        return
    keys = [key for key in rows[0] if key not in HIDDEN]
    table = [[_cell(key, None)[0] for key in keys]]
    table += [[_cell(key, row[key])[1] for key in keys] for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(keys))]
    numeric = [isinstance(rows[0][key], (int, float)) for key in keys]
    for line in table:
        cells = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        )
        print(printable("  ".join(cells).rstrip()))


def _cell(key: str, value: Any) -> tuple[str, str]:
    title, write = COLUMNS.get(key, (key.replace("_", " "), None))
    if value is None:
        return title, "-"
    if isinstance(value, bool):
        return title, "yes" if value else "no"
    return title, write(value) if write else f"{value:g}" if isinstance(value, float) else str(
        value
    )


def percent_line(title: str) -> Any:
    """Writes how much has come to the error stream, one line that grows."""
    last = [-1]

    def show(done: int, total: int) -> None:
        share = 100 * done // total if total else 0
        if share != last[0]:
            last[0] = share
            end = "\n" if done == total else ""
            print(f"\r{title}: {done / 2**20:.1f} MiB, {share} %", end=end, file=sys.stderr)

    return show


def count_line(what: str) -> Any:
    """Writes how many are done to the error stream, one line that grows."""

    def show(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\r{done:,} of {total:,} {what}", end=end, file=sys.stderr, flush=True)

    return show
