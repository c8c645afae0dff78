"""The Latency page's tabs: what they show before, while and after something is measured."""

import json
import re
import time
from dataclasses import replace

import pytest
import visits
from latency_examples import B0, BATCHES, EDGE, FAMILY, HERE, PACE, row
from streamlit.testing.v1 import AppTest

import effnet
from effnet.app.pages.latency import latency_cards, measured_card
from effnet.jobs import Job
from effnet.timing import (
    Latency,
    Options,
    Row,
    computed_stages,
    measurement_store,
    processor,
    reading,
    with_times,
)
from effnet.timing.predicted import Pace, host, predicted_ms, save

TABS = ("Roofline", "Options", "Race", "Sweeps", "Why V2", "Published", "Predict")
TINY = {"mode": "free", "base": "b0", "resolution": "32", "depth": "0.5", "width": "0.5"}


@pytest.fixture(autouse=True)
def times(monkeypatch, tmp_path):
    """A folder of measurements of this test's own."""
    monkeypatch.setenv("EFFNET_TIMES", str(tmp_path))
    return tmp_path


@pytest.fixture
def every_step_is_seen(monkeypatch):
    """A job waits with each new kind of thing that it says until somebody has looked at it."""
    report, said = Job.report, set()

    def reported(job, share, text="", partial=None):
        report(job, share, text, partial)
        kind = re.sub(r"[\d.]+", "", text)
        if kind not in said:
            said.add(kind)
            before = job._seen
            while job._seen == before and not job.stopped:
                time.sleep(0.01)

    monkeypatch.setattr(Job, "report", reported)


def test_a_measurement_is_told_in_the_pages_language_and_kept_in_english(times, every_step_is_seen):
    app = visits.opened("pages/latency.py", **TINY, lang="zh")
    app.select_slider(key="budget").set_value(1).run()
    app.button(key="run_measure").click().run()
    assert app.button(key="stop_measure").label == "停止"
    told = set()

    def over(page):
        told.update(bar.proto.text for bar in page.get("progress"))
        return "停止" not in [button.label for button in page.button]

    visits.until(app, over)
    assert all(text.startswith("“") for text in told)
    for words in ("预热中", "次前向计算", "正在给各阶段计时"):
        assert any(words in text for text in told), words
    assert not any(" s left" in text or "Warming" in text or "Loading" in text for text in told)
    (kept,) = times.glob("*.csv")
    assert kept.read_text("utf-8").isascii()


def test_before_a_measurement_the_page_shows_one_of_a_named_machine():
    app = sound(visits.opened("pages/latency.py"))
    assert any("AMD EPYC, 2 cores" in one.value for one in app.caption)
    assert all(metric.value != "-" for metric in app.metric)
    assert visits.claim(app).endswith("How long do they take here?")
    assert len(app.get("download_button")) == 0


def test_a_run_that_was_stopped_leaves_the_mirror_that_was_there():
    here = replace(HERE, processor=processor())
    whole = row("b0", 2.0)
    whole = replace(whole, what="latency", latency=replace(whole.latency, environment=here))
    told = with_times(computed_stages(B0), [1.0 + stage for stage in range(9)])
    later = replace(whole.latency, environment=replace(here, date="2026-01-02"))
    wider = replace(later, options=replace(later.options, batch_size=2))
    measurement_store.keep([whole, *measurement_store.stage_rows(whole.run, whole.latency, told)])
    measurement_store.keep(
        replace(whole, run=f"{one.batch_size}", latency=one) for one in (later, wider)
    )
    for batch, times in (1, [*range(1, 10)]), (2, []):
        found = measured_card.from_disk(B0, Options(batch_size=batch))
        assert found is not None
        assert found.rows[-1].run == f"{batch}"
        assert [one.median_ms for one in found.stages] == times


