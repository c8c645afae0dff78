"""Many trainings on any executor: the scaling experiment, the grid search, fixed or progressive.

A sweep takes any `concurrent.futures.Executor`: threads, processes, or a cluster's
(`dask.distributed.Client.get_executor()`). Each finished training is a row of a CSV that is written
whole; a sweep that was killed goes on with the rows that are missing.
"""

import csv
import io
import os
import platform
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from effnet.scaling import budget
from effnet.spec import EffnetError
from effnet.train.plan import Candidate, scaling_plan, search_plan
from effnet.train.recipe import Recipe, small_base
from effnet.train.runs import stop_asked, write_whole
from effnet.train.schedule import Progressive, relative_cost

Row = dict[str, Any]
Progress = Callable[[Row], None]

REWARD_EXPONENT = -0.07  # of cost over target, as in arXiv:1905.11946's search objective
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Job:
    """One training of a sweep: what its row says of it, and how to train it."""

    facts: tuple[tuple[str, Any], ...]
    recipe: Recipe

    @property
    def key(self) -> str:
        """Stands for this training in the results; equal keys, equal weights."""
        return self.recipe.key


def job(recipe: Recipe, **facts: Any) -> Job:
    """A training with what should stand beside its result."""
    return Job(tuple(facts.items()), recipe)


def train_job(recipe: dict[str, Any], folder: str | None, watched: str | None) -> Row:
    """Train by a recipe's plain values, anywhere; gives back a flat row.

    Args:
        recipe: What `Recipe.to_dict` gave.
        folder: Where to keep checkpoint and metrics; a temporary folder where None.
        watched: A folder whose stop file ends the training.
    """
    from effnet.train.trainer import as_row, train

    def stop() -> bool:
        return watched is not None and stop_asked(Path(watched))

    order = Recipe.from_dict(recipe)
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            return as_row(train(order, Path(made), stop=stop)) | where()
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    row = as_row(train(order, place, stop=stop)) | where()
    (place / CHECKPOINT).unlink(missing_ok=True)
    return row


def where() -> Row:
    """The machine of a measurement, as columns."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "device": "cuda" if cuda else "cpu",
        "processor": torch.cuda.get_device_name() if cuda else _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else "",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    text = info.read_text(errors="replace") if info.exists() else ""
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1].strip() if found else platform.processor() or platform.machine()


# --- results ----------------------------------------------------------------------------------


def read_rows(path: Path) -> list[Row]:
    """The rows of a results file, numbers as numbers; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{k: _read(k, v) for k, v in row.items()} for row in csv.DictReader(file)]


def _read(column: str, text: str) -> Any:
    if column in ("key", "digest"):  # digits and letters that may look like a number, as 1e5
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write a results file, whole or not at all."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
    write_whole(path, text.getvalue().encode())


def sweep(
    jobs: Sequence[Job],
    results: Path,
    *,
    executor: Executor | None = None,
    keep: Path | None = None,
    watched: Path | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Train what is missing in a results file; gives back the jobs' rows in the jobs' order.

    Args:
        jobs: What to train.
        results: The CSV; its rows are not trained again.
        executor: Where to train; one after the other in this process where None.
        keep: A folder for the trainings' metrics and networks, which the executor must reach; None
            keeps nothing but the rows.
        watched: A folder whose stop file ends the sweep.
        progress: Called with each new row.

    Raises:
        EffnetError: Trainings failed or were stopped; the finished ones are kept, and the same call
            goes on.
    """
    rows = {row["key"]: row for row in read_rows(results)}
    missing = list({one.key: one for one in jobs if one.key not in rows}.values())
    failures: list[str] = []

    def finished(one: Job, future: "Future[Row]") -> None:
        if future.cancelled():
            failures.append("stopped")
            return
        if (error := future.exception()) is not None:
            failures.append(f"{type(error).__name__} {error}".strip())
            return
        rows[one.key] = {"key": one.key, **dict(one.facts), **future.result()}
        write_rows(results, list(rows.values()))
        if progress:
            progress(rows[one.key])

    def order(one: Job) -> tuple[dict[str, Any], str | None, str | None]:
        folder = str(keep / one.key) if keep else None
        return one.recipe.to_dict(), folder, str(watched) if watched else None

    if executor is None:
        for one in missing:
            future: Future[Row] = Future()
            try:
                future.set_result(train_job(*order(one)))
            except Exception as error:
                future.set_exception(error)
            finished(one, future)
            if watched and stop_asked(watched):
                break
    else:
        sent = {executor.submit(train_job, *order(one)): one for one in missing}
        for future in as_completed(sent):
            finished(sent[future], future)
            if watched and stop_asked(watched):
                for waiting in sent:
                    waiting.cancel()
    left = [one for one in jobs if one.key not in rows]
    if left:
        why = failures[0] if failures else "stopped"
        raise EffnetError(
            f"{len(left)} of {len(jobs)} trainings are missing ({why}); run it again to go on, "
            "the finished ones are kept"
        )
    return [rows[one.key] for one in jobs]


# --- the experiments --------------------------------------------------------------------------


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
        ("fixed", grown.fixed(), epochs),
        ("progressive", grown, epochs),
        ("fixed, equal cost", grown.fixed(), max(1, round(epochs * share))),
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


# --- what they say ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summary:
    """Several seeds of one training.

    Attributes:
        name: The way of scaling, or the arm.
        budget: Multiply-adds aimed at, over the base's.
        macs: Counted; 0 where rows have none.
        top1: Every seed's accuracy.
        groups: Mean accuracy by group of classes.
        seconds, cpu_seconds: Means.
    """

    name: str
    budget: float
    macs: int
    top1: tuple[float, ...]
    groups: tuple[tuple[str, float], ...]
    seconds: float
    cpu_seconds: float

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return sum(self.top1) / len(self.top1)

    @property
    def spread(self) -> float:
        """Half of the 95 % confidence interval of the mean, by Student's t; 0 for one seed."""
        n = len(self.top1)
        if n < 2:
            return 0.0
        variance = sum((value - self.mean) ** 2 for value in self.top1) / (n - 1)
        return T_95[min(n - 1, len(T_95)) - 1] * float((variance / n) ** 0.5)


def largest_budget(found: Iterable[Summary]) -> float:
    """The largest budget at which most of the ways are finished; 1 where there is none yet."""
    budgets = [s.budget for s in found if s.name != "base"]
    counts = {goal: budgets.count(goal) for goal in budgets}
    most = max(counts.values(), default=0)
    return max((goal for goal, count in counts.items() if count == most), default=1.0)


# Student's t, two-sided 95 %, by degrees of freedom from 1
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def summaries(rows: Iterable[Row], by: str) -> tuple[Summary, ...]:
    """Rows of several seeds, one summary for each name and budget, in order of appearance."""
    groups: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((str(row[by]), float(row.get("budget", 1) or 1)), []).append(row)
    found = []
    for (name, goal), members in groups.items():
        kinds = [k.removeprefix("top1_") for k in members[0] if k.startswith("top1_")]

        def mean(column: str, members: list[Row] = members) -> float:
            return sum(float(m[column]) for m in members) / len(members)

        found.append(
            Summary(
                name,
                goal,
                int(members[0].get("macs", 0) or 0),
                tuple(float(m["top1"]) for m in members),
                tuple((kind, mean(f"top1_{kind}")) for kind in kinds),
                mean("seconds"),
                mean("cpu_seconds"),
            )
        )
    return tuple(found)
