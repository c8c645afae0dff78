"""Accuracy on labelled pictures: every answer goes to a file at once, so a break loses nothing."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from effnet.base import EffnetError, files, path_of, stamp
from effnet.classify.batches import prepared
from effnet.classify.classifier import Classifier
from effnet.classify.labelled_files import Item, labelled
from effnet.classify.loading import load
from effnet.classify.prediction import Prediction
from effnet.nn import pick_device
from effnet.nn import workers as passes
from effnet.weights import Preprocessing

HALVES = {"cuda": torch.float16, "cpu": torch.bfloat16}

Progress = Callable[[int, int], None]
Prepared = tuple[int, np.ndarray | None, str]  # position, pixels, or why there are none


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network said of one picture.

    Attributes:
        name: The picture.
        truth: The index of its class; None where not known.
        top: Indices of the five most probable classes.
        probabilities: Theirs.
        problem: Why there is no answer; "" where there is.
    """

    name: str
    truth: int | None
    top: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()
    problem: str = ""

    @property
    def wrong(self) -> bool:
        """True where another class than the true one comes first."""
        return bool(self.top) and self.truth is not None and self.top[0] != self.truth


def answer(item: Item, prediction: Prediction) -> Answer:
    """The record of a prediction."""
    labels = prediction.labels
    top = tuple(label.index for label in labels)
    return Answer(item.name, item.truth, top, tuple(round(x.probability, 6) for x in labels))


def accuracy(answers: Iterable[Answer]) -> dict[str, Any]:
    """Top-1 and top-5 in percent over the pictures that were read and have a class."""
    judged = [one for one in answers if one.top and one.truth is not None]
    first = sum(one.top[0] == one.truth for one in judged)
    five = sum(one.truth in one.top[:5] for one in judged)
    count = len(judged)
    return {
        "pictures": count,
        "top1": round(100 * first / count, 3) if count else None,
        "top5": round(100 * five / count, 3) if count else None,
    }


def confusions(answers: Iterable[Answer]) -> list[tuple[int, int, int]]:
    """Pairs of a true class and the one that came first instead, and how often; most first."""
    pairs = Counter((one.truth, one.top[0]) for one in answers if one.wrong)
    return [(truth, said, n) for (truth, said), n in pairs.most_common() if truth is not None]


def worst(answers: Iterable[Answer], *, most: int = 12) -> list[Answer]:
    """Mistakes that the network was surest of."""
    return sorted((a for a in answers if a.wrong), key=lambda a: -a.probabilities[0])[:most]


