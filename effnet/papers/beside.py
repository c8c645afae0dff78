"""Ours beside the printed numbers: counts of the networks in the papers, ratios, the furthest off.

Standard library only.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from effnet.base import EffnetError, mark, say, significant
from effnet.counting import count
from effnet.network import Spec, blocks_of, get_variant, joined, walk
from effnet.papers.records import (
    Axis,
    Beside,
    Chart,
    Line,
    Lines,
    Mark,
    Origin,
    Series,
    Value,
    grouped,
    half_unit,
    number,
)
from effnet.papers.wording import shown, tidy
from effnet.scaling import Design

RESNET152_REPEATS = (3, 8, 36, 3)  # arXiv:1512.03385 Table 1
KNOWN = {
    "ResNet-50": "resnet50",
    "ResNet50": "resnet50",
    "MobileNetV1": "mobilenet_v1",
    "MobileNetV2": "mobilenet_v2",
}
NOT_OURS = mark(
    "Accuracies need training, and networks outside the families here have no row to count."
)


def variant(name: str) -> str | None:
    """The variant that a paper's name means: `EfficientNetV2-S (21k)` is `v2_s`; None if none."""
    plain = name.partition(" (")[0].partition(",")[0]
    if plain in KNOWN:
        return KNOWN[plain]
    if plain == "L2-475":
        return "l2"
    try:
        return get_variant(plain).name
    except EffnetError:
        return None


@lru_cache(maxsize=1)
def resnet152() -> Spec:
    """ResNet-152: ResNet-50 with more blocks in its stages."""
    small = get_variant("resnet50")
    stages = zip(small.stages, RESNET152_REPEATS, strict=True)
    return replace(small, name="ResNet-152", stages=tuple(replace(s, repeats=n) for s, n in stages))


def network(name: str) -> Spec | None:
    """The network that a paper's name means, if it is one that can be counted here."""
    if name in {"ResNet-152", "ResNet152"}:
        return resnet152()
    found = variant(name)
    return get_variant(found) if found else None


def released(name: str) -> Design | None:
    """The released network of that name as the controls describe it."""
    found = variant(name)
    if found in {"resnet50", "mobilenet_v1", "mobilenet_v2"}:
        return Design(mode="free", base=found)
    return Design(mode="released", released=found) if found else None


def free(
    base: str = "b0", *, depth: float = 1.0, width: float = 1.0, resolution: int = 0
) -> Design:
    """A network scaled by free multipliers, as the controls describe it."""
    return Design(mode="free", base=base, depth=depth, width=width, resolution=resolution)


def scaled(depth: float, width: float, resolution: float, *, base: str = "b0") -> Design:
    """A base of 224 px with three factors, as the controls describe it."""
    side = round(224 * resolution) if resolution != 1 else 0
    return free(base, depth=depth, width=width, resolution=side)


def edited(origin: str, spec: Spec, *, head: int = 0) -> Design:
    """A released network with its stages replaced by a network's, as the controls describe it."""
    return Design(mode="edited", origin=origin, blocks=joined(blocks_of(spec)), own_head=head)


@lru_cache(maxsize=512)
def counted(spec: Spec, resolution: int | None = None) -> tuple[int, int]:
    """Parameters and multiply-adds of a network."""
    cost = count(spec, resolution=resolution)
    return cost.params, cost.macs


@lru_cache(maxsize=64)
def params_without_classifier(spec: Spec) -> int:
    """Parameters of everything before the classifier."""
    return sum(row.params for row in count(spec).layers if row.kind != "classifier")


@lru_cache(maxsize=64)
def params_with_statistics(spec: Spec) -> int:
    """Parameters with BatchNorm's running mean and variance, as Keras counts them."""
    layers = (layer for block in walk(spec) for layer in block.layers)
    return counted(spec)[0] + sum(2 * layer.out_channels for layer in layers if layer.norm)


