"""Regularisation by its definitions, for the gallery and the tests, and as the trainer applies it.

MixUp arXiv:1710.09412, CutMix arXiv:1905.04899, RandAugment arXiv:1909.13719, DropBlock
arXiv:1810.12890, stochastic depth arXiv:1603.09382. The trainer takes MixUp, CutMix and RandAugment
from torchvision; the tests hold both to the definitions here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from effnet.base import check_range
from effnet.network import Spec, walk
from effnet.scaling import takes_network
from effnet.train.schedule import Stage

MAGNITUDES = 31  # RandAugment's 0 to 30
OPERATIONS = 2  # N, in the released code of EfficientNetV2

Batch = tuple[Tensor, Tensor]


def mix(first: Tensor, second: Tensor, share: float) -> Tensor:
    """MixUp of two pictures or two labels: share * first + (1 - share) * second."""
    return share * first + (1 - share) * second


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels: rows top to bottom, columns left to right, ends exclusive."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.bottom - self.top) * (self.right - self.left)


def cut_box(height: int, width: int, share: float, centre: tuple[float, float]) -> Box:
    """CutMix's box: sides H * sqrt(1 - share), W * sqrt(1 - share), clipped at the border.

    Args:
        height: Of the picture.
        width: Of the picture.
        share: lambda: how much of the first picture should stay.
        centre: Of the box, as parts of height and width.
    """
    side = (1.0 - share) ** 0.5
    y, x = centre[0] * height, centre[1] * width
    half_y, half_x = 0.5 * side * height, 0.5 * side * width
    return Box(
        max(0, round(y - half_y)),
        max(0, round(x - half_x)),
        min(height, round(y + half_y)),
        min(width, round(x + half_x)),
    )


def cut_mix(first: Tensor, second: Tensor, box: Box) -> tuple[Tensor, float]:
    """CutMix of two `(..., H, W)` pictures, and the share of the first by its real area."""
    mixed = first.clone()
    mixed[..., box.top : box.bottom, box.left : box.right] = second[
        ..., box.top : box.bottom, box.left : box.right
    ]
    return mixed, 1.0 - box.area / (first.shape[-1] * first.shape[-2])


def rand_augment(pictures: Tensor, magnitude: float) -> Tensor:
    """RandAugment of each uint8 `(N, 3, H, W)` picture: two random operations, one strength.

    Magnitudes between whole numbers are rounded; 0 leaves the pictures alone, as in the papers'
    schedules.
    """
    step = round(magnitude)
    check_range("RandAugment magnitude", step, 0, MAGNITUDES - 1)
    if step == 0:
        return pictures
    from torchvision.transforms import v2

    change = v2.RandAugment(OPERATIONS, step, MAGNITUDES, fill=[128, 128, 128])
    return torch.stack([change(picture) for picture in pictures])


def mixer(stage: Stage, classes: int) -> Callable[[Batch], Batch]:
    """What a stage of training does to a batch of pictures `(N, 3, H, W)` and labels `(N,)`.

    Gives back labels as `(N, classes)` shares. Where both MixUp and CutMix are on, each takes one
    half of the batch, as in the released code.
    """
    if not stage.mixup and not stage.cutmix:
        return lambda batch: (batch[0], functional.one_hot(batch[1], classes).float())
    from torchvision.transforms import v2

    # a uint8 label would overflow; torchvision wants int64 labels and float pictures
    one = v2.MixUp(alpha=stage.mixup, num_classes=classes) if stage.mixup else None
    two = v2.CutMix(alpha=stage.cutmix, num_classes=classes) if stage.cutmix else None
    if one is None or two is None:
        only = one or two
        assert only is not None
        return lambda batch: tuple(only(*batch))

    def both(batch: Batch) -> Batch:
        pictures, labels = batch
        half = len(labels) // 2
        if half < 1:
            return tuple(one(pictures, labels))
        a, b = one(pictures[:half], labels[:half]), two(pictures[half:], labels[half:])
        return torch.cat([a[0], b[0]]), torch.cat([a[1], b[1]])

    return both


# --- inside the network -----------------------------------------------------------------------


def seed_rate(side: int, block: int, keep: float) -> float:
    """DropBlock's gamma: how often a square begins at a place where a whole one fits.

    (1 - keep) * side^2 / (block^2 * (side - block + 1)^2), for a map of `side` x `side`.
    """
    check_range("side of a block (px)", block, 1, side)
    return (1 - keep) * side**2 / (block**2 * (side - block + 1) ** 2)


def block_mask(side: int, block: int, keep: float, *, generator: torch.Generator) -> Tensor:
    """Where DropBlock keeps a map: `(side, side)` of ones, with square holes of zeros."""
    rate = min(1.0, seed_rate(side, block, keep))
    room = side - block + 1
    seeds = (torch.rand(1, 1, room, room, generator=generator) < rate).float()
    holes = functional.max_pool2d(functional.pad(seeds, [block - 1] * 4), block, stride=1)
    return 1.0 - holes[0, 0]


def drop_block(x: Tensor, block: int, keep: float, *, generator: torch.Generator) -> Tensor:
    """DropBlock of `(N, C, S, S)`: each picture has its own holes, the rest is scaled up.

    The rest is multiplied by all over kept, so that the sum is the same in expectation.
    """
    masks = torch.stack(
        [block_mask(x.shape[-1], block, keep, generator=generator) for _ in range(len(x))]
    )[:, None]
    return x * masks * (masks.numel() / masks.sum().clamp(min=1.0))


@dataclass(frozen=True, slots=True)
class Survival:
    """A block's stochastic depth.

    Attributes:
        name: Module path.
        stage: Its stage.
        drop_rate: Of its branch, for each picture; 0 where it has no skip to fall back on.
        skip: True where it has one.
    """

    name: str
    stage: int
    drop_rate: float
    skip: bool


@takes_network
def survivals(spec: Spec, *, rate: float | None = None) -> tuple[Survival, ...]:
    """Every block's drop rate: rate * i / N for block i of N, where there is a skip."""
    drawn = spec if rate is None else replace(spec, stochastic_depth=rate)
    return tuple(
        Survival(b.name, b.stage, b.drop_rate if b.residual else 0.0, b.residual)
        for b in walk(drawn)
        if b.operator not in ("stem", "head", "classifier")
    )


def set_dropout(model: nn.Module, rate: float) -> None:
    """Set the rate of the dropout before the classifier; a schedule changes it as it goes."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = rate
