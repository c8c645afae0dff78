"""The Train page under AppTest: schedule, gallery, runs, teaching, shipped results."""

import io
import json
import time
from collections import OrderedDict
from unittest.mock import Mock

import pytest
import scaling_rows
import streamlit as st
import visits
from PIL import Image
from streamlit.testing.v1 import AppTest
from visits import sound

from effnet import pixels
from effnet.app.kit import cache, sheet
from effnet.app.pages.train import results_card, runs_card, scaling_card, teach_card
from effnet.base import EffnetError, column, percent
from effnet.base.language import say, speaking
from effnet.classify import Store
from effnet.jobs import runs
from effnet.train import TITLES, claim, race
from effnet.train.data import load_pictures


@pytest.fixture(autouse=True)
def runs_of_this_test(monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path / "runs"))


def opened(tab: str = "") -> AppTest:
    return sound(visits.opened("pages/train.py", session={"train_tabs": tab} if tab else {}))


def test_it_opens_with_the_papers_schedule_and_its_saving():
    app = opened()
    assert "from 128 to 300 px in 4 stages" in app.subheader[0].value
    assert (app.metric[0].value, app.metric[0].delta) == ("0.558 x", "44.2 % saved")
    steps = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]
    assert len(steps["y"]) == 4


def test_the_codes_schedule_never_trains_at_128():
    app = opened()
    app.selectbox(key="train_preset").set_value("V2-S, code").run()
    assert "from 171 to 300 px" in app.subheader[0].value
    assert app.selectbox(key="train_rule").value == "code"


def test_a_changed_schedule_is_ones_own_and_outlives_the_page():
    app = opened()
    app.slider(key="train_stages").set_value(1.0).run()
    assert "saves nothing" in app.subheader[0].value
    assert app.selectbox(key="train_preset").value is None
    app.switch_page("app.py").run()
    app.switch_page("pages/train.py").run()
    assert "saves nothing" in app.subheader[0].value


@pytest.mark.parametrize("tab", ["Experiment", "Fixed or progressive", "Run", "Grid search"])
def test_every_tab_opens(tab):
    opened(tab)


def test_the_gallery_shows_six_definitions_and_follows_its_sliders():
    app = opened("Gallery")
    assert len(app.get("latex")) + len([m for m in app.markdown if "$$" in m.value]) >= 6
    for key, value in (("gallery_randaugment", 30.0), ("gallery_mixup", 0.0)):
        app.slider(key=key).set_value(value).run()
        assert [error.message for error in app.exception] == []
    app.button(key="gallery_again").click().run()
    assert [error.message for error in app.exception] == []


def test_the_example_is_taught_and_tested_on_photos_it_did_not_see():
    app = opened("Teach it")
    app.button(key="teach").click().run()
    assert [error.message for error in app.exception] == []
    assert "held-out photos right" in app.success[0].value


def test_fine_tuning_is_started_with_the_photos_beside_it(monkeypatch):
    launched = []
    monkeypatch.setattr(runs, "launch", launched.append)
    app = opened("Teach it")
    app.button(key="fine_tune").click().run()
    assert [error.message for error in app.exception] == []
    (run,) = launched
    training, held_out = load_pictures(str(run.folder / "photos.npz"))
    assert (len(training), len(held_out)) == (16, 2)  # 9 crops of each photo, every fifth held out
    assert training.images.shape[1:] == (3, 224, 224)
    assert run.options["recipe"]["start"] == "lite0"


def test_a_run_is_started_seen_and_ends_while_the_page_is_away():
    app = opened("Run")
    app.selectbox(key="run_data").set_value("digits")
    app.select_slider(key="run_epochs").set_value(1)
    app.button(key="run_start").click().run()
    assert [error.message for error in app.exception] == []
    (run,) = runs.list_runs("train")
    del app  # the tab is closed
    deadline = time.monotonic() + 2 * visits.PATIENCE
    while not run.look().over:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert run.state == "done"
    again = opened("Run")
    assert "held-out pictures right" in again.success[0].value
    assert "State: done" in [caption.value for caption in again.caption]
    (shown,) = again.selectbox(key="run_shown").options
    assert "done" not in shown  # a browser goes on showing what an entry was called when chosen


