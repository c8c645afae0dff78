"""Every record as a data frame, with the numbers that the record has."""

import dataclasses

import numpy as np
import pytest
from latency_examples import latency

import effnet
from effnet import papers, timing
from effnet.scaling import at_budget, equal_cost, search
from effnet.timing import measurement_store, reading


def test_a_cost_has_a_row_a_layer():
    cost = effnet.count("b0")
    frame = cost.to_pandas()
    assert len(frame) == len(cost.layers) == 82  # 49 convolutions, 32 of squeeze-and-excitation, fc
    assert frame["macs"].sum() == cost.macs == 385_814_752
    assert frame["params"].sum() == 5_288_548


def test_a_latency_has_a_row_a_sample():
    measured = dataclasses.replace(latency("b0", 5.0), samples_ms=(5.0, 4.0, 6.0))
    frame = measured.to_pandas()
    assert frame["sample_ms"].tolist() == [5.0, 4.0, 6.0]
    assert set(frame["processor"]) == {measured.environment.processor}
    assert set(frame["name"]) == {measured.name}


def test_a_prediction_has_a_row_a_label_and_a_map_a_row_a_cell(lite0, coffee):
    (prediction,) = lite0.predict(coffee, top=3)
    frame = prediction.to_pandas()
    assert frame["rank"].tolist() == [1, 2, 3]
    assert frame["name"][0] == "espresso"
    assert frame["probability"].is_monotonic_decreasing
    explanation = lite0.explain(coffee)
    cells = explanation.to_pandas()
    assert len(cells) == 49
    assert np.array_equal(cells["value"].to_numpy(np.float32), explanation.native.ravel())
    # 600 x 400, the middle square of 0.875 * 400 px
    assert cells["left_px"].min() == pytest.approx(125, abs=1)
    assert cells["bottom_px"].max() == pytest.approx(375, abs=1)


def test_networks_beside_each_other_have_a_row_each():
    frame = effnet.compare("b0", "b1").to_pandas()
    assert frame["macs"].tolist() == [385_814_752, effnet.count("b1").macs]


def test_searches_fronts_and_surfaces_are_tables():
    surface = equal_cost("b0", 800_000_000)
    frame = surface.to_pandas()
    assert len(frame) == len(surface.networks())
    assert ((frame["macs"] / frame["target_macs"] - 1).abs() < 0.15).all()
    found = search.solve("b0", search.Limits(macs=300_000_000))
    table = found.to_pandas()
    assert len(table) == len(found.fits)
    assert table["on_front"].sum() == len(found.front)
    (best,) = table[table["best"]].to_dict("records")
    assert (best["depth"], best["width"]) == (found.best.depth, found.best.width)
    assert search.step_one("b0", 0.1).to_pandas()["published"].sum() == 1
    assert at_budget("b0", 2).to_pandas()["way"].tolist()[-1] == "compound"
    front = papers.on_the_front(papers.rivals(), "macs").to_pandas()
    assert front["top1"].is_monotonic_increasing
    assert front["macs"].is_monotonic_increasing


def test_files_of_several_machines_are_one_frame(tmp_path):
    for machine, pace in (("fast", 1.0), ("slow", 3.0)):
        measured = dataclasses.replace(latency("b0", pace), samples_ms=(pace, 2 * pace))
        where = dataclasses.replace(measured.environment, processor=machine)
        row = measurement_store.Row(
            machine, "latency", dataclasses.replace(measured, environment=where), macs=10
        )
        (tmp_path / f"{machine}.csv").write_text(measurement_store.as_csv([row]))
    frame = reading.as_table(tmp_path)
    assert frame.groupby("processor")["sample_ms"].median().to_dict() == {"fast": 1.5, "slow": 4.5}
    assert frame["macs"].tolist() == [10] * 4
    assert timing.reading.as_table(tmp_path / "fast.csv")["file"].tolist() == ["fast.csv"] * 2
    with pytest.raises(effnet.EffnetError, match="can't read"):
        reading.as_table(tmp_path / "none.csv")
