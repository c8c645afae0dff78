"""The scaling experiment on the Train page: the shipped trainings, the paper's, and one's own."""

import os
from functools import lru_cache
from itertools import pairwise
from statistics import fmean
from typing import Any

import streamlit as st

from effnet.app.kit import jobs, live, sheet, state
from effnet.app.pages.train import race_card
from effnet.app.pages.train.results_card import Rows, origin, rows_of, table
from effnet.base import Column, EffnetError, Text, in_a_row, mark, say, verbatim
from effnet.figures import accuracy_by_way, paired_differences, scaling_experiment
from effnet.jobs import limits, runs
from effnet.papers import experiment
from effnet.train import (
    BALANCED,
    HEADLINE,
    SINGLE,
    TITLES,
    claim,
    fashion_mnist,
    half_width,
    paired,
    read_rows,
    summaries,
    verdict,
)  # fmt: skip

TITLE = mark("Scaling experiment, {budget:g} x, seed {seed}")
FAMILIES = {"mobilenet": mark("MobileNet-like"), "resnet": mark("ResNet-like")}
NEW_SEEDS = (8, 9, 10, 11, 12)  # those that are not shipped


@lru_cache(maxsize=8)
def part(name: str) -> Rows:
    """The shipped rows of a part of the plan; none where they are not installed."""
    return read_rows(claim.SHIPPED / f"{name}.csv")


def scaling() -> None:
    """Whether scaling all three pays here, by the plan's rule, and what it was made of."""
    rows = part("scaling")
    if not any(row["way"] == "base" for row in rows):
        st.info(say("No results are installed here. Make them: `{command}`", command=claim.COMMAND))
        return
    for way in BALANCED:
        if any(row["way"] == way for row in rows):
            st.markdown(verdict(rows, way, HEADLINE))
    _kept()
    _curves(rows)
    origin(rows, claim.COMMAND)
    alt = say(
        "Lead of compound scaling, by either coefficients, over each single dimension, by seed"
    )
    live.figure("paired", paired_differences(rows), alt=alt)
    with st.expander(say("How to read it, and the rule")):
        st.caption(
            say(
                "Each pale dot is one seed, each bar the 95 % interval of the mean (Student's t). "
                "A lead inside the grey band is too small to be called one. The rule was written "
                "down before the trainings, in assets/experiments/PLAN.md. The claim holds if all "
                "three intervals lie right of zero. It does not hold if one of them ends left of "
                "the band's right edge."
            )
        )
    _paper()
    _summary(rows)
    _longer(rows)
    _families()
    table(rows)


def _kept() -> None:
    """Says so where the search found that a dimension is best left alone."""
    finals = [row for row in part("search") if row["epochs"] == claim.FINAL_EPOCHS]
    letters = claim.best_letters(finals) if finals else ()
    kept = [way for way, value in zip(SINGLE, letters, strict=False) if value == 1]
    if kept:
        st.caption(
            say(
                "The search on this base left {dimensions} as it was. Compound scaling there "
                "means the other dimensions.",
                dimensions=in_a_row(say(way) for way in kept),
            )
        )


def _families() -> None:
    """The same on bases of other families (the paper's Table 3), as far as it is trained."""
    rows = part("families")
    for family, title in FAMILIES.items():
        own = [row for row in rows if row["family"] == family]
        if own:
            told = verdict(own, "compound", claim.FAMILY_BUDGET, seeds=claim.FAMILY_SEEDS)
            st.markdown(say("{family} base: {verdict}", family=say(title), verdict=told))


def _curves(rows: Rows) -> None:
    """The race, the curve with one's own dots, and the run that makes more of them."""
    alt = say("Accuracy against multiply-adds by way of scaling")

    def draw(_: object) -> None:
        race_card.race()
        drawn = scaling_experiment(rows, here=own_rows())
        live.figure("scaling", drawn, alt=alt)

    going = next((run for run in runs.list_runs("scaling") if not run.look().over), None)
    if going is None:
        draw(None)
        _start(rows)
    else:
        jobs.watch(going, "scaling_run", draw, may=going.owner == state.visitor())


def own_rows() -> Rows:
    """What was trained on this machine, each training once."""
    found = [row for run in runs.list_runs("scaling") for row in rows_of(run)]
    return list({row["key"]: row for row in found}.values())


def _times(budget: float) -> str:
    return say("{times} x", times=f"{budget:g}")


def _start(rows: Rows) -> None:
    """One budget and one seed, trained here."""
    with st.expander(say("Run a part of it here")):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            budget = st.segmented_control(
                say("Times the multiply-adds"), claim.BUDGETS, format_func=_times,
                default=claim.BUDGETS[-1], required=True, key="scaling_budget",
            )  # fmt: skip
            seed = st.selectbox(say("Seed"), NEW_SEEDS, key="scaling_seed")
            off = runs.refusal() if limits.most() == 0 else ""
            pressed = st.button(say("Train it here"), key="scaling_start", disabled=bool(off))
        seconds = _seconds(rows, budget or HEADLINE)
        workers = os.cpu_count() or 1
        st.caption(
            say(
                "The base and every way are trained, one training on each core. By the shipped "
                "trainings that is about {minutes:.0f} minutes of processor time, spread over "
                "{cores} {cores:core|cores} here. Each finished training becomes a cross on "
                "the curve.",
                minutes=seconds / 60,
                cores=workers,
            )
        )
        if off:
            st.info(off)
        if pressed:
            try:
                fashion_mnist.find()
                options = {"budget": budget, "seed": seed, "seeds": 1, "workers": workers}
                title = Text(TITLE, budget=budget, seed=seed)
                runs.start("scaling", title, options, owner=state.visitor())
            except EffnetError as error:
                st.error(verbatim(error))
                return
            st.rerun()


