"""Progressive learning in the second paper: its settings, other networks, the ablation."""

from collections.abc import Iterator, Mapping

from effnet.base import in_a_row, say
from effnet.papers.beside import counted, dots, drop, free, released, series, two_decimals, where
from effnet.papers.printed_rows import after_another, rows
from effnet.papers.records import Axis, Beside, Chart, Line, Lines, Mark, Series, Value, exhibit
from effnet.papers.sources import TOP1
from effnet.papers.wording import shown
from effnet.scaling import Design

STAGES = (1, 2, 3, 4)
SHARE = "cost beside full size (%), computed"


# --- Table 6: progressive learning ----------------------------------------------------------------


def stage_sizes(low: int, high: int, *, code: bool) -> tuple[float, ...]:
    """Image sizes of the four stages: Algorithm 1, or the released code's other steps.

    Algorithm 1 takes low + (high - low) * i / 3 for i = 0..3; the code takes the whole part of
    low + (high - low) * (i + 1) / 4, so it never trains at the lowest size.
    """
    if code:
        return tuple(float(int(low + (high - low) * stage / 4)) for stage in STAGES)
    return tuple(round(low + (high - low) * (stage - 1) / 3, 2) for stage in STAGES)


def progressive() -> Iterator[Line]:
    """Table 6 and the released settings, with the sizes and costs that follow."""
    for row in rows("v2_progressive"):
        spec = row.network
        assert spec is not None
        low, high = int(row["image_size_min_px"]), int(row["image_size_max_px"])
        sizes = stage_sizes(low, high, code=row["setting"] == "official code")
        full = counted(spec, high)[1]
        share = sum(counted(spec, round(size))[1] for size in sizes) / (len(sizes) * full)
        ends = {
            f"{what}, {end}": row[f"{column}_{short}"]
            for what, column in (
                ("RandAugment", "randaugment_magnitude"),
                ("MixUp", "mixup_alpha"),
                ("dropout", "dropout_rate"),
                ("CutMix", "cutmix_alpha"),
            )
            for end, short in (("first", "min"), ("last", "max"))
        }
        values: dict[str, Value] = {
            "setting": row["setting"],
            "size, first (px)": row["image_size_min_px"],
            "size, last (px)": row["image_size_max_px"],
            **ends,
            **{f"stage {i} (px), computed": size for i, size in zip(STAGES, sizes, strict=True)},
            SHARE: round(100 * share, 1),
        }
        yield row.line(
            values, name=f"{row['model']}, {row['setting']}", design=_at(row["model"], high)
        )


def _at(model: str, size: int) -> Design | None:
    """A V2 network at its training size; only V2-S is among the bases of the controls."""
    return free("v2_s", resolution=size) if model == "V2-S" else released(model)


def progressive_finding(lines: Lines) -> str:
    """What progressive sizes save, by the paper and by the code."""
    paper, code = (
        next(x for x in lines if x.name == f"V2-S, {s}") for s in ("paper", "official code")
    )
    first = code.number("stage 1 (px), computed")
    return say(
        "Growing images cost V2-S {paper:.0f} % of the multiply-adds of training at full size "
        "throughout; the released code starts at {first:.0f} px, not at {low}, which makes it "
        "{code:.0f} %.",
        paper=paper.number(SHARE),
        first=first,
        low=paper.values["size, first (px)"],
        code=code.number(SHARE),
    )


def progressive_chart(lines: Lines) -> Chart:
    """Sizes stage by stage: lines computed, the printed ends hollow."""
    groups: list[Series] = []
    settings = (
        ("V2-S, paper", "setting 1"),
        ("V2-L, paper", "setting 2"),
        ("V2-S, official code", "setting 3"),
        ("V2-L, official code", "setting 4"),
    )
    for name, colour in settings:
        line = next(x for x in lines if x.name == name)
        ours = {stage: f"stage {stage} (px), computed" for stage in STAGES}
        groups.append(Series(shown(f"{name}, computed"), colour, _along(line, ours), "computed"))
        if name.endswith("paper"):
            ends = _along(line, {1: "size, first (px)", 4: "size, last (px)"})
            groups.append(Series(shown(f"{name}, printed"), colour, ends))
    code = next(x for x in lines if x.name == "V2-S, official code")
    first = code.number("stage 1 (px), computed")
    return Chart(
        say("V2-S starts at 128 px in the paper, at {first:.0f} in the released code", first=first),
        Axis(say("training stage")),
        Axis(say("image size (px)")),
        tuple(groups),
    )


