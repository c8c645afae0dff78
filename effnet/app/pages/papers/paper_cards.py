"""The cards of the Papers page: index, drawing, what it shows, live check, table, overview."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

import effnet
from effnet import papers
from effnet.app.kit import live, sheet, state
from effnet.base import Column, mark, say, verbatim
from effnet.figures import exhibit_redrawn, network_drawing
from effnet.papers import Exhibit, Line, Lines, Network, Table, as_csv, cited, flat, letters, shown
from effnet.scaling import Design

DEFAULT = "v1-figure-1"
PAGE_NAMES = {
    "app.py": mark("Check it live in Scale"),
    "pages/latency.py": mark("Measure it in Latency"),
    "pages/explain.py": mark("See a pretrained network's maps in Explain"),
}
ROW_HEIGHT, MOST_ROWS = 35, 14  # px and rows of the table before it scrolls inside itself
LETTER = 7  # px, of a letter in the table
HELP = {
    "printed": mark("As the source has it"),
    "computed": mark("Counted or worked out here"),
    "off": mark('Printed over computed; "same" where ours rounds to the printed digits'),
}
BESIDE = mark("Beside ours")


def exhibit() -> Exhibit:
    """The exhibit that is shown, which the link says, and the switch between papers."""
    key, note = state.linked(state.EXHIBIT, papers.EXHIBITS, DEFAULT)
    if note:
        st.warning(say("From the link: {note}; choose one below", note=verbatim(note)))
    chosen = papers.get_exhibit(key)
    names = {paper.key: paper.name for paper in papers.PAPERS}
    st.segmented_control(
        say("Paper"),
        list(names),
        key="paper",
        format_func=names.__getitem__,
        required=True,
        on_change=state.told("paper", _first_of),
        label_visibility="collapsed",
        **state.show("paper", chosen.paper, default=chosen.paper),
    )
    return chosen


def turns(one: Exhibit) -> None:
    """The paper's exhibits in a list, and the ways to the one before and the next of all."""
    own = [other.key for other in papers.EXHIBITS.values() if other.paper == one.paper]
    keys = list(papers.EXHIBITS)
    place = keys.index(one.key)

    def turn(label: str, step: int) -> None:
        target = keys[(place + step) % len(keys)]
        allowed = 0 <= place + step < len(keys)
        st.button(
            say(label),
            disabled=not allowed,
            on_click=_open,
            args=(target,),
            help=_named(target) if allowed else None,
        )

    with st.container(horizontal=True, gap="small"):
        turn(mark("Back"), -1)
        st.selectbox(
            say("Table or figure"),
            own,
            key="exhibit_choice",
            format_func=_named,
            on_change=state.told("exhibit_choice", _open),
            label_visibility="collapsed",
            **state.show("exhibit_choice", one.key, index=own.index(one.key)),
        )
        turn(mark("Next"), 1)


def _named(key: str) -> str:
    found = papers.get_exhibit(key)
    return say("{exhibit}: {title}", exhibit=say(found.label), title=say(found.title))


def _open(key: str) -> None:
    state.remember(state.EXHIBIT, key)


def _first_of(paper: str) -> None:
    _open(next(e.key for e in papers.EXHIBITS.values() if e.paper == paper))


# --- the drawing --------------------------------------------------------------------------------


