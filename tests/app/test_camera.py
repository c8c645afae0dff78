"""What the server answers to the camera's frames: the same as to a photo, in a fair share."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from effnet.app.kit import camera
from effnet.classify import frames


@pytest.fixture(autouse=True)
def _nobody_looks(monkeypatch):
    monkeypatch.setattr(camera, "_last_frames", {})


def frame(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return frames.HEAD + base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize("held", [None, 968, 3, 1000, -1, "967", True])
def test_a_frame_is_answered_as_a_photo_is(lite0, coffee, held):
    picture = frame(Image.open(coffee).convert("RGB"))
    image = Image.open(io.BytesIO(frames.jpeg(picture)))
    found = camera.answer(lite0, {"picture": picture, "number": 7, "held": held}, "ann")
    (said,) = lite0.predict(image)
    target = held if held in (968, 3) else 967
    wanted = lite0.explain(image, target=target)
    assert found["number"] == 7
    assert [one[0] for one in found["labels"][:5]] == [one.index for one in said.labels]
    assert found["labels"][0][2] == pytest.approx(said.labels[0].probability, abs=1e-5)
    assert len(found["labels"]) == (6 if held == 3 else 5), "a held class has its bar"
    cells = np.frombuffer(base64.b64decode(found["cells"]), np.uint8).reshape(7, 7)
    assert np.abs(cells / 255 - wanted.native).max() <= 0.5 / 255 + 1e-4
    # 600 x 400 with its short side to 256 gives 384 x 256, of which 224 x 224 are seen
    assert found["box"] == pytest.approx([80 / 384, 16 / 256, 304 / 384, 240 / 256], abs=2e-3)
    assert found["wait"] == 0, "who looks alone does not wait"


def test_who_looks_with_others_waits_for_their_turns(lite0, coffee, monkeypatch):
    monkeypatch.setattr(camera, "SEEN_S", 1e6)  # however slow this machine is
    sent = {"picture": frame(Image.open(coffee).convert("RGB")), "number": 1}
    for number, visitor in enumerate(("ann", "bob", "eve")):
        found = camera.answer(lite0, sent, visitor)
        assert found["wait"] == pytest.approx(number * found["ms"])
    for visitor in ("ann", "bob"):
        camera._last_frames[visitor] -= camera.SEEN_S + 1
    assert camera.answer(lite0, sent, "eve")["wait"] == 0, "who has gone has no share"


NO_FRAMES = [
    *(None, 7, "", "data:image/png;base64,AAAA", frames.HEAD, f"{frames.HEAD}?"),
    *(f"{frames.HEAD}AAAA", frames.HEAD + "A" * frames.MOST_BYTES),
]


@pytest.mark.parametrize("picture", NO_FRAMES, ids=range(len(NO_FRAMES)))
def test_what_is_no_frame_is_told_in_words(lite0, picture):
    found = camera.answer(lite0, {"picture": picture, "number": 2}, "ann")
    assert found["number"] == 2
    assert found["problem"] == "the file is empty" or "not a picture" in found["problem"]
