"""One file that tells a design: what it is, costs and looks like, and the Python behind it.

Sections hold a sentence, tables, figures and a block of Python with what it prints; the same
sections become one self-contained HTML file or a notebook. No torch, no network.
"""

import html
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import plotly
import plotly.graph_objects as go

import effnet
from effnet import claims, figures, formulas
from effnet.cost import count
from effnet.design import Design
from effnet.export import manifest, recipe
from effnet.pareto import compare, pinned, rivals
from effnet.promise import steps_from_promise
from effnet.rich import Card, Rich, as_html
from effnet.scaling import budget
from effnet.spec import EffnetError
from effnet.speed.records import Latency

TITLES = {
    "Prediction": "What a pretrained network sees in the photo",
    "Explanation": "Where it looked",
}
PACKAGES = ("numpy", "plotly", "torch", "torchvision", "streamlit")
MOST_BYTES = 8_000_000  # of a report; plotly.js is most of it
IMPORTS = (
    "from dataclasses import replace",
    "import effnet",
    "from effnet import figures, formulas",
    "from effnet.blockstring import from_block_strings",
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report.

    Attributes:
        title, says: Its heading, and the sentence below.
        cards: Tables and pictures.
        drawn: Figures, in the order in which `code` leaves them in the list `drawn`.
        code: Python that prints `prints` and draws the figures, below the code of the sections
            before it; "" where a measurement or a photo can't be had again.
        prints: What the code prints.
    """

    title: str
    says: str
    cards: tuple[Card, ...] = ()
    drawn: tuple[go.Figure, ...] = ()
    code: str = ""
    prints: str = ""


def sections(
    design: Design,
    *,
    beside: Sequence[Design] = (),
    records: Sequence[Rich] = (),
    link: str = "",
    today: date | None = None,
) -> tuple[Section, ...]:
    """What a report says.

    Args:
        design: The design.
        beside: Others to compare it with, such as those that were pinned.
        records: Measurements, predictions and explanations, shown as they are.
        link: The address that opens the design again.
        today: The date; today's where not given.

    Raises:
        EffnetError: A design is past what can be counted.
    """
    return (
        _overview(design),
        _costs(design),
        *([_promise(design)] if design.mode == "formula" else []),
        _beside(design, beside),
        *(_record(one) for one in records),
        _environment(design, link, today or date.today()),
    )


def _recipe(design: Design) -> list[str]:
    """Lines that set `spec`, down to its name."""
    named = [f"spec = replace(spec, name={design.spec().name!r})"]
    return [*recipe(design), *(named if design.mode == "edited" else [])]


def _overview(design: Design) -> Section:
    spec, base = design.spec(), design.base_spec
    cost = count(spec)
    code = [
        *IMPORTS,
        "",
        *_recipe(design),
        f"base = effnet.Spec.from_dict({base.to_dict()!r})"
        if base.name not in effnet.list_variants()
        else f"base = effnet.get_variant({base.name!r})",
        "cost = effnet.count(spec)",
        "print(cost)",
        "drawn = [figures.network_drawing(spec, base=base)]",
    ]
    return Section(
        design.title,
        claims.design_claim(design, spec, cost),
        (cost.card(), spec.card()),
        (figures.network_drawing(spec, base=base),),
        "\n".join(code),
        str(cost),
    )


def _costs(design: Design) -> Section:
    spec = design.spec()
    found = formulas.items(spec, "macs")
    totals = count(spec).by_kind()
    return Section(
        "Where the multiply-adds go",
        claims.cost_claim(design.title, found, "macs"),
        drawn=(figures.cost_by_stage(found, "macs"),),
        code=(
            "for kind, total in cost.by_kind().items():\n"
            '    print(f"{kind}: {total.macs:,} MACs, {total.params:,} parameters")\n'
            'drawn = [figures.cost_by_stage(formulas.items(spec, "macs"), "macs")]'
        ),
        prints="\n".join(
            f"{kind}: {total.macs:,} MACs, {total.params:,} parameters"
            for kind, total in totals.items()
        ),
    )


def _promise(design: Design) -> Section:
    spec, base = design.spec(), count(design.base_spec)
    values = design.alpha, design.beta, design.gamma
    depth, width = design.alpha**design.phi, design.beta**design.phi
    steps = steps_from_promise(
        design.base_spec, depth=depth, width=width, resolution=spec.resolution
    )
    told = ", ".join(map(repr, values))
    return Section(
        "From the formula's promise to the real cost",
        claims.budget_claim(design, base, count(spec)),
        drawn=(figures.promise_to_real(steps, base_macs=base.macs),),
        code=(
            "from effnet.promise import steps_from_promise\n"
            "from effnet.scaling import budget\n\n"
            f"print(f'promised {{budget({told}) ** {design.phi!r}:.4f}} x, '\n"
            "      f'real {cost.macs / effnet.count(base).macs:.4f} x')\n"
            f"steps = steps_from_promise(base, depth={depth!r}, width={width!r},\n"
            f"                           resolution={spec.resolution})\n"
            "drawn = [figures.promise_to_real(steps, base_macs=effnet.count(base).macs)]"
        ),
        prints=(
            f"promised {budget(*values) ** design.phi:.4f} x, "
            f"real {count(spec).macs / base.macs:.4f} x"
        ),
    )


def _beside(design: Design, others: Sequence[Design]) -> Section:
    chosen = [one for one in others if one != design]
    specs = [design.base_spec, *(one.spec() for one in chosen), design.spec()]
    found = compare(*specs)
    code = ["networks = [base]"]
    for one in chosen:
        code += [*_recipe(one), "networks.append(spec)"]
    code += [*_recipe(design), "networks.append(spec)", "print(effnet.compare(*networks))"]
    return Section(
        "Beside other networks",
        "Our counts are computed; accuracies are as published, and nobody has measured that of a "
        "design of one's own: it stands as a line at its cost.",
        (found.card(),),
        (
            figures.accuracy_against_cost(
                rivals(), "macs", designs=[pinned(one) for one in (*chosen, design)]
            ),
        ),
        "\n".join(code)
        + "\nfrom effnet.design import Design\n"
        + "from effnet.pareto import pinned, rivals\n\n"
        + "designs = [\n"
        + "".join(f"    {one!r},\n" for one in (*chosen, design))
        + "]\ndrawn = [figures.accuracy_against_cost(\n"
        + '    rivals(), "macs", designs=[pinned(one) for one in designs])]',
        str(found),
    )


def _record(record: Rich) -> Section:
    if isinstance(record, Latency):
        says = "Measured on the machine that is named below; another one gives other times."
        return Section(
            f"Latency of {record.name}", says, (record.card(),), (figures.latency_samples(record),)
        )
    says = "Computed with the weights that are named, from a photo that is not in this file."
    return Section(TITLES.get(type(record).__name__, "Record"), says, (record.card(),))


def _environment(design: Design, link: str, today: date) -> Section:
    about = manifest(design, count(design.spec()), link=link, today=today)
    rows = [(str(key).replace("_", " "), str(value)) for key, value in about.items()]
    rows += [("platform", platform.platform())]
    rows += [(name, _version(name)) for name in PACKAGES]
    return Section(
        "Where this comes from",
        "The address opens this design in the app.",
        (Card(columns=("", ""), rows=tuple(row for row in rows if row[1])),),
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


# --- HTML -------------------------------------------------------------------------------------

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 "Source Sans 3", "Noto Sans", system-ui, sans-serif; color: #1a1c22;
  background: #fff; margin: 0 auto; padding: 1.5rem; max-width: 62rem; }
h1, h2 { line-height: 1.25; } h2 { margin-top: 2.5rem; }
.claim { font-size: 1.15rem; }
table { border-collapse: collapse; font-size: 0.9rem; } tr { border-top: 1px solid #e3e5ea; }
td, th { white-space: nowrap; }
section:last-of-type td:last-child { white-space: normal; text-align: left !important; }
.scroll { overflow-x: auto; margin: 0.75rem 0; }
pre { background: #f4f5f7; padding: 0.75rem; overflow-x: auto; font-size: 0.8rem; }
pre.prints { background: none; border: 1px solid #e3e5ea; }
.figure { width: 100%; margin: 1rem 0; }
footer { margin-top: 3rem; color: #555a66; font-size: 0.85rem; }
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  .figure, tr, pre { break-inside: avoid; } h2 { break-after: avoid; }
  pre { white-space: pre-wrap; } .scroll { overflow: visible; }
}
"""
DRAW = """
for (const place of document.querySelectorAll('.figure')) {
  const { data, layout } = JSON.parse(place.querySelector('script').textContent);
  const room = document.createElement('div');
  room.style.height = `${layout.height}px`;
  place.append(room);
  Plotly.newPlot(room, data, { ...layout, autosize: true },
    { responsive: true, displaylogo: false });
}
addEventListener('beforeprint', () => {
  for (const room of document.querySelectorAll('.figure > div')) Plotly.Plots.resize(room);
});
"""


def to_html(found: Sequence[Section]) -> str:
    """The report as one HTML file: plotly.js once, nothing fetched, prints well."""
    title = html.escape(found[0].title)
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    body = "".join(_section(one, number) for number, one in enumerate(found))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>\n{body}"
        f"<footer>Made by effnet {effnet.__version__}. Lines and bars are computed, filled dots "
        "measured, hollow diamonds published.</footer>\n"
        f"<script>{source.read_text('utf-8')}</script>\n<script>{DRAW}</script>\n</body></html>\n"
    )


