"""A design goes into a link and comes back; nonsense in a link is named, never fatal."""

import contextlib
import dataclasses
import random

import pytest

import effnet
from effnet.base import EffnetError
from effnet.network.variants import get_variant, list_variants
from effnet.scaling import search
from effnet.scaling.design import BASES, RANGES, Design, from_query
from effnet.scaling.search import Limits

DESIGNS = {
    "default": Design(),
    "formula": Design(base="v2_s", phi=2.35, alpha=1.31, beta=1.07, gamma=1.2),
    "free": Design(mode="free", base="resnet50", depth=1.5, width=0.75, resolution=192),
    "released": Design(mode="released", released="lite4"),
    "edited": Design(mode="released", released="b4").edited(
        blocks="r1_k3_s1_e1_i24_o16,r2_k5_s2_e4_i16_o32_se0.25_c1", own_resolution=200, own_head=640
    ),
    "edited, not yet": Design(base="v2_s", phi=2.35, alpha=1.31, beta=1.07, gamma=1.2).begun(),
    "edited from free": Design(mode="free", depth=1.5, width=0.75).edited(own_resolution=192),
    "edited from ResNet": Design(base="resnet50", phi=0.5).edited(own_resolution=192),
}


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_a_link_brings_the_same_network_back(design):
    again, notes = from_query(design.to_query())
    assert notes == []
    assert again.spec() == design.spec()


def test_the_default_design_leaves_the_link_empty():
    assert Design().to_query() == {}


def test_a_link_has_nothing_that_its_mode_does_not_use():
    assert Design(mode="released", released="b4", phi=3).to_query() == {
        "mode": "released",
        "released": "b4",
    }


