"""Everything that takes a network takes every way in which people name one."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import latency_examples
import pytest

import effnet
from effnet import counting, figures, nn, papers, report, scaling, timing, train, weights
from effnet.base import EffnetError
from effnet.counting import counters, formulas, memory, receipts
from effnet.report import export
from effnet.scaling import Design, edits, search
from effnet.timing import plans, reading, v2_bottlenecks
from effnet.timing.measure import prepare

LINK = "?mode=free&base=lite0&depth=0.5&width=0.5&resolution=32"
SPEC = effnet.scale("lite0", depth=0.5, width=0.5, resolution=32)
COST = effnet.count(SPEC)
TODAY = date(2026, 11, 28)
B0 = " ".join(scaling.to_block_strings("b0"))
LIMITS = search.Limits(params=10**5)
STATE = effnet.build(SPEC).state_dict()


def shapes(network: Any) -> list[tuple[str, tuple[int, ...]]]:
    """A module as what two of them have in common."""
    return [(name, tuple(tensor.shape)) for name, tensor in network.state_dict().items()]


# How each is called; what it gives is the same however the network is named.
CALLS: dict[str, Callable[[Any], Any]] = {
    "count": effnet.count,
    "scale": lambda n: effnet.scale(n, width=2),
    "compound_scale": lambda n: effnet.compound_scale(1, base=n),
    "implied_phi": lambda n: effnet.implied_phi(n, base=n),
    "sweep": lambda n: list(effnet.sweep(n, depth=[1, 2])),
    "compare": lambda n: effnet.compare(n, "b0").costs,
    "from_block_strings": lambda n: effnet.from_block_strings(B0, base=n),
    "build": lambda n: shapes(effnet.build(n)),
    "backbone": lambda n: effnet.backbone(n, weights=None).channels,
    "explore": lambda n: effnet.explore(n).spec,
    "measured": lambda n: shapes(prepare.network(n, 32)[0]),
    "cost_curve": counting.cost_curve,
    "opinions": counters.opinions,
    "elements": counters.elements,
    "items": lambda n: formulas.items(n, "macs"),
    "peak_receipt": receipts.peak_receipt,
    "stage_rows": lambda n: counting.stage_rows(n, base=n),
    "steps_from_promise": lambda n: counting.steps_from_promise(n, depth=2, width=1, resolution=64),
    "fields": counting.fields,
    "field_of": lambda n: counting.field_of(n, "features.1.0"),
    "layer_title": lambda n: counting.layer_title(n, "features.1"),
    "stage_ends": counting.stage_ends,
    "stages": counting.stages,
    "runs": counting.runs,
    "memory.kept": memory.kept,
    "memory.training_bytes": memory.training_bytes,
    "memory.largest_batch": lambda n: memory.largest_batch(n, 10**9),
    "memory.curve": memory.curve,
    "memory.moments": memory.moments,
    "memory.peak": memory.peak,
    "memory.peak_bytes": memory.peak_bytes,
    "memory.weights": memory.weights,
    "to_block_strings": scaling.to_block_strings,
    "phi_curve": lambda n: scaling.phi_curve([0, 1], base=n),
    "stage_differences": lambda n: edits.stage_differences(n, COST, n, COST),
    "step_one": lambda n: search.step_one(n, 0.05),
    "solve": lambda n: search.solve(n, LIMITS),
    "changes_along": lambda n: scaling.changes_along(
        "depth", n, phi=1, alpha=1.2, beta=1.1, low=1, high=2
    ),
    "at_budget": lambda n: scaling.at_budget(n, 2),
    "nearest": lambda n: scaling.nearest(n, "depth", 2 * COST.macs).spec(),
    "equal_cost": lambda n: scaling.equal_cost(n, 2 * COST.macs).as_rows()[:9],
    "pinned": lambda n: papers.pinned(n).cost,
    "network_drawing": lambda n: figures.network_drawing(n, base=n).to_json(),
    "layer_outputs": nn.layer_outputs,
    "load_state": lambda n: shapes(nn.load_state(n, STATE, origin="a test")),
    "fit": lambda n: nn.fit(n, STATE).missing,
    "usual_preprocessing": weights.usual_preprocessing,
    "sections": lambda n: report.sections(n, beside=[n], today=TODAY)[1].title,
    "file_name": lambda n: export.file_name(n, "stages.csv", TODAY),
    "stage_csv": lambda n: export.stage_csv(n, COST, {}),
    "spec_json": lambda n: export.spec_json(n, COST, {}),
    "plans.sweep": lambda n: plans.sweep("batch", n, timing.PLAIN),
    "work": timing.work,
    "computed_stages": timing.computed_stages,
    "estimate": lambda n: timing.estimate(latency_examples.PACE, n),
    "mirrors": lambda n: reading.mirrors([], n),
    "fused_series": v2_bottlenecks.fused_series,
    "deepened": v2_bottlenecks.deepened,
    "survivals": train.survivals,
    "stage_costs": lambda n: train.stage_costs(train.presets()[0].schedule, n),
    "Recipe": lambda n: train.Recipe(spec=n).spec,
}


@pytest.fixture(scope="module")
def named(tmp_path_factory) -> list[Any]:
    """One network in every way in which it can be named; the first is the `Spec`."""
    folder = tmp_path_factory.mktemp("width=0.5")  # which is no link
    as_json, as_weights = folder / "own.json", folder / "own.safetensors"
    as_json.write_text(json.dumps(SPEC.to_dict()), "utf-8")
    effnet.Classifier(effnet.build(SPEC)).save(as_weights)
    design = Design("free", "lite0", depth=0.5, width=0.5, resolution=32)
    text = json.dumps(SPEC.to_dict())
    return [SPEC, design, LINK, as_json, text, SPEC.to_dict(), str(as_json), as_weights]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_network_is_named_in_every_way(call, named):
    wanted, *others = [call(one) for one in named[:4]]
    assert all(found == wanted for found in others)


def test_all_ways_of_naming_a_network_are_read_by_one_reader(named):
    assert {scaling.spec_of(one) for one in named} == {SPEC}
    assert {scaling.design_of(one).spec() for one in named} == {SPEC}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_name_that_nothing_has_is_told(call):
    with pytest.raises(EffnetError, match=r"b9.*(expected|did you mean|choose)"):
        call("b9")


def test_a_network_that_no_link_can_say_is_counted_and_not_explored():
    odd = effnet.get_variant("tf_efficientnet_b0")
    assert effnet.count(odd).macs > 0
    with pytest.raises(EffnetError, match="no link can say"):
        effnet.explore(odd)


def test_a_call_without_a_network_is_a_wrong_call():
    with pytest.raises(TypeError, match="spec"):
        effnet.count()
    assert effnet.count(spec="b0").params == 5_288_548  # torchvision's own number
