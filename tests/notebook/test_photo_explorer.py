"""`explore_photo`: prediction and map follow its controls, and are what the classifier gives."""

import base64
import io
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

import effnet
from effnet.classify import frames
from effnet.notebook.camera import Camera

ESPRESSO, CUP = 967, 968


@pytest.fixture
def explorer(coffee):
    return effnet.explore_photo(coffee)


def uploaded(content):
    """A file as the browser hands it to the kernel."""
    said = {"name": "photo.png", "type": "image/png", "last_modified": datetime(2026, 1, 1)}
    return (said | {"size": len(content), "content": content},)


def chelsea_jpeg(path):
    buffer = io.BytesIO()
    Image.open(path).convert("RGB").save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def test_prediction_and_map_are_what_the_classifier_gives(explorer, lite0, coffee):
    (alone,) = lite0.predict(coffee)
    assert explorer.prediction.labels[0].index == ESPRESSO
    np.testing.assert_allclose(explorer.prediction.logits, alone.logits, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(explorer.explanation.map, lite0.explain(coffee).map, atol=1e-4)
    assert "espresso" in explorer.children[-1].children[0].value
    assert "data:image/jpeg" in explorer.children[-1].children[1].value


def test_class_method_and_layer_make_the_map_anew(explorer, lite0, coffee):
    seen = []
    explorer.observe(lambda change: seen.append(change["new"].method), names="explanation")
    explorer.target.value = CUP
    explorer.method.value = "layercam"
    explorer.layer.value = explorer.layer.options[5][1]
    assert seen == ["gradcam", "layercam", "layercam"]
    layer = explorer.layer.value
    wanted = lite0.explain(coffee, method="layercam", target=CUP, layer=layer)
    assert (explorer.explanation.target, explorer.explanation.layer) == (CUP, layer)
    np.testing.assert_allclose(explorer.explanation.native, wanted.native, atol=1e-4)
    explorer.method.value = "cam"  # reads the classifier's own weights: the last layer alone
    assert explorer.layer.disabled
    assert explorer.explanation.layer == explorer.layer.options[-1][1]


def test_a_cameras_frame_is_answered_and_a_frozen_one_becomes_the_photo(
    explorer, chelsea, monkeypatch
):
    sent = []
    monkeypatch.setattr(Camera, "send", lambda _, message: sent.append(message))
    picture = frames.HEAD + base64.b64encode(chelsea_jpeg(chelsea)).decode()
    explorer.camera.value = True
    (camera,) = explorer.children[-4].children
    camera._heard(camera, {"frame": {"picture": picture, "number": 7}}, [])
    assert [said["number"] for said in sent] == [7]
    explorer.network.value = "lite1"
    assert camera.handed["side"] == effnet.load("lite1").preprocessing.resize
    camera._heard(camera, {"frozen": picture}, [])
    assert explorer.explanation.image.size == (451, 300)
    assert explorer.target.value == sent[0]["target"] == explorer.prediction.labels[0].index
    assert not explorer.camera.value
    assert explorer.children[-4].children == ()
    camera._heard(camera, {"frozen": "no picture"}, [])
    assert explorer.children[-2].value != ""


def test_another_network_is_asked_of_the_same_class_and_another_photo_of_its_best(
    explorer, chelsea
):
    explorer.target.value = CUP
    explorer.network.value = "lite1"
    assert (explorer.explanation.network, explorer.explanation.target) == ("lite1", CUP)
    assert explorer.explanation.layer == explorer.layer.options[-1][1]
    explorer.upload.value = uploaded(chelsea.read_bytes())
    assert explorer.prediction.labels[0].index == explorer.target.value != CUP
    assert explorer.explanation.image.size == (451, 300)
    assert explorer.explanation.target == explorer.target.value


def test_what_cant_be_read_or_loaded_is_said_and_the_last_answer_stays(explorer):
    before = explorer.prediction
    explorer.upload.value = uploaded(b"no picture")
    assert explorer.upload.value == ()
    assert explorer.children[-2].value != ""
    explorer.network.options = [*explorer.network.options, ("B7", "b7")]
    explorer.network.value = "b7"
    assert explorer.network.value == "lite0"
    assert "b7" in explorer.children[-2].value
    assert explorer.prediction is before
    explorer.method.value = "hirescam"
    assert explorer.children[-2].value == ""


def test_every_class_is_offered_once_by_name_and_number(explorer):
    labels = dict(explorer.target.options)
    assert sorted(labels.values()) == list(range(1000))
    assert {"Cardigan (264)": 264, "cardigan (474)": 474}.items() <= labels.items()
    assert explorer.target.options[0][0].startswith("espresso (967) ")


def test_a_classifier_of_ones_own_is_asked_itself_among_the_released_ones(coffee):
    own = effnet.Classifier(effnet.build("lite0", num_classes=3), classes=("a", "b", "c"))
    explorer = effnet.explore_photo(coffee, own)
    assert {label.name for label in explorer.prediction.labels} == {"a", "b", "c"}
    explorer.target.value = 2
    explorer.network.value = "lite0"  # other classes: back to the most probable one
    assert explorer.explanation.label == "espresso"


def test_without_a_photo_it_opens_with_a_sample():
    assert effnet.explore_photo().explanation.image.size == (600, 400)


def test_it_waits_for_an_upload_where_there_is_no_sample(monkeypatch, coffee):
    monkeypatch.setattr("effnet.notebook.photo_explorer.list_samples", list)
    explorer = effnet.explore_photo()
    assert (explorer.prediction, explorer.explanation) == (None, None)
    explorer.method.value = "layercam"
    assert explorer.children[-2].value == "Upload a photo."
    explorer.upload.value = uploaded(memoryview(coffee.read_bytes()))
    assert explorer.explanation.method == "layercam"
    assert explorer.explanation.target == ESPRESSO


def test_it_speaks_chinese(coffee):
    explorer = effnet.explore_photo(coffee, language="zh")
    assert explorer.network.description == "网络"
    explorer.method.value = "layercam"
    assert "概率" in explorer.children[-1].children[1].value


def test_what_is_none_is_refused(coffee, tmp_path):
    with pytest.raises(effnet.EffnetError, match="vgg"):
        effnet.explore_photo(coffee, "vgg")
    with pytest.raises(effnet.WeightsUnavailable, match="b7"):
        effnet.explore_photo(coffee, "b7")
    with pytest.raises(effnet.EffnetError, match="missing"):
        effnet.explore_photo(tmp_path / "missing.png")
    with pytest.raises(effnet.EffnetError, match="'xx'"):
        effnet.explore_photo(coffee, language="xx")
