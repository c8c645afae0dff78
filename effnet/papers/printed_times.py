"""The times that the papers printed, with their hardware; never mixed with one's own.

A time does not travel to another machine, but the ratio between two networks on one machine often
does, so ratios stand beside them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from effnet.base import content
from effnet.counting import count
from effnet.network import get_variant
from effnet.papers.beside import variant
from effnet.papers.printed_rows import rows

# what pages show of the table, besides names and numbers
SAID = frozenset(content("papers_words")["times"])


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed time or throughput.

    Attributes:
        model: As printed.
        variant: The network here; "" where it is not one of ours.
        bench: What hardware, precision and batch it belongs to, in words; equal for what may be
            compared.
        latency_ms: Per batch as the table gives it; None where a throughput is printed instead.
        images_per_s: Throughput; None where a latency is printed.
        macs: Multiply-adds: computed where the network is one of ours, else as printed ("FLOPs").
        params, activations: Computed where the network is one of ours, else None.
        source: Where it stands.
        note: What to know of it.
    """

    model: str
    variant: str
    bench: str
    latency_ms: float | None
    images_per_s: float | None
    macs: int | None
    params: int | None
    activations: int | None
    source: str
    note: str

    @property
    def ms_per_image(self) -> float:
        """The latency, or what the throughput comes to for one image."""
        if self.latency_ms is not None:
            return self.latency_ms
        assert self.images_per_s is not None
        return 1000 / self.images_per_s


@lru_cache(maxsize=1)
def printed() -> tuple[Printed, ...]:
    """Every row with a time or a throughput, in the tables' order."""
    found = []
    for row in rows("inference_latency"):
        latency, throughput = row.maybe("latency_ms"), row.maybe("throughput_images_per_s")
        if latency is None and throughput is None:
            continue
        name = _variant(row["model"])
        cost = count(get_variant(name)) if name else None
        printed_macs = row.maybe("flops_B")
        found.append(
            Printed(
                row["model"],
                name,
                _bench(row),
                latency,
                throughput,
                cost.macs if cost else None if printed_macs is None else round(printed_macs),
                cost.params if cost else None,
                cost.activations if cost else None,
                row["source"],
                row["notes"],
            )
        )
    return tuple(found)


def _bench(row: dict[str, str]) -> str:
    parts = [
        row["hardware"].removeprefix("NVIDIA "),
        row["precision"],
        f"batch {row['batch_size']}" if row["batch_size"] else "",
    ]
    place = f"{row['paper']} {row['table']}".strip()
    return f"{', '.join(part for part in parts if part)} ({place})"


def _variant(model: str) -> str:
    """Our name of a printed network; "" where there is none."""
    plain = re.sub(r" \((V1|21k)\)$", "", model)
    return "" if set("(,") & set(plain) else variant(plain) or ""  # another size, other stages


@lru_cache(maxsize=1)
def benches() -> tuple[str, ...]:
    """Hardware with at least two of our networks timed on it, those with a latency first."""
    latencies: dict[str, set[str]] = {}
    throughputs: dict[str, set[str]] = {}
    for row in printed():
        group = latencies if row.latency_ms is not None else throughputs
        if row.variant:
            group.setdefault(row.bench, set()).add(row.variant)
    return tuple(
        name for found in (latencies, throughputs) for name, nets in found.items() if len(nets) > 1
    )


@lru_cache(maxsize=32)
def on(bench: str) -> tuple[Printed, ...]:
    """Our networks on one bench, fewest multiply-adds first; each once."""
    found: dict[str, Printed] = {}
    for row in printed():
        if row.bench == bench and row.variant:
            found.setdefault(row.variant, row)
    return tuple(sorted(found.values(), key=lambda row: row.macs or 0))


@dataclass(frozen=True, slots=True)
class Surprise:
    """Two networks of one bench of which the one with more multiply-adds takes less time."""

    more: Printed
    less: Printed

    @property
    def macs_ratio(self) -> float:
        """How many times the multiply-adds."""
        return (self.more.macs or 0) / (self.less.macs or 1)

    @property
    def time_ratio(self) -> float:
        """How many times the time; under 1."""
        return self.more.ms_per_image / self.less.ms_per_image


def surprise(bench: str) -> Surprise | None:
    """The pair whose order by time contradicts that by multiply-adds most; None where none does."""
    rows = on(bench)
    pairs = [
        Surprise(more, less)
        for place, less in enumerate(rows)
        for more in rows[place + 1 :]
        if more.ms_per_image < less.ms_per_image
    ]
    return max(pairs, key=lambda pair: pair.macs_ratio / pair.time_ratio, default=None)
