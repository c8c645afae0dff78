"""The Classify page's tabs: each opens with something to see, and nothing before it is opened."""

import csv
import html
import io
import re
import zipfile
from collections import OrderedDict
from dataclasses import replace

import hostile_zips
import numpy as np
import pytest
import torch
import visits
from oracles import calibrated
from streamlit.testing.v1 import AppTest
from visits import claim

import effnet
from effnet.app.kit import cache, photos, state
from effnet.app.pages.classify import many_images, tries_cards
from effnet.base.language import speaking
from effnet.classify.prediction import Label, Prediction
from effnet.jobs import runs
from effnet.pixels import list_samples
from effnet.report.claims import prediction_claim
from effnet.weights.checkpoints import choose

TABS = {
    "Any class": "Look for a class",
    "Preprocessing": "channel by channel",
    "Ladder": "times measured on this machine",
    "Ensemble": "Networks in the ensemble",
    "Resolution": "these weights were published",
    "Perturb": "after the crop",
    "Break it on purpose": "with the right preprocessing",
    "Many images": "goes on after an interruption",
    "int8": "int8 stores weights and maps as whole numbers of 8 bits",
    "Weights": "In memory now",
}


def opened(tab: str = "") -> AppTest:
    return visits.opened("pages/classify.py", session={"classify_tabs": tab} if tab else {})


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


def test_the_class_that_is_looked_for_follows_the_photo_until_one_is_chosen():
    app = page()
    assert "**espresso** is number **1** of 1,000" in words(app)
    app.button_group(key="sample").set_value("rocket").run()
    best = app.selectbox(key="looked_for").value
    assert best != 967
    assert "is number **1** of 1,000" in words(app)
    app.selectbox(key="looked_for").set_value(967).run()
    app.button_group(key="sample").set_value("astronaut").run()
    assert app.selectbox(key="looked_for").value == 967, "a chosen class stays for other photos"
    app.button_group(key="sample").set_value("rocket").run()
    app.selectbox(key="looked_for").set_value(best).run()
    app.button_group(key="sample").set_value("coffee").run()
    assert app.selectbox(key="looked_for").value == 967, "the best class follows again"


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
    app.slider(key="cover_width").set_value(224.0).run()
    app.slider(key="cover_height").set_value(224.0).run()
    assert float(app.metric[0].value.split()[0]) < before


@pytest.mark.parametrize(
    ("middle", "size", "found"),
    [
        (112, 74, (75, 149)),
        (112, 165, (30, 195)),
        (111, 165, (29, 194)),  # halves go one way at both ends: neither 164 nor 166
        (112.5, 75, (75, 150)),
        (0, 21, (0, 11)),
        (224, 21, (214, 224)),
        (112, 0, (112, 112)),
        (112, 224, (0, 224)),
    ],
)
def test_a_box_is_as_long_as_its_slider_says(middle, size, found):
    assert tries_cards.edges(middle, size, 224) == found


def upload(app: AppTest, *paths: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in paths]).run()
    assert [error.message for error in app.exception] == []
    return app


def photos_of(app: AppTest) -> list[str]:
    """What stands in the strip."""
    return app.button_group(key="sample").options


def pick(app: AppTest, name: str) -> AppTest:
    return app.button_group(key="sample").set_value(chosen_by(app, name)).run()


def chosen_by(app: AppTest, name: str) -> str:
    (digest,) = [one.digest for one in app.session_state[state.OWN] if one.name == name]
    return str(digest)


def test_several_uploads_stand_in_the_strip_behind_the_samples(chelsea, coffee):
    app = opened()
    before = photos_of(app)
    upload(app, ("cat.png", chelsea.read_bytes()), ("cup.png", coffee.read_bytes()))
    assert photos_of(app) == [*before, "cat.png", "cup.png"]
    assert "espresso" in claim(app)
    assert "cat" in claim(pick(app, "cat.png"))
    app.button_group(key="sample").set_value("rocket").run()
    assert "missile" in claim(app)
    assert photos_of(app) == [*before, "cat.png", "cup.png"], "uploads stay as the samples do"


