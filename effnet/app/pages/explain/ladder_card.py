"""The ladder: one photo through every network that is here, the paper's Figure 7 live."""

from typing import TYPE_CHECKING

import streamlit as st

from effnet.app.kit import cache, live, maps, sheet, viewer
from effnet.app.pages.explain import explain_controls, explain_view
from effnet.app.pages.explain.explain_controls import Asked
from effnet.base import Column, class_name, mark, percent, say, share, verbatim
from effnet.classify import imagenet_classes
from effnet.counting import stage_ends
from effnet.figures import map_in_box
from effnet.network import display_name, get_variant
from effnet.report import remarks
from effnet.weights import known_checkpoints, offline_variants

if TYPE_CHECKING:
    from effnet.cam import Explanation, Rung
    from effnet.classify import Classifier


def ladder(classifier: "Classifier", asked: Asked) -> None:
    """The last map of every network that is here, with agreement and the share in the box."""
    from effnet.cam import rungs

    if classifier.classes != imagenet_classes():
        st.info(
            say(
                "This network has its own classes, so other networks can't answer the same "
                "question. Choose one of ImageNet's networks to see the ladder."
            )
        )
        return
    names = offline_variants()
    method = explain_view.quick_method(asked)
    made = _maps(names, asked, method)
    compared = rungs(made, box=explain_view.box_on(made[0], asked))
    st.markdown(
        f"**{verbatim(remarks.ladder_claim(compared))}**",
        help=say(
            "Every network's last map of the same photo, on its own grid, with its own resize and "
            "crop."
        )
        + say(explain_view.AGREEMENT),
    )
    viewer.strip(
        "ladder",
        [_frame(name, rung, asked) for name, rung in zip(names, compared, strict=True)],
        label=say("Maps of every network, small to large"),
        on_click=lambda number: explain_controls.choose_network(names[number]),
    )
    if any(rung.share for rung in compared):
        titles = [_short(name) for name in names]
        family = classifier.spec.family
        alt = say("Share of each network's map that lies in the box")
        drawn = map_in_box(compared, titles, family=family)
        live.figure("map_in_box", drawn, alt=alt)
    else:
        st.caption(
            say(
                "Drag a box around the object on the photo above (on a phone: Draw a box, "
                "then drag). Each network then says how much of its map lies in the box."
            )
        )
    st.caption(say("Click one to choose that network.") + explain_view.instead(asked, method))
    _more(names)
    with st.expander(say("As a table"), on_change="rerun", key="ladder_table") as opened:
        if opened.open:
            _table(names, compared)


def _maps(names: list[str], asked: Asked, method: str) -> "list[Explanation]":
    bar, made = None, []
    for number, name in enumerate(names):
        layer = stage_ends(get_variant(name))[-1]
        found = maps.here(name, asked.photo, method, asked.question, layer)
        if found is None:
            text = say(
                "{network}, {number} of {all}",
                network=display_name(name),
                number=number + 1,
                all=len(names),
            )
            bar = bar or st.progress(0.0)
            bar.progress(number / len(names), text=text)
            (found,) = maps.explanations(
                cache.classifier(name), name, asked.photo,
                method=method, targets=[asked.question], layers=[layer],
            )  # fmt: skip
        made.append(found)
    if bar is not None:
        bar.empty()
    return made


def _short(name: str) -> str:
    """Lite0, B0, V2-S."""
    return display_name(name).removeprefix("EfficientNet").lstrip("-")


def _frame(name: str, rung: "Rung", asked: Asked) -> viewer.Frame:
    explanation = rung.explanation
    rows, columns = explanation.native.shape
    lines = [
        say("{rows} x {columns} places", rows=rows, columns=columns),
        say(
            "{name}: {value}",
            name=class_name(explanation.label),
            value=percent(explanation.probability),
        ),
    ]
    if explanation.blank:
        lines.append(say("blank"))
    if rung.agreement is not None:
        lines.append(say("agreement {value:.2f}", value=rung.agreement))
    if rung.share is not None:
        lines.append(say("in the box {share}", share=percent(rung.share.mass)))
    return viewer.Frame(
        _short(name),
        "\n".join(lines),
        viewer.thumbnail(explanation),
        chosen=name == asked.network,
    )


def _more(names: list[str]) -> None:
    missing = list(dict.fromkeys(r.variant for r in known_checkpoints() if r.variant not in names))
    if missing:
        st.caption(
            say(
                "{here} {here:network is|networks are} here. {missing} more can be added, with "
                "`python -m effnet weights download {name}` for example.",
                here=len(names),
                missing=len(missing),
                name=missing[0],
            )
        )


def _table(names: list[str], compared: "list[Rung]") -> None:
    sheet.show(
        [*zip(names, compared, strict=True)],
        Column(mark("network"), lambda row: display_name(row[0])),
        Column(mark("grid"), lambda row: "{} x {}".format(*row[1].explanation.native.shape)),
        share(mark("probability"), lambda row: row[1].explanation.probability),
        Column(mark("agreement with the one before"), lambda row: row[1].agreement, "%.3f"),
        share(mark("in the box"), lambda row: row[1].share and row[1].share.mass),
        share(mark("even map"), lambda row: row[1].share and row[1].share.area),
        share(mark("of the box seen"), lambda row: row[1].share and row[1].share.seen),
    )
