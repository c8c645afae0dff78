"""Figures have titles, units, the right marks, and the values of their records."""

import itertools

import explain_examples
import latency_examples
import plotly.graph_objects as go
import pytest
import scaling_rows

import effnet
from effnet import figures, papers
from effnet.base.colours import on_page
from effnet.classify.answers import Rung
from effnet.classify.prediction import Label
from effnet.counting import counters, formulas, memory, promise, receipts
from effnet.int8.record import Agreement, LayerNoise, Quantized
from effnet.network.layer_walk import walk
from effnet.papers import comparison, dimension_results, published, search_objectives
from effnet.scaling import compound, equal_cost_search, search
from effnet.scaling.design import Design
from effnet.timing.measurements import Environment, Latency
from effnet.timing.options import Options
from effnet.timing.profiles import StageProfile
from effnet.train.augment import survivals
from effnet.train.schedule import Progressive, stage_costs

LABELS = (Label(967, "espresso", 0.9), Label(968, "cup", 0.06), Label(504, "coffee mug", 0.04))
MACHINE = Environment("cpu", "a processor", 2, 0.1, "2", "3.11", "Linux", "2026-01-01")
TIMES = Latency("b0", (20.0, 21.0, 22.0, 23.0, 30.0), Options(resolution=224), None, MACHINE)
PROFILE = [StageProfile(0, 1.0, 0.25, 10, 0.1, 5, 7), StageProfile(1, 3.0, 0.75, 90, 0.9, 6, 8)]


TRAININGS = scaling_rows.grown(fixed=((0.5, 0.6), 9.0), progressive=((0.5, 0.6), 5.0))
SCALED = scaling_rows.rows(compound=scaling_rows.wobbling(0.91))


def phi_figure():
    points = compound.phi_curve([0, 1, 2])
    return figures.macs_along_phi(
        points,
        promise=[point.macs for point in points],
        released=published.released_points(),
        chosen=points[1],
    )


FOUR = equal_cost_search.at_budget("b0", 4)
ONE_COST = equal_cost_search.equal_cost("b0", 10**9)
BUDGET = search.solve("b0", search.Limits(macs=10**9, params=10**7))

ALL = Agreement(19, 20)
LAYERS = (
    LayerNoise("features.0.0", 0, "stem", 0.0, 6.0, 33.0, 53.0),
    LayerNoise("classifier.1", 8, "classifier", -4.0, 11.0, 23.0, None),
)
EIGHT = Quantized("lite0", "own", b"12345", 20, 32, 8, True, True, ALL, ALL, LAYERS, None, None)

