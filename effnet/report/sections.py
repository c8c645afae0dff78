"""What a report says, part by part: a sentence, tables, figures, and the Python behind them."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version

import plotly.graph_objects as go

from effnet import figures
from effnet.base import DEFAULT, Card, Rich, colours, current, mark, say, speaking
from effnet.counting import count, formulas, steps_from_promise
from effnet.figures import known_language
from effnet.network import display_name, list_variants
from effnet.papers import compare, pinned, rivals
from effnet.report import claims
from effnet.report.export import COUNTING, manifest, recipe
from effnet.report.photo_section import Look, Picture, explanation_code, prediction_code
from effnet.scaling import AnyNetwork, Design, budget, design_of
from effnet.timing import Latency

TITLES = {
    "Prediction": mark("What a pretrained network sees in the photo"),
    "Explanation": mark("Where it looked"),
}
ABOUT = {  # what `export.manifest` knows, and what it is called here
    "made_by": mark("made by"),
    "python": "python",
    "date": mark("date"),
    "design": mark("design"),
    "link": mark("link"),
    "resolution": mark("resolution"),
    "params": mark("params"),
    "macs": "macs",
    "activations": mark("activations"),
    "counting": mark("counting"),
}
PACKAGES = ("numpy", "plotly", "torch", "torchvision", "streamlit")
MOST_BYTES = 8_000_000  # of a report; plotly.js is most of it
IMPORTS = (
    "from dataclasses import replace",
    "import effnet",
    "from effnet import figures",
    "from effnet.counting import formulas",
    "from effnet import from_block_strings",
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report.

    Attributes:
        title, says: Its heading, and the sentence below.
        cards: Tables and pictures.
        drawn: Figures, in the order in which `code` leaves them in the list `drawn`.
        code: Python that prints `prints` and draws the figures, below the code of the sections
            before it; "" where a measurement can't be had again.
        prints: What the code prints, in English.
        pictures: Photos that the reader can save.
        design: What the explorer below the section opens with, in HTML.
        language: What the section is written in.
    """

    title: str
    says: str
    cards: tuple[Card, ...] = ()
    drawn: tuple[go.Figure, ...] = ()
    code: str = ""
    prints: str = ""
    pictures: tuple[Picture, ...] = ()
    design: Design | None = None
    language: str = field(default_factory=current)


def sections(
    design: AnyNetwork,
    *,
    beside: Sequence[AnyNetwork] = (),
    records: Sequence[Rich] = (),
    looks: Sequence[Look] = (),
    link: str = "",
    today: date | None = None,
    language: str | None = None,
) -> tuple[Section, ...]:
    """What a report says.

    Args:
        design: The design, or a network that a link can say.
        beside: Others to compare it with, such as those that were pinned.
        records: Measurements, predictions and explanations, shown as they are.
        looks: What networks saw in photos, with the Python that sees it again.
        link: The address that opens the design again.
        today: The date; today's where not given.
        language: "en" or "zh"; the current one where not given.

    Raises:
        EffnetError: A design is past what can be counted, or the language is unknown.
    """
    design, others = design_of(design), [design_of(one) for one in beside]
    with speaking(known_language(language)), colours.on_page(None):
        return (
            _overview(design),
            _costs(design),
            *([_promise(design)] if design.mode == "formula" else []),
            _beside(design, others),
            *(_record(one) for one in records),
            *(section for one in looks for section in (_seen(one), _looked(one))),
            _environment(design, link, today or date.today()),
        )


def _recipe(design: Design) -> list[str]:
    """Lines that set `spec`, down to its name."""
    named = [f"spec = replace(spec, name={design.spec().name!r})"]
    return [*recipe(design), *(named if design.mode == "edited" else [])]


def _spoken() -> list[str]:
    """Lines that make the figures speak the report's language; none for English."""
    if current() == DEFAULT:
        return []
    return ["from effnet.base import language", "", f"language.use({current()!r})"]


def _overview(design: Design) -> Section:
    spec, base = design.spec(), design.base_spec
    cost = count(spec)
    code = [
        *IMPORTS,
        *_spoken(),
        "",
        *_recipe(design),
        f"base = effnet.Spec.from_dict({base.to_dict()!r})"
        if base.name not in list_variants()
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
        design=design,
    )


def _costs(design: Design) -> Section:
    spec = design.spec()
    found = formulas.items(spec, "macs")
    totals = count(spec).by_kind()
    return Section(
        say("Where the multiply-adds go"),
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
        say("From the formula's promise to the real cost"),
        claims.budget_claim(design, base, count(spec)),
        drawn=(figures.promise_to_real(steps, base_macs=base.macs),),
        code=(
            "from effnet.counting import steps_from_promise\n"
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
        say("Beside other networks"),
        say(
            "Our counts are computed, accuracies are as published. Nobody has measured the "
            "accuracy of a new design, so it stands as a line at its cost."
        ),
        (found.card(),),
        (
            figures.accuracy_against_cost(
                rivals(), "macs", designs=[pinned(one) for one in (*chosen, design)]
            ),
        ),
        "\n".join(code)
        + "\nfrom effnet import Design\n"
        + "from effnet.papers import pinned, rivals\n\n"
        + "designs = [\n"
        + "".join(f"    {one!r},\n" for one in (*chosen, design))
        + "]\ndrawn = [figures.accuracy_against_cost(\n"
        + '    rivals(), "macs", designs=[pinned(one) for one in designs])]',
        str(found),
    )


def _record(record: Rich) -> Section:
    if isinstance(record, Latency):
        says = say("Measured on the machine that is named below; another one gives other times.")
        title = say("Latency of {network}", network=record.name)
        return Section(title, says, (record.card(),), (figures.latency_samples(record),))
    says = say("Computed with the weights that are named, from a photo that is not in this file.")
    return Section(say(TITLES.get(type(record).__name__, mark("Record"))), says, (record.card(),))


def _seen(look: Look) -> Section:
    code, prints = prediction_code(look)
    network = say(
        "{network}, weights {weights}",
        network=display_name(look.explanation.network),
        weights=look.explanation.weights,
    )
    return Section(
        say(TITLES["Prediction"]),
        claims.prediction_claim(look.explanation.network, look.prediction),
        (Card(facts=(network,)),),
        (figures.top_classes(look.prediction.labels, family=look.family),),
        code,
        prints,
        (look.picture,),
    )


def _looked(look: Look) -> Section:
    code, prints = explanation_code(look)
    return Section(
        say(TITLES["Explanation"]),
        say("Bright is what speaks for the class; the network saw only what is not dimmed."),
        (look.explanation.card(),),
        code=code,
        prints=prints,
    )


def _environment(design: Design, link: str, today: date) -> Section:
    about = manifest(design, count(design.spec()), link=link, today=today)
    told = {**about, "design": design.title, "counting": say(COUNTING)}
    rows = [(say(ABOUT.get(key, key)), str(value)) for key, value in told.items()]
    rows += [(say("platform"), platform.platform())]
    rows += [(name, _version(name)) for name in PACKAGES]
    return Section(
        say("Where this comes from"),
        say("The address opens this design in the app."),
        (Card(columns=("", ""), rows=tuple(row for row in rows if row[1])),),
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
