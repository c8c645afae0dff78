"""The Train page's figures show the records' values, and their titles say what the values say."""

import pytest
from PIL import Image

import effnet
from effnet import figures
from effnet.figures.training_curves import experiment_title
from effnet.train.augment import survivals
from effnet.train.results import Summary
from effnet.train.schedule import Progressive, relative_cost, stage_costs


def summary(name, budget, macs, values, cpu=10.0):
    groups = (("detail", values[0]), ("context", values[0] / 2), ("patterns", 0.1))
    return Summary(name, budget, macs, tuple(values), groups, cpu, cpu)


FOUND = (
    summary("base", 1, 1_000_000, (0.50, 0.51, 0.52)),
    summary("depth", 4, 4_000_000, (0.60, 0.61, 0.62)),
    summary("width", 4, 4_000_000, (0.60, 0.62, 0.64)),
    summary("resolution", 4, 4_000_000, (0.65, 0.66, 0.67)),
    summary("compound", 4, 4_000_000, (0.80, 0.81, 0.82)),
)
ARMS = (
    summary("fixed", 1, 0, (0.70, 0.71, 0.72), 100.0),
    summary("progressive", 1, 0, (0.70, 0.71, 0.73), 60.0),
)


def staircase(schedule=None, **options):
    schedule = schedule or Progressive()
    spec = effnet.get_variant("v2_s")
    return figures.schedule_staircase(
        schedule, stage_costs(schedule, spec), relative=relative_cost(schedule, spec), **options
    )


def test_steps_are_as_high_as_the_sizes_and_as_wide_as_the_epochs():
    steps = staircase().data[0]
    assert list(steps.y) == [128, 185, 243, 300]
    assert list(steps.width) == [87.5] * 4


def test_the_shares_of_the_stages_are_a_whole():
    texts = staircase().data[0].text
    shares = [float(text.split("<br>")[1].rstrip(" %")) for text in texts]
    assert sum(shares) == pytest.approx(100, abs=0.2)


def test_the_picture_grows_with_the_size():
    images = staircase(picture=Image.new("RGB", (50, 50))).layout.images
    heights = [image.sizey for image in images]
    assert heights == sorted(heights)
    assert len(heights) == 4


def test_one_stage_says_that_nothing_is_saved():
    assert "nothing is saved" in staircase(Progressive(stages=1)).layout.title.text


def test_every_way_starts_at_the_base_and_has_its_interval():
    figure = figures.scaling_experiment(FOUND)
    assert [trace.name for trace in figure.data] == [
        "Depth only",
        "Width only",
        "Resolution only",
        "All three",
    ]
    for trace in figure.data:
        assert trace.x[0] == 1.0
        assert trace.y[0] == pytest.approx(51)
        assert trace.error_y.array[1] > 0


def test_the_title_names_the_winner_or_says_that_nobody_is_proved_to_win():
    assert experiment_title(FOUND).startswith("All three wins at 4 x")
    close = (*FOUND[:-1], summary("compound", 4, 4_000_000, (0.60, 0.67, 0.74)))
    assert "error bar touches" in experiment_title(close)


def test_gains_are_over_the_base():
    figure = figures.groups_by_way(FOUND)
    compound = next(trace for trace in figure.data if trace.name == "All three")
    assert compound.y[0] == pytest.approx(30)


def test_the_time_saved_is_in_the_title():
    assert "0.60 x the time" in figures.time_and_accuracy(ARMS).layout.title.text


def test_accuracy_that_is_lost_is_called_less():
    fixed, grown = (
        Summary(name, 1, 1, (accuracy,) * 3, (), 1.0, seconds)
        for name, accuracy, seconds in (("fixed", 0.9, 100.0), ("progressive", 0.8, 60.0))
    )
    told = figures.time_and_accuracy((fixed, grown)).layout.title.text
    assert told.endswith("with 10.0 points less accuracy")


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
