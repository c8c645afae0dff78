"""The command line: `python -m effnet list | scale | count | bench | classify | ... | report`.

Human tables by default, `--json` for programs; exit code 2 and one clear line on a user's mistake.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Never
from urllib.parse import urlencode

from effnet.base import DEFAULT, LANGUAGES, EffnetError, missing, write_whole
from effnet.cli import standalone
from effnet.cli.console import Rows, count_line, percent_line, show
from effnet.counting import cost, counters, stage_table
from effnet.network import Spec, from_block_strings, variants
from effnet.nn import second_opinion
from effnet.report import same_stages
from effnet.scaling import Design, compound, from_link, is_link
from effnet.timing import ENGINES
from effnet.weights import checkpoints

COEFFICIENTS = {"alpha": compound.ALPHA, "beta": compound.BETA, "gamma": compound.GAMMA}
MULTIPLIERS = ("depth", "width")
IMAGE = "a file, or a sample such as coffee"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives back the exit code."""
    options = _parser().parse_args(arguments)
    code = 0
    try:
        result = options.run(options)
    except (EffnetError, ModuleNotFoundError) as error:
        said = missing(error) if isinstance(error, ModuleNotFoundError) else error
        if said is None:
            raise
        print(f"effnet: {said}", file=sys.stderr)
        result, code = getattr(error, "result", None), 2  # a full disk: what it had is shown
        if result is None:
            return code
    except KeyboardInterrupt:
        return 130
    try:
        if options.json:
            print(json.dumps(result, indent=2, default=str))
        else:
            show(result)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough, as `head` has
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other mistake is said."""

    def error(self, message: str) -> Never:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="effnet", description=__doc__.splitlines()[0])
    parser.set_defaults(json=False)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Any, line: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=line, description=line)
        added.add_argument("--json", action="store_true", help="for programs")
        added.set_defaults(run=run)
        return added

    listing = command("list", _list, "published networks and what they cost")
    listing.add_argument("family", nargs="?", help=", ".join(variants.FAMILIES))

    scaled = command("scale", _scale, "scale a network by the formula or by free multipliers")
    scaled.add_argument("base", nargs="?", default="b0")
    scaled.add_argument("--phi", type=float, help="scales by the formula")
    for name, value in COEFFICIENTS.items():
        scaled.add_argument(f"--{name}", type=float, help=f"with --phi; {value} if not given")
    for name in MULTIPLIERS:
        scaled.add_argument(f"--{name}", type=float, help="without --phi; 1 if not given")
    scaled.add_argument("--resolution", type=int, help="pixels, without --phi")
    scaled.add_argument(
        "--blocks",
        metavar="TEXT",
        help="block strings in the place of the base's stages, such as r1_k3_s1_e1_i32_o16_se0.25",
    )

    counted = command("count", _count, "parameters, multiply-adds and activations by stage")
    counted.add_argument("variant")
    counted.add_argument("--resolution", type=int)
    counted.add_argument("--by", choices=("stage", "kind", "layer", "tool"), default="stage")

    bench = command("bench", _bench, "measure the latency of networks on this machine")
    bench.add_argument("variant", nargs="*", help=f"networks, or {', '.join(variants.FAMILIES)}")
    bench.add_argument("--device", default="auto")
    bench.add_argument("--batch-size", type=int, default=1)
    bench.add_argument("--resolution", type=int)
    bench.add_argument("--precision", default="fp32")
    bench.add_argument("--seconds", type=float, help="for each, 5; for all of --fit, 60")
    bench.add_argument("--channels-last", action="store_true")
    bench.add_argument("--folded", action="store_true", help="BatchNorm into the convolutions")
    bench.add_argument("--engine", default="eager", help=", ".join(ENGINES))
    bench.add_argument("--cuda-graph", action="store_true")
    bench.add_argument("--threads", type=int)
    bench.add_argument("--against", metavar="NETWORK", help="run both in turn and judge the ratio")
    bench.add_argument("--stages", action="store_true", help="time each stage of the first network")
    bench.add_argument(
        "--keep",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="append every sample to a CSV there; with no folder, where the Latency page looks",
    )
    bench.add_argument(
        "--fit", action="store_true", help="learn this machine's pace, so that times are predicted"
    )

    named = command("classify", _classify, "name what is in pictures")
    named.add_argument("image", nargs="+", help=IMAGE)
    named.add_argument("--top", type=int, default=5)
    explained = command("explain", _explain, "save where a network looked, over the picture")
    explained.add_argument("image", help=IMAGE)
    explained.add_argument("output", help="a .png or .jpg to write")
    explained.add_argument("--method", default="gradcam")
    explained.add_argument(
        "--target", help="class name or index; the most probable one if not given"
    )
    explained.add_argument("--layer")
    told = command("report", _report, "one file, .html or .ipynb, that tells a design offline")
    told.add_argument("output", help="a .html or .ipynb to write")
    told.add_argument(
        "--design", metavar="LINK", default="", help="a network's name, or a link's query: ?phi=2"
    )
    told.add_argument("--beside", metavar="LINK", action="append", default=[], help="more designs")
    told.add_argument("--image", help=f"a picture to classify and explain: {IMAGE}")
    told.add_argument("--language", choices=tuple(LANGUAGES), default=DEFAULT)
    told.add_argument("--seconds", type=float, default=0.0, help="measure the latency so long")
    for added in (named, explained, told):
        added.add_argument("--model", default="lite0")
        added.add_argument("--weights", default="default")
        added.add_argument("--device", default="auto")

    static = command("site", _site, "write a folder that any file server serves: pages, no server")
    static.add_argument("folder", help="new, empty, or an earlier site")
    static.add_argument(
        "--without", metavar="PART", action="append", default=[], help="classify or notebooks"
    )

    from effnet.train import run_process  # the standard library and the lower floors only

    training = command("train", run_process.execute, "train a network, or run an experiment")
    run_process.add_arguments(training)

    standalone.add_app(command("app", standalone.run_app, "serve the explorer on this machine"))
    standalone.add_notebooks(
        command("notebooks", standalone.copy_notebooks, "copy the notebooks into a folder")
    )

    weights = command("weights", _weights, "list known weights, or download some")
    weights.add_argument("action", choices=("list", "download"), nargs="?", default="list")
    weights.add_argument("variant", nargs="*", help="such as b0 v2_s, or b1:IMAGENET1K_V1")

    evaluated = command("evaluate", _evaluate, "accuracy on a folder of labelled pictures")
    evaluated.add_argument(
        "folder", help="a folder a class (synset ids or class names), or flat with --truth"
    )
    evaluated.add_argument("--model", default="lite0")
    evaluated.add_argument("--weights", default="default")
    evaluated.add_argument("--device", default="auto")
    evaluated.add_argument("--engine", default="auto")
    evaluated.add_argument("--truth", help="a class index a line, or lines of: file class")
    evaluated.add_argument("--batch-size", type=int, default=32)
    evaluated.add_argument("--workers", type=int, default=0, help="processes that decode pictures")
    evaluated.add_argument("--amp", action="store_true", help="half precision")
    evaluated.add_argument("--results", help="a .jsonl to append to; goes on where it stopped")
    evaluated.add_argument("--limit", type=int, help="only so many pictures, evenly spread")
    return parser


def _list(options: argparse.Namespace) -> Rows:
    here = set(checkpoints.offline_variants())
    return [
        _summary(spec) | {"weights_here": name in here}
        for name in variants.list_variants(options.family)
        for spec in [variants.get_variant(name)]
    ]


def _summary(spec: Spec) -> dict[str, Any]:
    totals = cost.count(spec)
    return {
        "name": spec.name,
        "family": spec.family,
        "resolution": spec.resolution,
        "blocks": spec.blocks,
        "params": totals.params,
        "macs": totals.macs,
        "activations": totals.activations,
    }


def _scale(options: argparse.Namespace) -> dict[str, Any]:
    base = variants.get_variant(options.base)
    if options.blocks is not None:
        base = from_block_strings(options.blocks, base=base)
    by_formula = options.phi is not None
    of_formula, free = tuple(COEFFICIENTS), (*MULTIPLIERS, "resolution")
    right, wrong = (of_formula, free) if by_formula else (free, of_formula)
    for name in wrong:
        if getattr(options, name) is not None:
            only = "goes without --phi" if by_formula else "is of the formula and needs --phi"
            raise EffnetError(f"--{name} {only}; leave one of the two off")
    asked = {name: getattr(options, name) for name in right}
    given = {name: value for name, value in asked.items() if value is not None}
    if by_formula:
        spec = compound.compound_scale(options.phi, **given, base=base)
    else:
        spec = compound.scale(base, **given)
    twin = same_stages(spec)
    return _summary(spec) | {
        "same_stages_as": twin.name if twin else None,
        "spec": spec.to_dict(),
        "stages": [asdict(row) for row in stage_table.stage_rows(spec)],
    }


def _count(options: argparse.Namespace) -> dict[str, Any]:
    spec = variants.get_variant(options.variant)
    totals = cost.count(spec, resolution=options.resolution)
    if options.by == "layer":
        rows = totals.as_rows()
    elif options.by == "tool":
        rows = [
            {
                "tool": one.title,
                "version": one.version,
                "installed": second_opinion.installed(one.tool),
                "prints": f"{one.says:,}" if not options.json else one.says,
                "as": one.unit,
                "made of": one.formula,
            }
            for one in counters.opinions(spec, resolution=options.resolution)
        ]
    else:
        groups: dict[Any, cost.Totals] = (
            dict(totals.by_stage()) if options.by == "stage" else dict(totals.by_kind())
        )
        rows = [{options.by: key, **asdict(value)} for key, value in groups.items()]
    return {
        "name": spec.name,
        "resolution": totals.resolution,
        "params": totals.params,
        "macs": totals.macs,
        "flops": totals.flops,
        "activations": totals.activations,
        "rows": rows,
    }


def _bench(options: argparse.Namespace) -> dict[str, Any] | Rows:
    from effnet.timing.measure import execute

    return execute(options)


def _classify(options: argparse.Namespace) -> Rows:
    classifier = _loaded(options)
    rows = []
    for image in options.image:
        (prediction,) = classifier.predict([_sample(image) or image], top=options.top)
        rows += [
            {"image": image, "weights": classifier.weights, **asdict(label)}
            for label in prediction.labels
        ]
    return rows


def _explain(options: argparse.Namespace) -> dict[str, Any]:
    classifier = _loaded(options)
    target = options.target
    explanation = classifier.explain(
        _sample(options.image) or options.image,
        method=options.method,
        target=int(target) if target and target.isdecimal() else target,
        layer=options.layer,
    )
    write_whole(Path(options.output), _picture(explanation.overlay(), options.output))
    return {
        "output": options.output,
        "label": explanation.label,
        "probability": explanation.probability,
        "method": explanation.method,
        "layer": explanation.layer,
        "blank": explanation.blank,
        "seconds": explanation.seconds,
    }


def _loaded(options: argparse.Namespace) -> Any:
    """The network that is named; what was done to its weights is said beside the answer."""
    from effnet.classify import load

    classifier = load(options.model, weights=options.weights, device=options.device)
    for note in classifier.notes:
        print(f"effnet: {note}", file=sys.stderr)
    return classifier


def _picture(image: Any, name: str) -> bytes:
    """A picture's file, of the kind that the name's ending says."""
    kind = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}.get(Path(name).suffix.lower())
    if kind is None:
        raise EffnetError(f"can't write {name!r}; expected a .png or .jpg")
    data = io.BytesIO()
    image.save(data, kind)
    return data.getvalue()


def _sample(text: str) -> Path | None:
    """The sample photo of that name; None where there is none, or a file of that name."""
    from effnet.pixels import list_samples

    found = {one.name: one.path for one in list_samples()}
    return None if Path(text).exists() else found.get(text)


def _report(options: argparse.Namespace) -> dict[str, Any]:
    from effnet import report

    design = _design(options.design)
    records: list[Any] = []
    if options.seconds:
        from effnet.timing.measure import measure_latency

        records.append(measure_latency(design.spec(), budget_s=options.seconds))
    looks = []
    if options.image:
        from effnet.pixels import open_image

        file = Path(options.image)
        picture = (
            report.sample_picture(options.image)
            if _sample(options.image)
            else report.picture(open_image(file), file.name)
        )
        classifier = _loaded(options)
        own = options.model if options.model.endswith(".safetensors") else ""
        looks.append(report.look(classifier, picture, network=own))
    spoken = {} if options.language == DEFAULT else {"lang": options.language}
    found = report.sections(
        design,
        beside=[_design(text) for text in options.beside],
        records=records,
        looks=looks,
        link=f"http://localhost:8501/?{urlencode(design.to_query() | spoken)}",
        language=options.language,
    )
    report.write(Path(options.output), found)
    return {"output": options.output, "design": design.title, "sections": len(found)}


def _design(text: str) -> Design:
    """A design by a network's name or by a link's query; nothing is the app's first one."""
    if text and not is_link(text):
        return Design(mode="released", released=variants.get_variant(text).name)
    return from_link(text)


def _site(options: argparse.Namespace) -> Rows:
    from effnet.site import build

    parts = build(options.folder, without=options.without)
    return [
        {"part": part.name, "megabytes": round(part.bytes / 1e6, 1), "left out": part.missing}
        for part in parts
    ]


def _weights(options: argparse.Namespace) -> Rows:
    if options.action == "download":
        from effnet.nn import download

        wanted = [name.partition(":") for name in options.variant or ["b0"]]
        chosen = [checkpoints.choose(name, which or "default") for name, _, which in wanted]
        rows = []
        for row in chosen:
            path = row.path or download(row, progress=percent_line(row.file))
            rows.append({"variant": row.variant, "weights": row.short_name, "file": str(path)})
        return rows
    rows = checkpoints.available_weights()
    known = [variants.get_variant(name).name for name in options.variant]
    return [row for row in rows if not known or row["variant"] in known]


def _evaluate(options: argparse.Namespace) -> dict[str, Any]:
    from effnet.classify import evaluate

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
        progress=count_line("pictures"),
    )
    return result
