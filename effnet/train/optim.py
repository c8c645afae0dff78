"""What moves the weights: RMSProp as TensorFlow has it, the learning rate, the moving average."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from effnet.nn import Network
from effnet.train.recipe import Recipe

RMS_DECAY, RMS_MOMENTUM, RMS_EPSILON = 0.9, 0.9, 1e-3  # arXiv:1905.11946; epsilon: released code


class RMSProp(torch.optim.Optimizer):
    """RMSProp as the papers' TensorFlow code runs it.

        mean_square = decay * mean_square + (1 - decay) * g**2      (starts at 1)
        step        = momentum * step + rate * g / sqrt(mean_square + epsilon)
        weight      = weight - step

    PyTorch's differs in all three lines: it starts at 0, adds epsilon outside of the root, and
    multiplies the rate onto the accumulated step, so a lower rate also shrinks past momentum.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        *,
        decay: float = RMS_DECAY,
        momentum: float = RMS_MOMENTUM,
        epsilon: float = RMS_EPSILON,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {
            "lr": lr,
            "decay": decay,
            "momentum": momentum,
            "epsilon": epsilon,
            "weight_decay": weight_decay,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient."""
        del closure
        for group in self.param_groups:
            decay, momentum = group["decay"], group["momentum"]
            params = [p for p in group["params"] if p.grad is not None]
            if not params:
                continue
            for p in params:
                if not self.state[p]:
                    self.state[p]["mean_square"] = torch.ones_like(p)
                    self.state[p]["step"] = torch.zeros_like(p)
            squares = [self.state[p]["mean_square"] for p in params]
            steps = [self.state[p]["step"] for p in params]
            gradients = [p.grad for p in params]
            if group["weight_decay"]:  # L2: added to the gradient, as in the released code
                gradients = list(torch._foreach_add(gradients, params, alpha=group["weight_decay"]))
            torch._foreach_mul_(squares, decay)
            torch._foreach_addcmul_(squares, gradients, gradients, 1 - decay)
            roots = torch._foreach_sqrt(torch._foreach_add(squares, group["epsilon"]))
            torch._foreach_mul_(steps, momentum)
            torch._foreach_addcdiv_(steps, gradients, roots, group["lr"])
            torch._foreach_sub_(params, steps)


def parameter_groups(
    network: Network, *, learning_rate: float, weight_decay: float = 0.0, layer_decay: float = 1.0
) -> list[dict[str, Any]]:
    """What any optimiser of PyTorch takes: `torch.optim.AdamW(parameter_groups(net, ...))`.

    Args:
        network: The network; what is frozen is left out.
        learning_rate: Of the classifier.
        weight_decay: Of weights; BatchNorm and biases are not decayed.
        layer_decay: What the rate is multiplied by from each block to the one before it, so that
            pretrained layers move the less the earlier they stand (arXiv:2106.08254).
    """
    layers = network.layer_groups()
    return [
        group | {"lr": learning_rate * layer_decay ** (len(layers) - 1 - i)}
        for i, layer in enumerate(layers)
        for group in _decayed(layer, weight_decay)
    ]


def _decayed(parameters: list[nn.Parameter], weight_decay: float) -> list[dict[str, Any]]:
    trained = [p for p in parameters if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser; BatchNorm and biases are not decayed."""
    groups = _decayed(list(model.parameters()), recipe.weight_decay)
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.learning_rate)
    return RMSProp(groups, recipe.learning_rate)


def rate_at(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The learning rate at a step counted from 0.

    Linear warm-up, then cosine to 0, or 0.97 for every 2.4 epochs of a training of 350
    (arXiv:1905.11946 section 5.2; warm-up and 350 epochs from the released code).
    """
    epoch = (step + 1) / steps_per_epoch
    if epoch < recipe.warmup_epochs:
        return recipe.learning_rate * epoch / recipe.warmup_epochs
    if recipe.decay == "exponential":
        drops = (step / steps_per_epoch) * (350 / recipe.epochs) / 2.4
        return recipe.learning_rate * 0.97 ** int(drops)
    total = recipe.epochs * steps_per_epoch
    start = recipe.warmup_epochs * steps_per_epoch
    share = min(1.0, max(0.0, (step - start) / max(1.0, total - start)))
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * share))


class Average:
    """An exponential moving average of a model's weights and statistics, which stay where they are.

    As in the released code, the decay starts low, (1 + n) / (10 + n) after n steps, so that a short
    training is not averaged with its own beginning.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self._now = model.state_dict()  # shares the model's memory: gathered once, not every step
        self._floats = [name for name, value in self._now.items() if value.is_floating_point()]
        self._counts = [name for name in self._now if name not in set(self._floats)]
        self.values = {name: value.clone() for name, value in self._now.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the model's present values."""
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        averaged = [self.values[name] for name in self._floats]
        torch._foreach_lerp_(averaged, [self._now[name] for name in self._floats], 1 - decay)
        for name in self._counts:
            self.values[name].copy_(self._now[name])

    def state(self) -> dict[str, Tensor]:
        """The averaged state dict."""
        return self.values
