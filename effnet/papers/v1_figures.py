"""Figures of the first paper: accuracy against size and cost, and the activation maps' networks."""

from collections.abc import Iterator

from effnet.base import in_a_row, say, significant
from effnet.papers.beside import (
    by_accuracy,
    called,
    computed,
    macs_g,
    params_m,
    scaled,
    series,
    two_digits,
)
from effnet.papers.printed_rows import rows
from effnet.papers.records import Chart, Line, Lines, Value, exhibit
from effnet.papers.sources import MACS, PARAMS, TOP1
from effnet.papers.wording import shown, tidy
from effnet.scaling import Design

# --- Figures 1 and 5 ------------------------------------------------------------------------------


def accuracy() -> Lines:
    """What Figures 1 and 5 plot: the numbers of Table 2."""
    return tuple(
        row.line(
            {
                TOP1: row["top1_percent"],
                PARAMS: params_m(row["params_M"], row.network),
                MACS: macs_g(two_digits(row["mult_adds_B"]), row.network),
            }
        )
        for row in rows("convnet_comparison")
    )


def accuracy_finding(lines: Lines) -> str:
    """The pair of networks that saves most parameters."""
    small, large = _widest(lines, PARAMS)
    saved = large.number(PARAMS) / small.number(PARAMS)
    return say(
        "{small} reaches {top1} % with {saved} times fewer parameters than {large} needs for "
        "{its} %.",
        small=small.name,
        top1=small.values[TOP1],
        saved=significant(saved, 2),
        large=large.name,
        its=large.values[TOP1],
    )


def _widest(lines: Lines, column: str) -> tuple[Line, Line]:
    """An EfficientNet and a network no better than it, as far apart in size as any such two."""
    ours = [x for x in lines if x.name.startswith("EfficientNet") and x.has(column)]
    rest = [x for x in lines if not x.name.startswith("EfficientNet") and x.has(column)]
    found = [(a, b) for a in ours for b in rest if a.number(TOP1) >= b.number(TOP1)]
    same = [
        (min((a for a, other in found if other is b), key=lambda a: a.number(column)), b)
        for b in {id(b): b for _, b in found}.values()
    ]
    return max(same, key=lambda pair: pair[1].number(column) / pair[0].number(column))


def _accuracy_chart(lines: Lines, column: str, axis: str, what: str) -> Chart:
    small, large = _widest(lines, column)
    times = significant(large.number(column) / small.number(column), 2)
    ours, rest = called(lines, "EfficientNet")
    return by_accuracy(
        say(
            "{small} does better than {large} with {times} times fewer {what}"
            if small.number(TOP1) > large.number(TOP1)
            else "{small} does as well as {large} with {times} times fewer {what}",
            small=small.name,
            large=large.name,
            times=times,
            what=what,
        ),
        axis,
        (
            computed(ours, say("{series}, counted", series="EfficientNet"), "v1", column, TOP1),
            series(rest, say("other networks"), "other", column, TOP1, label=lambda x: x.name),
            series(ours, "EfficientNet", "v1", column, TOP1, label=lambda x: x.name[-2:]),
        ),
    )


def by_parameters(lines: Lines) -> Chart:
    """Figure 1."""
    return _accuracy_chart(lines, PARAMS, say("parameters (M, log scale)"), say("parameters"))


def by_macs(lines: Lines) -> Chart:
    """Figure 5."""
    return _accuracy_chart(lines, MACS, say("multiply-adds (G, log scale)"), say("multiply-adds"))


# --- Table 7 --------------------------------------------------------------------------------------


def map_models() -> Iterator[Line]:
    """Table 7: the four scaled networks whose class activation maps Figure 7 shows."""
    for row in rows("cam_models"):
        start = row.factors == (1, 1, 1)
        design = Design(mode="released", released="b0") if start else scaled(*row.factors)
        values: dict[str, Value] = {
            **dict(zip("dwr", row.factors, strict=True)),
            "top-1, v3 and v5 (%)": row["top1_percent_arxiv_v5"],
            "top-1, v2 (%)": row["top1_percent_arxiv_v2"],
            MACS: macs_g(row["mult_adds_B"], design.spec()),
        }
        yield row.line(values, name=row["model"].partition(" (")[0], design=design)


def map_models_finding(lines: Lines) -> str:
    """Which rows the released B0 does not give."""
    wrong = [line for line in lines if not line.beside(MACS).agrees]
    right = [line for line in lines if line.beside(MACS).agrees]
    offs = sorted(abs(100 * (line.beside(MACS).off or 0)) for line in wrong)
    return say(
        "Scaled by one dimension, B0 is printed {low:.0f} to {high:.0f} % above what its released "
        "code counts; {rows} agree.",
        low=offs[0],
        high=offs[-1],
        rows=tidy(in_a_row((shown(line.name) for line in right), " and ")),
    )


EXHIBITS = (
    exhibit("v1-figure-1", accuracy, accuracy_finding, by_parameters, by_macs),
    exhibit("v1-table-7", map_models, map_models_finding),
)
