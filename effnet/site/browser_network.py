"""Lite0 for the reader's browser: its ONNX file with all class maps, and the samples answered.

The answers that Python gives are written into the page, so the first one is there before the
network has been loaded; the browser then finds the same.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effnet import pixels
from effnet.base import VIRIDIS, needing
from effnet.network import display_name, get_variant
from effnet.pixels import Sample, list_samples
from effnet.report import claims
from effnet.site import fetched
from effnet.weights import checkpoints

if TYPE_CHECKING:
    from effnet.classify import Classifier

NETWORK = "lite0"
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
STEPS = ("resize", "crop", "interpolation", "mean", "std")
TOP = 5
THUMB = 160  # px


def classifier(folder: Path) -> dict[str, Any]:
    """Write network, runtime and samples into a folder; what the page must know of them.

    Raises:
        EffnetError: The weights, PyTorch or a sample photo are not on this machine, or the runtime
            could not be fetched.
    """
    checkpoint = checkpoints.choose(NETWORK)
    if checkpoint.path is None:
        raise checkpoints.unavailable(checkpoint)
    runtime = folder / "onnxruntime"
    fetched.npm("onnxruntime-web", [f"dist/{name}" for name in RUNTIME], runtime)
    network = _loaded()
    spec, wanted = get_variant(NETWORK), network.preprocessing
    weights = {
        name: (tuple(tensor.shape), tensor.contiguous().numpy().data.cast("B"))
        for name, tensor in network.model.state_dict().items()
        if tensor.ndim
    }
    about = {"weights": checkpoint.weights, "licence": checkpoint.licence}
    from effnet.nn import onnx_model

    model = onnx_model(spec, weights, about=about, maps=True)
    (folder / f"{NETWORK}.onnx").write_bytes(model)
    return {
        "title": display_name(NETWORK),
        "top1": checkpoint.top1,
        "classes": network.classes,
        "unsure": claims.UNSURE,
        "anchors": VIRIDIS,
        "network": {
            "model": {"url": f"{NETWORK}.onnx", "bytes": len(model)},
            "preprocessing": {name: getattr(wanted, name) for name in STEPS},
            "limits": {
                "bytes": pixels.MAX_BYTES,
                "pixels": pixels.MAX_PIXELS,
                "aspect": pixels.MAX_ASPECT,
            },
        },
        "runtime_bytes": sum((runtime / name).stat().st_size for name in RUNTIME),
        "samples": [_answered(sample, network, folder) for sample in list_samples()],
    }


@needing
def _loaded() -> "Classifier":
    from effnet.classify import load

    return load(NETWORK)


def _answered(sample: Sample, network: "Classifier", folder: Path) -> dict[str, Any]:
    """Copy a sample photo with its thumbnail; what Python's network says of it."""
    import torch

    assert sample.path is not None
    shutil.copy(sample.path, folder)
    picture = pixels.open_image(sample.path)
    small = picture.copy()
    small.thumbnail((THUMB, THUMB))
    small.save(folder / f"{sample.name}.webp", quality=80)
    seen = pixels.view(picture, network.preprocessing)
    image = torch.from_numpy(pixels.to_array(seen, network.preprocessing))
    linear, features = network.model.linear, image[None]
    with torch.inference_mode():
        for _, step in network.model.steps()[:-1]:
            features = step(features)
        maps = torch.einsum("kc,chw->khw", linear.weight, features[0])
        logits = maps.mean((1, 2)) + linear.bias
    probabilities, top = logits.softmax(0).topk(TOP)
    left, upper, right, lower = pixels.crop_box(*picture.size, network.preprocessing)
    width, height = picture.size
    return {
        "name": sample.name,
        "file": sample.path.name,
        "thumb": f"{sample.name}.webp",
        "title": sample.title,
        "credit": f"{sample.credit}, {sample.licence}",
        "answer": {
            "top": top.tolist(),
            "probabilities": probabilities.tolist(),
            "logits": logits[top].tolist(),
            "maps": maps[top].flatten(1).tolist(),
            "grid": list(maps.shape[1:]),
            "box": [left / width, upper / height, right / width, lower / height],
        },
    }
