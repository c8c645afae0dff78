"""The scaling experiment's plan: networks of equal cost, what is chosen, and in which order."""

import argparse

import pytest

import effnet
from effnet import EffnetError
from effnet.train import claim, plan, run_process
from effnet.train.progressive_trainings import progressive_jobs
from effnet.train.recipe import small_base
from effnet.train.results import read_rows, write_rows


def facts(jobs):
    return [dict(one.facts) for one in jobs]


class Pretended:
    """Stands for the trainings: an accuracy by a rule, and what was asked for by file."""

    def __init__(self, top1):
        self.top1, self.asked = top1, {}

    def __call__(self, jobs, path):
        self.asked[path.stem] = jobs
        return [{**dict(j.facts), "key": j.key, "top1": self.top1(dict(j.facts))} for j in jobs]


# --- the networks


@pytest.mark.parametrize("family", list(claim.FAMILIES))
@pytest.mark.parametrize("budget", [2.0, 4.0, 8.0])
def test_the_ways_cost_the_same_within_a_fifth(family, budget):
    found = claim.networks(budget, family=family)
    base = effnet.count(claim.base_of(family), num_classes=10).macs
    macs = [one.macs for one in found]
    assert [one.way for one in found] == list(plan.WAYS)
    assert max(macs) / min(macs) < 1.22
    assert all(0.8 * budget < m / base < 1.25 * budget for m in macs)


def test_the_networks_are_those_that_the_plan_prints():
    """assets/experiments/PLAN.md, written before the trainings."""
    text = (claim.SHIPPED / "PLAN.md").read_text()
    assert f"{effnet.count(claim.base_of(), num_classes=10).macs:,} multiply-adds" in text
    for one in claim.networks(8.0):
        assert f"| {one.macs:,} |" in text, one.way


def test_each_way_changes_its_own_dimension_only():
    base = claim.base_of()
    depth, width, resolution, compound = claim.networks(4.0)
    assert depth.resolution == width.resolution == base.resolution
    assert depth.spec.blocks > base.blocks == width.spec.blocks == resolution.spec.blocks
    assert [s.channels for s in depth.spec.stages] == [s.channels for s in base.stages]
    assert resolution.spec.stages == base.stages
    assert compound.resolution > base.resolution
    assert compound.spec.blocks > base.blocks


@pytest.mark.parametrize("family", list(claim.FAMILIES))
def test_counts_are_those_of_the_built_networks(family):
    for one in claim.networks(4.0, family=family):
        model = effnet.build(one.spec, num_classes=10)
        assert sum(p.numel() for p in model.parameters()) == one.params


def test_what_the_others_are_does_not_hang_on_the_search():
    alone = claim.networks(8.0)
    assert claim.networks(8.0, searched=(1.0, 1.35, 1.143))[:4] == alone
    assert claim.networks(8.0, searched=(1.2, 1.1, 1.15)) == alone  # the paper's network again


def test_an_unknown_family_is_said():
    with pytest.raises(EffnetError, match="unknown base network 'vgg'; expected one of"):
        claim.base_of("vgg")


# --- what is chosen


def test_the_rate_with_the_highest_mean_is_taken():
    rows = [
        {"family": "efficientnet", "rate": rate, "top1": top1}
        for rate, values in ((0.01, (0.80, 0.90)), (0.02, (0.86, 0.86)), (0.04, (0.99, 0.10)))
        for top1 in values
    ]
    rows.append({"family": "resnet", "rate": 0.08, "top1": 1.0})
    assert claim.best_rate(rows) == 0.02


@pytest.mark.parametrize(("gain", "taken"), [(0.009, 0.04), (0.011, 0.02)])
def test_half_the_rate_is_taken_where_an_extreme_needs_it(gain, taken):
    """The plan: more than one point better for any of the three."""
    rows = [
        {"way": way, "rate": rate, "top1": 0.80 + (gain if rate == 0.02 and way == "depth" else 0)}
        for way in plan.SINGLE
        for rate in (0.04, 0.02)
    ]
    assert claim.settled_rate(0.04, rows) == taken


