"""A network in another program: ONNX Runtime or OpenVINO.

They read it as ONNX, which `onnx_graph` writes from the walk: no exporter is needed.
"""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from effnet.base import EffnetError
from effnet.network import IMAGE_CHANNELS
from effnet.nn.onnx_graph import onnx_model, weights_of

if TYPE_CHECKING:
    import numpy as np

    from effnet.nn.model import Network

# before anybody loads ONNX Runtime: nothing is sent; and a fork could not end
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

AWAKE_US = 50  # how long a thread of ONNX Runtime's waits for the next layer before it sleeps
PROGRAMS = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


@dataclass(frozen=True, slots=True)
class Session:
    """A network in another program: `run` takes an image `(N, 3, H, W)` and gives its outputs."""

    run: Callable[["np.ndarray"], Sequence["np.ndarray"]]
    version: str


def session(
    network: "Network",
    engine: str,
    *,
    threads: int,
    image: Sequence[int | str] = ("N", IMAGE_CHANNELS, "H", "W"),
    features: bool = False,
) -> Session:
    """Open a network in ONNX Runtime or OpenVINO; any number of threads may run it.

    Args:
        network: In evaluation mode, on the CPU.
        engine: One of `PROGRAMS`.
        threads: Threads that one pass may use, all callers together.
        image: The input's axes: sizes, or the names of those that are free.
        features: Whether the last map is given, before the logits.

    Raises:
        EffnetError: It is not installed, or can't be loaded.
    """
    data = onnx_model(
        network.spec,
        weights_of(network.state_dict()),
        about={},
        num_classes=network.num_classes,
        image=image,
        features=features,
    )
    return session_of(data, engine, threads=threads, called=network.spec.name)


def session_of(data: bytes, engine: str, *, threads: int, called: str) -> Session:
    """Open an ONNX file whose input is `image`, as `session` opens a network.

    Args:
        data: The file.
        engine: One of `PROGRAMS`.
        threads: Threads that one pass may use, all callers together.
        called: What to call it where it can't be opened.

    Raises:
        EffnetError: The engine is not installed, or can't load it.
    """
    try:
        module = __import__(engine)
    except ImportError as error:
        raise EffnetError(
            "{engine} is not installed; `pip install {name}`, or choose another engine",
            engine=PROGRAMS[engine],
            name=engine,
        ) from error
    start = _onnxruntime if engine == "onnxruntime" else _openvino
    try:
        return Session(start(module, data, threads), module.__version__)
    except Exception as error:  # theirs have no common base
        raise EffnetError(
            "{engine} can't run {network} here ({error})",
            engine=PROGRAMS[engine],
            network=called,
            error=error,
        ) from error


def _onnxruntime(module: Any, data: bytes, threads: int) -> Callable[[Any], Any]:
    options = module.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # between two layers a thread waits awake, as to wake one takes longer than a layer; then it
    # sleeps: the cores belong to the other visitors, and to the clock
    options.add_session_config_entry("session.intra_op.spin_duration_us", str(AWAKE_US))
    options.add_session_config_entry("session.force_spinning_stop", "1")
    opened = module.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return lambda image: opened.run(None, {"image": image})


def _openvino(module: Any, data: bytes, threads: int) -> Callable[[Any], Any]:
    import numpy as np

    core, own = module.Core(), threading.local()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",  # else bf16 on processors that have it
    }
    network = core.compile_model(core.read_model(data), "CPU", settings)

    def run(image: "np.ndarray") -> list["np.ndarray"]:
        if not hasattr(own, "request"):
            own.request = network.create_infer_request()  # one a thread: they share nothing
        outputs = own.request.infer([image], share_inputs=True)
        return [np.array(values) for values in outputs.values()]

    return run
