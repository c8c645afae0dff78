"""The experiments on the Train page: shipped results, or those of the newest run here."""

from functools import lru_cache, partial
from typing import Any

import streamlit as st

from effnet.app.kit import live, open_tab, sheet
from effnet.base import mark, say
from effnet.figures import time_and_accuracy
from effnet.jobs import Run, runs
from effnet.train import (
    HEADLINE,
    TITLES,
    Difference,
    claim,
    paired,
    read_rows,
    summaries,
    trained_where,
)

RIVALS = {
    "fixed": mark("Against the fixed schedule, at equal epochs"),
    "fixed, equal cost": mark("Against a fixed schedule cut to the same multiply-adds"),
    "progressive, even regularisation": mark(
        "Against growing pictures without growing regularisation"
    ),
}
ORIGIN = ("top1", "seconds", "cpu_seconds", "date", "processor", "cores", "torch")
NEEDED = {  # columns without which a row of a run here is not shown
    "scaling": ("key", "way", "budget", "macs", "seed", *ORIGIN),
    "progressive": ("arm", "seed", *ORIGIN),
}  # fmt: skip
Rows = list[dict[str, Any]]


@lru_cache(maxsize=8)
def shipped(kind: str) -> tuple[dict[str, Any], ...]:
    """The rows of the results that come with the project; none where they are not installed."""
    return tuple(read_rows(claim.SHIPPED / f"{kind}.csv"))


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
    open_tab.fold(say("Every training as a table"), partial(sheet.show, rows, height=300))


def none_yet() -> None:
    """Says how results are made, where none are installed."""
    st.info(say("No results are installed here. Make them: `{command}`", command=claim.COMMAND))


def progressive() -> None:
    """Fixed against progressive: time and accuracy."""
    rows, name = chosen_rows("progressive")
    if not {"fixed", "progressive"} <= {row["arm"] for row in rows}:
        none_yet()
        return
    st.markdown(progressive_verdict(rows))
    words = say("Processor time against accuracy of {n} schedules", n=len({r["arm"] for r in rows}))
    live.figure("progressive", time_and_accuracy(rows), alt=words)
    if name == "shipped":
        first, last = claim.GROWN_SIZES
        st.caption(
            say(
                "Fashion-MNIST; the compound network of {budget:g} x, {epochs} epochs. Growing: "
                "{first} to {last} px in four stages, with dropout and MixUp from nothing to their "
                "end values. Fixed: {last} px and the end values throughout. Planned in "
                "assets/experiments/PLAN.md before it was run.",
                budget=HEADLINE,
                epochs=claim.GROWN_EPOCHS,
                first=first,
                last=last,
            )
        )
    origin(rows, claim.COMMAND if name == "shipped" else "")
    table(rows)


def progressive_verdict(rows: Rows) -> str:
    """What growing pictures saved and cost, in words, from the rows: paired over seeds."""
    arms = {s.name: s for s in summaries(rows, "arm")}
    fixed, grown = arms["fixed"], arms["progressive"]
    text = say(
        "Growing pictures took **{share:.2f} of the processor time** of the fixed schedule and "
        "reached {grown:.1f} % against {fixed:.1f} %.",
        share=grown.cpu_seconds / fixed.cpu_seconds,
        grown=100 * grown.mean,
        fixed=100 * fixed.mean,
    )
    for arm, title in RIVALS.items():
        lead = paired(rows, "progressive", arm, column="arm")
        if lead:
            text += "\n- " + say("{rival}: {lead}", rival=say(title), lead=_lead(lead))
    return text


def _lead(found: Difference) -> str:
    """How far the first is ahead, and whether chance may have done it."""
    if len(found.points) < 2:
        return say("{points:+.1f} points, by one seed: too few to tell", points=found.mean)
    points = f"{found.mean:+.2f} ± {found.half:.2f}"
    if found.low <= 0 <= found.high:
        return say("{points} points: no difference is shown", points=points)
    if found.mean > 0:
        return say("{points} points: **surely better**", points=points)
    return say("{points} points: **surely worse**", points=points)
