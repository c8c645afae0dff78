"""Figures of cost: bars, treemap and counters hold the integers of their records."""

import pytest

import effnet
from effnet import figures
from effnet.counting import formulas, memory, receipts
from effnet.counting.counters import opinions
from effnet.counting.formulas import QUANTITIES
from effnet.counting.receipts import Part
from effnet.figures.cost_bars import short_name
from effnet.network.layer_walk import KINDS

B0 = effnet.get_variant("b0")
UNITS = {"macs": 1e6, "params": 1e3, "activations": 1e3, "memory": 2**20}


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_bars_add_up_to_the_network(quantity):
    found = formulas.items(B0, quantity)
    drawn = figures.cost_by_stage(found, quantity)
    height = sum(sum(trace.y) for trace in drawn.data)
    assert height * UNITS[quantity] == pytest.approx(receipts.total(found), rel=1e-12)
    exact = [row[1] for trace in drawn.data for row in trace.customdata]
    assert sum(int(text.replace(",", "")) for text in exact) == receipts.total(found)
    assert "(" in drawn.layout.yaxis.title.text


def test_bars_name_their_kinds_so_that_a_click_finds_them():
    drawn = figures.cost_by_stage(formulas.items(B0, "macs"), "macs")
    kinds = {short_name(kind): kind for kind in KINDS}
    named = [kinds[trace.name] for trace in drawn.data]
    assert named == list(effnet.count(B0).by_kind())


def test_the_title_names_the_largest_stage():
    drawn = figures.cost_by_stage(formulas.items(B0, "macs"), "macs")
    assert drawn.layout.title.text.startswith("Stage 6 MBConv6 has the most: <b>23.7 %</b>")
    params = figures.cost_by_stage(formulas.items(B0, "params"), "params")
    assert "Stage 6" in params.layout.title.text


@pytest.mark.parametrize("name", ["b0", "b7", "resnet50", "mobilenet_v1"])
def test_the_treemaps_cells_fill_their_parents(name):
    found = formulas.items(effnet.get_variant(name), "macs")
    (trace,) = figures.cost_treemap(receipts.tree(found, name), "macs").data
    values = dict(zip(trace.ids, trace.values, strict=True))
    for parent in set(trace.parents) - {""}:
        children = [i for i, p in zip(trace.ids, trace.parents, strict=True) if p == parent]
        assert sum(values[child] for child in children) == values[parent]
    assert trace.values[0] == effnet.count(effnet.get_variant(name)).macs


@pytest.mark.parametrize(
    ("part", "outlined"),
    [(Part(), 0), (Part(2), 1), (Part(2, 1, "expand"), 1), (Part(2, None, "expand"), 2)],
    ids=["all", "stage", "cell", "kind in a stage"],
)
def test_the_open_part_is_outlined(part, outlined):
    nodes = receipts.tree(formulas.items(B0, "macs"), "B0")
    (trace,) = figures.cost_treemap(nodes, "macs", selected=part).data
    assert sum(width > 0 for width in trace.marker.line.width) == outlined


def test_counters_show_what_each_adds():
    drawn = figures.counters_compared(opinions(B0))
    added: dict[str, float] = {}
    for trace in drawn.data:
        if trace.type == "bar":
            for tool, value in zip(trace.y, trace.x, strict=True):
                added[tool] = added.get(tool, 0) + value * 1e6
    core = effnet.count(B0).macs
    for one in opinions(B0):
        assert added[one.title] == pytest.approx(one.counted - core)
    assert "<b>7.6 %</b>" in drawn.layout.title.text
    assert "BatchNorm" in drawn.layout.title.text


def test_what_a_tool_really_said_is_a_filled_dot_where_its_bar_ends():
    said = {one.tool: one.says for one in opinions(B0)}
    drawn = figures.counters_compared(opinions(B0), measured=said)
    dots = drawn.data[-1]
    assert dots.marker.symbol == "circle"
    core = effnet.count(B0).macs
    ends = [(one.counted - core) / 1e6 for one in opinions(B0)]
    assert list(dots.x) == pytest.approx(ends)


def test_the_curves_mark_the_peak_and_the_half():
    points = memory.curve(B0)
    line, mark = figures.live_memory(points).data
    assert max(line.y) == mark.y[0] == memory.peak(B0).live / 2**20
    line, mark = figures.kept_memory(points).data
    assert line.y[-1] == memory.training_bytes(B0) / 2**20
    assert line.y[-1] / 2 <= mark.y[0] <= line.y[-1]
    assert "stage 2, block 2" in figures.kept_memory(points).layout.title.text


def test_the_stages_stand_under_the_curve():
    axis = figures.live_memory(memory.curve(B0)).layout.xaxis
    assert list(axis.ticktext) == [str(stage) for stage in range(9)]
    assert list(axis.tickvals) == sorted(axis.tickvals)