def drawing(one: Exhibit, lines: Lines, index: DeltaGenerator) -> None:
    """The exhibit drawn, in one of the ways it can be; `index` has the room for their switch."""
    charts: dict[str, Any] = dict(one.charts)
    if papers.verdict(one.key).checked:
        charts[BESIDE] = lambda found: papers.beside_chart(found, one.word)
    name = next(iter(charts))
    if len(charts) > 1:
        key = f"draw {one.key}"
        name = (
            index.segmented_control(
                say("Draw"),
                list(charts),
                default=name,
                key=key,
                format_func=say,
                required=True,
                wrap=True,
                label_visibility="collapsed",
            )
            or name
        )
    chart = charts[name](lines)
    alt = say(
        "{exhibit} of {paper}: {title}, {drawing}",
        exhibit=say(one.label),
        paper=papers.get_paper(one.paper).name,
        title=say(one.title),
        drawing=say(name).lower(),
    )
    figure_key = f"exhibit {one.key} {name}"
    if isinstance(chart, Network):
        live.figure(figure_key, network_drawing(chart.spec, base=chart.behind), alt=alt)
        return
    series = {drawn.name: drawn.marks for drawn in chart.series}

    def clicked(trace: str, index: int) -> None:
        marks = series.get(trace, ())
        line = marks[index].line if index < len(marks) else None
        if line is not None and lines[line].design:
            st.session_state[_row_key(one)] = line

    drawn = exhibit_redrawn(chart, source=one.source, chosen=_row(one, lines))
    live.figure(figure_key, drawn, alt=alt, on_click=clicked)


# --- what it shows, notes, live check -----------------------------------------------------------


def reading(one: Exhibit, lines: Lines) -> None:
    """What the exhibit shows, where to check it live, and what to know about its versions."""
    paper = papers.get_paper(one.paper)
    st.markdown(say("**What it shows.** {what}", what=say(one.shows)))
    _live_check(one, lines)
    st.caption(
        say(
            "[{title}]({url}). Redrawn: {source}.",
            title=say(paper.title),
            url=paper.url,
            source=cited(one.source),
        )
    )


def _row_key(one: Exhibit) -> str:
    return f"row {one.key}"


def _choosable(lines: Lines) -> list[int]:
    return [i for i, line in enumerate(lines) if line.design]


def _row(one: Exhibit, lines: Lines) -> int | None:
    """The row that is checked live: the one chosen, else the one that is furthest off."""
    options = _choosable(lines)
    if not options or not one.pages:
        return None
    chosen = st.session_state.get(_row_key(one))
    if chosen in options:
        return int(chosen)
    found = papers.worst(tuple(lines[i] for i in options))
    return lines.index(found[0]) if found else options[0]


def _live_check(one: Exhibit, lines: Lines) -> None:
    row = _row(one, lines)
    if row is None:
        return
    key = _row_key(one)
    with st.container(border=True):
        options = _choosable(lines)
        if len({lines[i].design for i in options}) > 1:
            st.selectbox(
                say("Check live"),
                options,
                key=key,
                format_func=lambda i: shown(lines[i].name),
                help=say("Or click a point of the figure"),
                **state.show(key, row, index=options.index(row) if row in options else 0),
            )
        line = lines[row]
        assert line.design is not None
        for file in one.pages:
            st.page_link(
                file,
                label=say(PAGE_NAMES[file]),
                icon=":material/arrow_forward:",
                query_params=live_query(line.design),
            )
        st.caption("  \n".join(_compared(one, line)))


def live_query(design: Design) -> dict[str, str]:
    """The link's values for a design; never empty, so that a page takes it over."""
    return {"mode": design.mode, **design.to_query()}


def _compared(one: Exhibit, line: Line) -> list[str]:
    return [
        papers.compared(column, beside, one.word) for _, column, beside in papers.pairs((line,))
    ]


def notes(one: Exhibit) -> None:
    """Where versions disagree or something is misprinted, with both values."""
    if one.notes:
        points = [_sourced(note.said, note.source) for note in one.notes]
        st.markdown("\n".join([say("**Versions and misprints**"), "", *points]))


def _sourced(text: str, source: str) -> str:
    return say("- {text} :gray[({source})]", text=text, source=cited(source))


# --- the table ----------------------------------------------------------------------------------


