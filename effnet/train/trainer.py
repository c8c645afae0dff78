"""A trainer that is small, exact and resumable.

Every random number of a step comes from the seed and the step's number alone, so a run that was
killed goes on from its last checkpoint to the same weights, bit for bit, on the same machine with
the same number of threads. One process, or several under `torchrun`: the same code.
"""

import hashlib
import io
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from effnet.checkpoints import Preprocessing
from effnet.nn import saved
from effnet.nn.model import Network, build
from effnet.train import augment
from effnet.train.data import Pictures, load_pictures
from effnet.train.optim import Average, optimiser, rate_at
from effnet.train.recipe import Recipe
from effnet.train.runs import BEST, METRICS, append_line, read_lines, write_whole
from effnet.train.schedule import Progressive, Stage

CHECKPOINT = "checkpoint.pt"
TEST_BATCH = 200
MEAN, STD = 0.5, 0.25  # of every channel, for values from 0 to 1

Progress = Callable[[dict[str, Any]], None]


class Stopped(Exception):
    """The run was asked to stop; its checkpoint is written."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a training ended.

    Attributes:
        top1: Share of the held-out pictures named right at the end, by the averaged weights.
        best_top1: The highest after any epoch; those weights are saved.
        by_group: Top-1 of each group of classes.
        loss: Mean training loss of the last epoch.
        seconds: Training time without tests, over all its processes' lives.
        cpu_seconds: Processor time of the same; other programs on the machine don't lengthen it.
        steps: Optimiser steps.
        digest: SHA-256 of the last weights: equal digests, equal weights.
    """

    top1: float
    best_top1: float
    by_group: dict[str, float]
    loss: float
    seconds: float
    cpu_seconds: float
    steps: int
    digest: str


@dataclass(slots=True)
class _Machine:
    """Where the training runs, and which process of how many this is."""

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0


def _machine() -> _Machine:
    """This process's place; joins the others where `torchrun` started several."""
    world, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    cuda = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device(f"cuda:{local}" if cuda else "cpu")
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if cuda else "gloo")
    return _Machine(device, rank, world)


