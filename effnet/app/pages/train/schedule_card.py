"""The schedule on the Train page: its controls, its picture, its cost, its time on this machine."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from PIL import Image, ImageOps

from effnet.app.kit import cache, cards, jobs, live, photos, projector, public, sheet, state
from effnet.base import (
    Column,
    EffnetError,
    Text,
    factor,
    has_numbers,
    in_a_row,
    mark,
    milliseconds,
    percent,
    say,
)
from effnet.figures import schedule_staircase
from effnet.jobs import runs
from effnet.network import display_name, get_variant, list_variants
from effnet.scaling import Range
from effnet.train import (
    LIMITS,
    RULES,
    Preset,
    Progressive,
    presets,
    relative_cost,
    relative_time,
    stage_costs,
)

NETWORKS = tuple(list_variants("v2")) + tuple(list_variants("v1")[:8]) + ("lite0",)
STEP_BATCH = 2
RANGES = {
    "dropout": (mark("Dropout"), 0.9, 0.05),
    "randaugment": (mark("RandAugment magnitude"), 30.0, 1.0),
    "mixup": (mark("MixUp alpha"), 1.0, 0.05),
    "cutmix": (mark("CutMix alpha"), 1.0, 0.05),
}


def schedule() -> tuple[str, Progressive]:
    """The network's name and the schedule that are chosen."""
    kept = state.remembered(state.SCHEDULE, "")
    if not kept:
        return presets()[0].variant, presets()[0].schedule
    values = json.loads(kept)
    return values["network"], Progressive.from_dict(values["schedule"])


def _keep(network: str, chosen: Progressive) -> None:
    text = json.dumps({"network": network, "schedule": chosen.to_dict()})
    state.remember(state.SCHEDULE, text)


def _change(**values: Any) -> None:
    network, now = schedule()
    try:
        _keep(values.pop("network", network), replace(now, **values))
    except EffnetError:
        return  # the sliders' ends lie inside of what is allowed


def controls() -> None:
    """Everything that can be changed of the schedule."""
    network, now = schedule()
    _preset(network, now)
    _choice("train_network", say("Network"), NETWORKS, network, display_name, "network")
    live.slider(
        "train_stages",
        say("stages M"),
        now.stages,
        Range(1, 8, 1),
        note=say("1 is training at one size throughout"),
        on_change=lambda value: _change(stages=round(value)),
    )
    for place, label in enumerate((say("first size (px)"), say("last size (px)"))):
        live.slider(
            f"train_size_{place}",
            label,
            now.size[place],
            Range(16, 600, 4),
            note=say("S_0 of Algorithm 1") if place == 0 else "S_e",
            on_change=partial(_change_size, place),
        )
    _choice(
        "train_rule",
        say("Stage i of M lies at"),
        tuple(RULES),
        now.rule,
        lambda rule: say(RULES[rule]),
        "rule",
    )
    with st.expander(say("Regularisation")):
        st.caption(say("From the first stage to the last"))
        for name, (label, high, step) in RANGES.items():
            _pair(name, say(label), min(high, LIMITS[name][1]), step, getattr(now, name))


def _change_size(place: int, value: float) -> None:
    first, last = schedule()[1].size
    _change(size=(value, last) if place == 0 else (first, value))


def _preset(network: str, now: Progressive) -> None:
    known = {one.name: one for one in presets()}
    one = _matching(network, now)
    matching = one.name if one else None

    def chosen(name: str | None) -> None:
        if name:
            _keep(known[name].variant, known[name].schedule)

    st.selectbox(
        say("Published schedule"),
        tuple(known),
        format_func=lambda name: _said(known[name]),
        key="train_preset",
        placeholder=say("your own"),
        on_change=state.told("train_preset", chosen),
        help=say("As the V2 paper prints it (Table 6), and as the released code really runs it"),
        **state.show(
            "train_preset", matching, index=list(known).index(matching) if matching else None
        ),
    )


def _said(one: Preset) -> str:
    """A preset's name in the reader's language."""
    model = one.name.rpartition(", ")[0]
    return say("{model}, paper" if one.setting == "paper" else "{model}, code", model=model)


def _choice(key: str, label: str, options: Any, value: str, show: Any, field: str) -> None:
    st.selectbox(
        label,
        options,
        format_func=show,
        key=key,
        on_change=state.told(key, lambda new: _change(**{field: new})),
        **state.show(key, value, index=list(options).index(value)),
    )


def _pair(name: str, label: str, high: float, step: float, value: tuple[float, float]) -> None:
    key = f"train_{name}"
    shown = (min(value), max(value))
    st.slider(
        label,
        0.0,
        high,
        step=step,
        key=key,
        on_change=state.told(key, lambda new: _change(**{name: tuple(new)})),
        **state.show(key, shown, value=shown),
    )


