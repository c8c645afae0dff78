"""From JPEG bytes to labels: `Classifier.predict` against torchvision's own recipe.

Both run B0 with the same weights (random, with statistics from a batch of noise) in single
precision, and both on the worker threads: two sets of threads taking turns would slow each other.
Lite0, trained, stands beside them.
"""

import io

import numpy as np
import torch
from interleaved import medians, show, use_threads
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights, efficientnet_b0

import effnet
from effnet.checkpoints import usual_preprocessing
from effnet.nn import workers
from effnet.nn.weights import load_state
from effnet.samples import list_samples

ROUNDS = 25
LABELS = EfficientNet_B0_Weights.DEFAULT.meta["categories"]


def calibrated_b0() -> torch.nn.Module:
    """torchvision's B0 with statistics from noise: untrained, yet its logits differ."""
    torch.manual_seed(0)
    model = efficientnet_b0(weights=None).train()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    with torch.no_grad():
        model(torch.randn(24, 3, 96, 96))
    return model.eval()


def jpegs(number: int) -> list[bytes]:
    """The sample photos in turn, as a camera's files would come."""
    found = []
    for i in range(number):
        samples = list_samples()
        buffer = io.BytesIO()
        with Image.open(samples[i % len(samples)].path) as photo:
            photo.convert("RGB").save(buffer, "JPEG", quality=90)
        found.append(buffer.getvalue())
    return found


def torchvision_recipe(model: torch.nn.Module, files: list[bytes]) -> list[list[str]]:
    """As its documentation has it: decode, transforms(), eager model, top five."""
    transforms = EfficientNet_B0_Weights.DEFAULT.transforms()
    images = [transforms(Image.open(io.BytesIO(data)).convert("RGB")) for data in files]
    with torch.no_grad():
        probabilities = model(torch.stack(images)).softmax(1)
    return [[LABELS[i] for i in row.topk(5).indices.tolist()] for row in probabilities]


def ours(classifier: effnet.Classifier, files: list[bytes]) -> list[list[str]]:
    return [[label.name for label in p.labels] for p in classifier.predict(files)]


if __name__ == "__main__":
    use_threads()
    theirs = calibrated_b0()
    spec = effnet.get_variant("b0")
    b0 = effnet.Classifier(
        load_state(spec, theirs.state_dict(), origin="torchvision"),
        weights="calibrated",
        preprocessing=usual_preprocessing(spec),
        device="cpu",
    )
    lite0 = effnet.load("lite0", device="cpu")
    for size in (1, 16):
        batch = jpegs(size)
        pairs = zip(torchvision_recipe(theirs, batch), ours(b0, batch), strict=True)
        same = np.mean([wanted == found for wanted, found in pairs])
        timed = medians(
            {
                "torchvision's recipe, B0": lambda files=batch: workers.call(
                    torchvision_recipe, theirs, files
                ),
                "effnet, B0": lambda files=batch: ours(b0, files),
                "effnet, Lite0": lambda files=batch: ours(lite0, files),
            },
            rounds=ROUNDS,
        )
        show(
            f"JPEG bytes to five labels, {size} a batch",
            timed,
            rival="torchvision's recipe, B0",
            notes={"effnet, B0": f"same five labels on {same:.0%}"},
        )