def test_the_grid_lies_at_twice_the_cost_and_no_network_stands_twice():
    base = effnet.count(claim.base_of(), num_classes=10).macs
    grid = plan.counted_grid(claim.base_of(), classes=10)
    assert len(grid) == 7  # as the plan says
    assert all(1.65 <= one.macs / base <= 2.1 for *_, one in grid)
    assert len({(one.spec.stages, one.resolution) for *_, one in grid}) == 7


def test_the_best_three_go_on_with_three_seeds_and_the_best_mean_is_taken():
    first = facts(claim.search_jobs(0.04))
    for place, row in enumerate(first):
        row["top1"] = place / 10
    jobs = claim.final_jobs(first, 0.04)
    letters = {claim.letters_of(row) for row in first[-3:]}
    assert {claim.letters_of(row) for row in facts(jobs)} == letters
    assert [row["seed"] for row in facts(jobs)] == [100] * 3 + [101] * 3 + [102] * 3
    assert {one.recipe.epochs for one in jobs} == {claim.FINAL_EPOCHS}
    rows = [row | {"top1": 0.5 + row["beta"] / 10} for row in facts(jobs)]
    best = max(rows, key=lambda row: (row["beta"], -row["macs"]))
    assert claim.best_letters(rows) == claim.letters_of(best)


def test_what_is_chosen_is_chosen_on_training_pictures():
    chosen = [*claim.rate_jobs(), *claim.check_jobs(0.04), *claim.search_jobs(0.04)]
    assert {one.recipe.data for one in chosen} == {"fashion-mnist-choosing"}
    assert {one.recipe.data for one in claim.scaling_jobs(0.04, None)} == {"fashion-mnist"}


# --- the order, and the file


def test_every_finished_seed_is_a_whole_block_and_the_largest_budget_comes_first():
    told = facts(claim.scaling_jobs(0.04, (1.0, 1.35, 1.143)))
    assert [(row["budget"], row["seed"]) for row in told[:7]] == [
        (1.0, 0), (8.0, 0), (8.0, 0), (8.0, 0), (8.0, 0), (8.0, 0), (1.0, 1),
    ]  # fmt: skip
    order = [row["budget"] for row in told if row["budget"] > 1]
    assert order == sorted(order, reverse=True)
    assert len({one.key for one in claim.scaling_jobs(0.04, (1.0, 1.35, 1.143))}) == 5 * (6 + 5 + 5)


def test_all_trainings_of_the_comparison_have_one_recipe():
    jobs = claim.scaling_jobs(0.04, (1.0, 1.35, 1.143))
    told = [one.recipe.to_dict() for one in jobs]
    for values in told:
        del values["spec"], values["seed"]
    assert all(values == told[0] for values in told)


def test_the_plan_is_carried_out_in_its_order(tmp_path):
    trained = Pretended(lambda row: 0.5 + row.get("beta", 0) / 10)
    chosen = claim.claim(tmp_path, run=trained)
    assert list(trained.asked) == [
        "rate", "check", "search", "scaling", "families_rate", "families", "progressive", "longer",
    ]  # fmt: skip
    narrowed = facts(trained.asked["scaling"])[-3:]
    assert [(row["way"], row["budget"], row["seed"]) for row in narrowed] == [
        ("resolution", 8.0, 5), ("resolution", 8.0, 6), ("resolution", 8.0, 7),
    ]  # fmt: skip
    longer = facts(trained.asked["longer"])
    assert [(row["epochs"], row["seed"]) for row in longer[:6]] == [
        (12, 0), (12, 1), (12, 2), (24, 0), (24, 1), (24, 2),
    ]  # fmt: skip
    at_12 = [(row["way"], row["seed"]) for row in longer if row["epochs"] == 12]
    assert sorted(at_12) == sorted((way, seed) for way in ("base", *plan.WAYS) for seed in range(5))
    assert chosen["rate"] == 0.01  # all alike: the lowest
    assert {row["family"] for row in facts(trained.asked["families"])} == {"mobilenet", "resnet"}
    assert max(row["seed"] for row in facts(trained.asked["families"])) == 2


