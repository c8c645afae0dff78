"""The Cost page under AppTest: it follows the design, the switch and the open receipt."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import visits
from streamlit.testing.v1 import AppTest
from visits import sound

import effnet
from effnet.app.kit import state

ROOT = Path(__file__).parents[2]


def opened(*, part: str = "", quantity: str = "macs", **query: str) -> AppTest:
    session = {state.PART: part, state.QUANTITY: quantity}
    return visits.opened("pages/cost.py", session=session, **query)


def claim(app: AppTest) -> str:
    return visits.claim(sound(app))


TABLES = ("cost_table", "counters_table", "memory_inference", "memory_training")


def table(app: AppTest, name: str):
    """One of the tables that stand open, in the order of the page."""
    return app.dataframe[TABLES.index(name)].value


def test_b0_is_told_of_and_its_table_is_the_count():
    app = opened(mode="released", released="b0")
    assert claim(app).startswith("EfficientNet-B0 spends 87.7 % of its 0.386 G multiply-adds")
    rows = table(app, "cost_table")
    cost = effnet.count(effnet.get_variant("b0"))
    assert list(rows["sum"]) == [*(t.macs for t in cost.by_stage().values()), cost.macs]
    by_kind = {kind: rows[kind].iloc[-1] for kind in cost.by_kind()}
    assert by_kind == {kind: totals.macs for kind, totals in cost.by_kind().items()}


def test_bars_treemap_and_table_agree():
    app = opened(mode="released", released="v2_s")
    bars, treemap = (json.loads(c.proto.spec)["data"] for c in app.get("plotly_chart")[:2])
    texts = [row[1] for trace in bars for row in trace["customdata"]]
    whole = effnet.count(effnet.get_variant("v2_s")).macs
    assert sum(int(text.replace(",", "")) for text in texts) == whole
    assert treemap[0]["customdata"][0][0] == f"{whole:,}"
    assert table(app, "cost_table")["sum"].iloc[-1] == whole


def test_moving_phi_moves_everything():
    app = opened(phi="0")
    before = claim(app), table(app, "cost_table")["sum"].iloc[-1]
    counted = list(table(app, "counters_table")["prints"])
    visits.report(app, phi=2.0)
    assert claim(app) != before[0]
    assert table(app, "cost_table")["sum"].iloc[-1] > before[1]
    assert all(a < b for a, b in zip(counted, table(app, "counters_table")["prints"], strict=True))


@pytest.mark.parametrize(
    ("quantity", "verb"),
    [("macs", "spends"), ("params", "holds"), ("activations", "writes"), ("memory", "keeps")],
)
def test_the_switch_chooses_the_quantity(quantity, verb):
    app = opened(mode="released", released="b0")
    app.button_group(key="quantity").set_value(quantity).run()
    assert f" {verb} " in claim(app)
    app.switch_page("app.py").run()
    app.switch_page("pages/cost.py").run()
    assert f" {verb} " in claim(app)  # it outlives a change of page


def test_a_receipt_has_the_formula_with_its_values():
    app = opened(mode="released", released="b0", part="2/1/depthwise")
    assert claim(app)
    (receipt,) = [m.value for m in app.markdown if "**Sum**" in m.value]
    assert "`3 x 3 x 96 x 56 x 56` | 2,709,504 |" in receipt


def test_the_way_back_up_is_a_row_of_buttons():
    app = opened(mode="released", released="b0", part="2/1/depthwise")
    steps = [b.label for b in app.button if str(b.key).startswith("receipt_step")]
    assert steps == ["EfficientNet-B0", "2 MBConv6", "block 1", "depthwise"]
    app.button(key="receipt_step_1").click().run()
    assert app.session_state[state.PART] == "2/-/-"
    (receipt,) = [m.value for m in app.markdown if "**Sum**" in m.value]
    assert "54,945,216" in receipt


def test_an_open_part_that_the_next_design_lacks_does_no_harm():
    app = opened(mode="released", released="b0", part="5/3/depthwise")
    for name in ("v2_s", "resnet50", "mobilenet_v1"):
        visits.report(app, released=name)
        assert claim(app)


def test_the_tools_are_asked_in_another_process():
    app = opened(mode="free", base="b0", width="0.25", depth="0.25", resolution="64")
    visits.ended(app.button(key="run_ask").click().run(), "ask")
    assert claim(app)
    said = table(app, "counters_table")
    asked = said[said["it really said"].notna()]
    assert len(asked) >= 3  # what the app itself needs; the others where they are installed
    assert list(asked["it really said"]) == list(asked["prints"])
    assert any("the closed form is exact" in caption.value for caption in app.caption)


def test_a_design_too_large_to_run_is_counted_and_not_asked():
    app = opened(mode="released", released="l2")
    assert claim(app)
    visits.ended(app.button(key="run_ask").click().run(), "ask")
    assert [error.message for error in app.exception] == []
    assert "too large to be run" in app.error[0].value


@pytest.mark.parametrize("query", [{"phi": "8"}, {"mode": "free", "depth": "8", "width": "6"}])
def test_a_huge_design_is_shown(query):
    assert claim(opened(**query))


def test_memory_follows_the_batch():
    app = opened(mode="released", released="b0")
    before = table(app, "memory_inference")["most alive at once"][0]
    app.select_slider(key="memory_batch").set_value(8).run()
    assert before == "10.5 MiB"
    assert table(app, "memory_inference")["most alive at once"][0] == "84.2 MiB"


def test_the_page_opens_without_torch(environment_without_weights):
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        "app = AppTest.from_file('app.py', default_timeout=300).switch_page('pages/cost.py').run();"
        "assert not app.exception;"
        "print('LOADED', *{n.partition('.')[0] for n in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment_without_weights,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split("LOADED")[1].split())
    assert not loaded & {"torch", "torchvision", "ptflops", "fvcore", "thop", "torchinfo"}
