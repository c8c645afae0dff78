"""Grad-CAM on B0: against the grad-cam package and a plain forward pass, for one class and five.

Then the resident memory over 500 maps, and how long the trained Lite0 takes to load, against the
reference implementation.
"""

import copy
import gc
import io
import resource
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch
from bench_predict import calibrated_b0
from interleaved import medians, show, use_threads
from PIL import Image

import effnet
from effnet import cam
from effnet.nn.weight_files import load_state
from effnet.pixels.preparation import to_array, view
from effnet.pixels.samples import get_sample
from effnet.weights.checkpoints import choose, usual_preprocessing

ROUNDS, TARGET = 30, 967
FIVE = (967, 968, 504, 925, 960)
MAPS, WARM = 500, 50


def maps() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    theirs = calibrated_b0()
    spec = effnet.get_variant("b0")
    classifier = effnet.Classifier(
        load_state(spec, copy.deepcopy(theirs.state_dict()), origin="torchvision"),
        weights="calibrated",
        preprocessing=usual_preprocessing(spec),
        device="cpu",
    )
    settings = classifier.preprocessing
    photo = Image.open(get_sample("coffee").path).convert("RGB")
    prepared = torch.from_numpy(to_array(view(photo, settings), settings))[None]

    def package() -> np.ndarray:
        with GradCAM(model=theirs, target_layers=[theirs.features[-1]]) as explain:
            return explain(input_tensor=prepared, targets=[ClassifierOutputTarget(TARGET)])[0]

    def ours(classes: tuple[int, ...] = (TARGET,), layer: str | None = None) -> list[np.ndarray]:
        questions = [cam.Question(index) for index in classes]
        found = cam.quick_maps(
            classifier.model, prepared, method="gradcam", questions=questions, layers=[layer]
        )
        return [cam.finished(maps[0])[0] for maps in found.maps]

    def answered(*, map_of: tuple[int, ...] = ()) -> list[object]:
        classifier._engine.forget()
        if map_of:
            return list(classifier.explain_many(photo, targets=map_of))
        return list(classifier.predict(photo))

    def forward() -> torch.Tensor:
        with torch.inference_mode():
            return classifier.model(prepared)

    whole = (0.0, 0.0, float(settings.crop), float(settings.crop))
    spread = cam.place(ours()[0], (settings.crop, settings.crop), whole)
    apart = float(np.abs(spread - package()).max())
    names = {
        "package": "grad-cam package, the usual way",
        "forward": "plain forward pass",
        "one": "effnet, one class, last layer",
        "five": "effnet, five classes, last layer",
        "mid": "effnet, one class, stage 4",
        "five mid": "effnet, five classes, stage 4",
        "predict": "effnet predict(), photo to record",
        "explain": "effnet explain(), photo to record",
        "explain five": "effnet explain_many(), five classes",
    }
    timed = medians(
        {
            names["package"]: package,
            names["forward"]: forward,
            names["one"]: ours,
            names["five"]: lambda: ours(FIVE),
            names["mid"]: lambda: ours(layer="features.4"),
            names["five mid"]: lambda: ours(FIVE, layer="features.4"),
            names["predict"]: answered,
            names["explain"]: lambda: answered(map_of=(TARGET,)),
            names["explain five"]: lambda: answered(map_of=FIVE),
        },
        rounds=ROUNDS,
        warm_up=5,
    )
    passes = {
        name: f"{timed[name] / timed[names['forward']]:.2f} x a forward pass" for name in timed
    }
    passes[names["one"]] += f" (goal 1.3), goal 0.5 x the package; maps differ by {apart:.0e}"
    passes[names["five"]] += " (goal 1.8)"
    for name, goal in (("explain", 1.3), ("explain five", 1.5)):
        ratio = timed[names[name]] / timed[names["predict"]]
        passes[names[name]] += f", {ratio:.2f} x predict() (goal {goal})"
    title = f"Grad-CAM, B0 at {settings.crop} px, one picture, median of {ROUNDS}"
    show(title, timed, rival=names["package"], notes=passes)
    memory(lambda: classifier.explain(photo, target=TARGET, layer="features.4"))


def resident_mb() -> float:
    """What the process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def memory(one: Callable[[], object]) -> None:
    """Resident memory while maps are made and thrown away."""
    print(f"\nResident memory over {MAPS} maps, after {WARM} of warm-up (MiB)")
    for number in range(WARM + MAPS + 1):
        if number >= WARM and (number - WARM) % (MAPS // 5) == 0:
            gc.collect()
            print(f"  {number - WARM:4d} maps  {resident_mb():8.1f}")
        one()


def loading() -> None:
    from efficientnet_lite_pytorch import EfficientNet

    path = str(choose("lite0").path)

    def reference() -> torch.nn.Module:
        with redirect_stdout(io.StringIO()):
            return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()

    timed = medians(
        {
            "efficientnet_lite_pytorch": reference,
            "effnet.load, hash checked": lambda: effnet.load("lite0", device="cpu"),
        },
        rounds=9,
    )
    show("Lite0 with its weights from the package", timed, rival="efficientnet_lite_pytorch")


if __name__ == "__main__":
    use_threads()
    maps()
    loading()
