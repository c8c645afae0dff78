"""Score-CAM and Ablation-CAM at the last layer of whole networks: the grad-cam package's values.

A pass for every one of 1280 to 1792 channels, on both sides: minutes, so not among the tests. As
there, both run in one thread, each on a model that nobody else touches. Where activations go below
zero (SiLU), the package's ablation writes the lowest value of the batch less 1e7, and finds its own
last value as the lowest of the next row: the weights then grow with the place in a batch of 32.
`ablationcam` reproduces that to compare, `ablationcam-zero` is what the paper says.
"""

import copy
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from oracles import calibrated

import effnet
from effnet.cam.core import list_layers
from effnet.nn.weight_files import load_state
from effnet.pixels.preparation import to_array, view
from effnet.weights.checkpoints import Preprocessing

CROP = 64
PACKAGE = {"scorecam": "ScoreCAM", "ablationcam": "AblationCAM"}


def classifier_of(name: str) -> effnet.Classifier:
    """Lite0 with its real weights, the others with seeded random ones, all on small crops."""
    if name == "lite0":
        model = copy.deepcopy(effnet.load("lite0", device="cpu").model)
    else:
        state = calibrated(name).state_dict()
        model = load_state(effnet.get_variant(name), state, origin=name)
    settings = Preprocessing(CROP, CROP, "bilinear")
    return effnet.Classifier(model, weights=name, preprocessing=settings, device="cpu")


def compare(name: str, method: str, picture: Image.Image) -> None:
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    classifier = classifier_of(name)
    start = time.perf_counter()
    explanation = classifier.explain(picture, method=method)
    middle = time.perf_counter()
    private = copy.deepcopy(classifier.model).requires_grad_(True)
    layer = private.get_submodule(list_layers(private)[-1])
    settings = classifier.preprocessing
    x = torch.from_numpy(to_array(view(picture, settings), settings))[None]
    with getattr(pytorch_grad_cam, PACKAGE[method])(private, [layer]) as explain:
        theirs = explain(x, [ClassifierOutputTarget(explanation.target)])[0]
    end = time.perf_counter()
    apart = float(np.abs(explanation.map - theirs).max())
    print(
        f"  {name:6} {method:12} differ by {apart:.1e} (their spread {theirs.std():.2f}); "
        f"{middle - start:.1f} s, the package {end - middle:.1f} s"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    noise = np.random.default_rng(0).integers(0, 256, (10, 10, 3), dtype=np.uint8)
    square = Image.fromarray(noise).resize((CROP, CROP), Image.Resampling.BICUBIC)
    for variant in sys.argv[1:] or ("lite0", "b0", "v2_s", "b4"):
        for slow in PACKAGE:
            compare(variant, slow, square)
