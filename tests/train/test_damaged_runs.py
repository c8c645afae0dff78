"""Damaged run folders: one bad run never stops the page, and no whole row is lost.

`EFFNET_FUZZ=500` tries as many; 60 in each test run.
"""

import json
import logging
import os
import random
import shutil
from pathlib import Path

import pytest
import scaling_rows

from effnet import figures
from effnet.app.kit import jobs
from effnet.app.pages.train import results_card, runs_card, scaling_card, schedule_card
from effnet.base import EffnetError, tolerant
from effnet.base.language import speaking
from effnet.jobs import runs
from effnet.train.results import read_rows, summaries, write_rows

TRIES = int(os.environ.get("EFFNET_FUZZ", "60"))
ROWS = {
    "scaling": scaling_rows.rows(),
    "progressive": [
        scaling_rows.row("base", seed, 0.8, arm=arm)
        for seed in range(3)
        for arm in ("fixed", "progressive")
    ],
}
METRICS = [
    {"epoch": n, "step": 6 * n, "size": 16, "loss": 2.5 / n, "rate": 0.01, "top1": 0.1 * n,
     "top1_detail": 0.1, "seconds": 1.5 * n, "cpu_seconds": 1.0 * n}
    for n in range(1, 6)
]  # fmt: skip
FACTS = {
    "scaling": {"way": "compound", "budget": 2.0, "seed": 0, "epochs": 6},
    "progressive": {"arm": "fixed", "seed": 1, "epochs": 20},
}
RESULTS = {
    "train": {"top1": 0.5, "steps": 30, "seconds": 7.5, "digest": "ab"},
    "scaling": {"rows": 27},
    "progressive": {"rows": 9},
    "steps": {"step_ms": {"128": 10.0, "224": 20.5}},
    "taught": {},
}
VALUES = (
    None, True, -1, 0, 1e308, float("nan"), float("inf"), 10**400, "", "x" * 5000, "\x00", "\ud800",
    "2026-11-28", [], [[1]], {}, {"a": {"b": 1}}, "[x](http://y)", "<b>", "{0} {name} %s",
)  # fmt: skip
BYTES = (
    b"", b"{", b"null", b"[]", b"\xff\xfe\x00", b"\x00" * 100, b'"text"', b"1e999",
    b"[" * 100_000, b'{"a": ' * 20_000, b"9" * 6000, b'{"created": "\\ud800"}',
)  # fmt: skip


def whole(root: Path, kind: str, number: int) -> Path:
    """A run as a good day leaves it."""
    folder = root / f"20261128-1200{number % 60:02d}-{kind}-{number}"
    folder.mkdir()
    order = {
        "kind": kind, "title": "One network", "created": 1.79e9 + number, "owner": "me",
        "options": {"network": "v2_s", "recipe": {"epochs": 5}, "sizes": [128, 224]},
    }  # fmt: skip
    lines = "".join(json.dumps(row) + "\n" for row in METRICS)
    (folder / runs.ORDER).write_text(json.dumps(order))
    (folder / runs.RESULT).write_text(json.dumps(RESULTS[kind]))
    (folder / runs.METRICS).write_text(lines)
    (folder / runs.LOG).write_text("starting\neffnet: no data 'x'\n")
    (folder / runs.PROGRESS).write_text(
        json.dumps({"share": 0.5, "from": 0.0, "began": 1.79e9, "text": "", "process": 1})
    )
    (folder / runs.BEST).write_bytes(b"weights")
    (folder / runs.LOCK).touch()
    if kind in FACTS:
        (folder / "jobs.json").write_text(json.dumps({"a1b2": FACTS[kind]}))
        (folder / "jobs" / "a1b2").mkdir(parents=True)
        (folder / "jobs" / "a1b2" / runs.METRICS).write_text(lines)
        write_rows(folder / "results.csv", ROWS[kind])
    return folder


