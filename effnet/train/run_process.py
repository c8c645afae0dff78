"""The command `effnet train ...`, and what happens in a run's own process.

    train fit          train one network
    train scaling      the scaling experiment
    train search       the grid search of alpha, beta, gamma
    train progressive  fixed against progressive
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
from contextlib import nullcontext
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effnet.base import EffnetError, make_folder, say, write_whole
from effnet.network import get_variant
from effnet.scaling import scale
from effnet.train import run_folders
from effnet.train.recipe import CHOICES, FINE_TUNING, Recipe, small_base
from effnet.train.run_folders import METRICS, RESULT, Run
from effnet.train.run_texts import STOPPED
from effnet.train.schedule import Progressive

if TYPE_CHECKING:
    from effnet.train.many_trainings import Job

Answer = dict[str, Any] | list[dict[str, Any]]

ACTIONS = ("fit", "scaling", "search", "progressive", "list", "stop", "resume", "go")
RESULTS = "results.csv"
JOBS = "jobs"
NICENESS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `effnet train`."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("name", nargs="?", help="of a run, for stop, resume and go")
    parser.add_argument("--output", type=Path, help="folder to write; a run's own if not given")
    parser.add_argument("--network", help="a variant's name, or small; --start's if not given")
    parser.add_argument("--depth", type=float, default=1.0)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--resolution", type=int)
    parser.add_argument("--data", default="marks", help="marks, digits, or a folder of pictures")
    parser.add_argument("--images", type=int, help="pictures of the procedural set to train on")
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
    parser.add_argument("--size", type=int, nargs=2, metavar=("FROM", "TO"))
    parser.add_argument("--dropout", type=float, nargs=2, metavar=("FROM", "TO"))
    parser.add_argument("--randaugment", type=float, nargs=2, metavar=("FROM", "TO"))
    parser.add_argument("--mixup", type=float, nargs=2, metavar=("FROM", "TO"))
    parser.add_argument("--cutmix", type=float, nargs=2, metavar=("FROM", "TO"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", type=int, default=3, help="of an experiment")
    parser.add_argument("--workers", type=int, help="processes of an experiment; one a core")
    parser.add_argument("--threads", type=int, help="of one training")


def execute(options: argparse.Namespace) -> Answer:
    """What `effnet train` does."""
    if options.action == "list":
        return [_line(run) for run in run_folders.list_runs()]
    if options.action == "go":
        return go(Path(options.name or ""))
    if options.action in ("stop", "resume"):
        run = run_folders.find(options.name or "")
        if options.action == "stop":
            run_folders.stop(run)
            return _line(run)
        (run.folder / run_folders.STOP).unlink(missing_ok=True)
        return go(run.folder)
    order = order_of(options)
    kind = "train" if options.action == "fit" else options.action
    if options.output:
        folder = make_folder(options.output)
        if int(os.environ.get("RANK", "0")) == 0:
            kept = {"kind": kind, "title": kind, "options": order, "created": 0.0}
            write_whole(folder / run_folders.ORDER, json.dumps(kept, indent=1).encode())
        return carry_out(Run(folder, kind, kind, order, 0.0))
    return go(run_folders.create(kind, kind, order).folder)


def _line(run: Run) -> dict[str, Any]:
    return {"name": run.name, "kind": run.kind, "title": run.title, "state": run.state}


def order_of(options: argparse.Namespace) -> dict[str, Any]:
    """A run's options from the command line's."""
    for name, number in (("seeds", options.seeds), ("workers", options.workers)):
        if number is not None and number < 1:
            raise EffnetError(say("{name} {number}; expected at least 1", name=name, number=number))
    named = {
        "data": options.data,
        "epochs": options.epochs,
        "train_images": options.images,
        "batch_size": options.batch_size,
        "accumulate": options.accumulate,
        "learning_rate": options.learning_rate,
        "optimiser": options.optimiser,
        "decay": options.decay,
        "precision": options.precision,
        "start": options.start,
        "seed": options.seed,
        "threads": options.threads,
    }
    given = {name: value for name, value in named.items() if value is not None}
    if options.start:
        given = FINE_TUNING | given
    network = options.network or options.start or "small"
    base = small_base() if network == "small" else get_variant(network)
    resolution = options.resolution or (64 if options.action == "progressive" else None)
    spec = scale(base, depth=options.depth, width=options.width, resolution=resolution)
    recipe = Recipe(spec=spec, **given)
    pairs = ("size", "dropout", "randaugment", "mixup", "cutmix")
    if options.stages or any(getattr(options, name) for name in pairs):
        side = float(spec.resolution)
        flat = {"size": (side, side), "dropout": (spec.dropout,) * 2, "randaugment": (0.0, 0.0)}
        chosen = {n: tuple(getattr(options, n)) for n in pairs if getattr(options, n)}
        stages = options.stages or 4
        values = {"stages": stages, "epochs": recipe.epochs, **flat, **chosen}
        schedule = Progressive.from_dict(values)
        recipe = replace(recipe, schedule=schedule)
    order = {"recipe": recipe.to_dict(), "seeds": options.seeds, "workers": options.workers}
    return {name: value for name, value in order.items() if value is not None}


# --- in the run's own process -----------------------------------------------------------------


def go(folder: Path) -> dict[str, Any]:
    """Carry out the run in a folder, holding its lock; stopping is not an error.

    Raises:
        EffnetError: There is no run in it, or another process is working on it.
    """
    run = run_folders.open_run(folder)
    with run_folders.held(folder):
        if hasattr(os, "nice"):
            os.nice(max(0, NICENESS - os.nice(0)))  # the app comes first
        from effnet.train.trainer import Stopped

        try:
            result = carry_out(run)
        except Stopped:
            return {"state": "stopped"}
        except EffnetError:
            if run_folders.stop_asked(folder):
                return {"state": "stopped"}
            raise
        write_whole(folder / RESULT, json.dumps(result).encode())
        return {"folder": str(folder), **result}


def carry_out(run: Run) -> dict[str, Any]:
    """Do what a run was asked to; gives back its result as plain values."""
    tasks: dict[str, Callable[[Run], dict[str, Any]]] = {
        "train": _fit,
        "scaling": _scaling,
        "search": _search,
        "progressive": _progressive,
        "steps": _steps,
    }
    if run.kind not in tasks:
        raise EffnetError(
            say(
                "unknown kind of run {kind}; expected one of {known}",
                kind=repr(run.kind),
                known=", ".join(tasks),
            )
        )
    return tasks[run.kind](run)


def _recipe(run: Run) -> Recipe:
    return Recipe.from_dict(run.options.get("recipe", {}))


def _say(row: dict[str, Any]) -> None:
    if int(os.environ.get("RANK", "0")) == 0:
        shown = {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
        sys.stderr.write(json.dumps(shown) + "\n")
        sys.stderr.flush()


def _fit(run: Run) -> dict[str, Any]:
    from effnet.train.trainer import train

    result = train(
        _recipe(run), run.folder, stop=lambda: run_folders.stop_asked(run.folder), progress=_say
    )
    return asdict(result)


def _workers(run: Run) -> int:
    return int(run.options.get("workers") or os.cpu_count() or 1)


def _sweep(run: Run, jobs: "Sequence[Job]", results: Path) -> list[dict[str, Any]]:
    """Train jobs side by side, one thread each; a curve for each in the run's folder."""
    from effnet.train.many_trainings import sweep

    names = {one.key: dict(one.facts) for one in jobs}
    write_whole(run.folder / "jobs.json", json.dumps(names).encode())
    pool: Any = nullcontext()
    if _workers(run) > 1:
        pool = ProcessPoolExecutor(_workers(run), mp_context=get_context("spawn"))
    with pool as executor:
        started: Executor | None = executor
        return sweep(
            jobs,
            results,
            executor=started,
            keep=run.folder / JOBS,
            watched=run.folder,
            progress=_say,
        )


