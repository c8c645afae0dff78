"""Grad-CAM at the last layer of B0: against the grad-cam package and a plain forward pass.

Then how long the trained Lite0 takes to load, against the reference implementation.
"""

import copy
import io
import warnings
from contextlib import redirect_stdout

import numpy as np
import torch
from bench_predict import calibrated_b0
from interleaved import medians, show, use_threads
from PIL import Image

import effnet
from effnet import cam
from effnet.checkpoints import choose, usual_preprocessing
from effnet.nn.weights import load_state
from effnet.preprocess import crop_box, to_array, view
from effnet.samples import get_sample

ROUNDS, TARGET = 30, 967


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
    box = crop_box(*photo.size, settings)

    def package() -> np.ndarray:
        with GradCAM(model=theirs, target_layers=[theirs.features[-1]]) as explain:
            return explain(input_tensor=prepared, targets=[ClassifierOutputTarget(TARGET)])[0]

    def ours() -> np.ndarray:
        raw, *_ = cam.native_map(
            classifier.model, prepared, method="gradcam", target=TARGET, layer=None
        )
        native, _ = cam.unit_range(raw)
        return cam.place(
            native, (settings.crop, settings.crop), (0, 0, settings.crop, settings.crop)
        )

    def forward() -> torch.Tensor:
        with torch.inference_mode():
            return classifier.model(prepared)

    apart = float(np.abs(ours() - package()).max())
    timed = medians(
        {
            "grad-cam package, prepared input": package,
            "effnet, prepared input": ours,
            "effnet explain(), photo to map on the photo": lambda: classifier.explain(
                photo, target=TARGET
            ),
            "plain forward pass": forward,
        },
        rounds=ROUNDS,
        warm_up=5,
    )
    passes = timed["effnet, prepared input"] / timed["plain forward pass"]
    show(
        f"Grad-CAM at the last layer of B0, {settings.crop} px",
        timed,
        rival="grad-cam package, prepared input",
        notes={
            "effnet, prepared input": f"{passes:.2f} x a forward pass; maps differ by {apart:.0e}",
            "effnet explain(), photo to map on the photo": f"box {tuple(map(round, box))}",
        },
    )


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