def _along(line: Line, columns: Mapping[int, str]) -> tuple[Mark, ...]:
    """A point for each stage that has a column."""
    return tuple(
        Mark(float(stage), line.number(column), shown(line.name), line=line.place)
        for stage, column in columns.items()
    )


# --- Tables 12 and 13: ablations ------------------------------------------------------------------


def other_networks() -> Iterator[Line]:
    """Table 12: progressive learning on other networks."""
    for row, before in after_another(rows("v2_ablations", table="Table 12")):
        size = row["image_size_px"]
        at = f" at {size} px" if size else ""
        spec = row.network
        pixels = int(size) if size else None
        values: dict[str, Value] = {
            "network": row["model"] + at,
            "training": row["setting"],
            TOP1: row["top1_percent"],
            "training (hours)": row["train_hours"],
            "time saved (%)": drop(
                row["train_time_reduction_percent"],
                before["train_hours"] if before else "",
                row["train_hours"],
            ),
            "MACs, computed (G)": counted(spec, pixels)[1] / 1e9 if spec else None,
        }
        yield row.line(
            values,
            name=f"{row['model']}{at}, {row['setting'].removesuffix(' training')}",
            design=free("resnet50", resolution=pixels or 0)
            if row["model"] == "ResNet50"
            else released(row["model"]),
        )


def other_networks_finding(lines: Lines) -> str:
    """The saving and the gain."""
    saved = [x.beside("time saved (%)") for x in lines if x.has("time saved (%)")]
    values = [pair.value or 0.0 for pair in saved]
    gains = [lines[i + 1].number(TOP1) - lines[i].number(TOP1) for i in range(0, len(lines), 2)]
    return say(
        "Progressive learning saves {low:g} to {high:g} % of the training time of other networks "
        "and gains {least:.1f} to {most:.1f} points.",
        low=min(values),
        high=max(values),
        least=min(gains),
        most=max(gains),
    )


def other_networks_chart(lines: Lines) -> Chart:
    """Hours before and after."""
    groups = []
    for setting, colour in (("baseline training", "other"), ("progressive learning", "v2")):
        own = where(lines, "training", setting)
        groups.append(series(own, shown(setting), colour, "training (hours)", "network"))
    shorter = sum(b.x < a.x for a, b in zip(groups[0].marks, groups[1].marks, strict=True))
    return dots(
        say(
            "Training is shorter with progressive learning in {shorter} of {all} cases",
            shorter=shorter,
            all=len(groups[0].marks),
        ),
        shown("training (hours)"),
        groups,
    )


def adaptive() -> Iterator[Line]:
    """Table 13: progressive or random sizes, with and without adaptive regularisation."""
    for row, before in after_another(rows("v2_ablations", table="Table 13")):
        top1 = row.number("top1_percent")
        gain = round(top1 - before.number("top1_percent"), 2) if before else None
        values: dict[str, Value] = {
            TOP1: row["top1_percent"],
            "deviation over 3 runs": two_decimals(row["top1_std_percent"]),
            "gain (points)": Beside(row["top1_gain_points"], gain),
        }
        yield row.line(values, name=row["setting"])


def adaptive_finding(lines: Lines) -> str:
    """What adapting the regularisation gains."""
    gains = in_a_row(
        f"{shown(x.name.partition(',')[0])} {x.beside('gain (points)').computed:+.1f}"
        for x in lines
        if x.beside("gain (points)").checked
    )
    return say(
        "Letting regularisation grow with the image size gains with either schedule: {gains}.",
        gains=gains,
    )


def adaptive_chart(lines: Lines) -> Chart:
    """Accuracy with its deviation."""
    best = max(lines, key=lambda x: x.number(TOP1))
    return dots(
        say(
            "{row}: {top1} %, the best of four",
            row=shown(best.name).capitalize(),
            top1=best.values[TOP1],
        ),
        say("ImageNet top-1 (%), bar: deviation over 3 runs"),
        (series(lines, say("mean of 3 runs"), "v2", TOP1, spread="deviation over 3 runs"),),
    )


EXHIBITS = (
    exhibit("v2-table-6", progressive, progressive_finding, progressive_chart),
    exhibit("v2-table-12", other_networks, other_networks_finding, other_networks_chart),
    exhibit("v2-table-13", adaptive, adaptive_finding, adaptive_chart),
)
