"""Transfer to other data sets: Tables 5 and 6 of the first paper, Tables 8 and 9 of the second."""

import math
from collections.abc import Iterator, Mapping

from effnet.base import say, significant
from effnet.papers.beside import (
    dots,
    furthest,
    network,
    params_m,
    params_without_classifier,
    ratio,
    released,
    series,
)
from effnet.papers.printed_rows import Row, rows
from effnet.papers.records import Beside, Chart, Line, Lines, Series, Value, exhibit
from effnet.papers.sources import PARAMS
from effnet.papers.wording import shown

RATIO = "parameters, ratio (x)"
SIZE = "EfficientNet's parameters (M)"
SETS = ("CIFAR-10", "CIFAR-100", "Flowers", "Stanford Cars")


def transfer() -> Iterator[Line]:
    """Table 5: the smallest EfficientNet that does as well as the best known networks."""
    for row in rows("transfer_datasets", paper="V1"):
        if not row["efficientnet_model"]:
            continue
        spec = network(row["efficientnet_model"])
        assert spec is not None
        ours = params_without_classifier(spec) / 1e6
        theirs = row.number("baseline_accuracy_percent")
        gain = row.number("efficientnet_accuracy_percent") - theirs
        which = "public" if "public" in row["comparison"] else "reported"
        values: dict[str, Value] = {
            "data set": row["dataset"],
            "against": row["comparison"],
            "baseline": row["baseline_model"],
            "baseline (%)": row["baseline_accuracy_percent"],
            "EfficientNet": row["efficientnet_model"],
            "EfficientNet (%)": row["efficientnet_accuracy_percent"],
            "gain (points), computed": round(gain, 1),
            "baseline's parameters (M)": row["baseline_params_M"],
            SIZE: Beside(row["efficientnet_params_M"], ours),
            RATIO: ratio(
                row["params_ratio_x"],
                row["baseline_params_M"],
                row["efficientnet_params_M"],
            ),
        }
        yield row.line(
            values,
            name=f"{row['dataset']}, {which}",
            design=released(row["efficientnet_model"]),
        )


def transfer_finding(lines: Lines) -> str:
    """The misprinted ratio, and what it does to the mean."""
    line, _, beside = furthest(lines, RATIO)
    public = [x.beside(RATIO) for x in lines if x.values["against"] == "best public-available"]
    means = [
        math.prod(values) ** (1 / len(values))
        for values in (
            [pair.value or 1.0 for pair in public],
            [pair.computed or 1.0 for pair in public],
        )
    ]
    return say(
        "{row} is printed with {printed} times fewer parameters where its own sizes give "
        "{computed}; the geometric mean of the column is {misprinted:.1f} with the misprint and "
        "{right:.1f} without.",
        row=line.values["data set"],
        printed=beside.printed,
        computed=significant(beside.computed or 0, 2),
        misprinted=means[0],
        right=means[1],
    )


def transfer_chart(lines: Lines) -> Chart:
    """Both accuracies, data set by data set."""
    level = sum(line.number("gain (points), computed") >= 0 for line in lines)
    return dots(
        say(
            "EfficientNet does as well or better in {level} of {all} comparisons",
            level=level,
            all=len(lines),
        ),
        say("accuracy (%)"),
        (
            series(lines, say("best known network"), "other", "baseline (%)"),
            series(lines, "EfficientNet", "v1", "EfficientNet (%)"),
        ),
    )


def datasets() -> Lines:
    """Table 6: the data sets."""
    found: dict[str, Line] = {}
    for row in rows("transfer_datasets", paper="V1"):
        name = row["dataset"]
        if not row["classes"] or name in found:
            continue
        each = row.number("train_images") / row.number("classes")
        found[name] = Line(
            name,
            {
                "training images": row["train_images"],
                "test images": row["test_images"],
                "classes": row["classes"],
                "training images a class, computed": round(each, 1),
            },
            row["source"],
        )
    return tuple(found.values())


def datasets_finding(lines: Lines) -> str:
    """The richest and the poorest."""
    column = "training images a class, computed"
    most = max(lines, key=lambda line: line.number(column))
    least = min(lines, key=lambda line: line.number(column))
    return say(
        "{most} has {many:,.0f} training images a class, {least} has {few:.0f}: transfer is tested "
        "from plenty to almost nothing.",
        most=most.name,
        many=most.number(column),
        least=least.name,
        few=least.number(column),
    )


def datasets_chart(lines: Lines) -> Chart:
    """Training images of each set."""
    smallest = min(lines, key=lambda line: line.number("training images"))
    count = int(smallest.number("training images"))
    return dots(
        say("{row} has {count:,} training images in all", row=smallest.name, count=count),
        say("training images (log scale)"),
        (series(lines, say("training images"), "v1", "training images"),),
        log=True,
    )


def transfer_v2() -> Iterator[Line]:
    """Tables 8 and 9 of the second paper, a line a network."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows("transfer_datasets", paper="V2"):
        name = row["baseline_model"] or row["efficientnet_model"]
        found.setdefault(name, {})[row["dataset"]] = row
    for name, by_set in found.items():
        row = next(iter(by_set.values()))
        ours = bool(row["efficientnet_model"])
        part = "efficientnet" if ours else "baseline"
        sets: dict[str, Mapping[str, str]] = {which: by_set.get(which, {}) for which in SETS}
        values: dict[str, Value] = {
            "ImageNet top-1 (%)": row["imagenet_top1_percent"],
            PARAMS: params_m(row[f"{part}_params_M"], network(name)),
            **{f"{which} (%)": r.get(f"{part}_accuracy_percent", "") for which, r in sets.items()},
            **{
                f"{which}, deviation": r.get("efficientnet_accuracy_std_percent", "")
                if ours
                else ""
                for which, r in sets.items()
            },
        }
        yield row.line(values, name=name, design=released(name))


def transfer_v2_finding(lines: Lines) -> str:
    """Who is best on Cars, and which sizes are old."""
    best = max((x for x in lines if x.has("Stanford Cars (%)")), key=_cars)
    line, _, beside = furthest(lines, PARAMS)
    return say(
        "{best} is best on Cars with {cars} %; {row} is printed with {printed} M parameters, its "
        "first version's: the released one counts {computed} M.",
        best=shown(best.name),
        cars=_cars(best),
        row=shown(line.name),
        printed=beside.printed,
        computed=significant(beside.computed or 0),
    )


def _cars(line: Line) -> float:
    return line.number("Stanford Cars (%)")


def transfer_v2_chart(lines: Lines) -> Chart:
    """Four data sets, network by network."""
    colours = ("setting 1", "setting 2", "setting 3", "setting 4")
    groups: list[Series] = [
        series(lines, which, colour, f"{which} (%)")
        for which, colour in zip(SETS, colours, strict=True)
    ]
    plain = [line.number("Flowers (%)") for line in lines if line.name.startswith("ViT")]
    ours = [line.number("Flowers (%)") for line in lines if line.name.startswith("EfficientNetV2")]
    return dots(
        say(
            "On Flowers EfficientNetV2 is {points:.1f} points or more ahead of the plain ViTs",
            points=min(ours) - max(plain),
        ),
        say("accuracy (%)"),
        groups,
    )


EXHIBITS = (
    exhibit("v1-table-5", transfer, transfer_finding, transfer_chart),
    exhibit("v1-table-6", datasets, datasets_finding, datasets_chart),
    exhibit("v2-table-8", transfer_v2, transfer_v2_finding, transfer_v2_chart),
)
