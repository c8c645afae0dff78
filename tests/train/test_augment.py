"""Regularisation held to its definitions: label mass, areas, drop rates, rescaling, survival."""

import math

import pytest
import torch

import effnet
from effnet.nn.blocks import stochastic_depth
from effnet.train import augment
from effnet.train.schedule import Stage

STAGE = {"number": 0, "first_epoch": 0, "epochs": 1, "exact_size": 32, "size": 32, "dropout": 0}


def stage(*, mixup=0.0, cutmix=0.0, randaugment=0.0):
    return Stage(**STAGE, randaugment=randaugment, mixup=mixup, cutmix=cutmix)


def batch(count=16, side=24):
    torch.manual_seed(0)
    return torch.rand(count, 3, side, side), torch.arange(count) % 5


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_mixup_is_the_weighted_sum(share):
    first, second = torch.rand(3, 8, 8), torch.rand(3, 8, 8)
    mixed = augment.mix(first, second, share)
    assert torch.allclose(mixed, share * first + (1 - share) * second)


@pytest.mark.parametrize(
    "values",
    [{}, {"mixup": 0.2}, {"cutmix": 1.0}, {"mixup": 0.2, "cutmix": 0.2}],
    ids=["none", "mixup", "cutmix", "both"],
)
def test_labels_keep_their_mass(values):
    pictures, labels = augment.mixer(stage(**values), 5)(batch())
    assert labels.shape == (16, 5)
    assert torch.allclose(labels.sum(1), torch.ones(16))
    assert (labels >= 0).all()
    assert pictures.shape == (16, 3, 24, 24)


def test_the_trainers_mixup_mixes_pictures_and_labels_by_one_share():
    pictures, _ = batch()
    mixed, shares = augment.mixer(stage(mixup=1.0), 16)((pictures, torch.arange(16)))
    share = float(shares[0, 0])
    others = shares.clone()
    others[torch.arange(16), torch.arange(16)] = 0
    partner = others.argmax(1)
    assert torch.allclose(mixed, share * pictures + (1 - share) * pictures[partner], atol=1e-6)


def test_the_trainers_cutmix_gives_labels_by_the_real_area():
    pictures = torch.arange(16.0)[:, None, None, None].expand(16, 3, 24, 24).clone()
    mixed, shares = augment.mixer(stage(cutmix=1.0), 16)((pictures, torch.arange(16)))
    for i in range(16):
        kept = float((mixed[i] == i).float().mean())
        assert float(shares[i, i]) == pytest.approx(kept, abs=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_unclipped_box_has_the_area_of_the_definition(share):
    box = augment.cut_box(200, 100, share, (0.5, 0.5))
    assert box.area / 20_000 == pytest.approx(1 - share, abs=0.01)
    side = math.sqrt(1 - share)
    assert box.bottom - box.top == pytest.approx(200 * side, abs=1)


def test_a_clipped_box_gives_the_label_of_what_is_left():
    first, second = torch.zeros(3, 40, 40), torch.ones(3, 40, 40)
    box = augment.cut_box(40, 40, 0.5, (0.0, 0.0))
    mixed, share = augment.cut_mix(first, second, box)
    assert share == pytest.approx(1 - float(mixed.mean()))
    assert share > 0.5  # the border took three quarters of the box


def test_randaugment_leaves_pictures_alone_at_zero_and_changes_them_above():
    pictures = (batch(4)[0] * 255).byte()
    assert augment.rand_augment(pictures, 0) is pictures
    torch.manual_seed(1)
    changed = augment.rand_augment(pictures, 20)
    assert changed.shape == pictures.shape
    assert changed.dtype == torch.uint8
    assert not torch.equal(changed, pictures)


def test_randaugment_changes_more_at_a_higher_magnitude():
    pictures = (batch(32)[0] * 255).byte()
    moved = []
    for magnitude in (2, 28):
        torch.manual_seed(0)
        changed = augment.rand_augment(pictures, magnitude)
        moved.append(float((changed.float() - pictures.float()).abs().mean()))
    assert moved[1] > 1.5 * moved[0]


@pytest.mark.parametrize("magnitude", [-1, 31, 99])
def test_a_magnitude_off_the_scale_is_refused(magnitude):
    with pytest.raises(effnet.EffnetError, match="0 to 30"):
        augment.rand_augment(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), magnitude)


