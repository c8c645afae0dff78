"""The parts of a design as tabs, and the last of them: its files."""

import html
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from effnet import report
from effnet.base import Card, as_html, mark, path_of, say, speaking, write_whole
from effnet.counting import count
from effnet.notebook.design_parts import (
    STYLE,
    Compare,
    OneDimension,
    Part,
    Search,
    WhatIf,
    row,
)
from effnet.report import export

if TYPE_CHECKING:
    from effnet.notebook.explorer import Explorer


class TakeAway(Part):
    """Files of the design, written where the notebook's kernel runs."""

    title = mark("Take away")

    def controls(self) -> Sequence[ipywidgets.Widget]:
        self.folder = ipywidgets.Text(value=".", description=say("folder"), style=STYLE)
        kinds: dict[str, tuple[str, Callable[..., str | bytes]]] = {
            say("Stages (CSV)"): ("stages.csv", export.stage_csv),
            say("Layers (CSV)"): ("layers.csv", lambda _, *rest: export.layer_csv(*rest)),
            say("Spec (JSON)"): ("spec.json", export.spec_json),
            say("Code (Python)"): ("design.py", lambda _, __, about: self.code(about)),
            "ONNX": ("model.onnx", export.onnx_file),
            say("State dict (safetensors)"): ("weights.safetensors", export.state_dict_file),
            say("Report (HTML)"): ("report.html", lambda *_: report.to_html(self.sections())),
            say("Report (notebook)"): (
                "report.ipynb",
                lambda *_: report.to_notebook(self.sections()),
            ),
        }
        buttons = (
            self.button(title, partial(self.write, what, make))
            for title, (what, make) in kinds.items()
        )
        return self.folder, row(*buttons)

    def show(self) -> None:
        about = self.about()
        code = f"<pre>{html.escape(self.code(about))}</pre>"
        link = html.escape(self.explorer.link)
        self.table.value = say("{name}: {value}", name=say("link"), value=link) + code

    def about(self) -> export.Manifest:
        design, spec = self.explorer.design, self.explorer.spec
        return export.manifest(design, count(spec), link=self.explorer.link, today=date.today())

    def code(self, about: export.Manifest) -> str:
        return export.python_code(self.explorer.design, about)

    def sections(self) -> Any:
        return report.sections(self.explorer.design, link=self.explorer.link)

    def write(self, what: str, make: Callable[..., str | bytes]) -> None:
        spec = self.explorer.spec
        file: Path = path_of(self.folder.value) / export.file_name(spec, what, date.today())
        write_whole(file, make(spec, count(spec), self.about()))
        self.said.value = as_html(Card(notes=(say("Written: {file}", file=str(file)),)))


PARTS: tuple[type[Part], ...] = (WhatIf, OneDimension, Search, Compare, TakeAway)


class Parts(ipywidgets.Tab):  # type: ignore[misc]  # ipywidgets has no types
    """The five parts as tabs; the open one follows the explorer."""

    def __init__(self, explorer: "Explorer") -> None:
        self.explorer = explorer
        with speaking(explorer.language):
            parts = [part(explorer) for part in PARTS]
            super().__init__(parts, titles=[say(part.title) for part in PARTS], selected_index=0)
        self.add_class("effnet-parts")
        self.observe(self._follow, names="selected_index")
        explorer.observe(self._follow, names="design")
        self._follow(None)

    def _follow(self, _: Any) -> None:
        if self.selected_index is not None:
            part = self.children[self.selected_index]
            part.heard(part.show)(None)
