"""The race card: the design and another network in turn, and whether they can be told apart."""

from dataclasses import dataclass, field, replace
from functools import partial

import streamlit as st

from effnet.app.kit import cache, jobs, live, sheet, state
from effnet.app.pages.latency.stopwatch import KEEP, Chosen
from effnet.base import Column, factor, giga, mark, milliseconds, say, significant
from effnet.figures import paired_ratios, race_bars
from effnet.jobs import Job
from effnet.network import Spec, display_name, get_variant, list_variants
from effnet.scaling import Design
from effnet.timing import Comparison, Latency, Options, compared

KEY = "versus"
ITSELF = mark("the same network again")
SIDES = ("first", "second")


@dataclass(slots=True)
class Raced:
    """Samples of two networks, taken in turn for `seconds`; whole measurements at the end."""

    names: tuple[str, str]
    seconds: float
    samples: dict[str, list[float]] = field(default_factory=dict)
    whole: dict[str, Latency] = field(default_factory=dict)

    @property
    def comparison(self) -> Comparison | None:
        """What the pairs so far allow to say; None before the first pair."""
        columns = [self.samples.get(side, []) for side in SIDES]
        pairs = min(map(len, columns))
        if not pairs:
            return None
        first, second = (
            replace(
                self.whole.get(side, Latency(name, ())), name=name, samples_ms=tuple(column[:pairs])
            )
            for side, name, column in zip(SIDES, self.names, columns, strict=True)
        )
        return compared(first, second)


def card(design: Design, spec: Spec, chosen: Chosen) -> None:
    """Choose another network, race it against the design, and say which is faster."""
    st.markdown(
        say(
            "The two take turns, pass by pass, in changing order. One is called faster only if "
            "the interval of their ratio does not contain 1. Race a network against itself: "
            "the two should not be told apart."
        )
    )
    name, other = _other(spec)
    raced = Raced((design.title, say(name)), 3 * chosen.budget_s)
    result = jobs.card(
        KEY,
        say("Race"),
        say(
            "About {seconds:.0f} s for {first} and {second}.",
            seconds=4.5 * chosen.budget_s,
            first=design.title,
            second=say(name),
        ),
        (spec, chosen.options, name),
        say("{first} against {second}", first=design.title, second=say(name)),
        partial(_race, raced, (spec, other), chosen.options),
        draw=_shown,
    )
    if result is None and not jobs.running(KEY):
        a, b = cache.counted_cost(spec), cache.counted_cost(other)
        st.caption(
            say(
                "Computed: {first} does {macs} multiply-adds, and {second} does {others}, "
                "{ratio} as many. Do their times differ as much?",
                first=design.title,
                macs=giga(a.macs),
                second=say(name),
                others=giga(b.macs),
                ratio=factor(b.macs / a.macs),
            )
        )


def _other(spec: Spec) -> tuple[str, Spec]:
    """The network to race against: a published one, a pinned design, or the same again."""
    pins = {one.title: one for one in state.pins()}
    names = [ITSELF, *pins, *list_variants()]
    usual = "b1" if spec.name == "b0" else "b0"
    chosen = st.selectbox(
        say("Against"),
        names,
        index=names.index(usual),
        format_func=lambda name: name if name in pins else display_name(say(name)),
        key="versus_network",
        persist_state=KEEP,
        help=say("Designs that are pinned on Scale can be chosen as well"),
    )
    if chosen == ITSELF:
        return ITSELF, spec
    if chosen in pins:
        return chosen, pins[chosen].spec()
    return display_name(chosen), get_variant(chosen)


def _race(raced: Raced, networks: tuple[Spec, Spec], options: Options, job: Job) -> Raced:
    from effnet.timing.measure import race

    job.report(0.0, say("Warming up"), raced)

    def heard(share: float, samples: dict[str, list[float]]) -> None:
        raced.samples = samples
        job.report(share, say("{n} {n:round|rounds}", n=len(samples["first"])))

    runners = {side: (spec, options) for side, spec in zip(SIDES, networks, strict=True)}
    raced.whole = race(runners, budget_s=raced.seconds, progress=heard)
    return raced


def _shown(raced: Raced | None) -> None:
    found = raced.comparison if raced else None
    if raced is None or found is None:
        return
    live.figure(
        "race_bars",
        race_bars(found, seconds=raced.seconds),
        alt=say("The time that each of the two has taken so far"),
    )
    live.figure(
        "paired_ratios",
        paired_ratios(found),
        alt=say("The ratio of times in every round, with its median and interval"),
    )
    sheet.show(
        (found.first, found.second),
        Column(mark("network"), "name"),
        Column(mark("median"), "median_ms", milliseconds),
        Column(mark("p10 to p90"), _spread),
        Column(mark("rounds"), lambda one: len(one.samples_ms)),
        Column(mark("steady"), lambda one: say("yes" if one.stable else "no")),
        key="versus_table",
        alt=say("Medians of both networks"),
    )


def _spread(one: Latency) -> str:
    low, high = significant(one.p10_ms), milliseconds(one.p90_ms)
    return say("{low} to {high}", low=low, high=high)
