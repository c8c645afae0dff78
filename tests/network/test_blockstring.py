"""Block strings: those of the released code are our variants, and wrong ones are named."""

import contextlib
import random
from dataclasses import replace

import pytest

import effnet
from effnet.network.block_strings import (
    MAX_STAGES,
    MAX_TEXT,
    read_block_strings,
)
from effnet.scaling import from_block_strings, to_block_strings

# google/automl, efficientnetv2/effnetv2_configs.py
AUTOML = {
    "b0": """
        r1_k3_s1_e1_i32_o16_se0.25   r2_k3_s2_e6_i16_o24_se0.25   r2_k5_s2_e6_i24_o40_se0.25
        r3_k3_s2_e6_i40_o80_se0.25   r3_k5_s1_e6_i80_o112_se0.25  r4_k5_s2_e6_i112_o192_se0.25
        r1_k3_s1_e6_i192_o320_se0.25
    """,
    "v2_b0": """
        r1_k3_s1_e1_i32_o16_c1       r2_k3_s2_e4_i16_o32_c1       r2_k3_s2_e4_i32_o48_c1
        r3_k3_s2_e4_i48_o96_se0.25   r5_k3_s1_e6_i96_o112_se0.25  r8_k3_s2_e6_i112_o192_se0.25
    """,
    "v2_s": """
        r2_k3_s1_e1_i24_o24_c1       r4_k3_s2_e4_i24_o48_c1       r4_k3_s2_e4_i48_o64_c1
        r6_k3_s2_e4_i64_o128_se0.25  r9_k3_s1_e6_i128_o160_se0.25 r15_k3_s2_e6_i160_o256_se0.25
    """,
    "v2_m": """
        r3_k3_s1_e1_i24_o24_c1       r5_k3_s2_e4_i24_o48_c1       r5_k3_s2_e4_i48_o80_c1
        r7_k3_s2_e4_i80_o160_se0.25  r14_k3_s1_e6_i160_o176_se0.25
        r18_k3_s2_e6_i176_o304_se0.25                             r5_k3_s1_e6_i304_o512_se0.25
    """,
    "v2_l": """
        r4_k3_s1_e1_i32_o32_c1       r7_k3_s2_e4_i32_o64_c1       r7_k3_s2_e4_i64_o96_c1
        r10_k3_s2_e4_i96_o192_se0.25 r19_k3_s1_e6_i192_o224_se0.25
        r25_k3_s2_e6_i224_o384_se0.25                             r7_k3_s1_e6_i384_o640_se0.25
    """,
    "v2_xl": """
        r4_k3_s1_e1_i32_o32_c1       r8_k3_s2_e4_i32_o64_c1       r8_k3_s2_e4_i64_o96_c1
        r16_k3_s2_e4_i96_o192_se0.25 r24_k3_s1_e6_i192_o256_se0.25
        r32_k3_s2_e6_i256_o512_se0.25                             r8_k3_s1_e6_i512_o640_se0.25
    """,
}
# tensorflow/tpu, models/official/efficientnet/efficientnet_builder.py
TPU_B0 = (
    "r1_k3_s11_e1_i32_o16_se0.25",
    "r2_k3_s22_e6_i16_o24_se0.25",
    "r2_k5_s22_e6_i24_o40_se0.25",
    "r3_k3_s22_e6_i40_o80_se0.25",
    "r3_k5_s11_e6_i80_o112_se0.25",
    "r4_k5_s22_e6_i112_o192_se0.25",
    "r1_k3_s11_e6_i192_o320_se0.25",
)
SAYABLE = [name for name in effnet.list_variants() if name not in ("mobilenet_v1", "resnet50")]
B0 = effnet.get_variant("b0")


@pytest.mark.parametrize("name", AUTOML)
def test_the_released_strings_are_the_variant(name):
    spec = effnet.get_variant(name)
    other_stages = replace(spec, stages=spec.stages[:1], stem_channels=8)
    read = from_block_strings(AUTOML[name], base=other_stages, name=spec.name)
    assert read.stages == spec.stages
    assert read == spec


@pytest.mark.parametrize("name", AUTOML)
def test_the_variant_is_written_as_the_released_strings(name):
    assert list(to_block_strings(effnet.get_variant(name))) == AUTOML[name].split()


def test_the_first_releases_notation_is_read_and_written():
    assert from_block_strings("\n".join(TPU_B0), base=B0) is B0
    assert to_block_strings(B0, dialect="v1") == TPU_B0


@pytest.mark.parametrize("name", SAYABLE)
@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_what_is_written_reads_back_as_the_same_network(name, dialect):
    spec = effnet.get_variant(name)
    text = ",".join(to_block_strings(spec, dialect=dialect))
    assert from_block_strings(text, base=spec) == spec


@pytest.mark.parametrize(
    ("name", "word"), [("mobilenet_v1", "depthwise separable"), ("resnet50", "bottleneck")]
)
def test_what_the_notation_can_not_say_is_refused(name, word):
    with pytest.raises(effnet.EffnetError, match=f"no word for the {word} stages"):
        to_block_strings(effnet.get_variant(name))