def params_m(printed: str, spec: Spec | None) -> Beside:
    """Printed millions of parameters beside ours."""
    return Beside(printed, counted(spec)[0] / 1e6 if spec else None)


def macs_g(printed: str, spec: Spec | None, resolution: int | None = None) -> Beside:
    """Printed billions of multiply-adds ("FLOPs" in the papers) beside ours."""
    return Beside(printed, counted(spec, resolution)[1] / 1e9 if spec else None)


def two_digits(printed: str) -> str:
    """The paper prints B1's multiply-adds as 0.70; the table here lost the last digit."""
    return f"{printed}0" if printed.startswith("0.") and len(printed) == 3 else printed


def two_decimals(printed: str) -> str:
    """A number of a column that the paper prints with two decimals: the table here lost zeros."""
    return f"{float(printed):.2f}" if printed else printed


def drawn(value: str, spec: Spec | None) -> Beside:
    """Billions of multiply-adds measured from a figure beside ours; 2 % apart is the same dot."""
    macs = counted(spec)[1] / 1e9 if spec else None
    return Beside(value, macs, slack=0.02 * (macs or 0.0))


def ratio(printed: str, top: str, bottom: str) -> Beside:
    """A printed ratio beside the one of two printed numbers, as exact as their digits allow."""
    above, below = number(top), number(bottom)
    if above is None or not below:
        return Beside(printed, None)
    value = above / below
    slack = value * (half_unit(top) / above + half_unit(bottom) / below)
    return Beside(printed, value, slack=slack)


def drop(printed: str, before: str, after: str) -> Beside:
    """A printed reduction in percent beside the one of two printed numbers."""
    kept = ratio("", after, before)
    if kept.computed is None:
        return Beside(printed, None)
    return Beside(printed, 100 * (1 - kept.computed), slack=100 * kept.slack)


# --- over the lines of an exhibit ---------------------------------------------------------------


def pairs(lines: Lines) -> Iterator[tuple[Line, str, Beside]]:
    """Every printed number of an exhibit that has one of ours beside it."""
    for line in lines:
        for column, value in line.values.items():
            if isinstance(value, Beside) and value.checked:
                yield line, column, value


def furthest(lines: Lines, column: str | None = None) -> tuple[Line, str, Beside]:
    """The pair that lies furthest apart; of one column, or of all."""
    return max(
        (pair for pair in pairs(lines) if column in (None, pair[1])),
        key=lambda pair: abs(pair[2].off or 0.0),
    )


def worst(lines: Lines) -> tuple[Line, str, Beside] | None:
    """The pair that lies furthest apart of those that do not agree; None where all do."""
    wrong = [pair for pair in pairs(lines) if not pair[2].agrees]
    return max(wrong, key=lambda pair: abs(pair[2].off or 0.0)) if wrong else None


def apart(line: Line, column: str, beside: Beside, word: str = "printed") -> str:
    """A pair in words: `EfficientNet-B4, multiply-adds: 4.2 G printed, 4.39 G computed (...)`."""
    return say("{row}, {pair}", row=shown(line.name), pair=compared(column, beside, word))


def compared(column: str, beside: Beside, word: str = "printed") -> str:
    """A pair in words without the row: `multiply-adds: 4.2 G printed, 4.39 G computed (...)`."""
    quantity, _, unit = column.rstrip(")").partition(" (")
    unit = f" {shown(unit)}" if unit else ""
    ours = beside.computed or 0
    written = f"{ours:,}" if isinstance(ours, int) else significant(ours)
    return say(
        "{quantity}: {theirs} {word}, {ours} computed ({off})",
        quantity=shown(quantity),
        theirs=grouped(beside.printed) + unit,
        word=say(word),
        ours=written + unit,
        off=off(beside),
    )


def off(beside: Beside) -> str:
    """How far a printed number lies from ours: `4.4 % below`."""
    share = beside.off or 0.0
    if beside.agrees:
        return say("the same as printed")
    share_text = significant(abs(100 * share), 2)
    return say("{share} % above" if share > 0 else "{share} % below", share=share_text)


