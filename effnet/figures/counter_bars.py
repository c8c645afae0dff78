"""What counters say of one network, and why."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from effnet.base import colours, giga, in_a_row, percent, say
from effnet.counting import PARTS, Opinion
from effnet.figures import marks, theme


@theme.themed
def counters_compared(
    opinions: Sequence[Opinion], *, measured: Mapping[str, int] | None = None
) -> go.Figure:
    """What each tool adds to the multiply-adds that all agree on, by name, and what it prints.

    Args:
        opinions: Of `counters.opinions`.
        measured: What tools really said, by their key; drawn as dots.
    """
    core = next(term.value for term in opinions[0].terms if term.part == "layers")
    names = [opinion.title for opinion in opinions]
    beyond = [opinion.counted - core for opinion in opinions]
    unit, letter = (1e9, "G") if max(beyond) >= 2e9 else (1e6, "M")
    traces = []
    for part, words in PARTS.items():
        sums = [sum(t.value for t in o.terms if t.part == part) for o in opinions]
        if part == "layers" or not any(sums):
            continue
        rules = [in_a_row([say(t.rule) for t in o.terms if t.part == part]) for o in opinions]
        traces.append(
            marks.bars(
                zip((value / unit for value in sums), names, strict=True),
                colours.counted(part),
                orientation="h",
                name=say(words),
                customdata=[[f"{value:,}", rule] for value, rule in zip(sums, rules, strict=True)],
                hovertemplate=say("{tool}: {part}", tool="%{y}", part=say(words))
                + "<br>%{customdata[0]}<br>%{customdata[1]}",
            )
        )
    traces.append(
        marks.points(
            zip((value / unit for value in beyond), names, strict=True),
            mode="text",
            text=[f"\u2002{_printed(opinion)}" for opinion in opinions],
            textposition="middle right",
            showlegend=False,
            cliponaxis=False,
        )
    )
    if measured:
        there = [o for o in opinions if o.tool in measured]
        half = {o.tool: 2 if o.unit.startswith("FLOPs") else 1 for o in there}
        traces.append(
            marks.points(
                (((measured[o.tool] / half[o.tool] - core) / unit, o.title) for o in there),
                name=say("measured: the tool itself"),
                cliponaxis=False,
                marker=marks.dot("measured", theme.ink()),
                customdata=[f"{measured[o.tool]:,}" for o in there],
                hovertemplate=say(
                    "{tool} itself said {number}", tool="%{y}", number="%{customdata}"
                ),
            )
        )
    return theme.figure(
        traces,
        title=_spread(opinions, core),
        height=430,
        barmode="stack",
        bargap=0.35,
        xaxis=theme.axis(
            say("counted besides ({letter})", letter=letter),
            range=[0, max(beyond) / unit * 1.3],
            fixedrange=True,
        ),
        yaxis=theme.names_axis(names, fixedrange=True),
        legend={"font": {"size": 12}, "traceorder": "normal"},
    )


def _printed(opinion: Opinion) -> str:
    if opinion.unit.startswith("FLOPs"):
        return say("{macs}, printed x 2", macs=giga(opinion.counted))
    return giga(opinion.counted)


def _spread(opinions: Sequence[Opinion], core: int) -> str:
    counts = [opinion.counted for opinion in opinions]
    part = _largest_difference(opinions)
    apart = percent(max(counts) / min(counts) - 1)
    return say(
        "All seven tools find {core} in convolutions and fully connected layers; what "
        "they add makes totals differ by <b>{apart}</b>, mostly {part}",
        core=giga(core),
        apart=apart,
        part=part,
    )


def _largest_difference(opinions: Sequence[Opinion]) -> str:
    most = max(opinions, key=lambda opinion: opinion.counted)
    extra = [term for term in most.terms if term.part != "layers"]
    return say(PARTS[max(extra, key=lambda term: term.value).part] if extra else "nothing")
