"""Fashion-MNIST: 60,000 + 10,000 grey pictures of clothes, 28 x 28, in ten classes (MIT licence).

Zalando's set (arXiv:1708.07747) as idx files, packed or not: Debian's package
`dataset-fashion-mnist` and torchvision's download hold the same. No file is unpickled, and each is
checked by its hash, so what is trained on is the same everywhere.
"""

import gzip
import hashlib
import math
import os
import struct
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from effnet.base import EffnetError, cache_folder, mark, path_of

NAME = "fashion-mnist"
CHOOSING = "fashion-mnist-choosing"  # the last 10,000 training pictures held out, no test picture
HELD = 10_000
VARIABLE = "EFFNET_DATA"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
INNER = ("", NAME, "FashionMNIST/raw")  # below a folder that was named; the last is torchvision's
CLASSES = (
    mark("T-shirt"), mark("trousers"), mark("pullover"), mark("dress"), mark("coat"),
    mark("sandal"), mark("shirt"), mark("sneaker"), mark("bag"), mark("ankle boot"),
)  # fmt: skip
# of the unpacked files: packing differs between those who hand the set on
HASHES = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
MOST_BYTES = 64 * 2**20  # of a file, unpacked; the largest has 47,040,016
MOST_DIMENSIONS = 4
BYTE = 8  # idx: the third byte is the type of the values, 8 for unsigned bytes

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


def folders(named: str = "") -> list[Path]:
    """Where the set is looked for: a folder that was named, or the usual ones."""
    own = os.environ.get(VARIABLE)
    usual = ([path_of(own)] if own else []) + [cache_folder("data"), DEBIAN]
    return [start / part for start in ([path_of(named)] if named else usual) for part in INNER]


def find(named: str = "") -> Path:
    """The folder that holds the four files.

    Args:
        named: Look there only, and where torchvision puts them below it.

    Raises:
        EffnetError: They are in none of the folders.
    """
    for folder in folders(named):
        if all(_file(folder, name) for name in HASHES):
            return folder
    raise EffnetError(
        "Fashion-MNIST is not in {folders}; get it by `apt-get install dataset-fashion-mnist`, or "
        'by `torchvision.datasets.FashionMNIST("FOLDER", download=True)` with {variable}=FOLDER',
        folders=", ".join(str(folder) for folder in folders(named)[:: len(INNER)]),
        variable=VARIABLE,
    )


def _file(folder: Path, name: str) -> Path | None:
    found = (folder / name, folder / f"{name}.gz")
    return next((path for path in found if os.path.isfile(path)), None)


def read_idx(path: Path, *, sha256: str = "") -> NDArray[np.uint8]:
    """An idx file of unsigned bytes as the array it holds; one that ends in .gz is unpacked.

    Four bytes 0, 0, type, dimensions; each dimension's length in four bytes, the highest first;
    then the values, the last dimension the quickest.

    Args:
        path: The file.
        sha256: Of its unpacked bytes, where that is known.

    Raises:
        EffnetError: It can't be read, or is no such file, or another.
    """
    content = _unpacked(path)
    digest = hashlib.sha256(content).hexdigest()
    if not digest.startswith(sha256):
        raise EffnetError(
            "{path} is not Fashion-MNIST's (SHA-256 {digest}, expected {expected}); get it anew",
            path=path,
            digest=digest[:12],
            expected=sha256[:12],
        )
    dimensions = content[3] if content[:3] == bytes((0, 0, BYTE)) and len(content) > 3 else 0
    start = 4 + 4 * dimensions
    if 1 <= dimensions <= MOST_DIMENSIONS and len(content) >= start:
        shape = struct.unpack(f">{dimensions}I", content[4:start])
        if len(content) - start == math.prod(shape):
            return np.frombuffer(bytearray(content), np.uint8, offset=start).reshape(shape)
    raise EffnetError("{path} is no idx file of unsigned bytes", path=path)


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise EffnetError("can't read {path}: {why}", path=path, why=str(error)) from None
    if len(content) > MOST_BYTES:
        raise EffnetError(
            "{path} unpacks to more than {most} bytes; expected an idx file of Fashion-MNIST",
            path=path,
            most=MOST_BYTES,
        )
    return content


def fashion_mnist(named: str = "", *, choosing: bool = False) -> tuple[Arrays, Arrays]:
    """Training and test pictures, uint8 `(N, 1, 28, 28)`, 255 is cloth, with labels `(N,)`.

    Args:
        named: A folder to look in; the usual ones where empty.
        choosing: True holds out the last 10,000 training pictures in place of the test's, for
            whatever is chosen before a comparison.

    Raises:
        EffnetError: The files are not there, or are others than those that were published.
    """
    (images, labels), test = _read(find(named))
    if choosing:
        return (images[:-HELD], labels[:-HELD]), (images[-HELD:], labels[-HELD:])
    return (images, labels), test


@lru_cache(maxsize=1)
def _read(folder: Path) -> tuple[Arrays, Arrays]:
    images, labels, held_images, held_labels = (
        read_idx(_file(folder, name) or folder / name, sha256=digest)
        for name, digest in HASHES.items()
    )
    test = held_images[:, None], held_labels.astype(np.int64)
    return (images[:, None], labels.astype(np.int64)), test
