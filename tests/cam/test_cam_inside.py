"""Channels, gates and single places: against torchvision's own modules and sums that must hold."""

import copy
from functools import lru_cache

import numpy as np
import pytest
import torch
from oracles import calibrated
from torchvision.ops import SqueezeExcitation

import effnet
from effnet.base import EffnetError
from effnet.cam.inside import (
    FORCES,
    gated_blocks,
    influence,
    look_at_gates,
    prepared,
    strongest_channels,
)
from effnet.nn.weight_files import load_state
from effnet.weights.checkpoints import Preprocessing


@lru_cache(maxsize=1)
def b0() -> effnet.Classifier:
    model = load_state(effnet.get_variant("b0"), calibrated("b0").state_dict(), origin="b0")
    settings = Preprocessing(112, 96, "bilinear")
    return effnet.Classifier(model, weights="calibrated", preprocessing=settings, device="cpu")


# --- channels


def test_at_the_last_layer_the_channels_add_up_to_the_score(lite0, coffee):
    channels = strongest_channels(lite0, coffee, target=967, number=2000)
    assert len(channels) == 1280
    score = lite0.predict(coffee)[0].logits[967] - float(lite0.model.linear.bias[967])
    assert sum(channel.push for channel in channels) == pytest.approx(score, rel=1e-4)
    pushes = [channel.push for channel in channels]
    assert pushes == sorted(pushes, reverse=True)


def test_at_an_early_layer_a_push_is_the_slope_of_the_score(lite0, coffee):
    """A channel scaled by 1 + e moves the score by e times its push."""
    layer, step = "features.3.1", 1e-3
    (channel,) = strongest_channels(lite0, coffee, layer=layer, target=967, number=1)
    steps = lite0.model.steps()
    cut = [name for name, _ in steps].index(layer) + 1
    with torch.inference_mode():
        x = prepared(lite0, coffee)
        for _, one in steps[:cut]:
            x = one(x)
        np.testing.assert_allclose(channel.values, x[0, channel.index].numpy(), atol=1e-5)
        scores = []
        for sign in (1, -1):
            y = x.clone()
            y[:, channel.index] *= 1 + sign * step
            for _, one in steps[cut:]:
                y = one(y)
            scores.append(float(y[0, 967]))
    slope = (scores[0] - scores[1]) / (2 * step)
    assert channel.push == pytest.approx(slope, rel=0.05)


def test_by_mean_the_class_does_not_matter(lite0, coffee):
    first, second = (
        [c.index for c in strongest_channels(lite0, coffee, target=target, by="mean")]
        for target in (967, 13)
    )
    assert first == second
    with pytest.raises(EffnetError, match="expected one of push, mean"):
        strongest_channels(lite0, coffee, target=0, by="size")


# --- gates


class Forced(SqueezeExcitation):
    """torchvision's squeeze-and-excitation with its gates kept and replaced."""

    force = "as they are"

    def forward(self, x):
        gates = self._scale(x)
        self.seen = gates[0, :, 0, 0].detach().numpy()
        if self.force == "one":
            gates = torch.ones_like(gates)
        if self.force == "mean":
            gates = gates.mean(1, keepdim=True).expand_as(gates)
        return gates * x


def torchvisions(force: str) -> tuple[torch.nn.Module, list[Forced]]:
    model = copy.deepcopy(calibrated("b0"))
    found = [module for module in model.modules() if isinstance(module, SqueezeExcitation)]
    for module in found:
        module.__class__ = Forced
        module.force = force
    return model, found


@pytest.mark.parametrize("force", FORCES)
def test_gates_and_logits_are_torchvisions(force, noise):
    found = look_at_gates(b0(), noise)
    model, modules = torchvisions(force)
    with torch.inference_mode():
        wanted = model(prepared(b0(), noise))[0].numpy()
    np.testing.assert_allclose(found.logits[force], wanted, atol=1e-3 * np.abs(wanted).max())
    assert len(found.gates) == len(modules) == 16
    if force == "as they are":
        for ours, theirs in zip(found.gates, modules, strict=True):
            np.testing.assert_allclose(ours.values, theirs.seen, atol=1e-4)


def test_one_blocks_gates_can_be_forced_alone(noise):
    block = gated_blocks(b0().model)[3]
    found = look_at_gates(b0(), noise, blocks=[block])
    everything = look_at_gates(b0(), noise)
    assert found.forced == (block,)
    assert not np.allclose(found.logits["one"], found.logits["as they are"])
    assert not np.allclose(found.logits["one"], everything.logits["one"])
    np.testing.assert_array_equal(found.logits["as they are"], everything.logits["as they are"])


def test_networks_without_gates_say_so(lite0, coffee, noise):
    with pytest.raises(EffnetError, match="lite0 has no squeeze-and-excitation; B0 to B7"):
        look_at_gates(lite0, coffee)
    with pytest.raises(EffnetError, match=r"no gates in 'features\.8'"):
        look_at_gates(b0(), noise, blocks=["features.8"])


# --- one place


def test_a_place_is_moved_most_near_itself(lite0, coffee):
    found = influence(lite0, coffee, layer="features.3.1", cell=(5, 20))
    assert found.shape == (224, 224)
    assert found.max() == 1
    rows, columns = np.mgrid[:224, :224] + 0.5
    middle = (found * rows).sum() / found.sum(), (found * columns).sum() / found.sum()
    assert middle == pytest.approx((5.5 * 8, 20.5 * 8), abs=8)


def test_a_place_outside_of_the_map_is_refused(lite0, coffee):
    with pytest.raises(EffnetError, match="expected rows 0 to 6 and columns 0 to 6"):
        influence(lite0, coffee, cell=(7, 0))
