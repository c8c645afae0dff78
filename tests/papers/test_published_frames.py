"""The papers' tables as data frames: numbers are numbers, units in names, sources kept."""

import csv

import pytest

import effnet
from effnet import published


def test_every_published_table_is_a_frame_with_its_source():
    assert len(published.tables()) == 16
    for name, line in published.tables().items():
        frame = published.frame(name)
        assert line
        assert frame.attrs["title"]
        assert "arXiv" in frame.attrs["source"] or "tensorflow/tpu" in frame.attrs["source"]
        with open(f"{effnet.__path__[0]}/data/{name}.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(frame.columns) == list(rows[0])
        assert len(frame) == len(rows)


def test_columns_of_numbers_are_numeric_and_gaps_are_not_a_number():
    frame = published.frame("b_family").set_index("model")
    units = [c for c in frame if c.endswith(("_percent", "_px", "_M", "_B", "_coefficient"))]
    assert len(units) > 15
    assert all(frame[column].dtype.kind in "if" for column in units)
    # arXiv:1905.11946v5 Table 2
    assert frame.loc["B4", "paper_params_M"] == 19
    assert frame.loc["B7", "paper_mult_adds_B"] == 37
    assert frame.loc["B0", "paper_top1_percent_arxiv_v5"] == 77.1
    assert frame["paper_params_M"].isna().sum() == frame.shape[0] - 8


def test_an_unknown_table_names_those_that_there_are():
    with pytest.raises(effnet.EffnetError, match=r"unknown table 'b_familiy'.*b_family"):
        published.frame("b_familiy")


def test_a_frame_is_ones_own_to_change():
    frame = published.frame("b0_stages")
    frame["stage"] = 0
    assert published.frame("b0_stages")["stage"].sum() == 45
