"""One step of the phi slider on the Cost page, on the server, at B7's size, by part.

Each step is a new network, so that nothing is answered from a cache. The page itself is timed under
Streamlit's own test harness, which adds its own bookkeeping.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from slider_steps import reruns, show_parts
from streamlit.testing.v1 import AppTest

from effnet.counting import formulas, memory, receipts
from effnet.counting.counters import opinions
from effnet.figures.cost_bars import cost_by_stage, cost_treemap
from effnet.figures.counter_bars import counters_compared
from effnet.figures.memory_lines import kept_memory, live_memory
from effnet.report import claims
from effnet.scaling.design import Design

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


if __name__ == "__main__":
    show_parts(parts, STEPS)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page = reruns(app.switch_page("pages/cost.py").run(), STEPS)
    print(f"{'the page in the harness':30} {page:7.2f} ms")
    print(f"torch loaded: {'torch' in sys.modules}")