def evaluate(
    folder: str | Path,
    *,
    model: str = "lite0",
    weights: str = "default",
    device: str = "auto",
    engine: str = "auto",
    truth: str | Path | None = None,
    batch_size: int = 32,
    workers: int = 0,
    amp: bool = False,
    results: str | Path | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Top-1 and top-5 accuracy of a network on a folder of labelled pictures.

    Args:
        folder: A folder a class, or flat with `truth`.
        model: A network, as `load` takes it.
        weights: As `load` takes them.
        device: As `load` takes it.
        engine: As `load` takes it.
        truth: A ground-truth file, as `files.labelled` takes it.
        batch_size: Pictures a pass.
        workers: Processes that decode pictures; 0 decodes on threads of this one.
        amp: Half precision: float16 on a graphics processor, bfloat16 on a CPU, where "auto" then
            means the plain modules, which take it. Single where not given, on any device.
        results: A `.jsonl` to append to; where not given, one in the user's cache folder.
        limit: Only so many pictures, evenly spread.
        progress: Called with the pictures done and in all.

    Raises:
        EffnetError: Classes can't be told, or `results` belongs to another evaluation.
    """
    if batch_size < 1 or workers < 0 or (limit is not None and limit < 1):
        raise EffnetError("expected a batch size and a limit of at least 1, workers of at least 0")
    start = time.perf_counter()
    if engine == "auto":  # the precision is what `amp` says, also where half would be the default
        on_cpu = pick_device(device).type == "cpu"
        engine = ("eager" if amp else "auto") if on_cpu else "packed"
    classifier = load(model, weights=weights, device=device, engine=engine)
    items = labelled(folder, classifier.classes, truth)
    if limit is not None and limit < len(items):
        items = [items[i * len(items) // limit] for i in range(limit)]
    header = _header(classifier, items, folder, amp=amp)
    path = path_of(results) if results else _usual_results(header)
    done = _resumed(path, header, items)
    left = [item for item in items if item.name not in done]
    stamps = {item.name: _stamp(item) for item in left}
    report = progress or (lambda _done, _total: None)
    report(len(done), len(items))

    def result() -> dict[str, Any]:
        answers = [done[item.name] for item in items if item.name in done]
        return _summary(classifier, answers, model, path, time.perf_counter() - start)

    for few in _answers(classifier, left, batch_size, workers, amp=amp):
        done |= {one.name: one for one in few}
        try:
            files.add_to(
                path, "".join(json.dumps(_row(one, stamps[one.name])) + "\n" for one in few)
            )
        except files.Unwritable as error:
            error.result = result()
            raise
        report(len(done), len(items))
    return result()


def _summary(
    classifier: Classifier, answers: Sequence[Answer], model: str, path: Path, elapsed_s: float
) -> dict[str, Any]:
    row = classifier.checkpoint
    return {
        "model": model,
        "weights": classifier.weights,
        **accuracy(answers),
        "unreadable": sum(bool(one.problem) for one in answers),
        "published_top1": row.top1 if row else None,
        "published_top5": row.top5 if row else None,
        "answers": str(path),
        "elapsed_s": round(elapsed_s, 1),
        "most confused": [
            {"truth": classifier.classes[a], "said": classifier.classes[b], "times": n}
            for a, b, n in confusions(answers)[:10]
        ],
    }


def _header(classifier: Classifier, items: Sequence[Item], folder: str | Path, *, amp: bool) -> Any:
    names = "\n".join(f"{item.name} {item.truth}" for item in items)
    return {
        "model": classifier.spec.name,
        "weights": classifier.weights,
        "content": _content(classifier),
        "engine": classifier.engine,
        "amp": amp,
        "folder": str(path_of(folder).resolve()),
        "pictures": len(items),
        "names": hashlib.sha256(names.encode()).hexdigest()[:16],
    }


def _content(classifier: Classifier) -> str:
    """What the weights and the preprocessing are, whatever they are called."""
    digest = hashlib.sha256(repr(classifier.preprocessing).encode())
    for name, tensor in classifier.model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:16]


def _stamp(item: Item) -> str:
    return stamp(item.source) if isinstance(item.source, Path) else ""


def _usual_results(header: Any) -> Path:
    folder = files.make_folder(files.cache_folder("evaluations"))
    digest = hashlib.sha256(json.dumps(header).encode()).hexdigest()[:12]
    return folder / f"{header['model']}-{digest}.jsonl"


def _row(one: Answer, picture: str) -> dict[str, Any]:
    row: dict[str, Any] = {"name": one.name, "truth": one.truth, "picture": picture}
    if one.problem:
        return row | {"problem": one.problem}
    return row | {"top": one.top, "probabilities": one.probabilities}


def _resumed(path: Path, header: Any, items: Sequence[Item]) -> dict[str, Answer]:
    """The answers that are in the file already, but of pictures that are others now.

    A last line that was cut short is taken away.
    """
    begins = f"{json.dumps(header)}\n".encode()
    with files.writing(path):
        whole = path.read_bytes() if path.exists() else b""
    if begins.startswith(whole):
        files.write_whole(path, begins)
        return {}
    kept = whole[: whole.rfind(b"\n") + 1]
    try:
        first, *rows = map(json.loads, kept.decode("utf-8").splitlines())
        found = {
            row["name"]: (
                row["picture"],
                Answer(
                    row["name"],
                    row["truth"],
                    tuple(row.get("top", ())),
                    tuple(row.get("probabilities", ())),
                    row.get("problem", ""),
                ),
            )
            for row in rows
        }
        if not isinstance(first, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EffnetError(
            "{path} is no file of an evaluation; name another with --results", path=path
        ) from None
    if first != header:
        other = [key for key in header if first.get(key) != header[key]]
        raise EffnetError(
            "{path} belongs to another evaluation ({other} differ); name another with --results",
            path=path,
            other=", ".join(other),
        )
    if len(kept) < len(whole):
        files.write_whole(path, kept)
    now = {item.name: _stamp(item) for item in items if item.name in found}
    return {name: one for name, (picture, one) in found.items() if now.get(name) == picture}


def _answers(
    classifier: Classifier, items: Sequence[Item], batch_size: int, workers: int, *, amp: bool
) -> Iterator[list[Answer]]:
    """Answers, a batch at a time."""
    half: Callable[[], AbstractContextManager[Any]] = nullcontext
    if amp and classifier.device.type in HALVES:
        kind = classifier.device.type
        half = lambda: torch.autocast(kind, HALVES[kind])  # noqa: E731

    def passed(few: list[Prepared]) -> tuple[list[Prepared], np.ndarray]:
        pixels = [one for _, one, _ in few if one is not None]
        with half():
            return few, classifier.forward(np.stack(pixels)) if pixels else np.empty((0, 0))

    batches = _prepared(items, classifier.preprocessing, batch_size, workers)
    for few, logits in passes.passes(passed, batches):
        rows = iter(logits)
        yield [
            Answer(items[i].name, items[i].truth, problem=problem)
            if one is None
            else answer(items[i], classifier.prediction(next(rows)))
            for i, one, problem in few
        ]


class _Pictures(Dataset[Prepared]):
    """The items as the network takes them; goes to the decoding processes."""

    def __init__(self, items: Sequence[Item], preprocessing: Preprocessing) -> None:
        self.items = items
        self.preprocessing = preprocessing

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> Prepared:
        try:
            return i, prepared(self.items[i].source, self.preprocessing), ""
        except EffnetError as error:
            return i, None, str(error)


def _as_they_are(few: list[Prepared]) -> list[Prepared]:
    return few


def _prepared(
    items: Sequence[Item], preprocessing: Preprocessing, batch_size: int, workers: int
) -> Iterator[list[Prepared]]:
    """Batches of prepared pictures in order, the next ones made meanwhile."""
    pictures = _Pictures(items, preprocessing)
    if workers and items:
        yield from DataLoader(
            pictures,
            batch_size=batch_size,
            num_workers=workers,
            collate_fn=_as_they_are,
            multiprocessing_context="spawn",
        )
        return
    rows = passes.decoded(pictures.__getitem__, range(len(items)), ahead=2 * batch_size)
    for start in range(0, len(items), batch_size):
        yield [next(rows) for _ in range(min(batch_size, len(items) - start))]
