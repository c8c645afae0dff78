"""A network built from its spec, block by block along the walk."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from effnet.network import NUM_CLASSES, Block, Spec, as_spec, walk
from effnet.nn.blocks import BLOCKS, activation, conv_norm_act, convolution, normalisation

Step = Callable[[Tensor], Tensor]


class Network(nn.Module):
    """Any network of `variants` and any scaling of it: `(N, 3, H, W)` to `(N, classes)` logits.

    Module paths are torchvision's where torchvision has the network, so its state dicts load with
    `strict=True`. The forward pass is a chain of named steps (`steps`), so that it can be cut
    between any two of them without hooks.
    """

    def __init__(self, spec: Spec, *, num_classes: int = NUM_CLASSES) -> None:
        super().__init__()
        self.spec = spec
        self.num_classes = num_classes
        self._step_names: list[str] = []
        stem, *blocks, last = walk(spec, num_classes=num_classes)
        self._add_stem(stem)
        for block in blocks:
            if block.operator == "head":
                module: nn.Module = conv_norm_act(block.layers[0], spec)
            else:
                module = BLOCKS[block.operator](block, spec)
            self._place(block.name, module)
            self._step_names.append(block.name)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        linear = nn.Linear(last.layers[0].in_channels, num_classes)
        if last.name:
            self._place(last.name, nn.Sequential(nn.Dropout(spec.dropout), linear))
        else:
            self._place(last.layers[0].name, linear)
        self._linear = last.path(last.layers[0])
        self._classifier = last.name or last.layers[0].name

    def _add_stem(self, stem: Block) -> None:
        layer = stem.layers[0]
        if stem.name:
            self._place(stem.name, conv_norm_act(layer, self.spec))
            self._stem = [stem.name]
        else:
            self._stem = [stem.path(layer), stem.norm_path(layer), "relu"]
            parts = convolution(layer, self.spec), normalisation(layer, self.spec)
            for name, module in zip(self._stem, (*parts, activation(self.spec)), strict=True):
                self._place(name, module)
        if self.spec.stem_pool:
            self._place("maxpool", nn.MaxPool2d(3, 2, padding=1))
            self._stem.append("maxpool")

    def _place(self, path: str, module: nn.Module) -> None:
        """Register a module at a dotted path, with containers along the way."""
        *parents, leaf = path.split(".")
        node: nn.Module = self
        for parent in parents:
            if parent not in node._modules:
                node.add_module(parent, nn.Sequential())
            node = node.get_submodule(parent)
        node.add_module(leaf, module)

    def stem(self, x: Tensor) -> Tensor:
        """The first convolution, with ResNet's pooling."""
        for name in self._stem:
            x = self.get_submodule(name)(x)
        return x

    def classify(self, features: Tensor) -> Tensor:
        """Global mean of `(N, C, h, w)` and the fully connected layer: `(N, classes)`."""
        pooled = torch.flatten(self.avgpool(features), 1)
        return self.get_submodule(self._classifier)(pooled)  # type: ignore[no-any-return]

    @property
    def linear(self) -> nn.Linear:
        """The fully connected layer behind the pooling."""
        layer = self.get_submodule(self._linear)
        assert isinstance(layer, nn.Linear)
        return layer

    def steps(self) -> list[tuple[str, Step]]:
        """The forward pass as named steps in order: stem, every block, head, classifier."""
        blocks = [(name, self.get_submodule(name)) for name in self._step_names]
        stem = self._stem[0] if len(self._stem) == 1 else "stem"
        return [(stem, self.stem), *blocks, ("classifier", self.classify)]

    def forward(self, x: Tensor) -> Tensor:
        for _, step in self.steps():
            x = step(x)
        return x


def build(spec: str | Spec, *, num_classes: int = NUM_CLASSES) -> Network:
    """Build a network with random weights: `(N, 3, H, W)` float to `(N, num_classes)` logits.

    Under `torch.device("meta")` it takes no memory, which is how shapes and counts are checked.

    Args:
        spec: The network, or a variant's name.
        num_classes: Outputs of the classifier.

    Raises:
        EffnetError: The name is unknown, or the number of classes not a whole number above 0.
    """
    network = Network(as_spec(spec), num_classes=num_classes)
    _initialise(network)
    return network


def _initialise(model: nn.Module) -> None:
    """He initialisation by fan-out for convolutions, uniform by 1/sqrt(classes) for the classifier.

    The released code's choice. BatchNorm keeps PyTorch's ones and zeros.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            bound = 1.0 / math.sqrt(module.out_features)
            nn.init.uniform_(module.weight, -bound, bound)
            nn.init.zeros_(module.bias)
