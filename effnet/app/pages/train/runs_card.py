"""Training on the Train page: start, watch, stop, resume; everybody sees the same runs."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from effnet.app.kit import frame, jobs, live, maps, open_tab, public, sheet, state
from effnet.base import (
    EffnetError,
    has_numbers,
    is_number,
    mark,
    percent,
    read_json,
    read_lines,
    say,
    verbatim,
)
from effnet.figures import run_curves
from effnet.jobs import Run, limits, runs
from effnet.train import Progressive, Recipe, against_head, small_base

KINDS = {  # those that stand in the list
    "train": mark("One network"),
    "scaling": mark("Scaling experiment"),
    "progressive": mark("Fixed or progressive"),
}
STARTED_HERE = ("train", "progressive")  # the scaling experiment has its own place
STATES = {
    "waiting": mark("waiting"),
    "running": mark("running"),
    "stopping": mark("stopping"),
    "done": mark("done"),
    "stopped": mark("stopped"),
    "broken": mark("broke off"),
}
DATA = (mark("marks"), mark("digits"))
OPTIMISERS = {"rmsprop": "RMSProp", "adamw": "AdamW"}
TABS = {  # where an experiment's results are shown
    "scaling": mark("Experiment"),
    "progressive": mark("Fixed or progressive"),
}
NAMED: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (  # words, numbers, title
    (("way",), ("budget", "seed"), mark("{way} {budget:g} x, seed {seed}")),
    (("arm",), ("seed",), mark("{arm}, seed {seed}")),
)
MOST_SHOWN = 8
MOST_EPOCHS = 1e6
SHOWN = "run_shown"  # str: the name of the run that is looked at

Curves = dict[str, list[dict[str, Any]]]


def start() -> None:
    """What to run, and the button."""
    kind = st.segmented_control(
        say("What"),
        STARTED_HERE,
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
            disabled=kind == "train",
        )
    options: dict[str, Any] = {}
    if kind == "train":
        options = _one_network()
    off = runs.refusal() if limits.most() == 0 else ""
    if st.button(say("Start"), type="primary", key="run_start", disabled=bool(off)):
        try:
            recipe = _recipe(kind, epochs, images, options)
            order = {"recipe": recipe.to_dict(), "seeds": seeds}
            run = runs.start(kind, KINDS[kind], order, owner=state.visitor())
        except EffnetError as error:
            st.error(verbatim(error))
            return
        st.session_state[SHOWN] = run.name
        st.rerun()
    if off:
        st.info(off)
    st.caption(
        say(
            "The training goes on when this page is closed, at low priority. Everybody who "
            "opens this app sees it. On the command line: `{command}`",
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
                "Marks are pictures that the program draws. Digits are small scans of "
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


@frame.part
def watch() -> None:
    """The runs, newest first, and the chosen one: how far it is, its curves, what may be done."""
    found = {run.name: run for run in runs.list_runs() if run.kind in KINDS}
    shown = dict(list(found.items())[:MOST_SHOWN])
    if not shown:
        st.info(
            say(
                "Nothing has been trained on this machine yet. Press Start: one network on "
                "digits takes about 15 seconds, and its curve grows here."
            )
        )
        return
    if st.session_state.get(SHOWN) not in shown:  # none yet, or it was deleted
        st.session_state[SHOWN] = _first(list(shown.values()))
    chosen = st.selectbox(
        say("Run"),
        tuple(shown),
        format_func=lambda name: _line(shown[name]),
        key=SHOWN,
        placeholder=say("Choose a run"),
    )
    if chosen in shown:
        _run(shown[chosen])


def _first(shown: Sequence[Run]) -> str | None:
    """The run that the tab opens on: one's own, one that runs, one that is done, or none."""
    mine = [run for run in shown if run.owner == state.visitor()]
    alive = [run for run in shown if not run.look().over]
    done = [run for run in shown if run.state == "done"]
    return next((run.name for run in (*mine, *alive, *done)), None)