def _scaling(run: Run) -> dict[str, Any]:
    from effnet.train.experiment import scaling_jobs

    recipe = _recipe(run)
    jobs = scaling_jobs(seeds=int(run.options.get("seeds", 3)), epochs=recipe.epochs, recipe=recipe)
    return {"rows": len(_sweep(run, jobs, run.folder / RESULTS))}


def _progressive(run: Run) -> dict[str, Any]:
    from effnet.train.experiment import progressive_jobs

    recipe = _recipe(run)
    jobs = progressive_jobs(
        seeds=int(run.options.get("seeds", 3)),
        epochs=recipe.epochs,
        recipe=recipe,
        size=recipe.spec.resolution,
    )
    return {"rows": len(_sweep(run, jobs, run.folder / RESULTS))}


def _search(run: Run) -> dict[str, Any]:
    from effnet.train.experiment import search

    recipe = _recipe(run)
    rungs = tuple(max(1, round(recipe.epochs * share)) for share in (0.25, 0.5, 1.0))
    best, *_ = search(
        run.folder / RESULTS,
        rungs=rungs,
        recipe=recipe,
        run=lambda jobs, path: _sweep(run, jobs, path),
    )
    return {name: best[name] for name in ("alpha", "beta", "gamma", "top1", "macs")}


def _steps(run: Run) -> dict[str, Any]:
    from effnet.network import Spec
    from effnet.train.step_times import step_times

    spec = Spec.from_dict(run.options["spec"])
    found = {}
    for size in run.options["sizes"]:
        if run_folders.stop_asked(run.folder):
            raise EffnetError(say(STOPPED))
        found[str(size)] = step_times(spec, size, batch_size=run.options["batch_size"])
        run_folders.append_line(run.folder / METRICS, {"size": size, "ms": found[str(size)]})
    return {"step_ms": found}