def damage(folder: Path, dice: random.Random) -> str:
    """Do one bad thing to a run's folder; says which."""
    file = dice.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    name, way = file.name, dice.choice(("cut", "bytes", "flip", "value", "gone", "folder", "text"))
    data = file.read_bytes()
    if way == "cut":
        file.write_bytes(data[: dice.randrange(len(data) + 1)])
    elif way == "bytes":
        file.write_bytes(dice.choice(BYTES))
    elif way == "flip" and data:
        broken = bytearray(data)
        for _ in range(dice.randint(1, 20)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        file.write_bytes(bytes(broken))
    elif way == "value" and name.endswith(".json") and tolerant.read_json(file):
        values = tolerant.read_json(file)
        if not isinstance(values, dict):
            return "nothing"
        inside = dice.choice([values, *(v for v in values.values() if isinstance(v, dict))])
        inside[dice.choice([*inside, "new"])] = dice.choice(VALUES)
        file.write_text(json.dumps(values))
    elif way == "value":
        lines = data.decode("utf-8", "replace").splitlines() or [""]
        number = dice.randrange(len(lines))
        cells = lines[number].split(",")
        cells[dice.randrange(len(cells))] = dice.choice(("", "nan", "x" * 9, '"', "-5", "1e400"))
        lines[number] = ",".join(cells)
        file.write_text("\n".join(lines))
    elif way == "folder":
        file.unlink()
        file.mkdir()
    elif way == "text":
        file.write_bytes(data + dice.choice(BYTES) + data)
    else:
        file.unlink()
    return f"{way} {name}"


def looked_at(kind: str) -> None:
    """All that the page does with the runs of a kind."""
    for run in runs.list_runs(kind):
        jobs.words(run, run.look())
        runs_card._line(run)
        if kind in runs_card.KINDS:
            runs_card._run(run)
        figures.run_curves(runs_card.read_curves(run))
        assert isinstance(run.last_words(), str)
        run.title.encode()  # can be sent to a browser
    if kind in FACTS:
        for run in runs.list_runs(kind):
            rows = results_card.rows_of(run)
            column = {"scaling": "way", "progressive": "arm"}[kind]
            summaries(rows, column)
    runs.trained()
    schedule_card.step_times("v2_s", schedule_card.presets()[0].schedule)


@pytest.mark.parametrize("kind", sorted(RESULTS))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_damaged_run_never_stops_the_page(kind, language, monkeypatch):
    # Streamlit warns that no browser is there
    monkeypatch.setattr(logging.root.manager, "disable", logging.WARNING)
    root = Path(os.environ["EFFNET_RUNS"])
    root.mkdir()
    dice = random.Random(f"{kind} {language}")
    for number in range(TRIES // 12):
        for old in root.iterdir():
            shutil.rmtree(old)
        good, bad = whole(root, kind, 0), whole(root, kind, number + 1)
        said = [damage(bad, dice) for _ in range(dice.randint(1, 3))]
        with speaking(language):
            try:
                looked_at(kind)
                if kind in FACTS:
                    for draw in (scaling_card.scaling, results_card.progressive):
                        draw()
            except EffnetError:
                raise
            except Exception as error:
                raise AssertionError(f"{said}: {error!r}") from error
        assert good.name in {run.name for run in runs.list_runs(kind)}


@pytest.mark.parametrize(
    ("key", "value"),
    [("created", "yesterday"), ("created", 1e18), ("created", None), ("created", float("nan")),
     ("kind", 3), ("title", ["x"]), ("options", "none"), ("created", -5), ("title", "\ud800")],
)  # fmt: skip
def test_an_order_with_a_bad_value_is_no_run_and_says_which(key, value):
    root = Path(os.environ["EFFNET_RUNS"])
    root.mkdir()
    folder = whole(root, "train", 0)
    order = json.loads((folder / runs.ORDER).read_text())
    (folder / runs.ORDER).write_text(json.dumps(order | {key: value}))
    with pytest.raises(EffnetError, match=r"not a run's folder \(order.json"):
        runs.open_run(folder)
    assert runs.list_runs() == []


def test_torn_lines_lose_only_themselves(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_bytes(
        b'{"epoch": 1, "top1": 0.5}\n\xff\xfe\n{"epoch": 2, "to\n{"epoch": 3, "top1": 1}'
    )
    assert [row["epoch"] for row in tolerant.read_lines(path, "epoch", "top1")] == [1, 3]


def test_a_damaged_table_keeps_its_whole_rows(tmp_path):
    path = tmp_path / "r.csv"
    rows = [
        {"key": f"k{n}", "way": "base", "budget": 1, "macs": 9, "top1": 0.5, "cpu_seconds": 2}
        for n in range(5)
    ]
    write_rows(path, rows)
    lines = path.read_text().splitlines()
    lines[2] = lines[2].replace("0.5", "much")
    lines[4] = lines[4][:9]
    lines.append('"open, and never shut')
    path.write_bytes("\n".join(lines).encode() + b"\n\x00\xff")
    assert [row["key"] for row in read_rows(path)] == ["k0", "k2", "k4"]
    assert read_rows(path, "way", "no_such_column") == []