def table(one: Exhibit, lines: Lines) -> None:
    """Every printed number with ours beside it; sorts by value, reads as printed."""
    st.markdown(
        say("**{exhibit}, redrawn**", exhibit=say(one.label)),
        help=say(
            "{uncounted} Diamonds and columns called {word} are published, lines and "
            "columns called computed are ours.",
            uncounted=say(one.uncounted or papers.NOT_OURS),
            word=say(one.word),
        ),
    )
    st.caption(papers.checked(one.key))
    flattened = flat(lines, word=one.word)
    config: dict[str, Any] = {}
    longest = min(max(letters(shown(line.name)) for line in lines), 24)
    for i, column in enumerate(flattened.columns):
        wide = column.kind == "note"
        maker = st.column_config.NumberColumn if column.numeric else st.column_config.TextColumn
        config[_title(column.title)] = maker(
            help=say(HELP[column.kind]) if column.kind in HELP else None,
            pinned=i == 0,
            width="medium" if wide else LETTER * longest + 20 if i == 0 else None,
        )
    st.dataframe(
        _styled(flattened),
        key=f"table {one.key}",
        hide_index=True,
        width="stretch",
        height=ROW_HEIGHT * (min(len(lines), MOST_ROWS) + 1) + 3,
        column_config=config,
        placeholder="",
        alt=say("{exhibit}: printed and computed numbers", exhibit=say(one.label)),
    )
    st.download_button(
        say("This table as CSV"),
        lambda: as_csv(one, lines, header=f"effnet {effnet.__version__}, ?exhibit={one.key}"),
        file_name=f"{one.key}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def _title(title: str) -> str:
    return title or say("row")


def _styled(flattened: Table) -> Any:
    """A frame of values that are shown as they were printed."""
    frame = pd.DataFrame(
        {
            _title(column.title): [row[i].value for row in flattened.rows]
            for i, column in enumerate(flattened.columns)
        }
    )
    texts = {
        _title(column.title): {row[i].value: row[i].text for row in flattened.rows}
        for i, column in enumerate(flattened.columns)
        if column.numeric
    }

    def writer(shown: dict[Any, str]) -> Callable[[Any], str]:
        return lambda value: shown.get(value, "")

    return frame.style.format({title: writer(shown) for title, shown in texts.items()})


# --- at the foot --------------------------------------------------------------------------------


def overview() -> None:
    """All exhibits: how many printed numbers were checked, and what is furthest off."""
    title = say("All tables and figures at a glance")
    with st.expander(title, on_change="rerun", key="all_exhibits") as opened:
        if not opened.open:
            return
        found = [(one, papers.verdict(one.key)) for one in papers.EXHIBITS.values()]
        total = sum(verdict.checked for _, verdict in found)
        agree = sum(verdict.agree for _, verdict in found)
        st.caption(
            say(
                "{agree} of {total} printed or drawn numbers that can be computed agree with "
                "ours. The last column shows the one that is furthest off. Choose a row to "
                "open it.",
                agree=agree,
                total=total,
            )
        )

        sheet.show(
            found,
            Column(mark("paper"), lambda row: papers.get_paper(row[0].paper).name),
            Column(mark("exhibit"), lambda row: _named(row[0].key)),
            Column(mark("checked"), lambda row: row[1].checked),
            Column(mark("agree"), lambda row: row[1].agree),
            Column(mark("furthest off"), lambda row: row[1].worst),
            key="overview",
            on_row=lambda number: _open(found[number][0].key),
            height=ROW_HEIGHT * (MOST_ROWS + 1) + 3,
            alt=say("All exhibits with the numbers checked and the one furthest off"),
        )


def mistakes() -> None:
    """What write-ups often get wrong, said rightly."""
    title = say(
        "Common mistakes in write-ups: {n} things that are true instead", n=len(papers.MISTAKES)
    )
    with st.expander(title, on_change="rerun", key="mistakes") as opened:
        if not opened.open:
            return
        points = [
            _sourced(say("**{topic}.** {truth}", topic=say(m.topic), truth=say(m.truth)), m.source)
            for m in papers.MISTAKES
        ]
        half = -(-len(points) // 2)
        left, right = st.columns(2, gap="medium")
        left.markdown("\n".join(points[:half]))
        right.markdown("\n".join(points[half:]))
