"""What stands under the explorer of a design, as under the Scale page: what if, searches, ways out.

Each part draws what the page draws, from the same records and figures; only the one that is open is
computed, and it follows the explorer's design.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets

from effnet import figures
from effnet.base import (
    Card,
    Column,
    EffnetError,
    as_html,
    lines,
    mark,
    say,
    speaking,
)
from effnet.counting import QUANTITIES, count
from effnet.network import MAX_RESOLUTION, blocks_of, display_name, joined
from effnet.papers import compare, experiment, experiments, note, pinned, rivals
from effnet.scaling import (
    BASES,
    COMPARED,
    WAYS,
    Blocks,
    Design,
    Limits,
    at_budget,
    edits,
    search,
    to_block_strings,
)

if TYPE_CHECKING:
    from effnet.notebook.explorer import Explorer

WIDE = {"width": "98%"}
STYLE = {"description_width": "11em"}
MOST_PINS = 4
COSTS = ("macs", "params", "activations")
SHOWN_ROWS = 12


class Part(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """One tab: controls above, then a sentence, figures and a table that follow the design."""

    title = ""

    def __init__(self, explorer: "Explorer") -> None:
        self.explorer = explorer
        self.said = ipywidgets.HTML()
        self.table = ipywidgets.HTML()
        super().__init__(layout=WIDE)
        self.children = [*self.controls(), self.said, *self.below(), self.table]

    def controls(self) -> Sequence[ipywidgets.Widget]:
        """What the reader sets."""
        return ()

    def below(self) -> Sequence[ipywidgets.Widget]:
        """Figures, and what belongs to them."""
        return ()

    def show(self) -> None:
        """Draw what belongs to the explorer's design."""
        raise NotImplementedError

    def heard(self, act: Callable[[], None]) -> Callable[[Any], None]:
        """What a control calls: in the explorer's language, a refusal said under the controls."""

        def follow(_: Any) -> None:
            with speaking(self.explorer.language):
                try:
                    self.said.value = ""
                    act()
                except EffnetError as error:
                    self.said.value = as_html(Card(notes=(str(error),)))

        return follow

    def button(self, title: str, act: Callable[[], None], note: str = "") -> ipywidgets.Button:
        """A button as wide as its words."""
        made = ipywidgets.Button(description=title, tooltip=note, layout={"width": "auto"})
        made.on_click(self.heard(act))
        return made

    def chosen(self, title: str, options: Any, value: Any) -> ipywidgets.Dropdown:
        """A choice, which draws the part again."""
        made = ipywidgets.Dropdown(options=options, value=value, description=title, style=STYLE)
        made.observe(self.heard(self.show), names="value")
        return made

    def dial(self, title: str, value: float, low: float, high: float, step: float) -> Any:
        """A number, which draws the part again where it comes to rest."""
        made = ipywidgets.FloatSlider(
            value, min=low, max=high, step=step, description=title, style=STYLE,
            continuous_update=False, layout={"width": "30em", "max_width": "98%"},
        )  # fmt: skip
        made.observe(self.heard(self.show), names="value")
        return made

    def take(self, design: Design) -> None:
        """Make it the explorer's design."""
        self.explorer.design = design


def drawn(output: ipywidgets.Output, figure: Any) -> None:
    """Put a figure where it is shown, as the notebook's own renderer has it."""
    bundle = figure._repr_mimebundle_()
    output.outputs = ({"output_type": "display_data", "data": bundle, "metadata": {}},)


def row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    """Side by side, and below each other where there is no room."""
    return ipywidgets.HBox(widgets, layout={"flex_flow": "row wrap"})


class WhatIf(Part):
    """Edit the stages as block strings, and see what that costs stage by stage."""

    title = mark("What if")

    def controls(self) -> Sequence[ipywidgets.Widget]:
        self.before: list[Design] = []
        self.follows = False
        self.strings = ipywidgets.Textarea(
            description=say("Block strings"), rows=8, style=STYLE, continuous_update=False,
            layout={"width": "46em", "max_width": "98%"},
        )  # fmt: skip
        self.head, self.side = (
            ipywidgets.BoundedIntText(
                description=title, min=0, max=most, step=8, style=STYLE, continuous_update=False
            )
            for title, most in ((say("Head channels"), 8192), (say("Resolution"), MAX_RESOLUTION))
        )
        fields = {"blocks": self.strings, "own_head": self.head, "own_resolution": self.side}
        for name, control in fields.items():
            control.observe(self.heard(partial(self.entered, name, control)), names="value")
        swaps = [
            self.button(say(swap.title), partial(self.swapped, swap.swapped), say(swap.line))
            for swap in edits.SWAPS
        ]
        back = [self.button(say("Undo"), self.undo), self.button(say("Reset"), self.reset)]
        return row(*swaps, *back), self.strings, row(self.head, self.side)

    def show(self) -> None:
        design, spec = self.explorer.design, self.explorer.spec
        self.follows = True
        try:
            self.strings.value = "\n".join(to_block_strings(spec, dialect="v2"))
            self.head.value, self.side.value = spec.head_channels, spec.resolution
        finally:
            self.follows = False
        start = design.base_spec if design.mode == "edited" else spec
        found = edits.stage_differences(spec, count(spec), start, count(start))
        table = lines(found, *edits.DIFFERENCES)
        compared = say("Compared with {start}.", start=design.start.title)
        self.table.value = as_html(Card(compared, (), *table))

    def entered(self, name: str, control: ipywidgets.Widget) -> None:
        if not self.follows:
            self.edit(**{name: control.value})

    def edit(self, **values: Any) -> None:
        before = self.explorer.design
        self.take(before.edited(**values))
        self.before.append(before)

    def swapped(self, swap: Callable[[Blocks], Blocks]) -> None:
        self.edit(blocks=joined(swap(blocks_of(self.explorer.spec))))

    def undo(self) -> None:
        if self.before:
            self.take(self.before.pop())

    def reset(self) -> None:
        if self.explorer.design.mode == "edited":
            self.take(self.explorer.design.unedited())


