"""The papers' exhibits: what is printed, what is ours beside it, and what the notes say."""

import csv
import io
import math

import pytest

import effnet
from effnet import papers
from effnet.base.language import say, speaking
from effnet.base.tables import table as read_table
from effnet.network.layer_walk import walk
from effnet.network.spec import round_channels
from effnet.papers import beside, tables, wording
from effnet.papers.beside import drop, edited, ratio
from effnet.papers.records import Beside
from effnet.papers.v2_progressive import stage_sizes
from effnet.papers.v2_stages import first_v2_s
from effnet.report import claims
from effnet.scaling.design import from_query
from effnet.scaling.fusing import fused

KEYS = list(papers.EXHIBITS)
MACS, PARAMS = "MACs (G)", "parameters (M)"


def line(key: str, name: str) -> papers.Line:
    return next(one for one in papers.lines(key) if one.name == name)


# --- every exhibit --------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_an_exhibit_says_what_it_shows_and_where_it_stands(key):
    one = papers.get_exhibit(key)
    assert one.key == key
    assert one.shows.endswith(".")
    assert one.source
    assert papers.get_paper(one.paper).url.startswith("https://")
    assert all(note.text and note.source for note in one.notes)


@pytest.mark.parametrize("key", KEYS)
def test_rows_have_a_name_a_source_and_the_same_columns(key):
    lines = papers.lines(key)
    assert len({one.name for one in lines}) == len(lines)
    assert all(one.source for one in lines)
    assert len({tuple(one.values) for one in lines}) == 1


@pytest.mark.parametrize("key", KEYS)
def test_the_claim_is_one_short_text_that_names_paper_and_exhibit(key):
    one = papers.get_exhibit(key)
    text = claims.exhibit_claim(one, papers.lines(key))
    assert text.startswith(f"{papers.get_paper(one.paper).name}, {one.label}: ")
    assert text.endswith(".")
    assert len(text) < 260


@pytest.mark.parametrize("key", KEYS)
def test_a_live_check_opens_the_network_that_stands_in_the_row(key):
    for one in papers.lines(key):
        if one.design is None:
            continue
        read, notes = from_query({"mode": one.design.mode, **one.design.to_query()})
        assert notes == []
        assert read == one.design


@pytest.mark.parametrize(
    "key",
    ["v1-figure-1", "v1-table-2", "v1-figure-3", "v1-figure-4", "v1-figure-8", "v1-table-3",
     "v1-table-7", "v2-table-3", "v2-table-7", "v2-table-11", "v2-table-10"],
)  # fmt: skip
def test_the_count_beside_a_printed_one_is_that_of_the_live_network(key):
    """ResNet-152 has no live network; everything else counts what its link opens."""
    seen = 0
    for one in papers.lines(key):
        if one.design and one.beside(MACS).computed is not None:
            assert effnet.count(one.design.spec()).macs / 1e9 == one.beside(MACS).computed
            seen += 1
    assert seen


def test_the_index_holds_the_papers_tables_and_figures():
    labels = {(one.paper, one.label) for one in papers.EXHIBITS.values()}
    for paper, numbers in (("v1", range(1, 9)), ("v2", (2, 3, 4, 5, 6, 7, 10, 11, 12, 13))):
        assert {(paper, f"Table {n}") for n in numbers} <= labels
    assert {("v1", f"Figure {n}") for n in (3, 4, 8)} <= labels


def test_an_unknown_exhibit_names_the_nearest():
    with pytest.raises(
        effnet.EffnetError, match=r"unknown exhibit 'v1-tabel-2'; did you mean .*v1"
    ):
        papers.get_exhibit("v1-tabel-2")


# --- a printed number beside ours -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "computed", "agrees"),
    [
        ("5.3", 5.288548, True),
        ("26", 25.557032, True),
        ("0.39", 0.3858, True),
        ("0.70", 0.687, False),
        ("4.2", 4.394, False),
        ("9.2", 9.109994, False),
        ("5288548", 5288548, True),
        ("5288549", 5288548, False),
        ("", 1.0, False),
        ("1.0", None, False),
    ],
)
def test_a_printed_number_agrees_if_ours_rounds_to_it(printed, computed, agrees):
    assert Beside(printed, computed).agrees is agrees


