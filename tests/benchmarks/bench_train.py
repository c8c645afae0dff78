"""A training step by image size and precision, and Scale's slider beside one training thread.

The first table takes turns, so that a busy spell hits all sizes alike. The second runs the Scale
page under Streamlit's test harness, idle and while a training of one thread runs at low priority.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import torch
from interleaved import medians, show, use_threads
from streamlit.testing.v1 import AppTest
from torch.nn import functional

from effnet.jobs import runs
from effnet.nn.model import build
from effnet.train.recipe import Recipe, small_base

ROOT = Path(__file__).parents[2]
SIZES = (24, 32, 48, 64)
BATCH = 32


def step(size: int):
    model = build(small_base(), num_classes=71).train().to(memory_format=torch.channels_last)
    pictures = torch.randn(BATCH, 3, size, size).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 71, (BATCH,))

    def run() -> None:
        functional.cross_entropy(model(pictures), labels).backward()
        model.zero_grad(set_to_none=True)

    return run


def slider_ms(turns: int = 40) -> float:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    samples = []
    for turn in range(turns):
        app.slider(key="phi").set_value(round(1 + turn / 20, 2))
        began = time.perf_counter()
        app.run()
        samples.append(1000 * (time.perf_counter() - began))
    return statistics.median(samples)


if __name__ == "__main__":
    use_threads()
    found = medians({f"{size} px": step(size) for size in SIZES}, rounds=15)
    show(f"A training step of {BATCH} pictures, small base", found, rival=f"{SIZES[-1]} px")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EFFNET_RUNS"] = folder
        idle = slider_ms()
        order = {"recipe": Recipe(epochs=1000).to_dict()}
        training = runs.create("train", "beside the slider", order)
        runs.launch(training)
        time.sleep(15)  # its pictures are drawn by then
        busy = slider_ms()
        runs.stop(training)
        while training.state == "running":
            time.sleep(0.2)
    print(
        f"\nScale's slider under the harness: idle {idle:.1f} ms, beside a training {busy:.1f} ms"
    )
    print(f"ratio {busy / idle:.2f}, load {os.getloadavg()[0]:.1f}")
