"""Records show themselves: HTML with nothing unescaped, plain text with the same numbers."""

import re

import pytest
from IPython.core.formatters import DisplayFormatter

import effnet
from effnet.base.rich import Card, as_html, as_text
from effnet.timing.measurements import Environment, Latency
from effnet.timing.options import Options

MACHINE = Environment("cpu", "a processor", 2, 0.1, "2", "3.11", "Linux", "2026-01-01")


@pytest.fixture(scope="module")
def records(lite0, coffee):
    spec = effnet.get_variant("b0")
    return {
        "spec": (spec, ("112x112", "1280")),
        "cost": (effnet.count(spec), ("0.386 G", "91,528,224")),
        "compare": (effnet.compare("b0", "b1"), ("EfficientNet-B1", "1.78 x")),
        "latency": (
            Latency("b0", (20.0, 21.0, 22.0), Options(resolution=224), None, MACHINE),
            ("21.0 ms", "3 passes", "a processor"),
        ),
        "prediction": (lite0.predict([coffee])[0], ("espresso", "95.7 %")),
        "explanation": (lite0.explain(coffee), ("espresso", "gradcam", "features.8")),
    }


@pytest.mark.parametrize(
    "name", ["spec", "cost", "compare", "latency", "prediction", "explanation"]
)
def test_a_record_shows_its_numbers_in_both_ways(records, name):
    record, expected = records[name]
    shown, _ = DisplayFormatter().format(record)
    for text in expected:
        assert text in shown["text/html"]
        assert text in shown["text/plain"]
    assert str(record) == shown["text/plain"]
    assert shown["text/html"].count("<div") == shown["text/html"].count("</div>")


def test_an_explanation_brings_its_pictures(records):
    html = records["explanation"][0]._repr_html_()
    assert len(re.findall(r'src="data:image/jpeg;base64,', html)) == 2
    assert len(html) < 200_000


def test_text_is_escaped():
    evil = '<script>&"'
    card = Card(evil, (evil,), (evil,), ((evil,),), (0.5,), ((evil, evil),), (evil,))
    assert "<script" not in as_html(card)
    assert as_html(card).count("&lt;script&gt;") == 8  # the alt text stands twice, the address once


def test_columns_line_up():
    lines = as_text(Card("t", columns=("a", "bb"), rows=(("x", "1"), ("yyy", "22")))).splitlines()
    assert lines == ["t", "a    bb", "x     1", "yyy  22"]


def test_a_comparison_is_held_to_its_first():
    rows = effnet.compare("b0", "b1", effnet.compound_scale(1)).as_rows()
    assert [row["macs"] for row in rows] == [
        effnet.count(spec).macs
        for spec in (effnet.get_variant("b0"), effnet.get_variant("b1"), effnet.compound_scale(1))
    ]
    assert rows[0]["macs_ratio"] == 1
    with pytest.raises(effnet.EffnetError, match="nothing to compare"):
        effnet.compare()


def test_a_table_without_titles_has_no_empty_head():
    card = Card(columns=("", ""), rows=(("made by", "effnet"),))
    assert "<thead>" not in as_html(card)
    assert as_text(card) == "made by  effnet"
