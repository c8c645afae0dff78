"""Training on the Train page: start, watch, stop, resume; everybody sees the same runs."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from effnet.app.kit import frame, live
from effnet.app.pages.train.results_card import said_rows
from effnet.base import EffnetError, mark, percent, say, verbatim
from effnet.figures import run_curves
from effnet.train import Progressive, Recipe, Run, retold, run_folders, small_base

POLL_S = 2.0
KINDS = {
    "train": mark("One network"),
    "scaling": mark("Scaling experiment"),
    "search": mark("Grid search of alpha, beta, gamma"),
    "progressive": mark("Fixed or progressive"),
}
STATES = {
    "running": mark("running"),
    "done": mark("done"),
    "stopped": mark("stopped"),
    "broken": mark("broke off"),
}
DATA = (mark("marks"), mark("digits"))
OPTIMISERS = {"rmsprop": "RMSProp", "adamw": "AdamW"}
TABS = {  # where an experiment's results are shown
    "scaling": mark("Experiment"),
    "search": mark("Grid search"),
    "progressive": mark("Fixed or progressive"),
}
MOST_SHOWN = 8


def start() -> None:
    """What to run, and the button."""
    kind = st.segmented_control(
        say("What"),
        tuple(KINDS),
        format_func=lambda k: say(KINDS[k]),
        default="train",
        required=True,
        key="run_kind",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = st.select_slider(
            say("Epochs"), (1, 2, 4, 8, 10, 12, 20, 40), value=8, key="run_epochs"
        )
        images = st.select_slider(
            say("Training pictures"), (300, 600, 1200, 2400, 4800), value=1200, key="run_images"
        )
        seeds = st.select_slider(
            say("Seeds"),
            (1, 2, 3, 5),
            value=3,
            key="run_seeds",
            disabled=kind in ("train", "search"),
        )
    options: dict[str, Any] = {}
    if kind == "train":
        options = _one_network()
    if st.button(say("Start"), type="primary", key="run_start"):
        try:
            recipe = _recipe(kind, epochs, images, options)
        except EffnetError as error:
            st.error(verbatim(error))
            return
        order = {"recipe": recipe.to_dict(), "seeds": seeds}
        run_folders.launch(run_folders.create(kind, KINDS[kind], order))
        st.rerun()
    st.caption(
        say(
            "Runs in a process of its own, at low priority: it goes on when this page is closed, "
            "and everybody who opens this app sees it. On the command line: `{command}`",
            command=f"python -m effnet train {'fit' if kind == 'train' else kind}",
        )
    )


def _one_network() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        data = st.selectbox(
            say("Data"),
            DATA,
            format_func=say,
            key="run_data",
            help=say(
                "marks: drawn by the program, as in the experiment; digits: small scans of "
                "handwriting that come with scikit-learn"
            ),
        )
        optimiser = st.selectbox(
            say("Optimiser"), tuple(OPTIMISERS), format_func=OPTIMISERS.__getitem__,
            key="run_optimiser", help=say("The first paper trained with RMSProp (section 5.2)"),
        )  # fmt: skip
        grown = st.toggle(
            say("Progressive, 24 to 48 px"),
            key="run_progressive",
            help=say("Four stages of growing size and dropout"),
        )
    found: dict[str, Any] = {"data": data, "optimiser": optimiser}
    if optimiser == "adamw":
        found["learning_rate"] = 0.004
    if grown:
        found["schedule"] = Progressive(
            stages=4, epochs=1, size=(24, 48), dropout=(0, 0.2), randaugment=(0, 0)
        )
        found["spec"] = small_base(resolution=48)
    return found


def _recipe(kind: str, epochs: int, images: int, options: dict[str, Any]) -> Recipe:
    if kind == "progressive":
        options = {"spec": small_base(resolution=64)}
    return Recipe(epochs=epochs, train_images=images, test_images=600, **options)


def watch(*, dark: bool) -> None:
    """The runs, newest first, and the chosen one's curves; polls only while one is alive."""
    frame.part(lambda: _watch(_shown(), dark=dark))()


def _shown() -> list[Run]:
    return [run for run in run_folders.list_runs() if run.kind in KINDS][:MOST_SHOWN]


def _standing(run: Run) -> tuple[str, str, bool]:
    """What the list and the buttons show of a run."""
    return run.name, run.state, (run.folder / run_folders.BEST).exists()