def test_the_experiment_is_told_by_its_rule_with_its_figures(monkeypatch):
    found = scaling_rows.rows(searched=scaling_rows.wobbling(0.92), compound=0.88)
    others = scaling_rows.rows(seeds=2, compound=0.95)
    others = [row | {"family": "resnet", "budget": row["budget"] / 2} for row in others]
    first = [dict(one.facts) | {"top1": one.recipe.spec.width} for one in claim.search_jobs(0.04)]
    finals = [dict(one.facts) for one in claim.final_jobs(first, 0.04)]
    search = [row | {"top1": 0.9 if row["alpha"] == 1 else 0.8} for row in finals]
    longer = [
        row | {"epochs": 12, "top1": row["top1"] + 0.004 * (row["way"] == "base")}
        for row in found
        if row["seed"] < 3
    ]
    parts = {"scaling": found, "families": others, "search": search, "longer": longer}
    monkeypatch.setattr(scaling_card, "part", parts.__getitem__)
    app = opened("Experiment")
    assert any("search on this base left depth" in one.value for one in app.caption)
    told = [one.value for one in app.markdown]
    assert any(one.startswith("**The paper's claim holds here**") for one in told)
    assert any("does not hold here" in one for one in told)
    (enough,) = [one.value for one in app.caption if "instead of 6" in one.value]
    assert "gains +0.40 ± 0.00 points: it had nearly stopped gaining" in enough
    assert any(one.startswith("After 12 epochs: **Not finished**: 3 of 5") for one in told)
    assert any(one.startswith("ResNet-like base: **Not finished**: 2 of 3") for one in told)
    (table,) = [one.value for one in app.dataframe if "± 95 %" in one.value]
    assert table["way"].tolist()[:2] == ["Base network", "Depth only"]
    assert table["MACs"][0] == 128_928
    assert any("30 trainings took 0.3 hours" in one.value for one in app.caption)


@pytest.mark.parametrize("missing", [EffnetError("not here; get it by apt-get"), None])
def test_a_part_of_the_experiment_runs_here_or_says_what_it_lacks(monkeypatch, missing):
    def find():
        if missing:
            raise missing

    asked = []
    monkeypatch.setattr(
        scaling_card, "part", lambda name: scaling_rows.rows() if name == "scaling" else []
    )
    monkeypatch.setattr(scaling_card.fashion_mnist, "find", find)
    monkeypatch.setattr(scaling_card.runs, "start", lambda *given, **_: asked.append(given))
    app = opened("Experiment")
    app.button(key="scaling_start").click().run()
    assert [one.value for one in app.error] == ([str(missing)] if missing else [])
    assert [(kind, order["budget"], order["seed"]) for kind, _, order in asked] == (
        [] if missing else [("scaling", 2.0, 8)]
    )


def test_the_search_says_what_was_taken_and_how_sure_that_is(monkeypatch):
    first = [dict(one.facts) | {"top1": 0.8} for one in claim.search_jobs(0.04)]
    finals = [dict(one.facts) for one in claim.final_jobs(first, 0.04)]
    best = claim.letters_of(finals[1])
    for row in finals:
        row["top1"] = 0.90 + (0.02 if claim.letters_of(row) == best else 0) + row["seed"] / 1e5
    origin = scaling_rows.row("base", 0, 0.8)
    found = [origin | row for row in (*first, *finals)]
    monkeypatch.setattr(scaling_card, "part", lambda _: found)
    app = opened("Grid search")
    told = " ".join(one.value for one in app.markdown)
    alpha, beta, gamma = best
    assert f"**alpha {alpha:g}, beta {beta:g}, gamma {gamma:g}** was taken" in told
    assert "2.00 ± 0.00 points ahead of the next at the same seeds: beyond chance" in told
    assert len(app.dataframe[0].value) == 7


