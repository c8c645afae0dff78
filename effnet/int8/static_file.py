"""ONNX Runtime's static quantisation of an ONNX file, and what can be read from the result."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto

LOGITS = "Gemm"  # stays in float: 256 values would make ties of the best classes


def quantised(
    data: bytes,
    batches: Iterator[np.ndarray],
    *,
    per_channel: bool,
    reduce_range: bool,
    heard: Callable[[], None],
) -> "ModelProto":
    """The file in int8, BatchNorm folded into its convolutions first.

    Maps are uint8 from the lowest to the highest value that the pictures gave (the entropy and
    percentile rules agree with fp32 no more often here and take three times as long); weights are
    int8, symmetric; a ReLU or ReLU6 costs nothing, as it is where the map's range ends.

    Args:
        data: An ONNX file with the input `image`.
        batches: Pictures to calibrate on, `(n, 3, side, side)` each.
        per_channel: Whether each output channel's weights have a step of their own.
        reduce_range: 7 bits for the weights: without int8 units x86 adds two products in 16 bits.
        heard: Called between two batches; may raise to stop.
    """
    import onnx
    from onnxruntime import quantization as ort

    class Reader(ort.CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, np.ndarray] | None:
            heard()
            pictures = next(batches, None)
            return None if pictures is None else {"image": pictures}

    with tempfile.TemporaryDirectory() as place:
        given, plain, made = (
            str(Path(place, f"{name}.onnx")) for name in ("given", "fp32", "int8")
        )
        Path(given).write_bytes(data)
        ort.quant_pre_process(given, plain, skip_symbolic_shape=True)
        ort.quantize_static(
            plain,
            made,
            Reader(),
            per_channel=per_channel,
            reduce_range=reduce_range,
            activation_type=ort.QuantType.QUInt8,
            weight_type=ort.QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": [LOGITS]},
        )
        found = onnx.load(made)
        _without_zeros(found)
        return found


def _without_zeros(model: "ModelProto") -> None:
    """Drop the zero points of biases, which are 0 and need not be said: 2 % of the file."""
    from onnx import TensorProto

    held = {one.name: one for one in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and len(node.input) == 3:
            zero = held.get(node.input[2])
            if zero is not None and zero.data_type == TensorProto.INT32:
                del node.input[2]
    used = {name for node in model.graph.node for name in node.input}
    for name in set(held) - used:
        model.graph.initializer.remove(held[name])


def with_outputs(model: "ModelProto", tensors: list[str]) -> bytes:
    """The file with these tensors in the place of its outputs."""
    import onnx

    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    del copied.graph.output[:]
    copied.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in tensors
    )
    return bytes(copied.SerializeToString())


def after_rounding(model: "ModelProto", tensor: str) -> str:
    """What a tensor of the fp32 file is called in the int8 file, as the layer behind reads it."""
    given = {name for node in model.graph.node for name in node.output}
    behind = f"{tensor}_DequantizeLinear_Output"
    return behind if behind in given else tensor


def grid(model: "ModelProto", tensor: str) -> tuple[float, int] | None:
    """Scale and zero point of a map; None where it stays in float."""
    from onnx import numpy_helper

    held = {one.name: one for one in model.graph.initializer}
    names = [f"{tensor}_scale", f"{tensor}_zero_point"]
    if not set(names) <= set(held):
        return None
    scale, zero = (numpy_helper.to_array(held[name]).item() for name in names)
    return float(scale), int(zero)
