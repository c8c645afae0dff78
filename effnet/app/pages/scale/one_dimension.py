"""The card on one dimension against compound: equal budgets, measured accuracies, equal costs."""

from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any

import streamlit as st

from effnet import figures
from effnet.app.kit import cache, frame, live, pick, sheet, state
from effnet.base import Column, giga, mark, millions, percent, remembered, rows_of, say, share
from effnet.network import Spec, display_name, get_variant
from effnet.papers import cited, experiment, experiments, note
from effnet.scaling import (
    ALPHA,
    BASES,
    BETA,
    COMPARED,
    GAMMA,
    WAYS,
    Design,
    EqualCost,
    Range,
    Scaled,
    at_budget,
    equal_cost,
    nearest,
)

TIMES = Range(1.5, 16.0, 0.1)
BUTTON_WIDTH = 150  # px: four in a row, two on a phone

_drawings = remembered(maxsize=64)(figures.equal_budget_drawings)
_accuracy = remembered(maxsize=64)(figures.accuracy_by_way)
_surface = remembered(maxsize=16)(figures.equal_cost_surface)
_map = remembered(maxsize=16)(figures.equal_cost_map)


@frame.part
def one_dimension() -> None:
    """At an equal budget: depth only, width only, resolution only, compound."""
    pick.follow()
    left, right = st.columns([1, 2], gap="medium", vertical_alignment="bottom")
    with left:
        base: str = st.selectbox(
            say("Network to scale"),
            COMPARED,
            format_func=display_name,
            key="one_dimension_base",
            persist_state="session",
        )
    with right:
        times = pick.dial(
            "one_dimension_times",
            say("budget"),
            4.0,
            TIMES,
            note=say("Multiply-adds, as a multiple of the network's that is scaled"),
        )
    found = at_budget(base, times)
    _four(base, found)
    _measured(base, found[0].target)
    with st.expander(
        say("All networks that cost what the design costs"),
        key="equal_cost_open",
        on_change="rerun",
    ) as opened:
        if opened.open:
            _equal_cost()


def _four(base: str, found: tuple[Scaled, ...]) -> None:
    live.figure(
        "four_networks",
        _drawings(found),
        alt=say(
            "Depth only, width only, resolution only and compound of equal cost, drawn to scale"
        ),
    )
    st.caption(
        say(
            "Drawn to one scale: channels across, side of the map upwards, number of "
            "blocks below; the outline is {base}. {kept}",
            base=display_name(base),
            kept=_kept(found),
        )
    )
    sheet.show(
        [_of_base(get_variant(base)), *rows_of(found)],
        Column(
            mark("network"),
            lambda row: say(WAYS.get(row["way"], row["way"])),
            look={"pinned": True},
        ),
        *("depth", "width", "resolution", "blocks", "params", "macs"),
        Column(
            mark("off budget"),
            _off,
            note=mark("Nearest of all multipliers with up to four decimals; rounding makes jumps"),
        ),
        "activations",
        key="four_table",
        alt=say("The base network and the four networks of equal cost, with all their counts"),
    )
    with st.grid(len(found), min_column_width=BUTTON_WIDTH):
        for one in found:
            why = pick.unreachable(one.depth, one.width, one.resolution)
            st.button(
                say("Use {way}", way=say(WAYS[one.way]).lower()),
                key=f"use_{one.way}",
                on_click=pick.network,
                args=(one.base, one.depth, one.width, one.resolution),
                disabled=bool(why),
                help=why or say("Makes it the current design"),
                width="stretch",
            )


def _kept(found: tuple[Scaled, ...]) -> str:
    """Which of the four has the fewest parameters, and which writes the fewest activations."""
    small = min(found, key=lambda one: one.params)
    light = min(found, key=lambda one: one.activations)
    return say(
        "{small} has the fewest parameters ({params}), {light} writes the fewest activations "
        "({activations}).",
        small=say(WAYS[small.way]),
        params=millions(small.params),
        light=say(WAYS[light.way]).lower(),
        activations=millions(light.activations),
    )


def _of_base(base: Spec) -> dict[str, Any]:
    """The base network's row."""
    cost = cache.counted_cost(base)
    return {
        "way": display_name(base),
        "depth": 1.0,
        "width": 1.0,
        "resolution": base.resolution,
        "blocks": base.blocks,
        "params": cost.params,
        "macs": cost.macs,
        "activations": cost.activations,
    }


def _off(row: Mapping[str, Any]) -> str:
    return f"{100 * (row['macs'] / row['target'] - 1):+.2f} %" if "target" in row else ""


# --- what the paper measured ------------------------------------------------------------------


