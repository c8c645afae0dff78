"""A tiny network, a tiny recipe, and tiny files of Fashion-MNIST: a training of about a second."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
from idx_files import idx
from tiny_network import tiny_spec

from effnet.train import fashion_mnist
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


@pytest.fixture
def tiny_set(tmp_path, monkeypatch):
    """Twelve pictures to train on and four to test, in place of the real files' 70,000."""
    generator = np.random.default_rng(0)
    monkeypatch.setattr(fashion_mnist, "HELD", 2)
    monkeypatch.setattr(fashion_mnist, "folders", lambda *_: [tmp_path])
    fashion_mnist._read.cache_clear()
    hashes = {}
    for part, count in (("train", 12), ("t10k", 4)):
        pictures = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = np.arange(count, dtype=np.uint8) % 10
        for kind, array in (("images-idx3", pictures), ("labels-idx1", labels)):
            content = idx(array)
            name = f"{part}-{kind}-ubyte"
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
            hashes[name] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(fashion_mnist, "HASHES", hashes)
    yield tmp_path
    fashion_mnist._read.cache_clear()
