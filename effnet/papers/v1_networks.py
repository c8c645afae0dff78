"""Networks of the first paper: the baseline stage by stage, and the comparison on ImageNet."""

from effnet.base import mark, say, significant
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
    rows,
    two_digits,
)
from effnet.papers.records import Beside, Chart, Exhibit, Line, Lines, Mark, Network, Note, Series
from effnet.papers.sources import ICML, MACS, PARAMS, TPU, V1_PAPER
from effnet.papers.wording import shown

# --- Table 1 --------------------------------------------------------------------------------------


def baseline() -> Lines:
    """Table 1 beside the walk over our B0."""
    ours = stage_rows(get_variant("b0"))
    return tuple(
        Line(
            f"stage {row['stage']}",
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
            row["source"],
            row["notes"],
            released("B0"),
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


def comparison() -> Lines:
    """Table 2 with the accuracies of every version, our counts, and its ratios worked out again."""
    others = {f"EfficientNet-{row['model']}": row for row in rows("b_family")}
    first = {
        row["compared_with"]: row for row in rows("convnet_comparison") if row["cited_work"] == ""
    }
    lines = []
    for row in rows("convnet_comparison"):
        name, against = row["model"], first[row["compared_with"]]
        third = others.get(name, {})
        sizes = row["params_M"], against["params_M"]
        costs = row["mult_adds_B"], against["mult_adds_B"]
        ratios = (Beside("", None), Beside("", None))
        if row is not against:
            ratios = (
                ratio(row["params_ratio_x"], *sizes),
                ratio(row["mult_adds_ratio_x"], *costs),
            )
        lines.append(
            Line(
                name,
                {
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
                },
                row["source"],
                row["notes"],
                released(name),
            )
        )
    return tuple(lines)


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
    ours = [(i, line) for i, line in enumerate(lines) if line.has("top-1, v3 (%)")]
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
                line=i,
            )
            for i, line in ours
        )
        groups.append(Series(name, colour, marks))
    widest = max(ours, key=lambda pair: _spread(pair[1]))[1]
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
    Exhibit(
        "v1-table-1",
        "v1",
        mark("Table 1"),
        mark("EfficientNet-B0, stage by stage"),
        mark(
            "The network that the search found and that all others are scaled from: seven "
            "stages of MBConv between a stem and a head."
        ),
        f"{V1_PAPER} Table 1",
        baseline,
        baseline_finding,
        ((mark("The network"), drawn_b0),),
        (
            Note(
                mark("The column of resolutions gives each stage's input, not its output."),
                f"{V1_PAPER} Table 1",
            ),
            Note(
                mark(
                    "The ICML version prints 28 x 28 for stage 6; from arXiv v2 on it is 14 x "
                    "14, as the stride of stage 5 demands."
                ),
                f"{ICML} Table 1; {V1_PAPER} Table 1",
            ),
            Note(
                mark(
                    "Strides and the squeeze ratio stand in the code's block strings only, and "
                    "that MBConv1 has no expansion layer at all stands in its code."
                ),
                f"{TPU}/efficientnet_builder.py",
            ),
        ),
    ),
    Exhibit(
        "v1-table-2",
        "v1",
        mark("Table 2"),
        mark("EfficientNets beside other networks on ImageNet"),
        mark(
            "Eight scaled networks, each next to older ones of like accuracy that are several "
            "times larger and costlier."
        ),
        f"{V1_PAPER} Table 2",
        comparison,
        comparison_finding,
        ((mark("Versions"), versions_chart),),
        (
            Note(
                mark(
                    "B0's top-1 is 76.3 in the ICML version and arXiv v2, 77.3 in v3 and 77.1 "
                    "in v5; B7's is 84.4, 84.4 and 84.3. The numbers of v5 are those of the "
                    "AutoAugment checkpoints."
                ),
                f"{ICML}, arXiv v3 and v5, Table 2; {TPU}/README.md",
            ),
            Note(
                mark(
                    "The paper's FLOPS are multiply-adds, counted once. The V2 paper "
                    "prints B4 as 4.2 and 4.5, B5 as 10 and 9.9 and B7 as 38."
                ),
                "arXiv:2104.00298v3 Tables 3, 7 and 11",
            ),
            Note(
                mark(
                    "B2's 9.2 M fits the count with BatchNorm's running statistics (9.18 M), as "
                    "Keras counts, better than the 9.11 M that are trained."
                ),
                "computed here",
            ),
            Note(
                mark(
                    "ResNets are counted as torchvision builds them, with the stride in the 3x3 "
                    "convolution; with it in the 1x1 before they are a little cheaper."
                ),
                "computed here",
            ),
            Note(
                mark("PNASNet's multiply-adds are called 6.0 times B4's, but 23 over 4.2 is 5.5."),
                f"{V1_PAPER} Table 2",
            ),
            Note(
                mark(
                    "Inside v5: GPipe has 556 M parameters in Figure 1 and 557 M here, NASNet-A "
                    "80.7 % in Figure 5 and 82.7 % here, SENet 145 M in the text and 146 M "
                    "here, B4 83.0 % in the introduction and 82.9 % here, ResNet-50 76.3 % "
                    "there and 76.0 % here."
                ),
                V1_PAPER,
            ),
        ),
    ),
)