def test_a_photo_that_cannot_be_read_leaves_the_page_with_another_one(chelsea):
    app = opened("Ladder")
    bad = ("notes.jpg", b"I am a text file")
    upload(app, bad)
    assert "espresso" in claim(app)
    assert app.error[0].value == (
        "notes.jpg: not a picture that can be read; expected one of JPEG, PNG, WEBP, AVIF, GIF, "
        "BMP, TIFF. Choose another photo; meanwhile the page shows Coffee."
    )
    assert app.session_state["classify_tabs"] == "Ladder"
    upload(app, ("cat.png", chelsea.read_bytes()), bad)
    assert "cat" in claim(app)
    assert app.error[0].value.endswith("meanwhile the page shows cat.png.")
    app.button_group(key="sample").set_value("coffee").run()
    assert not app.error


def test_ones_own_photo_and_network_go_along_to_other_pages_and_back(chelsea):
    app = opened()
    app.selectbox(key="network").set_value("lite2").run()
    first = claim(upload(app, ("mine.png", chelsea.read_bytes())))
    assert first.startswith("EfficientNet-Lite2 says")
    assert "cat" in first
    app.switch_page("pages/explain.py").run()
    assert claim(app).endswith("of what EfficientNet-Lite2 saw of mine.png.")
    app.button_group(key="sample").set_value("coffee").run()
    assert claim(app).endswith("of what EfficientNet-Lite2 saw of Coffee.")
    app.switch_page("pages/classify.py").run()
    assert claim(app).startswith("EfficientNet-Lite2 says espresso")
    assert claim(pick(app, "mine.png")) == first
    assert app.button(key="remove_own").label == "Remove mine.png"
    app.button(key="remove_own").click().run()
    assert claim(app).startswith("EfficientNet-Lite2 says espresso")
    assert "mine.png" not in photos_of(app)


def test_the_newest_photo_is_shown_and_the_same_one_stands_there_once(chelsea, coffee):
    app = upload(opened(), ("mine.png", chelsea.read_bytes()))
    upload(app, ("cup.png", coffee.read_bytes()))
    assert "espresso" in claim(app)
    upload(app, ("again.png", chelsea.read_bytes()))
    assert photos_of(app)[-2:] == ["cup.png", "again.png"]
    assert "cat" in claim(app)


def test_more_photos_than_fit_keep_the_newest(chelsea, coffee, monkeypatch):
    app = opened()
    samples = photos_of(app)
    monkeypatch.setattr(photos, "MOST_OWN", 2)
    upload(
        app, *((f"{i}.png", coffee.read_bytes()) for i in range(2)), ("c.png", chelsea.read_bytes())
    )
    assert "cat" in claim(app)
    assert app.error[0].value.startswith("3 photos; up to 2 here, more under Many images.")
    monkeypatch.setattr(photos, "MOST_BYTES", 1000)
    upload(app, ("cup.png", coffee.read_bytes()))
    assert photos_of(app) == [*samples, "cup.png"], "the last one always fits"


@pytest.mark.parametrize(("best", "unsure"), [(0.199, True), (0.2, False)])
def test_under_a_fifth_the_answer_is_called_a_guess(best, unsure):
    labels = (Label(643, "mask", best), Label(1, "goldfish", 0.1))
    said = prediction_claim("lite0", Prediction(labels, np.zeros(1000, np.float32), 0.0))
    wanted = (
        "Unsure: no class reaches 20 %; perhaps none of the 1,000 fits. "
        "EfficientNet-Lite0's best guess is mask, 19.9 %."
    )
    assert (said == wanted) is unsure
    assert said.startswith("EfficientNet-Lite0 says mask, 20.0 % sure") is not unsure