B0 = effnet.get_variant("b0")
DRAWN = (
    latency_examples.DRAWN
    | explain_examples.DRAWN
    | {
        "layer_noise": lambda: figures.layer_noise({"int8": EIGHT}),
        "cost_by_stage": lambda: figures.cost_by_stage(formulas.items(B0, "macs"), "macs"),
        "cost_treemap": lambda: figures.cost_treemap(
            receipts.tree(formulas.items(B0, "params"), "B0"), "params"
        ),
        "counters_compared": lambda: figures.counters_compared(counters.opinions(B0)),
        "live_memory": lambda: figures.live_memory(memory.curve(B0)),
        "kept_memory": lambda: figures.kept_memory(memory.curve(B0)),
        "block_survival": lambda: figures.block_survival(
            survivals(effnet.get_variant("b0")), [True] * 16
        ),
        "paired_differences": lambda: figures.paired_differences(SCALED),
        "run_curves": lambda: figures.run_curves({"a training": [{"epoch": 1, "top1": 0.5}]}),
        "scaling_experiment": lambda: figures.scaling_experiment(SCALED, here=SCALED[:2]),
        "schedule_staircase": lambda: figures.schedule_staircase(
            Progressive(), stage_costs(Progressive(), effnet.get_variant("b0"))
        ),
        "time_and_accuracy": lambda: figures.time_and_accuracy(TRAININGS),
        "accuracy_by_way": lambda: figures.accuracy_by_way(
            dimension_results.experiment("b0", "Figure 8"), budget=10**9
        ),
        "budget_front": lambda: figures.budget_front(
            BUDGET.fits, BUDGET.front, best=BUDGET.best, enough=0.95e9
        ),
        "coefficient_grid": lambda: figures.coefficient_grid(
            search.step_one("b0", 0.1), chosen=(1.2, 1.1, 1.15)
        ),
        "equal_budget_drawings": lambda: figures.equal_budget_drawings(FOUR),
        "equal_cost_map": lambda: figures.equal_cost_map(
            ONE_COST, corners=FOUR, line=((1, 1, 224), (1.2, 1.1, 258)), chosen=(1, 1, 224)
        ),
        "equal_cost_surface": lambda: figures.equal_cost_surface(
            ONE_COST, corners=FOUR, line=((1, 1, 224), (1.2, 1.1, 258)), chosen=(1, 1, 224)
        ),
        "promised_and_real": lambda: figures.promised_and_real(search.step_one("b0", 0.1)),
        "exhibit_redrawn": lambda: figures.exhibit_redrawn(
            papers.beside_chart(papers.lines("v1-table-2"), "printed"), source="Table 2"
        ),
        "rewards": lambda: figures.rewards(search_objectives.rated_by_first()),
        "block_anatomy": lambda: figures.block_anatomy(
            list(walk(effnet.get_variant("b0")))[2], title="Stage 2"
        ),
        "accuracy_against_cost": lambda: figures.accuracy_against_cost(
            comparison.rivals(), "macs", designs=[comparison.pinned(Design())]
        ),
        "promise_to_real": lambda: figures.promise_to_real(
            promise.steps_from_promise(
                effnet.get_variant("b0"), depth=1.2, width=1.1, resolution=258
            ),
            base_macs=385_814_752,
        ),
        "macs_along_phi": phi_figure,
        "network_drawing": lambda: figures.network_drawing(
            effnet.compound_scale(1), base=effnet.get_variant("b0")
        ),
        "designs_beside": lambda: figures.designs_beside(
            [comparison.pinned(Design()), comparison.pinned(Design(phi=1))]
        ),
        "ladder": lambda: figures.ladder(
            [Rung("lite0", "espresso", 0.9, 1, 0.9, 0.01), Rung("b0", "cup", 0.5, 2, 0.4, 0.02)],
            ["Lite0", "B0"],
            "espresso",
        ),
        "mistakes": lambda: figures.mistakes(
            ["BGR", "squashed"], [0.2, 0.8], ["cup", "espresso"], right="espresso", usual=0.9
        ),
        "probability_curves": lambda: figures.probability_curves(
            [0, 1, 2], {"espresso": [0.9, 0.5, 0.1]}, title="It falls", unit="sigma (px)", chosen=1
        ),
        "top_classes": lambda: figures.top_classes(LABELS),
        "latency_samples": lambda: figures.latency_samples(TIMES),
        "stage_mirror": lambda: figures.stage_mirror(PROFILE),
    }
)


def test_every_public_figure_is_tried_here():
    plumbing = {"COUNTS", "Values", "known_language", "locale", "plotly_config", "short_name"}
    plumbing |= {"term_picture"}  # no Plotly: tests/report/test_glossary.py
    assert sorted(DRAWN) == sorted(set(figures.__all__) - plumbing)


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_figure_has_a_title_a_height_and_readable_ink(draw, dark):
    with on_page(dark):
        layout = draw().layout
    assert layout.title.text
    assert layout.height >= 150
    assert layout.legend.y is None or layout.legend.yref == "paper"  # at the foot or in the plot
    assert layout.template.layout.font.color == ("#FAFAFA" if dark else "#1A1C22")


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_figure_is_valid_plotly(draw):
    """Figures are made unchecked, for speed; here every property is checked."""
    go.Figure(draw().to_dict())