def _run(run: Run) -> None:
    now = run.look()
    if not now.over:
        asked = "" if _mine(run) else say("Another visit started it. Stop it all the same?")
        refused = _refused(run)

        def draw(_: object) -> None:
            _curves(run)

        jobs.watch(run, "run", draw, question=asked, may=not refused)
        if refused:
            st.caption(refused)
        return
    _buttons(run)
    curves = _curves(run)
    result = run.result()
    if result and run.kind == "train":
        st.success(
            say(
                "{share} of the held-out pictures right after {steps:,} {steps:step|steps} in "
                "{seconds:.0f} s, measured here.",
                share=percent(result["top1"]),
                steps=round(result["steps"]),
                seconds=result["seconds"],
            )
        )
        if is_number(result.get("head_top1")):
            st.caption(against_head(result["best_top1"], result["head_top1"]))
    elif result:
        st.success(done(run.kind, result))
    if now.state == "done" and not result:
        st.warning(say("Its result can't be read: the file is damaged."))
    if now.state == "broken":
        words = run.last_words()
        st.warning(
            say("It broke off. Its last words: {words}", words=verbatim(words))
            if words
            else say("It broke off without a word: its process was ended from outside.")
        )
    if curves:
        table = ({"training": name, **row} for name, rows in curves.items() for row in rows)
        open_tab.fold(say("The curves as a table"), partial(sheet.show, table, height=260))


def _curves(run: Run) -> Curves:
    """Draw what there is of the run's trainings, and give it back."""
    curves = read_curves(run)
    if curves:
        words = say("Held-out accuracy by epoch of every training of the run")
        live.figure("run_curves", run_curves(curves), alt=words)
    return curves


def _mine(run: Run) -> bool:
    return run.owner == state.visitor()


def _refused(run: Run) -> str:
    """Why this visitor may not stop, resume or delete a run; "" where they may."""
    return "" if _mine(run) else public.refusal("others")


def done(kind: str, result: dict[str, Any]) -> str:
    """What an experiment that has ended gave, and where to see it."""
    tab = say(TABS[kind])
    return say(
        "Done: {n} {n:training|trainings}. The results are under the tab {tab}.",
        n=result["rows"],
        tab=tab,
    )


def _line(run: Run) -> str:
    when = datetime.fromtimestamp(run.created).strftime(say("%d %b %H:%M:%S"))
    return say("{title}, {when}", title=run.title, when=when)


def _buttons(run: Run) -> None:
    now, refused = run.state, _refused(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        over = now in ("stopped", "broken")
        if st.button(say("Resume"), key="run_resume", disabled=not over or bool(refused)):
            maps.forget(run.name)
            runs.launch(replace(run, owner=run.owner or state.visitor()))
            st.rerun()
        question = say("Its curves, its network and its photos go for good.")
        if not _mine(run):
            question = say("Another visit started it. {what}", what=question)
        jobs.sure(
            "run_delete", say("Delete"), question, say("Delete it"), partial(_delete, run),
            disabled=bool(refused),
        )  # fmt: skip
        best = run.folder / runs.BEST
        if best.is_file():
            st.download_button(
                say("Best weights"),
                best.read_bytes,
                file_name=f"{run.name}.safetensors",
                on_click="ignore",
                help=say("Opens with effnet.load(file): it says itself which network it holds"),
            )
        # not in the list above: the browser keeps what a chosen entry was called at first
        st.caption(say("State: {state}", state=say(STATES[now])), width="content")
    if refused:
        st.caption(refused)


def _delete(run: Run) -> None:
    with suppress(EffnetError):  # it was resumed meanwhile, by somebody else
        runs.delete(run)


def read_curves(run: Run) -> Curves:
    """Rows of metrics by training: one, or every training of an experiment that has begun."""
    if run.kind == "train":
        rows = _rows(run.folder / runs.METRICS)
        return {run.title: rows} if rows else {}
    names = read_json(run.folder / "jobs.json")
    found = {}
    for key, facts in names.items() if isinstance(names, dict) else ():
        if not re.fullmatch(r"[\w-]{1,80}", key) or not isinstance(facts, dict):
            continue
        rows = _rows(run.folder / "jobs" / key / runs.METRICS)
        if rows:
            found[_named(key, facts)] = rows
    return found


def _rows(path: Path) -> list[dict[str, Any]]:
    """The epochs in a file of metrics; a line that a crash left is not one."""
    return [
        {name: value for name, value in row.items() if is_number(value)}
        for row in read_lines(path, "epoch", "top1")
        if 0 <= row["epoch"] < MOST_EPOCHS and 0 <= row["top1"] <= 1
    ]


def _named(key: str, facts: dict[str, Any]) -> str:
    """What a training of an experiment is called, by what its row says of it."""
    for words, numbers, text in NAMED:
        if has_numbers(facts, *numbers) and all(isinstance(facts.get(w), str) for w in words):
            values = {word: say(facts[word]) for word in words}
            return say(text, **values, **{number: facts[number] for number in numbers})
    return key
