"""One step of the phi slider on the Cost page, on the server, at B7's size, by part.

Each step is a new network, so that nothing is answered from a cache. The page itself is timed under
Streamlit's own test harness, which adds its own bookkeeping.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from effnet import claims, formulas, memory, receipts
from effnet.counters import opinions
from effnet.design import Design
from effnet.figures import (
    cost_by_stage,
    cost_treemap,
    counters_compared,
    kept_memory,
    live_memory,
)

ROOT = Path(__file__).parents[2]
STEPS = [round(6 + i / 40, 3) for i in range(40)]


def parts(design: Design) -> dict[str, Callable[[], object]]:
    spec = design.spec()
    return {
        "four totals": lambda: [
            receipts.total(formulas.items(spec, key)) for key in formulas.QUANTITIES
        ],
        "claim": lambda: claims.cost_claim("B7", formulas.items(spec, "macs"), "macs"),
        "bars, to JSON": lambda: cost_by_stage(formulas.items(spec, "macs"), "macs").to_json(),
        "treemap, to JSON": lambda: cost_treemap(
            receipts.tree(formulas.items(spec, "macs"), "B7"), "macs"
        ).to_json(),
        "receipt": lambda: receipts.receipt(
            formulas.items(spec, "macs"), "macs", receipts.Part(2), "B7"
        ),
        "seven counters": lambda: opinions(spec),
        "counters, to JSON": lambda: counters_compared(opinions(spec)).to_json(),
        "memory along the network": lambda: memory.curve(spec),
        "two curves, to JSON": lambda: [
            draw(memory.curve(spec)).to_json() for draw in (live_memory, kept_memory)
        ],
    }


def median_ms(samples: list[float]) -> float:
    return 1000 * statistics.median(samples)


def reruns(app: AppTest) -> float:
    app.switch_page("pages/cost.py").run()
    samples = []
    for value in STEPS:
        app.slider(key="phi").set_value(value)
        start = time.perf_counter()
        app.run()
        samples.append(time.perf_counter() - start)
    assert not app.exception
    return median_ms(samples)


if __name__ == "__main__":
    taken: dict[str, list[float]] = {}
    for phi in STEPS:
        for name, run in parts(Design(phi=phi)).items():
            start = time.perf_counter()
            run()
            taken.setdefault(name, []).append(time.perf_counter() - start)
    total = 0.0
    for name, samples in taken.items():
        total += median_ms(samples)
        print(f"{name:30} {median_ms(samples):7.2f} ms")
    print(f"{'what the page computes':30} {total:7.2f} ms")
    page = reruns(AppTest.from_file(str(ROOT / "app.py"), default_timeout=60))
    print(f"{'the page in the harness':30} {page:7.2f} ms")
    print(f"torch loaded: {'torch' in sys.modules}")
