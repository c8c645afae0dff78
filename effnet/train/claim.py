"""The paper's claim on Fashion-MNIST, by a plan that was written first.

The plan is `assets/experiments/PLAN.md`. The order of the trainings is its order of priority, seeds
outermost, so whatever is finished when it is stopped is a whole number of paired blocks. Each part
has a CSV of its own; rows that are there are not trained again. No torch.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from effnet.base import EffnetError, check_known, shipped
from effnet.network import Spec, Stage
from effnet.scaling import takes_network
from effnet.train.fashion_mnist import CHOOSING, CLASSES, NAME
from effnet.train.many_trainings import Job, job, sweep
from effnet.train.plan import Candidate, Letters, at_equal_macs, candidate, counted_grid, nearest
from effnet.train.progressive_trainings import progressive_jobs
from effnet.train.recipe import Recipe
from effnet.train.results import Row, half_width, read_rows

LETTERS = ("alpha", "beta", "gamma")

Finalist = tuple[Letters, tuple[float, ...]]
Trained = Callable[[Sequence[Job], Path], list[Row]]

EPOCHS, SEEDS, FAMILY_SEEDS = 6, 5, 3
BATCH = 256
BUDGETS = (8.0, 4.0, 2.0)  # in the order of priority
FAMILY_BUDGET = 4.0
NEAR = 0.05
RATES = (0.01, 0.02, 0.04, 0.08)
RATE_SEEDS = (100, 101)
CHECK_EPOCHS, TOO_FAST = 2, 0.01  # half the rate is taken where it is so much better
RUNG_EPOCHS, FINAL_EPOCHS, FINALISTS = 2, 4, 3
FINAL_SEEDS = (100, 101, 102)
GROWN_SIZES, GROWN_EPOCHS = (14, 28), 8
NARROWED, NARROWING_SEEDS = "resolution", (5, 6, 7)  # the second plan's
LONGER_EPOCHS, LONGER_SEEDS, STILL_GAINS = (12, 24), (0, 1, 2), 0.5  # points; the third plan's too
COMMAND = "effnet train claim --workers 1 --output FOLDER"
SHIPPED = shipped("assets", "experiments")
PARTS = ("rate", "check", "search", "scaling", "families_rate", "families", "progressive", "longer")

# expansion, kernel, stride, channels, blocks: B0's pattern in three stages
_ROWS = {
    "efficientnet": ((1, 3, 1, 8, 1), (4, 3, 2, 12, 1), (4, 3, 1, 16, 2)),
    "mobilenet": ((1, 3, 1, 8, 1), (4, 3, 2, 12, 1), (4, 3, 1, 16, 2)),
    "resnet": ((4, 3, 1, 16, 1), (4, 3, 2, 32, 2)),
}
FAMILIES = tuple(_ROWS)


def base_of(family: str = "efficientnet") -> Spec:
    """The base network of a family, for pictures of 14 px: B0, MobileNetV2 or ResNet-50 in small.

    Raises:
        EffnetError: There is no such family.
    """
    check_known("base network", family, _ROWS)
    operators = {"efficientnet": "mbconv", "mobilenet": "inverted_residual"}
    squeezed = 0.25 if family == "efficientnet" else 0.0
    stages = tuple(
        Stage(
            operators.get(family, "bottleneck"),  # type: ignore[arg-type]
            channels, blocks, kernel, stride, expand, squeezed, divisor=4,
        )
        for expand, kernel, stride, channels, blocks in _ROWS[family]
    )  # fmt: skip
    own = {
        "efficientnet": {"family": "v1"},
        "mobilenet": {"family": "mobilenet", "activation": "relu6", "layout": "flat"},
        "resnet": {"family": "resnet", "activation": "relu", "layout": "resnet"},
    }[family]
    return Spec(
        name=f"{family}-small",
        stages=stages,
        stem_channels=8,
        head_channels=0 if family == "resnet" else 64,
        resolution=14,
        dropout=0.1,
        norm_eps=1e-3,
        **own,  # type: ignore[arg-type]
    )


@takes_network
def recipe_of(
    spec: Spec, *, rate: float, seed: int, epochs: int = EPOCHS, data: str = NAME
) -> Recipe:
    """The one recipe of all trainings."""
    return Recipe(
        spec=spec,
        data=data,
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=rate,
        shift=0.0,  # a sixteenth of 14 px is none, of 44 px two: it would not be the same for all
        flip=True,
        test_epochs=2,
        seed=seed,
    )


def _job(
    found: Candidate,
    family: str = "efficientnet",
    *,
    rate: float,
    seed: int,
    epochs: int = EPOCHS,
    data: str = NAME,
    **facts: Any,
) -> Job:
    recipe = recipe_of(found.spec, rate=rate, seed=seed, epochs=epochs, data=data)
    known = {k: v for k, v in asdict(found).items() if k != "spec"}
    known |= {"depth": round(found.depth, 4), "width": round(found.width, 4)}
    return job(recipe, family=family, **known, seed=seed, epochs=epochs, rate=rate, **facts)


def _base(family: str = "efficientnet") -> Candidate:
    spec = base_of(family)
    return candidate("base", 1.0, spec, 1.0, 1.0, spec.resolution, len(CLASSES))


def networks(
    budget: float, *, family: str = "efficientnet", searched: Letters | None = None
) -> tuple[Candidate, ...]:
    """The networks that are compared at a budget.

    The searched coefficients' is the nearest to the others' mean, and left out where it is one of
    them: what the others are must not hang on the search.
    """
    base = base_of(family)
    found = at_equal_macs(base, budget, classes=len(CLASSES), near=NEAR)
    if searched is None:
        return found
    mean = math.prod(one.macs for one in found) ** (1 / len(found))
    own = nearest("searched", base, mean, classes=len(CLASSES), coefficients=searched)
    same = any((own.spec.stages, own.resolution) == (o.spec.stages, o.resolution) for o in found)
    return found if same else (*found, replace(own, budget=budget))


# --- what is chosen before, on training pictures only


def rate_jobs(family: str = "efficientnet") -> list[Job]:
    """The base at every rate."""
    return [
        _job(_base(family), family, rate=rate, seed=seed, data=CHOOSING)
        for seed in RATE_SEEDS
        for rate in RATES
    ]


def best_rate(rows: Iterable[Row], family: str = "efficientnet") -> float:
    """The rate whose mean accuracy is highest; the lower one of equals."""
    by: dict[float, list[float]] = {}
    for row in rows:
        if row["family"] == family:
            by.setdefault(float(row["rate"]), []).append(float(row["top1"]))
    return max(sorted(by), key=lambda rate: sum(by[rate]) / len(by[rate]))


def check_jobs(rate: float) -> list[Job]:
    """The extremes, each scaled in one dimension to the largest budget, at the rate and half."""
    return [
        _job(one, rate=each, seed=RATE_SEEDS[0], epochs=CHECK_EPOCHS, data=CHOOSING)
        for one in networks(BUDGETS[0])
        if one.way != "compound"
        for each in (rate, rate / 2)
    ]


def settled_rate(rate: float, rows: Iterable[Row]) -> float:
    """The base's rate, or half of it where an extreme needs that."""
    by: dict[str, dict[float, float]] = {}
    for row in rows:
        by.setdefault(str(row["way"]), {})[float(row["rate"])] = float(row["top1"])
    short = any(found[rate / 2] - found[rate] > TOO_FAST for found in by.values())
    return rate / 2 if short else rate