def opened(tab: str, **query: str) -> AppTest:
    app = visits.opened("pages/latency.py", **(query or TINY))
    app.select_slider(key="budget").set_value(1).run()
    app.session_state["latency_tabs"] = tab
    return sound(app.run())


def sound(app: AppTest) -> AppTest:
    assert [error.message for error in app.exception] == []
    return app


def measured(app: AppTest, key: str) -> AppTest:
    """Press a card's button and look until its measurement has ended."""
    return visits.ended(app.button(key=f"run_{key}").click().run(), key)


def titles(app: AppTest) -> list[str]:
    charts = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return [chart["layout"]["title"]["text"] for chart in charts]


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("name", ["b0", "mobilenet_v2"])
def test_a_tab_opens_for_every_kind_of_network(tab, name):
    app = opened(tab, mode="released", released=name)
    assert [error.value for error in app.error] == []
    buttons = [b for b in app.button if (b.key or "").startswith("run_") and b.key != "run_measure"]
    assert buttons or name == "mobilenet_v2"


def test_a_race_gives_a_verdict_that_the_claim_repeats_once_measured():
    app = opened("Race")
    app.selectbox(key="versus_network").set_value("resnet50").run()
    measured(app, "versus")
    bars, verdict = (title for title in titles(app) if "ResNet-50" in title)
    assert bars.startswith("After ")
    measured(app, "measure")
    said = app.subheader[0].value
    assert "as fast as ResNet-50" in said or "can't be told from ResNet-50" in said
    assert ("can't" in verdict.lower()) == ("can't" in said)


def test_the_roof_stands_over_the_layers():
    app = measured(opened("Roofline"), "roof")
    assert any("depthwise stages stand under the memory slope" in title for title in titles(app))


def test_gains_are_measured_for_the_chosen_options_and_the_missing_ones_are_greyed():
    app = opened("Options")
    for box in app.checkbox:
        if not box.disabled:
            box.set_value(box.key == "way_folded")
    measured(app.run(), "gains")
    assert any("option" in title or "folded" in title for title in titles(app))
    assert list(app.dataframe[-1].value["option"]) == ["folded BatchNorm"]
    assert app.checkbox(key="way_cuda_graph").disabled
    assert any("needs an NVIDIA GPU" in caption.value for caption in app.caption)


def test_a_planned_batch_costs_as_many_times_as_it_has_images():
    app = opened("Sweeps")
    (plan,) = [one.value for one in app.dataframe if "Batch size" in one.value]
    told = dict(zip(plan["Batch size"], plan["relative to the first"], strict=True))
    assert (told["1"], told["128"]) == ("1.00 x", "128 x")


def test_a_sweep_is_kept_and_shown_to_the_next_visitor(times):
    app = opened("Sweeps")
    app.select_slider(key="sweep_box").set_value(10).run()
    measured(app, "sweep_batch")
    assert list(times.glob("*.csv"))
    again = opened("Sweeps")
    assert len(again.selectbox(key="shown_batch").options) >= 1
    told = (
        "images a second",
        "Throughput against",
    )  # where several points were done in time, or not
    assert any(words in title for title in titles(again) for words in told)


def test_a_file_that_a_student_sends_is_shown():
    app = opened("Sweeps")
    app.session_state["load_times"] = True
    app.run()
    rows = [*BATCHES, EDGE]
    text = measurement_store.as_csv(
        replace(row, run=f"one.{number}", what="batch") for number, row in enumerate(rows)
    )
    app.file_uploader[0].set_value(("theirs.csv", text.encode(), "text/csv")).run()
    sound(app)
    assert any(
        option.startswith("uploaded, theirs.csv")
        for option in app.selectbox(key="shown_batch").options
    )
    assert any("Batch 4 already" in title for title in titles(app))