class OneDimension(Part):
    """At an equal budget: depth only, width only, resolution only, compound."""

    title = mark("One dimension")

    def controls(self) -> Sequence[ipywidgets.Widget]:
        bases = [(display_name(name), name) for name in COMPARED]
        self.base = self.chosen(say("Network to scale"), bases, COMPARED[0])
        self.times = self.dial(say("budget"), 4.0, 1.5, 16.0, 0.1)
        uses = (
            self.button(say("Use {way}", way=say(title).lower()), partial(self.use, way))
            for way, title in WAYS.items()
        )
        return row(self.base, self.times), row(*uses)

    def below(self) -> Sequence[ipywidgets.Widget]:
        self.networks, self.measured = ipywidgets.Output(), ipywidgets.Output()
        return self.networks, self.measured

    def show(self) -> None:
        base, found = self.base.value, at_budget(self.base.value, self.times.value)
        drawn(self.networks, figures.equal_budget_drawings(found))
        names = experiments(base)
        notes: tuple[str, ...] = ()
        if names:
            printed = experiment(base, names[0])
            drawn(self.measured, figures.accuracy_by_way(printed, budget=found[0].target))
            notes = (note(base, names[0]),)
        else:
            self.measured.outputs = ()
        table = lines(
            found,
            Column(mark("network"), lambda one: say(WAYS[one.way])),
            *("depth", "width", "resolution", "blocks", "params", "macs"),
            Column(mark("off budget"), lambda one: f"{100 * one.off:+.2f} %"),
            "activations",
        )
        self.table.value = as_html(Card("", (), *table, notes=notes))

    def use(self, way: str) -> None:
        found = at_budget(self.base.value, self.times.value)
        (one,) = (network for network in found if network.way == way)
        self.take(_scaled(one.base, one.depth, one.width, one.resolution))


class Search(Part):
    """A network for a budget, and the paper's step 1."""

    title = mark("Search")

    def controls(self) -> Sequence[ipywidgets.Widget]:
        self.base = self.chosen(
            say("Network to scale"), [(display_name(name), name) for name in BASES], BASES[0]
        )
        self.macs = self.dial(say("multiply-adds (G)"), 1.0, 0.05, 40.0, 0.05)
        self.params = self.dial(say("parameters (M)"), 10.0, 0.5, 150.0, 0.5)
        self.least = self.dial(say("resolution (px)"), 224, 32, 1024, 8)
        use = self.button(say("Use {way}", way=say("best")), self.use)
        return row(self.base, self.macs), row(self.params, self.least), row(use)

    def below(self) -> Sequence[ipywidgets.Widget]:
        self.front, self.grid = ipywidgets.Output(), ipywidgets.Output()
        return self.front, self.grid

    def solution(self) -> search.Solution:
        limits = Limits(
            macs=round(self.macs.value * 1e9),
            params=round(self.params.value * 1e6),
            resolution=round(self.least.value),
        )
        return search.solve(self.base.value, limits)

    def show(self) -> None:
        found, design = self.solution(), self.explorer.design
        enough = search.USED * found.front[0].macs if found.front else None
        drawn(
            self.front,
            figures.budget_front(found.fits, found.front, best=found.best, enough=enough),
        )
        now = (design.alpha, design.beta, design.gamma) if design.mode == "formula" else None
        steps = search.step_one(self.base.value, 0.1)
        drawn(self.grid, figures.coefficient_grid(steps, chosen=now))
        table = lines(
            found.front[:SHOWN_ROWS],
            *("depth", "width", "resolution", "spread", "blocks", "params", "macs", "activations"),
        )
        self.table.value = as_html(Card(say("front"), (), *table))

    def use(self) -> None:
        best = self.solution().best
        if best:
            self.take(_scaled(self.base.value, best.depth, best.width, best.resolution))


class Compare(Part):
    """Pinned designs beside the current one, and the published networks."""

    title = mark("Compare")

    def controls(self) -> Sequence[ipywidgets.Widget]:
        self.pins: list[Design] = []
        costs = [(say(QUANTITIES[name].title), name) for name in COSTS]
        self.cost = self.chosen(say("Cost"), costs, "macs")
        pin = self.button(say("Pin this design"), self.pin)
        return (row(pin, self.button(say("Unpin all"), self.unpin), self.cost),)

    def below(self) -> Sequence[ipywidgets.Widget]:
        self.rivals = ipywidgets.Output()
        return (self.rivals,)

    def show(self) -> None:
        now = self.explorer.design
        others = [one for one in self.pins if one != now]
        designs = [*map(pinned, others), pinned(now)]
        drawn(
            self.rivals,
            figures.accuracy_against_cost(rivals(), self.cost.value, designs=designs),
        )
        self.table.value = compare(now, *reversed(others))._repr_html_()

    def pin(self) -> None:
        if self.explorer.design not in self.pins:
            self.pins = [*self.pins, self.explorer.design][-MOST_PINS:]
        self.show()

    def unpin(self) -> None:
        self.pins = []
        self.show()


def _scaled(base: str, depth: float, width: float, resolution: int) -> Design:
    return Design("free", base, depth=depth, width=width, resolution=resolution)