def test_a_network_with_classes_of_its_own_is_not_held_against_imagenets(monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path))
    own = cache.store.__wrapped__()  # not the process's, where later tests would see the network
    monkeypatch.setattr(cache, "store", lambda: own)
    app = visits.opened("pages/train.py", session={"train_tabs": "Teach it"})
    app.button(key="teach").click().run()
    app.button(key="teach_keep").click().run()
    (name,) = runs.trained()
    app.session_state["chosen_network"] = name
    for tab in ("Ladder", "Ensemble"):
        app.session_state["classify_tabs"] = tab
        app.switch_page("pages/classify.py").run()
        assert claim(app).startswith("EfficientNet-Lite0 (cat and coffee) says coffee")
        assert app.info[0].value.startswith("This network has its own classes")
    app.session_state["classify_tabs"] = "Weights"
    app.switch_page("pages/classify.py").run()
    (line,) = (one.value for one in app.caption if one.value.startswith("In memory now"))
    assert "cat and coffee, " in line
    app.session_state["explain_tabs"] = "Take away"
    app.switch_page("pages/explain.py").run()
    (file,) = re.findall(r'effnet.load\("(.*)"\)', app.code[0].value)
    assert len(effnet.load(file).classes) == 2


def test_visitors_photos_are_kept_in_memory_within_a_budget(chelsea, coffee, monkeypatch):
    one, two = chelsea.read_bytes(), coffee.read_bytes()
    monkeypatch.setattr(cache, "_photos", OrderedDict())
    monkeypatch.setattr(cache, "_visit", cache.Visit)
    cat = cache.photo("cat.png", one)
    assert cache.photo("again.png", one) == replace(cat, name="again.png")
    assert cache.photo("again.png", one).image is cat.image
    monkeypatch.setattr(cache, "PHOTO_PIXELS", 100_000)
    cup = cache.photo("cup.png", two)
    assert cache.photo("cup.png", two).image is cup.image, "the last one always fits"
    assert cache.photo("cat.png", one).image is not cat.image


def test_a_visits_photos_go_when_it_ends_unless_others_look_at_them(chelsea, coffee, monkeypatch):
    one, two = chelsea.read_bytes(), coffee.read_bytes()
    monkeypatch.setattr(cache, "_photos", OrderedDict())
    first, second = cache.Visit(), cache.Visit()
    monkeypatch.setattr(cache, "_visit", lambda: first)
    cache.photo("cat.png", one), cache.photo("cup.png", two)
    monkeypatch.setattr(cache, "_visit", lambda: second)
    cache.photo("cup.png", two, short_side=100)
    shared = cache.photo("cup.png", two).image
    cache._left(first)
    assert [image.size for image, _ in cache._photos.values()] == [(150, 100), (600, 400)]
    assert cache.photo("cup.png", two).image is shared
    cache._left(second)
    assert not cache._photos


def test_the_end_of_a_session_ends_its_photos(chelsea, monkeypatch):
    monkeypatch.setattr(cache, "_photos", OrderedDict())
    app = page("Photo")
    app.file_uploader[0].set_value([("mine.png", chelsea.read_bytes(), "image/png")]).run()
    assert len(cache._photos) == 1
    caching = pytest.importorskip("streamlit.runtime.caching")
    caching.clear_session_resource_cache("test session id")  # as when a browser leaves
    assert not cache._photos


def test_a_zip_that_cannot_be_read_is_a_row_among_others(coffee):
    app = page("Many images")
    app.file_uploader(key="many_files").set_value(
        [
            ("bomb.zip", hostile_zips.overlapping(2000), "application/zip"),
            ("cup.png", coffee.read_bytes(), "image/png"),
            ("cup.png", b"no picture", "image/png"),
        ]
    ).run()
    visits.ended(app.button(key="many_go").click().run(), "many")
    table = app.dataframe[-1].value
    assert list(table["picture"]) == ["bomb.zip", "cup.png", "cup.png"]
    assert "unpacks to 60000 MiB" in table["problem"].iloc[0]
    assert table["says"].iloc[1] == "espresso"
    assert table["problem"].iloc[1] == ""
    assert "not a picture" in table["problem"].iloc[2]


