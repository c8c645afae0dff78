"""A report of the phi slider on the server: what Scale does on release at B7's size, by part.

Each step is a new value, so that nothing is answered from a cache that the page would not have.
A bare page with one slider, one table and one chart is the rival, in two settings: under the test
harness of Streamlit, which parses the script anew at each run, and in a real server that is asked
over a websocket as a browser does. There "processor" is all that the server used for a step.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from slider_steps import reruns, show_parts
from streamlit.testing.v1 import AppTest
from visitor import arrive

from effnet import web
from effnet.counting import stage_table
from effnet.counting.cost import count
from effnet.report import claims
from effnet.scaling.design import Design

sys.path.insert(0, str(Path(__file__).parents[1]))
import visits
from servers import HEALTH, Server, running, streamlit

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
    cost = count(spec)
    return {
        "scale the network": design.spec,
        "count it, every layer": lambda: count(spec),
        "claim": lambda: claims.design_claim(design, spec, cost),
        "stage table": lambda: stage_table.stage_rows(spec, cost=cost, base=base),
        "what the browser is handed": lambda: web.handed(design),
    }


async def moved(server: Server, turns: int = 4) -> tuple[float, float]:
    """Median wait of a step, and the processor time of one on average, in milliseconds."""
    visitor = await arrive(server)
    await visitor.ask()
    for value in STEPS[:8]:
        await visitor.ask(value)
    spent = server.processor()
    waits = [await visitor.ask(value + turn / 1000) for turn in range(turns) for value in STEPS]
    used = server.processor() - spent
    assert visitor.errors == []
    return 1000 * statistics.median(waits), 1000 * used / len(waits)


def in_servers() -> None:
    """Print what a step costs the page's server and the bare page's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bare.py").write_text(BARE)
        here = running(streamlit(), HEALTH)
        bare = running(streamlit("bare.py"), HEALTH, folder=Path(folder))
        with here as one, bare as other:
            for name, server in (("the page", one), ("a bare page", other)):
                wait, used = asyncio.run(moved(server))
                print(f"{name + ' in a server':30} {wait:7.2f} ms, processor {used:.2f} ms")


if __name__ == "__main__":
    show_parts(parts, STEPS)
    page = reruns(visits.opened(), STEPS, move=lambda app, phi: visits.report(app, phi=phi))
    bare = reruns(AppTest.from_string(BARE, default_timeout=60).run(), STEPS)
    print(f"{'the page in the harness':30} {page:7.2f} ms")
    print(f"{'a bare page in the harness':30} {bare:7.2f} ms")
    in_servers()
    print(f"torch loaded: {'torch' in sys.modules}")