@pytest.mark.parametrize(
    ("query", "field", "value", "word"),
    [
        ({"phi": "999"}, "phi", RANGES["phi"].high, "set to 8"),
        ({"phi": "-inf"}, "phi", RANGES["phi"].low, "set to -1"),
        ({"phi": "nan"}, "phi", 1.0, "not a number"),
        ({"phi": "<script>"}, "phi", 1.0, "not a number"),
        ({"base": "vgg"}, "base", "b0", "vgg"),
        ({"mode": ""}, "mode", "formula", "not one of"),
        ({"resolution": "1e9"}, "resolution", 1024, "set to 1024"),
        ({"released": "b9"}, "released", "b0", "b9"),
        ({"mode": "edited", "blocks": "r1_k3"}, "blocks", "", "stage 1, 'r1_k3'"),
        ({"mode": "edited", "blocks": "x" * 9999}, "blocks", "", "longer than 2,000"),
        ({"mode": "edited", "blocks": "r1_k3_s1_e1_i8_o8 " * 41}, "blocks", "", "the limit is 40"),
        ({"mode": "edited", "origin": "vgg~p1"}, "origin", "b0", "'vgg'"),
        ({"mode": "edited", "origin": "b0~x1"}, "origin", "b0", "'x1'"),
        ({"mode": "edited", "origin": "b0~p99"}, "origin", "b0", "set to 8"),
        ({"mode": "edited", "origin": "b0~p1~d2"}, "origin", "b0", "mixes"),
        ({"mode": "edited", "origin": "v2_s~p8~a2"}, "origin", "b0", "10,240 blocks"),
        ({"own_resolution": "1e9"}, "own_resolution", 1024, "set to 1024"),
        ({"own_head": "-inf"}, "own_head", 8, "set to 8"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_cannot_be_used_is_clamped_or_left_out_and_named(query, field, value, word):
    design, notes = from_query(query)
    assert getattr(design, field) == value
    assert len(notes) == 1
    assert word in notes[0]


def test_any_link_opens():
    """2,000 random and hostile queries: a design that gives a network, or one clear message."""
    generator = random.Random(7)
    texts = [
        "",
        "nan",
        "inf",
        "-inf",
        "1e308",
        "-1",
        "0",
        "7",
        "0x10",
        "b0",
        "🙂",
        "'; drop",
        "a" * 999,
        "b0~p1~a1.3",
        "b0~d~w",
        "r1_k3_s1_e1_i32_o16",
        "r9999_k3_s1_e1_i99999999_o99999999",
    ]
    keys = [*(f.name for f in dataclasses.fields(Design)), "embed", "utm_source", "__proto__"]
    for _ in range(2000):
        query = {
            generator.choice(keys): generator.choice(
                [*texts, *BASES, *list_variants(), str(generator.uniform(-1e3, 1e3))]
            )
            for _ in range(generator.randrange(8))
        }
        design, _ = from_query(query)
        with contextlib.suppress(EffnetError):  # what is past the limits says so
            assert design.spec().blocks >= 1


def test_the_base_of_a_released_network_is_the_first_of_its_family():
    assert Design(mode="released", released="b5").base_spec == get_variant("b0")
    assert Design(mode="released", released="v2_l").base_spec == get_variant("v2_s")


# --- an edit ------------------------------------------------------------------------------------

BLOCKS = "r1_k3_s1_e1_i32_o16,r2_k3_s2_e6_i16_o24"
EDITED = Design(phi=1.5, alpha=1.3).edited(blocks=BLOCKS)


def test_an_edit_keeps_what_block_strings_leave_out():
    spec, start = EDITED.spec(), Design(phi=1.5, alpha=1.3).spec()
    assert [stage.channels for stage in spec.stages] == [16, 24]
    assert (spec.resolution, spec.head_channels, spec.norm_eps) == (
        start.resolution,
        start.head_channels,
        start.norm_eps,
    )
    assert EDITED.base_spec == dataclasses.replace(start, name="the start")
    assert EDITED.title == "Your own, from EfficientNet-B0 at phi 1.50"


@pytest.mark.parametrize(
    "moved",
    [
        {"mode": "formula", "phi": 3.0},
        {"mode": "formula", "base": "resnet50"},
        {"mode": "free", "depth": 2.0, "resolution": 64},
        {"mode": "released", "released": "l2"},
    ],
    ids=str,
)
def test_sliders_of_other_modes_leave_the_edit_alone(moved):
    elsewhere = dataclasses.replace(EDITED, **moved)
    assert elsewhere.spec() != EDITED.spec()
    assert elsewhere.begun().spec() == EDITED.spec()


def test_editing_another_network_begins_anew():
    other = dataclasses.replace(EDITED, mode="released", released="b4").edited(own_head=640)
    assert (other.origin, other.blocks) == ("b4", "")
    assert other.spec().stages == get_variant("b4").stages


@pytest.mark.parametrize(
    "start",
    [Design(phi=1.5, alpha=1.3), Design(mode="free", depth=2.0), Design(mode="released")],
    ids=lambda design: design.mode,
)
def test_reset_goes_back_to_what_the_edit_began_from(start):
    moved_since = dataclasses.replace(start.edited(blocks=BLOCKS), phi=4.0, depth=3.0)
    assert moved_since.unedited().spec() == start.spec()
    assert not moved_since.unedited().has_edit


def test_the_longest_edit_fits_into_a_link():
    blocks = ",".join(["r999_k11_s2_e64_i100000_o100000_se0.0625_c1"] * 40)
    query = Design(mode="released").edited(blocks=blocks).to_query()
    assert len(query["blocks"]) <= 2000
    assert all(letter.isalnum() or letter in "_.," for letter in query["blocks"])


@pytest.mark.parametrize("link", ["?phi=1", "mode=formula&phi=1", "http://localhost:8501/?phi=1"])
def test_whatever_takes_a_network_takes_a_link(link):
    spec = effnet.compound_scale(1)
    assert effnet.count(link) == effnet.count(spec)
    assert effnet.compare(link, "b0").specs[0] == spec
    assert effnet.scale(link, depth=2) == effnet.scale(spec, depth=2)
    assert effnet.compound_scale(1, base=link) == effnet.compound_scale(1, base=spec)
    assert effnet.implied_phi(link) == effnet.implied_phi(spec)
    assert effnet.sweep(link, depth=[1, 2]) == effnet.sweep(spec, depth=[1, 2])
    limits = Limits(macs=10**9)
    assert search.solve(link, limits).best == search.solve(spec, limits).best
    assert effnet.explore(link).spec == spec


@pytest.mark.parametrize("link", ["?phi=99", "?base=vgg"])
def test_a_link_that_says_no_network_is_refused_wherever_one_is_taken(link):
    for take in (effnet.count, effnet.compare, effnet.sweep, effnet.implied_phi):
        with pytest.raises(effnet.EffnetError, match=r"phi 99|base 'vgg'"):
            take(link)
