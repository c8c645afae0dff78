"""Figures 3, 4 and 8 of the first paper: one dimension at a time, and all together."""

from collections.abc import Iterator

from effnet.base import in_a_row, say, significant
from effnet.papers.beside import (
    by_accuracy,
    computed,
    counted,
    drawn,
    furthest,
    scaled,
    series,
    where,
)
from effnet.papers.printed_rows import rows
from effnet.papers.records import Chart, Line, Lines, Series, Value, exhibit
from effnet.papers.sources import MACS, TOP1
from effnet.papers.wording import shown, tidy
from effnet.scaling import Design

AXES = ("depth", "width", "resolution")
DIMENSIONS = ("width", "depth", "resolution", "compound")


# --- Figures 3, 4 and 8 ---------------------------------------------------------------------------


def _scaled(dimension: str, factor: float) -> Design:
    depth, width, size = (factor if dimension == name else 1.0 for name in AXES)
    return scaled(depth, width, size)


def single_dimension() -> Iterator[Line]:
    """Figure 3, measured from its vector paths, and B0 with the same factors counted."""
    for row in rows("single_dimension_scaling"):
        if not row["figure_mult_adds_B"]:
            continue  # Table 7's, not in the figure
        factor = row.number("coefficient")
        design = _scaled(row["dimension"], factor)
        spec = design.spec()
        values: dict[str, Value] = {
            "scaled by": row["dimension"],
            "factor": factor,
            "input (px)": spec.resolution,
            TOP1: row["figure_top1_percent"],
            MACS: drawn(row["figure_mult_adds_B"], spec),
            "parameters, computed": counted(spec)[0],
        }
        yield row.line(values, name=f"{row['dimension']} x {factor:g}", design=design)


def single_dimension_finding(lines: Lines) -> str:
    """The straight line through the depth dots, drawn and counted."""
    deep = [line for line in lines if line.values["scaled by"] == "depth"]
    first, last = deep[0], deep[-1]
    steps = last.number("factor") - first.number("factor")
    drawn = (last.number(MACS) - first.number(MACS)) / steps
    start, end = (line.beside(MACS).computed or 0.0 for line in (first, last))
    return say(
        "The figure's depth dots cost {first:.2f} + {step:.2f} (d - 1) G multiply-adds; the "
        "released B0 counts {start:.3f} + {counted:.3f} (d - 1): another baseline.",
        first=first.number(MACS),
        step=drawn,
        start=start,
        counted=(end - start) / steps,
    )


def _dimension_chart(lines: Lines, title: str, names: tuple[str, ...]) -> Chart:
    groups: list[Series] = []
    for name in names:
        own = where(lines, "scaled by", name)
        groups.append(computed(own, _counted(name), name, MACS, TOP1))
    for name in names:
        own = where(lines, "scaled by", name)
        groups.append(series(own, shown(name), name, MACS, TOP1, label=_factor))
    return by_accuracy(title, say("multiply-adds (G, log scale)"), groups)


def _counted(name: str) -> str:
    return say("{series}, counted", series=shown(name))


def _factor(line: Line) -> str:
    return f"{line.number('factor'):g}" if line.has("factor") else ""


def single_dimension_chart(lines: Lines) -> Chart:
    """Accuracy against multiply-adds, a colour for each dimension."""
    ends = [
        max(x.number(TOP1) for x in lines if x.values["scaled by"] == name)
        for name in DIMENSIONS[:3]
    ]
    reached = in_a_row(
        say("{series} {end:.1f} %", series=shown(name), end=end)
        for name, end in zip(DIMENSIONS, ends, strict=False)
    )
    title = say("Each dimension alone ends: {reached}", reached=reached)
    return _dimension_chart(lines, title, DIMENSIONS[:3])


def width_at_depth() -> Iterator[Line]:
    """Figure 4: width at four depths and resolutions; counted where the width is known."""
    for row in rows("width_by_depth_resolution"):
        depth, width, size = row.factors
        # the lowest dot of a series is its baseline, w = 1
        known = row["width_coefficient_w"] or row["point_index"] == "1"
        design = scaled(depth, width, size) if known else None
        values: dict[str, Value] = {
            "series": row["series"],
            "d": depth,
            "r": size,
            "w": width if known else None,
            TOP1: row["figure_top1_percent"],
            MACS: drawn(row["figure_mult_adds_B"], design.spec() if design else None),
        }
        name = f"{row['series']}, dot {row['point_index']}"
        yield row.line(values, name=name, design=design)


