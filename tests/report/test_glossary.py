"""The glossary: a picture for every term, true numbers in the pictures, terms found in prose."""

import re
from xml.etree import ElementTree

import pytest
from parity import in_node

import effnet
from effnet.app.kit import live
from effnet.base import colours
from effnet.base.language import say, speaking
from effnet.figures.term_pictures import PICTURES, term_picture
from effnet.report import glossary


def written(key):
    """The numbers and signs that stand in a picture."""
    return [text for text in ElementTree.fromstring(term_picture(key)).itertext() if text.strip()]


def test_every_term_has_a_picture_and_every_picture_a_term():
    assert glossary.terms().keys() == PICTURES.keys()


@pytest.mark.parametrize("key", glossary.terms())
def test_a_picture_is_whole_and_without_words(key):
    assert len(list(ElementTree.fromstring(term_picture(key)))) >= 2
    assert re.findall(r"[A-Za-z]{2,}", " ".join(written(key))) == []


def test_the_pictures_numbers_are_the_papers():
    assert written("mbconv") == ["40", "240", "240", "40"]  # arXiv:1905.11946 Table 1, stage 4
    assert written("fused") == ["48", "192", "48"]  # arXiv:2104.00298 Table 4, stage 2
    assert written("params") == ["3 x 3 x 144 = 1,296"]  # 9 weights for each of 6 x 24 channels
    assert "4,064,256" in written("macs")  # 1,296 at each of 56 x 56 places
    assert "451,584" in written("activations")  # 144 x 56 x 56
    assert written("progressive") == ["128", "185", "243", "300"]  # arXiv:2104.00298 Table 6
    assert {"1.20", "1.21", "1.32", "1.92"} <= set(written("coefficients"))
    assert written("receptive") == ["7", "5", "3", "1"]


def test_the_shares_of_the_softmax_are_e_to_the_logit_over_their_sum():
    assert written("logit")[1::2] == ["9 %", "65 %", "24 %", "2 %"]  # e^2, e^4, e^3, e^0.5 of 83.7


def test_a_picture_for_one_page_has_that_pages_colours():
    both = term_picture("skip")
    assert "light-dark(#1A1C22, #FAFAFA)" in both
    with colours.on_page(dark=False):
        light = term_picture("skip")
    with colours.on_page(dark=True):
        dark = term_picture("skip")
    assert "light-dark" not in light + dark
    assert ("#1A1C22" in light, "#FAFAFA" in light) == (True, False)
    assert ("#1A1C22" in dark, "#FAFAFA" in dark) == (False, True)


def test_no_picture_of_an_unknown_term():
    wanted = r"unknown term 'espresso'; did you mean progressive\? expected one of compound"
    with pytest.raises(effnet.EffnetError, match=wanted):
        term_picture("espresso")


def test_terms_are_found_in_prose_in_their_order():
    said = "Depthwise convolutions have few MACs; the Fused-MBConv block has more parameters."
    keys = [term.key for term in glossary.used_in(said)]
    assert keys == ["depthwise", "macs", "fused", "mbconv", "stage", "params"]
    assert glossary.used_in("A phial of adeptness") == ()


def named(text, language="en"):
    """Where the page marks terms in a sentence: `[what stands there](term)`."""
    known = glossary.terms().values()
    terms = [{"key": term.key, "spot": term.spot_in(language)} for term in known]
    find = f"({{ text, terms }}) => {{ {live.read('terms.js')} return placesOf(text, terms); }}"
    told = text
    for start, end, term in reversed(in_node(find, {"text": text, "terms": terms})):
        told = f"{told[:start]}[{told[start:end]}]({term['key']}){told[end:]}"
    return told


def test_a_term_is_marked_where_a_sentence_first_names_it_and_the_longest_counts():
    said = "At phi 2 the Fused-MBConv layers spend 1 G MACs; phi and stochastic depth stay."
    assert named(said) == (
        "At [phi](compound) 2 the [Fused-MBConv](fused) layers spend 1 G [MACs](macs); "
        "phi and [stochastic depth](stochastic) stay."
    )
    assert named("A phial of adeptness") == "A phial of adeptness"
    assert named("phi 为 2 时乘加次数是 1 G，通道更多。", "zh") == (
        "[phi](compound) 为 2 时[乘加次数](macs)是 1 G，[通道](width)更多。"
    )


def test_a_term_is_told_in_chinese():
    with speaking("zh"):
        assert say(glossary.terms()["stride"].name) == "步长"
