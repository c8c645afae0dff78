"""A report as one HTML file: plotly.js once, nothing fetched, prints well."""

import html
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import plotly
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import effnet
from effnet.base import as_html, say, speaking
from effnet.figures import plotly_config
from effnet.report.sections import Section
from effnet.web import TAGS, embedded

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


@lru_cache(maxsize=2)
def templates(folder: str) -> Environment:
    """The templates of a folder of the package: what they are filled with is escaped.

    They say their texts themselves, in the language of whoever fills them.
    """
    made = Environment(
        loader=PackageLoader("effnet", folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"say": say, "version": effnet.__version__}
    return made


def to_html(found: Sequence[Section]) -> str:
    """The report as one HTML file, in the language of its sections."""
    pages = templates("report/templates")
    pages.filters |= {
        "data": _data,
        "explorer": lambda design: Markup(embedded(design)),
        "html": lambda card: Markup(as_html(card)),
        "set_in_html": _set_in_html,
    }
    with speaking(found[0].language):
        return pages.get_template("report.html").render(
            sections=found,
            tag=TAGS[found[0].language],
            config=plotly_config(),
            plotly=Markup(PLOTLY.read_text("utf-8")),
        )


def _data(drawn: Any) -> Markup:
    """A figure as JSON that ends no script."""
    return Markup(str(drawn.to_json()).replace("</", "<\\/"))


def _set_in_html(title: str) -> Markup:
    """A figure's title as HTML: here it wraps, which Plotly's own titles never do."""
    escaped = html.escape(title.replace("<br>", " "))
    return Markup(re.sub(r"&lt;(/?(?:b|i|sub|sup))&gt;", r"<\1>", escaped))
