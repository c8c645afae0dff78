"""What the paper measured stands as printed, beside what the released networks count."""

import pytest

from effnet.papers.dimension_results import experiment, experiments, note
from effnet.scaling.equal_cost_search import COMPARED


def found(base, name, series):
    return {row.label: row for row in experiment(base, name) if row.series == series}


def test_every_base_has_its_experiments():
    assert {base: experiments(base) for base in COMPARED} == {
        "b0": ("Figure 8", "Figure 3", "Figure 4", "Table 7"),
        "mobilenet_v1": ("Table 3",),
        "mobilenet_v2": ("Table 3",),
        "resnet50": ("Table 3",),
        "v2_s": (),
        "lite0": (),
    }


@pytest.mark.parametrize(
    ("name", "series", "label", "macs", "top1"),
    [
        ("Figure 3", "Depth only", "d = 8", 3.649e9, 80.0),
        ("Figure 3", "Width only", "w = 5", 8.251e9, 80.3),
        ("Figure 8", "Compound", "B4", 4.2e9, 82.6),
        ("Figure 8", "Resolution only", "r = 2.5", 3.115e9, 79.68),
        ("Figure 4", "Width at d = 1, r = 1", "w = 3.8", 4.882e9, 79.99),
        ("Table 7", "Depth only", "d = 4", 1.8e9, 79.0),
        ("Table 7", "Compound", "d = 1.4, w = 1.2, r = 1.3", 1.8e9, 81.1),
    ],
)
def test_dots_of_b0_are_as_published(name, series, label, macs, top1):
    row = found("b0", name, series)[label]
    assert (row.macs, row.top1) == (pytest.approx(macs), top1)


@pytest.mark.parametrize(
    ("base", "series", "macs", "top1"),
    [
        ("mobilenet_v1", "Compound", 2.3e9, 75.6),
        ("mobilenet_v2", "Depth only", 1.2e9, 76.8),
        ("resnet50", "Width only", 14.7e9, 77.7),
        ("resnet50", "Compound", 16.7e9, 78.8),
    ],
)
def test_table_3_is_as_published(base, series, macs, top1):
    (row,) = found(base, "Table 3", series).values()
    assert (row.macs, row.top1) == (pytest.approx(macs), top1)


def test_the_two_baselines_are_told_apart():
    """Figure 3 puts B0 at 0.50 G, Figure 8 at 0.39 G; it counts 0.386 G."""
    first, second = (found("b0", name, "Width only")["w = 1"] for name in ("Figure 3", "Figure 8"))
    assert (first.macs, second.macs) == (pytest.approx(0.5e9), pytest.approx(0.39e9))
    assert first.counted == second.counted == 385_814_752
    assert "0.50" in note("b0", "Figure 3")
    assert "0.39" in note("b0", "Figure 8")


@pytest.mark.parametrize(
    ("label", "counted"), [("d = 4", 1.575), ("w = 2", 1.450), ("r = 2", 1.538)]
)
def test_table_7_stands_beside_the_count(label, counted):
    rows = {row.label: row for row in experiment("b0", "Table 7")}
    assert rows[label].counted / 1e9 == pytest.approx(counted, abs=5e-4)


def test_resnets_rows_look_swapped():
    depth, width = (
        next(iter(found("resnet50", "Table 3", series).values()))
        for series in ("Depth only", "Width only")
    )
    assert depth.macs == pytest.approx(width.counted, rel=0.01)
    assert width.macs == pytest.approx(depth.counted, rel=0.01)
    assert "swapped" in note("resnet50", "Table 3")


def test_unprinted_coefficients_are_not_counted():
    for row in experiment("b0", "Figure 4"):
        assert (row.counted is None) == (row.label == "")
