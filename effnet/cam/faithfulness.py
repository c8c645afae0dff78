"""Can a map be believed? Curves of deletion and insertion against baselines, and random weights.

Deletion and insertion after RISE (arXiv:1806.07421): the places of the network's view are blurred,
or brought back from the blur, in the order of the map; the probability of the class is read after
every step. The same is done in random orders and from the centre outwards. (RISE deletes to grey; a
grey hole is itself a thing to be seen, and on these networks it drowns the differences.) Cascading
randomisation as in "Sanity Checks for Saliency Maps" (arXiv:1810.03292), on a private copy.
"""

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from effnet.base import mark
from effnet.cam.agreement import rank_correlation
from effnet.cam.core import finished, quick_maps
from effnet.cam.explanation import Explanation
from effnet.cam.inside import prepared
from effnet.cam.map_verdict import Order, Randomised, Verdict
from effnet.cam.methods import METHODS, Array
from effnet.cam.question import Question
from effnet.counting import stage_of
from effnet.network import walk
from effnet.nn import Network, workers

if TYPE_CHECKING:
    from effnet.classify import Classifier

STEPS = 10
RANDOM_ORDERS = 6
BATCH = 16  # at 224 px; fewer where pictures are larger
BLUR = 22  # the blur's standard deviation is this part of the side: 10 px of 224
BLURRING = mark("Blurring parts of the photo and bringing them back")
SHUFFLING = mark("Shuffling the weights")

Progress = Callable[[float, str], None]


def judge(
    classifier: "Classifier",
    explanation: Explanation,
    *,
    steps: int = STEPS,
    random_orders: int = RANDOM_ORDERS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Verdict:
    """Put a map to the test; about `2 * steps * (random_orders + 2)` passes.

    Args:
        classifier: The network that the map is of; it is not changed.
        explanation: The map.
        steps: In how many steps all places go.
        random_orders: How many random orders the map is held against.
        seed: Of the random orders and weights.
        progress: Called between slices, in the caller's thread, with the share that is done and
            what comes next (goes through `say`). Raising out of it stops the test.
    """
    x = prepared(classifier, explanation.image)
    side = x.shape[-1]
    chance = np.random.default_rng(seed)
    shape = explanation.native.shape
    maps = {"map": explanation.native, "centre": centre_blob(shape)}
    maps |= {
        f"random {number + 1}": chance.random(shape, np.float32) for number in range(random_orders)
    }
    total = len(maps) + 1
    orders = []
    for number, (name, values) in enumerate(maps.items()):
        if progress:
            progress(number / total, BLURRING)
        order = places_in_order(values, side, chance)
        deletion = _probabilities(classifier, x, order, explanation.target, steps, delete=True)
        insertion = _probabilities(classifier, x, order, explanation.target, steps, delete=False)
        orders.append(Order(name.split()[0], deletion, insertion))
    if progress:
        progress((total - 1) / total, SHUFFLING)
    cascade = randomise_down(classifier, explanation, seed=seed)
    if progress:
        progress(1.0, "")
    by_map, centre, *randoms = orders
    return Verdict(
        probability=by_map.deletion[0],
        chance=1 / len(classifier.classes),
        shares=tuple(number / steps for number in range(steps + 1)),
        by_map=by_map,
        centre=centre,
        randoms=tuple(randoms),
        cascade=cascade,
        trained=classifier.trained,
    )


def centre_blob(shape: tuple[int, ...]) -> Array:
    """A map that knows nothing but that objects are in the middle: a Gaussian, `(h, w)`."""
    across, down = (np.linspace(-1, 1, count) if count > 1 else np.zeros(1) for count in shape)
    return np.exp(-(across[:, None] ** 2 + down[None] ** 2) / 0.5).astype(np.float32)


def places_in_order(native: Array, side: int, chance: np.random.Generator) -> Tensor:
    """The places of a `side` x `side` view, brightest first; ties in random order.

    A map that is zero over half of the picture would otherwise go from the top left.
    """
    filters = Image.Resampling.BILINEAR
    values = np.asarray(Image.fromarray(native).resize((side, side), filters)).ravel()
    return torch.from_numpy(np.lexsort((chance.random(values.size), -values)))


def _probabilities(
    classifier: "Classifier", x: Tensor, order: Tensor, target: int, steps: int, *, delete: bool
) -> tuple[float, ...]:
    """The probability of the class after every step, in slices on the workers."""
    side = x.shape[-1]
    batch = max(1, int(BATCH * (224 / side) ** 2))
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order))
    rank = rank.reshape(side, side).to(x.device)
    plain = blurred(x)
    counts = [round(number * len(order) / steps) for number in range(steps + 1)]

    def run(part: list[int]) -> list[float]:
        with torch.inference_mode():
            done = rank < torch.tensor(part, device=x.device)[:, None, None]
            gone = (done if delete else ~done)[:, None]
            logits = classifier.model(torch.where(gone, plain, x))
            found: list[float] = logits.double().softmax(1)[:, target].tolist()
        return found

    values: list[float] = []
    for start in range(0, len(counts), batch):
        values += workers.call(run, counts[start : start + batch])
    return tuple(values)


