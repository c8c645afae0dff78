"""Grad-CAM on B0: against the grad-cam package and a plain forward pass, for one class and five.

Then, from a picture (and a camera's file of 12 MP) to the finished map, against `predict` of the
same (goals: 1.3 of its time, 1.5 for five classes) and the package (0.15), for B0 and Lite0; the
resident memory over 500 maps; and how long the trained Lite0 takes to load, against the reference
implementation.

    python tests/benchmarks/bench_gradcam.py [layers photo memory loading]
"""

import copy
import gc
import io
import resource
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import numpy as np
import torch
from bench_predict import CAMERA, calibrated_b0, jpegs
from interleaved import medians, show, use_threads
from PIL import Image

import effnet
from effnet import cam
from effnet.nn import workers
from effnet.nn.weight_files import load_state
from effnet.pixels.preparation import Source, to_array, view
from effnet.pixels.samples import get_sample
from effnet.weights.checkpoints import choose, usual_preprocessing

ROUNDS, TARGET = 30, 967
FIVE = (967, 968, 504, 925, 960)
MAPS, WARM = 500, 50


def b0(theirs: torch.nn.Module) -> effnet.Classifier:
    """Ours with torchvision's weights."""
    spec = effnet.get_variant("b0")
    return effnet.Classifier(
        load_state(spec, copy.deepcopy(theirs.state_dict()), origin="torchvision"),
        weights="calibrated",
        preprocessing=usual_preprocessing(spec),
        device="cpu",
    )


def coffee() -> Image.Image:
    return Image.open(get_sample("coffee").path).convert("RGB")


def ready(classifier: effnet.Classifier, photo: Image.Image) -> torch.Tensor:
    """What the network is fed, `(1, 3, crop, crop)`."""
    settings = classifier.preprocessing
    return torch.from_numpy(to_array(view(photo, settings), settings))[None]


def package(theirs: torch.nn.Module, x: torch.Tensor) -> np.ndarray:
    """The grad-cam package's map at the last layer, the usual way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
    with GradCAM(model=theirs, target_layers=[theirs.features[-1]]) as explain:
        return explain(input_tensor=x, targets=[ClassifierOutputTarget(TARGET)])[0]


def layers() -> None:
    """Prepared numbers to maps on the plain modules, at the last layer and an early one."""
    theirs = calibrated_b0()
    classifier = b0(theirs)
    x = ready(classifier, coffee())

    def ours(classes: tuple[int, ...] = (TARGET,), layer: str | None = None) -> list[np.ndarray]:
        questions = [cam.Question(index) for index in classes]
        found = cam.quick_maps(
            classifier.model, x, method="gradcam", questions=questions, layers=[layer]
        )
        return [cam.finished(maps[0])[0] for maps in found.maps]

    def forward() -> torch.Tensor:
        with torch.inference_mode():
            return classifier.model(x)

    side = classifier.preprocessing.crop
    spread = cam.place(ours()[0], (side, side), (0.0, 0.0, float(side), float(side)))
    apart = float(np.abs(spread - package(theirs, x)).max())
    rival, plain = "grad-cam package, the usual way", "plain forward pass"
    timed = medians(
        {
            rival: lambda: package(theirs, x),
            plain: forward,
            "effnet, one class, last layer": ours,
            "effnet, five classes, last layer": lambda: ours(FIVE),
            "effnet, one class, stage 4": lambda: ours(layer="features.4"),
            "effnet, five classes, stage 4": lambda: ours(FIVE, layer="features.4"),
        },
        rounds=ROUNDS,
        warm_up=5,
    )
    passes = {name: f"{timed[name] / timed[plain]:.2f} x a forward pass" for name in timed}
    passes[rival] += f"; ours differs by {apart:.0e}"
    show(f"Grad-CAM, B0 at {side} px, median of {ROUNDS}", timed, rival=rival, notes=passes)


def photo_to_map() -> None:
    """A picture to the finished map, on the engine that answers."""
    theirs, picture = calibrated_b0(), coffee()
    rivals = {"b0": b0(theirs), "lite0": effnet.load("lite0", device="cpu")}

    def usual() -> np.ndarray:
        return package(theirs, ready(rivals["b0"], picture))

    def answered(
        classifier: effnet.Classifier, source: Source, *, maps: tuple[int, ...] = ()
    ) -> list[object]:
        classifier._engine.forget()  # else the pass of the round before would answer
        if maps:
            return list(classifier.explain_many(source, targets=maps))
        return list(classifier.predict(source))

    rival = "grad-cam package, B0"
    cases: dict[str, Callable[[], object]] = {rival: lambda: workers.call(usual)}
    ways: dict[str, tuple[int, ...]] = {"predict": (), "one map": (TARGET,), "five maps": FIVE}
    sources: dict[str, Source] = {"": picture, " of 12 MP": jpegs(1, CAMERA)[0]}
    for name, classifier in rivals.items():
        for size, source in sources.items():
            for way, classes in ways.items():
                cases[f"{name}, {way}{size}"] = partial(answered, classifier, source, maps=classes)
    timed = medians(cases, rounds=ROUNDS, warm_up=5)
    notes = {
        f"{name}, {way}{size}": (
            f"{timed[f'{name}, {way}{size}'] / timed[f'{name}, predict{size}']:.2f} x predict"
        )
        for name in rivals
        for way in ways
        for size in sources
    }
    show("From a picture to the finished map", timed, rival=rival, notes=notes)


def resident_mb() -> float:
    """What the process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def memory() -> None:
    """Resident memory while maps are made and thrown away."""
    classifier, photo = b0(calibrated_b0()), coffee()
    print(f"\nResident memory over {MAPS} maps, after {WARM} of warm-up (MiB)")
    for number in range(WARM + MAPS + 1):
        if number >= WARM and (number - WARM) % (MAPS // 5) == 0:
            gc.collect()
            print(f"  {number - WARM:4d} maps  {resident_mb():8.1f}")
        classifier.explain(photo, target=TARGET, layer="features.4")


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


PARTS = {"layers": layers, "photo": photo_to_map, "memory": memory, "loading": loading}

if __name__ == "__main__":
    use_threads()
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