def test_a_zip_is_named_without_unpacking_and_can_be_stopped_from_the_first_second(
    coffee, monkeypatch
):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for i in range(3):
            archive.writestr(f"{i}.png", coffee.read_bytes())
    data = buffer.getvalue()
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    app = page("Many images")
    app.file_uploader(key="many_files").set_value([("a.zip", data, "application/zip")]).run()
    assert [error.message for error in app.exception] == []
    assert app.button(key="many_go").label == "Classify them"
    assert app.session_state[many_images.JOB].total == 3


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
    visits.ended(app.button(key="many_go").click().run(), "many")
    assert [error.message for error in app.exception] == []
    values = {one.label: one.value for one in app.metric}
    assert values["Pictures"] == "3"
    assert values["Top-5"] == "100.0 %"
    table = app.dataframe[1].value
    assert table["picture"].iloc[0] == "cup/2.png"
    assert table["problem"].str.contains("not a picture").sum() == 1


def test_a_folders_known_classes_are_counted_and_the_others_named(chelsea, coffee):
    app = page("Many images")
    cup, cat = coffee.read_bytes(), chelsea.read_bytes()
    app.file_uploader(key="many_folder").set_value(
        [
            ("top/n07920052/1.png", cup, "image/png"),
            ("top/tiger_cat/2.png", cat, "image/png"),
            ("top/my cats/3.png", cat, "image/png"),
            ("top/.hidden/4.png", cat, "image/png"),
        ]
    ).run()
    visits.ended(app.button(key="many_go").click().run(), "many")
    assert [error.message for error in app.exception] == []
    assert {one.label: one.value for one in app.metric}["Pictures"] == "2"
    assert app.info[0].value == "Not counted, as their folders are no class: my cats"
    table = app.dataframe[1].value
    assert list(table["picture"]) == [
        "top/my cats/3.png", "top/n07920052/1.png", "top/tiger_cat/2.png",
    ]  # fmt: skip
    assert list(table["is"]) == ["", "espresso", "tiger cat"]


def test_many_images_takes_the_photos_that_are_there():
    app = page("Many images")
    app.toggle(key="many_there").set_value(True).run()
    visits.ended(app.button(key="many_go").click().run(), "many")
    table = app.dataframe[1].value
    assert list(table["picture"]) == [sample.title for sample in list_samples()]
    assert set(table["problem"]) == {""}


def test_an_answer_that_comes_while_the_page_is_drawn_waits_for_the_next_look(coffee, monkeypatch):
    app = page("Many images")
    given = [(f"{i}.png", coffee.read_bytes(), "image/png") for i in range(2)]
    app.file_uploader(key="many_files").set_value(given).run()
    visits.ended(app.button(key="many_go").click().run(), "many")
    answers, row = app.session_state[many_images.JOB].answers, many_images._row
    late = [answers.pop()]

    def drawn(*values, **named):
        answers.extend(late)
        late.clear()
        return row(*values, **named)

    monkeypatch.setattr(many_images, "_row", drawn)
    app.run()
    assert [error.message for error in app.exception] == []
    assert list(app.dataframe[-1].value["picture"]) == ["0.png"]
    assert list(app.run().dataframe[-1].value["picture"]) == ["0.png", "1.png"]


def test_many_images_in_chinese_have_a_csv_in_english(chelsea, coffee, lite0):
    app = visits.opened("pages/classify.py", session={"classify_tabs": "批量图像"}, lang="zh")
    with speaking("zh"):  # the harness asks widgets for their words once more
        app.file_uploader(key="many_folder").set_value(
            [
                ("top/cup/1.png", coffee.read_bytes(), "image/png"),
                ("top/mine/2.png", chelsea.read_bytes(), "image/png"),
                ("top/mine/bad.png", b"no picture", "image/png"),
            ]
        ).run()
        visits.ended(app.button(key="many_go").click().run(), "many")
    assert [error.message for error in app.exception] == []
    assert app.info[0].value == "不计入准确率，因为这些文件夹不是类别：mine"
    table = app.dataframe[1].value
    assert list(table) == ["图像", "判断为", "概率", "第二", "第二的概率", "实际是", "问题"]
    assert "不是能读取的图像" in table["问题"].iloc[2]
    assert app.dataframe[2].value.to_dict("records") == [
        {"实际是": "杯子", "误认为": "浓缩咖啡", "次数": 1}
    ]
    answers = app.session_state[many_images.JOB].answers
    rows = [many_images._row(one, lite0.classes, judged=True) for one in answers]
    csv_file = many_images._csv(rows)
    assert csv_file.startswith("picture,says,probability,second,")
    assert "not a picture that can be read" in csv_file
    assert csv_file.isascii()


