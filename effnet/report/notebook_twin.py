"""A report as a notebook without outputs: the same words, tables, pictures and code."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from effnet.base import EffnetError, as_html, speaking, verbatim, write_whole
from effnet.report.html_page import to_html
from effnet.report.photo_section import Picture
from effnet.report.sections import Section


def to_notebook(found: Sequence[Section]) -> str:
    """The report as a notebook, in the language of its sections."""
    cells: list[dict[str, object]] = []
    with speaking(found[0].language):
        for number, one in enumerate(found):
            heading = "##" if number else "#"
            text = f"{heading} {verbatim(one.title)}\n\n{verbatim(one.says)}"
            text += "".join(_photo(place, one) for place, one in enumerate(one.pictures))
            if not one.code:
                text += "".join(f"\n\n{as_html(card)}" for card in one.cards)
            cells.append(_cell("markdown", text, len(cells)))
            if one.pictures:
                cells[-1]["attachments"] = {
                    _key(place): {picture.mime: picture.base64}
                    for place, picture in enumerate(one.pictures)
                }
            code = [one.code] if one.code else []
            code += [f"drawn[{place}]" for place in range(len(one.drawn)) if one.code]
            cells += [_cell("code", block, len(cells) + more) for more, block in enumerate(code)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {
            "cells": cells,
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        indent=1,
        ensure_ascii=False,
    )


def _photo(place: int, picture: Picture) -> str:
    file, caption = map(verbatim, (picture.file, picture.caption()))
    return f"\n\n![{file}](attachment:{_key(place)})\n\n{caption}"


def _key(place: int) -> str:
    """What a cell calls its picture: plain letters, as not every name works in a link."""
    return f"picture-{place}"


def _cell(kind: str, text: str, number: int) -> dict[str, object]:
    cell: dict[str, object] = {
        "cell_type": kind,
        "id": f"cell-{number:02}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def write(path: Path, found: Sequence[Section]) -> None:
    """Write a report; the ending, `.html` or `.ipynb`, says which.

    Raises:
        EffnetError: Another ending, or the place can't be written.
    """
    makers: dict[str, Callable[[Sequence[Section]], str]] = {
        ".html": to_html,
        ".ipynb": to_notebook,
    }
    made = makers.get(path.suffix)
    if made is None:
        raise EffnetError(
            "report {path}; expected a name that ends with .html or .ipynb",
            path=repr(str(path)),
        )
    write_whole(path, made(found))
