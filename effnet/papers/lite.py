"""EfficientNet-Lite, which has a README and no paper."""

from collections.abc import Iterator

from effnet.base import say
from effnet.papers.beside import counted, dots, furthest, network, params_m, released, series
from effnet.papers.printed_rows import rows
from effnet.papers.records import Beside, Chart, Line, Lines, Series, Value, exhibit
from effnet.papers.sources import PARAMS
from effnet.papers.wording import shown

MACS_M = "MACs (M)"
FP32, INT8 = "top-1, FP32 (%)", "top-1, INT8 (%)"
CPU_FP32, CPU_INT8 = "Pixel 4 CPU, 4 threads, FP32 (ms)", "Pixel 4 CPU, 4 threads, INT8 (ms)"


def lite() -> Iterator[Line]:
    """The README's first table."""
    for row in rows("lite_family"):
        spec = row.network
        assert spec is not None
        loss = row.number("readme_top1_percent_int8") - row.number("readme_top1_percent_fp32")
        values: dict[str, Value] = {
            "input (px)": row["resolution_px"],
            FP32: row["readme_top1_percent_fp32"],
            INT8: row["readme_top1_percent_int8"],
            "INT8 minus FP32 (points), computed": round(loss, 1),
            PARAMS: params_m(row["readme_params_M"], spec),
            MACS_M: Beside(row["readme_mult_adds_M"], counted(spec)[1] / 1e6),
            "evaluated by timm at (px)": row["timm_eval_px"],
        }
        yield row.line(values)


def lite_finding(lines: Lines) -> str:
    """How far the README's multiply-adds are from the count."""
    line, _, beside = furthest(lines, MACS_M)
    shares = [100 * (x.beside(MACS_M).off or 0) for x in lines]
    return say(
        "The README's multiply-adds lie {low:.0f} to {high:.0f} % above the count of convolutions "
        "and classifier; {row} is furthest off, {printed} M printed and {computed:.0f} M computed.",
        low=min(shares),
        high=max(shares),
        row=line.name,
        printed=beside.printed,
        computed=beside.computed,
    )


def lite_chart(lines: Lines) -> Chart:
    """What quantising costs."""
    numbered = list(enumerate(lines))
    worst = min(lines, key=lambda x: x.number("INT8 minus FP32 (points), computed"))
    loss = -worst.number("INT8 minus FP32 (points), computed")
    return dots(
        say(
            "Quantising to INT8 costs {loss:.1f} points at most ({row})", loss=loss, row=worst.name
        ),
        say("ImageNet top-1 (%)"),
        (
            series(numbered, "FP32", "lite", FP32),
            series(numbered, "INT8", "setting 1", INT8),
        ),
    )


def lite_latency() -> Iterator[Line]:
    """The README's latencies, a line a network."""
    found: dict[str, dict[str, str]] = {}
    sources: dict[str, str] = {}
    for row in rows("inference_latency", paper="EfficientNet-Lite README"):
        column = f"{row['hardware']}, {row['precision']} (ms)"
        found.setdefault(row["model"], {})[column] = row["latency_ms"]
        sources[row["model"]] = row["source"]
    for name, values in found.items():
        spec = network(name)
        assert spec is not None
        macs = counted(spec)[1] / 1e6
        yield Line(
            name,
            {**values, "MACs, computed (M)": macs},
            sources[name],
            design=released(name),
        )


def lite_latency_finding(lines: Lines) -> str:
    """What INT8 saves on the processor, and how time follows work."""
    saved = [x.number(CPU_FP32) / x.number(CPU_INT8) for x in lines]
    macs = "MACs, computed (M)"
    first, last = lines[0], lines[-1]
    return say(
        "INT8 is {low:.1f} to {high:.1f} times as fast as FP32 on four threads; from {first} to "
        "{last} multiply-adds grow {work:.1f} times (computed), FP32 time {time:.1f} times.",
        low=min(saved),
        high=max(saved),
        first=first.name,
        last=last.name,
        work=last.number(macs) / first.number(macs),
        time=last.number(CPU_FP32) / first.number(CPU_FP32),
    )


def lite_latency_chart(lines: Lines) -> Chart:
    """Milliseconds by machine and precision."""
    numbered = list(enumerate(lines))
    columns = [c for c in lines[0].values if c.endswith("(ms)")]
    colours = tuple(f"setting {i}" for i in range(1, 6))
    groups: list[Series] = [
        series(numbered, _machine(c), colour, c) for c, colour in zip(columns, colours, strict=True)
    ]
    first = lines[0]
    best = min((c for c in columns if first.has(c)), key=first.number)
    return dots(
        say(
            "{row} takes {ms:g} ms on the {machine}",
            row=first.name,
            ms=first.number(best),
            machine=_machine(best),
        ),
        say("latency on a Pixel 4 (ms, log scale)"),
        groups,
        log=True,
    )


def _machine(column: str) -> str:
    return shown(column.removesuffix(" (ms)").removeprefix("Pixel 4 "))


EXHIBITS = (
    exhibit("lite-family", lite, lite_finding, lite_chart),
    exhibit("lite-latency", lite_latency, lite_latency_finding, lite_latency_chart),
)
