"""Other ways to run the same network: torch.compile, ONNX Runtime, OpenVINO.

The last two are optional packages. They read the network as ONNX, which `onnx_graph` writes from
the walk: no exporter is needed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from effnet.base import EffnetError
from effnet.nn import Network, onnx_model
from effnet.timing import ENGINES


def compiled(module: nn.Module) -> Callable[[Tensor], object]:
    """The module through torch.compile, with nothing left of networks compiled before."""
    torch.compiler.reset()  # else the eighth network of one program would run eagerly
    called: Callable[[Tensor], object] = torch.compile(module, dynamic=False)
    return called


def other_engine(
    network: Network, image: Tensor, engine: str, threads: int
) -> tuple[Callable[[], object], str]:
    """A pass of the same network by another engine, and that engine's version.

    Args:
        network: The network, on the CPU, in evaluation mode.
        image: The input, `(N, 3, R, R)` float32.
        engine: "onnxruntime" or "openvino".
        threads: Threads that it may use.

    Raises:
        EffnetError: It is not installed.
    """
    try:
        module = __import__(engine)
    except ImportError:
        raise EffnetError(
            "{engine} is not installed; `pip install {package}`, or choose another engine",
            engine=ENGINES[engine],
            package=engine,
        ) from None
    start = _onnxruntime if engine == "onnxruntime" else _openvino
    return start(module, as_onnx(network, image.shape[-1]), image, threads), module.__version__


def as_onnx(network: Network, side: int) -> bytes:
    """The network as an ONNX file for images of this side."""
    weights = {
        name: (tuple(value.shape), value.detach().float().contiguous().numpy().tobytes())
        for name, value in network.state_dict().items()
    }
    spec = replace(network.spec, resolution=side)
    return onnx_model(spec, weights, about={}, num_classes=network.num_classes)


def _onnxruntime(module: Any, model: bytes, image: Tensor, threads: int) -> Callable[[], object]:
    options = module.SessionOptions()
    options.intra_op_num_threads = threads
    # its threads must not spin while another way is being timed
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = module.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {"image": image.numpy()}
    return lambda: session.run(None, feed)


def _openvino(module: Any, model: bytes, image: Tensor, threads: int) -> Callable[[], object]:
    core = module.Core()
    network = core.read_model(model)
    network.reshape({"image": list(image.shape)})
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",  # else bf16 on processors that have it
    }
    request = core.compile_model(network, "CPU", settings).create_infer_request()
    tensor = module.Tensor(image.numpy(), shared_memory=True)
    request.set_input_tensor(tensor)
    return request.infer  # type: ignore[no-any-return]
