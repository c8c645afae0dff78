"""Other tools are asked in a process of their own, and only about what can be run."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import effnet
from effnet.counting.counters import opinions
from effnet.nn import second_opinion
from effnet.nn.second_opinion import ask

SMALL = replace(effnet.get_variant("b0"), name="small", resolution=64)


def test_the_tools_say_what_the_closed_forms_say():
    expected = {one.tool: one.says for one in opinions(SMALL)}
    answers = ask(SMALL)
    assert len(answers) == 6
    assert {a.tool: a.says for a in answers} == {a.tool: expected[a.tool] for a in answers}
    assert all(a.version and not a.trouble for a in answers)


def test_nothing_of_it_is_loaded_here():
    code = (
        "import sys, effnet.nn.second_opinion;"
        "print(*sorted({n.partition('.')[0] for n in sys.modules} & "
        "{'torch', 'ptflops', 'fvcore', 'thop', 'torchinfo'}))"
    )
    root = Path(effnet.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", ["l2", "v2_xl"])
def test_a_network_too_large_to_run_is_refused(name):
    with pytest.raises(effnet.EffnetError, match="too large to be run"):
        ask(effnet.get_variant(name))


def test_no_answer_in_time_is_said():
    with pytest.raises(effnet.EffnetError, match="no answer within"):
        ask(SMALL, timeout_s=0.01)


def test_a_tool_that_is_missing_or_fails_does_not_silence_the_others(monkeypatch):
    def broken(model, side):
        raise RuntimeError("no idea")

    monkeypatch.setitem(second_opinion.TOOLS, "thop", ("torch", broken))
    monkeypatch.setitem(second_opinion.TOOLS, "fvcore", ("no-such-package", broken))
    assert second_opinion.answer("thop", SMALL).trouble == "failed: no idea"
    missing = second_opinion.answer("fvcore", SMALL)
    assert (missing.says, missing.trouble) == (None, "not installed here")