def test_a_ratio_of_rounded_numbers_is_as_uncertain_as_their_digits():
    """Table 2: 60 over 7.8 is 7.69, printed 7.6; 59.5 over 7.85 is 7.58, so it may be right."""
    assert ratio("7.6", "60", "7.8").agrees
    assert not ratio("6.0", "23", "4.2").agrees
    assert ratio("1.0", "", "4.2").computed is None


def test_a_saving_in_percent_is_worked_out_of_both_times():
    """arXiv:2104.00298v3 Table 12: 14.3 hours become 5.8, printed as 59 % less."""
    assert drop("59", "14.3", "5.8").computed == pytest.approx(100 * (1 - 5.8 / 14.3))
    assert drop("59", "14.3", "5.8").agrees


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("EfficientNet-B7", "b7"),
        ("EfficientNetV2-S (21k)", "v2_s"),
        ("V2-B0", "v2_b0"),
        ("EfficientNet-Lite3", "lite3"),
        ("EfficientNet-B4, fused stage 1-3", "b4"),
        ("ResNet-50", "resnet50"),
        ("DenseNet-169", None),
        ("EfficientNet-X", None),
    ],
)
def test_a_papers_name_means_a_variant_or_none(name, variant):
    assert beside.variant(name) == variant


# --- ours against what others computed ------------------------------------------------------------


def test_exact_totals_of_torchvision_and_keras_are_ours():
    found = [
        beside
        for key in ("v1-coefficients", "v2-released")
        for _, column, beside in papers.pairs(papers.lines(key))
        if column in {"parameters, torchvision", "torchvision, parameters", "Keras, parameters"}
    ]
    assert len(found) == 19
    assert all(beside.value == beside.computed for beside in found)


@pytest.mark.parametrize(
    ("table", "key"),
    [("single_dimension_scaling", "v1-figure-3"), ("cam_models", "v1-table-7")],
)
def test_scaled_networks_count_what_another_count_gave(table, key):
    """The tables carry counts made apart from this package, to three decimals."""
    others = [float(row["computed_b0_gmacs"]) for row in read_table(table)]
    others = others[: len(papers.lines(key))]
    ours = [one.beside(MACS).computed for one in papers.lines(key)]
    assert ours == pytest.approx(others, abs=6e-4)


def test_lites_multiply_adds_are_what_another_count_gave():
    others = [float(r["computed_mult_adds_M_at_resolution"]) for r in read_table("lite_family")]
    ours = [one.beside("MACs (M)").computed for one in papers.lines("lite-family")]
    assert ours == pytest.approx(others, abs=0.06)


def test_resnet_152_has_the_parameters_of_torchvisions():
    assert beside.counted(beside.resnet152())[0] == 60_192_808  # torchvision's metadata


@pytest.mark.parametrize(("setting", "code"), [("paper", False), ("official code", True)])
def test_stage_sizes_are_those_of_algorithm_1_or_of_the_code(setting, code):
    for row in read_table("v2_progressive"):
        if row["setting"] == setting:
            low, high = int(row["image_size_min_px"]), int(row["image_size_max_px"])
            printed = [float(row[f"stage{i}_size_px_computed"]) for i in range(1, 5)]
            assert list(stage_sizes(low, high, code=code)) == printed


# --- versions and misprints -----------------------------------------------------------------------


def test_b0s_accuracy_differs_by_version():
    b0 = line("v1-table-2", "EfficientNet-B0").values
    columns = ("top-1, ICML and v2 (%)", "top-1, v3 (%)", "top-1, v5 (%)")
    assert [b0[column] for column in columns] == ["76.3", "77.3", "77.1"]


