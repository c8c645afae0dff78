"""Tables that know the width, CSV, help, version, completion; what is said beside a result."""

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

import effnet
from effnet.cli import console
from effnet.cli.main import GROUPS, main, make_parser


def output(capsys, *arguments):
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"effnet {effnet.__version__}\n"


def test_nothing_typed_shows_the_help(capsys):
    told = output(capsys)
    assert told.startswith("usage: effnet")
    assert "effnet compare b0 b1 '?phi=1'" in told


CONTRACT = (
    *("list", "scale", "count", "compare", "search", "export", "bench", "classify", "explain"),
    *("evaluate", "train", "report", "papers", "weights", "app", "notebooks"),
)


@pytest.mark.parametrize("command", CONTRACT)
def test_every_command_shows_examples_and_takes_json_and_csv(capsys, command):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert f"\n  effnet {command}" in told
    assert "--json" in told
    assert "--csv" in told


def test_help_says_choices_and_defaults(capsys):
    with pytest.raises(SystemExit):
        main(["classify", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "(default: lite0)" in told
    assert "(default: 5)" in told
    assert "quoted globs" in told


def test_a_file_holds_one_group_of_commands():
    assert len({group.__name__ for group in GROUPS}) == len(GROUPS) >= 8


def test_csv_holds_the_numbers_of_json(capsys):
    rows = list(csv.DictReader(io.StringIO(output(capsys, "list", "lite", "--csv"))))
    assert rows == [
        {key: str(value) for key, value in row.items()}
        for row in json.loads(output(capsys, "list", "lite", "--json"))
    ]
    assert rows[0]["params"] == "4652008"  # the README of EfficientNet-Lite prints 4.7 M


def test_a_pipe_gets_one_line_a_row_however_wide(capsys):
    lines = output(capsys, "papers", "v1-table-2").splitlines()
    assert len(lines) == 1 + 24  # Table 2 has 24 networks
    assert not any(line.endswith(" ") for line in lines)
    assert "\x1b" not in "".join(lines)


def test_a_terminal_gets_no_line_wider_than_itself(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "72")
    monkeypatch.setenv("TERM", "xterm")
    told = re.sub(r"\x1b\[[0-9;]*m", "", output(capsys, "papers", "v1-table-2"))
    lines = told.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 72
    assert sum(line.startswith("EfficientNet-B7") for line in lines) > 2  # in every part


def test_marks_in_names_are_text(capsys):
    console.give(console.Outcome([{"name": "[red]a[/red]\x1b[2J"}]), form="")
    assert capsys.readouterr().out == "name\n[red]a[/red][2J\n"


def test_an_unstable_time_is_doubted_beside_it(capsys, monkeypatch):
    monkeypatch.setattr("effnet.timing.measurements.UNSTABLE_SPREAD", -1.0)
    options = ("--seconds", "0.05", "--resolution", "32", "--threads", "1")
    assert main(["bench", "lite0", *options]) == 0
    told = capsys.readouterr()
    assert "stable" in told.out
    assert "lite0: Unstable: the passes differ by" in told.err
    assert "Don't compare this number" in told.err


def test_a_bar_moves_on_a_terminal_and_nowhere_else(capsys, monkeypatch):
    with console.bar("timing") as advance:
        advance(0.5)
    assert capsys.readouterr() == ("", "")
    seen = io.StringIO()
    monkeypatch.setattr(
        "rich.console.Console", lambda **_: Console(file=seen, force_terminal=True, width=60)
    )
    with console.bar("timing") as advance:
        advance(0.5)
    assert "timing" in seen.getvalue()
    assert "50%" in seen.getvalue()


def completed(line):
    """What the shell would offer after a line, asked as argcomplete's shell code asks."""
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
        "_ARGCOMPLETE_STDOUT_FILENAME": "/dev/stdout",
    }
    done = subprocess.run(
        [sys.executable, "-m", "effnet"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    return [word.split("\x0b")[0].strip() for word in done.stdout.split("\n")]


def test_the_shell_completes_commands_and_networks():
    assert {"count", "compare"} <= set(completed("effnet co"))
    assert "v2_s" in completed("effnet count v2")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_the_shell_needs_is_printed(capsys, shell):
    assert "effnet" in output(capsys, "--completion", shell)


def test_every_option_is_described():
    (commands,) = (a for a in make_parser()._actions if hasattr(a, "choices") and a.nargs == "A...")
    bare = [
        f"{name} {action.dest}"
        for name, parser in commands.choices.items()
        for action in parser._actions
        if not action.help and not action.choices and name != "train"
    ]
    assert bare == ["app port"]
