"""What only a GPU can show: its answers, maps and passes against the processor's."""

import copy

import numpy as np
import pytest
import torch

import effnet
from effnet.pixels.preparation import open_image, to_array, view
from effnet.timing.measure.prepare import prepared
from effnet.timing.options import Options

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"),
]
HALF = {"precision": "fp16", "channels_last": True}
WAYS = [{}, {"channels_last": True}, {"precision": "fp16"}, HALF, {"engine": "half"}]


def test_answers_and_maps_are_those_of_the_processor(lite0, coffee):
    there = effnet.load("lite0", device="cuda")
    assert there.runs_on().startswith("PyTorch, float16, the fastest here on cuda")
    (said,), (wanted,) = there.predict(coffee), lite0.predict(coffee)
    assert [one.index for one in said.labels] == [one.index for one in wanted.labels]
    assert np.abs(said.logits - wanted.logits).max() < 0.02 * np.abs(wanted.logits).max()
    for layer in (None, "features.4"):
        given, here = (one.explain(coffee, layer=layer).native for one in (there, lite0))
        assert np.abs(given - here).max() < 0.02, layer


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_way_that_is_timed_gives_the_same_class(lite0, coffee, way):
    settings = lite0.preprocessing
    x = torch.from_numpy(to_array(view(open_image(coffee), settings), settings))[None]
    with prepared(copy.deepcopy(lite0.model), Options("cuda", **way)) as ready:
        ready.image.copy_(x)
        assert int(ready.step().argmax()) == 967


def test_a_recorded_pass_is_replayed(lite0):
    with prepared(copy.deepcopy(lite0.model), Options("cuda", cuda_graph=True, **HALF)) as ready:
        assert ready.sample() > 0
