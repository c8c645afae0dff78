"""A network built from its spec, block by block along the walk."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from effnet.base import EffnetError
from effnet.network import IMAGE_CHANNELS, NUM_CLASSES, Block, Spec, walk
from effnet.nn.blocks import BLOCKS, activation, conv_norm_act, convolution, normalisation, padding
from effnet.scaling import AnyNetwork, spec_of

Step = Callable[[Tensor], Tensor]


class Network(nn.Module):
    """Any network of `variants` and any scaling of it: `(N, 3, H, W)` to `(N, classes)` logits.

    Module paths are torchvision's where torchvision has the network, so its state dicts load with
    `strict=True`. The forward pass runs the modules in the order of their names, with nothing that
    `torch.fx`, TorchScript or `torch.export` can't follow. It is also a chain of named steps
    (`steps`), so that it can be cut between any two of them without hooks.

    Attributes:
        spec: The architecture.
        in_channels: Channels of the input.
        grad_checkpointing: True to keep only what goes into each block while training and to
            compute the block again for its gradient: a third more time, much less memory.
    """

    __jit_unused_properties__: ClassVar[list[str]] = ["linear", "num_classes"]

    grad_checkpointing: bool = False
    _step_names: list[str]
    _levels: list[list[str]]

    def __init__(
        self, spec: Spec, *, num_classes: int = NUM_CLASSES, in_channels: int = IMAGE_CHANNELS
    ) -> None:
        super().__init__()
        self.spec = spec
        self.in_channels = in_channels
        self._step_names = []
        self._levels = []
        stem, *blocks, last = walk(spec, num_classes=num_classes, in_channels=in_channels)
        self._add_stem(stem)
        for block in blocks:
            if block.operator == "head":
                module: nn.Module = conv_norm_act(block.layers[0], spec)
            else:
                module = BLOCKS[block.operator](block, spec)
            self._place(block.name, module)
            self._step_names.append(block.name)
            if block.operator != "head":
                self._add_to_level(block.name, block.stride)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        linear = nn.Linear(last.layers[0].in_channels, num_classes)
        if last.name:
            self._place(last.name, nn.Sequential(nn.Dropout(spec.dropout), linear))
        else:
            self._place(last.layers[0].name, linear)
        self._classifier = last.name or last.layers[0].name

    def _add_stem(self, stem: Block) -> None:
        layer = stem.layers[0]
        if stem.name:
            self._place(stem.name, conv_norm_act(layer, self.spec))
            self._stem = [stem.name]
        else:
            before = padding(layer, self.spec)
            parts = {
                **({"pad": before} if before else {}),
                stem.path(layer): convolution(layer, self.spec),
                stem.norm_path(layer): normalisation(layer, self.spec),
                "relu": activation(self.spec),
            }
            for name, module in parts.items():
                self._place(name, module)
            self._stem = list(parts)
        self._levels.append(list(self._stem))
        if self.spec.stem_pool:
            self._place("maxpool", nn.MaxPool2d(3, 2, padding=1))
            self._stem.append("maxpool")
            self._add_to_level("maxpool", 2)

    def _add_to_level(self, name: str, stride: int) -> None:
        """Note a module among those whose maps have the same side; a stride of 2 begins anew."""
        if stride == 2:
            self._levels.append([])
        self._levels[-1].append(name)

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

    def forward_features(self, x: Tensor) -> Tensor:
        """The last map before pooling, `(N, C, h, w)`.

        Block by block, so that a stage's input is let go once its first block is through.
        """
        # TorchScript finds no module by its path, and lets nothing else stand behind "type: ignore"
        if torch.jit.is_scripting():  # type: ignore[attr-defined]
            for name, module in self.named_children():
                if name not in ("avgpool", "classifier", "fc"):
                    x = module(x)
        else:
            again = self.grad_checkpointing and self.training
            for path in (*self._stem, *self._step_names):
                module = self.get_submodule(path)
                x = checkpoint(module, x, use_reentrant=False) if again else module(x)
        return x

    def pyramid(self, x: Tensor) -> list[Tensor]:
        """The last map at each stride, 2 to 32 in every variant: five `(N, C, h, w)`.

        They end with the blocks, as the "reduction" endpoints of the released code do: the head's
        1x1 convolution belongs to the classifier.
        """
        maps = []
        for level in self.levels():
            for module in level:
                x = module(x)
            maps.append(x)
        return maps

    def levels(self) -> list[list[nn.Module]]:
        """The modules before the head in order, grouped by the stride that their maps have."""
        return [[self.get_submodule(name) for name in level] for level in self._levels]

    def classify(self, features: Tensor) -> Tensor:
        """Global mean of `(N, C, h, w)` and the fully connected layer: `(N, classes)`."""
        pooled = torch.flatten(self.avgpool(features), 1)
        for name, module in self.named_children():
            if name in ("classifier", "fc"):
                pooled = module(pooled)
        return pooled

    @property
    def linear(self) -> nn.Linear:
        """The fully connected layer behind the pooling: the last one that there is."""
        *_, layer = (module for module in self.modules() if isinstance(module, nn.Linear))
        return layer

    @property
    def num_classes(self) -> int:
        """Outputs of the network, as its last layer has them now."""
        return self.linear.out_features

    def reset_classifier(self, num_classes: int) -> None:
        """Put a new fully connected layer of so many outputs at the end, with random weights."""
        head = self.linear
        head.weight = nn.Parameter(head.weight.new_empty(num_classes, head.in_features))
        head.bias = nn.Parameter(head.weight.new_empty(num_classes))
        head.out_features = num_classes
        initialise(head)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Parameters from the stem on, a group a block, to freeze or to train at their own rates.

        The head's 1x1 convolution goes with the last block, as in timm's groups; the classifier is
        the last group.
        """
        groups = [[p for name in self._stem for p in self.get_submodule(name).parameters()]]
        for name in self._step_names:
            parameters = list(self.get_submodule(name).parameters())
            is_block = any(name in level for level in self._levels)
            groups = [*groups, parameters] if is_block else [*groups[:-1], groups[-1] + parameters]
        return [*groups, list(self.linear.parameters())]

    def steps(self) -> list[tuple[str, Step]]:
        """The forward pass as named steps in order: stem, every block, head, classifier."""
        blocks = [(name, self.get_submodule(name)) for name in self._step_names]
        stem = self._stem[0] if len(self._stem) == 1 else "stem"
        return [(stem, self.stem), *blocks, ("classifier", self.classify)]

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.forward_features(x))


