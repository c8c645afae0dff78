"""The experiments as lists of trainings: scaling, fixed or progressive, and the grid search."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from effnet.base import mark
from effnet.scaling import budget
from effnet.train.many_trainings import Job, job, sweep, train_job, where
from effnet.train.plan import Candidate, scaling_plan, search_plan
from effnet.train.recipe import Recipe, small_base
from effnet.train.results import Row, Summary, largest_budget, read_rows, summaries, write_rows
from effnet.train.schedule import Progressive, relative_cost

__all__ = [
    "Job",
    "Row",
    "Summary",
    "job",
    "largest_budget",
    "progressive_jobs",
    "read_rows",
    "reward",
    "scaling_jobs",
    "search",
    "summaries",
    "sweep",
    "train_job",
    "where",
    "write_rows",
]

REWARD_EXPONENT = -0.07  # of cost over target, as in arXiv:1905.11946's search objective


def _facts(found: Candidate) -> dict[str, Any]:
    return {
        "way": found.way,
        "budget": found.budget,
        "depth": round(found.depth, 4),
        "width": round(found.width, 4),
        "resolution": found.resolution,
        "macs": found.macs,
        "params": found.params,
    }


def scaling_jobs(
    *,
    seeds: int = 3,
    epochs: int = 10,
    budgets: tuple[float, ...] = (2.0, 4.0),
    recipe: Recipe | None = None,
    classes: int = 0,
) -> list[Job]:
    """The paper's Figures 3 and 8 in small: every network of the plan, with every seed.

    The seeds change weights, order and the training pictures; the held-out pictures stay.
    """
    start = recipe or Recipe()
    return [
        job(
            replace(start, spec=found.spec, epochs=epochs, seed=seed),
            **_facts(found),
            seed=seed,
            epochs=epochs,
        )
        for seed in range(seeds)
        for found in scaling_plan(start.spec, budgets=budgets, classes=classes or _classes())
    ]


def _classes() -> int:
    from effnet.train.data import CLASSES

    return len(CLASSES)


def progressive_jobs(
    *, seeds: int = 3, epochs: int = 12, recipe: Recipe | None = None, size: int = 64
) -> list[Job]:
    """Fixed against progressive, both ways to compare: at equal epochs and at equal multiply-adds.

    Regularisation grows with the size from nothing to the fixed one's strength (arXiv:2104.00298).
    RandAugment is left out: its rotations would turn one class of stripes into another.
    """
    start = recipe or Recipe(spec=small_base(resolution=size))
    grown = Progressive(
        stages=4,
        epochs=epochs,
        size=(24, size),
        dropout=(0.0, 0.2),
        randaugment=(0, 0),
        mixup=(0, 0.1),
    )
    share = relative_cost(grown, start.spec)
    arms = (
        (mark("fixed"), grown.fixed(), epochs),
        (mark("progressive"), grown, epochs),
        (mark("fixed, equal cost"), grown.fixed(), max(1, round(epochs * share))),
    )
    return [
        job(
            replace(start, schedule=replace(plan, epochs=length), epochs=length, seed=seed),
            arm=arm,
            relative_macs=round(share if arm == "progressive" else length / epochs, 4),
            seed=seed,
            epochs=length,
        )
        for seed in range(seeds)
        for arm, plan, length in arms
    ]


def reward(row: Row, target: float) -> float:
    """Accuracy, corrected a little for cost: top1 * (MACs / target) ** -0.07."""
    return float(float(row["top1"]) * (float(row["macs"]) / target) ** REWARD_EXPONENT)


def search(
    results: Path,
    *,
    rungs: tuple[int, ...] = (3, 6, 12),
    recipe: Recipe | None = None,
    run: Callable[[Sequence[Job], Path], list[Row]] | None = None,
) -> list[Row]:
    """The grid search of alpha, beta and gamma at phi = 1, by successive halving.

    All candidates are trained for the first rung's epochs; the better half, by reward, is trained
    anew for the next rung's, and so on. Rows that are there are not trained again.

    Args:
        results: The CSV.
        rungs: Epochs of each round.
        recipe: How to train; the base network is its own.
        run: What trains a list of jobs into a file; `sweep` where None.
    """
    start = recipe or Recipe()
    trained = run or sweep
    plan = list(search_plan(start.spec, classes=_classes()))
    target = 2.0 * scaling_plan(start.spec, budgets=(2.0,), classes=_classes())[0].macs
    rows: list[Row] = []
    for rung, epochs in enumerate(rungs):
        jobs = [
            job(
                replace(start, spec=found.spec, epochs=epochs),
                rung=rung,
                epochs=epochs,
                alpha=alpha,
                beta=beta,
                gamma=gamma,
                promise=round(budget(alpha, beta, gamma), 3),
                resolution=found.resolution,
                macs=found.macs,
                params=found.params,
            )
            for alpha, beta, gamma, found in plan
        ]
        rows = trained(jobs, results)
        ranked = sorted(
            zip(rows, plan, strict=True), key=lambda pair: reward(pair[0], target), reverse=True
        )
        plan = [one for _, one in ranked[: max(1, -(-len(ranked) // 2))]]
        rows = [row for row, _ in ranked]
    return rows
