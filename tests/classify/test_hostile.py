"""Whatever is uploaded ends in a message or an answer, in bounded memory; the next one works."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hostile import hostile_files

from effnet.base import EffnetError

FILES = hostile_files()
MOST = 1536 * 2**20  # bytes over the idle program

MEMORY = """
import resource, warnings
warnings.simplefilter("ignore")
from hostile import hostile_files
from effnet.weights import Preprocessing
from effnet.pixels import open_image, to_pixels, view
from effnet.base import EffnetError
files = hostile_files()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
settings, ends = Preprocessing(256, 224), []
for data in files.values():
    try:
        to_pixels(view(open_image(data, short_side=256), settings), settings)
        ends.append("answer")
    except EffnetError:
        ends.append("message")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, ends.count("answer"), len(ends))
"""


def test_there_are_two_hundred():
    assert len(FILES) >= 200


@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it mends
def test_each_ends_in_a_message_or_an_answer_and_the_next_works(small, coffee):
    (usual,) = small.predict(coffee)
    ends = {}
    for i, (name, data) in enumerate(FILES.items()):
        try:
            (found,) = small.predict(data)
            assert np.isfinite(found.logits).all(), name
            ends[name] = "answer"
        except EffnetError as error:
            ends[name] = str(error)
        if i % 20 == 0:
            assert np.array_equal(small.predict(coffee)[0].logits, usual.logits), f"after {name}"
    messages = [end for end in ends.values() if end != "answer"]
    assert all(10 < len(message) < 400 and "\n" not in message for message in messages)
    answered = {name for name, end in ends.items() if end == "answer"}
    assert answered >= {"mode CMYK", "mode P", "1 x 1", "an animation", "JPEG with a tail"}
    assert not answered & {"nothing", "a real bomb", "HTML", "30000 x 1", "a zip", "an ELF"}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise there")
def test_memory_stays_bounded(environment_without_weights):
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY],
        env=environment_without_weights | {"PYTHONPATH": f"{root}:{root / 'tests'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    grown, answers, total = map(int, done.stdout.split())
    assert grown * 1024 < MOST
    assert 20 < answers < total


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise there")
def test_memory_is_flat_over_a_thousand_predictions(small, noise):
    def held() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    for _ in range(50):
        small.predict(noise)
    before = held()
    for _ in range(1000):
        small.predict(noise)
    assert held() - before < 20 * 2**20
