"""Figures of time show the values, marks and verdicts of their records."""

import re
from dataclasses import replace

import pytest
from latency_examples import (
    B0,
    BATCHES,
    DRAWN,
    EDGE,
    FAMILY,
    GAINS,
    KINDS,
    PACE,
    RACED,
    ROOF,
    SERIES,
    STEPS,
    TWO,
    V100,
    latency,
)

import effnet
from effnet import figures
from effnet.base.language import speaking
from effnet.papers import printed_times
from effnet.timing.comparisons import compared
from effnet.timing.traffic import computed_stages


def named(figure, name: str):
    return next(trace for trace in figure.data if name in (trace.name or ""))


@pytest.mark.parametrize("name", DRAWN)
def test_every_axis_has_a_title_with_its_unit(name):
    layout = DRAWN[name]().layout.to_plotly_json()
    titles = [
        value["title"]["text"]
        for key, value in layout.items()
        if key.startswith(("xaxis", "yaxis")) and isinstance(value, dict) and "title" in value
    ]
    assert len(titles) >= 2 or name in ("option_gains", "race_bars")
    assert all(titles)
    assert any("(" in title for title in titles)


def numbers(figure) -> list[object]:
    """What a figure shows but for its texts: kinds of axis, places of traces."""
    layout = figure.layout.to_plotly_json()
    axes = [
        (key, value.get("type"), value.get("tickvals"))
        for key, value in layout.items()
        if key.startswith(("xaxis", "yaxis"))
    ]
    places = [
        value
        for trace in figure.data
        for values in (trace.x, trace.y)
        for value in values
        if isinstance(value, (int, float))
    ]
    return [axes, places]


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_in_chinese_differs_in_its_texts_only(name):
    english = DRAWN[name]()
    with speaking("zh"):
        chinese = DRAWN[name]()
    assert numbers(chinese) == numbers(english)
    assert re.search(r"[\u4e00-\u9fff]", chinese.layout.title.text)


def test_samples_stand_in_order_and_in_a_histogram():
    found = latency("b0", 20.0)
    strip, bars = figures.latency_samples(found).data
    assert list(strip.y) == list(bars.y) == list(found.samples_ms)
    assert list(strip.x) == list(range(1, 10))
    assert strip.marker.symbol == "circle"


def test_one_sample_far_out_does_not_flatten_the_others():
    outlier = replace(latency("b0", 20.0), samples_ms=(*[20.0] * 20, 900.0))
    drawn = figures.latency_samples(outlier)
    assert drawn.layout.yaxis.range[1] < 100
    assert drawn.data[1].ybins.size < 2.5  # 86.4 ms in 40 bins


def test_a_mirror_without_a_measurement_says_so_and_has_activations_in_the_times_place():
    stages = computed_stages(B0)
    drawn = figures.stage_mirror(stages, measured=False)
    macs, activations = drawn.data
    cost = effnet.count(B0)
    assert [-value for value in macs.x] == pytest.approx(
        [100 * total.macs / cost.macs for total in cost.by_stage().values()]
    )
    assert sum(activations.x) == pytest.approx(100)
    assert activations.xaxis == "x"
    assert "Press Measure" in drawn.layout.title.text
    whole = figures.stage_mirror(stages)
    assert [trace.xaxis for trace in whole.data] == [None, None, "x2"]
    assert drawn.layout.height == whole.layout.height  # a measurement moves nothing


def test_the_two_sides_of_a_mirror_have_one_scale():
    drawn = figures.stage_mirror(computed_stages(B0), measured=False)
    low, high = drawn.layout.xaxis.range
    assert low == -high
    assert list(drawn.layout.xaxis.tickvals) == sorted(drawn.layout.xaxis.tickvals)
    assert not any(text.startswith("-") for text in drawn.layout.xaxis.ticktext)


def test_the_roof_bends_at_its_ridge_and_dots_stand_where_they_were_measured():
    drawn = figures.roofline(KINDS, ROOF)
    roof, depthwise = named(drawn, "roof"), named(drawn, "depthwise")
    assert roof.x[1] == ROOF.ridge
    assert roof.y[1] == roof.y[2] == 80
    assert depthwise.x[0] == 0.5
    assert depthwise.y[0] == pytest.approx(2.0)  # 4 M in 2 ms
    assert not [trace for trace in drawn.data if trace.name == "add"]
    assert "1 of 1" in drawn.layout.title.text


def test_the_knee_and_the_edge_of_memory_are_marked():
    drawn = figures.batch_sweep([*BATCHES, EDGE])
    marks = {note.text: shape.x0 for note, shape in zip(
        drawn.layout.annotations, drawn.layout.shapes, strict=True)}  # fmt: skip
    assert marks == {"knee": 4, "out of memory": 32}
    assert "Batch 4 already" in drawn.layout.title.text
    assert named(drawn, "throughput").y[0] == pytest.approx(25)


def test_a_sweep_without_a_measured_batch_is_no_error():
    assert figures.batch_sweep([EDGE]).layout.title.text == "Throughput against batch size"
    assert not figures.batch_sweep(BATCHES[:1]).layout.shapes