def search_jobs(rate: float) -> list[Job]:
    """The first round of the grid search: every network of about twice the multiply-adds, once."""
    return [
        _job(
            one,
            rate=rate,
            seed=RATE_SEEDS[0],
            epochs=RUNG_EPOCHS,
            data=CHOOSING,
            alpha=alpha,
            beta=beta,
            gamma=gamma,
        )
        for alpha, beta, gamma, one in counted_grid(base_of(), classes=len(CLASSES))
    ]


def final_jobs(first: Sequence[Row], rate: float) -> list[Job]:
    """The second round: the best of the first, with several seeds and more epochs."""
    best = sorted(first, key=lambda row: -float(row["top1"]))[:FINALISTS]
    chosen = {letters_of(row) for row in best}
    kept = [one for one in search_jobs(rate) if letters_of(dict(one.facts)) in chosen]
    return [
        job(
            replace(one.recipe, epochs=FINAL_EPOCHS, seed=seed),
            **(dict(one.facts) | {"epochs": FINAL_EPOCHS, "seed": seed}),
        )
        for seed in FINAL_SEEDS
        for one in kept
    ]


def letters_of(row: Row) -> Letters:
    """A row's alpha, beta and gamma."""
    return float(row["alpha"]), float(row["beta"]), float(row["gamma"])


def ranked(rows: Iterable[Row]) -> list[Finalist]:
    """The finalists, the highest mean first, the cheaper of equals; points, one a seed."""
    by: dict[Letters, list[Row]] = {}
    for row in sorted(rows, key=lambda row: int(row["seed"])):
        by.setdefault(letters_of(row), []).append(row)
    order = sorted(by, key=lambda one: (-fmean(row["top1"] for row in by[one]), by[one][0]["macs"]))
    return [(one, tuple(100 * float(row["top1"]) for row in by[one])) for one in order]


def best_letters(rows: Iterable[Row]) -> Letters:
    """The coefficients of the finalist with the highest mean."""
    return ranked(rows)[0][0]


def lead(first: Finalist, second: Finalist) -> tuple[float, float]:
    """How far one finalist is ahead of another at the same seeds: points, and half the interval."""
    apart = [a - b for a, b in zip(first[1], second[1], strict=True)]
    return fmean(apart), half_width(apart)


