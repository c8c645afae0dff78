"""A head on Lite0 and all of Lite0's layers, from eight pictures a class, by the command line.

Fashion-MNIST as a folder of PNGs, `train` and `val`; the same folder for both. What scikit-learn's
logistic regression makes of the same features stands beside them. About four minutes of one core.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression

import effnet
from effnet.train.fashion_mnist import CLASSES, fashion_mnist
from effnet.train.linear_head import fitted_head


def pictures(images, labels, count, seed):
    """So many of each class: pictures and their classes."""
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = [order[labels[order] == one][:count] for one in range(len(CLASSES))]
    return [
        (Image.fromarray(images[i].squeeze()).convert("RGB"), one)
        for one, places in enumerate(chosen)
        for i in places
    ]


def written(folder, found):
    """A folder of classes."""
    for number, (picture, one) in enumerate(found):
        place = folder / f"{one} {CLASSES[one].replace('/', ' or ')}"
        place.mkdir(parents=True, exist_ok=True)
        picture.save(place / f"{number}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=8, help="a class, to train on")
    parser.add_argument("--held-out", type=int, default=30, help="a class")
    parser.add_argument("--epochs", type=int, default=10)
    asked = parser.parse_args()
    (images, labels), (tests, truth) = fashion_mnist()
    train = pictures(images, labels, asked.photos, seed=0)
    val = pictures(tests, truth, asked.held_out, seed=1)

    lite0 = effnet.load("lite0", device="cpu")
    x, y = (lite0.features([picture for picture, _ in part]) for part in (train, val))
    known, right = (np.array([one for _, one in part]) for part in (train, val))
    weight, bias = fitted_head(x, known, len(CLASSES))
    print(
        f"a head, fitted here     {100 * ((y @ weight.T + bias).argmax(1) == right).mean():.1f} %"
    )
    scale = x.mean(0), x.std(0) + 1e-3
    theirs = LogisticRegression(max_iter=2000).fit((x - scale[0]) / scale[1], known)
    print(f"scikit-learn's head     {100 * theirs.score((y - scale[0]) / scale[1], right):.1f} %")

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written(folder / "photos" / "train", train)
        written(folder / "photos" / "val", val)
        command = (
            "-m", "effnet", "train", "fit", "--start", "lite0", "--data", folder / "photos",
            "--epochs", str(asked.epochs), "--output", folder / "run", "--json",
        )  # fmt: skip
        done = subprocess.run(
            [sys.executable, *command], check=False, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(done.stderr)
        found = json.loads(done.stdout)
    print(f"all layers, best        {100 * found['best_top1']:.1f} %")
    print(f"all layers, last epoch  {100 * found['top1']:.1f} %")
    print(found["verdict"])