def _watch(found: list[Run], *, dark: bool) -> None:
    if not found:
        st.info(say("No runs yet on this machine. Start one: digits take a quarter of a minute."))
        return
    names = {run.name: run for run in found}
    chosen = st.selectbox(
        say("Run"), tuple(names), format_func=lambda name: _line(names[name]), key="run_shown"
    )
    run = names[chosen]
    drawn = [_standing(run) for run in found]
    _buttons(run)

    def look() -> None:
        if [_standing(run) for run in _shown()] != drawn:
            st.rerun()
        _progress(run, dark=dark)

    alive = any(state == "running" for _, state, _ in drawn)
    frame.part(look, every_s=POLL_S if alive else None)()  # buttons stand still meanwhile


def _progress(run: Run, *, dark: bool) -> None:
    """The run's curves, and what came of it."""
    curves = read_curves(run)
    drawn = run_curves(curves, dark=dark)
    words = say("Held-out accuracy by epoch of every training of the run")
    live.figure("run_curves", drawn, alt=words)
    result = run.result()
    if result and run.kind == "train":
        st.success(
            say(
                "{share} of the held-out pictures right after {steps:,} steps in {seconds:.0f} s, "
                "measured here.",
                share=percent(result["top1"]),
                steps=result["steps"],
                seconds=result["seconds"],
            )
        )
    elif result:
        st.success(done(run.kind, result))
    if run.state == "broken":
        words = retold(run.last_words()) or say("none")
        st.warning(say("It broke off. Its last words: {words}", words=verbatim(words)))
    with st.expander(say("The curves as a table"), on_change="rerun") as opened:
        if opened.open:
            table = [{"training": name, **row} for name, rows in curves.items() for row in rows]
            st.dataframe(said_rows(table), hide_index=True, width="stretch", height=260)


def done(kind: str, result: dict[str, Any]) -> str:
    """What an experiment that has ended gave, and where to see it."""
    tab = say(TABS[kind])
    if kind == "search":
        return say(
            "Done: alpha {alpha:g}, beta {beta:g}, gamma {gamma:g} is left, {share} right. Every "
            "round stands under the tab {tab}.",
            alpha=result["alpha"],
            beta=result["beta"],
            gamma=result["gamma"],
            share=percent(result["top1"]),
            tab=tab,
        )
    return say(
        "Done: {n} trainings. What they show stands under the tab {tab}.",
        n=result["rows"],
        tab=tab,
    )


def _line(run: Run) -> str:
    when = datetime.fromtimestamp(run.created).strftime(say("%d %b %H:%M:%S"))
    return say("{title}, {when}", title=run.said_title, when=when)


def _buttons(run: Run) -> None:
    now = run.state
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(say("Stop"), key="run_stop", disabled=now != "running"):
            run_folders.stop(run)
            st.toast(say("Stopping at the next step; a checkpoint is kept"))
        over = now in ("stopped", "broken")
        if st.button(say("Resume"), key="run_resume", disabled=not over):
            run_folders.launch(run)
            st.rerun()
        if st.button(say("Delete"), key="run_delete", disabled=now == "running"):
            run_folders.delete(run)
            st.rerun()
        best = run.folder / run_folders.BEST
        if best.exists():
            st.download_button(
                say("Best weights"),
                best.read_bytes,
                file_name=f"{run.name}.safetensors",
                on_click="ignore",
                help=say("Opens with effnet.load(file): it says itself which network it holds"),
            )
        # not in the list above: the browser keeps what a chosen entry was called at first
        st.caption(say("State: {state}", state=say(STATES[now])), width="content")


def read_curves(run: Run) -> dict[str, list[dict[str, Any]]]:
    """Rows of metrics by training: one, or every training of an experiment that has begun."""
    if run.kind == "train":
        return {run.said_title: run_folders.read_lines(run.folder / run_folders.METRICS)}
    names = run.folder / "jobs.json"
    if not names.exists():
        return {}
    found = {}
    for key, facts in json.loads(names.read_text("utf-8")).items():
        rows = run_folders.read_lines(Path(run.folder / "jobs" / key / run_folders.METRICS))
        if rows:
            found[_named(facts)] = rows
    return found


def _named(facts: dict[str, Any]) -> str:
    if "way" in facts:
        return say(
            "{way} {budget:g} x, seed {seed}",
            way=say(facts["way"]),
            budget=facts["budget"],
            seed=facts["seed"],
        )
    if "arm" in facts:
        return say("{arm}, seed {seed}", arm=say(facts["arm"]), seed=facts["seed"])
    return say(
        "{alpha:g} {beta:g} {gamma:g}, {epochs} epochs",
        alpha=facts["alpha"],
        beta=facts["beta"],
        gamma=facts["gamma"],
        epochs=facts["epochs"],
    )
