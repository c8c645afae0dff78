"""Four networks of equal cost that learn side by side: the recorded race, or one's own."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import streamlit as st

from effnet.app.kit import live, sheet
from effnet.base import Column, giga, mark, percent, say
from effnet.jobs import runs
from effnet.train import TITLES
from effnet.train import race as races
from effnet.web import race_data, race_module, source

SHOWN = ("waiting", "running", "stopping", "done")  # one that was stopped leaves the recorded one


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    js = race_module() + live.read("race.js")
    return live.component("race", html='<div class="place"></div>', css=source("race.css"), js=js)


def race() -> None:
    """The newest race of this machine, else the one that is shipped; a table says the same."""
    recorded = races.recorded()
    if recorded is None:
        return
    pictures = recorded["pictures"]
    for run in runs.list_runs("scaling"):
        found = run.state in SHOWN and races.lanes(run.folder, pictures["numbers"])
        if found:
            _race(found | {"pictures": pictures}, live_now=not run.look().over, own=True)
            return
    _race(recorded, live_now=False, own=False)


def _race(found: races.Race, *, live_now: bool, own: bool) -> None:
    st.markdown(f"**{_title(found, live_now=live_now)}**")
    if live.in_browser():
        _component()(key="race", data=race_data(found, live=live_now))
    lit = say("A test picture lights up when the lane's network names it right.")
    st.caption(f"{lit} {_where(found, own=own)}")
    with st.expander(say("The race as a table"), on_change="rerun", key="race_table") as opened:
        if opened.open:
            st.caption(f"{_how(found)} {'' if live_now else _times(found)}")
            _table(found)


def _how(found: races.Race) -> str:
    """What the lanes advance by, and what their shares are of."""
    macs = [lane["macs"] for lane in found["lanes"]]
    return say(
        "Each lane is one network, trained once (seed {seed}). The lanes advance by training "
        "pictures: one costs every network about the same, {low} to {high} multiply-adds. The "
        "share is of the first 1,000 test pictures, where a lead of a point may be chance.",
        seed=found["plan"]["seed"],
        low=giga(min(macs)),
        high=giga(max(macs)),
    )


def _times(found: races.Race) -> str:
    """That equal multiply-adds are not equal time."""
    lanes = sorted(found["lanes"], key=lambda lane: lane["cpu_seconds"])
    return say(
        "Their processor time differs: {quick:.0f} s for {quickest}, {slow:.0f} s for {slowest}.",
        quick=lanes[0]["cpu_seconds"],
        quickest=say(lanes[0]["way"]),
        slow=lanes[-1]["cpu_seconds"],
        slowest=say(lanes[-1]["way"]),
    )


def _where(found: races.Race, *, own: bool) -> str:
    """Where it was run, and whose pictures they are."""
    if own:
        return say(
            "Trained on this machine. Pictures: Fashion-MNIST, Zalando Research, MIT licence."
        )
    machine = found["machine"]
    return say(
        "Recorded {date} on {processor}, PyTorch {torch}. Pictures: Fashion-MNIST, Zalando "
        "Research, MIT licence.",
        date=machine["date"][:10],
        processor=machine["processor"],
        torch=machine["torch"],
    )


def _title(found: races.Race, *, live_now: bool) -> str:
    """What to see."""
    budget = found["plan"]["budget"]
    if live_now:
        return say("Trained here now: networks of {budget:g} x the multiply-adds", budget=budget)
    lanes = sorted(
        (lane for lane in found["lanes"] if lane["top1"]), key=lambda lane: lane["top1"][-1]
    )
    return say(
        "A race at {budget:g} x the multiply-adds: {first} ends with {high} right, {last} with "
        "{low}",
        budget=budget,
        first=say(TITLES[lanes[-1]["way"]]),
        high=percent(lanes[-1]["top1"][-1]),
        last=say(TITLES[lanes[0]["way"]]),
        low=percent(lanes[0]["top1"][-1]),
    )


def _table(found: races.Race) -> None:
    lanes = found["lanes"]
    looks = max((lane["steps"] for lane in lanes), key=len)

    def accuracy(top1: list[float]) -> Callable[[int], float | None]:
        return lambda look: top1[look] if look < len(top1) else None

    sheet.show(
        range(len(looks)),
        Column(mark("training pictures"), lambda look: looks[look] * found["plan"]["batch"]),
        *(Column(TITLES[lane["way"]], accuracy(lane["top1"]), "%.1f %%", 0.01) for lane in lanes),
        height=260,
        alt=say("Accuracy of every lane by training pictures"),
    )
