"""Exhibits drawn again: printed numbers hollow, ours as lines, labels that stand clear."""

import plotly.graph_objects as go
import pytest

from effnet import figures, papers
from effnet.base import colours
from effnet.papers.records import Axis, Chart, Mark, Series

DRAWINGS = [
    (key, name)
    for key, one in papers.EXHIBITS.items()
    for name in [*dict(one.charts), *(["beside"] if papers.verdict(key).checked else [])]
]

UNITLESS = {"phi", "training stage", "RandAugment magnitude"}


def chart(key: str, name: str) -> Chart | papers.Network:
    one = papers.get_exhibit(key)
    lines = papers.lines(key)
    return (
        papers.beside_chart(lines, one.word) if name == "beside" else dict(one.charts)[name](lines)
    )


@pytest.mark.parametrize(("key", "name"), DRAWINGS, ids=["-".join(pair) for pair in DRAWINGS])
def test_every_drawing_is_valid_and_says_what_to_see(key, name):
    found = chart(key, name)
    if isinstance(found, papers.Network):
        return  # drawn by network_drawing, which has its own tests
    for dark in (False, True):
        with colours.on_page(dark):
            drawn = figures.exhibit_redrawn(found, source="a table", chosen=0)
        go.Figure(drawn.to_dict())  # figures are made unchecked; here every property is checked
        assert len(drawn.layout.title.text) > 20
        assert "(" in drawn.layout.xaxis.title.text or found.x.title in UNITLESS
        assert drawn.layout.height >= 200
        assert all(len(trace.x) for trace in drawn.data)


SMALL = Chart(
    "A title",
    Axis("cost (G, log scale)", log=True),
    Axis("accuracy (%)"),
    (
        Series("counted", "v1", (Mark(1.0, 70, "a"), Mark(2.0, 75, "b")), "computed"),
        Series("printed", "v1", (Mark(1.1, 70, "a", "A", line=3), Mark(2.1, 75, "b", "B", line=4))),
    ),
)


def test_printed_points_are_hollow_diamonds_and_ours_a_line():
    ours, printed, key = figures.exhibit_redrawn(SMALL).data
    assert (ours.mode, printed.marker.symbol) == ("lines+markers", "diamond-open")
    assert ours.marker.symbol.startswith("line-")
    assert (ours.showlegend, key.name, key.mode) == (False, "line: computed", "lines")


def test_the_hover_text_names_the_source_of_every_point():
    ours, printed, _ = figures.exhibit_redrawn(SMALL, source="arXiv:1905.11946v5 Table 2").data
    assert [row[1] for row in ours.customdata] == ["computed here"] * 2
    assert [row[1] for row in printed.customdata] == ["arXiv:1905.11946v5 Table 2"] * 2


def test_the_chosen_row_is_drawn_large():
    printed = figures.exhibit_redrawn(SMALL, chosen=4).data[1]
    assert printed.marker.size[1] > printed.marker.size[0]


def test_a_family_has_its_colour_and_a_setting_one_of_its_own():
    printed = figures.exhibit_redrawn(SMALL, dark=True).data[1]
    assert printed.marker.color == "#56B4E9"
    shown = {colours.setting(i) for i in range(1, 9)}
    assert len(shown) == 8
    assert colours.setting(9) == colours.setting(1)


def test_labels_that_would_lie_on_each_other_are_left_out():
    marks = tuple(Mark(1 + i / 1000, 70, f"n{i}", f"a long name {i}") for i in range(5))
    far = Mark(9.0, 90, "far", "far away")
    crowded = Chart("t", Axis("x (G)"), Axis("y (%)"), (Series("s", "other", (*marks, far)),))
    texts = figures.exhibit_redrawn(crowded).data[0].text
    assert texts[-1] == "far away"
    assert sum(bool(text) for text in texts) == 2


def test_names_keep_the_order_of_the_table():
    drawn = figures.exhibit_redrawn(papers.beside_chart(papers.lines("v1-table-7"), "printed"))
    assert list(drawn.layout.yaxis.categoryarray) == [x.name for x in papers.lines("v1-table-7")]
    assert drawn.layout.yaxis.autorange == "reversed"


def test_the_line_at_zero_is_our_count_and_bars_are_what_rounding_hides():
    """Table 7's 1.8 G could be 1.75 to 1.85 G; we count 1.575 G."""
    drawn = figures.exhibit_redrawn(papers.beside_chart(papers.lines("v1-table-7"), "printed"))
    assert drawn.layout.shapes[0].x0 == drawn.layout.shapes[0].x1 == 0
    assert drawn.layout.annotations[0].text == "computed"
    (points,) = drawn.data
    depth = list(points.y).index("scale by depth")
    assert points.x[depth] == pytest.approx(100 * (1.8 / 1.575 - 1), abs=0.1)
    assert points.error_x.array[depth] == pytest.approx(100 * 0.05 / 1.575, abs=0.01)


def test_figure_3_is_drawn_at_the_figures_own_costs():
    drawn = figures.exhibit_redrawn(chart("v1-figure-3", "Accuracy"))
    depth = next(t for t in drawn.data if t.name == "depth")
    assert list(depth.x) == [0.5, 0.95, 1.4, 1.85, 2.749, 3.649]
    counted = next(t for t in drawn.data if t.name == "depth, counted")
    assert counted.x[0] == pytest.approx(0.3858, abs=1e-4)


def test_a_deviation_is_a_bar():
    drawn = figures.exhibit_redrawn(chart("v2-table-5", "Accuracy"))
    small = next(t for t in drawn.data if t.name == "128 px")
    assert list(small.error_y.array) == [0.16, 0.08, 0.15]
    assert list(drawn.layout.xaxis.tickvals) == [5, 10, 15]


def test_names_beside_the_count_stand_in_the_tables_order():
    lines = papers.lines("v2-released")  # one of its rows lacks what the others begin with
    drawn = figures.exhibit_redrawn(papers.beside_chart(lines, "printed"))
    assert list(drawn.layout.yaxis.categoryarray) == [line.name for line in lines]
