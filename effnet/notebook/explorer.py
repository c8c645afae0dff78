"""The scaling explorer inside a notebook: the page's controls, totals and figures as ipywidgets.

Figures are sent as one string and redrawn in place. Plotly's own `FigureWidget` checks every
property at every step, which takes longer than everything else together.
"""

import html
from collections.abc import Callable
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anywidget
import ipywidgets as widgets
import plotly
import plotly.graph_objects as go
import traitlets

from effnet.base import (
    Card,
    EffnetError,
    as_html,
    factor,
    giga,
    language,
    mark,
    millions,
    percent,
    say,
    significant,
)
from effnet.counting import Cost, StageRow, count, stage_rows
from effnet.figures import known_language, macs_along_phi, network_drawing, plotly_config
from effnet.network import Spec, display_name, get_variant, list_variants
from effnet.papers import released_points
from effnet.report import claims
from effnet.scaling import (
    BASES,
    MODES,
    RANGES,
    WHOLE,
    Design,
    PhiPoint,
    budget,
    phi_curve,
    solve_budget,
)

DIALS = {
    "formula": ("phi", "alpha", "beta", "gamma"),
    "free": (mark("depth"), mark("width"), mark("resolution")),
    "released": (),
}
SOLVABLE = ("alpha", "beta", "gamma")
PHIS = tuple(round(-1 + i / 20, 2) for i in range(181))
NO_LOCK = mark("nothing")

LOAD_JS = """
export default {
  async render({ model }) {
    if (globalThis.Plotly) return;
    const file = new Blob([model.get('source')], { type: 'text/javascript' });
    const address = URL.createObjectURL(file);
    await import(address);
    URL.revokeObjectURL(address);
  },
};
"""
DRAW_JS = """
const waitForPlotly = () => new Promise((resolve) => {
  const look = () => globalThis.Plotly ? resolve(globalThis.Plotly) : setTimeout(look, 20);
  look();
});
const isDark = () => document.body.dataset.jpThemeLight === 'false'
  || ['vscode-dark', 'vscode-high-contrast'].some((n) => document.body.classList.contains(n));
export default {
  async render({ model, el }) {
    const place = document.createElement('div');
    place.className = 'effnet-figure';
    el.append(place);
    model.set('dark', isDark());
    model.save_changes();
    const Plotly = await waitForPlotly();
    const draw = async () => {
      const text = model.get('figure');
      if (!text) return;
      const { data, layout } = JSON.parse(text);
      place.style.height = `${layout.height}px`;
      place.setAttribute('role', 'img');
      place.setAttribute('aria-label', model.get('alt'));
      await Plotly.react(place, data, { ...layout, autosize: true, uirevision: 1 },
        model.get('config'));
      place.dataset.drawn = String(Number(place.dataset.drawn || 0) + 1);
    };
    model.on('change:figure', draw);
    await draw();
    return () => Plotly.purge(place);
  },
};
"""


