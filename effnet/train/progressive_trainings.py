"""Fixed against progressive training, as a list of trainings. No torch."""

from dataclasses import replace

from effnet.base import mark
from effnet.train.many_trainings import Job, job
from effnet.train.recipe import Recipe, small_base
from effnet.train.schedule import Progressive, relative_cost


def progressive_jobs(
    *,
    seeds: int = 3,
    epochs: int = 12,
    recipe: Recipe | None = None,
    size: int = 64,
    first: int = 24,
) -> list[Job]:
    """Fixed against progressive, both ways to compare: at equal epochs and at equal multiply-adds.

    A third arm grows the size and keeps the fixed one's regularisation, so that what growing both
    adds can be told from what growing the size does.

    Regularisation grows with the size from nothing to the fixed one's strength (arXiv:2104.00298).
    RandAugment is left out: its rotations would turn one class of stripes into another.
    """
    start = recipe or Recipe(spec=small_base(resolution=size))
    grown = Progressive(
        stages=4,
        epochs=epochs,
        size=(first, size),
        dropout=(0.0, 0.2),
        randaugment=(0, 0),
        mixup=(0, 0.1),
    )
    fixed = grown.fixed()
    even = replace(grown, dropout=(grown.dropout[1],) * 2, mixup=(grown.mixup[1],) * 2)
    share = relative_cost(grown, start.spec)
    arms = (
        (mark("fixed"), fixed, epochs),
        (mark("progressive"), grown, epochs),
        (mark("progressive, even regularisation"), even, epochs),
        (mark("fixed, equal cost"), fixed, max(1, round(epochs * share))),
    )
    return [
        job(
            replace(start, schedule=replace(plan, epochs=length), epochs=length, seed=seed),
            arm=arm,
            relative_macs=round(share if plan is not fixed else length / epochs, 4),
            seed=seed,
            epochs=length,
        )
        for seed in range(seeds)
        for arm, plan, length in arms
    ]
