"""A network as a file to take away, and a whole report: `export`, `report`."""

import argparse
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from effnet import report
from effnet.base import DEFAULT, LANGUAGES, EffnetError, path_of, write_whole
from effnet.cli import networks, pictures
from effnet.cli.console import Advance, Outcome, bar
from effnet.cli.parser import Commands, number
from effnet.counting import count
from effnet.report import export
from effnet.scaling import Design, spec_of

if TYPE_CHECKING:
    from effnet.classify import Classifier
    from effnet.int8 import Quantized

ADDRESS = "http://localhost:8501/"
TEXTS = {
    ".json": "the architecture, which other commands read as a network",
    ".csv": "a row a layer, or a stage with --by stage",
    ".py": "a program that makes it again and counts it",
}
MODELS = {
    ".onnx": "for other engines",
    ".safetensors": "weights with network, classes and preprocessing, which other commands read",
    ".pth": "PyTorch's state dict, with torchvision's names",
}
KINDS = TEXTS | MODELS


def add(commands: Commands) -> None:
    """The commands of this group."""
    parser = commands.add(
        "export",
        _export,
        "write a network to a file: " + ", ".join(KINDS),
        "b0 b0.onnx --weights default --dynamic N H W",
        "'?phi=1.5' mine.json",
        "lite0 lite0.py",
        "lite0 lite0.onnx --weights default --int8 --calibrate photos",
    )
    networks.add(parser)
    kinds = "; ".join(f"{ending} {what}" for ending, what in KINDS.items())
    parser.add_argument("output", help=f"the file; its ending says the kind: {kinds}")
    parser.add_argument(
        "--weights",
        help="default (the best on this machine), a name, a file, or random; if not given, those "
        "in a .safetensors network, else random",
    )
    parser.add_argument("--by", choices=("layer", "stage"), default="layer", help="rows of a .csv")
    parser.add_argument(
        "--dynamic",
        nargs="*",
        choices=("N", "H", "W"),
        default=["N"],
        metavar="AXIS",
        help="axes of a .onnx's input that are free, of N, H and W; N if not given",
    )
    parser.add_argument(
        "--int8",
        action="store_true",
        help="a .onnx in 8-bit whole numbers, held against fp32: size, time, agreement",
    )
    parser.add_argument(
        "--calibrate",
        metavar="FOLDER",
        help="pictures to calibrate --int8 on; the sample photos if not given",
    )

    told = commands.add(
        "report",
        _report,
        "one file, .html or .ipynb, that tells a design offline",
        "b2.html --design '?phi=1' --beside b2",
        "photo.ipynb --design lite0 --image coffee",
    )
    told.add_argument("output", help="a .html or .ipynb to write")
    networks.add(told, "--design", default="", metavar="NETWORK")
    networks.add(
        told, "--beside", action="append", default=[], metavar="NETWORK", told="more networks"
    )
    told.add_argument("--image", help=f"a picture to classify and explain: {pictures.ONE}")
    told.add_argument("--language", choices=tuple(LANGUAGES), default=DEFAULT, help="of the report")
    number(told, "--seconds", default=0.0, help="measure the latency so long")
    pictures.add_model(told)


# --- export -----------------------------------------------------------------------------------


def _export(options: argparse.Namespace) -> Outcome:
    output = path_of(options.output)
    kind = output.suffix.lower()
    if kind not in KINDS:
        raise EffnetError(
            "can't write {name!r}; expected a file that ends in {endings}",
            name=options.output,
            endings=", ".join(KINDS),
        )
    if (options.int8 or options.calibrate) and kind != ".onnx":
        raise EffnetError("--int8 writes an ONNX file; expected a name that ends in .onnx")
    if options.calibrate and not options.int8:
        raise EffnetError("--calibrate is for --int8; add that, or leave this out")
    if kind in TEXTS:
        write_whole(output, _text(options, kind).encode())
        return Outcome(_told(options, output, networks.spec(options.network).name))
    weights = options.weights
    if weights is None:
        weights = "default" if options.network.endswith(".safetensors") else "random"
    made = None
    with bar(f"writing {output.name}", known=options.int8) as advance:
        from effnet.classify import load

        classifier = load(options.network, weights=weights)
        if options.int8:
            made = _quantized(classifier, options, advance)
            made.save(output)
        else:
            _write_model(classifier, output, kind, options.dynamic)
    remarks = tuple(f"effnet: {note}" for note in classifier.notes)
    if not classifier.trained:
        remarks += ("effnet: random weights, not trained; --weights default takes pretrained ones",)
    told = _told(options, output, classifier.spec.name) | {"weights": classifier.weights}
    people = told
    if made is not None:
        told |= _measured(made)
        people = {name: value for name, value in told.items() if name != "layers"}
        remarks += tuple(f"effnet: {note}" for note in made.notes())
    return Outcome(told, people, remarks=remarks)