def test_it_ends_after_the_part_that_was_asked_for(tmp_path):
    trained = Pretended(lambda _: 0.5)
    claim.claim(tmp_path, run=trained, until="search")
    assert list(trained.asked) == ["rate", "check", "search"]
    with pytest.raises(EffnetError, match="unknown part 'lunch'; expected one of rate"):
        claim.claim(tmp_path, run=trained, until="lunch")


def test_what_the_rows_have_settled_is_read_back(tmp_path):
    with pytest.raises(EffnetError, match="lacks the trainings that settle"):
        claim.settled(tmp_path)

    def trained(jobs, path):
        rows = Pretended(lambda row: 0.5 + row.get("gamma", 0) / 10 - row["rate"])(jobs, path)
        write_rows(path, rows)
        return rows

    chosen = claim.claim(tmp_path, run=trained, until="search")
    rate, letters = claim.settled(tmp_path)
    assert {"rate": rate, **dict(zip(claim.LETTERS, letters, strict=True))} == chosen


def test_a_part_of_it_runs_in_a_folder_and_its_rows_lie_on_the_curve(tiny_set, tmp_path):
    parser = argparse.ArgumentParser()
    run_process.add_arguments(parser)
    words = ["scaling", "--budget", "2", "--seed", "7", "--seeds", "1", "--workers", "1"]
    asked = parser.parse_args([*words, "--output", str(tmp_path / "run")])
    answer = run_process.execute(asked, told=lambda *_: None)
    rows = read_rows(tmp_path / "run" / "results.csv", "top1", "macs", "date", "torch", "effnet")
    assert answer["rows"] == len(rows)
    assert {row["seed"] for row in rows} == {7}
    assert {row["way"] for row in rows} >= {"base", *plan.WAYS}
    assert {row["budget"] for row in rows} == {1.0, 2.0}


# --- progressive


def test_progressive_and_its_rivals_are_compared_at_equal_epochs_and_equal_cost():
    fixed, grown, even, short = progressive_jobs(seeds=1, epochs=12)
    assert fixed.recipe.epochs == grown.recipe.epochs == even.recipe.epochs == 12
    share = dict(grown.facts)["relative_macs"]
    assert 0.4 < share < 0.7
    assert short.recipe.epochs == round(12 * share)
    last = grown.recipe.plan.plan()[-1]
    assert fixed.recipe.plan.plan()[0].dropout == last.dropout
    assert {stage.dropout for stage in even.recipe.plan.plan()} == {last.dropout}
    assert [s.size for s in even.recipe.plan.plan()] == [s.size for s in grown.recipe.plan.plan()]
    assert fixed.recipe.spec == small_base(resolution=64)


def test_the_shipped_rows_are_those_of_the_plans_trainings():
    """So the same command goes on with them, whatever has changed in the trainer since."""
    rate, searched = claim.settled()
    others = [family for family in claim.FAMILIES if family != "efficientnet"]
    their = read_rows(claim.SHIPPED / "families_rate.csv")
    wanted = {
        "families_rate": [one for family in others for one in claim.rate_jobs(family)],
        "families": claim.family_jobs({one: claim.best_rate(their, one) for one in others}),
        "rate": claim.rate_jobs(),
        "check": claim.check_jobs(claim.best_rate(read_rows(claim.SHIPPED / "rate.csv"))),
        "scaling": [*claim.scaling_jobs(rate, searched), *claim.narrowing_jobs(rate)],
        "progressive": claim.grown_jobs(rate),
        "longer": claim.longer_jobs(rate, searched),
    }
    for part, jobs in wanted.items():
        keys = [row["key"] for row in read_rows(claim.SHIPPED / f"{part}.csv")]
        assert keys == [one.key for one in jobs][: len(keys)], part
