"""Cost: where parameters, multiply-adds and memory go, with a receipt for every number."""

from effnet.app.kit import explorer, frame, lesson_view, live, state
from effnet.app.pages.cost import cost_cards, counter_cards, memory_cards
from effnet.counting import formulas
from effnet.report import claims


@frame.part
def cost() -> None:
    """Controls and everything that follows them."""
    claim = live.claim_room()
    left, right = lesson_view.columns(shown=lesson_view.controls_shown())
    with left:
        cost_cards.totals(state.design().spec())
        design = explorer.controls()
    spec = design.spec()
    with right:
        shown = cost_cards.quantity()
        found = formulas.items(spec, shown)
        cost_cards.bars(found, shown, design.title)
    cost_cards.map_and_receipt(found, shown, design.title)
    with claim:
        live.claim(claims.cost_claim(design.title, found, shown))
    cost_cards.tables(found, shown)
    counter_cards.counters(spec)
    memory_cards.memory_card(spec)


with frame.page(__file__):
    explorer.start(dials=True)
    cost()
