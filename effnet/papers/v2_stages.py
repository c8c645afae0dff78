"""Architectures of the second paper: B4 with fused stages, V2-S stage by stage."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from effnet.base import say, significant
from effnet.counting import stage_rows
from effnet.network import Spec, get_variant
from effnet.papers.beside import counted, dots, edited, macs_g, params_m, released, series
from effnet.papers.printed_rows import rows
from effnet.papers.records import Beside, Chart, Line, Lines, Network, Value, exhibit
from effnet.papers.sources import MACS, PARAMS, THROUGHPUT, TOP1, V2_FIRST, V2_PAPER
from effnet.papers.wording import shown, tidy
from effnet.scaling import fused

FUSED_STAGES = (0, 3, 5, 7)  # of B4, in the rows of Table 3


# --- Table 4 --------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def first_v2_s() -> Spec:
    """V2-S as the first arXiv version has it: 272 channels in stage 6, a head of 1792."""
    spec = get_variant("v2_s")
    printed = rows("v2_stages", model="V2-S", variant="first arXiv version")
    channels = [int(row["output_channels"]) for row in printed]
    stages = zip(spec.stages, channels[1:-1], strict=True)
    return replace(
        spec,
        name="EfficientNetV2-S of arXiv v1",
        stages=tuple(replace(stage, channels=c, exact_channels=c) for stage, c in stages),
        head_channels=channels[-1],
    )


def v2_s() -> Lines:
    """Table 4 of both versions beside the walk over both networks."""
    spec, old = get_variant("v2_s"), first_v2_s()
    ours, before = stage_rows(spec), stage_rows(old)
    printed = rows("v2_stages", model="V2-S", variant="released")
    first = rows("v2_stages", model="V2-S", variant="first arXiv version")
    stages = tuple(
        Line(
            f"stage {row['stage']}",
            {
                "operator": row["operator"],
                "expansion": row["expand_ratio"],
                "stride": Beside(row["stride"], mine.stride),
                "channels": Beside(row["output_channels"], mine.channels),
                "channels, arXiv v1": Beside(early["output_channels"], then.channels),
                "layers": Beside(row["layers"], mine.repeats),
                PARAMS: None,
                MACS: None,
                "parameters, computed": mine.params,
                "MACs, computed": mine.macs,
                "parameters of arXiv v1, computed": then.params,
                "MACs of arXiv v1, computed": then.macs,
            },
            f"{row['source']}; arXiv v1: {early['source']}",
            row["notes"] or early["notes"] * (row["stage"] == "0"),
            released("V2-S"),
        )
        for row, early, mine, then in zip(printed, first, ours, before, strict=True)
    )
    (row,) = rows("v2_family", model="V2-S")
    source, head = f"{V2_PAPER} and {V2_FIRST} Table 7", old.head_channels
    totals = (
        ("whole network", row["paper_params_M_arxiv_v3"], spec, released("V2-S")),
        (
            "whole network, arXiv v1",
            row["paper_params_M_arxiv_v1"],
            old,
            edited("v2_s", old, head=head),
        ),
    )
    return stages + tuple(
        Line(
            name,
            {
                **dict.fromkeys(stages[0].values),
                PARAMS: params_m(params, network),
                MACS: macs_g(row["paper_flops_B"], network),
                "parameters, computed": counted(network)[0],
                "MACs, computed": counted(network)[1],
            },
            source,
            design=design,
        )
        for name, params, network, design in totals
    )


def v2_s_finding(_: Lines) -> str:
    """Both networks in total."""
    (now, macs), (then, first) = counted(get_variant("v2_s")), counted(first_v2_s())
    return say(
        "The released V2-S counts {params} M parameters and {macs} G multiply-adds; arXiv v1's "
        "table gives {old_params} M and {old_macs} G. The 8.8 B printed beside 22 M is nearer to "
        "the old network's count.",
        params=significant(now / 1e6),
        macs=significant(macs / 1e9),
        old_params=significant(then / 1e6),
        old_macs=significant(first / 1e9),
    )


def drawn_v2_s(_: Lines) -> Network:
    """The released network before the first version's."""
    return Network(get_variant("v2_s"), first_v2_s())


# --- Table 3 --------------------------------------------------------------------------------------


def fused_stages() -> Iterator[Line]:
    """Table 3: parameters, multiply-adds and training throughput of B4, fused by and by."""
    for stages in FUSED_STAGES:
        setting = f"fused stage 1-{stages}" if stages else "no fused"
        both = rows(
            "inference_latency", paper="V2", table="Table 3", model=f"EfficientNet-B4, {setting}"
        )
        row = both[0]
        speed = {
            f"training on {r['hardware']} ({THROUGHPUT})": r["throughput_images_per_s"]
            for r in both
        }
        spec = fused("b4", stages, kernel=None)
        values: dict[str, Value] = {
            TOP1: row["top1_percent"],
            PARAMS: params_m(row["params_M"], spec),
            MACS: macs_g(row["flops_B"], spec),
            **speed,
        }
        yield row.line(
            values, name=setting, design=edited("b4", spec) if stages else released("B4")
        )


def fused_finding(lines: Lines) -> str:
    """The fastest setting against none, and what it costs."""
    column = next(c for c in lines[0].values if "V100" in c)
    best = max(lines, key=lambda line: line.number(column))
    none = lines[0]
    return say(
        "With {row} B4 trains {speed:.2f} times as fast on a V100 although it has {work:.1f} times "
        "the multiply-adds (published).",
        row=shown(best.name),
        speed=best.number(column) / none.number(column),
        work=best.number(MACS) / none.number(MACS),
    )


def fused_chart(lines: Lines) -> Chart:
    """Throughput on both machines."""
    columns = [c for c in lines[0].values if THROUGHPUT in c]
    best = {max(lines, key=lambda line: line.number(c)).name for c in columns}
    return dots(
        say(
            "Fusing some stages is fastest ({rows}), fusing all is not",
            rows=tidy(say(" or ").join(shown(name) for name in sorted(best))),
        ),
        say("training throughput per core or GPU (images/s)"),
        [
            series(
                lines,
                shown(c.partition(" (")[0].removeprefix("training on ")),
                colour,
                c,
                "",
            )
            for c, colour in zip(columns, ("setting 1", "setting 2"), strict=True)
        ],
    )


def _small_kernels() -> dict[str, str]:
    """The second row with 3 x 3 kernels in all of stages 1 to 3."""
    params, macs = counted(fused("b4", 3))
    return {"params": significant(params / 1e6), "macs": significant(macs / 1e9)}


EXHIBITS = (
    exhibit("v2-table-3", fused_stages, fused_finding, fused_chart, values=_small_kernels),
    exhibit("v2-table-4", v2_s, v2_s_finding, drawn_v2_s),
)
