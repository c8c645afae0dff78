"""Fashion-MNIST from idx files: found, read, checked; what is damaged is said in one line."""

import gzip

import numpy as np
import pytest
from idx_files import idx

from effnet import EffnetError
from effnet.train import data, fashion_mnist
from effnet.train.fashion_mnist import read_idx


def test_an_idx_file_is_the_array_it_holds(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "plain").write_bytes(idx(array))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(idx(array)))
    for name in ("plain", "packed.gz"):
        assert np.array_equal(read_idx(tmp_path / name), array)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0\0\x08", b"\0\0\x08\0", b"\0\0\x09\x01\0\0\0\x01a", b"\x80\x04K\x01.",
        b"\0\0\x08\x01\0\0\0\x05abc", b"\0\0\x08\x01\0\0\0\x01abc", b"\0\0\x08\xff" + b"\xff" * 9,
        b"\0\0\x08\x02" + b"\xff" * 8, b"\0\0\x08\x03" + b"\xff\xff\xff\xff" * 3,
    ],
)  # fmt: skip
def test_what_is_no_idx_file_is_said(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(EffnetError, match="no idx file of unsigned bytes"):
        read_idx(tmp_path / "x")
    (tmp_path / "x.gz").write_bytes(gzip.compress(content))
    with pytest.raises(EffnetError, match="no idx file of unsigned bytes"):
        read_idx(tmp_path / "x.gz")


def test_a_broken_packing_is_said(tmp_path):
    whole = gzip.compress(idx(np.zeros((4, 4), np.uint8)))
    for number, content in enumerate(
        (b"no gzip", whole[:-9], whole[:12] + b"\xff" * 9 + whole[20:])
    ):
        path = tmp_path / f"{number}.gz"
        path.write_bytes(content)
        with pytest.raises(EffnetError, match="can't read"):
            read_idx(path)


def test_what_unpacks_to_more_than_the_set_is_not_read_on(tmp_path, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "MOST_BYTES", 1000)
    (tmp_path / "x.gz").write_bytes(gzip.compress(bytes(2000)))
    with pytest.raises(EffnetError, match="more than 1000 bytes"):
        read_idx(tmp_path / "x.gz")


def test_pictures_and_labels_by_name(tiny_set):
    train, test = data.load_pictures("fashion-mnist")
    assert train.images.shape == (12, 1, 28, 28)
    assert test.images.shape == (4, 1, 28, 28)
    assert list(train.labels) == [*range(10), 0, 1]
    assert train.classes[9] == "ankle boot"


def test_whatever_is_chosen_before_sees_no_test_picture(tiny_set):
    whole, test = data.load_pictures("fashion-mnist")
    train, held = data.load_pictures("fashion-mnist-choosing")
    assert np.array_equal(np.concatenate([train.images, held.images]), whole.images)
    assert len(held) == 2
    assert not any(np.array_equal(a, b) for a in held.images for b in test.images)


def test_another_file_of_the_same_name_is_told_by_its_hash(tiny_set):
    name = "train-labels-idx1-ubyte"
    (tiny_set / f"{name}.gz").unlink()
    (tiny_set / name).write_bytes(idx(np.zeros(12, np.uint8)))
    with pytest.raises(EffnetError, match=rf"{name} is not Fashion-MNIST's \(SHA-256 .* get it"):
        fashion_mnist.fashion_mnist()


def test_without_it_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFNET_DATA", str(tmp_path))
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    message = r"apt-get install dataset-fashion-mnist.*EFFNET_DATA=FOLDER"
    with pytest.raises(EffnetError, match=message):
        data.load_pictures("fashion-mnist")


@pytest.mark.parametrize("below", ["", "fashion-mnist", "FashionMNIST/raw"])
def test_it_is_found_in_the_folder_that_the_variable_names(tmp_path, monkeypatch, below):
    """`FashionMNIST/raw` is where torchvision.datasets.FashionMNIST(root) puts the files."""
    monkeypatch.setenv("EFFNET_DATA", str(tmp_path))
    folder = tmp_path / below
    folder.mkdir(parents=True, exist_ok=True)
    for name in fashion_mnist.HASHES:
        (folder / name).touch()
    assert fashion_mnist.find() == folder
    assert fashion_mnist.find(str(tmp_path)) == folder


def test_the_real_set_where_it_is_installed():
    """Equal classes, the first a boot; mean 0.2860, deviation 0.3530 as they are printed."""
    try:
        (images, labels), (tests, held) = fashion_mnist.fashion_mnist()
    except EffnetError:
        pytest.skip("Fashion-MNIST is not on this machine")
    assert (images.shape, tests.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert np.bincount(labels).tolist() == [6000] * 10
    assert np.bincount(held).tolist() == [1000] * 10
    assert fashion_mnist.CLASSES[labels[0]] == "ankle boot"
    assert images.mean() / 255 == pytest.approx(0.2860, abs=5e-5)
    assert images.std() / 255 == pytest.approx(0.3530, abs=5e-5)