@lru_cache(maxsize=1)
def _plotly_js() -> str:
    """plotly.js from the plotly package, so that nothing is fetched."""
    return (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text("utf-8")


class PlotlyJs(anywidget.AnyWidget):
    """Brings plotly.js to the notebook, once for all figures of an explorer.

    As a value, not as the widget's own module: anywidget gives a module two seconds to load, and
    4.8 MB of JavaScript take longer on a busy machine.
    """

    _esm = LOAD_JS
    source = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__(source=_plotly_js(), layout=widgets.Layout(height="0"))


class Plot(anywidget.AnyWidget):
    """A figure that is redrawn in place.

    Attributes:
        figure: The figure as JSON.
        alt: What it shows, for those who don't see it.
        dark: Whether the notebook is dark; the browser says so.
        config: Plotly's configuration.
    """

    _esm = DRAW_JS
    figure = traitlets.Unicode("").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    dark = traitlets.Bool(False).tag(sync=True)
    config = traitlets.Dict().tag(sync=True)

    def show(self, drawn: go.Figure, *, alt: str) -> None:
        """Draw this from now on."""
        self.alt, self.figure = alt, drawn.to_json()


class Explorer(widgets.VBox):  # type: ignore[misc]
    """The sliders of the Scale page, and all that follows them.

    Attributes:
        design: What the controls say.
        spec: The chosen network; `effnet.count(explorer.spec)` takes it on.
        link: The query that opens this design in the app.
        language: What it is written in, of `language.LANGUAGES`.
    """

    def __init__(self, base: str, written_in: str) -> None:
        self.language = written_in
        with language.speaking(written_in):
            self._build(base)

    def _build(self, base: str) -> None:
        self.design = Design(base=base)
        self.spec: Spec = self.design.spec()
        self._settling = False
        self._mode = widgets.ToggleButtons(
            options=[(say(title), mode) for mode, title in MODES.items() if mode in DIALS],
            value="formula",
            style={"button_width": "88px"},
        )
        self._base = _list(say("base"), [(display_name(name), name) for name in BASES], base)
        variants = [(display_name(name), name) for name in list_variants()]
        self._released = _list(say("network"), variants, "b0")
        self._dials = {name: self._dial(name) for names in DIALS.values() for name in names}
        solvable = [(say(NO_LOCK), NO_LOCK), *((name, name) for name in SOLVABLE)]
        self._lock = _list(say("solve"), solvable, NO_LOCK)
        self._lock.tooltip = say(
            "The chosen coefficient follows the other two; their product stays 2"
        )
        self._reset_button = widgets.Button(description=say("Reset"))
        self._claim, self._totals, self._stages = (widgets.HTML() for _ in range(3))
        self._drawing, self._curve = (Plot(config=plotly_config()) for _ in range(2))
        self._left = widgets.VBox(layout=widgets.Layout(width="330px", min_width="330px"))
        self._listen()
        self._refresh()
        right = widgets.VBox(
            [self._totals, self._drawing, self._curve],
            layout=widgets.Layout(flex="1 1 420px", min_width="300px"),
        )
        body = widgets.HBox([self._left, right], layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__([PlotlyJs(), self._claim, body, self._stages])

    @property
    def link(self) -> str:
        """The query that opens this design in the app: `?phi=1.5`."""
        own = {} if self.language == language.DEFAULT else {"lang": self.language}
        return f"?{urlencode(self.design.to_query() | own)}"

    def _dial(self, name: str) -> Any:
        span, value = RANGES[name], getattr(self.design, name)
        kind = widgets.IntSlider if name in WHOLE else widgets.FloatSlider
        return kind(
            value=value or self.spec.resolution,
            min=int(span.low) if name in WHOLE else span.low,
            max=int(span.high) if name in WHOLE else span.high,
            step=int(span.step) if name in WHOLE else span.step,
            description=say(name),
            continuous_update=True,
            layout=widgets.Layout(width="320px"),
        )

    def _listen(self) -> None:
        for control in (self._mode, self._base, self._released, self._lock, *self._dials.values()):
            control.observe(self._moved, names="value")
        self._drawing.observe(self._moved, names="dark")
        self._reset_button.on_click(lambda _: self._reset())

    def _moved(self, _change: Any) -> None:
        if not self._settling:
            self._solve()
            self._refresh()

    def _quietly(self, **values: float) -> None:
        """Set dials without a refresh for each."""
        self._settling = True
        try:
            for name, value in values.items():
                self._dials[name].value = value
        finally:
            self._settling = False

    def _solve(self) -> None:
        """Keep the coefficient that is locked on the budget, as far as its slider goes."""
        name = self._lock.value
        for one in SOLVABLE:
            self._dials[one].disabled = one == name
        if name == NO_LOCK:
            return
        span = RANGES[name]
        value = solve_budget(name, *(self._dials[one].value for one in SOLVABLE))
        self._quietly(**{name: round(min(max(value, span.low), span.high), 4)})

    def _reset(self) -> None:
        usual = Design()
        start = get_variant(self._base.value).resolution
        self._lock.value = NO_LOCK
        values = {f.name: getattr(usual, f.name) for f in fields(usual) if f.name in self._dials}
        self._quietly(**values | {"resolution": start})
        self._refresh()

    def _read(self) -> Design:
        if self.design.base != self._base.value:  # a base brings its own resolution
            self._quietly(resolution=get_variant(self._base.value).resolution)
        values = {name: round(dial.value, 4) for name, dial in self._dials.items()}
        return replace(
            self.design,
            mode=self._mode.value,
            base=self._base.value,
            released=self._released.value,
            **values,
        )

    def _refresh(self) -> None:
        """Show what the controls say; callbacks come without the language of the cell."""
        with language.speaking(self.language):
            self._write()

    def _write(self) -> None:
        self.design = self._read()
        mode, dark = self.design.mode, self._drawing.dark
        chooser = [self._released] if mode == "released" else [self._base]
        dials = [self._dials[name] for name in DIALS[mode]]
        more = [self._lock] if mode == "formula" else []
        last = [] if mode == "released" else [self._reset_button]
        shown = (self._mode, *chooser, *dials, *more, *last)
        if self._left.children != shown:
            self._left.children = shown
        try:
            self.spec = self.design.spec()
        except EffnetError as error:
            self._claim.value = f"<b>{html.escape(str(error))}</b>"
            return
        cost, base = count(self.spec), self.design.base_spec
        claim = claims.design_claim(self.design, self.spec, cost)
        self._claim.value = f"<h3>{html.escape(claim)}</h3>"
        self._totals.value = as_html(_totals(self.design, self.spec, cost))
        drawn = network_drawing(self.spec, base=base, dark=dark)
        self._drawing.show(
            drawn, alt=say("{design}: stages drawn to scale", design=self.design.title)
        )
        self._curve.layout.display = None if mode == "formula" else "none"
        if mode == "formula":
            drawn = _along_phi(self.design, dark=dark)
            alt = say("Multiply-adds along phi: promised, computed, published")
            self._curve.show(drawn, alt=alt)
        self._stages.value = as_html(_stages(stage_rows(self.spec, cost=cost, base=base)))


def _list(label: str, options: list[Any], value: str) -> Any:
    return widgets.Dropdown(
        options=options, value=value, description=label, layout=widgets.Layout(width="320px")
    )


counted: Callable[[Spec], Cost] = lru_cache(maxsize=64)(count)


@lru_cache(maxsize=64)
def _points(base: str, alpha: float, beta: float, gamma: float) -> tuple[PhiPoint, ...]:
    return phi_curve(PHIS, alpha, beta, gamma, base=base)


def _along_phi(design: Design, *, dark: bool) -> go.Figure:
    values = design.alpha, design.beta, design.gamma
    start = counted(design.base_spec).macs
    (chosen,) = phi_curve([design.phi], *values, base=design.base)
    return macs_along_phi(
        _points(design.base, *values),
        promise=[start * budget(*values) ** phi for phi in PHIS],
        released=released_points() if design.base == "b0" else (),
        chosen=chosen,
        dark=dark,
    )


def _totals(design: Design, spec: Spec, cost: Cost) -> Card:
    start = design.base_spec
    base = counted(start)
    rows = [
        (say("parameters"), millions(cost.params), factor(cost.params / base.params)),
        (say("multiply-adds"), giga(cost.macs), factor(cost.macs / base.macs)),
        (
            say("activations"),
            millions(cost.activations),
            factor(cost.activations / base.activations),
        ),
        (say("resolution"), f"{spec.resolution} px", factor(spec.resolution / start.resolution)),
        (say("blocks"), str(spec.blocks), factor(spec.blocks / start.blocks)),
    ]
    if design.mode == "formula":
        value = budget(design.alpha, design.beta, design.gamma)
        rows.append(("alpha x beta² x gamma²", significant(value), say("the paper: about 2")))
    beside = say("of {network}", network=display_name(start))
    return Card(columns=(say("computed"), "", beside), rows=tuple(rows))


def _stages(rows: list[StageRow]) -> Card:
    def marked(row: StageRow, name: str, text: str) -> str:
        return f"{text} •" if name in row.changed else text

    return Card(
        say("Stages (• differs from the base; bars are multiply-adds)"),
        columns=(
            say("stage"),
            say("kernel"),
            say("channels"),
            say("blocks"),
            say("map (px)"),
            say("parameters"),
            "MACs",
            "",
        ),
        rows=tuple(
            (
                f"{row.stage} {say(row.operator)}",
                f"{row.kernel}x{row.kernel}",
                marked(row, "channels", str(row.channels)),
                marked(row, "repeats", str(row.repeats)),
                marked(row, "out_size", say("{a} to {b}", a=row.in_size, b=row.out_size)),
                f"{row.params:,}",
                f"{row.macs:,}",
                percent(row.macs_share),
            )
            for row in rows
        ),
        shares=tuple(row.macs_share for row in rows),
    )


def explore(name: str = "b0", *, language: str | None = None) -> Explorer:
    """The scaling explorer as a widget; `.spec` is the chosen design.

    Args:
        name: The base network.
        language: "en" or "zh"; where not given, what `effnet.base.language.use` has chosen.

    Raises:
        EffnetError: There is no such network or language, or it is no base of the formula.
    """
    written_in = known_language(language)
    base = get_variant(name).name
    if base not in BASES:
        raise EffnetError(
            say(
                "{name} is not a base to scale; expected one of {among}",
                name=repr(name),
                among=", ".join(BASES),
            )
        )
    return Explorer(base, written_in)
