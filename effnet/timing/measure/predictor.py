"""Learn this machine's pace from its own measurements, to predict what was not measured."""

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effnet.base import EffnetError
from effnet.counting import count
from effnet.network import Spec
from effnet.scaling import AnyNetwork, spec_of
from effnet.timing import (
    PLAIN,
    Environment,
    Options,
    Pace,
    features,
    group,
    host,
    pass_ms,
    quantile,
    work,
)
from effnet.timing.measure.prepare import prepared
from effnet.timing.measure.protocol import check_budget
from effnet.timing.measure.stage_profiles import unit_times

PASSES = 3  # of each kind in a round: the whole network, and its units


@dataclass(frozen=True, slots=True)
class Timed:
    """A network's times: the whole pass, and each unit of it, in milliseconds.

    The units' times are brought to the whole's: reading the clock between them costs a little.
    """

    spec: Spec
    whole_ms: float
    units_ms: tuple[float, ...]
    environment: Environment


def gather(
    specs: Sequence[AnyNetwork],
    *,
    options: Options = PLAIN,
    budget_s: float = 60.0,
    progress: Callable[[float, str], None] | None = None,
) -> list[Timed]:
    """Time networks and their units, until the budget is spent or all are done.

    Args:
        specs: The networks.
        options: How they run.
        budget_s: Seconds for all of them.
        progress: Called after each pass with the share that is done and the network's name; it may
            raise to stop.
    """
    check_budget(budget_s)
    start, found = time.perf_counter(), list[Timed]()
    for number, spec in enumerate(map(spec_of, specs)):
        share, name = number / len(specs), spec.name
        spent = (time.perf_counter() - start) / budget_s

        def heard(share: float = max(share, min(spent, 1.0)), name: str = name) -> None:
            if progress:
                progress(share, name)

        if spent >= 1:
            break
        found.append(_timed(spec, options, (1 - spent) * budget_s / (len(specs) - number), heard))
    return found


def _timed(spec: Spec, options: Options, budget_s: float, heard: Callable[[], None]) -> Timed:
    with prepared(spec, options) as ready:
        ready.warm_up(budget_s / 4, heard)
        end = time.perf_counter() + budget_s / 2
        wholes: list[float] = []
        rounds: list[list[float]] = []
        while not rounds or time.perf_counter() < end:
            for _ in range(PASSES):
                wholes.append(ready.sample())
                heard()
            rounds.append(unit_times(ready, PASSES, heard))
        units = [statistics.median(column) for column in zip(*rounds, strict=True)]
        whole = statistics.median(wholes)
        scale = whole / sum(units)
        return Timed(spec, whole, tuple(scale * value for value in units), ready.environment)


# --- fitting ----------------------------------------------------------------------------------

PARTS = 6  # of the networks; each is predicted from the other five
LEAST_NETWORKS = 2 * PARTS
POWER = 0.75  # a residual counts by its unit's time to this power: 1 would be relative errors
LEAST_MS = 0.01


def learn(timed: Sequence[Timed], *, precision: str = "fp32") -> Pace:
    """Fit a machine's pace to timed networks, and its error on networks that a fit did not see.

    Raises:
        EffnetError: There are too few networks.
    """
    if len(timed) < LEAST_NETWORKS:
        raise EffnetError(
            "{n} {n:network was|networks were} timed; expected at least {least}: allow more time",
            n=len(timed),
            least=LEAST_NETWORKS,
        )
    checks = []
    for part in range(PARTS):
        seen = [one for number, one in enumerate(timed) if number % PARTS != part]
        unseen = timed[part::PARTS]
        coefficients, line = fitted(seen), straight_line(seen)
        for one in unseen:
            on_line = line[0] + line[1] * count(one.spec).macs / 1e6
            checks.append((one.whole_ms, pass_ms(coefficients, one.spec), on_line))
    errors = [abs(guess / ms - 1) for ms, guess, _ in checks]
    line_errors = [abs(guess / ms - 1) for ms, _, guess in checks]
    return Pace(
        fitted(timed),
        statistics.median(errors),
        quantile(errors, 0.9),
        straight_line(timed),
        statistics.median(line_errors),
        len(timed),
        max(unit.bytes for one in timed for unit in work(one.spec)),
        host(),
        timed[-1].environment,
        precision,
        tuple(checks),
    )


def fitted(timed: Sequence[Timed]) -> dict[str, tuple[float, ...]]:
    """Milliseconds by feature for each kind of work, none negative, brought to the whole passes."""
    rows: dict[str, list[tuple[tuple[float, ...], float]]] = {}
    for one in timed:
        for unit, ms in zip(work(one.spec), one.units_ms, strict=True):
            rows.setdefault(group(unit.kind), []).append((features(unit), ms))
    raw = {}
    for kind, seen in rows.items():
        x = np.array([row for row, _ in seen])
        y = np.array([ms for _, ms in seen])
        weight = np.maximum(y, LEAST_MS) ** -POWER
        raw[kind] = nonnegative(x * weight[:, None], y * weight)
    ratios = [one.whole_ms / pass_ms(raw, one.spec) for one in timed]
    scale = statistics.median(ratios)
    return {kind: tuple(scale * value for value in row) for kind, row in raw.items()}


def straight_line(timed: Sequence[Timed]) -> tuple[float, float]:
    """Milliseconds fixed and per M MACs through the whole networks' times, by relative error."""
    x = np.array([[1.0, count(one.spec).macs / 1e6] for one in timed])
    y = np.array([one.whole_ms for one in timed])
    fixed, slope = nonnegative(x / y[:, None], np.ones(len(y)))
    return fixed, slope


def nonnegative(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, ...]:
    """Least squares with no coefficient under 0: the best of all choices of columns.

    `x` is `(rows, columns)`, `y` `(rows,)`. Exact, for a handful of columns.
    """
    columns = x.shape[1]
    best, least = np.zeros(columns), float(y @ y)
    for number in range(1, columns + 1):
        for chosen in itertools.combinations(range(columns), number):
            values, *_ = np.linalg.lstsq(x[:, chosen], y, rcond=None)
            if (values < 0).any():
                continue
            off = x[:, chosen] @ values - y
            if float(off @ off) < least * (1 - 1e-12):
                least = float(off @ off)
                best = np.zeros(columns)
                best[list(chosen)] = values
    return tuple(float(value) for value in best)
