"""A trainer that is small, exact and resumable.

Every random number of a step comes from the seed and the step's number alone, so a run that was
killed goes on from its last checkpoint to the same weights, bit for bit, on the same machine with
the same number of threads. One process, or several under `torchrun`: the same code.
"""

import hashlib
import io
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from effnet.base import EffnetError, write_whole
from effnet.jobs import BEST, METRICS
from effnet.nn import Network, build, saved, workers
from effnet.train import augment
from effnet.train.batches import Feed, by_group, moments, seed_of
from effnet.train.linear_head import fitted_head, set_head
from effnet.train.optim import Average, optimiser, rate_at
from effnet.train.placement import Clock, Machine, this_machine
from effnet.train.recipe import LOOKED_AT, Recipe
from effnet.train.results import Result
from effnet.train.schedule import Progressive, Stage
from effnet.weights import Preprocessing

CHECKPOINT = "checkpoint.pt"

Progress = Callable[[dict[str, Any]], None]


class Stopped(Exception):
    """The run was asked to stop; its checkpoint is written."""


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

    A fine-tuning begins with a head that fits what the pretrained network sees in the pictures
    (arXiv:2202.10054: a random head's first steps would spoil the layers below), so that its best
    weights are never worse than that.

    Writes `metrics.jsonl` (a row an epoch and one a look), `checkpoint.pt` and, whenever the
    held-out accuracy rises, `best.safetensors`, which `effnet.load` opens.

    Raises:
        Stopped: `stop` said so; calling again goes on.
        EffnetError: The data are not there or too few.
    """
    with workers.threads(recipe.threads):
        machine = this_machine()
        job = _Job(recipe, folder, machine)
        if progress and machine.first:
            progress(job.feed.about())
        job.resume()
        while job.step < job.total:
            row = job.epoch(stop)
            if row is not None and progress:
                progress(row)
        return job.result()


class _Job:
    """A training in progress: model, optimiser, averages, and how far it came."""

    def __init__(self, recipe: Recipe, folder: Path, machine: Machine) -> None:
        self.recipe, self.folder, self.machine = recipe, folder, machine
        self.feed = Feed(recipe, folder, machine)
        self.per_epoch = self.feed.per_epoch
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
        self.head: float | None = None
        self.tested_at: tuple[int, float, dict[str, float]] | None = None
        self.dropout: float | None = None
        self.metrics = ""  # the whole file's text: the checkpoint has it as well, so they agree
        shares = [(look / recipe.looks) ** 2 for look in range(1, recipe.looks + 1)]
        self.looks = {math.ceil(share * self.total) for share in shares}
        self.clock = Clock()

    def _model(self) -> Network:
        model = build(self.recipe.spec, num_classes=self.feed.classes)
        if self.recipe.start:
            from effnet.classify import load

            kept = load(self.recipe.start, device="cpu").model.state_dict()
            own = model.state_dict()
            fitting = {k: v for k, v in kept.items() if k in own and own[k].shape == v.shape}
            head = {id(parameter) for parameter in model.linear.parameters()}
            names = {k for k, parameter in model.named_parameters() if id(parameter) in head}
            missing = [k for k in own if k not in fitting and k not in names]
            if missing:
                raise EffnetError(
                    "{start} is another network than the one to train ({name} does not fit); "
                    "name it as the network too, at its own depth and width",
                    start=self.recipe.start,
                    name=missing[0],
                )
            model.load_state_dict(fitting, strict=False)
        if self.recipe.frozen:
            model.requires_grad_(False)
            model.linear.requires_grad_(True)
        return model

    def set_head(self) -> None:
        """Give a pretrained network the head that fits its features of the training pictures."""
        model = self.model.eval()
        found = []
        with torch.inference_mode():
            for part in self.feed.plain():
                x = self.feed.normal(part).to(self.machine.device, memory_format=self.layout)
                found.append(model.forward_features(x).mean((2, 3)).float().cpu().numpy())
        labels = self.feed.training.labels
        set_head(model, *fitted_head(np.concatenate(found), labels, self.feed.classes))
        self.average = Average(self.model, self.recipe.average)
        if self.machine.first:
            self.best = self.head = self.test()[0]
            self.save_best()

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
            if self.step in self.looks:
                self.clock.stop()
                self.look()
                self.clock.start()
            if self.step % self.recipe.checkpoint_steps == 0 and position + 1 < self.per_epoch:
                self.clock.stop()
                self.save()
                self.clock.start()
        self.clock.stop()
        if not self.machine.first:
            return None
        row = {
            "epoch": number + 1,
            "step": self.step,
            "size": stage.size,
            "loss": self.loss,
            "rate": self.optimiser.param_groups[0]["lr"],
        }
        if (number + 1) % self.recipe.test_epochs == 0 or self.step == self.total:
            top1, by_group = self.test()
            if top1 > self.best:
                self.best = top1
                self.save_best()
            row["top1"] = top1
            row |= {f"top1_{name}": value for name, value in by_group.items()}
        row |= {
            "seconds": self.clock.seconds,
            "cpu_seconds": self.clock.cpu_seconds,
        }
        self.metrics += json.dumps(row) + "\n"
        self.save()
        self.save_metrics()
        return row

    def _one(self, stage: Stage, epoch: int, position: int) -> None:
        recipe, device = self.recipe, self.machine.device
        pictures, labels = self.feed.batch(stage, epoch, position, self.step)
        if stage.dropout != self.dropout:
            self.dropout = stage.dropout
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
        self.average.update()
        seen = position + 1
        self.loss = losses if position == 0 else self.loss + (losses - self.loss) / seen
        self.step += 1

    # --- tests

    def tested(self) -> Network:
        """A copy of the network with the averaged weights, in evaluation mode."""
        model = build(self.recipe.spec, num_classes=self.feed.classes).to(self.machine.device)
        model.load_state_dict(self.average.state())
        return model.eval().to(memory_format=self.layout)

    def test(self) -> tuple[float, dict[str, float]]:
        """Top-1 on the held-out pictures, in all and by group, at the network's resolution."""
        if self.tested_at and self.tested_at[0] == self.step:
            return self.tested_at[1:]
        hits = self.hits()
        self.tested_at = self.step, float(hits.mean()), by_group(self.feed.testing, hits)
        return self.tested_at[1:]

    def hits(self, most: int | None = None) -> NDArray[np.bool_]:
        """Which held-out pictures the averaged weights name right: all, or the first `most`."""
        state = torch.get_rng_state()
        model = self.tested()
        right = []
        with torch.inference_mode():
            for part in self.feed.held_out(most):
                x = self.feed.normal(part).to(self.machine.device, memory_format=self.layout)
                right.append(model(x).argmax(1).cpu())
        torch.set_rng_state(state)
        found: NDArray[np.bool_] = torch.cat(right).numpy() == self.feed.testing.labels[:most]
        return found

    def look(self) -> None:
        """Write which of the first held-out pictures are named right by now, as a line."""
        if not self.machine.first:
            return
        right = self.hits(LOOKED_AT)
        row = {
            "step": self.step,
            "share": self.step / self.total,
            "right": np.packbits(right).tobytes().hex(),
            "cpu_seconds": self.clock.cpu_seconds,
        }
        self.metrics += json.dumps(row) + "\n"
        self.save_metrics()

    # --- files

    @property
    def key(self) -> str:
        """The recipe and the pictures it trains on: a folder may hold others by now."""
        return f"{self.recipe.key}-{self.feed.content}"

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        if not self.machine.first:
            return
        state = {
            "key": self.key,
            "step": self.step,
            "best": self.best,
            "seconds": self.clock.seconds,
            "cpu_seconds": self.clock.cpu_seconds,
            "loss": self.loss,
            "head": self.head,
            "metrics": self.metrics,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average.state(),
            "average_steps": self.average.steps,
            "scaler": self.scaler.state_dict(),
        }
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_whole(self.folder / CHECKPOINT, buffer.getvalue())

    def save_metrics(self) -> None:
        """Write the metrics so far; a run that goes on has those of its checkpoint."""
        if self.machine.first:
            write_whole(self.folder / METRICS, self.metrics.encode())

    def resume(self) -> None:
        """Go on from the folder's checkpoint, if it is this recipe's; else from the beginning.

        The metrics are then those of the checkpoint, so that no epoch stands there twice, or not
        at all, wherever the run was killed.
        """
        if kept := self._kept():
            self.step, self.best = kept["step"], kept["best"]
            self.loss, self.head = kept["loss"], kept.get("head")
            self.clock = Clock(kept["seconds"], kept["cpu_seconds"])
            self.model.load_state_dict(kept["model"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.average.values = kept["average"]
            self.average.steps = kept["average_steps"]
            self.scaler.load_state_dict(kept["scaler"])
            self.metrics = kept["metrics"]
        elif self.recipe.start and not self.recipe.frozen:
            self.set_head()
        self.save_metrics()

    def _kept(self) -> dict[str, Any] | None:
        """The folder's checkpoint; None where there is none, or it is damaged or another's."""
        try:
            kept: dict[str, Any] = torch.load(
                self.folder / CHECKPOINT, map_location=self.machine.device, weights_only=True
            )
            return kept if kept["key"] == self.key and "metrics" in kept else None
        except FileNotFoundError:
            return None
        except Exception as error:  # a damaged file raises whatever its bytes lead to
            sys.stderr.write(f"the checkpoint can't be read, so it begins anew: {error}\n"[:300])
            return None

    def save_best(self) -> None:
        """Write the averaged weights with all that `effnet.load` needs to use them."""
        size, (mean, std) = self.recipe.spec.resolution, moments(self.recipe)
        data = saved.to_bytes(
            self.average.state(),
            spec=self.recipe.spec,
            classes=self.feed.training.classes,
            preprocessing=Preprocessing(size, size, "bilinear", mean, std),
        )
        write_whole(self.folder / BEST, data)

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
            self.head,
        )


# --- pieces -----------------------------------------------------------------------------------


def digest_of(model: nn.Module) -> str:
    """SHA-256 over all weights and statistics."""
    found = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()