@pytest.mark.parametrize(
    "name", ["macs_along_phi", "top_classes", "latency_samples", "stage_mirror"]
)
def test_quantities_have_units(name):
    layout = DRAWN[name]().layout
    titles = [axis.title.text or "" for axis in (layout.xaxis, layout.yaxis)]
    assert any("(" in title for title in titles)


def test_published_networks_are_hollow_diamonds_at_their_printed_cost():
    trace = next(t for t in phi_figure().data if t.name.startswith("published"))
    assert trace.marker.symbol == "diamond-open"
    assert list(trace.text) == [f"B{i}" for i in range(8)]
    assert list(trace.y) == [0.39, 0.7, 1.0, 1.8, 4.2, 9.9, 19.0, 37.0]  # Table 2


def test_a_published_bar_spans_what_its_axes_imply():
    trace = next(t for t in phi_figure().data if t.name.startswith("published"))
    b4 = list(trace.text).index("B4")
    low = trace.x[b4] - trace.error_x.arrayminus[b4]
    high = trace.x[b4] + trace.error_x.array[b4]
    assert (low, high) == (pytest.approx(3.22, abs=0.01), pytest.approx(3.78, abs=0.01))


def test_the_design_is_drawn_last():
    assert phi_figure().data[-1].name == "this design"


def test_slabs_are_as_wide_as_channels_and_as_high_as_maps():
    spec = effnet.get_variant("b0")
    (bars,) = figures.network_drawing(spec).data
    assert list(bars.width) == [32, 16, 24, 40, 80, 112, 192, 320, 1280]
    assert list(bars.y) == [112, 112, 56, 28, 14, 14, 7, 7, 7]


def test_slabs_never_overlap():
    for name in effnet.list_variants():
        bars = figures.network_drawing(effnet.get_variant(name)).data[-1]
        edges = [(x - w / 2, x + w / 2) for x, w in zip(bars.x, bars.width, strict=True)]
        assert all(a[1] < b[0] for a, b in itertools.pairwise(edges))


def test_mirrored_shares_sum_to_the_whole():
    macs, time, _ = figures.stage_mirror(PROFILE).data
    assert sum(macs.x) == pytest.approx(-100)
    assert sum(time.x) == pytest.approx(100)


def test_the_median_line_is_the_median():
    shapes = figures.latency_samples(TIMES).layout.shapes
    assert shapes[1].y0 == shapes[1].y1 == 22.0


def luminance(colour):
    """WCAG 2's relative luminance."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """WCAG 2's ratio of contrast, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_colours(part):
    """The colours of all fonts within a figure's plain data, but those inside marks."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if key in ("font", "textfont", "tickfont") and isinstance(value.get("color"), str):
            yield value["color"]
        if isinstance(value, dict | list | tuple):
            yield from text_colours(value)


def test_contrast_is_wcags():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_figure_is_read_on_any_page_where_nobody_says_whether_it_is_dark(draw):
    drawn = draw()
    backgrounds = {
        drawn.layout[f"{part}_bgcolor"] or drawn.layout.template.layout[f"{part}_bgcolor"]
        for part in ("paper", "plot")
    }
    (paper,) = backgrounds
    colours = set(text_colours(drawn.to_plotly_json()))
    assert "#1A1C22" in colours
    assert min(contrast(colour, paper) for colour in colours) >= 4.5


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_page_that_says_what_it_is_shows_through(draw, dark):
    with on_page(dark):
        layout = draw().layout.template.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("name", ["network_drawing", "top_classes"])
def test_one_figure_may_be_told_its_page(name):
    given = {"network_drawing": B0, "top_classes": LABELS}[name]
    draw = getattr(figures, name)
    with on_page(True):
        dark, light = draw(given), draw(given, dark=False)
    assert dark.to_json() == draw(given, dark=True).to_json() != light.to_json()
    with on_page(False):
        assert light.to_json() == draw(given).to_json()
