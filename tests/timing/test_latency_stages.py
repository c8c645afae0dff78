"""A pass cut into units says what the whole says, and its parts carry their own costs."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import effnet
from effnet.base import EffnetError
from effnet.network.layer_walk import walk
from effnet.nn.fold import folded
from effnet.timing.measure import clock, stage_profiles
from effnet.timing.measure.pass_units import Pass, units
from effnet.timing.measure.prepare import prepared
from effnet.timing.measure.stage_profiles import profile_kinds, unit_times
from effnet.timing.options import Options
from effnet.timing.profiles import StageProfile
from effnet.timing.traffic import ITEMSIZE, by_stage, work

NAMES = ("b0", "lite1", "mobilenet_v1", "mobilenet_v2", "resnet50", "v2_s", "v2_b0")
SMALL = effnet.scale("b0", depth=0.3, width=0.25, resolution=32)


def small(name: str):
    return effnet.scale(name, depth=0.5, width=0.25, resolution=50)


def trained(name: str):
    """A network whose BatchNorms are not ones and zeros."""
    torch.manual_seed(1)
    model = effnet.build(small(name)).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    return model


@pytest.mark.parametrize("name", NAMES)
def test_units_in_order_are_the_pass(name):
    model, image = trained(name), torch.rand(2, 3, 50, 50)
    with torch.no_grad():
        walk = Pass(units(model), image)
        for step in walk.steps:
            step()
        assert torch.equal(walk.x, model(image))


@pytest.mark.parametrize("name", NAMES)
def test_units_and_their_work_go_one_to_one(name):
    model = trained(name)
    assert len(units(model)) == len(work(model.spec))


@pytest.mark.parametrize("name", NAMES)
def test_folded_batchnorm_gives_the_same_logits_from_a_private_copy(name):
    model, image = trained(name), torch.rand(2, 3, 50, 50)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with torch.no_grad():
        wanted, without = model(image), folded(model)
        found = without(image)
    assert (found - wanted).abs().max() < 1e-5 * wanted.abs().max()
    assert not [m for m in without.modules() if isinstance(m, nn.BatchNorm2d)]
    assert all(torch.equal(model.state_dict()[key], before[key]) for key in before)


class Moved(TorchDispatchMode):
    """Adds up the bytes of what every operator reads and writes; views move nothing."""

    VIEWS = ("view", "::t", "expand", "reshape", "detach", "as_strided", "squeeze", "empty")

    def __init__(self) -> None:
        super().__init__()
        self.bytes = self.operators = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        name = function.name()
        if not any(view in name for view in self.VIEWS):
            written = found[0] if "batch_norm" in name else found  # the rest is for training
            self.bytes += sum(t.numel() * t.element_size() for t in _tensors((args, written)))
            self.operators += 1
        return found


def _tensors(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("without_norm", [False, True], ids=["as built", "folded"])
@pytest.mark.parametrize("name", NAMES)
def test_bytes_are_what_the_operators_of_a_real_pass_read_and_write(name, without_norm, batch_size):
    model = trained(name)
    model = folded(model) if without_norm else model
    image = torch.rand(batch_size, 3, 50, 50)
    with torch.no_grad(), Moved() as moved:
        model(image)
    done = work(model.spec, Options(batch_size=batch_size, folded=without_norm))
    assert sum(unit.bytes for unit in done) == moved.bytes
    assert sum(unit.operators for unit in done) == moved.operators
    assert sum(unit.macs for unit in done) == batch_size * effnet.count(model.spec).macs


def test_a_depthwise_layers_bytes_by_hand():
    """3x3, 8 channels, 8 to 4 px: 512 + 72 + 128 for the convolution, then BatchNorm and SiLU."""
    from dataclasses import replace

    spec = effnet.get_variant("b0")
    stage = replace(spec.stages[1], channels=8, expand_ratio=1, repeats=1, se_ratio=0.0)
    spec = replace(spec, stages=(stage,), stem_channels=8, resolution=16)
    depthwise = next(unit for unit in work(spec) if unit.kind == "depthwise")
    convolution = 8 * 8 * 8 + 3 * 3 * 8 + 8 * 4 * 4
    norm, silu = 2 * 128 + 4 * 8, 2 * 128
    assert depthwise.bytes == 4 * (convolution + norm + silu)
    assert depthwise.macs == 72 * 16


def test_half_the_bytes_at_half_the_precision():
    spec = small("b0")
    assert 2 * sum(u.bytes for u in work(spec, Options(precision="bf16"))) == sum(
        u.bytes for u in work(spec)
    )


# --- profiles


@pytest.mark.parametrize("name", ["b0", "mobilenet_v2", "mobilenet_v1", "resnet50"])
def test_a_profile_names_every_stage_with_its_own_cost(name):
    spec = effnet.scale(name, depth=0.3, width=0.25, resolution=32)
    found = effnet.profile_stages(spec, device="cpu", resolution=40, batch_size=2, budget_s=0.01)
    cost = effnet.count(spec, resolution=40)
    costs, moved = cost.by_stage(), by_stage(work(spec, Options(resolution=40, batch_size=2)))
    assert [profile.stage for profile in found] == list(costs)
    for profile in found:
        total = costs[profile.stage]
        assert isinstance(profile, StageProfile)
        assert (profile.macs, profile.params, profile.activations, profile.bytes) == (
            total.macs,
            total.params,
            total.activations,
            moved[profile.stage],
        )
        assert profile.median_ms > 0
        assert profile.macs_per_byte == pytest.approx(2 * total.macs / profile.bytes)
    for share in ("time_share", "macs_share", "activations_share"):
        assert sum(getattr(profile, share) for profile in found) == pytest.approx(1)


@pytest.mark.parametrize("name", ["b0", "mobilenet_v2", "resnet50", "v2_s", "lite1"])
def test_the_timed_groups_are_the_stages_of_the_walk(name):
    spec = small(name)
    blocks = [block.stage for block in walk(spec)]
    opened = [unit.opens for unit in units(effnet.build(spec))]
    assert sum(opened) == len(blocks)
    done = [unit.stage for unit in work(spec)]
    assert [stage for stage, opens in zip(done, opened, strict=True) if opens] == blocks


def test_every_pass_of_a_profile_reads_the_clock_between_stages(monkeypatch):
    """With a clock that jumps by a second at each reading, every stage takes one second."""
    ticks = iter(range(100_000))
    monkeypatch.setattr(clock, "timer", lambda _: clock.HostTimer(clock=lambda: float(next(ticks))))
    found = effnet.profile_stages(SMALL, device="cpu", budget_s=0.01)
    assert [profile.median_ms for profile in found] == [1000.0] * len(found)
    assert {profile.time_share for profile in found} == {1 / len(found)}


def test_stages_add_up_to_the_median_pass_though_a_busy_spell_hits_another_part_each_time():
    times = [[1.0, 1.0, 4.0], [2.0, 5.0, 2.0], [6.0, 3.0, 3.0]]  # passes of 9 ms each
    found = stage_profiles._medians(times)
    assert sum(found) == pytest.approx(9)
    assert found == pytest.approx([1.5, 3.0, 4.5])  # in the proportion of 1, 2 and 3


def test_a_profile_runs_under_its_precision():
    seen = set()
    model = effnet.build(SMALL)
    stem = model.get_submodule("features.0.0")
    plain = stem.forward
    stem.forward = lambda x: seen.add(plain(x).dtype) or plain(x)
    effnet.profile_stages(model, device="cpu", precision="bf16", budget_s=0.01)
    assert seen == {torch.bfloat16}


def test_kinds_of_a_stage_add_up_to_its_work():
    found = profile_kinds(SMALL, options=Options("cpu"), budget_s=0.01)
    moved = by_stage(work(SMALL))
    for stage, total in moved.items():
        assert sum(kind.bytes for kind in found if kind.stage == stage) == total
    assert sum(kind.macs for kind in found) == effnet.count(SMALL).macs
    assert {"depthwise", "squeeze-and-excitation", "expand", "project"} <= {k.kind for k in found}


def test_unit_times_are_medians_over_passes():
    with prepared(SMALL, Options("cpu")) as ready:
        number = len(work(SMALL))
        parts = iter([[1.0] * number, [9.0] * number, [2.0] * number])
        ready.timer = SimpleNamespace(parts=lambda _: next(parts))
        heard = []
        assert unit_times(ready, 3, lambda: heard.append(1)) == [2.0] * number
    assert len(heard) == 3


def test_a_module_without_stages_is_refused():
    with pytest.raises(EffnetError, match="Linear is no network of effnet"):
        effnet.profile_stages(nn.Linear(1, 1), device="cpu")


def test_a_profile_can_be_stopped_in_its_warm_up():
    def stop(_share, samples):
        assert samples == []
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        effnet.profile_stages(SMALL, device="cpu", budget_s=60, progress=stop)


def test_precisions_of_profiles_are_those_of_the_options():
    from effnet.timing.options import PRECISIONS

    assert set(ITEMSIZE) == set(PRECISIONS)
