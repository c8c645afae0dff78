"""Whether the paper's claim holds, from an experiment's rows, by the rule of its plan.

`assets/experiments/PLAN.md` has the rule; it was written before the rows were there. No torch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean

from effnet.base import content, say
from effnet.train.plan import SINGLE, TITLES
from effnet.train.results import Row, half_width

HEADLINE = 8.0  # the budget that the plan judges by
SEEDS = 5
LEAST_LEAD = 0.3  # points: a lead under it is not called one
BALANCED = ("searched", "compound")  # ways that scale all three: the paper's method, its numbers

UNFINISHED = "not finished"
HOLDS = "holds"
FAILS = "does not hold"
OPEN = "can't tell"


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one way is ahead of another at a budget, seed by seed.

    Attributes:
        way, rival: Which is held against which.
        budget: Multiply-adds aimed at, over the base's.
        points: Accuracy of the way less the rival's, in points of a hundred, one a seed.
    """

    way: str
    rival: str
    budget: float
    points: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return mean(self.points)

    @property
    def half(self) -> float:
        """Half of the mean's 95 % confidence interval, by Student's t; 0 for one seed."""
        return half_width(self.points)

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return self.mean + self.half


def paired(
    rows: Iterable[Row], one: str, other: str, *, column: str = "way", budget: float = 1.0
) -> Difference | None:
    """One way of training against another, over the seeds that both have; None without any.

    Args:
        rows: Of one budget.
        one: Whose lead it is, as `column` names it.
        other: Its rival.
        column: "way", or "arm" of a progressive training.
        budget: Of the rows.
    """
    by: dict[str, dict[int, float]] = {}
    for row in rows:
        by.setdefault(str(row[column]), {})[int(row["seed"])] = 100 * float(row["top1"])
    own, others = by.get(one, {}), by.get(other, {})
    points = tuple(own[seed] - others[seed] for seed in sorted(own.keys() & others.keys()))
    return Difference(one, other, budget, points) if points else None


def differences(rows: Iterable[Row], way: str, budget: float) -> tuple[Difference, ...]:
    """A way against every single dimension; none without any."""
    there = [row for row in rows if float(row["budget"]) == budget]
    found = (paired(there, way, rival, budget=budget) for rival in SINGLE)
    return tuple(one for one in found if one)


def judged(found: Sequence[Difference], *, seeds: int = SEEDS) -> str:
    """One of the four verdicts, where `seeds` were planned."""
    if len(found) < len(SINGLE) or min(len(one.points) for one in found) < seeds:
        return UNFINISHED
    if all(one.low > 0 for one in found):
        return HOLDS
    return FAILS if any(one.high < LEAST_LEAD for one in found) else OPEN


def verdict(rows: Sequence[Row], way: str, budget: float, *, seeds: int = SEEDS) -> str:
    """What the rows say of one way of scaling all three, in one sentence."""
    found = differences(rows, way, budget)
    if not found:
        return say(
            "**Not finished**: at {budget:g} x the multiply-adds there is nothing to compare yet.",
            budget=budget,
        )
    answer = judged(found, seeds=seeds)
    by_end = answer == FAILS  # then it is the interval's end that says it
    hardest = min(found, key=lambda one: one.high if by_end else one.mean)
    values = {
        "budget": budget,
        "way": say(TITLES[way]).lower(),
        "rival": say(TITLES[hardest.rival]).lower(),
        "points": f"{hardest.mean:+.2f} ± {hardest.half:.2f}",
        "least": LEAST_LEAD,
        "seeds": min(len(one.points) for one in found),
        "planned": seeds,
    }
    return say(content("verdicts")[answer], **values)
