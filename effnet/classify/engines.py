"""The same network by other engines, behind one call; each is checked against the plain modules."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from effnet.base import EffnetError
from effnet.classify.checks import check_finite
from effnet.nn import Network, fast, onnx_model

Run = Callable[[Tensor], Tensor]

PROBABILITY = 0.01  # how far a probability may be from the plain modules'
LOOSE = 0.1  # the same for bfloat16, which moved one by 0.065 on the sample photos
TITLES = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


def runner(model: Network, engine: str, *, side: int) -> Run:
    """The network as an engine runs it: `(N, 3, side, side)` to logits.

    "auto" is single precision: bfloat16 changed the order of the top five on 9 of 18 pairs of a
    trained Lite network and a sample photo, so it is used only where it is asked for.

    Raises:
        EffnetError: The engine is not installed or can't run here, or its answer differs.
    """
    if engine == "eager":
        return model
    device = next(model.parameters()).device
    if engine in TITLES and device.type != "cpu":
        raise EffnetError(
            "{engine} runs on the cpu here, not on {device}",
            engine=TITLES[engine],
            device=device,
        )
    made = _MAKERS[engine](model, side)
    _check(model, made, engine, side, device)
    return made


def _auto(model: Network, _: int) -> Run:
    return fast.quick(model)


def _bf16(model: Network, _: int) -> Run:
    network = fast.quick(model, dtype=torch.bfloat16)
    return lambda x: network(x.bfloat16()).float()


def _compile(model: Network, _: int) -> Run:
    from effnet.nn import folded

    network = folded(model).to(memory_format=torch.channels_last)
    run: Run = torch.compile(network, dynamic=True)
    return run


def _onnxruntime(model: Network, side: int) -> Run:
    module = _package("onnxruntime")
    options = module.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.force_spinning_stop", "1")

    def made(side: int) -> Run:
        session = module.InferenceSession(
            _as_onnx(model, side), options, providers=["CPUExecutionProvider"]
        )

        def run(x: Tensor) -> Tensor:
            return torch.from_numpy(session.run(None, {"image": x.contiguous().numpy()})[0])

        return run

    return _by_side(made, side)


def _openvino(model: Network, side: int) -> Run:
    module = _package("openvino")
    core = module.Core()
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}

    def made(side: int) -> Run:
        compiled = core.compile_model(core.read_model(_as_onnx(model, side)), "CPU", settings)

        def run(x: Tensor) -> Tensor:
            request = compiled.create_infer_request()  # one a call: threads share nothing
            (found,) = request.infer([x.contiguous().numpy()]).values()
            return torch.from_numpy(np.array(found))

        return run

    return _by_side(made, side)


def _by_side(make: Callable[[int], Run], side: int) -> Run:
    """Engines whose graph is made for one side: the usual one stays, of others a few."""
    usual, others = make(side), lru_cache(maxsize=2)(make)

    def run(x: Tensor) -> Tensor:
        now = x.shape[-1]
        return (usual if now == side else others(now))(x)

    return run


def _package(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        raise EffnetError(
            "{engine} is not installed; `pip install {name}`, or choose another engine",
            engine=TITLES[name],
            name=name,
        ) from None


def _as_onnx(model: Network, side: int) -> bytes:
    weights = {
        name: (tuple(value.shape), value.detach().float().contiguous().numpy().tobytes())
        for name, value in model.state_dict().items()
    }
    spec = replace(model.spec, resolution=side)
    return onnx_model(spec, weights, about={}, num_classes=model.num_classes)


_MAKERS: dict[str, Callable[[Network, int], Run]] = {
    "auto": _auto,
    "bf16": _bf16,
    "compile": _compile,
    "onnxruntime": _onnxruntime,
    "openvino": _openvino,
}


def _check(model: Network, run: Run, engine: str, side: int, device: torch.device) -> None:
    """One seeded picture through both; `EffnetError` where the answers are not the same."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randn(1, 3, 7, 7, generator=generator)
    picture = torch.nn.functional.interpolate(coarse, side, mode="bicubic").to(device)
    with torch.inference_mode():
        wanted = model(picture).float().softmax(1)
        found = run(picture.contiguous(memory_format=torch.channels_last)).float().softmax(1)
    check_finite(wanted.numpy(force=True), model, model.spec.name)
    apart = float((found - wanted).abs().max())
    allowed = LOOSE if engine == "bf16" else PROBABILITY
    if not apart <= allowed:
        raise EffnetError(
            "engine {engine} gives {network} other probabilities here (up to {apart:.3f} "
            "apart, {allowed:g} allowed); use engine='eager'",
            engine=repr(engine),
            network=model.spec.name,
            apart=apart,
            allowed=allowed,
        )