def seed_of(*parts: int) -> int:
    """A seed from several numbers, alike on every machine."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:7], "little")


def order_of(recipe: Recipe, epoch: int, count: int) -> np.ndarray:
    """The order of the pictures in an epoch."""
    return np.random.default_rng(seed_of(recipe.seed, 1, epoch)).permutation(count)


def stage_at(plan: Progressive, step: int, total: int) -> Stage:
    """The stage of a schedule that a step of `total` belongs to."""
    rows = plan.plan()
    return rows[min(len(rows) - 1, step * len(rows) // total)]


def train(
    recipe: Recipe,
    folder: Path,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> Result:
    """Train by a recipe, from the beginning or from the folder's checkpoint.

    Writes `metrics.jsonl` (a row an epoch), `checkpoint.pt` and, whenever the held-out accuracy
    rises, `best.safetensors`, which `effnet.load` opens.

    Raises:
        Stopped: `stop` said so; calling again goes on.
        EffnetError: The data are not there or too few.
    """
    torch.set_num_threads(recipe.threads)
    machine = _machine()
    job = _Job(recipe, folder, machine)
    job.resume()
    while job.step < job.total:
        row = job.epoch(stop)
        if row is not None and machine.first:
            append_line(folder / METRICS, row)
            if progress:
                progress(row)
    return job.result()


class _Clock:
    """Wall and processor time between start and stop, summed."""

    def __init__(self, seconds: float = 0.0, cpu_seconds: float = 0.0) -> None:
        self.seconds, self.cpu_seconds = seconds, cpu_seconds
        self._began = (0.0, 0.0)

    def start(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu_seconds += time.process_time() - self._began[1]


class _Job:
    """A training in progress: model, optimiser, averages, and how far it came."""

    def __init__(self, recipe: Recipe, folder: Path, machine: _Machine) -> None:
        self.recipe, self.folder, self.machine = recipe, folder, machine
        near = recipe.data.startswith("./")
        self.training, self.testing = load_pictures(
            str(folder / recipe.data) if near else recipe.data,
            train=recipe.train_images,
            test=recipe.test_images,
            seed=recipe.seed,
        )
        self.classes = len(self.training.classes)
        self.per_epoch = max(1, len(self.training) // recipe.batch_size)
        self.batch = min(recipe.batch_size, len(self.training))
        self.total = self.per_epoch * recipe.epochs
        self.plan = recipe.plan
        torch.manual_seed(seed_of(recipe.seed, 0))
        self.model = self._model()
        self.layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
        self.model.to(machine.device, memory_format=self.layout)  # type: ignore[call-overload]
        self.parallel: nn.Module = self.model
        if machine.world > 1:
            self.parallel = nn.parallel.DistributedDataParallel(self.model)
        self.optimiser = optimiser(self.model, recipe)
        self.average = Average(self.model, recipe.average)
        half = recipe.precision == "fp16"
        self.scaler = torch.amp.GradScaler(machine.device.type, enabled=half)
        self.step, self.best, self.loss = 0, -1.0, float("nan")
        self.clock = _Clock()
        self.sized: tuple[int, Tensor] | None = None
        self.at_size: tuple[int, Tensor] | None = None

    def _model(self) -> Network:
        model = build(self.recipe.spec, num_classes=self.classes)
        if self.recipe.start:
            from effnet.predict import load

            kept = load(self.recipe.start, device="cpu").model.state_dict()
            own = model.state_dict()
            fitting = {k: v for k, v in kept.items() if k in own and own[k].shape == v.shape}
            model.load_state_dict(fitting, strict=False)
        if self.recipe.frozen:
            model.requires_grad_(False)
            model.linear.requires_grad_(True)
        return model

    # --- data

    def _pictures(self, size: int) -> Tensor:
        """All training pictures at a size, uint8 `(N, 3, size, size)`; kept for the stage."""
        if self.sized is None or self.sized[0] != size:
            self.sized = size, resized(torch.from_numpy(self.training.images), size)
        return self.sized[1]

    def _batch(self, stage: Stage, epoch: int, position: int) -> tuple[Tensor, Tensor]:
        """This process's part of a batch: float pictures and `(n, classes)` labels."""
        order = order_of(self.recipe, epoch, len(self.training))
        chosen = order[position * self.batch : (position + 1) * self.batch]
        mine = torch.from_numpy(chosen[self.machine.rank :: self.machine.world].copy())
        pictures = self._pictures(stage.size)[mine]
        labels = torch.from_numpy(self.training.labels)[mine]
        torch.manual_seed(seed_of(self.recipe.seed, 2, self.step, self.machine.rank))
        pictures = augment.rand_augment(pictures, stage.randaugment)
        ready = shifted(normalised(pictures, self._moments()))
        return augment.mixer(stage, self.classes)((ready, labels))

    def _moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return moments(self.recipe)

    # --- one epoch

    def epoch(self, stop: Callable[[], bool]) -> dict[str, Any] | None:
        """Train to the end of the current epoch and test."""
        number, first = divmod(self.step, self.per_epoch)
        self.clock.start()
        self.parallel.train()
        if self.recipe.frozen:
            self.parallel.eval()
        elif self.recipe.start:  # a few photos' statistics would be worse than what it came with
            for module in self.model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        for position in range(first, self.per_epoch):
            if stop():
                self.clock.stop()
                self.save()
                raise Stopped
            stage = stage_at(self.plan, self.step, self.total)
            self._one(stage, number, position)
            if self.step % self.recipe.checkpoint_steps == 0 and position + 1 < self.per_epoch:
                self.clock.stop()
                self.save()
                self.clock.start()
        self.clock.stop()
        if not self.machine.first:
            return None
        top1, by_group = self.test()
        if top1 > self.best:
            self.best = top1
            self.save_best()
        row = {
            "epoch": number + 1,
            "step": self.step,
            "size": stage.size,
            "loss": self.loss,
            "rate": self.optimiser.param_groups[0]["lr"],
            "top1": top1,
            **{f"top1_{name}": value for name, value in by_group.items()},
            "seconds": self.clock.seconds,
            "cpu_seconds": self.clock.cpu_seconds,
        }
        self.save()
        return row

    def _one(self, stage: Stage, epoch: int, position: int) -> None:
        recipe, device = self.recipe, self.machine.device
        pictures, labels = self._batch(stage, epoch, position)
        augment.set_dropout(self.model, stage.dropout)
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(recipe, self.step, self.per_epoch)
        self.optimiser.zero_grad(set_to_none=True)
        kind = torch.float16 if recipe.precision == "fp16" else torch.bfloat16
        losses = 0.0
        parts = list(
            zip(pictures.chunk(recipe.accumulate), labels.chunk(recipe.accumulate), strict=True)
        )
        for x, y in parts:
            sent = x.to(device, memory_format=self.layout)
            with torch.autocast(device.type, dtype=kind, enabled=recipe.precision != "fp32"):
                logits = self.parallel(sent)
            loss = functional.cross_entropy(
                logits.float(), y.to(device), label_smoothing=recipe.label_smoothing
            )
            share = len(x) / len(pictures)
            self.scaler.scale(loss * share).backward()  # type: ignore[no-untyped-call]
            losses += float(loss.detach()) * share
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update(self.model)
        seen = position + 1
        self.loss = losses if position == 0 else self.loss + (losses - self.loss) / seen
        self.step += 1

    # --- tests

    def tested(self) -> Network:
        """A copy of the network with the averaged weights, in evaluation mode."""
        model = build(self.recipe.spec, num_classes=self.classes).to(self.machine.device)
        model.load_state_dict(self.average.state())
        return model.eval().to(memory_format=self.layout)

    def test(self) -> tuple[float, dict[str, float]]:
        """Top-1 on the held-out pictures, in all and by group, at the network's resolution."""
        state = torch.get_rng_state()
        model, size = self.tested(), self.recipe.spec.resolution
        if self.at_size is None:
            self.at_size = size, resized(torch.from_numpy(self.testing.images), size)
        right = []
        with torch.inference_mode():
            for part in torch.split(self.at_size[1], TEST_BATCH):
                x = normalised(part, self._moments()).to(
                    self.machine.device, memory_format=self.layout
                )
                right.append(model(x).argmax(1).cpu())
        torch.set_rng_state(state)
        hits = torch.cat(right).numpy() == self.testing.labels
        return float(hits.mean()), by_group(self.testing, hits)

    # --- files

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        if not self.machine.first:
            return
        state = {
            "key": self.recipe.key,
            "step": self.step,
            "best": self.best,
            "seconds": self.clock.seconds,
            "cpu_seconds": self.clock.cpu_seconds,
            "loss": self.loss,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.state(),
            "average_steps": self.average.steps,
            "scaler": self.scaler.state_dict(),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_whole(self.folder / CHECKPOINT, buffer.getvalue())

    def resume(self) -> None:
        """Go on from the folder's checkpoint, if it is this recipe's."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        kept = torch.load(path, map_location=self.machine.device, weights_only=True)
        if kept["key"] != self.recipe.key:
            return
        self.step, self.best = kept["step"], kept["best"]
        self.loss = kept["loss"]
        self.clock = _Clock(kept["seconds"], kept["cpu_seconds"])
        self.model.load_state_dict(kept["model"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.average.values = kept["average"]
        self.average.steps = kept["average_steps"]
        self.scaler.load_state_dict(kept["scaler"])
        if self.machine.first:  # rows of an epoch that is trained again would stand there twice
            rows = [r for r in read_lines(self.folder / METRICS) if r["step"] <= self.step]
            text = "".join(json.dumps(row) + "\n" for row in rows)
            write_whole(self.folder / METRICS, text.encode())

    def save_best(self) -> None:
        """Write the averaged weights with all that `effnet.load` needs to use them."""
        size, (mean, std) = self.recipe.spec.resolution, self._moments()
        saved.write(
            self.folder / BEST,
            self.average.state(),
            spec=self.recipe.spec,
            classes=self.training.classes,
            preprocessing=Preprocessing(size, size, "bilinear", mean, std),
        )

    def result(self) -> Result:
        """What the training came to."""
        if self.machine.world > 1:  # statistics are the first process's; they were sent before
            for buffer in self.model.buffers():  # the last step, so they differ after it
                torch.distributed.broadcast(buffer, 0)
        top1, groups = self.test() if self.machine.first else (float("nan"), {})
        return Result(
            top1,
            self.best,
            groups,
            self.loss,
            self.clock.seconds,
            self.clock.cpu_seconds,
            self.step,
            digest_of(self.model),
        )


# --- pieces -----------------------------------------------------------------------------------


def resized(pictures: Tensor, size: int) -> Tensor:
    """uint8 `(N, 3, S, S)` at `size` pixels, antialiased."""
    if pictures.shape[-1] == size:
        return pictures
    parts = [
        functional.interpolate(part.float(), size=(size, size), mode="bilinear", antialias=True)
        .round()
        .clamp(0, 255)
        .byte()
        for part in torch.split(pictures, TEST_BATCH)
    ]
    return torch.cat(parts)


def moments(recipe: Recipe) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation that the network's input is normalised by."""
    if recipe.start:
        from effnet.checkpoints import choose

        preprocessing = choose(recipe.start).preprocessing
        return preprocessing.mean, preprocessing.std
    return (MEAN,) * 3, (STD,) * 3


def normalised(
    pictures: Tensor, by: tuple[tuple[float, ...], tuple[float, ...]] = ((MEAN,) * 3, (STD,) * 3)
) -> Tensor:
    """uint8 pictures as the network's floats: (value / 255 - mean) / std."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in by)
    return (pictures.float() / 255 - mean) / std


def shifted(pictures: Tensor) -> Tensor:
    """A batch moved by up to a sixteenth of its side, filled up from its border."""
    room = pictures.shape[-1] // 16
    if room == 0:
        return pictures
    down, across = torch.randint(0, 2 * room + 1, (2,)).tolist()
    padded = functional.pad(pictures, [room] * 4, mode="replicate")
    side = pictures.shape[-1]
    return padded[..., down : down + side, across : across + side].contiguous()


def by_group(pictures: Pictures, hits: np.ndarray) -> dict[str, float]:
    """Top-1 of each group of classes."""
    if not pictures.groups:
        return {}
    group = np.array(pictures.groups)[pictures.labels]
    return {
        name: float(hits[group == number].mean())
        for number, name in enumerate(pictures.group_names)
        if (group == number).any()
    }


def digest_of(model: nn.Module) -> str:
    """SHA-256 over all weights and statistics."""
    found = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def as_row(result: Result) -> dict[str, Any]:
    """A result as one flat row."""
    row = asdict(result)
    return row | {f"top1_{name}": value for name, value in row.pop("by_group").items()}
