"""Many trainings on any executor; each finished one is a row, and what is there is not done again.

A sweep takes any `concurrent.futures.Executor`: threads, processes, or a cluster's
(`dask.distributed.Client.get_executor()`). Each finished training is a row of a CSV that is written
whole; a sweep that was killed goes on with the rows that are missing.
"""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import effnet
from effnet.base import EffnetError, Text, stamp
from effnet.jobs import stop_asked
from effnet.train.recipe import Recipe
from effnet.train.results import Row, as_row, read_rows, write_rows

Progress = Callable[[Row], None]

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Job:
    """One training of a sweep: what its row says of it, and how to train it."""

    facts: tuple[tuple[str, Any], ...]
    recipe: Recipe
    files: str = ""  # stands for what lies in those that the recipe names

    @property
    def key(self) -> str:
        """Stands for this training in the results; equal keys, equal weights."""
        return "-".join(filter(None, (self.recipe.key, self.files)))


def job(recipe: Recipe, **facts: Any) -> Job:
    """A training with what should stand beside its result.

    Other pictures, or other weights to begin with, under the same names make it another one.
    """
    named = filter(None, (recipe.data, recipe.start))
    files = "".join(stamp(Path(name).expanduser()) for name in named)
    return Job(tuple(facts.items()), recipe, files)


def train_job(recipe: dict[str, Any], folder: str | None, watched: str | None) -> Row:
    """Train by a recipe's plain values, anywhere; gives back a flat row.

    Args:
        recipe: What `Recipe.to_dict` gave.
        folder: Where to keep checkpoint and metrics; a temporary folder where None. The checkpoint
            stays until whoever asked has written the row.
        watched: A folder whose stop file ends the training.
    """
    from effnet.train.trainer import train

    def stop() -> bool:
        return watched is not None and stop_asked(Path(watched))

    order = Recipe.from_dict(recipe)
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            return as_row(train(order, Path(made), stop=stop)) | where()
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    return as_row(train(order, place, stop=stop)) | where()


def where() -> Row:
    """The machine of a measurement, as columns."""
    import torch

    from effnet.timing.measure import machine

    here = machine.environment(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    names = ("device", "processor", "cores", "threads", "torch", "python", "date")
    told = {name: getattr(here, name) for name in names}
    return told | {"load": here.load_before, "effnet": effnet.__version__}


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
    failures: list[object] = []

    def done_with(one: Job) -> None:
        if keep:
            (keep / one.key / CHECKPOINT).unlink(missing_ok=True)

    for one in jobs:
        if one.key in rows:
            done_with(one)

    def finished(one: Job, future: "Future[Row]") -> None:
        if future.cancelled():
            failures.append(Text("stopped"))
            return
        if (error := future.exception()) is not None:
            told = f"{type(error).__name__} {error}".strip()
            failures.append(error.text if isinstance(error, EffnetError) else told)
            return
        rows[one.key] = {"key": one.key, **dict(one.facts), **future.result()}
        write_rows(results, list(rows.values()))
        done_with(one)  # not before its row is on disk: a kill in between would lose the training
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
        raise EffnetError(
            "{n} of {all} trainings {n:is|are} missing ({why}); run it again to go on, the "
            "finished ones are kept",
            n=len(left),
            all=len(jobs),
            why=failures[0] if failures else Text("stopped"),
        )
    return [rows[one.key] for one in jobs]
