"""The scaling explorer inside a notebook: the page's sliders, totals and figures as ipywidgets."""

import html
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from effnet import claims
from effnet.cost import Cost, count
from effnet.design import BASES, RANGES, Design
from effnet.figures import network_drawing
from effnet.scaling import budget
from effnet.spec import EffnetError, Spec
from effnet.units import factor, giga, millions, significant
from effnet.variants import get_variant

DIALS = ("phi", "alpha", "beta", "gamma")


class Explorer(widgets.VBox):  # type: ignore[misc]
    """Sliders for phi, alpha, beta and gamma, with the scaled network's totals and drawing.

    Attributes:
        design: What the sliders say.
        spec: The chosen network; `count(explorer.spec)` and `build(explorer.spec)` take it on.
    """

    def __init__(self, base: str) -> None:
        self.design = Design(base=base)
        self.spec: Spec = self.design.spec()
        self._dials = {name: self._dial(name) for name in DIALS}
        self._claim = widgets.HTML()
        self._totals = widgets.HTML()
        self._drawing = go.FigureWidget(network_drawing(self.spec, base=self.design.base_spec))
        self._refresh()
        super().__init__([self._claim, *self._dials.values(), self._totals, self._drawing])

    def _dial(self, name: str) -> Any:
        span = RANGES[name]
        dial = widgets.FloatSlider(
            value=getattr(self.design, name),
            min=span.low,
            max=span.high,
            step=span.step,
            description=name,
            continuous_update=True,
            layout=widgets.Layout(width="420px"),
        )
        dial.observe(lambda _: self._refresh(), names="value")
        return dial

    def _refresh(self) -> None:
        values = {name: round(dial.value, 4) for name, dial in self._dials.items()}
        self.design = Design(base=self.design.base, **values)
        try:
            self.spec = self.design.spec()
        except EffnetError as error:
            self._claim.value = f"<b>{html.escape(str(error))}</b>"
            return
        cost, base = count(self.spec), self.design.base_spec
        claim = claims.design_claim(self.design, self.spec, cost)
        self._claim.value = f"<h3>{html.escape(claim)}</h3>"
        self._totals.value = _totals(self.design, cost, count(base))
        drawn = network_drawing(self.spec, base=base)
        if len(drawn.data) == len(self._drawing.data):
            with self._drawing.batch_update():
                for old, new in zip(self._drawing.data, drawn.data, strict=True):
                    old.update(new.to_plotly_json())
                self._drawing.layout.update(drawn.layout.to_plotly_json())
        else:
            with self._drawing.batch_update():
                self._drawing.data = ()
                self._drawing.add_traces(drawn.data)
                self._drawing.layout.update(drawn.layout.to_plotly_json())


def _totals(design: Design, cost: Cost, base: Cost) -> str:
    cells = (
        ("parameters", millions(cost.params), factor(cost.params / base.params)),
        ("multiply-adds", giga(cost.macs), factor(cost.macs / base.macs)),
        (
            "activations",
            millions(cost.activations),
            factor(cost.activations / base.activations),
        ),
        ("resolution", f"{cost.resolution} px", factor(cost.resolution / base.resolution)),
        (
            "alpha beta^2 gamma^2",
            significant(budget(design.alpha, design.beta, design.gamma)),
            "the paper asks for about 2",
        ),
    )
    style = "padding:2px 14px;text-align:right"
    rows = "".join(
        f'<tr><th style="{style}">{label}</th><td style="{style}"><b>{value}</b></td>'
        f'<td style="{style}">{note}</td></tr>'
        for label, value, note in cells
    )
    return f"<table>{rows}</table>"


def explore(name: str = "b0") -> Explorer:
    """The scaling explorer as a widget; `.spec` is the chosen design.

    Args:
        name: The base network.

    Raises:
        EffnetError: There is no such network, or it is no base of the formula.
    """
    base = get_variant(name).name
    if base not in BASES:
        raise EffnetError(f"{name!r} is not a base to scale; expected one of {', '.join(BASES)}")
    return Explorer(base)
