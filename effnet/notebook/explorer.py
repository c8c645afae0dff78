"""The scaling explorer inside a notebook: what the Scale page shows, drawn by the same module.

The browser scales, counts and draws; the kernel hears on release, so that a busy one holds nothing
up. Reports have numbers, and what the kernel says counts only where it has heard the last one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import anywidget
import ipywidgets
import traitlets

from effnet.base import EffnetError, language
from effnet.figures import known_language
from effnet.network import Spec, blocks_of, get_variant, joined, list_variants
from effnet.scaling import BASES, Design, from_query
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
        with language.speaking(self.language):
            more = {"answers": self._answers, "language": self.language}
            return {
                "design": design,
                "spec": design.spec(),
                "link": f"?{urlencode(design.to_query() | own)}",
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
        is_spec = proposal["trait"].name == "spec"
        self._take(_design_of(proposal["value"]) if is_spec else read(proposal["value"]))
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


def read(design: "str | Design") -> Design:
    """The design that a name, a link or a design says.

    Raises:
        EffnetError: There is no such network, or the link says what can't be used.
    """
    if isinstance(design, Design):
        return design
    if isinstance(design, str) and (design.lstrip().startswith("?") or "=" in design):
        query = dict(parse_qsl(design.strip().partition("?")[2] or design))
        query.pop("lang", None)
        found, notes = from_query(query)
        if notes:
            raise EffnetError("link {link}: {notes}", link=repr(design[:60]), notes=notes[0])
        return found
    name = get_variant(design).name
    return Design(base=name) if name in BASES else Design(mode="released", released=name)


def _design_of(spec: Spec) -> Design:
    """A design whose network this is: a released one, or one edited from the first of its family.

    Raises:
        EffnetError: No block strings say its stages, or its stem or rules are of no family's.
    """
    names = [name for name in list_variants() if get_variant(name).family == spec.family]
    for name in names:
        if get_variant(name) == spec:
            return Design(mode="released", released=name)
    for name in names:
        design = Design(
            mode="edited",
            origin=name,
            blocks=joined(blocks_of(spec)),
            own_resolution=spec.resolution,
            own_head=spec.head_channels,
        )
        if replace(design.spec(), name=spec.name) == spec:
            return design
    raise EffnetError(
        "{name} differs from its family's networks in more than stages, head and resolution; "
        "build it with effnet.Spec and count it without the explorer",
        name=spec.name,
    )


def explore(design: "str | Design" = "b0", *, language: str | None = None) -> Explorer:
    """The scaling explorer as a widget; `.design`, `.spec` and `.link` follow it and can be set.

    Args:
        design: A network's name, a link such as "?phi=1.5", or a `Design`.
        language: "en" or "zh"; where not given, what `effnet.base.language.use` has chosen.

    Raises:
        EffnetError: There is no such network or language, or the link says what can't be used.
    """
    written_in = known_language(language)
    return Explorer(read(design), written_in)
