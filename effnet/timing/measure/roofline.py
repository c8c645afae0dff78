"""What this machine can do at best: a matrix product for arithmetic, a copy for memory."""

from collections.abc import Callable

import torch

from effnet.nn import pick_device, workers
from effnet.timing import PLAIN, Options, Roof, quantile
from effnet.timing.measure import clock, machine
from effnet.timing.measure.prepare import DTYPES
from effnet.timing.measure.protocol import check_budget

SIDES = (1024, 2048)  # of the square matrices; the better one counts
COPIED_BYTES = 128 * 2**20  # far more than a core's own cache holds
BEST = 0.1  # the rate that one sample in ten reaches: the best that lasts


def calibrate(
    options: Options = PLAIN,
    *,
    budget_s: float = 5.0,
    progress: Callable[[float], None] | None = None,
) -> Roof:
    """Measure the roof under the same device, precision and number of threads as `options`.

    Half of the budget goes to products of square matrices, half to copying 128 MiB. A product of
    two n x n matrices is n**3 multiply-adds; a copied byte is read and written, which is two.

    Args:
        options: Device, precision and threads; the rest does not matter.
        budget_s: Seconds.
        progress: Called after each sample with the share done; it may raise to stop.
    """
    check_budget(budget_s)
    place = pick_device(options.device)
    heard = progress or (lambda _share: None)
    kind = DTYPES.get(options.precision, torch.float32)
    with workers.threads(options.threads), torch.inference_mode():
        where, others = machine.environment(place), machine.Others()
        timer = clock.timer(place)
        part = 0.5 / len(SIDES)  # of the budget, and of the progress
        rates = [
            n**3 / (_best(timer, _product(n, place, kind), budget_s, heard, i * part, part) / 1000)
            for i, n in enumerate(SIDES)
        ]
        source = torch.ones(COPIED_BYTES // 4, device=place)
        target = torch.empty_like(source)
        best = _best(timer, lambda: target.copy_(source), budget_s, heard, 0.5, 0.5)
        moved = 2 * COPIED_BYTES / (best / 1000)
    return Roof(max(rates), moved, others.beside(where), options.precision)


def _product(side: int, place: torch.device, kind: torch.dtype) -> Callable[[], object]:
    a, b = (torch.randn(side, side, device=place).to(kind) for _ in range(2))
    out = torch.empty(side, side, device=place, dtype=kind)
    return lambda: torch.mm(a, b, out=out)


def _best(
    timer: clock.Timer,
    step: Callable[[], object],
    budget_s: float,
    heard: Callable[[float], None],
    before: float,
    part: float,
) -> float:
    """Milliseconds that one sample in ten stays under, by a `part` of the budget."""
    timer.sample(step)
    samples = clock.take(
        lambda: timer.sample(step),
        part * budget_s,
        lambda share, _: heard(before + part * share),
    )
    heard(before + part)
    return quantile(samples, BEST)