def test_b4_is_printed_furthest_from_its_count():
    one = papers.get_exhibit("v1-table-2")
    text = one.finding(papers.lines(one.key))
    assert "EfficientNet-B4 is furthest off, 4.2 G printed and 4.39 G computed" in text


def test_figures_3_and_8_start_at_different_costs():
    first = line("v1-figure-3", "depth x 1").beside(MACS)
    second = line("v1-figure-8", "depth x 1").beside(MACS)
    assert (first.printed, second.printed) == ("0.5", "0.39")
    assert first.computed == second.computed == pytest.approx(0.3858, abs=1e-4)
    assert (first.agrees, second.agrees) == (False, True)


def test_other_dots_are_the_same_in_both_figures():
    for one in papers.lines("v1-figure-8"):
        if one.values["scaled by"] != "compound" and not one.name.endswith("x 1"):
            other = line("v1-figure-3", one.name)
            assert one.number(MACS) == pytest.approx(other.number(MACS), abs=0.002)
            assert one.number("top-1 (%)") == other.number("top-1 (%)")


def test_widths_of_figure_4_are_figure_3s_but_its_other_first_dots_lie_higher():
    dots = {(one.number(MACS), one.number("top-1 (%)")) for one in papers.lines("v1-figure-3")}
    own = [one for one in papers.lines("v1-figure-4") if one.values["w"]]
    plain = [one for one in own if one.values["series"] == "d=1.0, r=1.0"]
    assert len(plain) == 6
    found = {one.name: (one.number(MACS), one.number("top-1 (%)")) in dots for one in own}
    assert all(found[one.name] for one in plain)
    assert not any(found[one.name] for one in own if one not in plain)


def test_only_the_compound_row_of_table_7_fits_the_released_b0():
    agrees = {one.name: one.beside(MACS).agrees for one in papers.lines("v1-table-7")}
    assert agrees == {
        "baseline": True,
        "scale by depth": False,
        "scale by width": False,
        "scale by resolution": False,
        "compound scale": True,
    }


def test_one_ratio_of_table_2_is_misprinted():
    wrong = [
        one.name
        for one, column, beside in papers.pairs(papers.lines("v1-table-2"))
        if "ratio" in column and not beside.agrees
    ]
    assert wrong == ["PNASNet"]


def test_the_printed_means_of_table_5_are_those_of_its_columns():
    """4.7 and 9.6 are the geometric means of the printed ratios, the misprint included."""
    means = [
        float(row["params_ratio_x"])
        for row in read_table("transfer_datasets")
        if row["dataset"].startswith("geometric")
    ]
    for which, printed in zip(("best public-available", "best reported"), means, strict=True):
        ratios = [
            one.number("parameters, ratio (x)")
            for one in papers.lines("v1-table-5")
            if one.values["against"] == which and one.has("parameters, ratio (x)")
        ]
        assert math.prod(ratios) ** (1 / len(ratios)) == pytest.approx(printed, abs=0.05)


def test_one_ratio_of_table_5_is_misprinted():
    wrong = [
        (one.values["data set"], beside.printed, round(beside.computed or 0, 1))
        for one, column, beside in papers.pairs(papers.lines("v1-table-5"))
        if "ratio" in column and not beside.agrees
    ]
    assert wrong == [("Oxford-IIIT Pets", "5.6", 3.4)]


def test_the_first_v2_s_has_the_size_that_its_version_prints():
    params, macs = beside.counted(first_v2_s())
    assert round(params / 1e6) == 24  # arXiv:2104.00298v1 Table 7
    assert macs > beside.counted(effnet.get_variant("v2_s"))[1]


def test_the_first_v2_s_opens_as_a_network_of_ones_own():
    design = line("v2-table-4", "whole network, arXiv v1").design
    assert design is not None
    assert design.spec().stages == first_v2_s().stages
    assert design.spec().head_channels == 1792


