"""Figures of equal costs and searches: drawn to scale, marks by origin, titles true."""

import itertools
import math

import pytest

from effnet import figures
from effnet.counting.cost import count
from effnet.network.variants import get_variant
from effnet.papers import dimension_results, search_objectives
from effnet.scaling import equal_cost_search, search
from effnet.scaling.compound import scale

FOUR = equal_cost_search.at_budget("b0", 4)
MACS = 10**9
SURFACE = equal_cost_search.equal_cost("b0", MACS)


def named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


# --- drawings ---------------------------------------------------------------------------------


def test_every_row_is_drawn_to_one_scale():
    figure = figures.equal_budget_drawings(FOUR)
    rows, ghosts = figure.data[::2], figure.data[1::2]
    base = get_variant("b0")
    for bars, ghost, one in zip(rows, ghosts, FOUR, strict=True):
        stages = one.spec().stages
        assert list(bars.width)[1:-1] == [stage.channels for stage in stages]
        assert list(ghost.width)[1:-1] == [stage.channels for stage in base.stages]
        unit = -ghost.base[1] / base.stages[0].repeats
        assert [-below / unit for below in bars.base][1:-1] == pytest.approx(
            [stage.repeats for stage in stages]
        )
        sides = [top + below for top, below in zip(bars.y, bars.base, strict=True)]
        assert sides[0] == pytest.approx(math.ceil(one.resolution / 2))
    axes = [figure.layout[f"yaxis{number or ''}"] for number in ("", 2, 3, 4)]
    assert len({tuple(axis.range) for axis in axes}) == 1
    heights = {round(axis.domain[1] - axis.domain[0], 9) for axis in axes}
    assert len(heights) == 1


def test_slabs_never_overlap_even_at_the_widest():
    figure = figures.equal_budget_drawings(equal_cost_search.at_budget("b0", 16))
    for bars in figure.data:
        edges = [(x - w / 2, x + w / 2) for x, w in zip(bars.x, bars.width, strict=True)]
        assert all(left[1] < right[0] for left, right in itertools.pairwise(edges))


@pytest.mark.parametrize("base", equal_cost_search.COMPARED)
def test_every_base_can_be_drawn(base):
    figure = figures.equal_budget_drawings(equal_cost_search.at_budget(base, 16))
    assert len(figure.data) == 8


def test_the_title_says_what_the_budget_buys():
    title = figures.equal_budget_drawings(FOUR).layout.title.text
    assert title.startswith("1.54 G multiply-adds buy 63 blocks or 2.10 x the channels or 448 px")


# --- what the paper measured ------------------------------------------------------------------


@pytest.mark.parametrize("name", dimension_results.experiments("b0"))
def test_measured_networks_are_hollow_diamonds(name):
    figure = figures.accuracy_by_way(dimension_results.experiment("b0", name))
    assert {trace.marker.symbol for trace in figure.data} == {"diamond-open"}


def test_the_budget_is_a_line_without_an_accuracy():
    rows = dimension_results.experiment("b0", "Figure 8")
    (line,) = figures.accuracy_by_way(rows, budget=2 * 10**9).layout.shapes
    assert (line.x0, line.x1, line.yref) == (2, 2, "paper")


def test_dots_move_to_what_is_counted():
    rows = dimension_results.experiment("b0", "Figure 4")
    (plain,) = named(figures.accuracy_by_way(rows), "Width at d = 1, r = 1")
    (moved,) = named(figures.accuracy_by_way(rows, counted=True), "Width at d = 1, r = 1")
    assert plain.x[0] == pytest.approx(0.5)
    assert moved.x[0] == pytest.approx(0.385814752)
    assert len(moved.x) == 6 < len(plain.x)  # most widths are not printed


def test_the_title_ranks_the_ways():
    rows = dimension_results.experiment("resnet50", "Table 3")
    assert figures.accuracy_by_way(rows).layout.title.text == (
        "Compound reaches 78.8 % top-1; depth only 78.1, width only 77.7, resolution only 77.5"
    )


# --- equal cost -------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [figures.equal_cost_surface, figures.equal_cost_map])
def test_dots_are_the_networks_in_order(draw):
    (dots,) = named(draw(SURFACE), "network")
    networks = SURFACE.networks()
    assert list(zip(dots.y, dots.x, strict=True)) == [(n[0], n[1]) for n in networks]


def test_the_surface_goes_through_its_dots():
    figure = figures.equal_cost_surface(SURFACE)
    (surface,), (dots,) = named(figure, "surface"), named(figure, "network")
    heights = [value for row in surface.z for value in row if value is not None]
    assert heights == list(dots.z)
    colours = [value for row in surface.surfacecolor for value in row if value is not None]
    assert colours == pytest.approx([n[4] / 1e6 for n in SURFACE.networks()])


def test_the_design_is_drawn_last():
    for draw in (figures.equal_cost_surface, figures.equal_cost_map):
        figure = draw(SURFACE, corners=FOUR, line=((1, 1, 224),), chosen=(1.2, 1.1, 258))
        assert figure.data[-1].name == "this design"


# --- searches ---------------------------------------------------------------------------------


def test_candidates_are_coloured_by_their_real_cost():
    found = search.step_one("b0", 0.1)
    (dots,) = named(figures.coefficient_grid(found), "candidate")
    start = count(get_variant("b0")).macs
    real = count(scale("b0", depth=found[3].alpha, width=found[3].beta,
                       resolution=round(224 * found[3].gamma))).macs  # fmt: skip
    assert dots.marker.color[3] == pytest.approx(real / start)


@pytest.mark.parametrize("draw", [figures.coefficient_grid, figures.promised_and_real])
def test_the_published_choice_is_a_hollow_diamond(draw):
    (mark,) = named(draw(search.step_one("b0", 0.1)), "published")
    assert mark.marker.symbol == "diamond-open"
    assert not named(draw(search.step_one("b0", 0.05)), "published")


def test_the_front_is_joined_and_the_choice_largest():
    found = search.solve("b0", search.Limits(macs=MACS))
    figure = figures.budget_front(found.fits, found.front, best=found.best)
    (front,), (best,) = named(figure, "front"), named(figure, "best")
    assert list(front.y) == [fit.spread for fit in found.front]
    assert best.marker.size > front.marker.size
    assert f"Of {len(found.fits):,} networks" in figure.layout.title.text


def test_nothing_that_fits_says_so():
    assert "Nothing fits" in figures.budget_front((), ()).layout.title.text


def test_rewards_start_at_the_printed_accuracy():
    ranked = search_objectives.rated_by_first()
    figure = figures.rewards(ranked)
    printed = {
        name: x
        for trace in figure.data
        if trace.marker.symbol == "diamond-open"
        for name, x in zip(trace.y, trace.x, strict=True)
    }
    assert printed == {one.name: one.top1 for one in ranked}
    assert list(figure.layout.yaxis.categoryarray) == [one.name for one in ranked][::-1]
    assert figure.layout.title.text == (
        "EfficientNet-B0 comes first; EfficientNetV2-L, the most accurate, 19th of 19"
    )
