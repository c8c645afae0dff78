"""Figures of Explain: their values are their records', and their titles say what to see."""

import explain_examples
import pytest

from effnet.base.language import speaking

DRAWN = explain_examples.DRAWN


def test_curves_are_the_verdicts_and_the_band_spans_the_random_orders():
    drawn = DRAWN["deletion_and_insertion"]()
    band, centre, ours, *_ = drawn.data
    assert list(ours.x) == [0, 50, 100]
    assert list(ours.y) == [90, 10, 0]
    assert list(centre.y) == [90, 50, 0]
    assert list(band.y) == [90, 70, 0, 0, 60, 90]
    assert ours.xaxis == "x"
    assert drawn.data[-1].xaxis == "x2"
    assert list(drawn.data[-1].y) == [0, 80, 90]


def test_the_title_tells_the_loss_of_the_brightest_fifth():
    """20 % of the way: 0.9 - 0.4 x 0.8 = 0.58 for the map, 0.9 - 0.4 x 0.25 = 0.80 for others."""
    title = DRAWN["deletion_and_insertion"]().layout.title.text
    assert title == (
        "Without the brightest 20 %, a thing has 58.0 %; without a random 20 %, 80.0 %"
    )


def test_the_cascade_starts_at_the_true_map():
    drawn = DRAWN["randomised_maps"]()
    assert list(drawn.data[0].y) == [1.0, 0.8, 0.4, 0.1]
    assert list(drawn.data[0].x) == ["as trained", "classifier", "head", "stem"]
    assert drawn.layout.title.text.startswith("With all weights random the map becomes another")


def test_the_cascades_stages_are_told_in_the_readers_language():
    """The verdict is kept for all visitors; only what is drawn of it has a language."""
    with speaking("zh"):
        drawn = DRAWN["randomised_maps"]()
    assert list(drawn.data[0].x) == ["训练所得", "分类层", "头部", "起始层"]


def test_the_share_in_the_box_stands_beside_an_even_maps():
    bars, even = DRAWN["map_in_box"]().data
    assert bars.y[0] > 80
    assert bars.y[1] < 20
    assert list(even.y) == [50, 50]


def test_gates_are_told_by_their_quartiles():
    drawn = DRAWN["gate_values"]()
    (box,) = drawn.data
    assert list(box.median) == pytest.approx([0.2, 0.75])
    assert list(box.lowerfence) == pytest.approx([0.1, 0.6])
    assert "widest in block 2.0 (mean 0.75), least in 1.0 (0.20)" in drawn.layout.title.text


def test_forced_logits_are_beside_the_usual_ones():
    drawn = DRAWN["forced_gates"]()
    assert [list(bars.y) for bars in drawn.data] == [[2, 1], [3, 1], [4, 1]]
    assert drawn.layout.title.text == "Wide open, a thing goes from 2.00 to 3.00"
