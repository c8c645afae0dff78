"""The experiments on the Train page: shipped results, or those of the newest run here."""

from functools import lru_cache
from typing import Any

import streamlit as st

from effnet import base
from effnet.app.kit import columns, live
from effnet.base import say
from effnet.figures import time_and_accuracy
from effnet.jobs import Run, runs
from effnet.train import TITLES, Summary, read_rows, summaries, trained_where

SHIPPED = base.shipped("assets", "benchmarks")
COMMANDS = {
    "progressive": "python -m effnet train progressive --images 2400 --epochs 20 --batch-size 32",
}
ORIGIN = ("top1", "seconds", "cpu_seconds", "date", "processor", "cores", "torch")
NEEDED = {  # columns without which a row of a run here is not shown
    "scaling": ("key", "way", "budget", "macs", "seed", *ORIGIN),
    "progressive": ("arm", *ORIGIN),
}  # fmt: skip
Rows = list[dict[str, Any]]


@lru_cache(maxsize=8)
def shipped(kind: str) -> tuple[dict[str, Any], ...]:
    """The rows of the results that come with the project; none where they are not installed."""
    files = sorted(SHIPPED.glob(f"train_{kind}_*.csv"))
    return tuple(read_rows(files[-1])) if files else ()


def chosen_rows(kind: str) -> tuple[Rows, str]:
    """The rows to show and where they come from: shipped, or a run of this machine."""
    here = [run for run in runs.list_runs(kind) if (run.folder / "results.csv").exists()]
    names = {"shipped": say("Shipped results")}
    names |= {run.name: say("Here: {name}", name=run.name) for run in here}
    if len(names) == 1:
        return list(shipped(kind)), "shipped"
    name = st.selectbox(
        say("Results"), tuple(names), format_func=lambda n: names[n], key=f"results_{kind}"
    )
    if name == "shipped":
        return list(shipped(kind)), name
    return rows_of(next(run for run in here if run.name == name)), name


def rows_of(run: Run) -> Rows:
    """The rows of a run's results that can be shown."""
    rows = read_rows(run.folder / "results.csv", *NEEDED[run.kind])
    return [row for row in rows if row.get("way", "base") in TITLES]


def origin(rows: Rows, command: str = "") -> None:
    """When and where rows were measured, how long that took in all, and how they are made."""
    made = say(" Made by `{command}`.", command=command) if command else ""
    st.caption(trained_where(rows) + made)


def table(rows: Rows) -> None:
    """Every row; the table's own menu gives it as a CSV."""
    with st.expander(say("Every training as a table"), on_change="rerun") as opened:
        if opened.open:
            columns.show(rows, height=300)


def _none_yet(kind: str) -> None:
    st.info(say("No results are installed here. Make them: `{command}`", command=COMMANDS[kind]))


def progressive(*, dark: bool) -> None:
    """Fixed against progressive: time and accuracy."""
    rows, name = chosen_rows("progressive")
    found = summaries(rows, "arm")
    if not {"fixed", "progressive"} <= {s.name for s in found}:
        _none_yet("progressive")
        return
    drawn = time_and_accuracy(found, dark=dark)
    words = say("Processor time against accuracy of three schedules")
    live.figure("progressive", drawn, alt=words)
    origin(rows, COMMANDS["progressive"] if name == "shipped" else "")
    st.markdown(progressive_verdict(found))
    table(rows)


def progressive_verdict(found: tuple[Summary, ...]) -> str:
    """What growing sizes saved and cost, in words, from the values."""
    arms = {s.name: s for s in found}
    fixed, grown = arms["fixed"], arms["progressive"]
    share = grown.cpu_seconds / fixed.cpu_seconds
    reached = grown.mean >= fixed.mean - fixed.spread - grown.spread
    one_seed = min(len(fixed.top1), len(grown.top1)) < 2
    if one_seed:
        verdict = say("one seed, so nothing can be said of chance.")
    elif reached:
        verdict = say("the same within the error bars.")
    else:
        verdict = say("**worse, past the error bars.**")
    text = say(
        "24 to 64 px in four stages took {share:.2f} of the fixed 64 px schedule's processor "
        "time and gave {grown:.1f} % against {fixed:.1f} %: {verdict}",
        share=share,
        grown=100 * grown.mean,
        fixed=100 * fixed.mean,
        verdict=verdict,
    )
    lost = {name: value - dict(grown.groups)[name] for name, value in fixed.groups}
    if lost and not one_seed and not reached:
        most = max(lost, key=lambda name: lost[name])
        points = 100 * lost[most]
        text += say(
            " Most is lost in {group} ({points:.0f} points).", group=say(most), points=points
        )
    short = arms.get("fixed, equal cost")
    if short:
        apart = abs(grown.mean - short.mean) > grown.spread + short.spread
        text += say(
            " Against a fixed schedule cut to equal multiply-adds: {gap:+.1f} points, past the "
            "error bars."
            if apart
            else " Against a fixed schedule cut to equal multiply-adds: {gap:+.1f} points, within "
            "the error bars.",
            gap=100 * (grown.mean - short.mean),
        )
    return text