def _measured(base: str, budget: int) -> None:
    names = experiments(base)
    if not names:
        st.info(
            say(
                "The papers scale {base} in no single dimension, so no accuracy can "
                "stand here. They did so for B0, MobileNetV1, MobileNetV2 and ResNet-50.",
                base=display_name(base),
            )
        )
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        name = st.segmented_control(
            say("What the paper measured"),
            names,
            format_func=say,
            default=names[0],
            key=f"experiment_{base}",
            required=True,
            persist_state="session",
        )
        counted = st.toggle(
            say("At the multiply-adds counted here"),
            key="experiment_counted",
            help=say(
                "Puts each dot at the multiply-adds counted for the released network. Dots "
                "whose coefficients are not printed are left out"
            ),
        )
    rows = experiment(base, name or names[0])
    live.figure(
        "accuracy_by_way",
        _accuracy(rows, budget=budget, counted=counted),
        alt=say("Published accuracy against multiply-adds, by what was scaled"),
    )
    st.caption(
        say(
            "{note} Hollow diamonds are published; nobody has measured the networks at your "
            "budget.",
            note=note(base, name or names[0]),
        )
    )
    with st.expander(
        say("{name} as a table", name=say(name or names[0])), on_change="rerun"
    ) as opened:
        if opened.open:
            sheet.show(
                rows,
                "series",
                Column(mark("coefficients"), "label"),
                Column(mark("top-1 (%), published"), "top1"),
                Column(mark("MACs (G), published"), "macs", "%.3f", 1e9),
                Column(mark("MACs (G), counted"), "counted", "%.3f", 1e9),
                Column(
                    mark("published over counted"),
                    lambda row: row.macs / row.counted if row.counted else None,
                    "%.3f",
                ),
                Column(mark("source"), lambda row: cited(row.source)),
                height=300,
                alt=say("The dots of the figure: coefficients, multiply-adds, accuracy, source"),
            )


# --- all networks of one cost -----------------------------------------------------------------


def _equal_cost() -> None:
    design = state.design()
    spec = design.spec()
    base, chosen = home(design, spec)
    target = cache.counted_cost(spec).macs
    found = equal_cost(base, target)
    if not found.networks():
        st.info(
            say(
                "No network of {macs} multiply-adds lies within these sliders' reach; "
                "choose a smaller design.",
                macs=giga(target),
            )
        )
        return
    corners = tuple(one for one in (nearest(base, way, target) for way in WAYS) if _inside(one))
    line = _compound_line(base, target)
    dots, names = say("network"), [say(WAYS[corner.way]) for corner in corners]  # of the traces

    def clicked(name: str, index: int) -> None:
        networks = found.networks()
        if name == dots and index < len(networks):
            depth, width, side, *_ = networks[index]
            pick.network(base, depth, width, side)
        for corner, title in zip(corners, names, strict=True):
            if name == title:
                pick.network(base, corner.depth, corner.width, corner.resolution)

    left, right = st.columns(2, gap="medium")
    with left:
        live.figure(
            "equal_cost_surface",
            _surface(found, corners=corners, line=line, chosen=chosen),
            alt=say(
                "Surface of depth, width and resolution of equal cost, coloured by activations"
            ),
            on_click=clicked,
        )
    with right:
        live.figure(
            "equal_cost_map",
            _map(found, corners=corners, line=line, chosen=chosen),
            alt=say("Resolution over depth and width at equal cost"),
            on_click=clicked,
        )
    off = [abs(cell[3] / target - 1) for cell in found.networks()]
    st.caption(
        say(
            "Every dot is a network that costs what the current design costs ({macs}), "
            "computed from {base}. Rounding keeps it from being exact: the dots lie within "
            "{off}. The surface between them only guides the eye. The pink line is the "
            "compound direction. A click on a dot makes it the design.",
            base=display_name(base),
            macs=giga(target),
            off=percent(max(off)),
        )
        + (
            ""
            if chosen
            else say(
                " {design} is no scaled {base}: not on it.",
                design=design.title,
                base=display_name(base),
            )
        )
    )
    if st.toggle(say("These networks as a table"), key="equal_cost_table"):
        _equal_cost_table(base, found)


def home(design: Design, spec: Spec) -> tuple[str, tuple[float, float, int] | None]:
    """The base whose surface a design belongs to, and where on it; None where it lies on none."""
    start = design.start
    named = start.released if start.mode == "released" else start.base
    family = get_variant(named).family
    near = [name for name in BASES if get_variant(name).family == family]
    near.sort(key=lambda name: name != named)
    for name in near:
        base = get_variant(name)
        try:
            same = base.scaled(depth=spec.depth, width=spec.width).stages == spec.stages
        except ValueError:
            same = False
        if same:
            return name, (spec.depth, spec.width, spec.resolution)
    return near[0], None


def _inside(one: Scaled) -> bool:
    return not pick.unreachable(one.depth, one.width, one.resolution)


@lru_cache(maxsize=256)
def _compound_line(base: str, target: int) -> tuple[tuple[float, float, float], ...]:
    """The compound direction from the base network to a little past the target."""
    end = nearest(base, "compound", target).phi or 0.0
    side = get_variant(base).resolution
    phis = [1.15 * end * i / 24 for i in range(25)]
    return tuple((ALPHA**phi, BETA**phi, side * GAMMA**phi) for phi in phis)


def _equal_cost_table(base: str, found: EqualCost) -> None:
    networks = found.networks()
    least = min(activations for *_, activations in networks)
    sheet.show(
        networks,
        Column(mark("depth"), itemgetter(0)),
        Column(mark("width"), itemgetter(1)),
        Column(mark("resolution (px)"), itemgetter(2)),
        Column("MACs", itemgetter(3), ","),
        share(mark("off"), lambda row: row[3] / found.target - 1),
        Column(mark("activations"), itemgetter(4), ","),
        Column(mark("activations, least = 1"), lambda row: row[4] / least, "%.2f x"),
        key="equal_cost_rows",
        height=300,
        on_row=lambda number: pick.network(base, *networks[number][:3]),
        alt=say("All networks of equal cost; choosing a row makes it the design"),
    )
