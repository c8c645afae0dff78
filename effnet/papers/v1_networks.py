"""Networks of the first paper: the baseline stage by stage, and the comparison on ImageNet."""

from collections.abc import Iterator, Mapping

from effnet.base import say, significant
from effnet.counting import stage_rows
from effnet.network import Spec, get_variant
from effnet.papers.beside import (
    dots,
    furthest,
    macs_g,
    network,
    pairs,
    params_m,
    ratio,
    released,
    two_digits,
)
from effnet.papers.printed_rows import rows
from effnet.papers.records import Beside, Chart, Line, Lines, Mark, Network, Series, Value, exhibit
from effnet.papers.sources import MACS, PARAMS
from effnet.papers.wording import shown

# --- Table 1 --------------------------------------------------------------------------------------


def baseline() -> Lines:
    """Table 1 beside the walk over our B0."""
    ours = stage_rows(get_variant("b0"))
    return tuple(
        row.line(
            {
                "operator": row["operator_as_printed"],
                "input (px)": Beside(row["input_resolution_px_v5"], our.in_size),
                "input in the ICML version (px)": Beside(
                    row["input_resolution_px_icml"], our.in_size
                ),
                "channels": Beside(row["output_channels"], our.channels),
                "layers": Beside(row["layers"], our.repeats),
                "parameters, computed": our.params,
                "MACs, computed": our.macs,
            },
            name=f"stage {row['stage']}",
            design=released("B0"),
        )
        for row, our in zip(rows("b0_stages"), ours, strict=True)
    )


def baseline_finding(lines: Lines) -> str:
    """How many of the printed sizes are the walk's."""
    found = list(pairs(lines))
    right = [pair for pair in found if pair[2].agrees]
    wrong = [pair for pair in found if not pair[2].agrees]
    if len(wrong) != 1:
        return say(
            "{right} of {all} printed sizes are those of the released B0.",
            right=len(right),
            all=len(found),
        )
    line, column, beside = wrong[0]
    return say(
        "{right} of {all} printed sizes are those of the released B0; {row}'s {column} says "
        "{printed} px where the map has {computed:g}.",
        right=len(right),
        all=len(found),
        row=shown(line.name),
        column=shown(column.replace(" (px)", "")),
        printed=beside.printed,
        computed=beside.computed,
    )


def drawn_b0(_: Lines) -> Network:
    """B0 to scale."""
    b0: Spec = get_variant("b0")
    return Network(b0)


# --- Table 2 --------------------------------------------------------------------------------------


def comparison() -> Iterator[Line]:
    """Table 2 with the accuracies of every version, our counts, and its ratios worked out again."""
    others = {f"EfficientNet-{row['model']}": row for row in rows("b_family")}
    first = {
        row["compared_with"]: row for row in rows("convnet_comparison") if row["cited_work"] == ""
    }
    for row in rows("convnet_comparison"):
        name, against = row["model"], first[row["compared_with"]]
        third: Mapping[str, str] = others.get(name, {})
        sizes = row["params_M"], against["params_M"]
        costs = row["mult_adds_B"], against["mult_adds_B"]
        ratios = (Beside("", None), Beside("", None))
        if row is not against:
            ratios = (
                ratio(row["params_ratio_x"], *sizes),
                ratio(row["mult_adds_ratio_x"], *costs),
            )
        values: dict[str, Value] = {
            "beside": row["compared_with"],
            "top-1, v5 (%)": row["top1_percent"],
            PARAMS: params_m(row["params_M"], network(name)),
            MACS: macs_g(two_digits(row["mult_adds_B"]), network(name)),
            "top-1, v3 (%)": third.get("paper_top1_percent_arxiv_v3", ""),
            "top-1, ICML and v2 (%)": row["top1_percent_icml"],
            "top-5, v5 (%)": row["top5_percent"],
            "top-5, v3 (%)": third.get("paper_top5_percent_arxiv_v3", ""),
            "top-5, ICML and v2 (%)": row["top5_percent_icml"],
            "parameters, ratio (x)": ratios[0],
            "MACs, ratio (x)": ratios[1],
        }
        yield row.line(values, name=name, design=released(name))


def comparison_finding(lines: Lines) -> str:
    """How far printed and counted multiply-adds are apart."""
    ours = tuple(line for line in lines if line.name.startswith("EfficientNet"))
    line, _, beside = furthest(ours, MACS)
    counts = [pair for pair in pairs(ours) if pair[1] == MACS]
    right = sum(pair[2].agrees for pair in counts)
    share = abs(100 * (beside.off or 0))
    return say(
        "{right} of {all} printed multiply-adds are what the released EfficientNets count; {row} "
        "is furthest off, {printed} G printed and {computed} G computed ({share} % apart).",
        right=right,
        all=len(counts),
        row=line.name,
        printed=beside.printed,
        computed=significant(beside.computed or 0),
        share=significant(share, 2),
    )


def versions_chart(lines: Lines) -> Chart:
    """The three accuracies of each network, against the newest version."""
    ours = [line for line in lines if line.has("top-1, v3 (%)")]
    newest = "top-1, v5 (%)"
    groups = []
    for name, column, colour in (
        ("ICML, arXiv v2", "top-1, ICML and v2 (%)", "setting 1"),
        ("arXiv v3", "top-1, v3 (%)", "setting 2"),
        ("arXiv v5", newest, "v1"),
    ):
        marks = tuple(
            Mark(
                round(line.number(column) - line.number(newest), 2),
                line.name,
                say("{row}: {value} % printed", row=line.name, value=line.values[column]),
                line=line.place,
            )
            for line in ours
        )
        groups.append(Series(name, colour, marks))
    widest = max(ours, key=_spread)
    title = say(
        "{row}'s top-1 is {first}, {third} or {newest} % by version",
        row=widest.name,
        first=widest.values["top-1, ICML and v2 (%)"],
        third=widest.values["top-1, v3 (%)"],
        newest=widest.values[newest],
    )
    return dots(title, say("top-1 beside arXiv v5's (points)"), groups)


def _spread(line: Line) -> float:
    columns = ("top-1, v5 (%)", "top-1, v3 (%)", "top-1, ICML and v2 (%)")
    values = [line.number(column) for column in columns]
    return max(values) - min(values)


EXHIBITS = (
    exhibit("v1-table-1", baseline, baseline_finding, drawn_b0),
    exhibit("v1-table-2", comparison, comparison_finding, versions_chart),
)