def test_too_much_at_once_is_refused(chelsea, monkeypatch):
    monkeypatch.setattr(many_images, "MAX_IN_ALL", 3 * 2**20)
    app = page("Many images")
    app.file_uploader(key="many_folder").set_value(
        [(f"top/{i}.png", bytes(2**20), "image/png") for i in range(4)]
    ).run()
    assert "4 MiB of pictures; the limit is 3 MiB" in app.error[0].value


def test_the_csv_of_many_is_what_the_network_said(chelsea, coffee, lite0):
    app = page("Many images")
    named = {"espresso/2.png": coffee, "tabby/1.png": chelsea}
    app.file_uploader(key="many_folder").set_value(
        [
            *((name, path.read_bytes(), "image/png") for name, path in named.items()),
            ("tabby/=bad.png", b"no picture", "image/png"),
        ]
    ).run()
    visits.ended(app.button(key="many_go").click().run(), "many")
    assert [error.message for error in app.exception] == []
    job = app.session_state[many_images.JOB]
    rows = [many_images._row(one, lite0.classes, judged=True) for one in job.answers]
    read = list(csv.DictReader(io.StringIO(many_images._csv(rows))))
    columns = ["picture", "says", "probability", "second", "second probability", "is", "problem"]
    assert list(read[0]) == columns
    for row, (name, path) in zip(read, named.items(), strict=False):
        (wanted,) = lite0.predict(path)
        assert row["picture"] == name
        assert (row["says"], row["second"]) == tuple(one.name for one in wanted.labels[:2])
        assert float(row["probability"]) == pytest.approx(wanted.labels[0].probability, abs=1e-4)
        assert float(row["second probability"]) == pytest.approx(
            wanted.labels[1].probability, abs=1e-4
        )
        assert (row["is"], row["problem"]) == (name.partition("/")[0], "")
    assert read[2]["picture"] == "tabby/=bad.png"
    assert read[2]["says"] == read[2]["probability"] == ""
    assert "not a picture" in read[2]["problem"]


def test_a_csv_holds_no_formula():
    rows = [{"picture": "=cmd()", "probability": 0.5}]
    assert many_images._csv(rows).splitlines() == ["picture,probability", "'=cmd(),0.5"]


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
    monkeypatch.setattr("effnet.weights.downloads.PAUSE_S", 0)
    app = page("Weights")
    app.multiselect(key="to_fetch").set_value([choose("b0")]).run()
    app.button(key="fetch").click().run()
    assert [error.message for error in app.exception] == []
    assert "could not fetch EfficientNet_B0_Weights" in html.unescape(app.warning[0].value)


def test_a_public_server_fetches_nothing_and_takes_no_weights(monkeypatch):
    monkeypatch.setenv("EFFNET_PUBLIC", "1")
    app = page("Weights")
    said = [caption.value for caption in app.caption]
    assert any("Downloads are switched off" in text for text in said)
    assert any("weight files are switched off" in text for text in said)
    assert "fetch" not in [button.key for button in app.button]
    assert "own_weights" not in [file.key for file in app.file_uploader]


def test_a_photo_that_is_chosen_on_scale_is_the_one_of_classify():
    app = visits.opened()
    assert app.button_group(key="sample").value == "chelsea"  # what its drawing holds
    app.button_group(key="sample").set_value("rocket").run()
    assert "Rocket: " in words(app.switch_page("pages/classify.py").run())  # and whose it is