def _quantized(
    classifier: "Classifier", options: argparse.Namespace, advance: Advance
) -> "Quantized":
    from effnet.int8 import quantize

    given = pictures.named([options.calibrate]) if options.calibrate else []
    return quantize(
        classifier,
        [image.source for image in given],
        dynamic=options.dynamic,
        progress=advance,
    )


def _measured(made: "Quantized") -> dict[str, Any]:
    """What is said of an int8 file beside its name."""
    low, high = made.agreement.interval
    return {
        "fp32_bytes": made.fp32_bytes,
        "size_ratio": made.size_ratio,
        "fp32_ms": made.times.first.median_ms if made.times else None,
        "int8_ms": made.times.second.median_ms if made.times else None,
        "same_best_class": made.agreement.share,
        "same_best_class_low": low,
        "same_best_class_high": high,
        "pictures": made.agreement.pictures,
        "layers": made.as_rows(),
    }


def _told(options: argparse.Namespace, output: Path, name: str) -> dict[str, Any]:
    return {"output": options.output, "network": name, "bytes": output.stat().st_size}


def _text(options: argparse.Namespace, kind: str) -> str:
    network = networks.read(options.network)
    if kind == ".py":
        network = networks.design(options.network)
    spec = spec_of(network)
    cost = count(spec)
    link = f"{ADDRESS}?{urlencode(network.to_query())}" if isinstance(network, Design) else ""
    about = export.manifest(network, cost, link=link, today=date.today())
    if kind == ".json":
        return export.spec_json(spec, cost, about)
    if kind == ".csv" and options.by == "stage":
        return export.stage_csv(spec, cost, about)
    if kind == ".csv":
        return export.layer_csv(cost, about)
    assert isinstance(network, Design)
    return export.python_code(network, about)


def _write_model(classifier: "Classifier", output: Path, kind: str, dynamic: list[str]) -> None:
    def state_dict() -> None:
        import torch

        data = io.BytesIO()
        torch.save(classifier.model.state_dict(), data)
        write_whole(output, data.getvalue())

    writers: dict[str, Callable[[], object]] = {
        ".onnx": lambda: classifier.to_onnx(output, dynamic=dynamic),
        ".safetensors": lambda: classifier.save(output),
        ".pth": state_dict,
    }
    writers[kind]()


# --- report -----------------------------------------------------------------------------------


def _report(options: argparse.Namespace) -> dict[str, Any]:
    design = networks.design(options.design)
    records: list[Any] = []
    if options.seconds:
        from effnet.timing.measure import measure_latency

        with bar(f"timing {design.title}") as advance:
            records.append(
                measure_latency(
                    design.spec(),
                    budget_s=options.seconds,
                    progress=advance,
                )
            )
    looks = []
    if options.image:
        from effnet.pixels import open_image

        (image,) = pictures.named([options.image])
        picture = (
            report.sample_picture(image.name)
            if image.sample
            else report.picture(open_image(image.source), image.name)
        )
        classifier = pictures.loaded(options)
        own = options.model if options.model.endswith(".safetensors") else ""
        looks.append(report.look(classifier, picture, network=own))
    spoken = {} if options.language == DEFAULT else {"lang": options.language}
    sections = report.sections(
        design,
        beside=[networks.design(text) for text in options.beside],
        records=records,
        looks=looks,
        link=f"{ADDRESS}?{urlencode(design.to_query() | spoken)}",
        language=options.language,
    )
    report.write(Path(options.output), sections)
    return {"output": options.output, "design": design.title, "sections": len(sections)}