def _section(one: Section, number: int) -> str:
    tag = "h2" if number else "h1"
    parts = [f"<{tag}>{html.escape(one.title)}</{tag}>"]
    parts.append(f'<p class="claim">{html.escape(one.says)}</p>')
    parts += [f'<div class="scroll">{as_html(card)}</div>' for card in one.cards]
    for drawn in one.drawn:
        alt = html.escape(str(drawn.layout.title.text or one.title), quote=True)
        data = str(drawn.to_json()).replace("</", "<\\/")
        parts.append(
            f'<div class="figure" role="img" aria-label="{alt}">'
            f'<script type="application/json">{data}</script></div>'
        )
    if one.code:
        parts.append(
            "<details><summary>The Python that gives these numbers and figures</summary>"
            f'<pre class="code">{html.escape(one.code)}</pre>'
            f'<p>It prints:</p><pre class="prints">{html.escape(one.prints)}</pre></details>'
        )
    return f"<section>{''.join(parts)}</section>\n"


# --- notebook ---------------------------------------------------------------------------------


def to_notebook(found: Sequence[Section]) -> str:
    """The report as a notebook without outputs: the same words, tables and code."""
    cells = []
    for number, one in enumerate(found):
        mark = "##" if number else "#"
        text = f"{mark} {one.title}\n\n{one.says}"
        if not one.code:
            text += "".join(f"\n\n{as_html(card)}" for card in one.cards)
        cells.append(("markdown", text))
        if one.code:
            cells.append(("code", one.code))
            cells += [("code", f"drawn[{place}]") for place in range(len(one.drawn))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {
            "cells": [_cell(kind, text, number) for number, (kind, text) in enumerate(cells)],
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        indent=1,
        ensure_ascii=False,
    )


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
    made = {".html": to_html, ".ipynb": to_notebook}.get(path.suffix)
    if made is None:
        raise EffnetError(f"report {str(path)!r}; expected a name that ends with .html or .ipynb")
    try:
        path.write_text(made(found), "utf-8")
    except OSError as error:
        raise EffnetError(f"can't write {path} ({error.strerror})") from None
