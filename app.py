"""Scale: what compound scaling makes of a network, while the sliders move."""

import streamlit as st

from effnet.app.kit import (
    cache,
    explorer,
    frame,
    lesson_view,
    live,
    open_tab,
    process,
)
from effnet.app.pages.scale import (
    anatomy,
    compare,
    one_dimension,
    search_card,
    take_away,
    what_if,
)
from effnet.base import mark


@frame.part
def scale() -> None:
    """The explorer, which draws itself, and everything that follows it on release."""
    design = explorer.explorer()
    spec = design.spec()
    cost = cache.counted_cost(spec)
    explorer.below(design)
    if not lesson_view.shows("tabs"):
        return
    open_tab.cards(
        "scale",
        {
            mark("Anatomy of a block"): lambda: anatomy.anatomy(spec, cost),
            mark("What if"): lambda: what_if.what_if(design, spec, cost),
            mark("One dimension"): one_dimension.one_dimension,
            mark("Search"): search_card.search_card,
            mark("Compare"): lambda: compare.compare(design),
            mark("Take away"): lambda: take_away.take_away(design, spec, cost),
        },
    )


if __name__ == "__main__":
    with frame.page(__file__):
        explorer.start()
        scale()
else:
    app = st.App(__file__, lifespan=process.serving, routes=live.ROUTES)
