"""Timing for the scripts beside this one: cases in turn, round after round, medians and ratios."""

import os
import platform
import statistics
import time
from collections.abc import Callable

import torch

Case = Callable[[], object]


def use_threads() -> None:
    """One thread a core, and a line that says what machine the numbers below belong to."""
    torch.set_num_threads(os.cpu_count() or 1)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads, load {load:.1f}"
    )


def medians(cases: dict[str, Case], *, rounds: int, warm_up: int = 2) -> dict[str, float]:
    """Median milliseconds of each case; they take turns, so that a busy spell hits all alike."""
    samples: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(warm_up + rounds):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            stop = time.perf_counter()
            if turn >= warm_up:
                samples[name].append((stop - start) * 1000)
    return {name: statistics.median(found) for name, found in samples.items()}


def show(title: str, found: dict[str, float], *, rival: str, notes: dict[str, str] | None = None):
    """Print a table: milliseconds, and how many times as long as the rival each case takes."""
    width = max(map(len, found))
    print(f"\n{title}\n  {'':{width}}  {'median ms':>10}  {'of rival':>9}")
    for name, milliseconds in found.items():
        ratio = "rival" if name == rival else f"{milliseconds / found[rival]:.3f} x"
        note = (notes or {}).get(name, "")
        print(f"  {name:{width}}  {milliseconds:10.3f}  {ratio:>9}  {note}".rstrip())
