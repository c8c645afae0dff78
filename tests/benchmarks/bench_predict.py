"""From JPEG bytes to labels: `Classifier.predict` against torchvision's own recipe.

Both run B0 with the same weights (random, with statistics from a batch of noise) in single
precision, and both on the worker threads: two sets of threads taking turns would slow each other.
Each engine that is installed stands beside them, then where one picture's time goes.
"""

import io

import numpy as np
import torch
from interleaved import medians, show, use_threads
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights, efficientnet_b0

import effnet
from effnet.classify.batches import prepared
from effnet.nn import workers
from effnet.nn.weight_files import load_state
from effnet.pixels.samples import list_samples
from effnet.weights.checkpoints import usual_preprocessing

ROUNDS = {1: 25, 32: 3}
CAMERA = (4000, 3000)
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


def jpegs(number: int, size: tuple[int, int] | None = None) -> list[bytes]:
    """The sample photos in turn; enlarged to `size` they are as a camera's files would come."""
    found = []
    for i in range(number):
        samples = list_samples()
        buffer = io.BytesIO()
        with Image.open(samples[i % len(samples)].path) as photo:
            (photo.resize(size) if size else photo).convert("RGB").save(buffer, "JPEG", quality=90)
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
    classifier._engine.forget()  # else the pass of the round before would answer
    return [[label.name for label in p.labels] for p in classifier.predict(files)]


def with_engine(model: torch.nn.Module, engine: str) -> effnet.Classifier | None:
    """Our B0 on an engine; None where it is not installed."""
    spec = effnet.get_variant("b0")
    classifier = effnet.Classifier(
        load_state(spec, model.state_dict(), origin="torchvision"),
        weights="calibrated",
        preprocessing=usual_preprocessing(spec),
        device="cpu",
        engine=engine,
    )
    try:
        classifier.predict(Image.new("RGB", (300, 300)))
    except effnet.EffnetError as error:
        print(f"left out: {error}")
        return None
    return classifier


def compare(title: str, files: list[bytes], model: torch.nn.Module, rivals: dict) -> None:
    wanted = torchvision_recipe(model, files)
    cases = {"torchvision's recipe": lambda: workers.call(torchvision_recipe, model, files)}
    notes = {}
    for name, classifier in rivals.items():
        cases[f"effnet, {name}"] = lambda classifier=classifier: ours(classifier, files)
        found = ours(classifier, files)
        same = np.mean([a == b for a, b in zip(wanted, found, strict=True)])
        notes[f"effnet, {name}"] = f"same five labels on {same:.0%}"
    timed = medians(cases, rounds=ROUNDS[len(files)])
    show(title, timed, rival="torchvision's recipe", notes=notes)


def profile(classifier: effnet.Classifier) -> None:
    """Where the forward pass of one picture goes, by operator."""
    files = jpegs(1)
    classifier.predict(files)
    with torch.profiler.profile() as seen:
        for _ in range(5):
            with torch.profiler.record_function("everything"):
                classifier.forward(prepared(files[0], classifier.preprocessing)[None])
    rows = sorted(seen.key_averages(), key=lambda row: -row.self_cpu_time_total)
    total = sum(row.self_cpu_time_total for row in rows if row.key != "everything")
    print("\nShares of the forward pass by operator")
    for row in [row for row in rows if row.key != "everything"][:8]:
        print(f"  {row.self_cpu_time_total / total:6.1%}  {row.key}")


if __name__ == "__main__":
    use_threads()
    theirs = calibrated_b0()
    engines = {name: with_engine(theirs, name) for name in ("auto", "packed", "bf16", "openvino")}
    here = {name: classifier for name, classifier in engines.items() if classifier}
    compare("One photo of 0.1 to 0.3 MP", jpegs(1), theirs, here)
    compare("One photo of 12 MP", jpegs(1, CAMERA), theirs, {"auto": here["auto"]})
    compare("A batch of 32", jpegs(32), theirs, here)
    profile(here["packed"])
