"""`load`: a classifier from a network's name and its weights; nothing is fetched from a network."""

import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from effnet.base import EffnetError, brief, say
from effnet.classify.classifier import Classifier
from effnet.network import get_variant
from effnet.nn import (
    build,
    load_state,
    padded_as_trained,
    read_checkpoint,
    read_file,
    saved,
    timms_name,
    unsaid,
)
from effnet.weights import checkpoints


def load(
    name: str,
    *,
    weights: str | Path = "default",
    device: str = "auto",
    engine: str = "auto",
    classes: Sequence[str] = (),
) -> Classifier:
    """Load a network with pretrained weights; nothing is fetched from a network.

    Args:
        name: A variant's name, or a `.safetensors` file that a training has saved: it says itself
            which network it holds.
        weights: "default" (the best that is on this machine), a torchvision enum name such as
            "IMAGENET1K_V2", a path to a `.pth` or `.safetensors` file, or "random".
        device: "auto", "cpu", "cuda", "mps".
        engine: What runs it, of `effnet.nn.ENGINES`. "auto" is the fastest here, on a CPU ONNX
            Runtime; "eager" the plain modules; "packed" PyTorch with BatchNorm folded, channels
            last and, on a CPU, nonlinearities inside the convolutions.
        classes: Class names in index order, one for each output, for a file of one's own.

    Raises:
        WeightsUnavailable: The weights are not here: says where to put them, and what works.
        EffnetError: The name, the weights or the device is unknown, or the file does not fit.
    """
    if not isinstance(name, (str, Path)):
        get_variant(name)  # says what may be a name
    if not isinstance(weights, (str, Path)):
        raise EffnetError(
            say("weights {given}; expected their name, or a path", given=brief(weights))
        )
    made = partial(Classifier, copy=False, device=device, engine=engine)
    if str(name).endswith(".safetensors"):
        kept = saved.read(Path(name))
        return made(
            kept.network(str(name)),
            weights=str(name),
            preprocessing=kept.preprocessing,
            classes=classes or kept.classes,
        )
    spec = get_variant(name)
    wanted = str(weights)
    if wanted == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return made(build(spec), weights="random", classes=classes)
    if isinstance(weights, Path) or Path(wanted).suffix in (".pth", ".pt", ".safetensors"):
        state = read_file(wanted)
        called = timms_name(wanted)
        spec = padded_as_trained(spec, state, called)
        doubt = unsaid(spec, state, called)
        if doubt:
            warnings.warn(doubt, stacklevel=2)
        return made(load_state(spec, state, origin=wanted), weights=wanted, classes=classes)
    checkpoint = checkpoints.choose(spec.name, wanted)
    return made(
        load_state(spec, read_checkpoint(checkpoint), origin=checkpoint.weights),
        weights=checkpoint.short_name,
        preprocessing=checkpoint.preprocessing,
        checkpoint=checkpoint,
        classes=classes,
    )
