"""The trainer is exact: same seed, same losses; killed and resumed, the same bits."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import effnet
from effnet.base.tolerant import read_lines
from effnet.jobs.runs import METRICS
from effnet.train.optim import Average, RMSProp, optimiser, rate_at
from effnet.train.recipe import Recipe
from effnet.train.schedule import Progressive
from effnet.train.trainer import CHECKPOINT, Stopped, stage_at, train

ROOT = Path(effnet.__file__).parents[1]
GROWN = Progressive(
    stages=2, epochs=2, size=(8, 16), dropout=(0, 0.3), randaugment=(0, 5), mixup=(0, 0.2),
    cutmix=(0, 0.2),
)  # fmt: skip


def losses(folder: Path) -> list[float]:
    return [row["loss"] for row in read_lines(folder / METRICS)]


def folder_of(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    return made


# --- the same bits


@pytest.mark.parametrize("schedule", [None, GROWN], ids=["fixed", "progressive"])
def test_the_same_seed_gives_the_same_losses_and_weights(tiny, tmp_path, schedule):
    recipe = replace(tiny, schedule=schedule)
    first, second = folder_of(tmp_path, "a"), folder_of(tmp_path, "b")
    one = train(recipe, first)
    torch.manual_seed(99)  # what went before must not matter
    two = train(recipe, second)
    assert losses(first) == losses(second)
    assert one.digest == two.digest


def test_another_seed_gives_other_weights(tiny, tmp_path):
    before = torch.get_num_threads()
    one = train(tiny, folder_of(tmp_path, "a"))
    two = train(replace(tiny, seed=1), folder_of(tmp_path, "b"))
    assert one.digest != two.digest
    assert torch.get_num_threads() == before != tiny.threads, "the process goes on as it was"


@pytest.mark.parametrize("stop_after", [1, 5, 8])
@pytest.mark.parametrize("kind", ["rmsprop", "adamw"])
def test_a_stopped_run_goes_on_to_the_same_bits(tiny, tmp_path, stop_after, kind):
    recipe = replace(tiny, schedule=GROWN, optimiser=kind)
    whole = train(recipe, folder_of(tmp_path, "whole"))
    folder, asked = folder_of(tmp_path, "cut"), []

    def stop() -> bool:
        asked.append(None)
        return len(asked) == stop_after

    with pytest.raises(Stopped):
        train(recipe, folder, stop=stop)
    resumed = train(recipe, folder)
    assert resumed.digest == whole.digest
    assert losses(folder) == losses(tmp_path / "whole")
    assert resumed.top1 == whole.top1


KILLED = """
import os, sys
from pathlib import Path
from torch.optim.optimizer import register_optimizer_step_post_hook
from effnet.cli.main import main
checkpoint = Path(sys.argv[2])
register_optimizer_step_post_hook(lambda *_: checkpoint.exists() and os.kill(os.getpid(), 9))
main(["train", "go", sys.argv[1]])
"""


def test_a_run_killed_between_two_checkpoints_ends_with_the_same_bits(
    tiny, tmp_path, environment_without_weights
):
    """SIGKILL in the middle of a real process, at the first step that no checkpoint has."""
    recipe = replace(tiny, epochs=6, schedule=replace(GROWN, epochs=6), checkpoint_steps=3)
    whole = train(recipe, folder_of(tmp_path, "whole"))
    folder = folder_of(tmp_path, "killed")
    order = {"kind": "train", "title": "t", "created": 0, "options": {"recipe": recipe.to_dict()}}
    (folder / "order.json").write_text(json.dumps(order))
    command = [sys.executable, "-c", KILLED, str(folder), str(folder / CHECKPOINT)]
    ended = subprocess.run(command, cwd=ROOT, env=environment_without_weights, check=False)
    assert ended.returncode == -signal.SIGKILL
    resumed = train(recipe, folder)
    assert resumed.digest == whole.digest
    assert [row["epoch"] for row in read_lines(folder / METRICS)] == [1, 2, 3, 4, 5, 6]


def test_a_checkpoint_of_another_recipe_is_not_taken_up(tiny, tmp_path):
    folder = folder_of(tmp_path, "a")
    train(tiny, folder)
    other = replace(tiny, seed=5)
    alone = train(other, folder_of(tmp_path, "b"))
    assert train(other, folder).digest == alone.digest


# --- what it does


def test_it_learns(tmp_path):
    recipe = Recipe(data="digits", epochs=6, batch_size=64, learning_rate=0.03)
    result = train(recipe, tmp_path)
    rows = read_lines(tmp_path / METRICS)
    assert rows[-1]["loss"] < 0.8 * rows[0]["loss"]
    assert result.best_top1 > 0.8  # chance is 0.1


def test_the_saved_network_opens_and_says_what_was_tested(tiny, tmp_path):
    from effnet.train.data import load_pictures

    result = train(tiny, tmp_path)
    classifier = effnet.load(str(tmp_path / "best.safetensors"), device="cpu")
    _, held = load_pictures("marks", train=96, test=30)
    assert classifier.classes == held.classes
    assert classifier.spec == tiny.spec
    said = classifier.predict(list(held.images.transpose(0, 2, 3, 1)), top=1)
    hits = [p.labels[0].index == label for p, label in zip(said, held.labels, strict=True)]
    assert np.mean(hits) == pytest.approx(result.best_top1, abs=0.1)  # Pillow resizes otherwise
    assert classifier.explain(held.images[0].transpose(1, 2, 0)).map.shape == (64, 64)


def test_parts_of_a_batch_add_up_to_its_gradient(tiny, tmp_path):
    """Without batch statistics and dropout, accumulation changes nothing but rounding."""
    from effnet.nn.model import build
    from effnet.train.placement import this_machine
    from effnet.train.trainer import _Job

    spec = replace(tiny.spec, dropout=0.0, stochastic_depth=0.0)
    gradients = []
    for parts in (1, 4):
        recipe = replace(tiny, spec=spec, accumulate=parts, learning_rate=1e-8)
        job = _Job(recipe, tmp_path, this_machine())
        job.model.eval()
        job._one(stage_at(recipe.plan, 0, 12), 0, 0)
        gradients.append(torch.cat([p.grad.flatten() for p in job.model.parameters()]))
    assert build(spec) is not None
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_trains_to_finite_losses(tiny, tmp_path, precision):
    train(replace(tiny, precision=precision, epochs=1), tmp_path)
    assert np.isfinite(losses(tmp_path)).all()


def test_stages_change_at_equal_parts_of_the_steps():
    plan = Progressive(stages=4, epochs=8, size=(8, 32))
    assert [stage_at(plan, step, 80).number for step in (0, 19, 20, 59, 79)] == [0, 0, 1, 2, 3]


def test_the_schedules_sizes_are_trained_at(tiny, tmp_path):
    train(replace(tiny, schedule=GROWN), tmp_path)
    assert [row["size"] for row in read_lines(tmp_path / METRICS)] == [8, 16]


def test_several_processes_end_with_the_same_weights(tmp_path, environment_without_weights):
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "effnet", "train", "fit", "--json", "--images", "64", "--epochs", "1",
        "--batch-size", "16", "--resolution", "16", "--output", str(tmp_path),
    ]  # fmt: skip
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment_without_weights | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    digests = [line.split('"')[3] for line in done.stdout.splitlines() if '"digest"' in line]
    assert len(digests) == 2
    assert digests[0] == digests[1]
    assert len(read_lines(tmp_path / METRICS)) == 1


# --- the parts


def test_rmsprop_is_tensorflows_recurrence():
    """By hand, in double precision: mean square from 1, epsilon in the root, rate in the step."""
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    moved = RMSProp([weight], 0.1)
    w, square, step = np.array([1.0, -2.0]), np.ones(2), np.zeros(2)
    for rate in (0.1, 0.1, 0.05):
        g = 2 * w
        square = 0.9 * square + 0.1 * g * g
        step = 0.9 * step + rate * g / np.sqrt(square + 1e-3)
        w = w - step
        moved.param_groups[0]["lr"] = rate
        moved.zero_grad()
        weight.square().sum().backward()
        moved.step()
    np.testing.assert_allclose(weight.detach().numpy(), w, rtol=1e-12)


def test_only_weights_are_decayed(tiny):
    model = effnet.build(tiny.spec, num_classes=3)
    decayed, plain = optimiser(model, replace(tiny, weight_decay=0.1)).param_groups
    assert decayed["weight_decay"] == 0.1
    assert plain["weight_decay"] == 0
    assert all(p.ndim > 1 for p in decayed["params"])
    assert all(p.ndim == 1 for p in plain["params"])


def test_the_rate_warms_up_and_decays():
    recipe = Recipe(epochs=10, warmup_epochs=2, learning_rate=1.0)
    rates = [rate_at(recipe, step, 10) for step in range(100)]
    assert rates[:3] == pytest.approx([0.05, 0.1, 0.15])
    assert max(rates) == pytest.approx(1.0)
    assert rates[-1] < 0.01
    assert rates[60] == pytest.approx(0.5, abs=0.01)


def test_the_exponential_rate_falls_by_3_percent_every_2_4_epochs_of_350():
    recipe = Recipe(epochs=350, warmup_epochs=0, learning_rate=1.0, decay="exponential")
    assert rate_at(recipe, 23, 10) == 1.0
    assert rate_at(recipe, 24, 10) == pytest.approx(0.97)
    assert rate_at(recipe, 240, 10) == pytest.approx(0.97**10)


def test_the_average_follows_its_recurrence():
    model = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(0.0)
    average = Average(model, 0.5)
    expected = 0.0
    for step, value in enumerate((1.0, 2.0, 3.0, 4.0), start=1):
        with torch.no_grad():
            model.weight.fill_(value)
        average.update()
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert float(average.state()["weight"]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"optimiser": "sgd"}, "optimiser 'sgd'"),
        ({"epochs": 0}, "epochs 0"),
        ({"learning_rate": 0}, "learning_rate 0"),
        ({"batch_size": 4, "accumulate": 4}, "parts of one"),
    ],
)
def test_a_recipe_refuses_nonsense(values, message):
    with pytest.raises(effnet.EffnetError, match=message):
        Recipe(**values)


def test_a_recipe_goes_through_json_and_keeps_its_key(tiny):
    recipe = replace(tiny, schedule=GROWN)
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe
    assert again.key == recipe.key != tiny.key