def test_single_measurements_that_are_sent_stand_together_among_the_families():
    app = opened("Sweeps")
    app.segmented_control(key="sweep_kind").set_value("family").run()
    app.session_state["load_times"] = True
    app.run()
    text = measurement_store.as_csv(replace(row, what="latency") for row in FAMILY)
    app.file_uploader[0].set_value(("theirs.csv", text.encode(), "text/csv")).run()
    sound(app)
    assert any("From end to end" in title for title in titles(app))
    assert any(title.startswith("Time follows") for title in titles(app))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a,b\n1,2\n",
        b"\xff\xfe\x00",
        b"run,network,batch_size,resolution,sample_ms\nx,<b>,0,0,-1\n",
    ],
    ids=["empty", "another table", "no text", "no measurement"],
)
def test_a_file_that_is_none_gives_a_message(data):
    app = opened("Sweeps")
    app.session_state["load_times"] = True
    app.run()
    app.file_uploader[0].set_value(("odd.csv", data, "text/csv")).run()
    sound(app)
    assert len(app.error) == 1
    assert "odd.csv" in app.error[0].value


def test_fused_networks_race_and_others_say_why_not():
    app = opened("Why V2")
    measured(app, "deepened")
    assert any("deeper" in title for title in titles(app))
    other = opened("Why V2", mode="released", released="mobilenet_v2")
    assert any("only MBConv can be fused" in info.value for info in other.info)


def learned() -> Pace:
    """A pace of this machine, with which every layer costs something."""
    kinds = ("stem", "1x1", "depthwise", "squeeze-and-excitation", "classifier", "add")
    row = (0.01, 0.02, 0.03, 0.0, 0.0)
    return Pace(
        dict.fromkeys(kinds, row), 0.05, 0.15, (1.0, 0.1), 0.3, 30, 10**9, host(),
        PACE.environment, "fp32", PACE.checks,
    )  # fmt: skip


def test_what_was_learned_predicts_the_design_here_and_on_scale():
    save(learned())
    app = opened("Predict", mode="released", released="b0")
    ms = predicted_ms(effnet.get_variant("b0")).ms
    assert any(f"about {ms:.3g} ms here" in text.value for text in app.markdown)
    assert any("within <b>5.0 %</b>" in title for title in titles(app))
    scale = visits.opened(mode="released", released="b0")
    assert any(text.value.startswith(f"About {ms:.3g} ms here") for text in scale.caption)


def test_without_a_pace_scale_predicts_nothing():
    scale = visits.opened()
    assert not any("ms here" in text.value for text in scale.caption)


def test_a_mirror_that_another_machine_measured_stands_under_ones_own(times, monkeypatch):
    gpu = replace(HERE, device="cuda", processor="NVIDIA H100")
    how = gpu.settled(Options(batch_size=16, precision="fp16"), 224)
    rows = [
        Row(
            f"there.{one.stage:02d}",
            measurement_store.STAGE,
            Latency("b0", (1.0 + one.stage,), how, None, gpu),
            one.macs,
            one.params,
            one.activations,
        )
        for one in computed_stages(B0)
    ]
    measurement_store.keep(rows, into=times / "shipped")
    monkeypatch.setattr(latency_cards, "SHIPPED", times / "shipped")
    app = visits.opened("pages/latency.py", mode="released", released="b0")
    app.session_state["mirrors"] = True
    sound(app.run())
    (shown,) = app.selectbox(key="mirror_shown").options
    assert shown == "NVIDIA H100, fp16, 16 images a pass, 2026-01-01"
    (table,) = [one.value for one in app.dataframe if "time share" in one.value]
    # 1 + 2 + ... + 9 ms: the stem takes 1 of 45, the head 9
    assert list(table["time (ms)"]) == list(range(1, 10))
    assert table["time share"].iloc[[0, -1]].tolist() == pytest.approx([100 / 45, 20])
    # a mirror of another network of that name, or one cut short, is none
    assert reading.mirrors(rows, replace(B0, head_channels=1000)) == []
    assert reading.mirrors(rows[:-1], B0) == []
