"""What networks see in pictures: `classify`, `explain`, `evaluate`."""

import argparse
import glob
import io
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from effnet.base import EffnetError, make_folder, path_of, write_whole
from effnet.cli import networks
from effnet.cli.console import Outcome, Rows, bar, warn
from effnet.cli.parser import Commands

if TYPE_CHECKING:
    from effnet.classify import Classifier

ONE = "a file, - for standard input, or a sample such as coffee"
SEVERAL = "files, folders, quoted globs such as 'photos/*.jpg', - for standard input, or samples"
METHODS = (
    "cam, gradcam, gradcam++, hirescam, xgradcam, layercam, eigencam, eigengradcam, scorecam, "
    "ablationcam"
)
WRITTEN = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


FEW = 16  # pictures that are decoded and classified together


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that was named: what `predict` takes, and how it is called."""

    name: str
    source: Path | str | bytes
    sample: bool = False


def add(commands: Commands) -> None:
    """The commands of this group."""
    named_ = commands.add(
        "classify",
        _classify,
        "name what is in pictures",
        "coffee",
        "photo.jpg holidays 'more/*.png' --top 3 --csv",
        "- --model own.safetensors < photo.jpg",
    )
    named_.add_argument("image", nargs="+", help=SEVERAL)
    named_.add_argument("--top", type=int, default=5, metavar="N", help="labels for each")
    add_model(named_)

    explained = commands.add(
        "explain",
        _explain,
        "save where a network looked, over the picture",
        "coffee map.png",
        "photo.jpg map.png --target tabby --method layercam",
        "photos maps    # a folder in, a folder out",
    )
    explained.add_argument("image", nargs="+", help=SEVERAL)
    explained.add_argument("output", help="a .png or .jpg to write; a folder for several pictures")
    explained.add_argument("--method", default="gradcam", metavar="METHOD", help=METHODS)
    explained.add_argument(
        "--target", help="class name or index; the most probable one if not given"
    )
    explained.add_argument("--layer", help="where to look; the last one if not given")
    add_model(explained)

    evaluated = commands.add(
        "evaluate",
        _evaluate,
        "accuracy on a folder of labelled pictures",
        "imagenet/val --model lite0 --limit 1000",
        "flat --truth labels.txt --results answers.jsonl",
    )
    evaluated.add_argument(
        "folder", help="a folder a class (synset ids or class names), or flat with --truth"
    )
    add_model(evaluated)
    evaluated.add_argument("--engine", default="auto", help="auto, eager, onnxruntime, openvino")
    evaluated.add_argument("--truth", help="a class index a line, or lines of: file class")
    evaluated.add_argument("--batch-size", type=int, default=32, metavar="N", help="pictures")
    evaluated.add_argument(
        "--workers", type=int, default=0, metavar="N", help="processes that decode pictures"
    )
    evaluated.add_argument("--amp", action="store_true", help="half precision")
    evaluated.add_argument("--results", help="a .jsonl to append to; goes on where it stopped")
    evaluated.add_argument(
        "--limit", type=int, metavar="N", help="only so many pictures, evenly spread"
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """The options that choose the network and its weights."""
    networks.add(parser, "--model", default="lite0", metavar="NETWORK")
    parser.add_argument(
        "--weights", default="default", help="default (the best here), a name, a file, or random"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")


def loaded(options: argparse.Namespace) -> "Classifier":
    """The network that is named; what was done to its weights is said beside the answer."""
    from effnet.classify import load

    classifier = load(options.model, weights=options.weights, device=options.device)
    for note in classifier.notes:
        warn(f"effnet: {note}")
    return classifier


# --- pictures ---------------------------------------------------------------------------------


def named(texts: Iterable[str]) -> list[Image]:
    """The pictures that arguments name: folders and globs give all of theirs, in order.

    Raises:
        EffnetError: A folder or a glob has none.
    """
    return [image for text in texts for image in _named(text)]


def _named(text: str) -> list[Image]:
    from effnet.pixels import EXTENSIONS, MAX_BYTES, list_samples

    if text == networks.STANDARD_INPUT:
        return [Image("standard input", sys.stdin.buffer.read(MAX_BYTES + 1))]
    path = Path(text).expanduser()
    endings = tuple(f".{ending.lstrip('.')}" for ending in EXTENSIONS)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in endings)
        if not files:
            raise EffnetError(
                "no pictures in the folder {folder}; expected {endings}",
                folder=text,
                endings=", ".join(endings),
            )
    elif not path.exists() and glob.has_magic(text):
        files = sorted(Path(one) for one in glob.glob(str(path), recursive=True))
        if not files:
            raise EffnetError(
                "no file matches {pattern!r}; look at its folder, and quote the pattern",
                pattern=text,
            )
    else:
        samples = {sample.name: sample.path for sample in list_samples() if sample.path}
        if not path.exists() and text in samples:
            return [Image(text, samples[text], sample=True)]
        return [Image(text, text)] if "://" in text else [Image(text, path)]
    return [Image(str(file), file) for file in files]


def _each(images: Sequence[Image], ask: Callable[[Sequence[Image]], Rows], few: int) -> Outcome:
    """What is said of pictures, a few at a time; an unreadable one costs its own answer only.

    Raises:
        EffnetError: There is one picture alone, and no answer to it.
    """
    if len(images) == 1:
        return Outcome(ask(images))
    rows, problems = Rows(), list[str]()
    parts = deque(images[start : start + few] for start in range(0, len(images), few))
    while parts:
        part = parts.popleft()
        try:
            rows += ask(part)
        except EffnetError as error:
            if len(part) == 1:
                problems.append(f"{part[0].name}: {error}")
            parts.extendleft([image] for image in reversed(part) if len(part) > 1)
    return Outcome(rows, problems=tuple(problems))


def _classify(options: argparse.Namespace) -> Outcome:
    from effnet.classify import check_top

    classifier, images = loaded(options), named(options.image)
    check_top(options.top)

    def ask(part: Sequence[Image]) -> Rows:
        predictions = classifier.predict([image.source for image in part], top=options.top)
        return [
            {"image": image.name, "weights": classifier.weights, **asdict(label)}
            for image, prediction in zip(part, predictions, strict=True)
            for label in prediction.labels
        ]

    return _each(images, ask, FEW)


def _explain(options: argparse.Namespace) -> Outcome | dict[str, Any]:
    images = named(options.image)
    several = len(images) > 1 or any(Path(text).is_dir() for text in options.image)
    if several:
        make_folder(path_of(options.output))
    else:
        _kind(options.output)
    classifier, target = loaded(options), options.target

    def ask(part: Sequence[Image]) -> Rows:
        (image,) = part
        output = options.output
        if several:
            output = str(path_of(output) / f"{Path(image.name).stem}.png")
        explanation = classifier.explain(
            image.source,
            method=options.method,
            target=int(target) if target and target.isdecimal() else target,
            layer=options.layer,
        )
        data = io.BytesIO()
        explanation.overlay().save(data, _kind(output))
        write_whole(Path(output), data.getvalue())
        return [
            {
                "output": output,
                "label": explanation.label,
                "probability": explanation.probability,
                "method": explanation.method,
                "layer": explanation.layer,
                "blank": explanation.blank,
                "seconds": explanation.seconds,
            }
        ]

    outcome = _each(images, ask, 1)
    if several:
        return outcome
    (row,) = outcome.result
    return row  # type: ignore[return-value]


def _kind(name: str) -> str:
    """The kind of picture that a file's ending says."""
    kind = WRITTEN.get(Path(name).suffix.lower())
    if kind is None:
        raise EffnetError("can't write {name!r}; expected a .png or .jpg", name=name)
    return kind


def _evaluate(options: argparse.Namespace) -> dict[str, Any]:
    from effnet.classify import evaluate

    with bar(f"classifying {options.folder}") as advance:
        result: dict[str, Any] = evaluate(
            options.folder,
            model=options.model,
            weights=options.weights,
            device=options.device,
            engine=options.engine,
            truth=options.truth,
            batch_size=options.batch_size,
            workers=options.workers,
            amp=options.amp,
            results=options.results,
            limit=options.limit,
            progress=lambda done, total: advance(done / total if total else 1.0),
        )
    return result
