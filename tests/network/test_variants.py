"""The published networks against the papers' tables and the released code's numbers."""

import pytest
from oracles import TORCHVISION, expected, torchvision_on_meta
from torch import nn

import effnet
from effnet.base import EffnetError
from effnet.network.spec import OPERATORS
from effnet.network.variants import FAMILIES, display_name, every_variant

FAMILY_ROWS = expected("family")
EFFICIENTNETS = ("v1", "v2", "lite", "edgetpu")
LABELS = {label: name for name, label in OPERATORS.items()}


def by_variant(row: dict[str, str]) -> str:
    return row["variant"]


@pytest.mark.parametrize("row", FAMILY_ROWS, ids=by_variant)
def test_sizes_and_rates_are_the_released_ones(row):
    spec = effnet.get_variant(row["variant"])
    assert spec.resolution == int(row["resolution"])
    assert spec.blocks == int(row["blocks"])
    assert spec.stem_channels == int(row["stem_channels"])
    assert spec.head_channels == int(row["head_channels"])
    assert spec.dropout == float(row["dropout"])
    assert spec.stochastic_depth == 0.2


def test_every_variant_of_the_efficientnets_has_a_row():
    rows = {row["variant"] for row in FAMILY_ROWS}
    named = {name for f in EFFICIENTNETS for name in effnet.list_variants(f)}
    assert rows == named


def test_b0_is_table_1_of_the_paper():
    _, *rows, _ = expected("b0_stages")
    stages = effnet.get_variant("b0").stages
    assert len(stages) == len(rows)
    for stage, row in zip(stages, rows, strict=True):
        assert stage.operator == LABELS[row["block_type"]]
        assert stage.kernel == int(row["kernel"])
        assert stage.stride == int(row["stride"])
        assert stage.expand_ratio == float(row["expand_ratio"])
        assert stage.channels == int(row["output_channels"])
        assert stage.repeats == int(row["layers"])
        assert stage.se_ratio == float(row["se_ratio"])


@pytest.mark.parametrize("variant", effnet.list_variants("v2"))
def test_v2_stages_are_the_released_ones(variant):
    stem, *rows, head = [row for row in expected("v2_stages") if row["variant"] == variant]
    spec = effnet.get_variant(variant)
    assert spec.stem_channels == int(stem["output_channels"])
    assert spec.head_channels == int(head["output_channels"])
    found = [
        (s.operator, s.expand_ratio, s.kernel, s.stride, s.channels, s.repeats, s.se_ratio)
        for s in spec.stages
    ]
    assert found == [
        (
            LABELS[row["operator"]],
            float(row["expand_ratio"]),
            int(row["kernel"]),
            int(row["stride"]),
            int(row["output_channels"]),
            int(row["layers"]),
            float(row["se_ratio"] or 0),
        )
        for row in rows
    ]


@pytest.mark.parametrize("name", TORCHVISION)
def test_norm_and_dropout_are_torchvisions(name):
    spec, model = effnet.get_variant(name), torchvision_on_meta(name)
    norms = {(m.eps, m.momentum) for m in model.modules() if isinstance(m, nn.BatchNorm2d)}
    assert norms == {(spec.norm_eps, spec.norm_momentum)}
    rates = {m.p for m in model.modules() if isinstance(m, nn.Dropout)}
    assert rates == ({spec.dropout} if spec.dropout else set())


def test_families_keep_the_published_order():
    assert effnet.list_variants("v1") == [*(f"b{i}" for i in range(9)), "l2"]
    assert effnet.list_variants("v2") == [
        *(f"v2_{size}" for size in ("s", "m", "l", "xl")),
        *(f"v2_b{i}" for i in range(4)),
    ]
    assert effnet.list_variants("lite") == [f"lite{i}" for i in range(5)]
    assert effnet.list_variants("mobilenet") == ["mobilenet_v1", "mobilenet_v2"]
    assert effnet.list_variants("resnet") == ["resnet50"]
    assert effnet.list_variants() == [n for f in FAMILIES for n in effnet.list_variants(f)]


def test_networks_of_no_paper_are_listed_where_they_are_asked_for():
    assert effnet.list_variants("edgetpu") == ["es", "em", "el"]
    assert not set(effnet.list_variants("edgetpu")) & set(effnet.list_variants())
    assert set(every_variant()) == {*effnet.list_variants(), "es", "em", "el"}
    small = effnet.get_variant("es")
    assert effnet.Spec.from_dict(small.to_dict()) == small
    for name in ("efficientnet-edgetpu-S", "efficientnet_es", "edgetpu_s", "ES"):
        assert effnet.get_variant(name) is small


@pytest.mark.parametrize("name", effnet.list_variants())
def test_a_variant_answers_to_its_own_name(name):
    assert effnet.get_variant(name).name == name
    assert effnet.get_variant(f"  {name.upper().replace('_', '-')} ").name == name


@pytest.mark.parametrize("name", [n for n in TORCHVISION if n not in ("mobilenet_v2", "resnet50")])
def test_torchvisions_names_work_too(name):
    assert effnet.get_variant(f"efficientnet_{name}") is effnet.get_variant(name)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("b9", "b0"), ("v2s", "v2_s"), ("resnet", "resnet50"), ("lite9", "lite0")],
)
def test_an_unknown_variant_hears_the_nearest_names(wrong, near):
    with pytest.raises(EffnetError, match=rf"unknown variant '{wrong}'; did you mean .*{near}"):
        effnet.get_variant(wrong)


def test_a_pruned_network_of_other_channels_is_none_of_these():
    """timm's es_pruned and el_pruned are es and el with zeros; its b1_pruned has fewer channels."""
    assert effnet.get_variant("efficientnet_es_pruned") == effnet.get_variant("efficientnet_es")
    with pytest.raises(EffnetError, match="unknown variant 'efficientnet_b1_pruned'"):
        effnet.get_variant("efficientnet_b1_pruned")


@pytest.mark.parametrize("wrong", ["", "vgg16", "../b0", None, 7])
def test_an_unknown_variant_hears_all_names(wrong):
    with pytest.raises(EffnetError, match=rf"unknown variant {wrong!r}.*b0, b1, .*resnet50"):
        effnet.get_variant(wrong)


def test_an_unknown_family_is_refused():
    wanted = r"unknown family 'v3'; did you mean v2, v1\? expected one of v1, v2"
    with pytest.raises(EffnetError, match=wanted):
        effnet.list_variants("v3")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("b0", "EfficientNet-B0"),
        ("l2", "EfficientNet-L2"),
        ("v2_xl", "EfficientNetV2-XL"),
        ("v2_b3", "EfficientNetV2-B3"),
        ("lite4", "EfficientNet-Lite4"),
        ("el", "EfficientNet-EdgeTPU-L"),
        ("mobilenet_v1", "MobileNetV1"),
        ("resnet50", "ResNet-50"),
        ("b0 d2 w1 r224", "b0 d2 w1 r224"),
    ],
)
def test_names_are_shown_as_the_papers_write_them(name, shown):
    assert display_name(name) == shown