def test_an_ended_experiment_says_where_it_stands():
    assert "27 trainings" in runs_card.done("scaling", {"rows": 27})


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["scaling", "progressive"])
def test_no_column_is_lost_in_translation(kind, language):
    rows = scaling_rows.rows() if kind == "scaling" else list(results_card.shipped(kind))
    with speaking(language):
        said = sheet.cells(rows, map(column, rows[0]))
    assert [*said.values()][-1] == [[*row.values()][-1] for row in rows]
    assert len(said) == len({title.rstrip() for title in said}) == len(rows[0])


def test_the_progressive_verdict_is_told_by_pairs_of_seeds():
    rows = scaling_rows.grown(
        fixed=((0.70, 0.71), 100.0), progressive=((0.71, 0.72), 60.0), fixed_equal_cost=((0.7,), 1)
    )
    for one in rows:
        one["arm"] = one["arm"].replace("fixed equal", "fixed, equal")
    told = results_card.progressive_verdict(rows)
    assert "**0.60 of the processor time**" in told
    assert "71.5 % against 70.5 %" in told
    assert "+1.00 ± 0.00 points: **surely better**" in told
    assert "+1.0 points, by one seed: too few to tell" in told
    with speaking("zh"):
        assert "确实更好" in results_card.progressive_verdict(rows)


def test_a_taught_network_and_its_run_are_told_in_chinese():
    with speaking("zh"):  # the harness asks for options' titles outside of the page
        app = visits.opened("pages/train.py", session={"train_tabs": say("Teach it")}, lang="zh")
        app.button(key="teach").click().run()
        assert [error.message for error in app.exception] == []
        assert "张留出的照片认对了" in app.success[0].value
        app.button(key="teach_keep").click().run()
    assert [error.message for error in app.exception] == []
    (run,) = runs.list_runs("taught")
    assert runs.trained() == {run.name: run.title}


# --- whose run it is


def left(title: str = "One network", owner: str = "", **files: str) -> runs.Run:
    """A run that is over, as somebody left it."""
    run = runs.create("train", title, {}, owner=owner)
    for name, text in files.items():
        (run.folder / runs.__dict__[name]).write_text(text)
    return run


def test_a_new_run_is_selected_where_another_was_looked_at(monkeypatch):
    old = left(RESULT=json.dumps({"top1": 0.5, "steps": 3, "seconds": 2.0}))
    monkeypatch.setattr(runs, "launch", lambda _: None)
    app = opened("Run")
    assert app.selectbox(key="run_shown").value == old.name
    app.button(key="run_start").click().run()
    sound(app)
    (new,) = [run for run in runs.list_runs() if run.name != old.name]
    assert app.selectbox(key="run_shown").value == new.name
    assert new.owner == app.session_state["visitor"]


def test_a_network_that_is_trained_further_is_not_answered_by_its_old_weights(monkeypatch):
    loaded = []
    store = Store(lambda name: loaded.append(name) or Mock(memory_bytes=1))
    monkeypatch.setattr(cache, "store", lambda: store)
    asked = []
    answer = st.cache_data(lambda name: asked.append(name) or len(asked))
    run = left(STOP="", BEST="weights")
    assert runs.trained() == {run.name: run.title}
    store.get(run.name)
    store.get("lite0")
    assert (answer(run.name), answer(run.name)) == (1, 1)
    app = visits.opened("pages/train.py", session={"train_tabs": "Run", "run_shown": run.name})
    monkeypatch.setattr(runs, "launch", lambda _: None)
    app.button(key="run_resume").click().run()
    sound(app)
    with runs.held(run.folder):
        assert runs.trained() == {}, "it changes"
    store.get(run.name)
    store.get("lite0")
    assert loaded == [run.name, "lite0", run.name]
    assert answer(run.name) == 2


