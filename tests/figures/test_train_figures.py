"""The Train page's figures show the records' values, and their titles say what the values say."""

import pytest
from PIL import Image
from scaling_rows import grown, row, rows, wobbling

import effnet
from effnet import figures
from effnet.train.augment import survivals
from effnet.train.schedule import Progressive, stage_costs

ARMS = grown(fixed=((0.70, 0.71, 0.72), 100.0), progressive=((0.70, 0.71, 0.73), 60.0))


def staircase(schedule=None, **options):
    schedule = schedule or Progressive()
    spec = effnet.get_variant("v2_s")
    return figures.schedule_staircase(schedule, stage_costs(schedule, spec), **options)


def test_steps_are_as_high_as_the_sizes_and_as_wide_as_the_epochs():
    steps = staircase().data[0]
    assert list(steps.y) == [128, 185, 243, 300]
    assert list(steps.width) == [87.5] * 4


def test_the_shares_of_the_stages_are_a_whole():
    texts = staircase().data[0].text
    shares = [float(text.split("<br>")[1].rstrip(" %")) for text in texts]
    assert sum(shares) == pytest.approx(100, abs=0.2)


def test_the_picture_grows_with_the_size_both_ways():
    """Whichever of width and height holds it in its step, the last is 300 / 128 of the first."""
    images = staircase(picture=Image.new("RGB", (50, 50))).layout.images
    for sides in ([image.sizex for image in images], [image.sizey for image in images]):
        assert [side / sides[0] for side in sides] == pytest.approx(
            [1, 185 / 128, 243 / 128, 300 / 128]
        )


def test_one_stage_says_that_nothing_is_saved():
    assert "nothing is saved" in staircase(Progressive(stages=1)).layout.title.text


def test_every_way_starts_at_the_base_and_has_its_interval():
    """Half the interval of 0.9, 1.1, 1.0, 0.9, 1.1: 2.776 * 0.1 / sqrt(5) = 0.124 points."""
    figure = figures.scaling_experiment(rows(base=0.87, depth=wobbling(0.9)))
    assert [trace.name for trace in figure.data] == [
        "Depth only",
        "Width only",
        "Resolution only",
        "Compound (the paper's coefficients)",
        "Compound (coefficients found here)",
    ]
    for trace in figure.data:
        assert trace.x[0] == pytest.approx(0.128928)
        assert trace.y[0] == pytest.approx(87)
    assert figure.data[0].y[1] == pytest.approx(90)
    assert figure.data[0].error_y.array[1] == pytest.approx(0.124, abs=1e-3)


def test_trainings_of_ones_own_lie_on_the_curve():
    own = [row("base", 7, 0.86), row("width", 7, 0.91)]
    *_, crosses = figures.scaling_experiment(rows(), here=own).data
    assert (list(crosses.x), list(crosses.y)) == ([0.128928, 1.067488], [86, 91])
    assert [list(one) for one in crosses.customdata] == [["Base network", 7], ["Width only", 7]]


@pytest.mark.parametrize(
    ("found", "title"),
    [
        ({"searched": wobbling(0.92)}, "compound scaling beats each dimension alone"),
        ({"searched": 0.90, "width": 0.92}, "width only beats compound scaling"),
        ({"searched": wobbling(0.9, by=0.0001)}, "compound scaling has no lead over"),
        ({"searched": wobbling(0.903, by=0.005)}, "are too close to call"),
        ({"seeds": 3}, "so there is no verdict"),
    ],
)
def test_the_title_is_the_verdict(found, title):
    assert title in figures.scaling_experiment(rows(**found)).layout.title.text


def test_every_seed_and_its_interval_stand_beside_zero():
    drawn = figures.paired_differences(rows(searched=wobbling(0.91), compound=0.88))
    seeds, means, _, papers = drawn.data
    assert list(means.x) == pytest.approx([1, 1, 1])
    assert list(means.error_x.array) == pytest.approx([0.124] * 3, abs=1e-3)
    assert list(papers.x) == pytest.approx([-2, -2, -2])
    assert len(seeds.x) == 15
    assert "surely ahead in 3, surely behind in 3" in drawn.layout.title.text


def test_the_time_saved_is_in_the_title():
    assert "0.60 x the time" in figures.time_and_accuracy(ARMS).layout.title.text


@pytest.mark.parametrize(
    ("accuracies", "words"),
    [
        ((0.80, 0.81, 0.80), "10.0 points less accuracy"),
        ((0.92, 0.93, 0.92), "2.0 points more accuracy"),
        ((0.90, 0.92, 0.90), "accuracy equal within chance"),
        ((0.80,), "too few seeds for a verdict on its accuracy"),
    ],
)
def test_accuracy_is_called_less_or_more_where_chance_does_not_explain_it(accuracies, words):
    rows = grown(fixed=((0.90, 0.91, 0.90), 100.0), progressive=(accuracies, 60.0))
    assert figures.time_and_accuracy(rows).layout.title.text.endswith(f"with {words}")


def test_curves_are_the_metrics():
    rows = [{"epoch": 1, "top1": 0.2}, {"epoch": 2, "top1": 0.4}]
    figure = figures.run_curves({"a": rows, "b": []})
    assert [list(trace.y) for trace in figure.data] == [[20, 40]]
    assert figure.layout.title.text == "Ahead now: a, 40.0 % right"
    assert "No epoch" in figures.run_curves({}).layout.title.text


def test_left_out_blocks_are_marked():
    blocks = survivals(effnet.get_variant("b0"))
    alive = [i != 15 for i in range(16)]
    figure = figures.block_survival(blocks, alive)
    assert figure.layout.title.text == "9 of 16 blocks have a skip; 1 left out in this draw"
    assert list(figure.data[-1].x) == ["7.0"]
