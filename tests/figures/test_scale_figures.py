"""Anatomy, promise and comparison draw what their records say."""

import pytest

import effnet
from effnet import figures
from effnet.counting.promise import steps_from_promise
from effnet.network.layer_walk import walk
from effnet.papers import comparison
from effnet.scaling.design import Design


def block(variant: str, operator: str, *, residual: bool = False):
    found = walk(effnet.get_variant(variant))
    return next(b for b in found if b.operator == operator and b.residual >= residual)


def words(figure) -> str:
    return " ".join(note.text for note in figure.layout.annotations)


def test_an_mbconv_is_drawn_from_narrow_to_wide_to_narrow():
    drawn = figures.block_anatomy(block("b0", "mbconv", residual=True), title="Stage 2")
    assert list(drawn.data[0].width) == [24, 144, 144, 24]
    assert list(drawn.data[0].y) == [56, 56, 56, 56]
    assert "the input is added" in words(drawn)
    assert "mean, 144 to 6 to 144" in words(drawn)


def test_a_block_with_a_stride_has_no_skip():
    drawn = figures.block_anatomy(list(walk(effnet.get_variant("b0")))[2], title="Stage 2")
    assert "added" not in words(drawn)
    assert "3x3, /2" in words(drawn)


def test_a_bottleneck_projects_its_shortcut():
    drawn = figures.block_anatomy(block("resnet50", "bottleneck"), title="Stage 1")
    assert list(drawn.data[0].width) == [64, 64, 64, 256]
    assert "projected 1x1" in words(drawn)


@pytest.mark.parametrize("name", effnet.list_variants())
def test_every_block_of_every_network_can_be_taken_apart(name):
    for one in list(walk(effnet.get_variant(name)))[1:-1]:
        drawn = figures.block_anatomy(one, title="x")
        assert all(width > 0 for width in drawn.data[0].width)


def test_the_waterfall_ends_at_the_real_ratio():
    base = effnet.get_variant("b0")
    macs = effnet.count(base).macs
    scaled = effnet.compound_scale(1)
    steps = steps_from_promise(base, depth=1.2, width=1.1, resolution=scaled.resolution)
    (bars,) = figures.promise_to_real(steps, base_macs=macs).data
    *changes, real = bars.x
    assert sum(changes) == pytest.approx(real)
    assert real == pytest.approx(effnet.count(scaled).macs / macs)


def test_designs_are_lines_without_an_accuracy():
    designs = [comparison.pinned(Design(phi=3)), comparison.pinned(Design())]
    drawn = figures.accuracy_against_cost(comparison.rivals(), "macs", designs=designs)
    assert [line.x0 for line in drawn.layout.shapes] == [d.cost.macs / 1e9 for d in designs]
    assert drawn.layout.shapes[-1].line.width > drawn.layout.shapes[0].line.width


def test_names_of_designs_of_like_cost_stand_at_other_ends_of_their_lines():
    designs = [comparison.pinned(Design(phi=phi)) for phi in (1, 0, 1.1, 0.1)]
    drawn = figures.accuracy_against_cost(comparison.rivals(), "macs", designs=designs)
    notes = drawn.layout.annotations
    assert [(note.y, note.yanchor) for note in notes] == [(0, "bottom"), (1, "top")] * 2
    assert [10**note.x for note in notes] == pytest.approx(
        sorted(design.cost.macs / 1e9 for design in designs)
    )


def test_designs_beside_each_other_are_drawn_to_one_scale():
    designs = [comparison.pinned(Design(phi=phi)) for phi in (2, 0)]
    drawn = figures.designs_beside(designs)
    (bars,) = drawn.data
    stages = dict(zip([(s[0], n // 9) for n, s in enumerate(bars.customdata)],
                      zip(bars.width, bars.y, strict=True), strict=True))  # fmt: skip
    assert stages[3, 1] == (40, 28)  # arXiv:1905.11946 Table 1: B0's fourth row, output
    assert stages[3, 0] == (48, 37)  # 40 x 1.1² to multiples of 8; 296 px halved three times
    said = [note.text for note in drawn.layout.annotations]
    assert said[0] == "<b>EfficientNet-B0 at phi 2.00</b>"
    assert said.count("x 1") >= 4


def test_published_networks_are_hollow_diamonds():
    drawn = figures.accuracy_against_cost(comparison.rivals(), "params")
    marks = {t.marker.symbol for t in drawn.data if t.marker.symbol}
    assert marks == {"diamond-open"}