def blurred(x: Tensor) -> Tensor:
    """The picture with its details gone: a Gaussian blur over a 22nd of its side."""
    spread = x.shape[-1] / BLUR
    reach = round(3 * spread)
    offsets = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    bell = torch.exp(-(offsets**2) / (2 * spread**2))
    rows = (bell / bell.sum()).view(1, 1, 1, -1).repeat(3, 1, 1, 1)
    x = functional.pad(x, (reach,) * 4, mode="replicate")
    return functional.conv2d(functional.conv2d(x, rows, groups=3), rows.transpose(2, 3), groups=3)


# --- random weights ---------------------------------------------------------------------------


def randomise_down(
    classifier: "Classifier", explanation: Explanation, *, seed: int = 0
) -> tuple[Randomised, ...]:
    """The map while the weights are drawn anew, stage by stage from the classifier to the stem.

    Every tensor's values are shuffled, so that they keep their spread. The classifier's own network
    is not touched. A slow method is stood in for by Grad-CAM.
    """
    x = prepared(classifier, explanation.image)
    method = explanation.method
    if METHODS[method].slow or method == "cam":
        method = "gradcam"
    question = Question(explanation.target, explanation.against)
    private = workers.call(copy.deepcopy, classifier.model)
    generator = torch.Generator().manual_seed(seed)

    def native() -> Array:
        raw = quick_maps(
            private, x, method=method, questions=[question], layers=[explanation.layer]
        )
        return finished(raw.maps[0][0])[0]

    true = workers.call(native)
    found = []
    for title, tensors in stages_down(private):
        for tensor in tensors:
            shuffle(tensor, generator)
        found.append(Randomised(title, rank_correlation(true, workers.call(native))))
    return tuple(found)


def stages_down(model: Network) -> list[tuple[str, list[Tensor]]]:
    """The weights of every stage, from the classifier to the stem, with the stage's name."""
    groups: dict[str, list[Tensor]] = {"classifier": list(model.linear.parameters())}
    taken = {id(tensor) for tensor in groups["classifier"]}
    for block in reversed(list(walk(model.spec))):
        if block.operator == "classifier":
            continue
        title = stage_of(block)
        if block.name:
            tensors = list(model.get_submodule(block.name).parameters())
        else:
            tensors = [tensor for tensor in model.parameters() if id(tensor) not in taken]
        taken |= {id(tensor) for tensor in tensors}
        groups.setdefault(title, []).extend(tensors)
    return list(groups.items())


def shuffle(tensor: Tensor, generator: torch.Generator) -> None:
    """Put a weight tensor's values into random order, in place."""
    flat = tensor.detach().reshape(-1)
    order = torch.randperm(flat.numel(), generator=generator).to(flat.device)
    tensor.detach().copy_(flat[order].reshape(tensor.shape))
