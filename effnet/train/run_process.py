"""The command `effnet train ...`, and what happens in a run's own process.

    train fit          train one network
    train scaling      one budget of the scaling experiment, for as many seeds as one likes
    train progressive  fixed against progressive
    train claim        the paper's claim on Fashion-MNIST, by assets/experiments/PLAN.md
    train list | stop NAME | resume NAME
    train go FOLDER    what a run's process executes; the app starts it

Under `torchrun --no-python effnet train fit ...` several processes train one network together.
No torch until a training begins.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import asdict, fields, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effnet.base import (
    EffnetError,
    Text,
    append_line,
    check_known,
    check_range,
    make_folder,
    programs,
    write_whole,
)
from effnet.jobs import METRICS, RESULT, Run, runs
from effnet.scaling import scale, spec_of
from effnet.train.recipe import CHOICES, FINE_TUNING, Recipe, small_base
from effnet.train.results import against_head
from effnet.train.schedule import LIMITS, Progressive

if TYPE_CHECKING:
    from effnet.train.many_trainings import Job

Answer = dict[str, Any] | list[dict[str, Any]]
Told = Callable[[float, dict[str, Any]], None]  # the share that is done, and what came last

CLAIM_PARTS = ("search", "scaling", "families", "progressive", "longer")
ACTIONS = ("fit", "scaling", "progressive", "claim", "list", "stop", "resume", "go")
GROWN = tuple(LIMITS)  # what a progressive schedule moves
RECIPE = tuple(field.name for field in fields(Recipe))
RESULTS = "results.csv"
JOBS = "jobs"
NICENESS = 10
OOM_SCORE = Path("/proc/self/oom_score_adj")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `effnet train`."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("name", nargs="?", help="of a run, for stop, resume and go")
    parser.add_argument("--output", type=Path, help="folder to write; a run's own if not given")
    parser.add_argument(
        "--network",
        help="small, a variant's name, a link, or a spec's .json file; --start's if not given",
    )
    parser.add_argument("--depth", type=float, default=1.0)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--resolution", type=int)
    parser.add_argument("--data", default="marks", help="marks, digits, or a folder of pictures")
    parser.add_argument("--images", type=int, dest="train_images", help="of the procedural set")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--accumulate", type=int)
    parser.add_argument("--learning-rate", type=float)
    for name, allowed in CHOICES.items():
        parser.add_argument(f"--{name}", choices=allowed)
    parser.add_argument(
        "--start", help="a variant whose pretrained weights to fine-tune, at gentle rates"
    )
    parser.add_argument("--stages", type=int, help="of a progressive schedule")
    for name in GROWN:
        kind = int if name == "size" else float
        parser.add_argument(f"--{name}", type=kind, nargs=2, metavar=("FROM", "TO"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", type=int, default=3, help="of an experiment")
    parser.add_argument(
        "--budget", type=float, default=8.0, help="of scaling, times the base's MACs"
    )
    parser.add_argument("--until", default=CLAIM_PARTS[-1], choices=CLAIM_PARTS, help="of a claim")
    parser.add_argument("--workers", type=int, help="processes of an experiment; one a core")
    parser.add_argument("--threads", type=int, help="of one training")


def json_line(_share: float, row: dict[str, Any]) -> None:
    """What came last as a line on the error stream."""
    shown = {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
    sys.stderr.write(json.dumps(shown) + "\n")
    sys.stderr.flush()


def execute(options: argparse.Namespace, *, told: Told = json_line) -> Answer:
    """What `effnet train` does; `told` hears of every epoch and every training that is done."""
    if options.action == "list":
        return [_line(run) for run in runs.list_runs()]
    if options.action == "go":
        return go(Path(options.name or ""), told=told)
    if options.action in ("stop", "resume"):
        run = runs.find(options.name or "")
        if options.action == "stop":
            run.stop()
            return _line(run)
        (run.folder / runs.STOP).unlink(missing_ok=True)
        return go(run.folder, told=told)
    order = order_of(options)
    kind = "train" if options.action == "fit" else options.action
    if options.output:
        folder = make_folder(options.output)
        if int(os.environ.get("RANK", "0")) == 0:
            runs.write_order(Run(folder, kind, Text(kind), order, 0.0))
        return carry_out(Run(folder, kind, Text(kind), order, 0.0), told)
    return go(runs.create(kind, kind, order).folder, told=told)


def _line(run: Run) -> dict[str, Any]:
    return {"name": run.name, "kind": run.kind, "title": run.title, "state": run.state}


def order_of(options: argparse.Namespace) -> dict[str, Any]:
    """A run's options from the command line's."""
    for name, number in (("seeds", options.seeds), ("workers", options.workers)):
        if number is not None:
            check_range(name, number, 1)
    asked = {name: getattr(options, name, None) for name in RECIPE}
    given = {name: value for name, value in asked.items() if value is not None}
    if options.start:
        given = FINE_TUNING | given
    network = options.network or options.start or "small"
    base = small_base() if network == "small" else spec_of(network)
    resolution = options.resolution or (64 if options.action == "progressive" else None)
    spec = scale(base, depth=options.depth, width=options.width, resolution=resolution)
    recipe = Recipe(spec=spec, **given)
    if options.stages or any(getattr(options, name) for name in GROWN):
        side = float(spec.resolution)
        flat = {"size": (side, side), "dropout": (spec.dropout,) * 2, "randaugment": (0.0, 0.0)}
        chosen = {n: tuple(getattr(options, n)) for n in GROWN if getattr(options, n)}
        stages = options.stages or 4
        values = {"stages": stages, "epochs": recipe.epochs, **flat, **chosen}
        schedule = Progressive.from_dict(values)
        recipe = replace(recipe, schedule=schedule)
    order = {"recipe": recipe.to_dict(), "seeds": options.seeds, "workers": options.workers}
    order |= {"until": options.until} if options.action == "claim" else {}
    if options.action == "scaling":
        order |= {"budget": options.budget, "seed": options.seed or 0}
    return {name: value for name, value in order.items() if value is not None}


# --- in the run's own process -----------------------------------------------------------------


def go(folder: Path, *, told: Told = json_line) -> dict[str, Any]:
    """Carry out the run in a folder, holding its lock; stopping is not an error.

    One that was launched waits for its turn first.

    Raises:
        EffnetError: There is no run in it, or another process is working on it.
    """
    run = runs.open_run(folder)
    with runs.held(folder), runs.turn(folder) as mine:
        if not mine:
            return {"state": "stopped"}
        if hasattr(os, "nice"):
            os.nice(max(0, NICENESS - os.nice(0)))  # the app comes first
        with suppress(OSError):  # Linux: where memory runs out, this ends, and not the app
            OOM_SCORE.write_text("1000")
        from effnet.train.trainer import Stopped

        try:
            result = carry_out(run, told)
        except Stopped:
            return {"state": "stopped"}
        except EffnetError as error:
            if runs.stop_asked(folder):
                return {"state": "stopped"}
            write_whole(folder / runs.FAILURE, json.dumps(error.text.as_dict()).encode())
            raise
        write_whole(folder / RESULT, json.dumps(result).encode())
        return {"folder": str(folder), **result}


def carry_out(run: Run, told: Told = json_line) -> dict[str, Any]:
    """Do what a run was asked to; gives back its result as plain values."""
    tasks: dict[str, Callable[[Run, Told], dict[str, Any]]] = {
        "train": _fit,
        "scaling": _scaling,
        "progressive": _progressive,
        "claim": _claim,
        "steps": _steps,
    }
    check_known("kind of run", run.kind, tasks)
    return tasks[run.kind](run, told)


def _recipe(run: Run) -> Recipe:
    return Recipe.from_dict(run.options.get("recipe", {}))


def _tell(run: Run, told: Told, share: float, row: dict[str, Any] | None = None) -> None:
    """Write how far a run is; of several processes the first one says what came last."""
    runs.report(run.folder, share)
    if row and int(os.environ.get("RANK", "0")) == 0:
        told(share, row)


def _fit(run: Run, told: Told) -> dict[str, Any]:
    from effnet.train.trainer import train

    recipe = _recipe(run)

    def heard(row: dict[str, Any]) -> None:
        _tell(run, told, row.get("epoch", 0) / recipe.epochs, row)  # the first has none

    runs.report(run.folder, 0.0)
    stop = partial(runs.stop_asked, run.folder)
    found = train(recipe, run.folder, stop=stop, progress=heard)
    told_too = (
        {}
        if found.head_top1 is None
        else {"verdict": against_head(found.best_top1, found.head_top1)}
    )
    return asdict(found) | told_too


def _workers(run: Run) -> int:
    return int(run.options.get("workers") or os.cpu_count() or 1)


def _sweep(
    run: Run, told: Told, jobs: "Sequence[Job]", results: Path, *, total: int = 0
) -> list[dict[str, Any]]:
    """Train jobs side by side, one thread each; a curve for each in the run's folder.

    Args:
        run: What they belong to.
        told: Hears of each that is done.
        jobs: The trainings.
        results: The CSV.
        total: Trainings of the whole run; these where 0.
    """
    from effnet.train.many_trainings import sweep
    from effnet.train.results import read_rows

    def heard(row: dict[str, Any] | None = None) -> None:
        _tell(run, told, len(read_rows(results)) / (total or len(jobs)), row)

    names = {one.key: dict(one.facts) for one in jobs}
    write_whole(run.folder / "jobs.json", json.dumps(names).encode())
    pool: Any = nullcontext()
    if _workers(run) > 1:
        context = get_context("spawn")
        pool = ProcessPoolExecutor(_workers(run), context, initializer=programs.end_with_parent)
    with pool as executor:
        started: Executor | None = executor
        heard()
        return sweep(
            jobs,
            results,
            executor=started,
            keep=run.folder / JOBS,
            watched=run.folder,
            progress=heard,
        )


def _scaling(run: Run, told: Told) -> dict[str, Any]:
    from effnet.train import race
    from effnet.train.claim import scaling_jobs, settled

    rate, searched = settled()
    first = int(run.options.get("seed", 0))
    jobs = scaling_jobs(
        rate,
        searched,
        budgets=(float(run.options["budget"]),),
        seeds=range(first, first + int(run.options.get("seeds", 1))),
    )
    rows = _sweep(run, told, [race.watched(one) for one in jobs], run.folder / RESULTS)
    race.record(run.folder, rows)
    return {"rows": len(rows)}


def _progressive(run: Run, told: Told) -> dict[str, Any]:
    from effnet.train.progressive_trainings import progressive_jobs

    recipe = _recipe(run)
    jobs = progressive_jobs(
        seeds=int(run.options.get("seeds", 3)),
        epochs=recipe.epochs,
        recipe=recipe,
        size=recipe.spec.resolution,
    )
    return {"rows": len(_sweep(run, told, jobs, run.folder / RESULTS))}


def _claim(run: Run, told: Told) -> dict[str, Any]:
    from effnet.train.claim import claim

    return claim(run.folder, run=partial(_sweep, run, told), until=run.options["until"])


def _steps(run: Run, _told: Told) -> dict[str, Any]:
    from effnet.network import Spec
    from effnet.timing.measure import step_ms

    spec = Spec.from_dict(run.options["spec"])
    found = {}
    for size in run.options["sizes"]:
        if runs.stop_asked(run.folder):
            raise EffnetError("stopped")
        found[str(size)] = step_ms(spec, size, batch_size=run.options["batch_size"])
        runs.report(run.folder, len(found) / len(run.options["sizes"]))
        append_line(run.folder / METRICS, {"size": size, "ms": found[str(size)]})
    return {"step_ms": found}