def build(
    spec: AnyNetwork,
    *,
    num_classes: int = NUM_CLASSES,
    in_channels: int = IMAGE_CHANNELS,
    weights: str | Path | None = None,
    dropout: float | None = None,
    stochastic_depth: float | None = None,
    norm_layer: Callable[[int], nn.Module] | None = None,
) -> Network:
    """Build a network: `(N, in_channels, H, W)` float to `(N, num_classes)` logits.

    Under `torch.device("meta")` it takes no memory, which is how shapes and counts are checked.

    Args:
        spec: The network: a `Spec`, a variant's name, a link ("?phi=1"), or a spec's JSON.
        num_classes: Outputs of the classifier; the weights' own head is kept where it has as many.
        in_channels: Channels of the input. Another number than the weights' adapts the stem: one
            channel gets their sum, more repeat them, scaled so that the sum stays.
        weights: As in `load`; random ones where not given.
        dropout: Rate before the classifier; the network's own where not given.
        stochastic_depth: Drop rate of the last blocks; the network's own where not given.
        norm_layer: What stands in the place of each BatchNorm, made for so many channels, such as
            `lambda channels: torch.nn.GroupNorm(8, channels)`; it begins anew, also where weights
            are given.

    Raises:
        WeightsUnavailable: The weights are not here: says where to put them.
        EffnetError: The network, the weights or a number can't be used.
    """
    rates: dict[str, Any] = {"dropout": dropout, "stochastic_depth": stochastic_depth}
    wanted = replace(spec_of(spec), **{k: rate for k, rate in rates.items() if rate is not None})
    if weights is None or str(weights) == "random":
        network = Network(wanted, num_classes=num_classes, in_channels=in_channels)
        initialise(network)
    else:
        from effnet.nn.pretrained import network_with, refitted  # it builds networks by this module

        found = network_with(wanted, weights)
        network = refitted(found, num_classes=num_classes, in_channels=in_channels)
    if norm_layer:
        _normalise_by(network, norm_layer)
    return network


def as_built(network: object) -> Network:
    """The network itself, where `build` made it.

    Raises:
        EffnetError: It is another program's.
    """
    if not isinstance(network, Network):
        raise EffnetError(
            "{kind} is no network of effnet.build; build the same one there, with "
            "weights= a file of its state dict",
            kind=type(network).__name__,
        )
    return network


def _normalise_by(network: Network, norm_layer: Callable[[int], nn.Module]) -> None:
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.BatchNorm2d):
                parent.add_module(name, norm_layer(child.num_features))


def initialise(model: nn.Module) -> None:
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
