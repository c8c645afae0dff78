"""The scaling explorer inside a notebook: what the Scale page shows, drawn by the same module.

The browser scales, counts and draws; the kernel hears on release, so that a busy one holds nothing
up. Reports have numbers, and what the kernel says counts only where it has heard the last one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import anywidget
import ipywidgets
import traitlets

from effnet.base import EffnetError, language
from effnet.figures import known_language
from effnet.network import Spec
from effnet.scaling import BASES, AnyNetwork, Design, design_of, from_query
from effnet.web import constants, handed, module

if TYPE_CHECKING:
    from effnet.notebook.design_tabs import Parts

HOST_JS = """
export default {
  render({ model, el }) {
    const place = document.createElement('div');
    el.append(place);
    const data = { ...model.get('constants'), ...model.get('handed'), inline: true };
    const explorer = mount(place, data, (said) => {
      model.set('said', said);
      model.save_changes();
    });
    const follow = () => explorer.set(model.get('handed'));
    model.on('change:handed', follow);
    return () => { model.off('change:handed', follow); explorer.destroy(); };
  },
};
"""


# JupyterLab's own grey of a tab that is not open has a contrast of 4.4 on light and 4.2 on dark.
TABS_CSS = """
.effnet-parts.jupyter-widget-tab > .lm-TabBar .lm-TabBar-tab { color: var(--jp-ui-font-color1) }
"""


class Explorer(anywidget.AnyWidget):
    """The explorer of the Scale page.

    `design`, `spec` and `link` are one thing said three ways: each can be read, set and observed
    (`explorer.observe(print, names="spec")`), and the other two follow.

    Attributes:
        design: What the controls say.
        spec: The chosen network; `effnet.count(explorer.spec)` takes it on.
        link: The query that opens this design in the app: `?phi=1.5`.
        language: What it is written in, of `language.LANGUAGES`.
        parts: The tabs that a notebook shows under it: what if, one dimension, search, compare and
            take away.
    """

    _esm = module() + HOST_JS
    _css = TABS_CSS
    constants = traitlets.Dict().tag(sync=True)
    handed = traitlets.Dict().tag(sync=True)
    said = traitlets.Dict().tag(sync=True)
    design = traitlets.Instance(Design)
    spec = traitlets.Instance(Spec)
    link = traitlets.Unicode()

    def __init__(self, design: Design, written_in: str) -> None:
        self.language = written_in
        self._follows = False
        self._answers = 0
        with language.speaking(written_in), self._following():
            super().__init__(constants=constants(), **self._told(design))

    @cached_property
    def parts(self) -> "Parts":
        """What stands under the explorer, made when it is shown first."""
        from effnet.notebook.design_tabs import Parts

        return Parts(self)

    @cached_property
    def _whole(self) -> ipywidgets.VBox:
        return ipywidgets.VBox([self, self.parts])

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self._whole._repr_mimebundle_(**options)

    def _told(self, design: Design) -> dict[str, Any]:
        """The same design in every way in which it is said."""
        own = {} if self.language == language.DEFAULT else {"lang": self.language}
        query = urlencode(design.to_query() | own) or f"phi={design.phi:g}"  # never a bare "?"
        with language.speaking(self.language):
            more = {"answers": self._answers, "language": self.language}
            return {
                "design": design,
                "spec": design.spec(),
                "link": f"?{query}",
                "handed": handed(design) | more,
            }

    @contextmanager
    def _following(self) -> Iterator[None]:
        self._follows = True
        try:
            yield
        finally:
            self._follows = False

    def _take(self, design: Design) -> None:
        told = self._told(design)
        with self._following(), self.hold_trait_notifications():
            for name, value in told.items():
                setattr(self, name, value)

    @traitlets.validate("design", "spec", "link")
    def _usable(self, proposal: Any) -> Any:
        """Refuse what can't be shown before anything changes; take on what can."""
        if self._follows:
            return proposal["value"]
        self._take(read(proposal["value"]))
        return getattr(self, proposal["trait"].name)

    @traitlets.observe("said")
    def _heard(self, change: Any) -> None:
        said = change["new"]
        query, number = said.get("design"), said.get("n")
        if isinstance(query, Mapping) and isinstance(number, int):
            self._answers = number
            design, _ = from_query({str(name): str(value) for name, value in query.items()})
            try:
                self._take(design)
            except EffnetError:  # past what can be shown: the browser says so, the last one stays
                return


def read(design: AnyNetwork) -> Design:
    """The design that a network comes from; a base's name is its formula at phi 1, as in the app.

    Raises:
        EffnetError: It is no network, or one that no link can say.
    """
    if isinstance(design, str) and design in BASES:
        return Design(base=design)
    return design_of(design)


def explore(design: AnyNetwork = "b0", *, language: str | None = None) -> Explorer:
    """The scaling explorer as a widget; `.design`, `.spec` and `.link` follow it and can be set.

    Args:
        design: A network: its name, a link such as "?phi=1.5", a `Design`, a `Spec` or its JSON.
            A base's name opens its formula at phi 1.
        language: "en" or "zh"; where not given, what `effnet.base.language.use` has chosen.

    Raises:
        EffnetError: There is no such network or language, or the link says what can't be used.
    """
    written_in = known_language(language)
    return Explorer(read(design), written_in)