# --- DropBlock


@pytest.mark.parametrize(("side", "block", "keep"), [(28, 7, 0.9), (14, 3, 0.8), (8, 8, 0.5)])
def test_dropblocks_gamma_is_the_papers(side, block, keep):
    expected = (1 - keep) / block**2 * side**2 / (side - block + 1) ** 2
    assert augment.seed_rate(side, block, keep) == pytest.approx(expected)


def test_a_single_seed_zeroes_one_square():
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        mask = augment.block_mask(16, 5, 0.98, generator=generator)
        holes = (mask == 0).nonzero()
        if len(holes) == 25:
            low, high = holes.min(0).values, holes.max(0).values
            assert (high - low).tolist() == [4, 4]
            return
    pytest.fail("no draw with a single block")


def test_dropblock_drops_about_what_it_should():
    """gamma ignores overlaps, so a little less than 1 - keep is dropped."""
    generator = torch.Generator().manual_seed(0)
    masks = [augment.block_mask(28, 5, 0.9, generator=generator) for _ in range(400)]
    dropped = 1 - float(torch.stack(masks).mean())
    assert 0.08 < dropped < 0.105


def test_dropblock_of_one_pixel_is_dropout():
    generator = torch.Generator().manual_seed(0)
    masks = [augment.block_mask(20, 1, 0.7, generator=generator) for _ in range(200)]
    assert 1 - float(torch.stack(masks).mean()) == pytest.approx(0.3, abs=0.01)


def test_dropblock_scales_the_rest_so_that_the_sum_stays():
    generator = torch.Generator().manual_seed(0)
    x = torch.ones(8, 4, 14, 14)
    y = augment.drop_block(x, 3, 0.8, generator=generator)
    assert float(y.mean()) == pytest.approx(1.0)
    kept = y[y != 0]
    assert torch.allclose(kept, kept[0].expand_as(kept))
    assert float(kept[0]) > 1


def test_a_block_larger_than_the_map_is_refused():
    with pytest.raises(effnet.EffnetError, match="expected 1 to 7"):
        augment.seed_rate(7, 8, 0.9)


# --- stochastic depth and dropout


def test_survival_is_the_released_codes_rule():
    found = augment.survivals(effnet.get_variant("b0"))
    assert len(found) == 16
    assert sum(block.skip for block in found) == 9
    for i, block in enumerate(found):
        assert block.drop_rate == pytest.approx(0.2 * i / 16 if block.skip else 0)


def test_survival_is_what_the_built_network_does():
    network = effnet.build(effnet.get_variant("b0"))
    for block in augment.survivals(effnet.get_variant("b0")):
        if block.skip:
            module = network.get_submodule(block.name).stochastic_depth
            assert module.p == pytest.approx(block.drop_rate)


def test_a_dropped_branch_is_zero_and_a_kept_one_scaled_by_its_survival():
    torch.manual_seed(0)
    module = stochastic_depth(0.3).train()
    y = module(torch.ones(20_000, 1, 1, 1)).flatten()
    assert y.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert float((y == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert float(y.mean()) == pytest.approx(1.0, abs=0.02)


def test_a_schedule_sets_the_dropout_of_the_classifier_only():
    network = effnet.build(effnet.get_variant("b0"))
    augment.set_dropout(network, 0.37)
    rates = [m.p for m in network.modules() if isinstance(m, torch.nn.Dropout)]
    assert rates == [0.37]
