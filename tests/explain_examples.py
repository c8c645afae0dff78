"""Records of Explain with numbers that are easy to check, and the figures drawn of them."""

import numpy as np
from PIL import Image

from effnet import figures
from effnet.cam.agreement import rungs
from effnet.cam.explanation import Explanation
from effnet.cam.inside import FORCES, Gates, Microscope
from effnet.cam.map_verdict import Order, Randomised, Verdict
from effnet.pixels import Picture


def order(name: str, middle: float) -> Order:
    """Curves of three points: at 0.9, in the middle, at 0."""
    return Order(name, (0.9, middle, 0.0), (0.0, 0.9 - middle, 0.9))


VERDICT = Verdict(
    probability=0.9,
    chance=0.001,
    shares=(0.0, 0.5, 1.0),
    by_map=order("map", 0.1),
    centre=order("centre", 0.5),
    randoms=(order("random", 0.6), order("random", 0.7)),
    cascade=(Randomised("classifier", 0.8), Randomised("head", 0.4), Randomised("stem", 0.1)),
    trained=True,
)


def map_of(native: np.ndarray) -> Explanation:
    """A map on a grey picture, all of which was seen."""
    return Explanation(
        native=native.astype(np.float32), target=3, label="a thing", probability=0.5,
        method="gradcam", layer="features.8", seconds=0.01, box=(0.0, 0.0, 80.0, 80.0),
        blank=False, picture=Picture(Image.new("RGB", (80, 80), "grey")),
    )  # fmt: skip


LEFT = np.tile([1.0, 1.0, 0.0, 0.0], (4, 1))
RUNGS = rungs([map_of(LEFT), map_of(LEFT[:, ::-1])], box=(0.0, 0.0, 40.0, 80.0))
MICROSCOPE = Microscope(
    gates=(
        Gates("features.1.0", np.array([0.1, 0.2, 0.3], np.float32)),
        Gates("features.2.0", np.array([0.6, 0.7, 0.8, 0.9], np.float32)),
    ),
    logits={force: np.array([1.0, 2.0 + i]) for i, force in enumerate(FORCES)},
    forced=("features.1.0", "features.2.0"),
)

DRAWN = {
    "deletion_and_insertion": lambda: figures.deletion_and_insertion(VERDICT, label="a thing"),
    "randomised_maps": lambda: figures.randomised_maps(VERDICT),
    "map_in_box": lambda: figures.map_in_box(RUNGS, ["first", "second"]),
    "gate_values": lambda: figures.gate_values(MICROSCOPE),
    "forced_gates": lambda: figures.forced_gates(MICROSCOPE, [(1, "a thing"), (0, "another")]),
}
