"""`effnet/web/core.js` counts as Python does, to the integer; a seeded part of it in node."""

import parity
import pytest
from parity import in_node

import effnet
from effnet import web
from effnet.scaling import compound, flat_spots


def test_core_imports_nothing_and_has_the_contracts_functions():
    text = web.source("core.js")
    assert "import " not in text
    for name in ("scale", "compoundScale", "count"):
        assert f"export function {name}(" in text


def test_b0_has_the_papers_and_torchvisions_counts():
    """5,288,548 parameters (torchvision), 0.39 G (arXiv:1905.11946 Table 2), 6.75 M (timm)."""
    told = in_node("(spec) => core.count(spec)", effnet.get_variant("b0").to_dict())
    assert told == {"params": 5_288_548, "macs": 385_814_752, "activations": 6_748_036}


def test_seeded_designs_of_every_kind_are_pythons():
    asked = list(parity.cases(600, seed=1, rows_every=4))
    answers = in_node(
        f"({{ specs, asked }}) => asked.map((one) => ({parity.ANSWER})(core, rows, specs, one))",
        {"specs": parity.specs(), "asked": asked},
    )
    assert parity.differences(asked, answers) == []
    kinds = {(case[0], "refused" in answer) for case, answer in zip(asked, answers, strict=True)}
    assert {("formula", True), ("formula", False), ("free", False), ("edited", False)} <= kinds


@pytest.mark.parametrize("base", ["b0", "v2_s", "lite0", "resnet50"])
def test_the_phi_curve_is_pythons(base):
    phis = [-1 + i / 20 for i in range(181)]
    curve = compound.phi_curve([round(phi, 2) for phi in phis], 1.21, 1.12, 1.15, base=base)
    told = in_node(
        "(spec) => core.phiCurve(spec, { alpha: 1.21, beta: 1.12, gamma: 1.15 })",
        effnet.get_variant(base).to_dict(),
    )
    names = ("phi", "resolution", *parity.QUANTITIES)
    assert [[float(p[n]) for n in names] for p in told] == [
        [float(getattr(p, n)) for n in names] for p in curve
    ]


def test_a_curve_past_what_doubles_hold_is_exact():
    spec = {**effnet.get_variant("b0").to_dict(), "stem_channels": 9_999_991}
    told = in_node("(spec) => core.costCurve(spec)(1048575)", spec)
    right = effnet.count(effnet.Spec.from_dict({**spec, "resolution": 1048575}))
    assert right.macs > 2**53
    assert [int(told[n]) for n in parity.QUANTITIES] == [
        getattr(right, n) for n in parity.QUANTITIES
    ]


@pytest.mark.parametrize("name", ["phi", "alpha", "beta", "depth", "width", "resolution"])
def test_a_slider_changes_the_stages_where_python_says(name):
    values = {"phi": 1.5, "alpha": 1.2, "beta": 1.1}
    right = flat_spots.changes_along(name, effnet.get_variant("b0"), **values, low=1, high=2)
    told = in_node(
        f"([spec, values]) => rows.changesAlong('{name}', spec, values, 1, 2)",
        [effnet.get_variant("b0").to_dict(), values],
    )
    assert told == pytest.approx(list(right))


def test_budget_and_lock_are_pythons():
    values = {"alpha": 1.31, "beta": 1.07, "gamma": 1.2}
    told = in_node(
        "(v) => [core.budget(v), ...core.SOLVABLE.map((name) => core.solveBudget(name, v)),"
        " core.projectToBudget(v), core.projectToBudget({ alpha: 1, beta: 1, gamma: 0.9 })]",
        values,
    )
    assert told[0] == pytest.approx(compound.budget(**values))
    solved = [compound.solve_budget(name, **values) for name in compound.SOLVABLE]
    assert told[1:4] == pytest.approx(solved)
    assert list(told[4].values()) == pytest.approx(compound.project_to_budget(**values))
    assert list(told[5].values()) == pytest.approx(compound.project_to_budget(1, 1, 0.9))


def test_powers_that_come_out_even_are_even():
    asked = [[1.5, 2], [1.44, 0.5], [1.25, -1], [2, -3], [1.1, 1], [3, 0], [0.5, 9]]
    assert in_node("(all) => all.map(([a, b]) => core.power(a, b))", asked) == [
        2.25, 1.2, 0.8, 0.125, 1.1, 1, 2**-9
    ]  # fmt: skip


def test_what_the_host_said_meanwhile_counts_where_there_is_nothing_to_report():
    """A clock that is turned by hand; the numbers of the reports, and what was asked in between."""
    told = in_node(
        """() => {
          let timers = [], phi = 1, rested = 0;
          globalThis.setTimeout = (act) => timers.push(act);
          globalThis.clearTimeout = () => { timers = []; };
          const turn = () => timers.splice(0).forEach((act) => act());
          const sent = [], seen = [];
          const read = () => ({ design: { phi } }), rest = () => { rested += 1; };
          const one = reports.reporter(({ n }) => sent.push(n), read, { rested: rest });
          one.soon(true);                     // a field is left as it was
          seen.push(one.current(0), rested);
          turn();
          seen.push(one.current(0), rested);
          phi = 2;
          one.soon(true);
          turn();
          seen.push(one.current(0), one.current(1));
          phi = 5;                            // as the host says it
          one.accepted();
          one.soon(true);
          turn();
          phi = 6;
          one.soon(true);
          turn();
          phi = 7;
          one.soon(true);
          one.now();                          // a button elsewhere is pressed
          turn();
          one.now();
          return { sent, seen, rested };
        }""",
        None,
    )
    assert told == {"sent": [1, 2, 3], "seen": [False, 0, True, 1, False, True], "rested": 2}
