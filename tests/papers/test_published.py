"""The papers' tables are whole, keep their sources, and agree with what we compute."""

import csv
from importlib import resources

import pytest

import effnet
from effnet.base.tables import table as read_table
from effnet.papers import published

TABLES = sorted(
    entry.name.removesuffix(".csv")
    for entry in resources.files("effnet").joinpath("data").iterdir()
    if entry.name.endswith(".csv")
)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_names_its_source(name):
    rows = read_table(name)
    assert rows
    assert all(row["source"] for row in rows)


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_every_column(name):
    text = resources.files("effnet").joinpath(f"data/{name}.csv").read_text("utf-8")
    assert len({len(row) for row in csv.reader(text.splitlines())}) == 1


def test_printed_and_computed_multiply_adds_agree_within_a_twentieth():
    """arXiv:1905.11946v5 Table 2 beside our count; B4 and B5 are the furthest off."""
    for point in published.released_points():
        computed = effnet.count(effnet.get_variant(point.name)).macs
        assert computed == pytest.approx(point.paper_macs, rel=0.05)
