"""The plan's rule on made-up rows: each of the four verdicts, and its numbers by hand."""

import pytest
from scaling_rows import row, rows, wobbling

from effnet.base.language import speaking
from effnet.train import verdict_rule
from effnet.train.verdict_rule import FAILS, HOLDS, OPEN, UNFINISHED, differences, judged, verdict


def answer(found, way="compound"):
    return judged(differences(found, way, 8.0))


def test_a_lead_over_every_single_dimension_holds():
    assert answer(rows(compound=wobbling(0.92))) == HOLDS


def test_a_lead_over_two_of_three_does_not_hold():
    found = rows(compound=wobbling(0.92), resolution=wobbling(0.93))
    assert answer(found) == FAILS
    assert answer(rows(compound=wobbling(0.92), depth=wobbling(0.93))) == FAILS


def test_no_lead_that_is_known_well_does_not_hold():
    """Differences -0.02, 0.02, 0, -0.02, 0.02: s = 0.02, 2.776 * 0.02 / sqrt(5) = 0.025 points."""
    found = rows(compound=wobbling(0.90, by=0.0002))
    assert differences(found, "compound", 8.0)[0].half == pytest.approx(0.025, abs=0.001)
    assert answer(found) == FAILS


def test_a_lead_that_chance_may_give_cannot_be_told():
    """Differences 0.1 +- 1, 0.3 +- ..: the interval reaches from under 0 to over 0.3."""
    found = rows(compound=wobbling(0.903, by=0.005))
    (one, *_) = differences(found, "compound", 8.0)
    assert one.low < 0 < verdict_rule.LEAST_LEAD < one.high
    assert answer(found) == OPEN


def test_a_proved_lead_holds_however_small():
    assert answer(rows(compound=wobbling(0.902, by=0.0002))) == HOLDS


@pytest.mark.parametrize("seeds", [0, 1, 4])
def test_under_five_seeds_nothing_is_said(seeds):
    assert answer(rows(seeds=seeds, compound=0.99)) == UNFINISHED


def test_a_block_that_lacks_one_network_is_not_counted():
    found = [one for one in rows(compound=0.99) if one["key"] != "width3"]
    assert answer(found) == UNFINISHED
    against = {one.rival: len(one.points) for one in differences(found, "compound", 8.0)}
    assert against == {"depth": 5, "width": 4, "resolution": 5}


def test_differences_are_taken_seed_by_seed():
    """90, 91, 92 % and 91, 92, 93 %: always one point, however the seeds differ."""
    found = [row("depth", seed, 0.90 + seed / 100) for seed in range(5)]
    found += [row("compound", seed, 0.91 + seed / 100) for seed in range(5)]
    (one,) = differences(found, "compound", 8.0)
    assert one.points == pytest.approx([1.0] * 5)
    assert one.half == pytest.approx(0, abs=1e-9)


def test_the_interval_is_students():
    """Differences 1, 2, 3, 4, 5: s = 1.581, t = 2.776, half 1.963."""
    found = [row("width", seed, 0.90) for seed in range(5)]
    found += [row("compound", seed, 0.91 + seed / 100) for seed in range(5)]
    (one,) = differences(found, "compound", 8.0)
    assert one.mean == pytest.approx(3)
    assert one.half == pytest.approx(1.963, abs=1e-3)


def test_other_budgets_are_not_mixed_in():
    found = rows(compound=0.92)
    found += [row("compound", seed, 0.1, budget=4.0, key=f"c4{seed}") for seed in range(5)]
    assert answer(found) == HOLDS


def test_the_sentence_names_the_hardest_rival_and_its_numbers():
    found = rows(searched=wobbling(0.92), resolution=wobbling(0.91))
    told = verdict(found, "searched", 8.0)
    assert told.startswith("**The paper's claim holds here**: at 8 x")
    assert "resolution only comes nearest, at +1.00 ± 0.00 points" in told
    beaten = verdict(rows(compound=0.90, width=wobbling(0.92)), "compound", 8.0)
    assert "does not hold here" in beaten
    assert "-2.00 ± 0.12 points against width only" in beaten
    assert "can't tell" in verdict(rows(compound=wobbling(0.903, by=0.005)), "compound", 8.0)
    assert "4 of 5 seeds" in verdict(rows(seeds=4), "compound", 8.0)
    assert "nothing to compare" in verdict([], "compound", 8.0)


def test_the_sentence_is_told_in_chinese():
    with speaking("zh"):
        for found in (rows(compound=0.95), rows(compound=0.80), rows(seeds=2), []):
            told = verdict(found, "compound", 8.0)
            assert told.startswith("**")
            assert not any(word in told for word in ("claim", "seeds", "points"))
