"""The V2 family measured: beside other networks, trained alike, scaled down."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from effnet.base import mark, say, significant
from effnet.papers.beside import (
    by_accuracy,
    called,
    computed,
    furthest,
    macs_g,
    params_m,
    ratio,
    series,
)
from effnet.papers.printed_rows import after_another, rows
from effnet.papers.records import Beside, Chart, Line, Lines, Series, Value, exhibit
from effnet.papers.sources import HOURS, LATENCY, MACS, PARAMS, THROUGHPUT, TOP1

# --- Tables 7, 10 and 11 --------------------------------------------------------------------------


def _measured(table: str) -> Lines:
    """Lines of a table of the second paper with parameters, multiply-adds and times."""
    found = rows("inference_latency", paper="V2", table=table)
    return tuple(
        row.line(
            {
                TOP1: row["top1_percent"],
                PARAMS: params_m(row["params_M"], row.network),
                MACS: macs_g(row["flops_B"], row.network),
                LATENCY: row["latency_ms"],
                HOURS: row["train_hours_32_tpu_cores"],
            }
        )
        for row in found
    )


def family() -> Lines:
    """Table 7."""
    return _measured("Table 7")


def family_finding(lines: Lines) -> str:
    """The training time that V2 saves at an accuracy no lower."""
    old, new = _fastest(lines, HOURS)
    line, _, beside = furthest(lines, MACS)
    return say(
        "{new} trains in {hours} hours where {old} takes {its}, and is {points:.1f} points better; "
        "the count furthest off is {row}'s, {printed} G printed and {computed} G computed.",
        new=new.name,
        hours=new.values[HOURS],
        old=old.name,
        its=old.values[HOURS],
        points=_top1(new) - _top1(old),
        row=line.name,
        printed=beside.printed,
        computed=significant(beside.computed or 0),
    )


def _top1(line: Line) -> float:
    return line.number(TOP1)


def _against(lines: Lines, column: str, axis: str, title: str) -> Chart:
    new, others = called(lines, "EfficientNetV2")
    old = called(lines, "EfficientNet-B")[0]
    rest = [line for line in others if line not in old]
    large = [line for line in rest if "21k" in line.name]
    groups: list[Series] = []
    if isinstance(lines[0].values[column], Beside):
        plain = [line for line in new if "21k" not in line.name]
        groups += [
            computed(old, say("{series}, counted", series="V1"), "v1", column, TOP1),
            computed(plain, say("{series}, counted", series="V2"), "v2", column, TOP1),
        ]
    groups += [
        series([p for p in rest if p not in large], say("other networks"), "other", column, TOP1),
        series(large, say("others, ImageNet-21k"), "setting 1", column, TOP1),
        series(old, "EfficientNet", "v1", column, TOP1, label=_short),
        series(new, "EfficientNetV2", "v2", column, TOP1, label=_short),
    ]
    return by_accuracy(title, axis, groups)


def _short(line: Line) -> str:
    return line.name.rpartition("-")[2]


def _fastest(lines: Lines, column: str) -> tuple[Line, Line]:
    """The best V1, and the V2 network no worse than it that takes least of a column."""
    has = [x for x in lines if x.has(column)]
    old = max((x for x in has if x.name.startswith("EfficientNet-B")), key=_top1)
    plain = (x for x in has if x.name.startswith("EfficientNetV2") and "21k" not in x.name)
    new = min((x for x in plain if _top1(x) >= _top1(old)), key=lambda x: x.number(column))
    return old, new


def _saving(column: str, title: str, axis: str) -> Callable[[Lines], Chart]:
    def chart(lines: Lines) -> Chart:
        old, new = _fastest(lines, column)
        times = significant(old.number(column) / new.number(column), 2)
        said = say(title, new=new.name, times=times)
        return _against(lines, column, say(axis), said)

    return chart


FAMILY_CHARTS = (
    _saving(
        HOURS,
        mark("{new} trains {times} times faster than the best V1"),
        mark("training (hours on 32 TPU cores, log scale)"),
    ),
    _saving(
        LATENCY,
        mark("{new} is {times} times as fast as the best V1 on a V100"),
        mark("latency of 16 images on a V100, fp16 (ms, log scale)"),
    ),
    _saving(
        PARAMS,
        mark("{new} has {times} times fewer parameters than the best V1"),
        mark("parameters (M, log scale)"),
    ),
    _saving(
        MACS,
        mark("{new} does {times} times fewer multiply-adds than the best V1"),
        mark("multiply-adds (G, log scale)"),
    ),
)


def same_training() -> Lines:
    """Table 10."""
    return _measured("Table 10")


def same_training_finding(lines: Lines) -> str:
    """What is left of the difference when both train the same way."""
    old, new = lines
    hours = old.number(HOURS) / new.number(HOURS)
    return say(
        "Trained alike, {new} still takes {hours:.1f} times less training and {latency:.1f} times "
        "less time to answer than {old}, at {points:+.1f} points.",
        new=new.name,
        hours=hours,
        latency=old.number(LATENCY) / new.number(LATENCY),
        old=old.name.partition(" (")[0],
        points=_top1(new) - _top1(old),
    )


def scaled_down() -> Iterator[Line]:
    """Table 11: small V2 networks beside V1 networks of like accuracy."""
    for row, slower in after_another(rows("inference_latency", paper="V2", table="Table 11")):
        values: dict[str, Value] = {
            TOP1: row["top1_percent"],
            PARAMS: params_m(row["params_M"], row.network),
            MACS: macs_g(row["flops_B"], row.network),
            f"throughput ({THROUGHPUT})": row["throughput_images_per_s"],
            "speed-up (x)": ratio(
                row["speedup_x"],
                row["throughput_images_per_s"],
                slower["throughput_images_per_s"] if slower else "",
            ),
        }
        yield row.line(values)


def scaled_down_finding(lines: Lines) -> str:
    """Where fewer multiply-adds are not faster."""
    new = [line for line in lines if line.beside("speed-up (x)").checked]
    most = max(new, key=lambda line: line.number("speed-up (x)"))
    old = lines[lines.index(most) - 1]
    share = (most.beside(MACS).computed or 0) / (old.beside(MACS).computed or 1)
    return say(
        "{new} answers {times} times as fast as {old} (published) with {share:.2f} times its "
        "multiply-adds (computed).",
        new=most.name,
        times=most.beside("speed-up (x)").printed,
        old=old.name.partition(" (")[0],
        share=share,
    )


def scaled_down_chart(lines: Lines) -> Chart:
    """Accuracy against throughput."""
    column = f"throughput ({THROUGHPUT})"
    new, old = called(lines, "EfficientNetV2")
    ratios = [line.number("speed-up (x)") for line in new]
    return by_accuracy(
        say(
            "At like accuracy V2 answers {low:g} to {high:g} times as many images",
            low=min(ratios),
            high=max(ratios),
        ),
        say("throughput on a V100, fp16, batch 128 (images/s, log scale)"),
        (
            series(old, "EfficientNet", "v1", column, TOP1, label=_short_v1),
            series(new, "EfficientNetV2", "v2", column, TOP1, label=_short),
        ),
    )


def _short_v1(line: Line) -> str:
    return _short(replace(line, name=line.name.partition(" (")[0]))


EXHIBITS = (
    exhibit("v2-table-7", family, family_finding, *FAMILY_CHARTS),
    exhibit("v2-table-10", same_training, same_training_finding),
    exhibit("v2-table-11", scaled_down, scaled_down_finding, scaled_down_chart),
)
