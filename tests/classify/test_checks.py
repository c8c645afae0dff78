"""What a classifier refuses to answer on, and what one output means."""

import math
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import effnet
from effnet.base import EffnetError, stamp
from effnet.classify.evaluation import evaluate
from effnet.classify.prediction import softmax
from effnet.nn.model import build
from effnet.weights.checkpoints import Preprocessing

SMALL = Preprocessing(32, 32)


def classifier(classes: int = 3, *, engine: str = "eager") -> effnet.Classifier:
    network = build(effnet.scale("b0", depth=0.3, width=0.25, resolution=32), num_classes=classes)
    return effnet.Classifier(network, weights="own.pth", preprocessing=SMALL, engine=engine)


PIXELS = np.zeros((1, 32, 32, 3), np.float32)


@pytest.mark.parametrize(
    "pixels",
    [
        PIXELS * np.nan, PIXELS + np.inf, PIXELS[0], PIXELS[..., :2], PIXELS[:, :16],
        PIXELS.astype(np.uint8), PIXELS.astype(object), PIXELS.tolist(), None, "pixels",
        PIXELS[:, :0],
    ],
    ids=str,
)  # fmt: skip
def test_pixels_that_are_none_are_refused(pixels):
    with pytest.raises(EffnetError, match=r"pixels .*; expected finite float32"):
        classifier().predict_pixels(pixels)


def test_double_pixels_answer_as_single_ones():
    one = classifier()
    (wanted,), (found,) = map(one.predict_pixels, (PIXELS, PIXELS.astype(np.float64)))
    assert np.array_equal(wanted.logits, found.logits)


@pytest.mark.parametrize(
    "logits",
    [np.zeros(4), np.zeros((1, 3)), "abc", [None] * 3, np.zeros(3, complex), [math.nan, 0, 0]],
    ids=str,
)
def test_logits_that_are_none_are_refused(logits):
    with pytest.raises(EffnetError, match=r"logits|NaN"):
        classifier().prediction(logits)


@pytest.mark.parametrize("engine", ["auto", "eager", "bf16"])
def test_nan_weights_are_named_and_not_the_engine(engine):
    one = classifier(engine=engine)
    one.model.features[0][0].weight.view(-1)[3] = math.nan
    with pytest.raises(EffnetError, match=r"weights of .* NaN .*features\.0\.0\.weight"):
        one.predict(np.zeros((40, 40, 3), np.uint8))


def test_a_classs_name_is_cut_where_it_enters():
    network = build(effnet.scale("b0", depth=0.3, width=0.25, resolution=32), num_classes=2)
    names = effnet.Classifier(network, preprocessing=SMALL, classes=["(a+)+" * 2500, "b"]).classes
    assert names == (("(a+)+" * 40), "b")


def test_one_output_is_a_sigmoid_and_says_so():
    one = classifier(1)
    (found,) = one.predict(np.zeros((40, 40, 3), np.uint8))
    assert found.labels[0].probability == pytest.approx(1 / (1 + math.exp(-found.logits[0])))
    assert "sigmoid" in str(found)
    assert softmax(np.array([0.0])).tolist() == [0.5]
    assert softmax(np.array([math.log(3)])) == pytest.approx(0.75)
    assert softmax(np.array([800.0])).tolist() == [1.0]


def swapped(path: Path, data: bytes) -> None:
    """Other bytes in a file, as long as those that were there and as old, as `cp -p` may leave."""
    was = path.stat()
    assert len(data) <= was.st_size
    path.write_bytes(data.ljust(was.st_size, b"\0"))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert path.stat().st_mtime_ns == was.st_mtime_ns


def test_an_answer_is_given_anew_where_its_picture_or_the_weights_changed(
    tmp_path, coffee, chelsea, monkeypatch
):
    folder = tmp_path / "pictures" / "espresso"
    folder.mkdir(parents=True)
    for name in ("1.jpg", "2.jpg"):
        (folder / name).write_bytes(coffee.read_bytes())
    results = tmp_path / "results.jsonl"
    asked = {"device": "cpu", "engine": "eager", "results": results}
    assert evaluate(folder.parent, **asked)["top1"] == 100
    swapped(folder / "2.jpg", chelsea.read_bytes())  # a cat under the same name
    assert evaluate(folder.parent, **asked)["top1"] == 50
    with monkeypatch.context() as patch:
        os.utime(folder / "1.jpg", (0, 0))  # the same picture, touched
        patch.setattr(
            "effnet.classify.evaluation.prepared", lambda *_, **__: pytest.fail("it was opened")
        )
        assert evaluate(folder.parent, **asked)["top1"] == 50
    with monkeypatch.context() as patch:
        loaded = effnet.load("lite0", device="cpu", engine="eager")
        loaded.model.classifier[1].bias[0] += 1
        patch.setattr("effnet.classify.evaluation.load", lambda *_args, **_more: loaded)
        with pytest.raises(EffnetError, match=r"another evaluation \(content differ\)"):
            evaluate(folder.parent, **asked)


def test_a_stamp_stands_for_names_and_bytes_alone(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "cats").mkdir(parents=True)
    one, other = folder / "cats" / "1.png", folder / "cats" / "2.png"
    one.write_bytes(b"first")
    other.write_bytes(b"other")
    first = stamp(folder)
    assert stamp(shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)) == first
    swapped(one, b"FIRST")
    changed = stamp(folder)
    one.rename(folder / "cats" / "3.png")
    renamed = stamp(folder)
    (folder / "cats" / "3.png").unlink()
    (folder / "cats" / "3.png").symlink_to(other)
    assert len({first, changed, renamed, stamp(folder), stamp(one), stamp(other)}) == 6
    assert stamp(one) == ""
