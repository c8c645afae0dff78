"""A report as one HTML file: plotly.js once, nothing fetched, prints well."""

import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

import plotly

import effnet
from effnet.base import as_html, say, speaking
from effnet.figures import plotly_config
from effnet.report.photo_section import Picture
from effnet.report.sections import Section
from effnet.web import TAGS, embedded

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 'Source Sans', 'Source Sans 3', 'Noto Sans', 'PingFang SC', 'Microsoft YaHei',
  'Noto Sans CJK SC', 'Noto Sans SC', 'WenQuanYi Micro Hei', sans-serif;
  color: #1a1c22; background: #fff; margin: 0 auto; padding: 1.5rem; max-width: 62rem; }
h1, h2 { line-height: 1.25; } h2 { margin-top: 2.5rem; }
.claim { font-size: 1.15rem; }
table { border-collapse: collapse; font-size: 0.9rem; } tr { border-top: 1px solid #e3e5ea; }
td, th { white-space: nowrap; }
section:last-of-type td:last-child { white-space: normal; overflow-wrap: anywhere;
  text-align: left !important; }
.scroll { overflow-x: auto; margin: 0.75rem 0; }
pre { background: #f4f5f7; padding: 0.75rem; overflow-x: auto; font-size: 0.8rem; }
pre.prints { background: none; border: 1px solid #e3e5ea; }
.title { margin: 1.25rem 0 0; }
.figure { width: 100%; margin: 0 0 1rem; }
.photo { margin: 1rem 0; } .photo img { max-width: 100%; max-height: 26rem; }
figcaption { color: #555a66; font-size: 0.9rem; }
footer { margin-top: 3rem; color: #555a66; font-size: 0.85rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  .figure, figure, tr, pre { break-inside: avoid; } .claim { break-inside: avoid; }
  h2, .claim, .title { break-after: avoid; }
  table { print-color-adjust: exact; }
  .save { display: none; }
  pre { white-space: pre-wrap; } .scroll { overflow: visible; }
}
"""
DRAW = """
for (const place of document.querySelectorAll('.figure')) {
  const { data, layout: { title, ...layout } } = JSON.parse(
    place.querySelector('script').textContent);
  const room = document.createElement('div');
  const spared = layout.margin.t - 8; // the title stands above, where it wraps
  layout.margin = { ...layout.margin, t: 8 };
  layout.height -= spared;
  room.style.height = `${layout.height}px`;
  place.append(room);
  Plotly.newPlot(room, data, { ...layout, autosize: true }, CONFIG);
}
for (const link of document.querySelectorAll('.save')) {
  link.href = link.closest('figure').querySelector('img').src;
}
addEventListener('beforeprint', () => {
  for (const room of document.querySelectorAll('.figure > div')) Plotly.Plots.resize(room);
});
"""


def to_html(found: Sequence[Section]) -> str:
    """The report as one HTML file, in the language of its sections."""
    code = found[0].language
    title = html.escape(found[0].title)
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    with speaking(code):
        body = "".join(_section(one, number) for number, one in enumerate(found))
        made = say(
            "Made by effnet {version}. Lines and bars are computed, filled dots measured, hollow "
            "diamonds published.",
            version=effnet.__version__,
        )
        config = json.dumps(plotly_config(), ensure_ascii=False)
    return (
        f'<!DOCTYPE html>\n<html lang="{TAGS[code]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>\n{body}"
        f"<footer>{html.escape(made)}</footer>\n"
        f"<script>{source.read_text('utf-8')}</script>\n"
        f"<script>const CONFIG = {config};{DRAW}</script>\n</body></html>\n"
    )


def _section(one: Section, number: int) -> str:
    tag = "h2" if number else "h1"
    parts = [f"<{tag}>{html.escape(one.title)}</{tag}>"]
    parts.append(f'<p class="claim">{html.escape(one.says)}</p>')
    parts += [_photo(picture) for picture in one.pictures]
    parts += [f'<div class="scroll">{as_html(card)}</div>' for card in one.cards]
    for drawn in one.drawn:
        shown = str(drawn.layout.title.text or one.title)
        alt = html.escape(shown, quote=True)
        data = str(drawn.to_json()).replace("</", "<\\/")
        parts.append(
            f'<p class="title">{_title(shown)}</p>'
            f'<div class="figure" role="img" aria-label="{alt}">'
            f'<script type="application/json">{data}</script></div>'
        )
    if one.code:
        summary = (
            say("The Python that gives these numbers and figures")
            if one.drawn
            else say("The Python that gives these numbers and pictures")
        )
        parts.append(
            f"<details><summary>{html.escape(summary)}</summary>"
            f'<pre class="code">{html.escape(one.code)}</pre>'
            f"<p>{html.escape(say('It prints:'))}</p>"
            f'<pre class="prints">{html.escape(one.prints)}</pre></details>'
        )
    if one.design:
        parts.append(f"<h2>{html.escape(say('Move the sliders from here'))}</h2>")
        parts.append(embedded(one.design))
    return f"<section>{''.join(parts)}</section>\n"


def _title(text: str) -> str:
    """A figure's title as HTML: here it wraps, which Plotly's own titles never do."""
    escaped = html.escape(text.replace("<br>", " "))
    return re.sub(r"&lt;(/?(?:b|i|sub|sup))&gt;", r"<\1>", escaped)


def _photo(picture: Picture) -> str:
    """The picture with its caption; somebody's own with a link that saves it."""
    width, height = picture.size
    save = ""
    if not picture.sample:
        words = html.escape(say("Save the picture as {file}", file=picture.file))
        file = html.escape(picture.file, quote=True)
        save = f' <a class="save" download="{file}">{words}</a>'
    return (
        f'<figure class="photo"><img src="data:{picture.mime};base64,{picture.base64}" '
        f'width="{width}" height="{height}" style="width:auto;height:auto" '
        f'alt="{html.escape(say(picture.title), quote=True)}">'
        f"<figcaption>{html.escape(picture.caption())}{save}</figcaption></figure>"
    )
