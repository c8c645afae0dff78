"""One step of the phi slider on the server: the whole Scale page at B7's size, by part.

Each step is a new value, so that nothing is answered from a cache that the page would not have.
The page itself is timed under Streamlit's own test harness, which adds its own bookkeeping; a bare
page with one slider, one table and one chart is the rival there.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from slider_steps import reruns, show_parts
from streamlit.testing.v1 import AppTest

from effnet import claims, stages
from effnet.cost import count
from effnet.design import RANGES, Design
from effnet.figures import macs_along_phi, network_drawing
from effnet.flat_spots import changes_along
from effnet.published import released_points
from effnet.ui import cache

ROOT = Path(__file__).parents[2]
STEPS = [round(6 + i / 40, 3) for i in range(40)]

BARE = """
import streamlit as st
import plotly.graph_objects as go
value = st.slider("phi", 0.0, 8.0, 1.0, 0.001, key="phi")
st.dataframe([{"stage": i, "a": i * value, "b": str(i), "c": i / 9} for i in range(9)])
st.plotly_chart(go.Figure(go.Scatter(x=list(range(181)), y=[value * i for i in range(181)])))
"""


def parts(design: Design) -> dict[str, Callable[[], object]]:
    spec, base = design.spec(), design.base_spec
    cost, base_cost = count(spec), count(base)
    points = cache.curve("b0", design.alpha, design.beta, design.gamma)
    promise = cache.promise(base_cost.macs, design.alpha, design.beta, design.gamma)
    ranges = {name: RANGES[name] for name in ("phi", "alpha", "beta", "gamma")}
    return {
        "scale the network": design.spec,
        "count it, every layer": lambda: count(spec),
        "claim": lambda: claims.design_claim(design, spec, cost),
        "stage table": lambda: stages.stage_rows(spec, cost=cost, base=base),
        "flat spots of four sliders": lambda: [
            changes_along(
                name,
                base,
                phi=design.phi,
                alpha=design.alpha,
                beta=design.beta,
                low=span.low,
                high=span.high,
            )
            for name, span in ranges.items()
        ],
        "drawing, to JSON": lambda: network_drawing(spec, base=base).to_json(),
        "phi curve, to JSON": lambda: macs_along_phi(
            points, promise=promise, released=released_points(), chosen=cache.point(design)
        ).to_json(),
    }


if __name__ == "__main__":
    show_parts(parts, STEPS)
    page = reruns(AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run(), STEPS)
    bare = reruns(AppTest.from_string(BARE, default_timeout=60).run(), STEPS)
    print(f"{'the page in the harness':30} {page:7.2f} ms")
    print(f"{'a bare page in the harness':30} {bare:7.2f} ms")
    print(f"torch loaded: {'torch' in sys.modules}")
