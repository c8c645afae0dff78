"""What a step of the phi slider costs a page, part by part and in the test harness. No torch."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from streamlit.testing.v1 import AppTest

from effnet.scaling.design import Design

sys.path.insert(0, str(Path(__file__).parents[1]))

from visits import report

Parts = Callable[[Design], Mapping[str, Callable[[], object]]]


def median_ms(samples: list[float]) -> float:
    return 1000 * statistics.median(samples)


def show_parts(parts: Parts, steps: list[float]) -> None:
    """Print the median of each part of a page's computing over the steps, and their sum."""
    taken: dict[str, list[float]] = {}
    for phi in steps:
        for name, run in parts(Design(phi=phi)).items():
            start = time.perf_counter()
            run()
            taken.setdefault(name, []).append(time.perf_counter() - start)
    for name, samples in taken.items():
        print(f"{name:30} {median_ms(samples):7.2f} ms")
    total = sum(map(median_ms, taken.values()))
    print(f"{'what the page computes':30} {total:7.2f} ms")


def slide(app: AppTest, value: float) -> None:
    """Move the page's own slider."""
    report(app, phi=value)


def reruns(
    app: AppTest, steps: list[float], move: Callable[[AppTest, float], object] = slide
) -> float:
    """Median milliseconds of a whole run of an opened page after a step."""
    samples = []
    for value in steps:
        start = time.perf_counter()
        move(app, value)
        samples.append(time.perf_counter() - start)
    assert not app.exception
    return median_ms(samples)
