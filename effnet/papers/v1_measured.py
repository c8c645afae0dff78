"""What the first paper measured: other networks scaled, latency, accuracy on the test server."""

from collections.abc import Iterator, Mapping

from effnet.base import in_a_row, say, significant
from effnet.papers.beside import (
    called,
    counted,
    dots,
    macs_g,
    ratio,
    released,
    scaled,
    series,
    two_decimals,
    where,
)
from effnet.papers.printed_rows import rows
from effnet.papers.records import Chart, Line, Lines, Value, exhibit
from effnet.papers.sources import MACS, TOP1
from effnet.papers.wording import shown

# --- Table 3 --------------------------------------------------------------------------------------


def other_networks() -> Iterator[Line]:
    """Table 3: MobileNets and ResNet-50 scaled, counted with the same factors."""
    bases = {"MobileNetV1": "mobilenet_v1", "MobileNetV2": "mobilenet_v2", "ResNet-50": "resnet50"}
    compound = rows("scaling_baselines", model="MobileNetV1", scaling="compound")[0]
    start = {row["model"]: row for row in rows("scaling_baselines", scaling="baseline")}
    for row in rows("scaling_baselines"):
        factors = compound if row["scaling"] == "compound" else row
        design = scaled(*factors.factors, base=bases[row["model"]])
        gain = row.number("top1_percent") - start[row["model"]].number("top1_percent")
        values: dict[str, Value] = {
            "network": row["model"],
            "scaled by": row["scaling"],
            **{
                letter: f"{factor:g}" for letter, factor in zip("dwr", factors.factors, strict=True)
            },
            "input (px)": round(224 * factors.factors[-1]),
            TOP1: row["top1_percent"],
            "gain (points)": round(gain, 1) if row["scaling"] != "baseline" else None,
            MACS: macs_g(row["mult_adds_B"], design.spec()),
        }
        yield row.line(values, name=f"{row['model']}, {row['scaling']}", design=design)


def other_networks_finding(lines: Lines) -> str:
    """What compound scaling gains, and what the best single dimension does."""
    best: dict[str, float] = {}
    single: dict[str, float] = {}
    for line in lines:
        if line.has("gain (points)"):
            kept = best if line.values["scaled by"] == "compound" else single
            name = str(line.values["network"])
            kept[name] = max(kept.get(name, 0.0), line.number("gain (points)"))
    gains = in_a_row(f"{name} +{gain:.1f}" for name, gain in best.items())
    ahead = [best[name] - single[name] for name in best]
    return say(
        "Compound scaling gains most points in every network ({gains}): {low:.1f} to {high:.1f} "
        "more than the best single dimension.",
        gains=gains,
        low=min(ahead),
        high=max(ahead),
    )


def other_networks_chart(lines: Lines) -> Chart:
    """Gains by way of scaling."""
    colours = {"MobileNetV2": "setting 2", "MobileNetV1": "mobilenet", "ResNet-50": "other"}
    groups = [
        series(where(lines, "network", name), name, colour, "gain (points)", "scaled by")
        for name, colour in colours.items()
    ]
    most = [max(s.marks, key=lambda m: m.x).y for s in groups]
    return dots(
        say("{way} scaling gains most in all three networks", way=str(most[0]).capitalize())
        if len(set(most)) == 1
        else say("What gains most differs by network"),
        say("top-1 over the unscaled network (points)"),
        groups,
    )


# --- Table 4 --------------------------------------------------------------------------------------


def latency() -> Iterator[Line]:
    """Table 4: milliseconds on one core, with the speed-up worked out again."""
    found = rows("inference_latency", paper="V1", table="Table 4")
    by_name = {row["model"]: row for row in found}
    for row in found:
        slower: Mapping[str, str] = (
            by_name.get(row["compared_with"], {}) if row["speedup_x"] else {}
        )
        spec = row.network
        values: dict[str, Value] = {
            TOP1: row["top1_percent"],
            "latency (ms)": row["latency_ms"].removesuffix(".0"),
            "speed-up (x)": ratio(
                row["speedup_x"],
                slower.get("latency_ms", "").removesuffix(".0"),
                row["latency_ms"].removesuffix(".0"),
            ),
            "MACs, computed (G)": counted(spec)[1] / 1e9 if spec else None,
            "hardware": row["hardware"],
        }
        yield row.line(values)


def latency_finding(lines: Lines) -> str:
    """Time against multiply-adds, for the pair of which both can be counted."""
    slow, fast = lines[0], lines[1]
    time = slow.number("latency (ms)") / fast.number("latency (ms)")
    macs = "MACs, computed (G)"
    work = slow.number(macs) / fast.number(macs)
    return say(
        "{fast} does {work} times fewer multiply-adds than {slow} (computed) but is only {time} "
        "times as fast on this core (published).",
        fast=fast.name,
        work=significant(work),
        slow=slow.name,
        time=significant(time, 2),
    )


def latency_chart(lines: Lines) -> Chart:
    """Milliseconds by network."""
    pick, rest = called(lines, "EfficientNet")
    fastest = min(lines, key=lambda line: line.number("latency (ms)"))
    return dots(
        say(
            "{row} takes {ms} ms for one image on one core",
            row=fastest.name,
            ms=fastest.values["latency (ms)"],
        ),
        say("latency (ms, log scale)"),
        (
            series(pick, "EfficientNet", "v1", "latency (ms)"),
            series(rest, say("other networks"), "other", "latency (ms)"),
        ),
        log=True,
    )


# --- Table 8 --------------------------------------------------------------------------------------


def server_test() -> Iterator[Line]:
    """Table 8: accuracy on the validation set and on the test server."""
    for row in rows("b_family"):
        if not row["paper_val_top1_percent_table8"]:
            continue
        values = {
            f"{kind}, {which} (%)": two_decimals(row[f"paper_{short}_{key}_percent_table8"])
            for kind, key in (("top-1", "top1"), ("top-5", "top5"))
            for which, short in (("validation", "val"), ("test", "test"))
        }
        gap = float(values["top-1, test (%)"]) - float(values["top-1, validation (%)"])
        yield Line(
            f"EfficientNet-{row['model']}",
            {**values, "top-1, test minus validation (points)": round(gap, 2)},
            row["source"],
            design=released(row["model"]),
        )


def server_test_finding(lines: Lines) -> str:
    """The largest gap between the two sets."""
    column = "top-1, test minus validation (points)"
    widest = max(lines, key=lambda line: abs(line.number(column)))
    higher = sum(line.number(column) > 0 for line in lines)
    return say(
        "Test and validation top-1 differ by at most {points:.2f} points ({row}); {higher} of "
        "{all} networks do better on the test server.",
        points=abs(widest.number(column)),
        row=widest.name,
        higher=higher,
        all=len(lines),
    )


def server_test_chart(lines: Lines) -> Chart:
    """Both accuracies, network by network."""
    return dots(
        say("Validation and test accuracy lie on top of each other"),
        say("ImageNet top-1 (%)"),
        (
            series(lines, shown("validation"), "v1", "top-1, validation (%)"),
            series(lines, say("test server"), "setting 1", "top-1, test (%)"),
        ),
    )


EXHIBITS = (
    exhibit("v1-table-3", other_networks, other_networks_finding, other_networks_chart),
    exhibit("v1-table-4", latency, latency_finding, latency_chart),
    exhibit("v1-table-8", server_test, server_test_finding, server_test_chart),
)
