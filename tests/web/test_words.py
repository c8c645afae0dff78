"""The explorer writes numbers, sentences and links as Python does, in both languages."""

import random
from dataclasses import asdict

import parity
import pytest
from parity import in_node

import effnet
from effnet import web
from effnet.base import EffnetError, units
from effnet.base.language import say, speaking
from effnet.report import claims
from effnet.scaling import compound
from effnet.scaling.design import BASES, RANGES, Design, from_query


def designs(number):
    generator = random.Random(5)

    def drawn(name):
        span = RANGES[name]
        value = round(generator.uniform(span.low, span.high), generator.choice((0, 1, 2, 4)))
        return max(span.low, value + 0.0)

    names = effnet.list_variants()
    yield from (Design(phi=1.0), Design(phi=0.0), Design(phi=2.0), Design(mode="free", depth=3.0))
    yield from (Design(mode="released", released=name) for name in names)
    for _ in range(number):
        mode = generator.choice(("formula", "free"))
        values = {name: drawn(name) for name in ("phi", "alpha", "beta", "gamma", "depth", "width")}
        values["resolution"] = generator.choice((0, generator.randint(32, 1024)))
        yield Design(mode=mode, base=generator.choice(BASES), **values)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_claims_and_links_are_pythons(language):
    asked = list(designs(300))
    with speaking(language):
        data = {key: web.constants()[key] for key in ("words", "specs", "titles", "families")}
        right = []
        for design in asked:
            try:
                spec = design.spec()
                told = claims.design_claim(design, spec, effnet.count(spec))
            except EffnetError as error:
                told = str(error)
            right.append([told, design.to_query()])
    said = in_node(
        """({ data, asked }) => {
          const say = words.speaker(data.words), twinOf = words.twinFinder(data.specs);
          return asked.map((one) => {
            let told = '';
            try {
              const { spec } = design.networkOf(one, data), total = core.count(spec);
              told = words.designClaim(say, { design: one, spec, total, titles: data.titles,
                twin: twinOf(spec) });
            } catch (error) {
              told = say(error.refusal.text, error.refusal.values);
            }
            return [told, design.queryOf(one)];
          });
        }""",
        {"data": data, "asked": [asdict(design) for design in asked]},
    )
    assert [pair for pair in zip(said, right, strict=True) if pair[0] != pair[1]] == []


def test_a_link_is_read_as_python_reads_it():
    links = [
        {"phi": "1.23456", "base": "v2_s", "alpha": "9", "beta": "-1"},
        {"mode": "free", "depth": "nan", "width": "2", "resolution": "300.6", "gamma": ""},
        {"mode": "released", "released": "b4", "base": "vgg"},
        {"mode": "?", "phi": "1e9", "resolution": "0"},
    ]
    data = {key: web.constants()[key] for key in ("ranges", "specs", "bases")}
    said = in_node("({ data, links }) => links.map((one) => design.designOf(one, data))",
                   {"data": data, "links": links})  # fmt: skip
    assert said == [asdict(from_query(link)[0]) for link in links]


def test_numbers_are_written_as_python_writes_them():
    generator = random.Random(2)
    values = [18 / 16, 1.125, 0.125, 2.5, 0.5, 1125, 99949999, 99950001, 1e13, 999.5, 0, 1000.5]
    values += [generator.uniform(0, 10 ** generator.randint(-3, 15)) for _ in range(3000)]
    values += [generator.randint(1, 400) / generator.choice((16, 32, 64)) for _ in range(500)]
    whole = [round(value) for value in values]
    said = in_node(
        "([values, whole]) => [values.map((v) => words.factor(v, words.speaker())),"
        " whole.map((v) => words.giga(v)), whole.map((v) => words.millions(v)),"
        " values.map((v) => core.fixed(v, 1))]",
        [values, whole],
    )
    assert said[0] == [units.factor(v) for v in values]
    assert said[1] == [units.giga(v) for v in whole]
    assert said[2] == [units.millions(v) for v in whole]
    assert said[3] == [f"{v:.1f}" for v in values]


def test_a_held_budget_stays_on_two_as_far_as_the_slider_goes():
    data = {"ranges": web.constants()["ranges"], "design": asdict(Design())}
    said = in_node(
        "({ ranges, design: one }) => [1.2, 1.5].map((beta) =>"
        " design.changed(one, { beta }, 'gamma', ranges).gamma)",
        data,
    )
    assert said[0] == round(compound.solve_budget("gamma", 1.2, 1.2, 1.15), 4)
    assert said[1] == 1.0  # sqrt(2 / (1.2 * 2.25)) = 0.86, under the slider's end


def test_every_word_of_the_explorer_is_said_in_chinese():
    with speaking("zh"):
        words = web.constants()["words"]
        assert [text for text in web.texts() if words.get(text, text) != say(text)] == []
    same = {text for text in web.texts() if text not in words}
    assert all(not any(c.isalpha() for c in text) or len(text) < 40 for text in same)


def test_the_page_is_one_file_in_either_language():
    for language in ("en", "zh"):
        page = web.page(language)
        assert "https://" not in page.replace("http://www.w3.org", "")
        assert not [line for line in page.splitlines() if line.startswith("import ")]
        assert len(page.encode()) < 400_000
    assert "想把网络变大" in page
    with pytest.raises(EffnetError, match="'xx'"):
        web.page("xx")


def test_the_four_ways_cost_about_the_same_and_all_three_gains_most():
    """arXiv:1905.11946v5 Figure 8: depth 3.0, width 1.8, resolution 1.7, and B2."""
    ways = {way["way"]: way for way in web.constants()["ways"]}
    assert [way["top1"] for way in ways.values()] == [78.84, 78.51, 78.78, 79.8]
    costs = [way["macs"] for way in ways.values()]
    assert max(costs) / min(costs) < 1.2
    assert ways["compound"]["macs"] == min(costs)


def test_parity_has_designs_of_every_mode():
    assert {case[0] for case in parity.cases(50, 3, rows_every=9)} == {
        "formula", "free", "released", "edited"
    }  # fmt: skip


def test_no_space_is_left_beside_a_chinese_value():
    said = in_node(
        """(words_of) => ['延迟', 'B0'].map((x) => words.speaker(words_of)('See {x}.', { x }))""",
        {"See {x}.": "见 {x} 页。"},
    )
    assert said == ["见延迟页。", "见 B0 页。"]
