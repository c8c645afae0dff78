"""Made-up rows of the scaling experiment, as a run writes them."""

from effnet.train.claim import SEEDS

WAYS = ("base", "depth", "width", "resolution", "compound", "searched")
SHAPE = {"base": (1.0, 128_928), "other": (8.0, 1_067_488)}


def row(way, seed, top1, **changes):
    """One training's."""
    budget, macs = SHAPE.get(way, SHAPE["other"])
    return {
        "key": f"{way}{seed}", "family": "efficientnet", "way": way, "budget": budget, "macs": macs,
        "seed": seed, "epochs": 6, "rate": 0.04, "top1": top1, "seconds": 60.0,
        "cpu_seconds": 36.0, "processor": "made up", "cores": 2, "torch": "2.14",
        "date": "2026-11-28T18:00:00+00:00",
    } | changes  # fmt: skip


def rows(*, seeds=SEEDS, **accuracies):
    """Every way at every seed; an accuracy is one number, or one a seed.

    Example: `rows(compound=0.92)` has compound at 92 % and the others at 90 %.
    """
    found = []
    for seed in range(seeds):
        for way in WAYS:
            value = accuracies.get(way, 0.90)
            top1 = value[seed] if isinstance(value, tuple) else value
            found.append(row(way, seed, top1))
    return found


def wobbling(mean, by=0.001):
    """Five accuracies around a mean: by / 0.001 tenths of a point to and fro."""
    return tuple(mean + by * step for step in (-1, 1, 0, -1, 1))


def grown(**arms):
    """Rows of `train progressive`: an arm's accuracies, one a seed, and its processor time.

    Example: `grown(fixed=((0.70, 0.71), 100.0), progressive=((0.72, 0.72), 60.0))`.
    """
    return [
        row("base", seed, top1, arm=arm.replace("_", " "), cpu_seconds=seconds)
        for arm, (accuracies, seconds) in arms.items()
        for seed, top1 in enumerate(accuracies)
    ]