def test_a_fully_fused_b4_has_the_printed_parameters_within_a_thousandth():
    """arXiv:2104.00298v3 Table 3 prints 132.0 M."""
    all_fused, five = (fused("b4", stages, kernel=None) for stages in (7, 5))
    assert beside.counted(all_fused)[0] / 1e6 == pytest.approx(132.0, rel=1e-3)
    assert fused("b4", 0) == effnet.get_variant("b4")
    assert edited("b4", five).spec().stages == five.stages


def test_the_first_objective_is_one_at_its_target():
    """ACC * (FLOPS / 400 M)^-0.07, arXiv:1905.11946v5 section 4."""
    b0 = line("v1-objective", "EfficientNet-B0")
    assert b0.number("reward, computed") == pytest.approx(77.1 * (0.385814752 / 0.4) ** -0.07, 1e-4)
    assert b0.number("factor (MACs / T)^w, computed") > 1
    assert line("v1-objective", "EfficientNet-B1").number("factor (MACs / T)^w, computed") < 1


def test_the_second_objective_multiplies_both_factors():
    """A * S^-0.07 * P^-0.05, arXiv:2104.00298v3 section 3.3, with hours for S."""
    one = line("v2-objective", "EfficientNetV2-S")
    assert one.number("reward, computed") == pytest.approx(
        83.9 * 7.1**-0.07 * 21.458488**-0.05, abs=0.01
    )


# --- as a table -----------------------------------------------------------------------------------


def test_a_table_reads_as_printed_and_sorts_by_value():
    table = tables.flat(papers.lines("v1-table-2"))
    titles = [column.title for column in table.columns]
    macs = titles.index("MACs, printed (G)")
    b1 = next(row for row in table.rows if row[0].text == "EfficientNet-B1")
    assert [b1[macs + i].text for i in range(3)] == ["0.70", "0.687", "+1.9"]
    assert b1[macs].value == 0.7
    assert titles[-2:] == ["note", "source"]


def test_a_column_has_the_same_number_of_decimals():
    def column(key, title):
        table = tables.flat(papers.lines(key))
        place = [one.title for one in table.columns].index(title)
        return [row[place].text for row in table.rows]

    assert "83.60" in column("v1-table-8", "top-1, validation (%)")
    assert "0.10" in column("v2-table-13", "deviation over 3 runs")
    assert column("v1-coefficients", "phi from depth, computed")[:3] == ["0.00", "0.52", "1.00"]
    latency = column("v1-table-4", "latency (ms)")
    assert {"98", "3,100", "19,000"} <= set(latency)


def test_numbers_that_agree_are_called_the_same():
    table = tables.flat(papers.lines("v1-table-7"))
    off = [column.title for column in table.columns].index("MACs, off (%)")
    assert [row[off].text for row in table.rows] == ["same", "+14.3", "+24.1", "+23.6", "same"]


def test_a_table_saved_as_csv_has_exact_counts():
    one = papers.get_exhibit("v1-table-1")
    text = tables.as_csv(one, papers.lines(one.key), header="effnet")
    rows = [row for row in csv.reader(io.StringIO(text)) if not row[0].startswith("#")]
    column = rows[0].index("MACs, computed")
    assert sum(int(row[column]) for row in rows[1:]) == 385_814_752


def test_a_verdict_counts_what_agrees():
    found = papers.verdict("v1-table-7")
    assert (found.checked, found.agree) == (5, 2)
    assert "scale by width, MACs: 1.8 G printed, 1.45 G computed (24 % above)" in found.worst
    assert papers.verdict("v1-table-8").checked == 0
    assert papers.checked("v1-table-8") == ""


