"""Everything that decides a training run, as plain data: the same recipe, the same weights.

No torch.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

from effnet.base import EffnetError, check_known, settle
from effnet.network import Spec, Stage
from effnet.scaling import spec_of
from effnet.train.schedule import Progressive

Optimiser = Literal["rmsprop", "adamw"]
Decay = Literal["exponential", "cosine"]
Precision = Literal["fp32", "bf16", "fp16"]

CHOICES: dict[str, tuple[str, ...]] = {
    "optimiser": ("rmsprop", "adamw"),
    "decay": ("exponential", "cosine"),
    "precision": ("fp32", "bf16", "fp16"),
}
ONCE_FIXED = (("shift", 1 / 16), ("flip", False), ("test_epochs", 1))
LOOKED_AT = 1000  # held-out pictures, the first ones
LIMITS: dict[str, tuple[float, float]] = {
    "train_images": (1, 10_000_000),
    "test_images": (1, 10_000_000),
    "epochs": (1, 10_000),
    "batch_size": (2, 65_536),
    "accumulate": (1, 4096),
    "learning_rate": (1e-8, 100),
    "weight_decay": (0, 1),
    "warmup_epochs": (0, 10_000),
    "average": (0, 0.999999),
    "label_smoothing": (0, 0.99),
    "shift": (0, 0.5),
    "test_epochs": (1, 10_000),
    "looks": (0, 1000),
    "seed": (0, 2**31),
    "threads": (1, 1024),
    "checkpoint_steps": (1, 1_000_000),
}

# what moves all layers of a pretrained network on a few photos, from a head that fits them already;
# from-scratch rates would wreck it (80 pictures of ten classes: 75.7 % by the head, 77.0 at this
# rate, 76.0 at a fifth, 73.3 at five times it; `tests/benchmarks/bench_transfer.py`)
FINE_TUNING: dict[str, Any] = {
    "epochs": 10,
    "batch_size": 6,
    "optimiser": "adamw",
    "learning_rate": 1e-4,
    "average": 0.9,
}

# expansion, kernel, stride, channels, blocks: B0's pattern with four stages, for inputs of 32 px
_SMALL_ROWS = (
    (1, 3, 1, 8, 1),
    (4, 3, 2, 12, 2),
    (4, 5, 2, 20, 2),
    (4, 3, 1, 32, 2),
)


def small_base(*, resolution: int = 32) -> Spec:
    """The experiments' base network: MBConv with squeeze-and-excitation, as B0, but tiny."""
    return Spec(
        name="small",
        family="v1",
        stages=tuple(
            Stage("mbconv", channels, blocks, kernel, stride, expand, 0.25, divisor=4)
            for expand, kernel, stride, channels, blocks in _SMALL_ROWS
        ),
        stem_channels=8,
        head_channels=96,
        resolution=resolution,
        dropout=0.1,
        norm_eps=1e-3,
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run.

    Attributes:
        spec: The network; its resolution is the size that it is tested at.
        data: "marks", "digits", "fashion-mnist", an `.npz`, or a folder of pictures (see
            `data.load_pictures`); a path that begins with "./" lies in the run's own folder.
        train_images, test_images: How many of the procedural set.
        schedule: Sizes and regularisation over the epochs; None trains at the network's own
            resolution and dropout throughout.
        epochs: Passes over the training pictures; a schedule's own where there is one.
        batch_size, accumulate: Pictures a step, over all processes; a step adds the gradients of
            `accumulate` equal parts of its batch.
        optimiser: "rmsprop" (the papers'; decay 0.9, momentum 0.9, epsilon 1e-3) or "adamw".
        learning_rate: The highest, after warm-up.
        weight_decay: On convolutions' and linear layers' weights only.
        warmup_epochs: The rate rises linearly for so long.
        decay: "cosine" to 0, or "exponential" by 0.97 every 2.4 epochs of 350 (scaled to `epochs`).
        average: Decay of the weights' moving average that is tested and saved; 0 for none.
        label_smoothing: Mass that is spread over all classes.
        shift: A batch is moved by up to this share of its side.
        flip: True mirrors about half of the pictures of every batch.
        precision: "fp32", or autocast to "bf16" or "fp16" (with a gradient scaler).
        channels_last: Memory layout; quicker for depthwise layers on most machines.
        start: A variant's name: pretrained weights to begin with, but for the classifier;
            BatchNorm keeps the statistics that came with them.
        frozen: True trains the classifier only.
        seed: Of weights, order, augmentation and dropout.
        threads: PyTorch threads of the process.
        test_epochs: The held-out pictures are asked every so many epochs, and at the end.
        looks: How often it is noted on the way which of the first `LOOKED_AT` held-out pictures are
            named right: look i of n after (i / n)^2 of the training, as most is learned early.
        checkpoint_steps: A checkpoint every so many steps, and at every epoch's end.
    """

    spec: Spec = field(default_factory=small_base)
    data: str = "marks"
    train_images: int = 3000
    test_images: int = 1200
    schedule: Progressive | None = None
    epochs: int = 12
    batch_size: int = 64
    accumulate: int = 1
    optimiser: Optimiser = "rmsprop"
    learning_rate: float = 0.02
    weight_decay: float = 1e-5
    warmup_epochs: float = 1.0
    decay: Decay = "cosine"
    average: float = 0.98
    label_smoothing: float = 0.1
    shift: float = 1 / 16
    flip: bool = False
    precision: Precision = "fp32"
    channels_last: bool = True
    start: str = ""
    frozen: bool = False
    seed: int = 0
    threads: int = 1
    test_epochs: int = 1
    looks: int = 0
    checkpoint_steps: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "spec", spec_of(self.spec))
        settle(self, LIMITS)
        for name, allowed in CHOICES.items():
            check_known(name, getattr(self, name), allowed)
        if self.batch_size < 2 * self.accumulate:
            raise EffnetError(
                "a batch of {size} in {parts} parts leaves parts of one picture, which "
                "BatchNorm can't normalise; use a larger batch or fewer parts",
                size=self.batch_size,
                parts=self.accumulate,
            )

    @property
    def plan(self) -> Progressive:
        """The schedule, or a fixed one at the network's own resolution and dropout."""
        if self.schedule is not None:
            return replace(self.schedule, epochs=self.epochs)
        size, dropout = self.spec.resolution, self.spec.dropout
        return Progressive(
            stages=1,
            epochs=self.epochs,
            size=(size, size),
            dropout=(dropout, dropout),
            randaugment=(0, 0),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        kept = {f.name: getattr(self, f.name) for f in fields(self)}
        kept["spec"] = self.spec.to_dict()
        kept["schedule"] = self.schedule.to_dict() if self.schedule else None
        return kept

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote; unknown fields raise `EffnetError`."""
        known = {f.name for f in fields(cls)}
        if unknown := set(values) - known:
            raise EffnetError("not a recipe's fields: {names}", names=", ".join(sorted(unknown)))
        given = dict(values)
        if "spec" in given:
            given["spec"] = Spec.from_dict(given["spec"])
        if given.get("schedule"):
            given["schedule"] = Progressive.from_dict(given["schedule"])
        return cls(**given)

    @property
    def key(self) -> str:
        """Twelve digits that stand for the whole recipe: the same digits, the same weights.

        What was fixed before it became a choice counts only where it is chosen otherwise, so that
        rows from before keep their keys. Looks change no weight.
        """
        values = {k: v for k, v in self.to_dict().items() if (k, v) not in ONCE_FIXED}
        del values["looks"]
        text = json.dumps(values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