def test_the_tab_opens_on_no_strangers_failure():
    left(owner="a stranger", LOG="effnet: no data 'x'")
    app = opened("Run")
    assert app.selectbox(key="run_shown").value is None
    assert app.warning.values == []
    assert app.get("plotly_chart")[1:] == []  # the schedule's alone
    done = left(owner="a stranger", RESULT=json.dumps({"top1": 0.5, "steps": 3, "seconds": 2.0}))
    assert opened("Run").selectbox(key="run_shown").value == done.name
    failed = left(owner="me", LOG="effnet: no data 'mine'")
    app = visits.opened("pages/train.py", session={"train_tabs": "Run", "visitor": "me"})
    assert app.selectbox(key="run_shown").value == failed.name
    assert "no data 'mine'" in app.warning[0].value


def test_a_run_that_was_killed_says_so():
    left(owner="me")
    app = visits.opened("pages/train.py", session={"train_tabs": "Run", "visitor": "me"})
    assert "ended from outside" in app.warning[0].value


def test_deleting_asks_first():
    run = left(RESULT=json.dumps({"top1": 0.5, "steps": 3, "seconds": 2.0}))
    app = opened("Run")
    assert any("go for good" in text.value for text in app.markdown)
    app.button(key="run_delete").click().run()
    sound(app)
    assert not run.folder.exists()
    assert "Nothing has been trained" in app.info[0].value


def test_a_damaged_run_does_not_stop_the_page():
    run = left(RESULT='{"top1": ')
    (run.folder / runs.METRICS).write_bytes(b"\xff\xfe not a row")
    (left().folder / runs.ORDER).write_text('{"created": "yesterday"}')
    app = opened("Run")
    sound(app)
    assert "can't be read" in app.warning[0].value


def test_the_recorded_race_is_told_and_ones_own_takes_its_place():
    app = opened("Experiment")
    (title,) = [text.value for text in app.markdown if "A race at" in text.value]
    lanes = race.recorded()["lanes"]
    best = max(lanes, key=lambda lane: lane["top1"][-1])
    assert f"{TITLES[best['way']]} ends with {percent(best['top1'][-1])} right" in title
    assert any("Zalando" in caption.value for caption in app.caption)
    run = runs.create("scaling", "t", {})
    (run.folder / runs.RESULT).write_text('{"rows": 2}')
    facts = dict.fromkeys((*race.PLAN, *race.LANE), 1)
    names = {way: facts | {"way": way, "budget": 2} for way in ("depth", "width")}
    (run.folder / "jobs.json").write_text(json.dumps(names))
    for way, right in (("depth", "f" * 250), ("width", "8" + 249 * "0")):
        row = {"step": 4, "share": 1, "cpu_seconds": 2.0, "right": right}
        folder = run.folder / "jobs" / way
        folder.mkdir(parents=True)
        (folder / runs.METRICS).write_text(json.dumps(row) + "\n")
    session = {"train_tabs": "Experiment", "race_table": True}
    app = sound(visits.opened("pages/train.py", session=session))
    table = app.dataframe[0].value
    assert table["training pictures"].tolist() == [4 * claim.BATCH]
    assert (table["Depth only"][0], table["Width only"][0]) == (100, 0.1)
    (title,) = [text.value for text in app.markdown if "A race at" in text.value]
    assert "at 2 x the multiply-adds: Depth only ends with 100.0 % right" in title
    assert "Width only with 0.1 %" in title


# --- a server for a class


def test_a_public_server_lets_nobody_change_anothers_run(monkeypatch):
    monkeypatch.setenv("EFFNET_PUBLIC", "1")
    run = left(owner="a stranger", STOP="", METRICS='{"epoch": 1, "top1": 0.5}')
    app = visits.opened("pages/train.py", session={"train_tabs": "Run", "run_shown": run.name})
    sound(app)
    assert any("only they may change it" in caption.value for caption in app.caption)
    assert app.button(key="run_resume").disabled
    (delete,) = [one for one in app.get("popover") if one.proto.popover.label == "Delete"]
    assert delete.proto.popover.disabled
    with runs.held(run.folder):
        (run.folder / runs.STOP).unlink()
        app.run()
        assert "stop_run" not in [button.key for button in app.button]
    mine = left(owner="me", STOP="")
    app = visits.opened("pages/train.py", session={"train_tabs": "Run", "visitor": "me"})
    assert app.selectbox(key="run_shown").value == mine.name
    assert not app.button(key="run_resume").disabled