def test_what_strings_leave_out_comes_from_the_base():
    text = AUTOML["b0"].replace("_se0.25", "")
    lite = from_block_strings(text, base=effnet.get_variant("lite0"))
    assert lite == effnet.get_variant("lite0")
    assert (lite.activation, lite.padding, lite.norm_eps) == ("relu6", "same", 1e-3)
    mine = from_block_strings(text, base=B0, resolution=160, head_channels=640)
    assert (mine.name, mine.activation, mine.norm_eps) == ("b0 edited", "silu", 1e-5)
    assert (mine.resolution, mine.head_channels) == (160, 640)
    assert effnet.count(mine, resolution=224).params < effnet.count(B0).params


def test_a_network_with_more_stages_scales_as_its_family_does():
    lite0 = effnet.get_variant("lite0")
    text = f"{AUTOML['b0']} r1_k3_s1_e6_i320_o320".replace("_se0.25", "")
    stages = from_block_strings(text, base=lite0).stages
    assert [stage.scales_depth for stage in stages] == [False, *[True] * 6, False]


def test_in_a_family_of_inverted_residuals_squeeze_makes_an_mbconv():
    base = effnet.get_variant("mobilenet_v2")
    read = from_block_strings(
        "r1_k3_s1_e1_i32_o16 r2_k3_s2_e6_i16_o24_se0.25 r2_k3_s2_e6_i24_o32_c1", base=base
    )
    assert [s.operator for s in read.stages] == ["inverted_residual", "mbconv", "fused_mbconv"]


def test_tokens_of_the_mobile_networks_change_nothing_and_are_named():
    reading = read_block_strings("r1_k3_s11_e4_i24_o24_c1_noskip,r1_k3_s1_e8_i24_o40_c0_f0")
    assert reading.problems == ()
    assert [block.fused for block in reading.blocks] == [True, False]
    (note,) = reading.notes
    assert "stage 1" in note
    assert "noskip" in note


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["no block strings"]),
        ("hello", ["stage 1", "'hello'", "no token"]),
        ("r1_k4_s1_e1_i32_o16", ["kernel 4", "odd"]),
        ("r1_k3_s3_e1_i32_o16", ["s3", "s1 or s2"]),
        ("r1_k3_s12_e1_i32_o16", ["s12", "s1 or s2"]),
        ("r1_k3_s1_e1_i32_o0", ["channels 0", "1 to 10,000,000"]),
        ("r1_k3_s1_e1_i0_o16", ["input channels 0"]),
        ("r0_k3_s1_e1_i32_o16", ["blocks in a stage 0"]),
        ("r1_k3_s1_e99_i32_o16", ["expansion 99"]),
        ("r1_k3_s1_e1_i32_o16_se2", ["squeeze ratio 2"]),
        ("r1_k3_s1_e1_i32_o16_c2", ["c2", "c1 (Fused-MBConv)"]),
        ("r1_k3_s1_e1_i32", ["without o (channels)"]),
        ("r1_r2_k3_s1_e1_i32_o16", ["r is there twice"]),
        ("r1_k3_s1_e1_i32_o1.5", ["o1.5", "whole number"]),
        ("r1_k3_s1_e1_i32_o16 " * (MAX_STAGES + 1), [f"the limit is {MAX_STAGES}"]),
        ("x" * (MAX_TEXT + 1), ["longer than 2,000"]),
        ("r1_k3_s1_e1_i٣_o16", ["no token"]),
        ("r9999_k3_s1_e1_i8_o8 r9999_k3_s1_e1_i8_o8", ["19,998 blocks"]),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_wrong_string_is_named_with_what_is_wrong(text, words):
    with pytest.raises(effnet.EffnetError) as error:
        from_block_strings(text, base=B0)
    assert [word for word in words if word not in str(error.value)] == []
    assert len(str(error.value)) < 400


def test_channels_that_do_not_follow_are_named():
    reading = read_block_strings("r1_k3_s1_e1_i32_o16,r1_k3_s1_e6_i24_o24,r1_k3_s1_e6_i24_o32")
    (problem,) = reading.problems
    assert "stage 2" in problem
    assert "i24 does not follow the stage before, which ends with o16" in problem


def test_every_wrong_string_is_named():
    problems = read_block_strings("r1_k3 r1_k3_s1_e1_i32_o16 r1_k2_s1_e1_i16_o16").problems
    assert [problem[:7] for problem in problems] == ["stage 1", "stage 3"]


def test_nonsense_is_a_users_mistake_and_nothing_else():
    generator = random.Random(5)
    alphabet = "rkseiocf_0123456789.,\n -٣é'"
    for _ in range(2000):
        text = "".join(generator.choices(alphabet, k=generator.randrange(60)))
        with contextlib.suppress(effnet.EffnetError):
            assert from_block_strings(text, base=B0).blocks >= 1


@pytest.mark.parametrize(("fused", "printed"), [(5, 43.4e6), (7, 132.0e6)])
def test_fusing_stages_of_b4_costs_the_parameters_that_the_paper_prints(fused, printed):
    """arXiv:2104.00298 Table 3, EfficientNet-B4 with Fused-MBConv in stages 1 to 5 and 1 to 7."""
    b4 = effnet.get_variant("b4")
    text = [
        string.replace("_se0.25", "_c1") if number < fused else string
        for number, string in enumerate(to_block_strings(b4))
    ]
    params = effnet.count(from_block_strings(" ".join(text), base=b4)).params
    assert params == pytest.approx(printed, rel=0.004)