def test_swept_times_carry_their_spread():
    drawn = DRAWN["time_sweep"]()
    v1 = named(drawn, "EfficientNet")
    assert list(v1.y) == pytest.approx([40, 60, 130])
    assert v1.error_y.array[0] == pytest.approx(FAMILY[1].latency.p90_ms - 40)
    assert v1.marker.symbol == "circle"


def test_an_option_that_can_not_be_told_apart_is_hollow():
    (dots,) = figures.option_gains(GAINS).data
    assert list(dots.marker.symbol) == ["circle", "circle", "circle-open"]
    assert list(dots.x) == pytest.approx([40 / 30, 0.5, 40 / 40.1])
    assert "channels-last" in figures.option_gains(GAINS).layout.title.text


def test_no_gain_is_told_as_none():
    text = figures.option_gains({"folded": GAINS["folded"]}).layout.title.text
    assert text.startswith("No option is faster")


def test_published_times_are_hollow_diamonds_at_their_printed_values():
    drawn = figures.published_times(printed_times.on(V100), printed_times.surprise(V100))
    assert {trace.marker.symbol for trace in drawn.data} == {"diamond-open"}
    v2 = named(drawn, "EfficientNetV2")
    assert dict(zip(v2.text, v2.y, strict=True)) == {"V2-S": 24, "V2-M": 57, "V2-L": 98}
    assert "EfficientNetV2-L" in drawn.layout.title.text


def test_own_ratios_are_dots_and_published_ones_diamonds():
    drawn = DRAWN["ratios_beside"]()
    assert named(drawn, "published").marker.symbol == "diamond-open"
    assert named(drawn, "measured").marker.symbol == "circle"
    assert drawn.data[-1].name == "measured here"


def test_the_fastest_number_of_fused_stages_is_filled_and_told():
    drawn = figures.fused_race(SERIES, RACED, [1, 0])
    assert drawn.layout.title.text.endswith("but that may be chance")
    others = figures.fused_race(SERIES, RACED, [1, 2]).layout.title.text
    assert "<b>1 fused stage</b> is fastest here (can't be told from 2)" in others
    times = named(drawn, "time")
    assert list(times.marker.symbol)[:3] == ["circle", "circle", "circle-dot"]
    assert list(named(drawn, "multiply-adds").y) == [one.macs / 1e9 for one in SERIES]


def test_before_a_race_the_costs_are_there():
    drawn = figures.fused_race(SERIES, {}, [])
    assert list(named(drawn, "time").y) == []
    assert "does the time rise" in drawn.layout.title.text
    assert drawn.layout.yaxis2.visible is False
    assert figures.fused_race(SERIES, RACED, [1, 0]).layout.yaxis2.visible is True


def test_a_step_grows_with_the_size():
    drawn = figures.step_against_size(STEPS)
    assert "2.00 x the side takes <b>3.90 x</b>" in drawn.layout.title.text
    assert list(named(drawn, "peak").y) == pytest.approx([10**8 / 2**20, 3 * 10**8 / 2**20])


def test_both_ways_of_deepening_show_their_blocks():
    alike, late = figures.where_to_deepen(TWO, {}, "").data
    assert list(alike.y) == [stage.repeats for stage in TWO.alike.stages]
    assert list(late.y) == [stage.repeats for stage in TWO.late.stages]
    assert list(late.x)[:2] == ["1", "2"]  # short enough not to be turned on a phone


def test_predictions_stand_against_what_was_measured():
    drawn = figures.prediction_check(PACE)
    layers, line = named(drawn, "layers"), named(drawn, "MACs alone")
    assert (list(layers.x), list(layers.y)) == ([10, 20, 40], [10.5, 19, 42])
    assert list(line.y) == [13, 26, 28]


def test_paired_ratios_are_those_of_the_rounds_with_the_verdict_on_top():
    drawn = figures.paired_ratios(compared(latency("b0", 40), latency("b1", 60)))
    (dots,) = drawn.data
    assert list(dots.y) == pytest.approx([1.5] * 9)
    assert drawn.layout.shapes[1].y0 == pytest.approx(1.5)
    assert drawn.layout.title.text.startswith("B0 is 1.50 x as fast as b1")


def test_a_races_bars_are_the_time_taken_and_end_where_the_race_ends():
    drawn = figures.race_bars(compared(latency("b0", 40), latency("b1", 60)), seconds=3)
    bars, first, second = drawn.data
    assert list(bars.x) == pytest.approx([9 * 0.040, 9 * 0.060])  # nine passes each
    assert list(first.x[:2]) == pytest.approx([0.0384, 0.0772])  # 4 % and 3 % under 40 ms
    assert (len(first.x), len(second.x)) == (9, 9)
    assert drawn.layout.xaxis.range == (0, 3)
    assert drawn.layout.title.text == (
        "After 9 passes each: b0 took <b>0.360 s</b>, b1 <b>0.540 s</b>"
    )


def test_equal_networks_are_not_told_apart_in_the_title():
    same = figures.paired_ratios(compared(latency("b0", 40), latency("b0", 40.1)))
    assert same.layout.title.text.startswith("Can't tell b0 and b0 apart")