# --- the comparison


def scaling_jobs(
    rate: float,
    searched: Letters | None,
    *,
    budgets: Sequence[float] = BUDGETS,
    seeds: Iterable[int] = range(SEEDS),
    epochs: int = EPOCHS,
) -> list[Job]:
    """The base and every way, by budget in the given order, then by seed."""
    return [
        _job(one, rate=rate, seed=seed, epochs=epochs)
        for budget in budgets
        for seed in tuple(seeds)
        for one in (
            *([_base()] if budget == budgets[0] else []),
            *networks(budget, searched=searched),
        )
    ]


def family_jobs(rates: dict[str, float]) -> list[Job]:
    """The other families' bases and ways, each family at its own base's rate."""
    return [
        _job(one, family, rate=rate, seed=seed)
        for seed in range(FAMILY_SEEDS)
        for family, rate in rates.items()
        for one in (_base(family), *networks(FAMILY_BUDGET, family=family))
    ]


def grown_jobs(rate: float) -> list[Job]:
    """Progressive learning: the compound network of the largest budget at the data's own 28 px."""
    found = next(one for one in networks(BUDGETS[0]) if one.way == "compound")
    spec = replace(found.spec, resolution=GROWN_SIZES[1])
    start = recipe_of(spec, rate=rate, seed=0, epochs=GROWN_EPOCHS)
    return progressive_jobs(
        seeds=SEEDS, epochs=GROWN_EPOCHS, recipe=start, size=GROWN_SIZES[1], first=GROWN_SIZES[0]
    )


def narrowing_jobs(rate: float) -> list[Job]:
    """More seeds of the way whose mean at the largest budget is known least well."""
    found = next(one for one in networks(BUDGETS[0]) if one.way == NARROWED)
    return [_job(found, rate=rate, seed=seed) for seed in NARROWING_SEEDS]


def longer_jobs(rate: float, searched: Letters | None) -> list[Job]:
    """More epochs: until when the base gains, and the largest budget's ways for twice as many."""
    bases = [
        _job(_base(), rate=rate, seed=seed, epochs=epochs)
        for epochs in LONGER_EPOCHS
        for seed in LONGER_SEEDS
    ]
    ways = scaling_jobs(rate, searched, budgets=BUDGETS[:1], epochs=LONGER_EPOCHS[0])
    return list({one.key: one for one in (*bases, *ways)}.values())


def settled(folder: Path = SHIPPED) -> tuple[float, Letters]:
    """The rate and the coefficients that the rows in a folder have settled.

    Raises:
        EffnetError: They are not there.
    """
    rates, checks, found = (read_rows(folder / f"{part}.csv") for part in PARTS[:3])
    finals = [row for row in found if row["epochs"] == FINAL_EPOCHS]
    if not (rates and checks and finals):
        raise EffnetError(
            "{folder} lacks the trainings that settle rate and coefficients; make them by "
            "`effnet train claim --until search --output FOLDER`",
            folder=folder,
        )
    return settled_rate(best_rate(rates), checks), best_letters(finals)


def claim(folder: Path, *, run: Trained | None = None, until: str = PARTS[-1]) -> Row:
    """Carry out the plans from where they stand, a CSV for each part; gives what was chosen.

    Args:
        folder: For the CSVs.
        run: What trains a list of jobs into a file; `sweep` where None.
        until: The last part to do, of `PARTS`.

    Raises:
        EffnetError: Trainings are missing (the same call goes on), or there is no such part.
    """
    check_known("part", until, PARTS)
    trained = run or sweep

    def part(name: str, jobs: Sequence[Job]) -> list[Row]:
        return trained(jobs, folder / f"{name}.csv")

    rate = best_rate(part("rate", rate_jobs()))
    rate = settled_rate(rate, part("check", check_jobs(rate)))
    first = part("search", search_jobs(rate))
    rounds = [*search_jobs(rate), *final_jobs(first, rate)]
    searched = best_letters(part("search", rounds)[len(first) :])
    chosen: Row = {"rate": rate, **dict(zip(LETTERS, searched, strict=True))}
    wanted = PARTS[: PARTS.index(until) + 1]
    if "scaling" in wanted:
        part("scaling", scaling_jobs(rate, searched))
    if "families_rate" in wanted:
        others = [family for family in FAMILIES if family != "efficientnet"]
        rows = part("families_rate", [one for family in others for one in rate_jobs(family)])
        rates = {family: best_rate(rows, family) for family in others}
        if "families" in wanted:
            part("families", family_jobs(rates))
    if "progressive" in wanted:
        part("progressive", grown_jobs(rate))
    if "longer" in wanted:
        part("scaling", [*scaling_jobs(rate, searched), *narrowing_jobs(rate)])
        part("longer", longer_jobs(rate, searched))
    return chosen
