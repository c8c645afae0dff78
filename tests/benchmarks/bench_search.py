"""The cards of equal costs and searches on the server: first time, next slider step, seen before.

"First" has every cache of the searches empty. "Next step" is the median over neighbouring positions
of the slider, each seen for the first time. "Again" is the median of what was computed before. The
figures' JSON is counted in, as it is made at every run of a card. Processor time: other programs
on a busy machine do not stretch it.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence

from streamlit.testing.v1 import AppTest

from effnet.app.kit import budget
from effnet.app.pages.scale import objectives, one_dimension
from effnet.app.pages.scale import search_card as card
from effnet.counting import cost, memory, repeats
from effnet.network import layer_walk
from effnet.papers import dimension_results, search_objectives
from effnet.scaling import equal_cost_search, search, shapes
from effnet.scaling.search import Limits

MODULES = (
    budget,
    card,
    cost,
    equal_cost_search,
    dimension_results,
    memory.inference,
    objectives,
    one_dimension,
    search_objectives,
    repeats,
    search,
    shapes,
    layer_walk,
)
ROUNDS = 9


def forget() -> None:
    """Empty every cache of the searches."""
    for module in MODULES:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def took(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def show(title: str, work: Callable[[float], object], places: Sequence[float]) -> None:
    """Print one line: first, next step, again, in milliseconds."""
    forget()
    first = took(lambda: work(places[0]))
    steps = [took(lambda place=place: work(place)) for place in places[1:]]
    again = [took(lambda: work(places[-1])) for _ in range(ROUNDS)]
    print(
        f"{title:58} {first:8.1f} {statistics.median(steps):10.1f} {statistics.median(again):8.2f}"
    )


def four(times: float) -> None:
    found = equal_cost_search.at_budget("b0", times)
    one_dimension._drawings(found).to_json()
    rows = dimension_results.experiment("b0", "Figure 8")
    one_dimension._accuracy(rows, budget=found[0].target, counted=False).to_json()


def surface(base: str) -> Callable[[float], None]:
    def drawn(giga: float) -> None:
        found = equal_cost_search.equal_cost(base, round(giga * 1e9))
        one_dimension._surface(found).to_json()
        one_dimension._map(found).to_json()

    return drawn


def step_one(tolerance: float) -> None:
    found = search.step_one("b0", round(tolerance, 2))
    card._grid(found).to_json()
    card._real(found).to_json()


def solved(base: str, **others: int) -> Callable[[float], None]:
    def drawn(giga: float) -> None:
        limits = Limits(macs=round(giga * 1e9), **others)
        found = search.solve(base, limits)
        budget._front(found.fits, found.front, best=found.best).to_json()
        search.released(limits)

    return drawn


def ranked(exponent: float) -> None:
    objectives._rewards(search_objectives.rated_by_first(w=exponent)).to_json()
    objectives._rewards(search_objectives.rated_by_second(w=exponent)).to_json()


def dimensions_page() -> None:
    from effnet.app.kit import state
    from effnet.app.pages.scale import one_dimension

    state.start()
    one_dimension.one_dimension()


def search_page() -> None:
    from effnet.app.kit import state
    from effnet.app.pages.scale import search_card

    state.start()
    search_card.search_card()


def page(script: Callable[[], None], slider: str, part: str = "") -> Callable[[float], None]:
    app = AppTest.from_function(script, default_timeout=60)

    def run(place: float) -> None:
        app.session_state[f"number_{slider}"] = str(place)
        if part:
            app.session_state["search_part"] = part
        app.run()

    return run


if __name__ == "__main__":
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} processors, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'milliseconds of processor time':58} {'first':>8} {'next step':>10} {'again':>8}")
    tenths = [round(4 + i / 10, 1) for i in range(10)]
    gigas = [1 + i / 20 for i in range(10)]
    show("four networks of equal cost, two figures", four, tenths)
    show("surface and map, B0 (about 1 G)", surface("b0"), gigas)
    show("surface and map, V2-S (about 10 G)", surface("v2_s"), [10 * giga for giga in gigas])
    show("step 1, two figures", step_one, [0.1 + i / 100 for i in range(10)])
    show("budget: MACs, weights, resolution", solved("b0", weights_bytes=40 * 2**20), gigas)
    show("budget: MACs alone", solved("b0"), gigas)
    show("budget: MACs, peak memory", solved("b0", peak_bytes=20 * 2**20), gigas)
    show("budget: MACs alone, V2-S (about 10 G)", solved("v2_s"), [10 * giga for giga in gigas])
    show("both objectives, two figures", ranked, [-0.07 - i / 100 for i in range(10)])
    print("\nwhole cards as AppTest runs them (its own overhead included)")
    show("one dimension", page(dimensions_page, "one_dimension_times"), tenths)
    show("step 1", page(search_page, "step_one_tolerance"), [0.1 + i / 100 for i in range(10)])
    budget_part = page(search_page, "limit_macs", "A network for a budget")
    show("a network for a budget", budget_part, gigas)
    objective = page(search_page, "reward_w", "The searches' objectives")
    show("objectives", objective, [-0.07 - i / 100 for i in range(10)])