def where(lines: Lines, column: str, value: Value) -> list[Line]:
    """The lines that have this value in a column."""
    return [line for line in lines if line.values[column] == value]


def called(lines: Lines, start: str) -> tuple[list[Line], list[Line]]:
    """The lines whose names begin so, and the others."""
    own = [line for line in lines if line.name.startswith(start)]
    return own, [line for line in lines if line not in own]


def series(
    lines: Iterable[Line],
    name: str,
    colour: str,
    x: str,
    y: str = "",
    *,
    label: Callable[[Line], str] = lambda _: "",
    spread: str = "",
    origin: Origin = "published",
) -> Series:
    """Points of the lines that have both columns.

    Args:
        lines: Of an exhibit.
        name: The series'.
        colour: As in `Series`.
        x: A column.
        y: A column of numbers or of words; the line's name for "".
        label: What is written beside a point.
        spread: The column with half the length of the bar; "" for none.
        origin: Where the numbers come from.
    """
    marks = []
    for line in lines:
        if line.has(x) and (not y or line.has(y)):
            bar = line.number(spread) if spread else 0.0
            place = line.number(x), _height(line, y)
            marks.append(Mark(*place, shown(line.name), label(line), bar, line.place))
    return Series(name, colour, tuple(marks), origin)


def _height(line: Line, column: str) -> float | str:
    value = line.values[column] if column else line.name
    worded = isinstance(value, str) and number(value) is None
    return shown(str(value)) if worded else line.number(column)


def computed(lines: Iterable[Line], name: str, colour: str, x: str, y: str) -> Series:
    """The line through the computed values of column `x` at the published ones of `y`."""
    marks = []
    for line in lines:
        ours = line.beside(x).computed
        if ours is not None and line.has(y):
            marks.append(Mark(ours, line.number(y), shown(line.name), line=line.place))
    return Series(name, colour, tuple(sorted(marks, key=lambda m: m.x)), "computed")


def by_accuracy(title: str, axis: str, groups: Iterable[Series]) -> Chart:
    """A chart of top-1 accuracy against what it costs."""
    axes = Axis(axis, log=True), Axis(say("ImageNet top-1 (%)"))
    return Chart(title, *axes, tuple(group for group in groups if group.marks))


def dots(title: str, axis: str, groups: Iterable[Series], *, log: bool = False) -> Chart:
    """A chart of values by name."""
    return Chart(title, Axis(axis, log), None, tuple(groups))


def beside_chart(lines: Lines, word: str) -> Chart:
    """How far every printed number lies from ours; bars are what rounding may hide."""
    found: dict[str, list[Mark]] = {}
    for line in lines:
        for column, value in line.values.items():
            if isinstance(value, Beside) and value.off is not None:
                point = Mark(
                    100 * value.off,
                    shown(line.name),
                    apart(line, column, value, word),
                    spread=100 * value.hidden,
                    line=line.place,
                )
                found.setdefault(column.partition(" (")[0], []).append(point)
    series = (
        Series(shown(column), f"setting {i + 1}", tuple(marks))
        for i, (column, marks) in enumerate(found.items())
    )
    agreeing = [beside.agrees for _, _, beside in pairs(lines)]
    counts = {"agree": sum(agreeing), "all": len(agreeing), "word": say(word)}
    off_most = worst(lines)
    if off_most:
        title = say(
            "{agree} of {all} {word} numbers agree with ours; {row} is furthest off, {off}",
            **counts,
            row=shown(off_most[0].name),
            off=off(off_most[2]),
        )
    else:
        title = say("{agree} of {all} {word} numbers agree with ours", **counts)
    axis = Axis(say("{word} beside computed (%)", word=say(word)))
    return Chart(tidy(title), axis, None, tuple(series), zero=say("computed"))