def test_a_server_without_trainings_says_so(monkeypatch):
    monkeypatch.setenv("EFFNET_TRAININGS", "0")
    app = opened("Run")
    assert app.button(key="run_start").disabled
    assert "switched off" in app.info[0].value
    app = visits.opened("pages/train.py", session={"train_tabs": "Teach it"})
    app.button(key="fine_tune").click().run()
    assert "switched off" in app.error[0].value
    assert runs.list_runs() == []


def test_anothers_run_is_stopped_at_home_after_a_question():
    run = left(owner="a stranger")
    with runs.held(run.folder):
        app = opened("Run")
        assert any("Another visit started it" in text.value for text in app.markdown)
        app.button(key="stop_run").click().run()
        assert runs.stop_asked(run.folder)


# --- photos of one's own under Teach it


def upload(app: AppTest, place: int, *files: tuple[str, bytes]) -> AppTest:
    named = [(name, data, "image/png") for name, data in files]
    return app.file_uploader(key=f"teach_files_{place}").set_value(named).run()


def test_photos_are_decoded_once_and_kept_small_however_often_the_page_runs(coffee, monkeypatch):
    decoded = []
    open_image = pixels.open_image
    monkeypatch.setattr(cache, "_photos", OrderedDict())
    buffer = io.BytesIO()
    Image.open(coffee).resize((1800, 1200)).save(buffer, "PNG")
    app = opened("Teach it")
    monkeypatch.setattr(
        pixels, "open_image", lambda data, **k: decoded.append(len(data)) or open_image(data, **k)
    )
    upload(app, 0, ("large.png", buffer.getvalue()), ("cup.png", coffee.read_bytes()))
    for _ in range(3):
        app.run()
    assert [error.message for error in app.exception] == []
    assert len(decoded) == 2
    assert [image.size for image, _ in cache._photos.values()] == [(768, 512), (600, 400)]


def test_a_photo_that_cannot_be_read_is_named_and_the_others_stay(coffee):
    app = opened("Teach it")
    upload(app, 0, ("cup.png", coffee.read_bytes()), ("bad.png", b"no picture"))
    assert [error.message for error in app.exception] == []
    assert "bad.png: not a picture that can be read" in app.error[0].value
    app.button(key="teach").click().run()
    assert "too few photos (class 1: 1)" in app.error[-1].value


@pytest.mark.parametrize(("name", "most"), [("MOST_PHOTOS", 2), ("MOST_BYTES", 2**20)])
def test_too_many_photos_are_refused_before_any_is_opened(coffee, monkeypatch, name, most):
    monkeypatch.setattr(teach_card, name, most)
    app = opened("Teach it")
    monkeypatch.setattr(pixels, "open_image", None)
    upload(app, 0, *[(f"{i}.png", coffee.read_bytes()) for i in range(3)])
    assert [error.message for error in app.exception] == []
    assert app.error[0].value.startswith("3 photos of 1 MiB; the limit is ")


def test_the_photo_of_all_pages_grows_through_the_stages():
    """Chosen here, it is explained as well; before that it is the one Classify opens with."""
    app = opened()
    before = schedule_of(app)
    app.button_group(key="sample").set_value("chelsea").run()
    assert schedule_of(app) != before
    app.switch_page("pages/explain.py").run()
    assert "of what EfficientNet-Lite0 saw of Cat" in visits.claim(app)


def schedule_of(app) -> str:
    """The drawing of the schedule, its pictures too."""
    return app.get("plotly_chart")[0].proto.spec
