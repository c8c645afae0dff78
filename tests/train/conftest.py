"""A tiny network and a tiny recipe: a training of about a second."""

from pathlib import Path

import pytest
from tiny_network import tiny_spec

from effnet.train.recipe import Recipe


@pytest.fixture
def tiny() -> Recipe:
    return Recipe(
        spec=tiny_spec(),
        train_images=96,
        test_images=30,
        epochs=2,
        batch_size=16,
        checkpoint_steps=2,
        average=0.9,
    )


@pytest.fixture(autouse=True)
def runs_of_this_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test may touch the user's own runs."""
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path / "runs"))


@pytest.fixture(autouse=True)
def threads_as_they_were():
    """A training sets the number of threads for its process; here that is everybody's."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
