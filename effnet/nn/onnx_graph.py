"""A network as an ONNX file, written from the walk: no exporter, no tracing. Standard library only.

The format is protobuf; field numbers are those of onnx/onnx.proto3 (IR version 8, opset 17).
Weights keep the names that they have in the state dict.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from effnet.network import NUM_CLASSES, Block, Layer, Spec, walk
from effnet.scaling import takes_network

if TYPE_CHECKING:
    from torch import Tensor

IR_VERSION, OPSET = 8, 17
FLOAT = 1  # TensorProto.DataType

# numbers that a nonlinearity needs beside its input
LIMITS: dict[str, dict[str, float]] = {"silu": {}, "relu": {}, "relu6": {"zero": 0.0, "six": 6.0}}

Data = bytes | memoryview
Weights = Mapping[str, tuple[Sequence[int], Data]]
Attribute = int | float | str | list[int]


def weights_of(state: "Mapping[str, Tensor]") -> dict[str, tuple[Sequence[int], Data]]:
    """A state dict's entries as `onnx_model` takes them, in single precision."""
    return {
        name: (tuple(value.shape), value.detach().float().cpu().contiguous().numpy().tobytes())
        for name, value in state.items()
    }


@takes_network
def onnx_model(
    spec: Spec,
    weights: Weights,
    *,
    about: Mapping[str, str],
    note: str = "",
    num_classes: int = NUM_CLASSES,
    image: Sequence[int | str] = (),
    features: bool = False,
    maps: bool = False,
) -> bytes:
    """The file: input `image` float `(N, 3, R, R)`, output `logits` `(N, num_classes)`.

    Args:
        spec: The network, in evaluation mode.
        weights: Shape and little-endian float32 bytes of the entries of its state dict.
        about: Metadata to carry.
        note: What to know of the file, in words.
        num_classes: Outputs of the classifier.
        image: The input's four axes, each a size or the name of a free one; where not given, a free
            batch of the network's own resolution.
        maps: Whether every class's activation map is an output too, `maps`
            `(N, num_classes, h, w)`: the last map's channels, each times the class's weight. The
            mean over the places plus the class's bias is its logit.
        features: Whether the last map before pooling is an output too, before all others.
    """
    graph, size = _network(spec, num_classes, maps=maps), spec.resolution
    image = image or ("N", 3, size, size)
    outputs: dict[str, tuple[int | str, ...]] = {}
    if features:
        outputs[graph.last_map] = (image[0], "channels", "h", "w")
    outputs["logits"] = (image[0], num_classes)
    if maps:
        outputs["maps"] = (image[0], num_classes, "h", "w")
    tensors = [(name, *weights[name]) for name in graph.used]
    tensors += [(name, (), struct.pack("<f", n)) for name, n in LIMITS[spec.activation].items()]
    body = [
        *(_field(1, node) for node in graph.nodes),
        _field(2, spec.name),
        *(part for tensor in tensors for part in _framed(5, _tensor(*tensor))),
        _field(11, _value_info("image", image)),
        *(_field(12, _value_info(*output)) for output in outputs.items()),
    ]
    metadata = [_field(14, _field(1, key) + _field(2, value)) for key, value in about.items()]
    return b"".join(
        [
            _field(1, IR_VERSION),
            _field(2, "effnet"),
            _field(6, note),
            *_framed(7, body),
            _field(8, _field(1, "") + _field(2, OPSET)),
            *metadata,
        ]
    )


@takes_network
def layer_outputs(spec: Spec, *, num_classes: int = NUM_CLASSES) -> dict[str, str]:
    """The tensor that each layer gives in the file, after BatchNorm and nonlinearity.

    By the layer's module path, in the order in which they run.
    """
    return _network(spec, num_classes, maps=False).outputs