def picture() -> Image.Image:
    """The photo that grows through the stages: the visitor's, or the one Classify opens with."""
    photo = photos.chosen() or cache.sample(photos.DEFAULT_PHOTO)
    return ImageOps.fit(photo.image, (240, 240))


def card() -> None:
    """The photo, the steps that it grows through, and the totals."""
    network, now = schedule()
    spec = get_variant(network)
    costs = stage_costs(now, spec)
    relative = relative_cost(now, spec)
    if not projector.on():
        photos.strip(words=say("Photo in the steps"))
    drawn = schedule_staircase(now, costs, picture=picture())
    words = say("Image size by epoch with regularisation strengths below")
    live.figure("staircase", drawn, alt=words)
    _totals(network, now, relative, sum(row.macs for row in costs))


def table() -> None:
    """The stages in numbers, what is counted, and where a published schedule comes from."""
    network, now = schedule()
    costs = stage_costs(now, get_variant(network))
    sheet.show(
        costs,
        Column(mark("stage"), lambda row: row.stage.number + 1),
        Column(mark("epochs"), lambda row: row.stage.epochs),
        Column(mark("exact size (px)"), lambda row: row.stage.exact_size),
        Column(mark("size (px)"), lambda row: row.stage.size),
        Column(mark("dropout"), lambda row: row.stage.dropout),
        Column("RandAugment", lambda row: row.stage.randaugment),
        Column("MixUp", lambda row: row.stage.mixup),
        Column("CutMix", lambda row: row.stage.cutmix),
        Column(mark("MACs per image"), "macs_per_image", ","),
        Column(mark("MACs of the stage"), "macs", ","),
        alt=say("{n} {n:stage|stages}: epochs, sizes, strengths and costs", n=now.stages),
    )
    told = say(
        "Only forward passes are counted. A training step costs about three of them at every "
        "size, so shares and savings stay the same."
    )
    if one := _matching(network, now):
        source = say("Source: {source}. {notes}.", source=say(one.source), notes=say(one.notes))
        told += f" {source}"
    st.caption(told)


def _matching(network: str, now: Progressive) -> Preset | None:
    found = (one for one in presets() if (one.variant, one.schedule) == (network, now))
    return next(found, None)


def _totals(network: str, now: Progressive, relative: float, macs: int) -> None:
    measured = step_times(network, now)
    cards.row(
        (
            (
                say("Multiply-adds"),
                factor(relative),
                say("{share} saved", share=percent(1 - relative)),
                say("Of training at the last size throughout; computed"),
            ),
            (
                say("Forward passes"),
                f"{macs / 1e18:.3g} E",
                say("MACs; 1 E is 10¹⁸"),
                say(
                    "{macs:,} MACs on ImageNet's 1,281,167 training images; a training step takes "
                    "about three times a forward pass",
                    macs=macs,
                ),
            ),
            (
                say("Time here"),
                factor(relative_time(now, measured)) if measured else "-",
                say("of the fixed schedule's") if measured else say("not measured"),
                say("Predicted from this machine's step times. Measure them below"),
            ),
        )
    )


def step_times(network: str, now: Progressive) -> dict[int, float]:
    """The newest step times on this machine that cover a schedule; none where there are none."""
    sizes = {stage.size for stage in (*now.plan(), *now.fixed().plan())}
    for run in runs.list_runs("steps"):
        if run.options.get("network") != network:
            continue
        times = (run.result() or {}).get("step_ms")
        if times and has_numbers(times, *map(str, sizes)):
            return {size: float(times[str(size)]) for size in sorted(sizes)}
    return {}


def stopwatch() -> None:
    """A button that measures the step times of the schedule's sizes in a process of its own."""
    network, now = schedule()
    sizes = sorted({stage.size for stage in (*now.plan(), *now.fixed().plan())})
    going = next((run for run in runs.list_runs("steps") if not run.look().over), None)
    if going is not None:
        mine = going.owner == state.visitor()
        jobs.watch(going, "steps", may=mine or not public.on())
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(say("Measure step times here"), key="measure_steps"):
            options = {
                "network": network,
                "spec": get_variant(network).to_dict(),
                "sizes": sizes,
                "batch_size": STEP_BATCH,
            }
            runs.start(
                "steps",
                Text("Step times of {network}", network=network),
                options,
                owner=state.visitor(),
            )
            st.rerun()
        found = step_times(network, now)
        words = in_a_row(f"{size} px {milliseconds(ms)}" for size, ms in found.items())
        st.caption(
            say("A step of {n} {n:picture|pictures}, measured: {times}.", n=STEP_BATCH, times=words)
            if words
            else say(
                "Trains {network} for a few steps at {n} {n:size|sizes}, in a process of its own.",
                network=display_name(network),
                n=len(sizes),
            )
        )