def width_at_depth_finding(lines: Lines) -> str:
    """How much further width gets on a deeper, larger network."""
    best: dict[str, Line] = {}
    for line in lines:
        name = str(line.values["series"])
        best[name] = max(best.get(name, line), line, key=lambda x: x.number(TOP1))
    low = min(best.values(), key=lambda x: x.number(TOP1))
    high = max(best.values(), key=lambda x: x.number(TOP1))
    known = sum(line.beside(MACS).checked for line in lines)
    return say(
        "Width alone ends at {low} % ({first}) but reaches {high} % with {last}; {known} of {all} "
        "dots have a known width and can be counted.",
        low=low.values[TOP1],
        first=shown(str(low.values["series"])),
        high=high.values[TOP1],
        last=shown(str(high.values["series"])),
        known=known,
        all=len(lines),
    )


def width_at_depth_chart(lines: Lines) -> Chart:
    """Four series of widths."""
    names = list(dict.fromkeys(str(line.values["series"]) for line in lines))
    colours = ("other", "resolution", "depth", "compound")
    groups: list[Series] = []
    for name, colour in zip(names, colours, strict=True):
        own = where(lines, "series", name)
        groups.append(computed(own, _counted(name), colour, MACS, TOP1))
        groups.append(series(own, shown(name), colour, MACS, TOP1))
    return by_accuracy(
        say("The deeper and larger the network, the further width gets"),
        say("multiply-adds (G, log scale)"),
        groups,
    )


def scaling_methods() -> Iterator[Line]:
    """Figure 8: one dimension each, and compound scaling, which is B0 to B4."""
    for row in rows("figure8_scaling_methods"):
        method, index = row["method"], row["point_index"]
        if method == "compound":
            design = Design(mode="released", released=f"b{int(index) - 1}")
            name = f"compound, B{int(index) - 1}"
        else:
            design = _scaled(method, row.number("coefficient"))
            name = f"{method} x {row.number('coefficient'):g}"
        values: dict[str, Value] = {
            "scaled by": method,
            "factor": row.maybe("coefficient"),
            TOP1: row["figure_top1_percent"],
            MACS: drawn(row["figure_mult_adds_B"], design.spec()),
        }
        yield row.line(values, name=name, design=design)


def scaling_methods_finding(lines: Lines) -> str:
    """The cheapest compound dot that lies above every single dimension, whatever that costs."""
    mine, best = _ahead(lines)
    line, _, beside = furthest(lines, MACS)
    text = say(
        "Compound scaling is at {top1:.1f} % with {macs} G multiply-adds; single dimensions end at "
        "{end:.1f} %. The dot of {row} stands at {drawn} G and counts {computed} G.",
        top1=mine.number(TOP1),
        macs=mine.beside(MACS).printed,
        end=best.number(TOP1),
        row=shown(line.name),
        drawn=significant(line.number(MACS)),
        computed=significant(beside.computed or 0),
    )
    return tidy(text)


def _ahead(lines: Lines) -> tuple[Line, Line]:
    compound = [x for x in lines if x.values["scaled by"] == "compound"]
    rest = [x for x in lines if x.values["scaled by"] != "compound"]
    best = max(rest, key=lambda x: (x.number(TOP1), -x.number(MACS)))
    above = [x for x in compound if x.number(TOP1) > best.number(TOP1)]
    return min(above, key=lambda x: x.number(MACS)), best


def scaling_methods_chart(lines: Lines) -> Chart:
    """Four ways to spend multiply-adds."""
    mine, best = _ahead(lines)
    title = (
        say(
            "Compound scaling at {macs} G beats every single dimension, up to {most} G",
            macs=mine.beside(MACS).printed,
            most=significant(max(x.number(MACS) for x in lines)),
        )
        if best.number(TOP1) < mine.number(TOP1)
        else say("Four ways to spend multiply-adds")
    )
    return _dimension_chart(lines, title, DIMENSIONS)


EXHIBITS = (
    exhibit("v1-figure-3", single_dimension, single_dimension_finding, single_dimension_chart),
    exhibit("v1-figure-4", width_at_depth, width_at_depth_finding, width_at_depth_chart),
    exhibit("v1-figure-8", scaling_methods, scaling_methods_finding, scaling_methods_chart),
)