# --- in Chinese -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("depth x 2", "深度 x 2"),
        ("ResNet50 at 224 px, baseline", "ResNet50（224 px），基线"),
        ("MACs, ratio (x)", "MACs，倍数（x）"),
        ("factor (MACs / T)^w, computed", "因子 (MACs / T)^w，计算值"),
        ("size, first (px)", "图像尺寸，起始（px）"),
        ("training on TPU core (images/s)", "在 TPU 核心上训练（张/s）"),
        ("NASNet-A", "NASNet-A"),
    ],
)
def test_rows_and_columns_are_shown_in_the_readers_language(text, said):
    assert wording.shown(text) == text
    with speaking("zh"):
        assert wording.shown(text) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "arXiv:2104.00298v3 Tables 7, 8, 10 and 11; arXiv v1 Table 7",
            "arXiv:2104.00298v3 表 7、8、10 和 11；arXiv v1 表 7",
        ),
        ("arXiv:1905.11946v5 section 3 and Table 1", "arXiv:1905.11946v5 第 3 节和表 1"),
        ("arXiv v2, v3 and v5, Table 2; counted here", "arXiv v2、v3 和 v5，表 2；在此计数"),
    ],
)
def test_sources_are_cited_in_the_readers_language(source, said):
    assert wording.cited(source) == source
    with speaking("zh"):
        assert wording.cited(source) == said


@pytest.mark.parametrize("key", KEYS)
def test_a_table_has_the_same_numbers_in_chinese_and_saves_in_english(key):
    one, lines = papers.get_exhibit(key), papers.lines(key)
    english, saved = tables.flat(lines, word=one.word), tables.as_csv(one, lines, header="")
    with speaking("zh"):
        table = tables.flat(lines, word=one.word)
        assert tables.as_csv(one, lines, header="") == saved
        assert papers.verdict(key).worst == "" or "：" in papers.verdict(key).worst
    assert len({column.title for column in table.columns}) == len(english.columns)
    for mine, its in zip(table.rows, english.rows, strict=True):
        for cell, other in zip(mine, its, strict=True):
            assert isinstance(other.value, str) or cell.value == other.value


def test_every_word_of_the_records_is_in_use(monkeypatch):
    asked = {"drawn", "note", "off", "printed", "row", "source"}  # of tables, not of records

    def ask(text: str, **values: str) -> str:
        asked.add(text)
        return say(text, **values)

    monkeypatch.setattr(wording, "say", ask)
    with speaking("zh"):
        for one in (one for key in KEYS for one in papers.lines(key)):
            values = [value for value in one.values.values() if isinstance(value, str)]
            for text in (one.name, *one.values, *values):
                wording.shown.__wrapped__(text)
    assert sorted(wording.WORDS - wording._MEANT.keys() - asked) == []


def test_numbers_of_a_note_are_worked_out_here():
    note = papers.get_exhibit("v1-objective").notes[0]
    assert "= 1.9203, which the paper writes as about 2: 1.92 per step" in note.said
    with speaking("zh"):
        assert "= 1.9203，" in note.said


# --- what is often written wrongly ----------------------------------------------------------------


def test_every_correction_is_a_sentence_with_a_source():
    assert len({one.topic for one in papers.MISTAKES}) == len(papers.MISTAKES) >= 16
    assert all(one.truth.endswith(".") and one.source for one in papers.MISTAKES)


def truth(topic: str) -> str:
    return next(one.truth for one in papers.MISTAKES if one.topic == topic)


def test_the_numbers_in_the_corrections_are_those_of_the_networks():
    b0 = effnet.get_variant("b0")
    blocks = [block for block in walk(b0) if 0 < block.stage <= len(b0.stages)]
    assert f"{sum(b.residual for b in blocks)} of B0's {len(blocks)} blocks" in truth("Shortcuts")
    sizes = list(dict.fromkeys(b.layers[-1].out_size for b in blocks))
    assert ", ".join(map(str, sizes[:-1])) + f" and {sizes[-1]} px" in truth("Resolution")
    widths = [effnet.get_variant(f"b{i}").width for i in range(4)]
    assert f"{widths[0]:.1f}, {widths[1]:.1f}, {widths[2]:.1f} and {widths[3]:.1f}" in truth(
        "Width factors"
    )
    assert effnet.compound_scale(1).stages == effnet.get_variant("b2").stages
    assert round_channels(16 * 1.2) == 24  # 16 would be under 90 % of 19.2
