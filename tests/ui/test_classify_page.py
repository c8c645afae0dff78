"""The Classify page's tabs: each opens with something to see, and nothing before it is opened."""

import io
import zipfile
from pathlib import Path

import pytest
import torch
from oracles import calibrated
from streamlit.testing.v1 import AppTest

from effnet.checkpoints import choose
from effnet.ui import classify_many

TABS = {
    "Any class": "Look for a class",
    "Preprocessing": "channel by channel",
    "Ladder": "times measured on this machine",
    "Ensemble": "Networks in the ensemble",
    "Resolution": "published for",
    "Perturb": "after the crop",
    "Break it on purpose": "its own preprocessing",
    "Many images": "resumes after a break",
    "Weights": "In memory now",
}


ROOT = Path(__file__).parents[2]


def opened(tab: str = "") -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if tab:
        app.session_state["classify_tabs"] = tab
    return app.switch_page("pages/classify.py").run()


def claim(app: AppTest) -> str:
    assert [error.message for error in app.exception] == []
    return app.subheader[0].value


def page(tab: str = "Any class") -> AppTest:
    app = opened(tab)
    assert [error.message for error in app.exception] == []
    assert [error.value for error in app.error] == []
    return app


def words(app: AppTest) -> str:
    shown = [*app.caption, *app.markdown]
    labels = [one.label for one in [*app.selectbox, *app.button_group]]
    return " ".join([*(one.value for one in shown), *labels])


@pytest.mark.parametrize(("tab", "words_of_it"), TABS.items(), ids=TABS)
def test_a_tab_opens_with_something_to_see(tab, words_of_it):
    shown = words(page(tab))
    assert words_of_it in shown
    others = [text for name, text in TABS.items() if name != tab]
    assert not [text for text in others if text in shown], "only the open tab is computed"


def test_any_class_can_be_looked_for():
    app = page()
    app.selectbox(key="looked_for").set_value(968).run()
    assert "**cup** is number **2** of 1,000" in words(app)


def test_the_ladder_has_every_network_that_is_here():
    table = page("Ladder").dataframe[1].value
    assert list(table["network"]) == [f"EfficientNet-Lite{i}" for i in range(3)]
    assert set(table["says"]) == {"espresso"}


def test_damage_follows_its_slider():
    app = page("Perturb")
    app.slider(key="damage_blur").set_value(0.0).run()
    assert claim(app).startswith("EfficientNet-Lite0 says espresso")
    app.button_group(key="damage").set_value("occlusion").run()
    before = float(app.metric[0].value.split()[0])
    app.slider(key="cover_size").set_value(224.0).run()
    assert float(app.metric[0].value.split()[0]) < before


def test_several_uploads_can_be_picked_from(chelsea, coffee):
    app = opened()
    files = [("cat.png", chelsea.read_bytes(), "image/png")]
    files.append(("cup.png", coffee.read_bytes(), "image/png"))
    app.file_uploader[0].set_value(files).run()
    assert "espresso" in claim(app)
    app.button_group(key="which_of_2").set_value(0).run()
    assert "cat" in claim(app)


def test_a_zip_of_class_folders_is_counted(chelsea, coffee):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("espresso/1.png", coffee.read_bytes())
        archive.writestr("cup/2.png", coffee.read_bytes())
        archive.writestr("tiger cat/3.png", chelsea.read_bytes())
        archive.writestr("tiger cat/bad.png", b"no picture")
    app = page("Many images")
    app.file_uploader(key="many_files").set_value(
        [("photos.zip", buffer.getvalue(), "application/zip")]
    ).run()
    app.button(key="many_go").click().run()
    assert [error.message for error in app.exception] == []
    values = {one.label: one.value for one in app.metric}
    assert values["Pictures"] == "3"
    assert values["Top-5"] == "100.0 %"
    table = app.dataframe[1].value
    assert table["picture"].iloc[0] == "cup/2.png"
    assert table["problem"].str.contains("not a picture").sum() == 1


def test_a_csv_holds_no_formula():
    rows = [{"picture": "=cmd()", "probability": 0.5}]
    assert classify_many._csv(rows).splitlines() == ["picture,probability", "'=cmd(),0.5"]


def test_ones_own_weights_are_reported_and_used(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFNET_WEIGHTS", str(tmp_path))
    torch.save(calibrated("b0").state_dict(), tmp_path / "mine.pth")
    app = page("Weights")
    app.selectbox(key="own_file").set_value("mine.pth").run()
    assert [error.message for error in app.exception] == []
    assert app.success[0].value.startswith("mine.pth fits EfficientNet-B0: torchvision's names")
    app.selectbox(key="own_variant").set_value("b1").run()
    assert "does not fit EfficientNet-B1" in app.error[0].value


def test_fetching_without_a_network_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFNET_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("EFFNET_WEIGHTS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("effnet.fetch.PAUSE_S", 0)
    app = page("Weights")
    app.multiselect(key="to_fetch").set_value([choose("b0")]).run()
    app.button(key="fetch").click().run()
    assert [error.message for error in app.exception] == []
    assert "could not fetch EfficientNet_B0_Weights" in app.warning[0].value