def _seconds(rows: Rows, budget: float) -> float:
    """Processor time of one seed at a budget; by the headline's where it has no rows yet."""
    known = [row for row in rows if row["budget"] in (1.0, budget)]
    if len(known) == sum(row["way"] == "base" for row in rows):
        return _seconds(rows, HEADLINE) * budget / HEADLINE
    seeds = {row["seed"] for row in known if row["budget"] == budget}
    spent = [float(row["cpu_seconds"]) for row in known if row["seed"] in seeds]
    return sum(spent) / len(seeds)


def _paper() -> None:
    """The figure that all this is about, and why ours need not look like it."""
    measured = experiment("b0", "Figure 8")
    alt = say("The paper's Figure 8: ImageNet accuracy against multiply-adds by way of scaling")
    live.figure("figure_8", accuracy_by_way(measured), alt=alt)
    st.caption(say("The paper's Figure 8, published; each dot is one training."))
    with st.expander(say("Four things differ here")):
        st.caption(
            say(
                "The paper's base is B0 at 224 px, ours has four blocks at 14 px. The paper "
                "has 1.28 million photos in 1000 classes, we have 60,000 grey pictures of clothes "
                "in ten, with nothing to see past 28 px. The paper trains for 350 epochs, we train "
                "for six, which favours what learns quickly. And with four blocks, rounding leaves "
                "few depths to choose from."
            )
        )


def _summary(rows: Rows) -> None:
    sheet.show(
        summaries(rows, "way"),
        Column(mark("way"), lambda s: say(TITLES[s.name])),
        Column(mark("budget"), lambda s: _times(s.budget)),
        "macs",
        Column(mark("accuracy"), "mean", "%.2f %%", 0.01),
        Column("± 95 %", "spread", "%.2f", 0.01),
        Column(mark("seeds"), lambda s: len(s.top1)),
        Column(mark("processor time (s)"), "cpu_seconds", "%.0f"),
        alt=say("Every way and budget: counted multiply-adds, accuracy with its interval"),
    )


def _longer(rows: Rows) -> None:
    """Until when the base gains, and the same comparison after twice as many epochs."""
    longer = part("longer")
    bases = [row for row in (*rows, *longer) if row["way"] == "base"]
    for epochs, more in pairwise((claim.EPOCHS, *claim.LONGER_EPOCHS)):
        gain = paired(bases, str(more), str(epochs), column="epochs")
        if gain:
            st.caption(
                say(
                    "Trained for {longer} epochs instead of {epochs}, the base gains {points} "
                    "points: it had nearly stopped gaining."
                    if gain.mean < claim.STILL_GAINS
                    else "Trained for {longer} epochs instead of {epochs}, the base gains {points} "
                    "points: longer trainings could still change the picture.",
                    longer=more,
                    epochs=epochs,
                    points=f"{gain.mean:+.2f} ± {gain.half:.2f}",
                )
            )
    again = [row for row in longer if row["epochs"] == claim.LONGER_EPOCHS[0]]
    for way in BALANCED:
        if any(row["way"] == way for row in again):
            told = verdict(again, way, HEADLINE)
            st.markdown(
                say("After {epochs} epochs: {verdict}", epochs=again[0]["epochs"], verdict=told)
            )


def search() -> None:
    """The grid search for coefficients on this base: what was taken, and how sure that is."""
    rows = part("search")
    finals = [row for row in rows if row["epochs"] == claim.FINAL_EPOCHS]
    if not finals:
        st.info(say("No results are installed here. Make them: `{command}`", command=claim.COMMAND))
        return
    best, *others = claim.ranked(finals)
    st.markdown(
        say(
            "**alpha {alpha:g}, beta {beta:g}, gamma {gamma:g}** was taken: the best mean of "
            "{finalists} networks that were trained longer and with {seeds} seeds, of {networks} "
            "with about twice the base's multiply-adds. The paper found 1.2, 1.1 and 1.15 for B0 "
            "on ImageNet.",
            **dict(zip(claim.LETTERS, best[0], strict=True)),
            finalists=1 + len(others),
            seeds=len(claim.FINAL_SEEDS),
            networks=len(rows) - len(finals),
        )
    )
    gap, half = claim.lead(best, others[0])
    st.markdown(
        say(
            "It is {gap:.2f} ± {half:.2f} points ahead of the next at the same seeds: beyond "
            "chance."
            if gap > half
            else "It is {gap:.2f} ± {half:.2f} points ahead of the next at the same seeds, which "
            "chance may give as well: other coefficients could have been taken.",
            gap=gap,
            half=half,
        )
    )
    _finalists(rows, finals)
    origin(rows, claim.COMMAND)
    table(rows)


def _finalists(rows: Rows, finals: Rows) -> None:
    """Every network of the search; those of the second round with their interval."""
    second = dict(claim.ranked(finals))

    def in_second(row: dict[str, Any]) -> str:
        seeds = second.get(claim.letters_of(row), ())
        return f"{fmean(seeds):.2f} ± {half_width(seeds):.2f} %" if seeds else ""

    sheet.show(
        [
            row
            for row in sorted(rows, key=lambda row: -row["top1"])
            if row["epochs"] == claim.RUNG_EPOCHS
        ],
        *(Column(letter, letter, "%.2f") for letter in claim.LETTERS),
        Column("px", "resolution"),
        "macs",
        Column(
            mark("first round"),
            "top1",
            "%.2f %%",
            0.01,
            note=mark("On held-out training pictures; measured"),
        ),
        Column(mark("second round"), in_second, note=mark("Mean with its 95 % interval")),
        alt=say("Every candidate of both rounds"),
    )