# --- the graph --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Graph:
    """Nodes in order, the weights that they use, each layer's output, and the last map."""

    spec: Spec
    nodes: list[bytes] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    last_map: str = ""

    def add(
        self, operator: str, inputs: Sequence[str], output: str = "", /, **attributes: Attribute
    ) -> str:
        """Append a node; gives the name of its output."""
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(
            b"".join(
                [
                    *(_field(1, one) for one in inputs),
                    _field(2, output),
                    _field(3, f"{output}/{operator}"),
                    _field(4, operator),
                    *(_field(5, _attribute(*pair)) for pair in attributes.items()),
                ]
            )
        )
        return output

    def weights(self, path: str, *names: str) -> list[str]:
        """The names of a module's weights, noted as used."""
        found = [f"{path}.{name}" for name in names]
        self.used += found
        return found

    def activation(self, x: str) -> str:
        """The network's nonlinearity. ONNX has no SiLU before opset 24: it is x * sigmoid(x)."""
        if self.spec.activation == "silu":
            return self.add("Mul", [x, self.add("Sigmoid", [x])])
        if self.spec.activation == "relu6":
            return self.add("Clip", [x, *LIMITS["relu6"]])
        return self.add("Relu", [x])

    def convolution(self, block: Block, layer: Layer, x: str) -> str:
        """Convolution with bias or BatchNorm, without its nonlinearity."""
        path = block.path(layer)
        padding: dict[str, Attribute] = {"pads": [(layer.kernel - 1) // 2] * 4}
        if self.spec.padding == "same":
            padding = {"auto_pad": "SAME_UPPER"}
        y = self.add(
            "Conv",
            [x, *self.weights(path, "weight", *(["bias"] if layer.bias else []))],
            kernel_shape=[layer.kernel] * 2,
            strides=[layer.stride] * 2,
            group=layer.groups,
            **padding,
        )
        if not layer.norm:
            return y
        norm = self.weights(block.norm_path(layer), "weight", "bias", "running_mean", "running_var")
        return self.add("BatchNormalization", [y, *norm], epsilon=self.spec.norm_eps)

    def gated(self, block: Block, squeeze: Layer, excite: Layer, x: str) -> str:
        """Squeeze-and-excitation of x."""
        mean = self.add("GlobalAveragePool", [x])
        hidden = self.activation(self.convolution(block, squeeze, mean))
        gates = self.add("Sigmoid", [self.convolution(block, excite, hidden)])
        self.outputs |= {block.path(squeeze): hidden, block.path(excite): gates}
        return self.add("Mul", [x, gates])

    def block(self, block: Block, x: str) -> str:
        """A whole block with its skip."""
        y, skip, layers = x, x, iter(block.layers)
        for layer in layers:
            if layer.kind == "shortcut":
                skip = self.convolution(block, layer, x)
                self.outputs[block.path(layer)] = skip
            elif layer.kind == "squeeze-and-excitation":
                y = self.gated(block, layer, next(layers), y)
            else:
                y = self.convolution(block, layer, y)
                y = self.activation(y) if layer.activation else y
                self.outputs[block.path(layer)] = y
        if block.residual:
            y = self.add("Add", [y, skip])
        return self.activation(y) if block.operator == "bottleneck" else y


def _network(spec: Spec, num_classes: int, *, maps: bool) -> _Graph:
    graph, x = _Graph(spec), "image"
    *blocks, last = walk(spec, num_classes=num_classes)
    for block in blocks:
        x = graph.block(block, x)
        if block.stage == 0 and spec.stem_pool:
            x = graph.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    graph.last_map = x
    pooled = graph.add("Flatten", [graph.add("GlobalAveragePool", [x])])
    weight, bias = graph.weights(last.path(last.layers[0]), "weight", "bias")
    graph.outputs[last.path(last.layers[0])] = graph.add(
        "Gemm", [pooled, weight, bias], "logits", transB=1
    )
    if maps:
        graph.add("Einsum", [weight, x], "maps", equation="kc,nchw->nkhw")
    return graph


# --- protobuf ---------------------------------------------------------------------------------


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first; the top bit says that more follow."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _field(number: int, value: int | str | bytes) -> bytes:
    """A whole number at or above 0, or anything with a length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return b"".join((_varint(number << 3 | 2), _varint(len(data)), data))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        return _field(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _field(20, 1)
    if isinstance(value, int):
        return _field(1, name) + _field(3, value) + _field(20, 2)
    if isinstance(value, str):
        return _field(1, name) + _field(4, value) + _field(20, 3)
    return _field(1, name) + b"".join(_field(8, one) for one in value) + _field(20, 7)


def _framed(number: int, parts: Sequence[Data]) -> list[Data]:
    """A field in parts, so that weights are copied once, when the file is joined."""
    length = sum(map(len, parts))
    return [_varint(number << 3 | 2) + _varint(length), *parts]


def _tensor(name: str, shape: Sequence[int], data: Data) -> list[Data]:
    head = b"".join(_field(1, side) for side in shape) + _field(2, FLOAT) + _field(8, name)
    return [head, *_framed(9, [data])]


def _value_info(name: str, shape: Sequence[int | str]) -> bytes:
    sides = (_field(1, side) if isinstance(side, int) else _field(2, side) for side in shape)
    dims = b"".join(_field(1, side) for side in sides)
    return _field(1, name) + _field(2, _field(1, _field(1, FLOAT) + _field(2, dims)))
