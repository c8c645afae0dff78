"""`load`: a classifier from a network's name and its weights."""

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from effnet.base import EffnetError, brief
from effnet.classify.classifier import Classifier
from effnet.network import every_variant, get_variant
from effnet.nn import build, load_state, opened, read_checkpoint, read_file, saved
from effnet.scaling import spec_of
from effnet.weights import Preprocessing, WeightsUnavailable, checkpoints, sources


def load(
    name: str,
    *,
    weights: str | Path = "default",
    device: str = "auto",
    engine: str = "auto",
    classes: Sequence[str] = (),
    preprocessing: Preprocessing | Mapping[str, Any] | None = None,
) -> Classifier:
    """Load a network with pretrained weights; only `hf-hub:` fetches from a network.

    Args:
        name: A variant's name, or timm's; a link ("?phi=1") or a spec's `.json` file; or what says
            itself which network it holds: a `.safetensors` file that a training has saved, a
            folder with a `config.json` as timm and the hub write it, or an address there,
            `hf-hub:timm/efficientnet_b0.ra_in1k`.
        weights: "default" (the best that is on this machine), a torchvision enum name such as
            "IMAGENET1K_V2", a file, folder or address, or "random".
        device: "auto", "cpu", "cuda", "mps".
        engine: What runs it, of `effnet.nn.ENGINES`. "auto" is the fastest here, on a CPU ONNX
            Runtime, on a GPU "half", where it answers as fp32 does; "eager" the plain modules;
            "packed" PyTorch with BatchNorm folded, channels last and, on a CPU, nonlinearities
            inside the convolutions; "half" the same in float16, its maps and features in fp32.
        classes: Class names in index order, one for each output, for a file of one's own.
        preprocessing: How pictures are prepared, where the weights want it otherwise than is known:
            a `Preprocessing`, or its values by name. A file that says nothing of it, and is no
            known one of timm's, is fed the variant's usual numbers; `notes` says so.

    Raises:
        WeightsUnavailable: The weights are not here: says where to put them, and what works.
        EffnetError: The name, the weights or the device is unknown, or the file does not fit.
    """
    if not isinstance(name, (str, Path)):
        get_variant(name)  # says what may be a name
    if not isinstance(weights, (str, Path)):
        raise EffnetError("weights {given}; expected their name, or a path", given=brief(weights))
    made = partial(Classifier, copy=False, device=device, engine=engine)
    given = None if preprocessing is None else sources.as_preprocessing(preprocessing)
    if str(name).endswith(".safetensors"):
        kept = saved.read(Path(name))
        return made(
            kept.network(str(name)),
            weights=str(name),
            preprocessing=given or kept.preprocessing,
            classes=classes or kept.classes,
        )
    wanted = str(weights)
    if wanted == "default" and (place := sources.place_of(str(name))):
        weights, name = place, ""  # a folder or an address says itself what it holds
    if wanted != "random" and sources.is_source(weights):
        source = sources.find(weights)
        own = opened(source, read_file(source.file), spec_of(name or source.name), given)
        if own.doubt:
            warnings.warn(own.doubt, stacklevel=2)
        return made(
            own.network(),
            weights=str(weights),
            preprocessing=own.preprocessing,
            classes=classes or own.classes,
            notes=own.notes,
        )
    spec = spec_of(name)
    if wanted == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            untrained = build(spec)
        return made(
            untrained,
            weights="random",
            preprocessing=given or checkpoints.usual_preprocessing(spec),
            classes=classes,
        )
    if spec.name not in every_variant():
        raise WeightsUnavailable(
            "nobody has published weights for {network}; give a file of them, or 'random'",
            network=spec.name,
        )
    checkpoint = checkpoints.choose(spec.name, wanted)
    model = load_state(spec, read_checkpoint(checkpoint), origin=checkpoint.weights)
    return made(
        model,
        weights=checkpoint.short_name,
        preprocessing=given or checkpoint.preprocessing,
        checkpoint=checkpoint,
        classes=classes,
    )
