"""From JPEG bytes to labels: `Classifier.predict` against torchvision's own recipe.

Both run B0 with the same weights (random, with statistics from a batch of noise) in single
precision, and both on the worker threads: two sets of threads taking turns would slow each other.
Each engine that is installed stands beside them, then where one picture's time goes.

    python tests/benchmarks/bench_predict.py [one large batches profile]

All parts if none is named. Goals, of the recipe's time: 0.30 for one photo, 0.15 for one of
12 megapixels, 0.33 for batches of 16 and 32.
"""

import io
import sys

import numpy as np
import torch
from interleaved import medians, show, use_threads
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights, efficientnet_b0

import effnet
from effnet.classify.batches import prepared
from effnet.nn import workers
from effnet.nn.weight_files import load_state
from effnet.pixels.preparation import open_image, to_pixels, view
from effnet.pixels.samples import list_samples
from effnet.weights.checkpoints import usual_preprocessing

ROUNDS = {1: 25, 16: 9, 32: 5}
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
    """The sample photos in turn, no two files alike; at `size` they are as a camera's would be."""
    found, samples = [], list_samples()
    for i in range(number):
        buffer = io.BytesIO()
        with Image.open(samples[i % len(samples)].path) as photo:
            (photo.resize(size) if size else photo).convert("RGB").save(
                buffer, "JPEG", quality=90 - i // len(samples)
            )
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


def profile(classifier: effnet.Classifier, files: list[bytes]) -> None:
    """Where the way of one file goes: its steps in turn, then the plain modules by operator."""
    settings = classifier.preprocessing
    photo = open_image(files[0], short_side=settings.resize)
    seen = view(photo, settings)
    pixels = to_pixels(seen, settings)[None]
    steps = {
        "all of it": lambda: ours(classifier, files),
        "decode": lambda: open_image(files[0], short_side=settings.resize),
        "resize and crop": lambda: view(photo, settings),
        "numbers": lambda: to_pixels(seen, settings),
        "network": lambda: workers.call(classifier._engine, pixels),
        "labels": lambda: classifier.prediction(classifier._engine.once(pixels).logits.numpy()[0]),
    }
    title = f"Where the time of one file of {len(files[0]) / 1000:.0f} kB goes"
    show(title, medians(steps, rounds=ROUNDS[1]), rival="all of it")


def by_operator(model: torch.nn.Module) -> None:
    """Shares of the packed modules' pass over one picture."""
    classifier = with_engine(model, "packed")
    pixels = prepared(jpegs(1)[0], classifier.preprocessing)[None]
    with torch.profiler.profile() as seen:
        for _ in range(5):
            classifier.forward(pixels)
    rows = sorted(seen.key_averages(), key=lambda row: -row.self_cpu_time_total)
    total = sum(row.self_cpu_time_total for row in rows)
    print("\nShares of the packed modules' pass by operator")
    for row in rows[:8]:
        print(f"  {row.self_cpu_time_total / total:6.1%}  {row.key}")


if __name__ == "__main__":
    use_threads()
    parts = sys.argv[1:] or ["one", "large", "batches", "profile"]
    theirs = calibrated_b0()
    auto = with_engine(theirs, "auto")
    print(auto.runs_on())
    others = {name: with_engine(theirs, name) for name in ("packed", "bf16", "openvino")}
    here = {"auto": auto} | {name: classifier for name, classifier in others.items() if classifier}
    if "one" in parts:
        compare("One photo of 0.1 to 0.3 MP", jpegs(1), theirs, here)
    if "large" in parts:
        compare("One photo of 12 MP", jpegs(1, CAMERA), theirs, {"auto": auto})
    if "batches" in parts:
        compare("A batch of 16", jpegs(16), theirs, {"auto": auto})
        compare("A batch of 32", jpegs(32), theirs, here)
    if "profile" in parts:
        profile(auto, jpegs(1))
        profile(auto, jpegs(1, CAMERA))
        by_operator(theirs)
