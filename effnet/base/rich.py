"""How a record shows itself: a card of facts and rows, as HTML in a notebook and as plain text.

A record that inherits `Rich` says in `card` what is on it; this file alone knows tags and columns.
Standard library only.
"""

import html
from dataclasses import dataclass
from typing import Any

from effnet.base.language import DEFAULT, say, speaking

CELL = "padding:2px 10px;text-align:right"
FIRST = "padding:2px 10px;text-align:left"
BAR = "display:inline-block;height:0.7em;background:currentColor;opacity:0.45"
BAR_WIDTH = 12  # em of a share of 1, in HTML
TEXT_BAR = 20  # characters of a share of 1, in plain text


@dataclass(frozen=True, slots=True)
class Card:
    """What a record shows of itself.

    Attributes:
        title: What it is, in a few words; "" for none.
        facts: Numbers with their names, shown in one line.
        columns, rows: A table; the first column is text, the others are numbers already written.
        shares: A share of 1 for each row, drawn as a bar; empty for none.
        pictures: Images as data URIs, each with what it shows; left out of the plain text.
        notes: Sentences below.
    """

    title: str = ""
    facts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    shares: tuple[float, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class Rich:
    """A record that shows itself: `_repr_html_` for notebooks, plain text for everything else.

    HTML is in the reader's language; plain text, which programs and terminals read, in English.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # IPython takes the first class that has either; a data class brings its own __repr__
        cls._repr_pretty_ = Rich._repr_pretty_  # type: ignore[method-assign]

    def card(self) -> Card:
        """What is shown."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(self.card())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("..." if cycle else str(self))

    def __str__(self) -> str:
        with speaking(DEFAULT):
            return as_text(self.card())


def as_html(card: Card) -> str:
    """The card as one element of HTML; every text in it is escaped."""
    parts = [f"<b>{html.escape(card.title)}</b>"] if card.title else []
    if card.facts:
        parts.append(f"<div>{html.escape(say(', ').join(card.facts))}</div>")
    if card.pictures:
        shown = "".join(
            f'<figure style="margin:4px 12px 4px 0"><img src="{html.escape(source)}" '
            f'alt="{html.escape(alt)}" style="max-width:100%"><figcaption>{html.escape(alt)}'
            "</figcaption></figure>"
            for source, alt in card.pictures
        )
        parts.append(f'<div style="display:flex;flex-wrap:wrap">{shown}</div>')
    if card.rows:
        parts.append(_table(card))
    parts += [f"<div>{html.escape(note)}</div>" for note in card.notes]
    return f"<div>{''.join(parts)}</div>"


def _table(card: Card) -> str:
    def line(tag: str, cells: tuple[str, ...], more: str) -> str:
        written = (
            f'<{tag} style="{CELL if i else FIRST}">{html.escape(cell)}</{tag}>'
            for i, cell in enumerate(cells)
        )
        return f"<tr>{''.join(written)}{more}</tr>"

    head = line("th", card.columns, "<th></th>" if card.shares else "")
    body = "".join(
        line("td", row, _bar(card.shares[i]) if card.shares else "")
        for i, row in enumerate(card.rows)
    )
    heads = f"<thead>{head}</thead>" if any(card.columns) else ""
    return f"<table>{heads}<tbody>{body}</tbody></table>"


def _bar(share: float) -> str:
    width = f"width:{BAR_WIDTH * share:.2f}em"
    return f'<td style="{FIRST}"><span style="{BAR};{width}"></span></td>'


def as_text(card: Card) -> str:
    """The card as aligned lines."""
    lines = [card.title] if card.title else []
    if card.facts:
        lines.append(", ".join(card.facts))
    if card.rows:
        table = [card.columns, *card.rows]
        widths = [max(len(row[i]) for row in table) for i in range(len(card.columns))]
        bars = ["", *("#" * round(TEXT_BAR * share) for share in card.shares)]
        for number, row in enumerate(table):
            if not any(row):
                continue
            cells = [
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            cells += [bars[number]] if card.shares else []
            lines.append("  ".join(cells).rstrip())
    return "\n".join([*lines, *card.notes])
